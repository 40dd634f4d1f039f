/* command-palette.c - a search entry and what it finds: the commands used last first, then the rest
 * by how well they fit; what cannot be done now stands at the end, dimmed. */
#include "command-palette.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "commands.h"

#define WIDTH      520
#define HEIGHT     400
#define MAX_RECENT 8
#define RECENT_KEY "recent-commands"

struct _StudioCommandPalette
{
  GtkPopover    parent_instance;

  StudioWindow *window;            /* borrowed: it holds the sheet that holds us */
  GSettings    *settings;          /* (nullable) */
  GtkWidget    *search, *scroller;
  GtkListBox   *list;
  char        **recent;
  guint         n;                 /* rows */
  char         *wanted;            /* to be done once this is closed (nullable) */
};

G_DEFINE_FINAL_TYPE (StudioCommandPalette, studio_command_palette, GTK_TYPE_POPOVER)

typedef struct
{
  char    *action, *title;
  gboolean enabled;
  guint    place, rank, recent;    /* recent: 0 not, else larger is later */
} Entry;

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->action);
  g_free (entry->title);
  g_free (entry);
}

static Entry *
entry_of (gpointer row)
{
  return g_object_get_data (row, "entry");
}

/* ---- what there is ---- */

static GActionGroup *
group_of (StudioCommandPalette *self, const char *prefix)
{
  StudioSheet *sheet = studio_window_get_sheet (self->window);

  if (g_str_equal (prefix, "app"))
    return G_ACTION_GROUP (gtk_window_get_application (GTK_WINDOW (self->window)));
  if (g_str_equal (prefix, "win"))
    return G_ACTION_GROUP (self->window);
  return sheet != NULL ? studio_sheet_get_canvas_actions (sheet) : NULL;
}

/* Whether there is such an action, and whether it can be done now. */
static gboolean
look_up (StudioCommandPalette *self, const char *detailed, gboolean *enabled)
{
  g_autofree char *name = NULL;
  g_auto(GStrv) parts = NULL;
  g_autoptr(GVariant) target = NULL;
  GActionGroup *group;

  if (!g_action_parse_detailed_name (detailed, &name, &target, NULL))
    return FALSE;
  parts = g_strsplit (name, ".", 2);
  group = group_of (self, parts[0]);
  if (group == NULL || !g_action_group_has_action (group, parts[1]))
    return FALSE;
  *enabled = g_action_group_get_action_enabled (group, parts[1]);
  return TRUE;
}

static guint
recency (StudioCommandPalette *self, const char *action)
{
  for (guint i = 0; self->recent[i] != NULL; i++)
    if (g_str_equal (self->recent[i], action))
      return MAX_RECENT - i;
  return 0;
}

/* "Ctrl+Shift+P" (transfer full); NULL: no keys. */
static char *
keys_of (StudioCommandPalette *self, const char *action, const char *keys)
{
  GtkApplication *application = gtk_window_get_application (GTK_WINDOW (self->window));
  g_auto(GStrv) accels = application != NULL
                         ? gtk_application_get_accels_for_action (application, action) : NULL;
  guint key;
  GdkModifierType modifiers;

  if (accels != NULL && accels[0] != NULL)
    keys = accels[0];
  if (keys == NULL || !gtk_accelerator_parse (keys, &key, &modifiers))
    return NULL;
  return gtk_accelerator_get_label (key, modifiers);
}

static void
add_row (StudioCommandPalette *self, const char *action, const char *title, const char *keys)
{
  g_autofree char *shown_keys = keys_of (self, action, keys);
  Entry *entry;
  GtkWidget *row, *box, *name;
  gboolean enabled;

  if (!look_up (self, action, &enabled))
    return;
  row = gtk_list_box_row_new ();
  box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  name = gtk_label_new (title);
  entry = g_new0 (Entry, 1);
  *entry = (Entry) { g_strdup (action), g_strdup (title), enabled, self->n++, 1,
                     recency (self, action) };
  gtk_label_set_xalign (GTK_LABEL (name), 0);
  gtk_label_set_ellipsize (GTK_LABEL (name), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (name, TRUE);
  gtk_box_append (GTK_BOX (box), name);
  if (shown_keys != NULL)
    {
      GtkWidget *label = gtk_label_new (shown_keys);

      gtk_widget_add_css_class (label, "dim");
      gtk_widget_add_css_class (label, "numeric");
      gtk_box_append (GTK_BOX (box), label);
    }
  gtk_widget_set_margin_start (box, 8);
  gtk_widget_set_margin_end (box, 8);
  gtk_widget_set_sensitive (row, enabled);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), box);
  gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_LABEL, title,
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  shown_keys != NULL ? shown_keys : "", -1);
  g_object_set_data_full (G_OBJECT (row), "entry", entry, entry_free);
  gtk_list_box_append (self->list, row);
}

