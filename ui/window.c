/* window.c - tabs, and a header bar that serves the sheet in front. */
#include "window.h"

#include <glib/gi18n-lib.h>

#include "command-palette.h"
#include "recent.h"
#include "run-bar.h"
#include "tab.h"

#define MAX_RECENT 12

struct _StudioWindow
{
  GtkApplicationWindow parent_instance;

  GtkWidget     *heads, *undo, *redo, *recent_button, *run_bar, *tabs;
  GMenu         *recent;
  GBindingGroup *shown;            /* what the run bar is given of the sheet in front */
  StudioSheet   *sheet;            /* in front; NULL: none, or we are going */
  GSettings     *settings;         /* (nullable) */
};

G_DEFINE_FINAL_TYPE (StudioWindow, studio_window, GTK_TYPE_APPLICATION_WINDOW)

enum { PROP_0, PROP_SHEET, PROP_SETTINGS, N_PROPS };
static GParamSpec *props[N_PROPS];
enum { CLOSE_SHEET, TABS_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

/* ---- the header bar ---- */

static void
set_step_tip (GtkWidget *button, const char *plain, const char *with_label, const char *label)
{
  g_autofree char *tip = label != NULL ? g_strdup_printf (with_label, label) : g_strdup (plain);

  gtk_widget_set_tooltip_text (button, tip);
}

static void
update_head (StudioWindow *self)
{
  g_autofree char *name = NULL, *title = NULL, *undo = NULL, *redo = NULL;
  gboolean modified = FALSE, document = FALSE;

  if (self->sheet != NULL)
    {
      g_object_get (self->sheet, "title", &name, "modified", &modified, "undo", &undo, "redo",
                    &redo, NULL);
      document = studio_sheet_get_page (self->sheet) == STUDIO_PAGE_DOCUMENT;
    }
  title = name == NULL ? g_strdup ("ANEForge Studio")
          : g_strdup_printf ("%s%s — ANEForge Studio", modified ? "● " : "", name);
  gtk_window_set_title (GTK_WINDOW (self), title);
  gtk_stack_set_visible_child_name (GTK_STACK (self->heads), document ? "workspaces" : "title");
  gtk_widget_set_visible (self->run_bar, document);
  gtk_widget_set_visible (self->undo, document);
  gtk_widget_set_visible (self->redo, document);
  set_step_tip (self->undo, _("Undo (Ctrl+Z)"), _("Undo: %s (Ctrl+Z)"), undo);
  set_step_tip (self->redo, _("Redo (Ctrl+Shift+Z)"), _("Redo: %s (Ctrl+Shift+Z)"), redo);
}

static void
on_run_bar_edit (GtkWidget *bar, AnfGraph *graph, const char *label, const char *merge,
                 StudioWindow *self)
{
  if (self->sheet != NULL)
    g_signal_emit_by_name (self->sheet, "edit", graph, label, merge);
}

static void
fill_recent (StudioWindow *self)
{
  studio_recent_fill (self->recent, MAX_RECENT);
}

/* ---- the sheet in front ---- */

/* What can be done is what the sheet in front can do. */
static void
take_actions_over (StudioWindow *self, StudioSheet *from, StudioSheet *to)
{
  GActionMap *map = G_ACTION_MAP (self);

  if (from != NULL)
    {
      GActionGroup *group = G_ACTION_GROUP (studio_sheet_get_actions (from));
      g_auto(GStrv) names = g_action_group_list_actions (group);

      for (guint i = 0; names[i] != NULL; i++)
        g_action_map_remove_action (map, names[i]);
    }
  if (to != NULL)
    {
      GActionMap *theirs = studio_sheet_get_actions (to);
      g_auto(GStrv) names = g_action_group_list_actions (G_ACTION_GROUP (theirs));

      for (guint i = 0; names[i] != NULL; i++)
        g_action_map_add_action (map, g_action_map_lookup_action (theirs, names[i]));
    }
  gtk_widget_insert_action_group (GTK_WIDGET (self), "canvas",
                                  to != NULL ? studio_sheet_get_canvas_actions (to) : NULL);
}

static void
bring_to_front (StudioWindow *self, StudioSheet *sheet)
{
  StudioSheet *before = self->sheet;

  if (sheet == before)
    return;

  self->sheet = sheet;
  take_actions_over (self, before, sheet);
  g_binding_group_set_source (self->shown, sheet);
  update_head (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SHEET]);
  g_signal_emit (self, signals[TABS_CHANGED], 0);
}

static gboolean
focus_when_shown (gpointer data)
{
  StudioWindow *self = data;

  if (self->sheet != NULL)
    studio_sheet_take_focus (self->sheet);
  return G_SOURCE_REMOVE;
}

static void
on_switch_page (GtkNotebook *tabs, GtkWidget *page, guint number, StudioWindow *self)
{
  /* Pages that go one after another bring each other to the front. */
  if (self->shown == NULL)
    return;

  bring_to_front (self, STUDIO_SHEET (page));
  /* The page is shown only after this. */
  g_idle_add_full (G_PRIORITY_HIGH_IDLE, focus_when_shown, g_object_ref (self), g_object_unref);
}

