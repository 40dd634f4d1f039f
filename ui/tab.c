/* tab.c - the label of a document's tab. */
#include "tab.h"

#include <glib/gi18n-lib.h>

#define WIDEST_CHARS 24

struct _StudioTab
{
  GtkWidget    parent_instance;

  StudioSheet *sheet;              /* borrowed: it outlives its tab */
  GtkWidget   *dot, *name, *button;
};

G_DEFINE_FINAL_TYPE (StudioTab, studio_tab, GTK_TYPE_WIDGET)

enum { CLOSE, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
on_close (StudioTab *self)
{
  g_signal_emit (self, signals[CLOSE], 0);
}

static void
on_middle (GtkGestureClick *click, int n_press, double x, double y, StudioTab *self)
{
  gtk_gesture_set_state (GTK_GESTURE (click), GTK_EVENT_SEQUENCE_CLAIMED);
  on_close (self);
}

static void
update (StudioTab *self)
{
  g_autofree char *title = NULL, *place = NULL, *words = NULL;
  gboolean modified;

  g_object_get (self->sheet, "title", &title, "place", &place, "modified", &modified, NULL);
  if (title == NULL)
    title = g_strdup (_("Start"));
  gtk_label_set_label (GTK_LABEL (self->name), title);
  /* A label that may be cut is, unless it asks for its width. */
  gtk_label_set_width_chars (GTK_LABEL (self->name),
                             MIN (g_utf8_strlen (title, -1) + 2, WIDEST_CHARS));
  gtk_widget_set_visible (self->dot, modified);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), place != NULL ? place : title);
  words = modified ? g_strdup_printf (_("%s, not saved"), title) : g_strdup (title);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);
}

static void
studio_tab_dispose (GObject *object)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (object))) != NULL)
    gtk_widget_unparent (child);
  G_OBJECT_CLASS (studio_tab_parent_class)->dispose (object);
}

static void
studio_tab_class_init (StudioTabClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = studio_tab_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BOX_LAYOUT);
  gtk_widget_class_set_css_name (GTK_WIDGET_CLASS (klass), "document-tab");
  signals[CLOSE] = g_signal_new ("close", STUDIO_TYPE_TAB, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 0);
}

static void
studio_tab_init (StudioTab *self)
{
  GtkGesture *middle = gtk_gesture_click_new ();
  GtkLayoutManager *box = gtk_widget_get_layout_manager (GTK_WIDGET (self));

  gtk_box_layout_set_spacing (GTK_BOX_LAYOUT (box), 6);
  self->dot = gtk_label_new ("●");
  gtk_widget_add_css_class (self->dot, "dim");
  self->name = gtk_label_new (NULL);
  gtk_label_set_ellipsize (GTK_LABEL (self->name), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_max_width_chars (GTK_LABEL (self->name), WIDEST_CHARS);
  self->button = gtk_button_new_from_icon_name ("window-close-symbolic");
  gtk_widget_set_tooltip_text (self->button, _("Close (Ctrl+W)"));
  gtk_widget_set_focus_on_click (self->button, FALSE);
  gtk_widget_set_valign (self->button, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (self->button, "flat");
  gtk_widget_add_css_class (self->button, "close");
  gtk_widget_set_parent (self->dot, GTK_WIDGET (self));
  gtk_widget_set_parent (self->name, GTK_WIDGET (self));
  gtk_widget_set_parent (self->button, GTK_WIDGET (self));
  g_signal_connect_object (self->button, "clicked", G_CALLBACK (on_close), self,
                           G_CONNECT_SWAPPED);

  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (middle), GDK_BUTTON_MIDDLE);
  gtk_event_controller_set_propagation_phase (GTK_EVENT_CONTROLLER (middle), GTK_PHASE_CAPTURE);
  g_signal_connect_object (middle, "pressed", G_CALLBACK (on_middle), self, 0);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (middle));
}

GtkWidget *
studio_tab_new (StudioSheet *sheet)
{
  static const char *const shown[] = { "notify::title", "notify::place", "notify::modified" };
  StudioTab *self = g_object_new (STUDIO_TYPE_TAB, NULL);

  self->sheet = sheet;
  for (guint i = 0; i < G_N_ELEMENTS (shown); i++)
    g_signal_connect_object (sheet, shown[i], G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
  return GTK_WIDGET (self);
}
