/* window.c - gives every widget what the window is given, and passes their wishes on. */
#include "window-private.h"

#include <glib/gi18n-lib.h>

#include "accuracy-panel.h"
#include "canvas.h"
#include "chips-panel.h"
#include "compress-panel.h"
#include "count-tags.h"
#include "findings-panel.h"
#include "heat-bar.h"
#include "inspector.h"
#include "outline.h"
#include "palette.h"
#include "panes.h"
#include "pipeline-panel.h"
#include "profile-panel.h"
#include "recent.h"
#include "run-bar.h"
#include "start-page.h"
#include "status-strip.h"
#include "toast.h"

#define MAX_RECENT 12

static GParamSpec *props[N_PROPS];
enum { EDIT, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (StudioWindow, studio_window, GTK_TYPE_APPLICATION_WINDOW)

/* ---- what follows from what is given ---- */

static gboolean
is_of (AnfGraph *result, AnfGraph *graph)
{
  return result == graph || g_str_equal (anf_graph_hash (result), anf_graph_hash (graph));
}

static void
set_flag (StudioWindow *self, guint id, gboolean *flag, gboolean value)
{
  if (*flag == value)
    return;

  *flag = value;
  g_object_notify_by_pspec (G_OBJECT (self), props[id]);
}

static void
update_stale (StudioWindow *self)
{
  AnfGraph *graph = self->boxed[PROP_GRAPH];
  AnfProfile *profile = self->boxed[PROP_PROFILE];
  AnfGates *gates = self->boxed[PROP_GATES];
  StudioBanner *bar = STUDIO_BANNER (self->stale_bar);
  gboolean shown;

  set_flag (self, PROP_STALE, &self->stale, graph != NULL && profile != NULL &&
            !is_of (anf_program_graph (anf_profile_program (profile)), graph));
  set_flag (self, PROP_GATES_STALE, &self->gates_stale,
            graph != NULL && gates != NULL && !is_of (anf_gates_graph (gates), graph));

  shown = (self->stale || self->gates_stale) && !self->busy;
  if (shown && !studio_banner_get_shown (bar))
    {
      studio_banner_show (bar, STUDIO_BANNER_WARNING, _("Results are of an earlier state"), FALSE);
      studio_banner_add (bar, _("Run Again"), "win.run");
    }
  else if (!shown)
    studio_banner_hide (bar);
}

static void
update_title (StudioWindow *self)
{
  AnfGraph *graph = self->boxed[PROP_GRAPH];
  const char *name = graph != NULL ? anf_graph_title (graph) : NULL;
  g_autofree char *title = NULL;

  if (name == NULL || *name == '\0')
    name = _("Untitled");
  title = graph == NULL ? g_strdup ("ANEForge Studio")
          : g_strdup_printf ("%s%s — ANEForge Studio", self->modified ? "● " : "", name);
  gtk_window_set_title (GTK_WINDOW (self), title);
  gtk_label_set_label (GTK_LABEL (self->name), name);
  gtk_label_set_label (GTK_LABEL (self->place),
                       self->folder != NULL ? self->folder : _("not saved yet"));
  gtk_widget_set_visible (self->dot, self->modified);
}

/* Nodes that are gone cannot be selected. */
static void
prune_selection (StudioWindow *self)
{
  GArray *selection = self->boxed[PROP_SELECTION];
  g_autoptr(GArray) left = NULL;

  if (selection == NULL || self->boxed[PROP_GRAPH] == NULL)
    return;

  left = g_array_new (FALSE, FALSE, sizeof (AnfId));
  for (guint i = 0; i < selection->len; i++)
    {
      AnfId id = g_array_index (selection, AnfId, i);

      if (anf_graph_find (self->boxed[PROP_GRAPH], id) != NULL)
        g_array_append_val (left, id);
    }
  if (left->len != selection->len)
    g_object_set (self, "selection", left, NULL);
}

/* ---- for whoever composes ---- */

static const char *const page_names[] = {
  [STUDIO_PAGE_START] = "start", [STUDIO_PAGE_LOADING] = "loading",
  [STUDIO_PAGE_DOCUMENT] = "document",
};

void
studio_window_set_page (StudioWindow *self, StudioPage page)
{
  gboolean document = page == STUDIO_PAGE_DOCUMENT;

  gtk_stack_set_visible_child_name (GTK_STACK (self->pages), page_names[page]);
  gtk_stack_set_visible_child_name (GTK_STACK (self->heads), document ? "workspaces" : "title");
  gtk_widget_set_visible (self->run_bar, document);
  gtk_widget_set_visible (self->undo, document);
  gtk_widget_set_visible (self->redo, document);
  if (document)
    gtk_widget_grab_focus (self->canvas);
}

StudioPage
studio_window_get_page (StudioWindow *self)
{
  const char *name = gtk_stack_get_visible_child_name (GTK_STACK (self->pages));

  for (guint i = 0; i < G_N_ELEMENTS (page_names); i++)
    if (g_strcmp0 (page_names[i], name) == 0)
      return i;
  return STUDIO_PAGE_START;
}

StudioBanner *
studio_window_get_bar (StudioWindow *self, StudioBar bar)
{
  GtkWidget *const bars[] = {
    [STUDIO_BAR_FILE] = self->file_bar, [STUDIO_BAR_ERROR] = self->error_bar,
    [STUDIO_BAR_STALE] = self->stale_bar,
  };

  return STUDIO_BANNER (bars[bar]);
}

static void
set_step_tip (GtkWidget *button, const char *plain, const char *with_label, const char *label)
{
  g_autofree char *tip = label != NULL ? g_strdup_printf (with_label, label) : g_strdup (plain);

  gtk_widget_set_tooltip_text (button, tip);
}

void
studio_window_set_undo (StudioWindow *self, const char *undo, const char *redo)
{
  set_step_tip (self->undo, _("Undo (Ctrl+Z)"), _("Undo: %s (Ctrl+Z)"), undo);
  set_step_tip (self->redo, _("Redo (Ctrl+Shift+Z)"), _("Redo: %s (Ctrl+Shift+Z)"), redo);
}

void
studio_window_toast (StudioWindow *self, const char *words, const char *label, const char *action)
{
  studio_toast_add (STUDIO_TOAST (self->toast), words, label, action);
}

void
studio_window_clear_toasts (StudioWindow *self)
{
  studio_toast_clear (STUDIO_TOAST (self->toast));
}

void
studio_window_log (StudioWindow *self, const char *format, ...)
{
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->log));
  g_autoptr(GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *time = g_date_time_format (now, "%H:%M:%S  ");
  g_autofree char *words = NULL;
  GtkTextIter end;
  va_list args;

  va_start (args, format);
  words = g_strdup_vprintf (format, args);
  va_end (args);
  gtk_text_buffer_get_end_iter (buffer, &end);
  if (gtk_text_buffer_get_char_count (buffer) > 0)
    gtk_text_buffer_insert (buffer, &end, "\n", -1);
  gtk_text_buffer_insert (buffer, &end, time, -1);
  gtk_text_buffer_insert (buffer, &end, words, -1);
}

