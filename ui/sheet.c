/* sheet.c - gives every widget what the sheet is given, and passes their wishes on. */
#include "sheet-private.h"

#include <glib/gi18n-lib.h>

#include "accuracy-panel.h"
#include "canvas.h"
#include "chips-panel.h"
#include "compare-panel.h"
#include "compress-panel.h"
#include "count-tags.h"
#include "findings-panel.h"
#include "heat-bar.h"
#include "history-panel.h"
#include "inspector.h"
#include "outline.h"
#include "palette.h"
#include "panes.h"
#include "picture.h"
#include "pipeline-panel.h"
#include "profile-panel.h"
#include "snippet-list.h"
#include "start-page.h"
#include "status-strip.h"
#include "toast.h"
#include "what-if.h"

static GParamSpec *props[N_PROPS];
enum { EDIT, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (StudioSheet, studio_sheet, GTK_TYPE_WIDGET)

/* ---- what follows from what is given ---- */

static gboolean
is_of (AnfGraph *result, AnfGraph *graph)
{
  return result == graph || g_str_equal (anf_graph_hash (result), anf_graph_hash (graph));
}

static void
set_flag (StudioSheet *self, guint id, gboolean *flag, gboolean value)
{
  if (*flag == value)
    return;

  *flag = value;
  g_object_notify_by_pspec (G_OBJECT (self), props[id]);
}

static void
update_stale (StudioSheet *self)
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
update_title (StudioSheet *self)
{
  AnfGraph *graph = self->boxed[PROP_GRAPH];
  const char *name = graph != NULL ? anf_graph_title (graph) : NULL;

  if (name == NULL || *name == '\0')
    name = _("Untitled");
  gtk_label_set_label (GTK_LABEL (self->name), name);
  gtk_label_set_label (GTK_LABEL (self->place),
                       self->folder != NULL ? self->folder : _("not saved yet"));
  gtk_widget_set_visible (self->dot, self->modified);
  name = graph != NULL ? name : NULL;
  if (g_strcmp0 (name, self->title) == 0)
    return;

  g_free (self->title);
  self->title = g_strdup (name);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_TITLE]);
}

/* Nodes that are gone cannot be selected. */
static void
prune_selection (StudioSheet *self)
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
studio_sheet_set_page (StudioSheet *self, StudioPage page)
{
  gtk_stack_set_visible_child_name (GTK_STACK (self->pages), page_names[page]);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PAGE]);
  /* A sheet behind another one must not take the keyboard from it. */
  if (page == STUDIO_PAGE_DOCUMENT && gtk_widget_get_child_visible (GTK_WIDGET (self)))
    gtk_widget_grab_focus (self->canvas);
}

StudioPage
studio_sheet_get_page (StudioSheet *self)
{
  const char *name = gtk_stack_get_visible_child_name (GTK_STACK (self->pages));

  for (guint i = 0; i < G_N_ELEMENTS (page_names); i++)
    if (g_strcmp0 (page_names[i], name) == 0)
      return i;
  return STUDIO_PAGE_START;
}

StudioBanner *
studio_sheet_get_bar (StudioSheet *self, StudioBar bar)
{
  GtkWidget *const bars[] = {
    [STUDIO_BAR_FILE] = self->file_bar, [STUDIO_BAR_ERROR] = self->error_bar,
    [STUDIO_BAR_STALE] = self->stale_bar,
  };

  return STUDIO_BANNER (bars[bar]);
}

void
studio_sheet_set_undo (StudioSheet *self, const char *undo, const char *redo)
{
  g_object_set (self, "undo", undo, "redo", redo, NULL);
}

GActionMap *
studio_sheet_get_actions (StudioSheet *self)
{
  return G_ACTION_MAP (self->actions);
}

GActionGroup *
studio_sheet_get_canvas_actions (StudioSheet *self)
{
  return studio_canvas_get_actions (STUDIO_CANVAS (self->canvas));
}

void
studio_sheet_take_focus (StudioSheet *self)
{
  GtkWidget *const wanted[] = {
    [STUDIO_PAGE_START] = self->start, [STUDIO_PAGE_LOADING] = GTK_WIDGET (self),
    [STUDIO_PAGE_DOCUMENT] = self->canvas,
  };

  gtk_widget_grab_focus (wanted[studio_sheet_get_page (self)]);
}

void
studio_sheet_toast (StudioSheet *self, const char *words, const char *label, const char *action)
{
  studio_toast_add (STUDIO_TOAST (self->toast), words, label, action);
}

