/* history-panel.c - one row per state: what led there, where we are, which one the file holds. */
#include "history-panel.h"

#include <glib/gi18n-lib.h>

#include "step.h"

struct _StudioHistoryPanel
{
  GtkWidget   parent_instance;

  GtkWidget  *scroller, *list;
  GListModel *steps;
};

G_DEFINE_FINAL_TYPE (StudioHistoryPanel, studio_history_panel, GTK_TYPE_WIDGET)

enum { PROP_0, PROP_STEPS, N_PROPS };
static GParamSpec *props[N_PROPS];

typedef struct { GtkWidget *icon, *title, *saved; } Row;

static const struct { const char *icon, *words; } places[] = {
  [STUDIO_STEP_PAST]   = { "go-previous-symbolic", NULL },
  [STUDIO_STEP_NOW]    = { "media-record-symbolic", N_("%s, the present state") },
  [STUDIO_STEP_UNDONE] = { "go-next-symbolic", N_("%s, undone") },
};

static void
show_step (StudioStep *step, GParamSpec *pspec, GtkWidget *widget)
{
  Row *row = g_object_get_data (G_OBJECT (widget), "row");
  StudioStepPlace place = studio_step_get_place (step);
  const char *title = studio_step_get_title (step);
  g_autofree char *words = NULL;

  if (title == NULL)
    title = _("As opened");
  words = places[place].words != NULL ? g_strdup_printf (_(places[place].words), title)
                                      : g_strdup (title);
  gtk_image_set_from_icon_name (GTK_IMAGE (row->icon), places[place].icon);
  gtk_widget_set_opacity (row->icon, place == STUDIO_STEP_PAST ? 0 : 1);
  gtk_label_set_label (GTK_LABEL (row->title), title);
  gtk_widget_set_visible (row->saved, studio_step_get_saved (step));
  if (place == STUDIO_STEP_UNDONE)
    gtk_widget_add_css_class (row->title, "faint");
  else
    gtk_widget_remove_css_class (row->title, "faint");
  if (place == STUDIO_STEP_NOW)
    gtk_widget_add_css_class (row->title, "heading");
  else
    gtk_widget_remove_css_class (row->title, "heading");
  if (studio_step_get_saved (step))
    {
      g_autofree char *both = g_strdup_printf (_("%s, as saved"), words);

      gtk_accessible_update_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL, both,
                                      -1);
    }
  else
    gtk_accessible_update_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL, words,
                                    -1);
}

static GtkWidget *
row_new (gpointer item, gpointer data)
{
  GtkWidget *widget = gtk_list_box_row_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  Row *row = g_new0 (Row, 1);

  row->icon = gtk_image_new ();
  row->title = gtk_label_new (NULL);
  row->saved = gtk_image_new_from_icon_name ("document-save-symbolic");
  gtk_label_set_xalign (GTK_LABEL (row->title), 0);
  gtk_label_set_ellipsize (GTK_LABEL (row->title), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (row->title, TRUE);
  gtk_widget_set_tooltip_text (row->saved, _("What the file holds"));
  gtk_widget_add_css_class (row->icon, "accent");
  gtk_widget_add_css_class (row->saved, "dim");
  gtk_box_append (GTK_BOX (box), row->icon);
  gtk_box_append (GTK_BOX (box), row->title);
  gtk_box_append (GTK_BOX (box), row->saved);
  gtk_widget_set_margin_start (box, 8);
  gtk_widget_set_margin_end (box, 8);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (widget), box);

  g_object_set_data_full (G_OBJECT (widget), "row", row, g_free);
  g_signal_connect_object (item, "notify", G_CALLBACK (show_step), widget, 0);
  show_step (item, NULL, widget);
  return widget;
}

static void
on_row (GtkListBox *list, GtkListBoxRow *row, StudioHistoryPanel *self)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "win.jump", "u",
                              (guint) gtk_list_box_row_get_index (row));
}

/* The newest state is where one looks for the last few. */
static void
on_upper (GtkAdjustment *adjustment, GParamSpec *pspec, gpointer data)
{
  gtk_adjustment_set_value (adjustment, gtk_adjustment_get_upper (adjustment));
}

static void
set_steps (StudioHistoryPanel *self, GListModel *steps)
{
  if (!g_set_object (&self->steps, steps))
    return;

  gtk_list_box_bind_model (GTK_LIST_BOX (self->list), steps, row_new, NULL, NULL);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STEPS]);
}

static void
studio_history_panel_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_STEPS)
    g_value_set_object (value, STUDIO_HISTORY_PANEL (object)->steps);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
studio_history_panel_set_property (GObject *object, guint id, const GValue *value,
                                   GParamSpec *pspec)
{
  if (id == PROP_STEPS)
    set_steps (STUDIO_HISTORY_PANEL (object), g_value_get_object (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
studio_history_panel_dispose (GObject *object)
{
  StudioHistoryPanel *self = STUDIO_HISTORY_PANEL (object);

  g_clear_object (&self->steps);
  g_clear_pointer (&self->scroller, gtk_widget_unparent);
  G_OBJECT_CLASS (studio_history_panel_parent_class)->dispose (object);
}

static void
studio_history_panel_class_init (StudioHistoryPanelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = studio_history_panel_dispose;
  object_class->get_property = studio_history_panel_get_property;
  object_class->set_property = studio_history_panel_set_property;
  props[PROP_STEPS] =
    g_param_spec_object ("steps", NULL, NULL, G_TYPE_LIST_MODEL,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
}

static void
studio_history_panel_init (StudioHistoryPanel *self)
{
  GtkAdjustment *adjustment;

  self->scroller = gtk_scrolled_window_new ();
  self->list = gtk_list_box_new ();
  gtk_list_box_set_selection_mode (GTK_LIST_BOX (self->list), GTK_SELECTION_NONE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->list), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("History"), -1);
  gtk_widget_add_css_class (self->list, "palette");
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (self->scroller), GTK_POLICY_NEVER,
                                  GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->scroller), self->list);
  adjustment = gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (self->scroller));
  g_signal_connect_object (adjustment, "notify::upper", G_CALLBACK (on_upper), self, 0);
  g_signal_connect_object (self->list, "row-activated", G_CALLBACK (on_row), self, 0);
  gtk_widget_set_parent (self->scroller, GTK_WIDGET (self));
}

GtkWidget *
studio_history_panel_new (void)
{
  return g_object_new (STUDIO_TYPE_HISTORY_PANEL, NULL);
}
