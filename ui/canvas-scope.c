/* canvas-scope.c - groups that are entered and left, and what is added or copied then. */
#include "canvas-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

static StudioGroup *
nth (StudioCanvas *self, int group)
{
  return studio_groups_nth (self->scene->groups, group);
}

/* ---- entering and leaving */

/* The path of the entered group was just put into @self->scope, or taken away. */
static void
show_scope (StudioCanvas *self)
{
  studio_canvas_invalidate (self);
  studio_canvas_update_crumbs (self);
  studio_canvas_update_actions (self);
  studio_canvas_frame_all (self, TRUE);
  studio_canvas_tell (self);
}

void
studio_canvas_enter (StudioCanvas *self,
                     const char   *path)
{
  if (g_strcmp0 (path, self->scope) == 0)
    return;
  studio_canvas_cancel_drag (self);
  g_free (self->scope);
  self->scope = g_strdup (path);
  studio_canvas_select (self, 0);
  show_scope (self);
}

/* The selected group. */
void
studio_canvas_enter_chosen (StudioCanvas *self)
{
  int group = studio_canvas_chosen_group (self);

  if (group < 0)
    gtk_widget_error_bell (GTK_WIDGET (self));
  else
    studio_canvas_enter (self, nth (self, group)->path);
}

/* FALSE: none was entered. The group that was left is selected. */
gboolean
studio_canvas_leave (StudioCanvas *self)
{
  StudioScene *scene = studio_canvas_scene (self);
  int scope = scene != NULL ? scene->scope : STUDIO_NO_GROUP;
  g_autofree char *outer = NULL;
  GArray *ids;

  if (self->scope == NULL)
    return FALSE;
  if (scope >= 0 && nth (self, scope)->parent >= 0)
    outer = g_strdup (nth (self, nth (self, scope)->parent)->path);
  ids = scope >= 0 ? studio_groups_ids (scene->groups, scope)
                   : g_array_new (FALSE, FALSE, sizeof (AnfId));
  studio_canvas_enter (self, outer);
  studio_canvas_take_selection (self, ids);
  return TRUE;
}

static gboolean
is_within (const AnfNode *node, const char *scope)
{
  return node != NULL && studio_group_holds (scope, anf_node_group (node));
}

/* After a change: the entered group may be gone, and a change elsewhere must not be missed. */
void
studio_canvas_keep_scope (StudioCanvas *self,
                          AnfGraph     *before)
{
  gboolean there = FALSE, here = FALSE, elsewhere = FALSE;

  if (self->scope == NULL)
    return;
  for (guint i = 0; self->graph != NULL && i < anf_graph_n_nodes (self->graph); i++)
    {
      const AnfNode *node = anf_graph_nth (self->graph, i);
      const AnfNode *old = before != NULL ? anf_graph_find (before, anf_node_id (node)) : NULL;

      there = there || is_within (node, self->scope);
      if (node != old)
        *(is_within (node, self->scope) || is_within (old, self->scope) ? &here : &elsewhere)
          = TRUE;
    }
  for (guint i = 0; before != NULL && self->graph != NULL && i < anf_graph_n_nodes (before); i++)
    {
      const AnfNode *old = anf_graph_nth (before, i);

      if (anf_graph_find (self->graph, anf_node_id (old)) == NULL)
        *(is_within (old, self->scope) ? &here : &elsewhere) = TRUE;
    }
  if (there && (here || !elsewhere))
    return;
  g_clear_pointer (&self->scope, g_free);
  studio_canvas_update_crumbs (self);
  self->fitted = FALSE;
}

/* What was added while a group is entered is in it. */
AnfGraph *
studio_canvas_into_scope (StudioCanvas *self,
                          AnfGraph     *edited)
{
  AnfGraphBuilder *b = NULL;

  for (guint i = 0; self->scope != NULL && i < anf_graph_n_nodes (edited); i++)
    {
      const AnfNode *node = anf_graph_nth (edited, i);
      const char *old = anf_node_group (node);
      g_autofree char *path = NULL;

      if (anf_graph_find (self->graph, anf_node_id (node)) != NULL
          || is_within (node, self->scope))
        continue;
      if (b == NULL)
        b = anf_graph_builder_new (edited);
      path = old != NULL ? g_strdup_printf ("%s/%s", self->scope, old) : g_strdup (self->scope);
      anf_graph_builder_set_group (b, anf_node_id (node), path);
    }
  if (b != NULL)
    {
      anf_graph_unref (edited);
      edited = anf_graph_builder_end (b, NULL);
    }
  return edited;
}