/* What nobody gave a title is there all the same, called as its action: "select-between". */
static void
add_untitled (StudioCommandPalette *self, GHashTable *titled, const char *prefix)
{
  GActionGroup *group = group_of (self, prefix);
  g_auto(GStrv) names = group != NULL ? g_action_group_list_actions (group) : NULL;

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      g_autofree char *action = g_strconcat (prefix, ".", names[i], NULL);
      g_autofree char *title = g_strdup (names[i]);

      if (g_hash_table_contains (titled, action) ||
          g_action_group_get_action_parameter_type (group, names[i]) != NULL)
        continue;
      title[0] = g_ascii_toupper (title[0]);
      add_row (self, action, g_strdelimit (title, "-", ' '), NULL);
    }
}

static void
fill (StudioCommandPalette *self)
{
  /* What only a banner or this very palette asks for. */
  static const char *const left_out[] = { "app.discard", "win.keep", "win.commands", "app.none" };
  static const char *const prefixes[] = { "win", "canvas", "app" };
  g_autoptr(GHashTable) titled = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  const StudioCommand *command;

  for (guint i = 0; i < G_N_ELEMENTS (left_out); i++)
    g_hash_table_add (titled, g_strdup (left_out[i]));
  for (guint i = 0; (command = studio_command_nth (i)) != NULL; i++)
    {
      g_auto(GStrv) name = g_strsplit (command->action, "::", 2);

      g_hash_table_add (titled, g_strdup (name[0]));
      add_row (self, command->action, _(command->title), command->keys);
    }
  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
    add_untitled (self, titled, prefixes[i]);
}

/* ---- what is listed ---- */

static int
compare (GtkListBoxRow *a, GtkListBoxRow *b, gpointer data)
{
  const Entry *ea = entry_of (a), *eb = entry_of (b);

  if (ea->enabled != eb->enabled)
    return ea->enabled ? -1 : 1;
  if (ea->rank != eb->rank)
    return ea->rank > eb->rank ? -1 : 1;
  if (ea->recent != eb->recent)
    return ea->recent > eb->recent ? -1 : 1;
  return (int) ea->place - (int) eb->place;
}

static gboolean
filter (GtkListBoxRow *row, gpointer data)
{
  return entry_of (row)->rank > 0;
}

static GtkListBoxRow *
first_row (StudioCommandPalette *self)
{
  GtkListBoxRow *row = gtk_list_box_get_row_at_index (self->list, 0);

  for (int i = 1; row != NULL && !gtk_widget_get_child_visible (GTK_WIDGET (row)); i++)
    row = gtk_list_box_get_row_at_index (self->list, i);
  return row;
}

static void
refresh (StudioCommandPalette *self)
{
  const char *words = gtk_editable_get_text (GTK_EDITABLE (self->search));
  GtkAdjustment *adjustment =
    gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (self->scroller));
  GtkListBoxRow *row;

  for (int i = 0; (row = gtk_list_box_get_row_at_index (self->list, i)) != NULL; i++)
    entry_of (row)->rank = studio_command_rank (entry_of (row)->title, words);
  gtk_list_box_invalidate_sort (self->list);
  gtk_list_box_invalidate_filter (self->list);
  gtk_list_box_select_row (self->list, first_row (self));
  gtk_adjustment_set_value (adjustment, 0);
}