static void
on_pages (GtkNotebook *tabs, GtkWidget *page, guint number, StudioWindow *self)
{
  int n = gtk_notebook_get_n_pages (tabs);

  if (self->shown == NULL)
    return;

  gtk_notebook_set_show_tabs (tabs, n > 1);
  if (n == 0)
    bring_to_front (self, NULL);
  g_signal_emit (self, signals[TABS_CHANGED], 0);
}

StudioSheet *
studio_window_get_sheet (StudioWindow *self)
{
  return self->sheet;
}

void
studio_window_set_sheet (StudioWindow *self, StudioSheet *sheet)
{
  gtk_notebook_set_current_page (GTK_NOTEBOOK (self->tabs),
                                 gtk_notebook_page_num (GTK_NOTEBOOK (self->tabs),
                                                        GTK_WIDGET (sheet)));
}

guint
studio_window_n_sheets (StudioWindow *self)
{
  return gtk_notebook_get_n_pages (GTK_NOTEBOOK (self->tabs));
}

StudioSheet *
studio_window_nth_sheet (StudioWindow *self, guint nth)
{
  return STUDIO_SHEET (gtk_notebook_get_nth_page (GTK_NOTEBOOK (self->tabs), nth));
}

static void
on_close (StudioTab *tab, StudioWindow *self)
{
  g_signal_emit (self, signals[CLOSE_SHEET], 0, g_object_get_data (G_OBJECT (tab), "sheet"));
}

void
studio_window_add_sheet (StudioWindow *self, StudioSheet *sheet)
{
  static const char *const headed[] = { "notify::title", "notify::modified", "notify::page",
                                        "notify::undo", "notify::redo" };
  GtkWidget *tab = studio_tab_new (sheet);

  g_object_set_data (G_OBJECT (tab), "sheet", sheet);
  g_signal_connect_object (tab, "close", G_CALLBACK (on_close), self, 0);
  for (guint i = 0; i < G_N_ELEMENTS (headed); i++)
    g_signal_connect_object (sheet, headed[i], G_CALLBACK (update_head), self, G_CONNECT_SWAPPED);
  gtk_notebook_append_page (GTK_NOTEBOOK (self->tabs), GTK_WIDGET (sheet), tab);
  gtk_notebook_set_tab_reorderable (GTK_NOTEBOOK (self->tabs), GTK_WIDGET (sheet), TRUE);
}

void
studio_window_remove_sheet (StudioWindow *self, StudioSheet *sheet)
{
  int number = gtk_notebook_page_num (GTK_NOTEBOOK (self->tabs), GTK_WIDGET (sheet));

  g_return_if_fail (number >= 0);

  g_signal_handlers_disconnect_by_func (sheet, update_head, self);
  gtk_notebook_remove_page (GTK_NOTEBOOK (self->tabs), number);
}

/* ---- tabs by keys and menus ---- */

/* The neighbour at @step, round the ends; NULL: there is no other. */
static StudioSheet *
neighbour (StudioWindow *self, int step)
{
  int n = studio_window_n_sheets (self);
  int now = gtk_notebook_get_current_page (GTK_NOTEBOOK (self->tabs));

  return n > 1 ? studio_window_nth_sheet (self, (now + step + n) % n) : NULL;
}

static void
activate_step (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  gboolean back = g_str_equal (g_action_get_name (G_ACTION (action)), "previous-tab");
  StudioSheet *sheet = neighbour (data, back ? -1 : 1);

  if (sheet != NULL)
    studio_window_set_sheet (data, sheet);
}

static void
activate_move (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  StudioWindow *self = data;
  gboolean left = g_str_equal (g_action_get_name (G_ACTION (action)), "move-tab-left");
  int now = gtk_notebook_get_current_page (GTK_NOTEBOOK (self->tabs));
  int to = now + (left ? -1 : 1);

  if (self->sheet != NULL && to >= 0 && to < (int) studio_window_n_sheets (self))
    gtk_notebook_reorder_child (GTK_NOTEBOOK (self->tabs), GTK_WIDGET (self->sheet), to);
}

static void
activate_close (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  StudioWindow *self = data;

  if (self->sheet != NULL)
    g_signal_emit (self, signals[CLOSE_SHEET], 0, self->sheet);
}

/* Those that have changes ask, one after another. */
static void
activate_close_others (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  StudioWindow *self = data;

  for (guint i = studio_window_n_sheets (self); i-- > 0;)
    if (studio_window_nth_sheet (self, i) != self->sheet)
      g_signal_emit (self, signals[CLOSE_SHEET], 0, studio_window_nth_sheet (self, i));
}

static void
activate_commands (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  studio_command_palette_open (data, STUDIO_WINDOW (data)->settings);
}