/* Copies of whole groups are groups of their own: old path -> new path, for those of @ids
 * (nullable: all of @from) (transfer full). */
GHashTable *
studio_canvas_copied_groups (StudioCanvas   *self,
                             const AnfGraph *from,
                             GHashTable     *ids)
{
  GHashTable *paths = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr(StudioGroups) groups = studio_groups_new (from, NULL);
  g_autofree guint *n = g_new0 (guint, groups->all->len + 1);

  for (guint i = 0; i < anf_graph_n_nodes (from) && groups->all->len > 0; i++)
    if (ids == NULL || g_hash_table_contains (ids, GSIZE_TO_POINTER (
                                                anf_node_id (anf_graph_nth (from, i)))))
      for (int g = groups->of[i]; g >= 0; g = studio_groups_nth (groups, g)->parent)
        n[g]++;
  for (guint g = 0; g < groups->all->len; g++)
    {
      const StudioGroup *group = studio_groups_nth (groups, g);
      gboolean outer = group->parent >= 0
                       && n[group->parent] == studio_groups_nth (groups, group->parent)->n_nodes;

      if (n[g] == group->n_nodes && !outer)
        g_hash_table_insert (paths, g_strdup (group->path),
                             studio_canvas_free_path (self, "", group->path,
                                                      studio_canvas_has_path (self, group->path)
                                                      ? 2 : 0));
    }
  return paths;
}

char *
studio_canvas_copied_path (GHashTable *paths,
                           const char *path)
{
  GHashTableIter iter;
  gpointer from, to;

  g_hash_table_iter_init (&iter, paths);
  while (path != NULL && g_hash_table_iter_next (&iter, &from, &to))
    if (studio_group_holds (from, path))
      return studio_group_moved (path, from, to);
  return g_strdup (path);
}

/* ---- the way in */

static void
on_crumb (GtkButton *button, StudioCanvas *self)
{
  const char *path = g_object_get_data (G_OBJECT (button), "path");
  g_autofree char *held = g_strdup (path);

  studio_canvas_enter (self, held);
  gtk_widget_grab_focus (GTK_WIDGET (self));
}

static void
add_crumb (StudioCanvas *self, const char *name, const char *path)
{
  GtkWidget *button = gtk_button_new_with_label (name);
  GtkWidget *label = gtk_button_get_child (GTK_BUTTON (button));
  gboolean last = g_strcmp0 (path, self->scope) == 0;

  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 24);
  gtk_widget_set_tooltip_text (button, last ? _("The group that is shown")
                                            : _("Back to what this group is in"));
  gtk_widget_set_sensitive (button, !last);
  g_object_set_data_full (G_OBJECT (button), "path", g_strdup (path), g_free);
  g_signal_connect (button, "clicked", G_CALLBACK (on_crumb), self);
  gtk_box_append (GTK_BOX (self->crumbs), button);
}

void
studio_canvas_update_crumbs (StudioCanvas *self)
{
  StudioScene *scene = self->scope != NULL ? studio_canvas_scene (self) : NULL;
  g_autoptr(GPtrArray) way = g_ptr_array_new ();
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (self->crumbs)) != NULL)
    gtk_box_remove (GTK_BOX (self->crumbs), child);
  for (int g = scene != NULL ? scene->scope : STUDIO_NO_GROUP; g >= 0; g = nth (self, g)->parent)
    g_ptr_array_insert (way, 0, nth (self, g));
  if (scene != NULL)
    add_crumb (self, _("Graph"), NULL);
  for (guint i = 0; i < way->len; i++)
    add_crumb (self, ((StudioGroup *) way->pdata[i])->name, ((StudioGroup *) way->pdata[i])->path);
  gtk_widget_set_visible (self->crumbs, way->len > 0);
  gtk_widget_queue_allocate (GTK_WIDGET (self));
}