char **
studio_command_palette_dup_listed (StudioCommandPalette *self)
{
  g_autoptr(GStrvBuilder) titles = g_strv_builder_new ();
  GtkListBoxRow *row;

  for (int i = 0; (row = gtk_list_box_get_row_at_index (self->list, i)) != NULL; i++)
    if (gtk_widget_get_child_visible (GTK_WIDGET (row)))
      g_strv_builder_add (titles, entry_of (row)->title);
  return g_strv_builder_end (titles);
}

void
studio_command_palette_set_search (StudioCommandPalette *self, const char *words)
{
  gtk_editable_set_text (GTK_EDITABLE (self->search), words);
  refresh (self);
}

/* ---- choosing ---- */

static void
remember (StudioCommandPalette *self, const char *action)
{
  g_autoptr(GStrvBuilder) recent = g_strv_builder_new ();
  g_auto(GStrv) all = NULL;
  guint n = 1;

  g_strv_builder_add (recent, action);
  for (guint i = 0; self->recent[i] != NULL && n < MAX_RECENT; i++)
    if (!g_str_equal (self->recent[i], action))
      {
        g_strv_builder_add (recent, self->recent[i]);
        n++;
      }
  all = g_strv_builder_end (recent);
  g_settings_set_strv (self->settings, RECENT_KEY, (const char *const *) all);
}

static void
choose (StudioCommandPalette *self, GtkListBoxRow *row)
{
  if (row == NULL || !entry_of (row)->enabled)
    {
      gtk_widget_error_bell (GTK_WIDGET (self));
      return;
    }
  self->wanted = g_strdup (entry_of (row)->action);
  if (self->settings != NULL)
    remember (self, self->wanted);
  gtk_popover_popdown (GTK_POPOVER (self));
}

static void
on_activated (GtkListBox *list, GtkListBoxRow *row, StudioCommandPalette *self)
{
  choose (self, row);
}

static void
on_enter (StudioCommandPalette *self)
{
  choose (self, gtk_list_box_get_selected_row (self->list));
}

static gboolean
on_key (GtkEventControllerKey *keys, guint key, guint code, GdkModifierType state,
        StudioCommandPalette *self)
{
  GtkListBoxRow *row = gtk_list_box_get_selected_row (self->list);
  int step = key == GDK_KEY_Down || key == GDK_KEY_KP_Down ? 1
             : key == GDK_KEY_Up || key == GDK_KEY_KP_Up ? -1 : 0;
  int i = row != NULL ? gtk_list_box_row_get_index (row) + step : 0;
  graphene_rect_t place;

  if (step == 0)
    return FALSE;
  while (i >= 0 && (row = gtk_list_box_get_row_at_index (self->list, i)) != NULL
         && !gtk_widget_get_child_visible (GTK_WIDGET (row)))
    i += step;
  if (i < 0 || row == NULL)
    return TRUE;
  gtk_list_box_select_row (self->list, row);
  if (gtk_widget_compute_bounds (GTK_WIDGET (row), GTK_WIDGET (self->list), &place))
    gtk_adjustment_clamp_page (gtk_scrolled_window_get_vadjustment (
                                 GTK_SCROLLED_WINDOW (self->scroller)),
                               place.origin.y, place.origin.y + place.size.height);
  return TRUE;
}

typedef struct { StudioWindow *window; GtkWidget *palette; char *action; } Farewell;

/* After the popover gave the keyboard back: what is asked for may put it somewhere else. */
static gboolean
on_gone (gpointer data)
{
  Farewell *farewell = data;
  StudioSheet *sheet = studio_window_get_sheet (farewell->window);
  g_autofree char *name = NULL;
  g_autoptr(GVariant) target = NULL;

  if (gtk_widget_get_parent (farewell->palette) != NULL)
    gtk_widget_unparent (farewell->palette);
  if (farewell->action != NULL && sheet != NULL &&
      g_action_parse_detailed_name (farewell->action, &name, &target, NULL))
    {
      studio_sheet_take_focus (sheet);
      gtk_widget_activate_action_variant (GTK_WIDGET (farewell->window), name, target);
    }
  g_object_unref (farewell->palette);
  g_object_unref (farewell->window);
  g_free (farewell->action);
  g_free (farewell);
  return G_SOURCE_REMOVE;
}