void
studio_sheet_clear_toasts (StudioSheet *self)
{
  studio_toast_clear (STUDIO_TOAST (self->toast));
}

void
studio_sheet_log (StudioSheet *self, const char *format, ...)
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
studio_sheet_set_workspace (StudioSheet *self, const char *name)
{
  g_action_group_change_action_state (G_ACTION_GROUP (self->actions), "workspace",
                                      g_variant_new_string (name));
}

void
studio_sheet_compare_with (StudioSheet *self, AnfGraph *graph, const char *name)
{
  studio_compare_panel_other (STUDIO_COMPARE_PANEL (self->compare_panel), graph, name);
  studio_sheet_set_workspace (self, "compare");
}

void
studio_sheet_set_bottom (StudioSheet *self, const char *name)
{
  static const char *const names[] = { "problems", "pipeline", "log", "what-if" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (names[i], name))
      gtk_notebook_set_current_page (GTK_NOTEBOOK (self->bottom), i);
}

void
studio_sheet_show_node (StudioSheet *self, AnfId id)
{
  studio_sheet_set_workspace (self, "build");
  studio_canvas_show_node (STUDIO_CANVAS (self->canvas), id);
}

void
studio_sheet_add_sample (StudioSheet *self, const char *path, const char *words, AnfGraph *graph)
{
  studio_start_page_add_sample (STUDIO_START_PAGE (self->start), path, words, graph);
}

/* ---- wishes of the widgets ---- */

static void
pass_edit_on (GtkWidget *child, AnfGraph *graph, const char *label, const char *merge,
              StudioSheet *self)
{
  g_signal_emit (self, signals[EDIT], 0, graph, label, merge);
}

static void
on_chosen (StudioPalette *palette, const char *op_name, StudioSheet *self)
{
  studio_canvas_add_op (STUDIO_CANVAS (self->canvas), op_name);
  gtk_widget_grab_focus (self->canvas);
}

static void
on_show_node (GtkWidget *panel, guint64 id, StudioSheet *self)
{
  studio_sheet_show_node (self, id);
}

static void
on_run_gates (StudioAccuracyPanel *panel, StudioSheet *self)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "win.gates", NULL);
}

/* ---- putting it together ---- */

/* Everyone gets each of these properties that it has under the same name. */
static void
bind_child (StudioSheet *self, GtkWidget *child)
{
  const guint given[] = { PROP_GRAPH, PROP_REPORT, PROP_PLAN, PROP_WEIGHTS, PROP_PROFILE,
                          PROP_GATES, PROP_ERRORS, PROP_SELECTION, PROP_BUSY, PROP_STAGE,
                          PROP_FRACTION, PROP_STAGES, PROP_STEPS };
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
remember (StudioSheet *self)
{
  GSettings *settings = self->settings;

  studio_panes_remember (GTK_PANED (self->left_paned), STUDIO_PANE_START, settings, "left-pane",
                         228);
  studio_panes_remember (GTK_PANED (self->right_paned), STUDIO_PANE_END, settings, "right-pane",
                         304);
  studio_panes_remember (GTK_PANED (self->bottom_paned), STUDIO_PANE_END, settings, "bottom-pane",
                         158);

  if (settings != NULL)
    g_settings_bind (settings, "snap-to-grid", self->canvas, "snap", G_SETTINGS_BIND_DEFAULT);
}

static void
studio_sheet_constructed (GObject *object)
{
  StudioSheet *self = STUDIO_SHEET (object);
  GtkWidget *const children[] = {
    self->canvas, self->outline, self->inspector, self->findings, self->pipeline,
    self->profile_panel, self->compress_panel, self->accuracy_panel, self->status, self->counts,
    self->chips_panel, self->history, self->compare_panel,
    self->what_if,
  };

  G_OBJECT_CLASS (studio_sheet_parent_class)->constructed (object);
  for (guint i = 0; i < G_N_ELEMENTS (children); i++)
    bind_child (self, children[i]);
  g_object_bind_property (self->canvas, "zoom", self->status, "zoom", G_BINDING_SYNC_CREATE);
  bind_child (self, studio_heat_bar_put (STUDIO_CANVAS (self->canvas),
                                         GTK_PANED (self->bottom_paned)));
  studio_sheet_add_actions (self);
  remember (self);
  update_title (self);
  studio_sheet_set_page (self, STUDIO_PAGE_START);
}

static void
boxed_changed (StudioSheet *self, guint id)
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
set_boxed (StudioSheet *self, guint id, const GValue *value)
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

/* Where a property that is words is held; NULL: it is none. */
static char **
text_at (StudioSheet *self, guint id)
{
  switch (id)
    {
    case PROP_STAGE:
      return &self->stage;

    case PROP_PLACE:
      return &self->folder;

    case PROP_TITLE:
      return &self->title;

    case PROP_UNDO:
      return &self->undo;

    case PROP_REDO:
      return &self->redo;

    default:
      return NULL;
    }
}

static void
studio_sheet_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StudioSheet *self = STUDIO_SHEET (object);

  if (text_at (self, id) != NULL)
    {
      g_value_set_string (value, *text_at (self, id));
      return;
    }

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

    case PROP_FRACTION:
      g_value_set_double (value, self->fraction);
      break;

    case PROP_STAGES:
      g_value_set_object (value, self->stages);
      break;

    case PROP_STEPS:
      g_value_set_object (value, self->steps);
      break;

    case PROP_MODIFIED:
      g_value_set_boolean (value, self->modified);
      break;

    case PROP_SETTINGS:
      g_value_set_object (value, self->settings);
      break;

    case PROP_PAGE:
      g_value_set_uint (value, studio_sheet_get_page (self));
      break;

    default:
      g_value_set_boxed (value, self->boxed[id]);
    }
}