void
studio_window_set_workspace (StudioWindow *self, const char *name)
{
  g_action_group_change_action_state (G_ACTION_GROUP (self), "workspace",
                                      g_variant_new_string (name));
}

void
studio_window_set_bottom (StudioWindow *self, const char *name)
{
  static const char *const names[] = { "problems", "pipeline", "log" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (names[i], name))
      gtk_notebook_set_current_page (GTK_NOTEBOOK (self->bottom), i);
}

void
studio_window_show_node (StudioWindow *self, AnfId id)
{
  studio_window_set_workspace (self, "build");
  studio_canvas_show_node (STUDIO_CANVAS (self->canvas), id);
}

void
studio_window_add_sample (StudioWindow *self, const char *path, const char *words, AnfGraph *graph)
{
  studio_start_page_add_sample (STUDIO_START_PAGE (self->start), path, words, graph);
}

/* ---- wishes of the widgets ---- */

static void
pass_edit_on (GtkWidget *child, AnfGraph *graph, const char *label, const char *merge,
              StudioWindow *self)
{
  g_signal_emit (self, signals[EDIT], 0, graph, label, merge);
}

static void
on_chosen (StudioPalette *palette, const char *op_name, StudioWindow *self)
{
  studio_canvas_add_op (STUDIO_CANVAS (self->canvas), op_name);
  gtk_widget_grab_focus (self->canvas);
}

