/* sheet-snippets.c - puts snippets into the graph, and keeps the selection as one. */
#include <glib/gi18n-lib.h>

#include "canvas-snippet.h"
#include "sheet-private.h"
#include "snippet.h"
#include "snippet-list.h"

static void
activate_insert (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  StudioSheet *self = data;
  const char *name = g_variant_get_string (parameter, NULL);
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;

  if (self->boxed[PROP_GRAPH] == NULL)
    return;
  studio_sheet_set_workspace (self, "build");
  gtk_widget_grab_focus (self->canvas);
  if (studio_snippet_lookup (name) != NULL)
    studio_canvas_insert_snippet (STUDIO_CANVAS (self->canvas), name);
  else if ((text = studio_snippet_read (name, &error)) != NULL)
    studio_canvas_insert_snippet_text (STUDIO_CANVAS (self->canvas), text);
  else
    studio_sheet_toast (self, error->message, NULL, NULL);
}

/* ---- keeping ---- */

static void
keep (StudioSheet *self, const char *name)
{
  g_autofree char *text = studio_canvas_dup_snippet_text (STUDIO_CANVAS (self->canvas));
  g_autofree char *words = NULL;
  g_autoptr(GError) error = NULL;

  if (text == NULL || *name == '\0' || studio_snippet_lookup (name) != NULL)
    return;
  words = studio_snippet_keep (name, text, &error)
          ? g_strdup_printf (_("Kept as the snippet “%s”"), name) : g_strdup (error->message);
  studio_snippet_list_fill (STUDIO_SNIPPET_LIST (self->snippets));
  studio_sheet_toast (self, words, NULL, NULL);
}

static void
on_name (GtkEntry *entry, GtkPopover *popover)
{
  StudioSheet *self = g_object_get_data (G_OBJECT (popover), "sheet");

  keep (self, gtk_editable_get_text (GTK_EDITABLE (entry)));
  gtk_popover_popdown (popover);
}

static gboolean
unparent (gpointer widget)
{
  if (gtk_widget_get_parent (widget) != NULL)
    gtk_widget_unparent (widget);
  return G_SOURCE_REMOVE;
}

static void
on_closed (GtkPopover *popover)
{
  g_idle_add_full (G_PRIORITY_DEFAULT, unparent, g_object_ref (popover), g_object_unref);
}

/* Asks for a name at the list where the snippet will be. */
static void
activate_save (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  StudioSheet *self = data;
  GArray *selection = self->boxed[PROP_SELECTION];
  GtkWidget *popover, *entry;

  if (selection == NULL || selection->len == 0)
    {
      studio_sheet_toast (self, _("Select the nodes of the snippet first"), NULL, NULL);
      return;
    }
  studio_sheet_set_workspace (self, "build");
  gtk_widget_show (self->left);
  gtk_stack_set_visible_child_name (GTK_STACK (self->left_stack), "palette");
  popover = gtk_popover_new ();
  entry = gtk_entry_new ();
  gtk_entry_set_placeholder_text (GTK_ENTRY (entry), _("Name of the snippet"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("Name of the snippet"), -1);
  gtk_popover_set_child (GTK_POPOVER (popover), entry);
  gtk_popover_set_position (GTK_POPOVER (popover), GTK_POS_RIGHT);
  g_object_set_data (G_OBJECT (popover), "sheet", self);
  g_signal_connect_object (entry, "activate", G_CALLBACK (on_name), popover, 0);
  g_signal_connect (popover, "closed", G_CALLBACK (on_closed), NULL);
  gtk_widget_set_parent (popover, self->snippets);
  g_signal_connect_object (self->snippets, "destroy", G_CALLBACK (gtk_widget_unparent), popover,
                           G_CONNECT_SWAPPED);
  gtk_popover_popup (GTK_POPOVER (popover));
  gtk_widget_grab_focus (entry);
}

void
studio_sheet_add_snippets (StudioSheet *self)
{
  const GActionEntry entries[] = {
    { "insert-snippet", activate_insert, "s" }, { "save-snippet", activate_save },
  };

  g_action_map_add_action_entries (G_ACTION_MAP (self->actions), entries, G_N_ELEMENTS (entries),
                                   self);
}
