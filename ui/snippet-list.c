/* snippet-list.c - the built-in snippets and the user's, in one list that can be folded away. */
#include "snippet-list.h"

#include <glib/gi18n-lib.h>

#include "snippet.h"

#define HEIGHT 190

struct _StudioSnippetList
{
  GtkWidget  parent_instance;

  GtkWidget *expander, *list;
};

G_DEFINE_FINAL_TYPE (StudioSnippetList, studio_snippet_list, GTK_TYPE_WIDGET)

static const char *
name_of (gpointer row)
{
  return g_object_get_data (G_OBJECT (row), "name");
}

/* Says what went wrong where the user looks. */
static void
check (GtkWidget *widget, gboolean ok, GError *error)
{
  if (ok)
    return;
  gtk_widget_set_tooltip_text (widget, error->message);
  gtk_widget_error_bell (widget);
  g_message ("%s", error->message);
}

static StudioSnippetList *
list_of (GtkWidget *widget)
{
  return STUDIO_SNIPPET_LIST (gtk_widget_get_ancestor (widget, STUDIO_TYPE_SNIPPET_LIST));
}

static void
on_remove (GtkWidget *button, GtkWidget *row)
{
  StudioSnippetList *self = list_of (row);
  g_autoptr(GError) error = NULL;

  check (GTK_WIDGET (self), studio_snippet_drop (name_of (row), &error), error);
  studio_snippet_list_fill (self);
}

static void
on_rename (GtkEntry *entry, GtkWidget *row)
{
  StudioSnippetList *self = list_of (row);
  const char *to = gtk_editable_get_text (GTK_EDITABLE (entry));
  g_autoptr(GError) error = NULL;

  if (*to == '\0' || g_str_equal (to, name_of (row)))
    return;
  check (GTK_WIDGET (self), studio_snippet_rename (name_of (row), to, &error), error);
  studio_snippet_list_fill (self);
}

/* A name to be changed, and a way to be rid of it. */
static GtkWidget *
menu_new (GtkWidget *row, const char *name)
{
  GtkWidget *button = gtk_menu_button_new (), *popover = gtk_popover_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6), *entry = gtk_entry_new ();
  GtkWidget *remove = gtk_button_new_with_label (_("Remove"));

  gtk_editable_set_text (GTK_EDITABLE (entry), name);
  gtk_accessible_update_property (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("Name of the snippet"), -1);
  gtk_widget_set_tooltip_text (entry, _("Enter renames the snippet"));
  gtk_widget_add_css_class (remove, "destructive-action");
  gtk_box_append (GTK_BOX (box), entry);
  gtk_box_append (GTK_BOX (box), remove);
  gtk_popover_set_child (GTK_POPOVER (popover), box);
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (button), "view-more-symbolic");
  gtk_menu_button_set_popover (GTK_MENU_BUTTON (button), popover);
  gtk_widget_set_tooltip_text (button, _("Rename or remove"));
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_add_css_class (button, "small");
  g_signal_connect_object (entry, "activate", G_CALLBACK (on_rename), row, 0);
  g_signal_connect_object (remove, "clicked", G_CALLBACK (on_remove), row, 0);
  return button;
}

static void
add_row (StudioSnippetList *self, const char *name, const char *title, const char *doc,
         gboolean own)
{
  GtkWidget *row = gtk_list_box_row_new (), *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 10);
  GtkWidget *label = gtk_label_new (title);
  GtkWidget *icon = gtk_image_new_from_icon_name ("anf-op-subgraph-symbolic");

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_widget_add_css_class (icon, "cat-subgraph");
  gtk_box_append (GTK_BOX (box), icon);
  gtk_box_append (GTK_BOX (box), label);
  gtk_widget_set_margin_start (box, 6);
  gtk_widget_set_margin_end (box, 6);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), box);
  gtk_widget_set_tooltip_text (row, doc);
  gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_LABEL, title,
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, doc, -1);
  g_object_set_data_full (G_OBJECT (row), "name", g_strdup (name), g_free);
  if (own)
    gtk_box_append (GTK_BOX (box), menu_new (row, name));
  gtk_list_box_append (GTK_LIST_BOX (self->list), row);
}

void
studio_snippet_list_fill (StudioSnippetList *self)
{
  g_auto(GStrv) kept = studio_snippet_kept ();
  const StudioSnippet *snippet;
  GtkWidget *row;

  while ((row = gtk_widget_get_first_child (self->list)) != NULL)
    gtk_list_box_remove (GTK_LIST_BOX (self->list), row);
  for (guint i = 0; (snippet = studio_snippet_nth (i)) != NULL; i++)
    add_row (self, snippet->name, _(snippet->title), _(snippet->doc), FALSE);
  for (guint i = 0; kept[i] != NULL; i++)
    add_row (self, kept[i], kept[i], _("A snippet of your own"), TRUE);
}

static void
on_row (GtkListBox *list, GtkListBoxRow *row, StudioSnippetList *self)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "win.insert-snippet", "s", name_of (row));
}

static void
studio_snippet_list_dispose (GObject *object)
{
  g_clear_pointer (&STUDIO_SNIPPET_LIST (object)->expander, gtk_widget_unparent);
  G_OBJECT_CLASS (studio_snippet_list_parent_class)->dispose (object);
}

static void
studio_snippet_list_class_init (StudioSnippetListClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = studio_snippet_list_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
}

static void
studio_snippet_list_init (StudioSnippetList *self)
{
  GtkWidget *scroller = gtk_scrolled_window_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4);
  GtkWidget *keep = gtk_button_new_with_label (_("Keep Selection…"));

  self->list = gtk_list_box_new ();
  gtk_list_box_set_selection_mode (GTK_LIST_BOX (self->list), GTK_SELECTION_NONE);
  gtk_list_box_set_activate_on_single_click (GTK_LIST_BOX (self->list), FALSE);
  gtk_widget_add_css_class (self->list, "palette");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->list), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("Snippets"), -1);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller), GTK_POLICY_NEVER,
                                  GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_max_content_height (GTK_SCROLLED_WINDOW (scroller), HEIGHT);
  gtk_scrolled_window_set_propagate_natural_height (GTK_SCROLLED_WINDOW (scroller), TRUE);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), self->list);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (keep), "win.save-snippet");
  gtk_widget_set_tooltip_text (keep, _("The selected nodes can be put in again from here"));
  gtk_widget_set_margin_start (keep, 8);
  gtk_widget_set_margin_end (keep, 8);
  gtk_widget_set_margin_bottom (keep, 8);
  gtk_widget_add_css_class (keep, "small");
  gtk_box_append (GTK_BOX (box), scroller);
  gtk_box_append (GTK_BOX (box), keep);
  self->expander = gtk_expander_new (_("Snippets"));
  gtk_expander_set_expanded (GTK_EXPANDER (self->expander), TRUE);
  gtk_expander_set_child (GTK_EXPANDER (self->expander), box);
  gtk_widget_set_margin_start (self->expander, 6);
  gtk_widget_set_margin_top (self->expander, 6);
  gtk_widget_set_parent (self->expander, GTK_WIDGET (self));
  g_signal_connect_object (self->list, "row-activated", G_CALLBACK (on_row), self, 0);
  studio_snippet_list_fill (self);
}

GtkWidget *
studio_snippet_list_new (void)
{
  return g_object_new (STUDIO_TYPE_SNIPPET_LIST, NULL);
}