static void
on_show_node (GtkWidget *panel, guint64 id, StudioWindow *self)
{
  studio_window_show_node (self, id);
}

static void
on_run_gates (StudioAccuracyPanel *panel, StudioWindow *self)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "win.gates", NULL);
}

static gboolean
on_drop (GtkDropTarget *target, const GValue *value, double x, double y, StudioWindow *self)
{
  GFile *file = g_value_get_object (value);
  g_autofree char *uri = file != NULL ? g_file_get_uri (file) : NULL;

  return uri != NULL && gtk_widget_activate_action (GTK_WIDGET (self), "app.open-uri", "s", uri);
}

/* ---- putting it together ---- */

/* Everyone gets each of these properties that it has under the same name. */
static void
bind_child (StudioWindow *self, GtkWidget *child)
{
  const guint given[] = { PROP_GRAPH, PROP_REPORT, PROP_PLAN, PROP_WEIGHTS, PROP_PROFILE,
                          PROP_GATES, PROP_ERRORS, PROP_SELECTION, PROP_BUSY, PROP_STAGE,
                          PROP_FRACTION, PROP_STAGES };
  gboolean gates = child == self->accuracy_panel;

  for (guint i = 0; i < G_N_ELEMENTS (given); i++)
    {
      const char *name = props[given[i]]->name;

      if (g_object_class_find_property (G_OBJECT_GET_CLASS (child), name) != NULL)
        g_object_bind_property (self, name, child, name, given[i] == PROP_SELECTION
                                ? G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL
                                : G_BINDING_SYNC_CREATE);
    }
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (child), "stale") != NULL)
    g_object_bind_property (self, gates ? "gates-stale" : "stale", child, "stale",
                            G_BINDING_SYNC_CREATE);
  if (g_signal_lookup ("edit", G_OBJECT_TYPE (child)) != 0)
    g_signal_connect_object (child, "edit", G_CALLBACK (pass_edit_on), self, 0);
}

static void
fill_recent (StudioWindow *self)
{
  studio_recent_fill (self->recent, MAX_RECENT);
}

static void
remember (StudioWindow *self)
{
  GSettings *settings = self->settings;

  studio_panes_remember (GTK_PANED (self->left_paned), STUDIO_PANE_START, settings, "left-pane",
                         228);
  studio_panes_remember (GTK_PANED (self->right_paned), STUDIO_PANE_END, settings, "right-pane",
                         304);
  studio_panes_remember (GTK_PANED (self->bottom_paned), STUDIO_PANE_END, settings, "bottom-pane",
                         158);

  if (settings == NULL)
    {
      gtk_window_set_default_size (GTK_WINDOW (self), 1440, 900);
      return;
    }
  g_settings_bind (settings, "window-width", self, "default-width", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "window-height", self, "default-height", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "window-maximized", self, "maximized", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "snap-to-grid", self->canvas, "snap", G_SETTINGS_BIND_DEFAULT);
}