static void
on_closed (StudioCommandPalette *self)
{
  Farewell *farewell = g_new0 (Farewell, 1);

  *farewell = (Farewell) { g_object_ref (self->window), g_object_ref (GTK_WIDGET (self)),
                           g_steal_pointer (&self->wanted) };
  g_idle_add (on_gone, farewell);
}

/* ---- widget ---- */

static void
studio_command_palette_dispose (GObject *object)
{
  StudioCommandPalette *self = STUDIO_COMMAND_PALETTE (object);

  g_clear_object (&self->settings);
  g_clear_pointer (&self->recent, g_strfreev);
  g_clear_pointer (&self->wanted, g_free);
  G_OBJECT_CLASS (studio_command_palette_parent_class)->dispose (object);
}

static void
studio_command_palette_class_init (StudioCommandPaletteClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = studio_command_palette_dispose;
}

static void
studio_command_palette_init (StudioCommandPalette *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6), *none = gtk_label_new (NULL);
  GtkEventController *keys = gtk_event_controller_key_new ();

  self->search = gtk_search_entry_new ();
  self->scroller = gtk_scrolled_window_new ();
  self->list = GTK_LIST_BOX (gtk_list_box_new ());
  gtk_search_entry_set_search_delay (GTK_SEARCH_ENTRY (self->search), 0);
  g_object_set (self->search, "placeholder-text", _("What to do"), NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->search), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("Search commands"), -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->list), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("Commands"), -1);
  gtk_label_set_label (GTK_LABEL (none), _("No command fits"));
  gtk_widget_add_css_class (none, "dim");
  gtk_widget_set_margin_top (none, 24);
  gtk_list_box_set_placeholder (self->list, none);
  gtk_widget_add_css_class (GTK_WIDGET (self->list), "palette");
  gtk_list_box_set_selection_mode (self->list, GTK_SELECTION_BROWSE);
  gtk_list_box_set_sort_func (self->list, compare, NULL, NULL);
  gtk_list_box_set_filter_func (self->list, filter, NULL, NULL);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (self->scroller), GTK_POLICY_NEVER,
                                  GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->scroller), GTK_WIDGET (self->list));
  gtk_widget_set_size_request (self->scroller, WIDTH, HEIGHT);
  gtk_box_append (GTK_BOX (box), self->search);
  gtk_box_append (GTK_BOX (box), self->scroller);
  gtk_popover_set_child (GTK_POPOVER (self), box);
  gtk_popover_set_has_arrow (GTK_POPOVER (self), FALSE);
  gtk_popover_set_position (GTK_POPOVER (self), GTK_POS_BOTTOM);

  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  g_signal_connect_object (keys, "key-pressed", G_CALLBACK (on_key), self, 0);
  gtk_widget_add_controller (self->search, keys);
  g_signal_connect_object (self->search, "search-changed", G_CALLBACK (refresh), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->search, "activate", G_CALLBACK (on_enter), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->search, "stop-search", G_CALLBACK (gtk_popover_popdown), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->list, "row-activated", G_CALLBACK (on_activated), self, 0);
  g_signal_connect (self, "closed", G_CALLBACK (on_closed), NULL);
}

void
studio_command_palette_open (StudioWindow *window, GSettings *settings)
{
  StudioSheet *sheet = studio_window_get_sheet (window);
  StudioCommandPalette *self;

  if (sheet == NULL)
    return;
  self = g_object_new (STUDIO_TYPE_COMMAND_PALETTE, NULL);
  self->window = window;
  self->settings = settings != NULL ? g_object_ref (settings) : NULL;
  self->recent = settings != NULL ? g_settings_get_strv (settings, RECENT_KEY)
                                  : g_new0 (char *, 1);
  fill (self);
  refresh (self);
  gtk_widget_set_parent (GTK_WIDGET (self), GTK_WIDGET (sheet));
  g_signal_connect_object (sheet, "destroy", G_CALLBACK (gtk_widget_unparent), self,
                           G_CONNECT_SWAPPED);
  gtk_popover_set_pointing_to (GTK_POPOVER (self),
                               &(GdkRectangle) { gtk_widget_get_width (GTK_WIDGET (sheet)) / 2, 0,
                                                 1, 1 });
  gtk_popover_popup (GTK_POPOVER (self));
  gtk_widget_grab_focus (self->search);
}
