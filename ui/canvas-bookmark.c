/* canvas-bookmark.c - ways about a graph: places kept, the way back, along wires. */
#include "canvas-private.h"
#include "layout.h"

#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <string.h>

static StudioPoint
centre (StudioCanvas *self)
{
  return studio_canvas_to_plane (self, gtk_widget_get_width (GTK_WIDGET (self)) / 2.0,
                                 gtk_widget_get_height (GTK_WIDGET (self)) / 2.0);
}

static void
go (StudioCanvas *self, StudioPoint at, double zoom)
{
  studio_canvas_zoom_at (self, zoom, 0, 0);
  studio_canvas_centre (self, at.x, at.y, FALSE);
}

/* ---- back and forward */

static void
put (StudioCanvas *self, guint i)
{
  self->past[i] = centre (self);
  self->past_zoom[i] = self->zoom;
}

/* Before the view jumps. */
void
studio_canvas_remember (StudioCanvas *self)
{
  if (self->at_past == STUDIO_MAX_PAST - 1)
    {
      memmove (self->past, self->past + 1, (STUDIO_MAX_PAST - 1) * sizeof *self->past);
      memmove (self->past_zoom, self->past_zoom + 1,
               (STUDIO_MAX_PAST - 1) * sizeof *self->past_zoom);
      self->at_past--;
    }
  put (self, self->at_past++);
  self->n_past = self->at_past;
}

void
studio_canvas_go (StudioCanvas *self,
                  const char   *how)
{
  gboolean back = g_str_equal (how, "back");

  if (back ? self->at_past == 0 : self->at_past + 1 >= self->n_past)
    {
      gtk_widget_error_bell (GTK_WIDGET (self));
      return;
    }
  put (self, self->at_past);
  self->n_past = MAX (self->n_past, self->at_past + 1);
  self->at_past += back ? -1 : 1;
  go (self, self->past[self->at_past], self->past_zoom[self->at_past]);
}

/* ---- bookmarks */

void
studio_canvas_set_bookmark (StudioCanvas *self,
                            const char   *number)
{
  guint i = CLAMP (atoi (number), 1, 9) - 1;

  self->bookmark[i] = centre (self);
  self->bookmark_zoom[i] = self->zoom;
}

void
studio_canvas_go_bookmark (StudioCanvas *self,
                           const char   *number)
{
  guint i = CLAMP (atoi (number), 1, 9) - 1;

  if (self->bookmark_zoom[i] == 0)
    {
      gtk_widget_error_bell (GTK_WIDGET (self));
      return;
    }
  studio_canvas_remember (self);
  go (self, self->bookmark[i], self->bookmark_zoom[i]);
}

/* ---- along wires */

void
studio_canvas_follow (StudioCanvas *self,
                      const char   *id)
{
  AnfId node = g_ascii_strtoull (id, NULL, 10);

  if (self->graph != NULL && anf_graph_find (self->graph, node) != NULL)
    studio_canvas_show_node (self, node);
}

#define MOST 16       /* ends of wires in a menu */

static void
append_end (GMenu *menu, StudioCanvas *self, const char *format, AnfId id)
{
  g_autofree char *name = g_strdup (anf_node_name (anf_graph_find (self->graph, id)));
  g_auto(GStrv) parts = g_strsplit (name, "_", -1);
  g_autofree char *escaped = g_strjoinv ("__", parts);     /* no mnemonics */
  g_autofree char *label = g_strdup_printf (format, escaped);
  g_autofree char *action = g_strdup_printf ("canvas.follow::%" G_GUINT64_FORMAT, id);

  g_menu_append (menu, label, action);
}