static void
studio_window_constructed (GObject *object)
{
  StudioWindow *self = STUDIO_WINDOW (object);
  GtkWidget *const children[] = {
    self->run_bar, self->canvas, self->outline, self->inspector, self->findings, self->pipeline,
    self->profile_panel, self->compress_panel, self->accuracy_panel, self->status, self->counts,
    self->chips_panel,
  };

  G_OBJECT_CLASS (studio_window_parent_class)->constructed (object);
  for (guint i = 0; i < G_N_ELEMENTS (children); i++)
    bind_child (self, children[i]);
  g_object_bind_property (self->canvas, "zoom", self->status, "zoom", G_BINDING_SYNC_CREATE);
  bind_child (self, studio_heat_bar_put (STUDIO_CANVAS (self->canvas),
                                         GTK_PANED (self->bottom_paned)));
  studio_window_add_actions (self);
  remember (self);
  update_title (self);
  studio_window_set_page (self, STUDIO_PAGE_START);
}

static void
boxed_changed (StudioWindow *self, guint id)
{
  if (id == PROP_GRAPH)
    {
      prune_selection (self);
      update_title (self);
    }
  if (id == PROP_GRAPH || id == PROP_PROFILE || id == PROP_GATES)
    update_stale (self);
}

static void
set_boxed (StudioWindow *self, guint id, const GValue *value)
{
  if (self->boxed[id] == g_value_get_boxed (value))
    return;

  if (self->boxed[id] != NULL)
    g_boxed_free (G_VALUE_TYPE (value), self->boxed[id]);
  self->boxed[id] = g_value_dup_boxed (value);
  g_object_freeze_notify (G_OBJECT (self));
  g_object_notify_by_pspec (G_OBJECT (self), props[id]);
  boxed_changed (self, id);
  g_object_thaw_notify (G_OBJECT (self));
}

static void
studio_window_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StudioWindow *self = STUDIO_WINDOW (object);

  switch (id)
    {
    case PROP_STALE:
      g_value_set_boolean (value, self->stale);
      break;

    case PROP_GATES_STALE:
      g_value_set_boolean (value, self->gates_stale);
      break;

    case PROP_BUSY:
      g_value_set_boolean (value, self->busy);
      break;

    case PROP_STAGE:
      g_value_set_string (value, self->stage);
      break;

    case PROP_FRACTION:
      g_value_set_double (value, self->fraction);
      break;

    case PROP_STAGES:
      g_value_set_object (value, self->stages);
      break;

    case PROP_MODIFIED:
      g_value_set_boolean (value, self->modified);
      break;

    case PROP_PLACE:
      g_value_set_string (value, self->folder);
      break;

    case PROP_SETTINGS:
      g_value_set_object (value, self->settings);
      break;

    default:
      g_value_set_boxed (value, self->boxed[id]);
    }
}

static void
studio_window_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  StudioWindow *self = STUDIO_WINDOW (object);

  switch (id)
    {
    case PROP_BUSY:
      self->busy = g_value_get_boolean (value);
      update_stale (self);
      break;

    case PROP_STAGE:
      g_free (self->stage);
      self->stage = g_value_dup_string (value);
      break;

    case PROP_FRACTION:
      self->fraction = g_value_get_double (value);
      break;

    case PROP_STAGES:
      g_set_object (&self->stages, g_value_get_object (value));
      break;

    case PROP_MODIFIED:
      self->modified = g_value_get_boolean (value);
      update_title (self);
      break;

    case PROP_PLACE:
      g_free (self->folder);
      self->folder = g_value_dup_string (value);
      update_title (self);
      break;

    case PROP_SETTINGS:
      self->settings = g_value_dup_object (value);
      break;

    default:
      set_boxed (self, id, value);
      return;
    }
  g_object_notify_by_pspec (object, pspec);
}