static gboolean
on_drop (GtkDropTarget *target, const GValue *value, double x, double y, StudioWindow *self)
{
  GFile *file = g_value_get_object (value);
  g_autofree char *uri = file != NULL ? g_file_get_uri (file) : NULL;

  return uri != NULL && gtk_widget_activate_action (GTK_WIDGET (self), "app.open-uri", "s", uri);
}

/* ---- GObject ---- */

static void
studio_window_constructed (GObject *object)
{
  StudioWindow *self = STUDIO_WINDOW (object);
  static const char *const given[] = { "graph", "busy", "stage", "fraction" };
  const GActionEntry entries[] = {
    { "close-tab", activate_close }, { "close-other-tabs", activate_close_others },
    { "next-tab", activate_step }, { "previous-tab", activate_step },
    { "commands", activate_commands },
    { "move-tab-left", activate_move }, { "move-tab-right", activate_move },
  };

  G_OBJECT_CLASS (studio_window_parent_class)->constructed (object);
  for (guint i = 0; i < G_N_ELEMENTS (given); i++)
    g_binding_group_bind (self->shown, given[i], self->run_bar, given[i], G_BINDING_SYNC_CREATE);
  g_signal_connect_object (self->run_bar, "edit", G_CALLBACK (on_run_bar_edit), self, 0);
  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  if (self->settings != NULL)
    {
      g_settings_bind (self->settings, "window-width", self, "default-width",
                       G_SETTINGS_BIND_DEFAULT);
      g_settings_bind (self->settings, "window-height", self, "default-height",
                       G_SETTINGS_BIND_DEFAULT);
      g_settings_bind (self->settings, "window-maximized", self, "maximized",
                       G_SETTINGS_BIND_DEFAULT);
    }
  else
    gtk_window_set_default_size (GTK_WINDOW (self), 1440, 900);
  update_head (self);
}

static void
studio_window_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StudioWindow *self = STUDIO_WINDOW (object);

  switch (id)
    {
    case PROP_SHEET:
      g_value_set_object (value, self->sheet);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
studio_window_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  STUDIO_WINDOW (object)->settings = g_value_dup_object (value);
}

static void
studio_window_dispose (GObject *object)
{
  StudioWindow *self = STUDIO_WINDOW (object);

  /* Sheets outlive this by a little, and speak up while they go. */
  for (guint i = 0; self->tabs != NULL && i < studio_window_n_sheets (self); i++)
    g_signal_handlers_disconnect_by_func (studio_window_nth_sheet (self, i), update_head, self);
  self->sheet = NULL;
  g_clear_object (&self->shown);
  g_clear_object (&self->settings);
  g_clear_object (&self->recent);
  self->tabs = NULL;               /* the window's child: it goes with it */
  G_OBJECT_CLASS (studio_window_parent_class)->dispose (object);
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
    { GDK_KEY_6, 0, "win.workspace", "compare" },
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
studio_window_class_init (StudioWindowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  g_type_ensure (STUDIO_TYPE_RUN_BAR);
  object_class->constructed = studio_window_constructed;
  object_class->dispose = studio_window_dispose;
  object_class->get_property = studio_window_get_property;
  object_class->set_property = studio_window_set_property;
  props[PROP_SHEET] = g_param_spec_object ("sheet", NULL, NULL, STUDIO_TYPE_SHEET,
                                           G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY |
                                           G_PARAM_STATIC_STRINGS);
  props[PROP_SETTINGS] = g_param_spec_object ("settings", NULL, NULL, G_TYPE_SETTINGS,
                                              G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY |
                                              G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
  signals[CLOSE_SHEET] = g_signal_new ("close-sheet", STUDIO_TYPE_WINDOW, G_SIGNAL_RUN_LAST, 0,
                                       NULL, NULL, NULL, G_TYPE_NONE, 1, STUDIO_TYPE_SHEET);
  signals[TABS_CHANGED] = g_signal_new ("tabs-changed", STUDIO_TYPE_WINDOW, G_SIGNAL_RUN_LAST, 0,
                                        NULL, NULL, NULL, G_TYPE_NONE, 0);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/aneforge/Studio/ui/window.ui");
  gtk_widget_class_bind_template_child (widget_class, StudioWindow, heads);
  gtk_widget_class_bind_template_child (widget_class, StudioWindow, undo);
  gtk_widget_class_bind_template_child (widget_class, StudioWindow, redo);
  gtk_widget_class_bind_template_child (widget_class, StudioWindow, recent_button);
  gtk_widget_class_bind_template_child (widget_class, StudioWindow, run_bar);
  gtk_widget_class_bind_template_child (widget_class, StudioWindow, tabs);
  gtk_widget_class_bind_template_callback (widget_class, on_switch_page);
  gtk_widget_class_bind_template_callback (widget_class, on_pages);
  install_keys (widget_class);
}

static void
studio_window_init (StudioWindow *self)
{
  GtkDropTarget *drop = gtk_drop_target_new (G_TYPE_FILE, GDK_ACTION_COPY);

  self->shown = g_binding_group_new ();
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