GMenuModel *
studio_canvas_ends (StudioCanvas *self)
{
  GMenu *menu = g_menu_new ();
  const AnfNode *node = anf_graph_find (self->graph, studio_canvas_active (self));
  AnfId id = node != NULL ? anf_node_id (node) : 0;
  guint n = 0;

  for (guint k = 0; node != NULL && k < anf_node_n_inputs (node) && n < MOST; k++)
    if (anf_node_input (node, k).node != 0)
      append_end (menu, self, _("From %s"), anf_node_input (node, k).node), n++;
  n = 0;
  for (guint i = 0; id != 0 && i < anf_graph_n_nodes (self->graph) && n < MOST; i++)
    {
      const AnfNode *other = anf_graph_nth (self->graph, i);

      for (guint k = 0; k < anf_node_n_inputs (other); k++)
        if (anf_node_input (other, k).node == id)
          {
            append_end (menu, self, _("To %s"), anf_node_id (other));
            n++;
            break;
          }
    }
  return G_MENU_MODEL (menu);
}

/* Ids from which @start is reached, or that it reaches (transfer full). */
static GHashTable *
reach (StudioCanvas *self, AnfId start, gboolean down)
{
  GHashTable *seen = g_hash_table_new (NULL, NULL);
  guint n = anf_graph_n_nodes (self->graph);

  g_hash_table_add (seen, GSIZE_TO_POINTER (start));
  /* Producers come before consumers: one pass does it. */
  for (guint k = 0; k < n; k++)
    {
      const AnfNode *node = anf_graph_nth (self->graph, down ? k : n - 1 - k);
      gpointer id = GSIZE_TO_POINTER (anf_node_id (node));

      for (guint i = 0; i < anf_node_n_inputs (node); i++)
        {
          gpointer from = GSIZE_TO_POINTER (anf_node_input (node, i).node);

          if (from != NULL && g_hash_table_contains (seen, down ? from : id))
            g_hash_table_add (seen, down ? id : from);
        }
    }
  return seen;
}

/* All nodes on ways between the two that are selected. */
void
studio_canvas_select_between (StudioCanvas *self)
{
  const GArray *two = self->selection;
  AnfId a, b;
  g_autoptr(GHashTable) below = NULL, above = NULL;
  GArray *found;

  if (two == NULL || two->len != 2 || self->graph == NULL)
    {
      gtk_widget_error_bell (GTK_WIDGET (self));
      return;
    }
  a = g_array_index (two, AnfId, 0);
  b = g_array_index (two, AnfId, 1);
  if (anf_graph_reaches (self->graph, b, a))
    {
      AnfId first = b;

      b = a;
      a = first;
    }
  below = reach (self, a, TRUE);
  above = reach (self, b, FALSE);
  found = g_array_new (FALSE, FALSE, sizeof (AnfId));
  for (guint i = 0; i < anf_graph_n_nodes (self->graph); i++)
    {
      AnfId id = anf_node_id (anf_graph_nth (self->graph, i));

      if (g_hash_table_contains (below, GSIZE_TO_POINTER (id))
          && g_hash_table_contains (above, GSIZE_TO_POINTER (id)))
        g_array_append_val (found, id);
    }
  if (found->len < 2)
    {
      g_array_unref (found);
      gtk_widget_error_bell (GTK_WIDGET (self));
      return;
    }
  studio_canvas_take_selection (self, found);
}

/* ---- pinned nodes: arranging leaves them where they are */

void
studio_canvas_pin (StudioCanvas *self)
{
  g_autoptr(GArray) ids = studio_canvas_dup_chosen (self);
  g_autofree char *what = studio_canvas_describe (self, ids), *label = NULL;
  AnfGraphBuilder *b;
  gboolean all = TRUE;

  for (guint i = 0; i < ids->len; i++)
    all = all && studio_node_is_pinned (self->graph, g_array_index (ids, AnfId, i));
  if (ids->len == 0)
    return;
  b = studio_canvas_begin_edit (self);
  for (guint i = 0; i < ids->len; i++)
    anf_graph_builder_set_note (b, g_array_index (ids, AnfId, i), "pinned",
                                all ? NULL : g_variant_new_boolean (TRUE));
  label = g_strdup_printf (all ? _("Unpin %s") : _("Pin %s"), what);
  studio_canvas_ask (self, b, label, NULL);
}