static void
studio_window_dispose (GObject *object)
{
  StudioWindow *self = STUDIO_WINDOW (object);

  for (guint i = PROP_GRAPH; i < N_BOXED; i++)
    if (self->boxed[i] != NULL)
      g_boxed_free (props[i]->value_type, g_steal_pointer (&self->boxed[i]));
  g_clear_pointer (&self->stage, g_free);
  g_clear_pointer (&self->folder, g_free);
  g_clear_object (&self->stages);
  g_clear_object (&self->settings);
  g_clear_object (&self->recent);
  if (self->pages != NULL)
    gtk_widget_dispose_template (GTK_WIDGET (object), STUDIO_TYPE_WINDOW);
  G_OBJECT_CLASS (studio_window_parent_class)->dispose (object);
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags rw = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;
  const GParamFlags ro = G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;
  const GType types[N_BOXED] = {
    [PROP_GRAPH] = ANF_TYPE_GRAPH, [PROP_REPORT] = ANF_TYPE_REPORT, [PROP_PLAN] = ANF_TYPE_PLAN,
    [PROP_WEIGHTS] = ANF_TYPE_WEIGHTS, [PROP_PROGRAM] = ANF_TYPE_PROGRAM,
    [PROP_PROFILE] = ANF_TYPE_PROFILE, [PROP_GATES] = ANF_TYPE_GATES,
    [PROP_ERRORS] = ANF_TYPE_ERRORS, [PROP_SELECTION] = G_TYPE_ARRAY,
  };
  static const char *const names[N_BOXED] = {
    [PROP_GRAPH] = "graph", [PROP_REPORT] = "report", [PROP_PLAN] = "plan",
    [PROP_WEIGHTS] = "weights", [PROP_PROGRAM] = "program", [PROP_PROFILE] = "profile",
    [PROP_GATES] = "gates", [PROP_ERRORS] = "errors", [PROP_SELECTION] = "selection",
  };

  for (guint i = PROP_GRAPH; i < N_BOXED; i++)
    props[i] = g_param_spec_boxed (names[i], NULL, NULL, types[i], rw);
  props[PROP_STALE] = g_param_spec_boolean ("stale", NULL, NULL, FALSE, ro);
  props[PROP_GATES_STALE] = g_param_spec_boolean ("gates-stale", NULL, NULL, FALSE, ro);
  props[PROP_BUSY] = g_param_spec_boolean ("busy", NULL, NULL, FALSE, rw);
  props[PROP_STAGE] = g_param_spec_string ("stage", NULL, NULL, NULL, rw);
  props[PROP_FRACTION] = g_param_spec_double ("fraction", NULL, NULL, 0, 1, 0, rw);
  props[PROP_STAGES] = g_param_spec_object ("stages", NULL, NULL, G_TYPE_LIST_MODEL, rw);
  props[PROP_MODIFIED] = g_param_spec_boolean ("modified", NULL, NULL, FALSE, rw);
  props[PROP_PLACE] = g_param_spec_string ("place", NULL, NULL, NULL, rw);
  props[PROP_SETTINGS] = g_param_spec_object ("settings", NULL, NULL, G_TYPE_SETTINGS,
                                              rw | G_PARAM_CONSTRUCT_ONLY);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

/* Keys that an entry with the keyboard takes first; those in the application's table win always. */
static void
install_keys (GtkWidgetClass *widget_class)
{
  static const struct
  {
    guint key;
    GdkModifierType modifiers;
    const char *action, *target;
  } keys[] = {
    { GDK_KEY_1, 0, "win.workspace", "build" },
    { GDK_KEY_2, 0, "win.workspace", "profile" },
    { GDK_KEY_3, 0, "win.workspace", "compress" },
    { GDK_KEY_4, 0, "win.workspace", "accuracy" },
    { GDK_KEY_5, 0, "win.workspace", "chips" },
    { GDK_KEY_n, 0, "win.right-pane", NULL },
    { GDK_KEY_t, 0, "win.left-pane", NULL },
    { GDK_KEY_z, GDK_CONTROL_MASK, "win.undo", NULL },
    { GDK_KEY_z, GDK_CONTROL_MASK | GDK_SHIFT_MASK, "win.redo", NULL },
    { GDK_KEY_y, GDK_CONTROL_MASK, "win.redo", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (keys[i].target != NULL)
      gtk_widget_class_add_binding_action (widget_class, keys[i].key, keys[i].modifiers,
                                           keys[i].action, "s", keys[i].target);
    else
      gtk_widget_class_add_binding_action (widget_class, keys[i].key, keys[i].modifiers,
                                           keys[i].action, NULL);
}

static void
bind_template (GtkWidgetClass *widget_class)
{
  static const struct { const char *name; gsize offset; } children[] = {
#define CHILD(name) { #name, G_STRUCT_OFFSET (StudioWindow, name) }
    CHILD (heads), CHILD (undo), CHILD (redo), CHILD (recent_button), CHILD (run_bar),
    CHILD (file_bar), CHILD (error_bar), CHILD (stale_bar), CHILD (toast), CHILD (pages),
    CHILD (start), CHILD (document_bar), CHILD (dot), CHILD (name), CHILD (place), CHILD (tools),
    CHILD (workspaces), CHILD (left_paned), CHILD (right_paned), CHILD (bottom_paned), CHILD (left),
    CHILD (left_stack), CHILD (bottom), CHILD (palette), CHILD (outline), CHILD (canvas),
    CHILD (inspector), CHILD (findings), CHILD (pipeline), CHILD (log), CHILD (counts),
    CHILD (profile_panel), CHILD (compress_panel),
    CHILD (accuracy_panel), CHILD (chips_panel), CHILD (status),
#undef CHILD
  };

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/aneforge/Studio/ui/window.ui");
  for (guint i = 0; i < G_N_ELEMENTS (children); i++)
    gtk_widget_class_bind_template_child_full (widget_class, children[i].name, FALSE,
                                               children[i].offset);
  gtk_widget_class_bind_template_callback (widget_class, on_chosen);
  gtk_widget_class_bind_template_callback (widget_class, on_show_node);
  gtk_widget_class_bind_template_callback (widget_class, on_run_gates);
}

static void
studio_window_class_init (StudioWindowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GType types[] = {
    STUDIO_TYPE_RUN_BAR, STUDIO_TYPE_BANNER, STUDIO_TYPE_TOAST, STUDIO_TYPE_START_PAGE,
    STUDIO_TYPE_PALETTE, STUDIO_TYPE_OUTLINE, STUDIO_TYPE_CANVAS, STUDIO_TYPE_INSPECTOR,
    STUDIO_TYPE_FINDINGS_PANEL, STUDIO_TYPE_PIPELINE_PANEL, STUDIO_TYPE_PROFILE_PANEL,
    STUDIO_TYPE_COUNT_TAGS, STUDIO_TYPE_COMPRESS_PANEL, STUDIO_TYPE_ACCURACY_PANEL,
    STUDIO_TYPE_STATUS_STRIP, STUDIO_TYPE_CHIPS_PANEL,
  };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    g_type_ensure (types[i]);
  object_class->constructed = studio_window_constructed;
  object_class->dispose = studio_window_dispose;
  object_class->get_property = studio_window_get_property;
  object_class->set_property = studio_window_set_property;
  install_properties (object_class);
  signals[EDIT] = g_signal_new ("edit", STUDIO_TYPE_WINDOW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 3, ANF_TYPE_GRAPH, G_TYPE_STRING, G_TYPE_STRING);
  bind_template (widget_class);
  install_keys (widget_class);
}

static void
studio_window_init (StudioWindow *self)
{
  GtkDropTarget *drop = gtk_drop_target_new (G_TYPE_FILE, GDK_ACTION_COPY);

  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect (drop, "drop", G_CALLBACK (on_drop), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (drop));

  self->recent = g_menu_new ();
  gtk_menu_button_set_menu_model (GTK_MENU_BUTTON (self->recent_button),
                                  G_MENU_MODEL (self->recent));
  g_signal_connect_object (gtk_recent_manager_get_default (), "changed", G_CALLBACK (fill_recent),
                           self, G_CONNECT_SWAPPED);
  fill_recent (self);
}

GtkWidget *
studio_window_new (GtkApplication *application, GSettings *settings)
{
  return g_object_new (STUDIO_TYPE_WINDOW, "application", application, "settings", settings, NULL);
}
