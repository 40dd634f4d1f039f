/* start-page.c - sample cards with their pictures, and the recent documents. */
#include "start-page.h"

#include <glib/gi18n-lib.h>

#include "recent.h"
#include "thumbnail.h"

#define MAX_RECENT 8

struct _StudioStartPage
{
  GtkWidget  parent_instance;

  GtkWidget *scroller, *samples, *recent, *no_recent;
};

G_DEFINE_FINAL_TYPE (StudioStartPage, studio_start_page, GTK_TYPE_WIDGET)

static GtkWidget *
label_new (const char *words, const char *css)
{
  GtkWidget *label = gtk_label_new (words);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  if (css != NULL)
    gtk_widget_add_css_class (label, css);
  return label;
}

void
studio_start_page_add_sample (StudioStartPage *self, const char *path, const char *words,
                              AnfGraph *graph)
{
  guint n = anf_graph_n_nodes (graph);
  g_autofree char *size = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u node", "%u nodes", n),
                                           n);
  GtkWidget *child = gtk_flow_box_child_new ();
  GtkWidget *card = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *foot = gtk_grid_new ();
  GtkWidget *counted = label_new (size, "numeric");

  gtk_grid_attach (GTK_GRID (foot), label_new (anf_graph_title (graph), "heading"), 0, 0, 2, 1);
  gtk_grid_attach (GTK_GRID (foot), label_new (words, "caption"), 0, 1, 1, 1);
  gtk_grid_attach (GTK_GRID (foot), counted, 1, 1, 1, 1);
  gtk_grid_set_column_spacing (GTK_GRID (foot), 8);
  gtk_grid_set_row_spacing (GTK_GRID (foot), 2);
  gtk_widget_set_hexpand (counted, TRUE);
  gtk_widget_set_halign (counted, GTK_ALIGN_END);
  gtk_widget_add_css_class (counted, "dim");
  gtk_widget_set_margin_start (foot, 14);
  gtk_widget_set_margin_end (foot, 14);
  gtk_widget_set_margin_top (foot, 10);
  gtk_widget_set_margin_bottom (foot, 12);

  gtk_box_append (GTK_BOX (card), studio_thumbnail_new (graph));
  gtk_box_append (GTK_BOX (card), gtk_separator_new (GTK_ORIENTATION_HORIZONTAL));
  gtk_box_append (GTK_BOX (card), foot);
  gtk_widget_add_css_class (card, "card");
  gtk_widget_add_css_class (card, "sample");
  gtk_widget_set_overflow (card, GTK_OVERFLOW_HIDDEN);

  gtk_flow_box_child_set_child (GTK_FLOW_BOX_CHILD (child), card);
  g_object_set_data_full (G_OBJECT (child), "path", g_strdup (path), g_free);
  gtk_accessible_update_property (GTK_ACCESSIBLE (child), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  anf_graph_title (graph), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  words, -1);
  gtk_flow_box_append (GTK_FLOW_BOX (self->samples), child);
}

static void
on_sample (GtkFlowBox *samples, GtkFlowBoxChild *child, StudioStartPage *self)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "app.open-sample", "s",
                              g_object_get_data (G_OBJECT (child), "path"));
}

static void
on_recent (GtkListBox *recent, GtkListBoxRow *row, StudioStartPage *self)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "app.open-uri", "s",
                              g_object_get_data (G_OBJECT (row), "uri"));
}

static GtkWidget *
recent_row_new (GtkRecentInfo *info)
{
  g_autofree char *name = gtk_recent_info_get_short_name (info);
  g_autoptr(GFile) file = g_file_new_for_uri (gtk_recent_info_get_uri (info));
  g_autoptr(GFile) folder = g_file_get_parent (file);
  g_autofree char *place = g_file_get_parse_name (folder);
  g_autoptr(GDateTime) time = g_date_time_to_local (gtk_recent_info_get_modified (info));
  g_autofree char *when = g_date_time_format (time, "%x %H:%M");
  GtkWidget *row = gtk_list_box_row_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *place_label = label_new (place, "dim");
  GtkWidget *icon = gtk_image_new_from_icon_name ("document-open-recent-symbolic");

  gtk_label_set_ellipsize (GTK_LABEL (place_label), PANGO_ELLIPSIZE_START);
  gtk_widget_set_hexpand (place_label, TRUE);
  gtk_box_append (GTK_BOX (box), icon);
  gtk_box_append (GTK_BOX (box), label_new (name, "heading"));
  gtk_box_append (GTK_BOX (box), place_label);
  gtk_box_append (GTK_BOX (box), label_new (when, "dim"));
  gtk_widget_set_margin_start (box, 6);
  gtk_widget_set_margin_end (box, 6);
  gtk_widget_set_margin_top (box, 9);
  gtk_widget_set_margin_bottom (box, 9);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), box);
  g_object_set_data_full (G_OBJECT (row), "uri", g_strdup (gtk_recent_info_get_uri (info)), g_free);
  gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  return row;
}

static void
show_recent (StudioStartPage *self)
{
  g_autoptr(GPtrArray) list = studio_recent_list (MAX_RECENT);
  GtkWidget *row;

  while ((row = gtk_widget_get_first_child (self->recent)) != NULL)
    gtk_list_box_remove (GTK_LIST_BOX (self->recent), row);
  for (guint i = 0; i < list->len; i++)
    gtk_list_box_append (GTK_LIST_BOX (self->recent),
                         recent_row_new (g_ptr_array_index (list, i)));
  gtk_widget_set_visible (self->recent, list->len > 0);
  gtk_widget_set_visible (self->no_recent, list->len == 0);
}

static void
studio_start_page_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), STUDIO_TYPE_START_PAGE);
  G_OBJECT_CLASS (studio_start_page_parent_class)->dispose (object);
}

static void
studio_start_page_class_init (StudioStartPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = studio_start_page_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/aneforge/Studio/ui/start-page.ui");
  gtk_widget_class_bind_template_child (widget_class, StudioStartPage, scroller);
  gtk_widget_class_bind_template_child (widget_class, StudioStartPage, samples);
  gtk_widget_class_bind_template_child (widget_class, StudioStartPage, recent);
  gtk_widget_class_bind_template_child (widget_class, StudioStartPage, no_recent);
  gtk_widget_class_bind_template_callback (widget_class, on_sample);
  gtk_widget_class_bind_template_callback (widget_class, on_recent);
}

static void
studio_start_page_init (StudioStartPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect_object (gtk_recent_manager_get_default (), "changed", G_CALLBACK (show_recent),
                           self, G_CONNECT_SWAPPED);
  show_recent (self);
}

GtkWidget *
studio_start_page_new (void)
{
  return g_object_new (STUDIO_TYPE_START_PAGE, NULL);
}