static void
studio_sheet_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  StudioSheet *self = STUDIO_SHEET (object);
  char **text = text_at (self, id);

  if (text != NULL)
    {
      g_free (*text);
      *text = g_value_dup_string (value);
      if (id == PROP_PLACE)
        update_title (self);
      g_object_notify_by_pspec (object, pspec);
      return;
    }

  switch (id)
    {
    case PROP_BUSY:
      self->busy = g_value_get_boolean (value);
      update_stale (self);
      break;

    case PROP_FRACTION:
      self->fraction = g_value_get_double (value);
      break;

    case PROP_STAGES:
      g_set_object (&self->stages, g_value_get_object (value));
      break;

    case PROP_STEPS:
      g_set_object (&self->steps, g_value_get_object (value));
      break;

    case PROP_MODIFIED:
      self->modified = g_value_get_boolean (value);
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
studio_sheet_dispose (GObject *object)
{
  StudioSheet *self = STUDIO_SHEET (object);

  for (guint i = PROP_GRAPH; i < N_BOXED; i++)
    if (self->boxed[i] != NULL)
      g_boxed_free (props[i]->value_type, g_steal_pointer (&self->boxed[i]));
  g_clear_pointer (&self->stage, g_free);
  g_clear_pointer (&self->folder, g_free);
  g_clear_object (&self->stages);
  g_clear_object (&self->steps);
  g_clear_object (&self->settings);
  g_clear_object (&self->actions);
  g_clear_pointer (&self->title, g_free);
  g_clear_pointer (&self->undo, g_free);
  g_clear_pointer (&self->redo, g_free);
  if (self->body != NULL)
    gtk_widget_dispose_template (GTK_WIDGET (object), STUDIO_TYPE_SHEET);
  G_OBJECT_CLASS (studio_sheet_parent_class)->dispose (object);
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
  props[PROP_STEPS] = g_param_spec_object ("steps", NULL, NULL, G_TYPE_LIST_MODEL, rw);
  props[PROP_MODIFIED] = g_param_spec_boolean ("modified", NULL, NULL, FALSE, rw);
  props[PROP_PLACE] = g_param_spec_string ("place", NULL, NULL, NULL, rw);
  props[PROP_SETTINGS] = g_param_spec_object ("settings", NULL, NULL, G_TYPE_SETTINGS,
                                              rw | G_PARAM_CONSTRUCT_ONLY);
  props[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, NULL, ro);
  props[PROP_PAGE] = g_param_spec_uint ("page", NULL, NULL, 0, STUDIO_PAGE_DOCUMENT, 0, ro);
  props[PROP_UNDO] = g_param_spec_string ("undo", NULL, NULL, NULL, rw);
  props[PROP_REDO] = g_param_spec_string ("redo", NULL, NULL, NULL, rw);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
bind_template (GtkWidgetClass *widget_class)
{
  static const struct { const char *name; gsize offset; } children[] = {
#define CHILD(name) { #name, G_STRUCT_OFFSET (StudioSheet, name) }
    CHILD (body), CHILD (file_bar), CHILD (error_bar), CHILD (stale_bar), CHILD (toast),
    CHILD (pages), CHILD (start), CHILD (document_bar), CHILD (dot),
    CHILD (name), CHILD (place), CHILD (tools),
    CHILD (workspaces), CHILD (left_paned), CHILD (right_paned), CHILD (bottom_paned), CHILD (left),
    CHILD (left_stack), CHILD (bottom), CHILD (palette),
    CHILD (snippets), CHILD (outline), CHILD (canvas),
    CHILD (inspector), CHILD (findings), CHILD (pipeline), CHILD (log), CHILD (counts),
    CHILD (history),
    CHILD (profile_panel), CHILD (compress_panel),
    CHILD (accuracy_panel), CHILD (chips_panel), CHILD (compare_panel),
    CHILD (what_if),
    CHILD (status),
#undef CHILD
  };

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/aneforge/Studio/ui/sheet.ui");
  for (guint i = 0; i < G_N_ELEMENTS (children); i++)
    gtk_widget_class_bind_template_child_full (widget_class, children[i].name, FALSE,
                                               children[i].offset);
  gtk_widget_class_bind_template_callback (widget_class, on_chosen);
  gtk_widget_class_bind_template_callback (widget_class, on_show_node);
  gtk_widget_class_bind_template_callback (widget_class, on_run_gates);
}

static void
studio_sheet_class_init (StudioSheetClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GType types[] = {
    STUDIO_TYPE_BANNER, STUDIO_TYPE_TOAST, STUDIO_TYPE_START_PAGE,
    STUDIO_TYPE_PALETTE, STUDIO_TYPE_SNIPPET_LIST,
    STUDIO_TYPE_OUTLINE, STUDIO_TYPE_CANVAS, STUDIO_TYPE_INSPECTOR,
    STUDIO_TYPE_FINDINGS_PANEL, STUDIO_TYPE_PIPELINE_PANEL, STUDIO_TYPE_PROFILE_PANEL,
    STUDIO_TYPE_COUNT_TAGS, STUDIO_TYPE_COMPRESS_PANEL, STUDIO_TYPE_ACCURACY_PANEL,
    STUDIO_TYPE_STATUS_STRIP, STUDIO_TYPE_CHIPS_PANEL, STUDIO_TYPE_COMPARE_PANEL,
    STUDIO_TYPE_WHAT_IF,
    STUDIO_TYPE_HISTORY_PANEL,
  };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    g_type_ensure (types[i]);
  object_class->constructed = studio_sheet_constructed;
  object_class->dispose = studio_sheet_dispose;
  object_class->get_property = studio_sheet_get_property;
  object_class->set_property = studio_sheet_set_property;
  install_properties (object_class);
  signals[EDIT] = g_signal_new ("edit", STUDIO_TYPE_SHEET, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 3, ANF_TYPE_GRAPH, G_TYPE_STRING, G_TYPE_STRING);
  bind_template (widget_class);
}

/* A picture goes through the model, to the input it was dropped on; all else is opened. */
static gboolean
on_drop (GtkDropTarget *target, const GValue *value, double x, double y, StudioSheet *self)
{
  GFile *file = g_value_get_object (value);
  const char *path = file != NULL ? g_file_peek_path (file) : NULL;
  g_autofree char *uri = file != NULL ? g_file_get_uri (file) : NULL;
  double at_x, at_y;
  AnfId id = 0;

  if (uri == NULL)
    return FALSE;
  if (path == NULL || !studio_picture_is (path))
    return gtk_widget_activate_action (GTK_WIDGET (self), "app.open-uri", "s", uri);
  if (gtk_widget_translate_coordinates (GTK_WIDGET (self), self->canvas, x, y, &at_x, &at_y))
    id = studio_canvas_node_at (STUDIO_CANVAS (self->canvas), at_x, at_y);
  return gtk_widget_activate_action (GTK_WIDGET (self), "win.try-picture", "(ts)", id, path);
}

static void
studio_sheet_init (StudioSheet *self)
{
  GtkDropTarget *drop = gtk_drop_target_new (G_TYPE_FILE, GDK_ACTION_COPY);

  self->actions = g_simple_action_group_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect (drop, "drop", G_CALLBACK (on_drop), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (drop));
}

StudioSheet *
studio_sheet_new (GSettings *settings)
{
  return g_object_new (STUDIO_TYPE_SHEET, "settings", settings, NULL);
}
