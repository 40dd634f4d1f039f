/* canvas-group.c - groups: made, folded in place, entered, left, renamed, unpacked. */
#include "canvas-private.h"
#include "blocks.h"
#include "layout.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

GArray *
studio_canvas_expand (StudioCanvas *self,
                      AnfId         id)
{
  StudioScene *scene = studio_canvas_scene (self);
  const StudioBox *box = scene != NULL && id != 0 ? studio_scene_box (scene, id) : NULL;
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (AnfId));

  if (box != NULL && box->members != NULL)
    g_array_append_vals (ids, box->members->data, box->members->len);
  else if (id != 0)
    g_array_append_val (ids, id);
  return ids;
}

void
studio_canvas_put_box (StudioCanvas    *self,
                       AnfGraphBuilder *b,
                       const StudioBox *box,
                       double           x,
                       double           y)
{
  double dx = x - box->home_x, dy = y - box->home_y;
  StudioPoint at;

  if (box->members == NULL)
    anf_graph_builder_set_position (b, box->id, x, y);
  for (guint i = 0; box->members != NULL && i < box->members->len; i++)
    {
      AnfId id = g_array_index (box->members, AnfId, i);

      if (studio_scene_home (self->scene, id, &at))
        anf_graph_builder_set_position (b, id, at.x + dx, at.y + dy);
    }
}

static StudioGroup *
nth (StudioCanvas *self, int group)
{
  return studio_groups_nth (self->scene->groups, group);
}

/* The group whose nodes are just those that are selected; -1: none. */
int
studio_canvas_chosen_group (StudioCanvas *self)
{
  StudioScene *scene = studio_canvas_scene (self);
  guint n = self->selection != NULL ? self->selection->len : 0, i;
  int g;

  if (scene == NULL || n < 2 || scene->groups->all->len == 0
      || anf_graph_find (self->graph, studio_canvas_active (self)) == NULL)
    return STUDIO_NO_GROUP;
  i = GPOINTER_TO_UINT (g_hash_table_lookup (scene->position,
                                             GSIZE_TO_POINTER (studio_canvas_active (self))));
  for (g = scene->groups->of[i]; g >= 0; g = nth (self, g)->parent)
    {
      g_autoptr(GArray) ids = NULL;
      gboolean all = TRUE;

      if (nth (self, g)->n_nodes != n)
        continue;
      ids = studio_groups_ids (scene->groups, g);
      for (guint k = 0; k < ids->len; k++)
        all = all && studio_canvas_is_selected (self, g_array_index (ids, AnfId, k));
      /* One that is out of sight cannot be meant. */
      if (all)
        return g > scene->scope && (nth (self, g)->shown == -1 || nth (self, g)->shown == g)
               ? g : STUDIO_NO_GROUP;
    }
  return STUDIO_NO_GROUP;
}

/* ---- paths */

/* @path with @to in the place of @from at its beginning; NULL: of no group (transfer full). */
char *
studio_group_moved (const char *path,
                    const char *from,
                    const char *to)
{
  const char *rest = path + strlen (from);

  if (*from == '\0' && *path != '\0')
    return *to != '\0' ? g_strdup_printf ("%s/%s", to, path) : g_strdup (path);
  if (*to == '\0')
    return *rest == '/' && rest[1] != '\0' ? g_strdup (rest + 1) : NULL;
  return g_strconcat (to, rest, NULL);
}

/* All of the group @from is of @to then; with @drop that group itself is no more. */
static void
move_paths (StudioCanvas *self, AnfGraphBuilder *b, const char *from, const char *to,
            gboolean drop)
{
  g_autoptr(GHashTable) folded = studio_folded_read (self->graph);
  g_autoptr(GHashTable) moved = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GHashTableIter iter;
  gpointer path;

  for (guint i = 0; i < anf_graph_n_nodes (self->graph); i++)
    {
      const AnfNode *node = anf_graph_nth (self->graph, i);
      const char *group = anf_node_group (node);

      if (group != NULL && studio_group_holds (from, group))
        {
          g_autofree char *fresh = studio_group_moved (group, from, to);

          anf_graph_builder_set_group (b, anf_node_id (node), fresh);
        }
    }
  g_hash_table_iter_init (&iter, folded);
  while (g_hash_table_iter_next (&iter, &path, NULL))
    if (!studio_group_holds (from, path))
      g_hash_table_add (moved, g_strdup (path));
    else if (!drop || !g_str_equal (path, from))
      g_hash_table_add (moved, studio_group_moved (path, from, to));
  anf_graph_builder_set_note (b, 0, "folded", studio_folded_write (moved));
}

gboolean
studio_canvas_has_path (StudioCanvas *self,
                        const char   *path)
{
  for (guint i = 0; i < anf_graph_n_nodes (self->graph); i++)
    {
      const char *group = anf_node_group (anf_graph_nth (self->graph, i));

      if (group != NULL && studio_group_holds (path, group))
        return TRUE;
    }
  return FALSE;
}

/* "encoder/group 2" (transfer full). */
char *
studio_canvas_free_path (StudioCanvas *self,
                         const char   *base,
                         const char   *stem,
                         guint         first)
{
  const char *slash = *base != '\0' ? "/" : "";

  for (guint n = first;; n++)
    {
      char *path = n == 0 ? g_strdup_printf ("%s%s%s", base, slash, stem)
                          : g_strdup_printf ("%s%s%s %u", base, slash, stem, n);

      if (!studio_canvas_has_path (self, path))
        return path;
      g_free (path);
    }
}

/* ---- room */

/* Things right of @at in its rows move by @by.x, things below it by @by.y. */
static void
make_room (StudioCanvas *self, AnfGraphBuilder *b, const StudioRect *at, double height,
           StudioPoint by, int but)
{
  for (guint i = 0; i < self->scene->n_boxes; i++)
    {
      const StudioBox *box = &self->scene->boxes[i];
      gpointer p = g_hash_table_lookup (self->scene->position, GSIZE_TO_POINTER (box->id));
      int g = self->scene->groups->of[GPOINTER_TO_UINT (p)];

      while (g > but)
        g = nth (self, g)->parent;
      if (g == but && but >= 0)
        continue;
      if (box->home_y >= at->y + at->height - 1)
        {
          if (by.y != 0)
            studio_canvas_put_box (self, b, box, box->home_x, box->home_y + by.y);
        }
      else if (box->home_x >= at->x + at->width - 1 && box->home_y < at->y + height
               && box->home_y + box->box.height > at->y && by.x != 0)
        studio_canvas_put_box (self, b, box, box->home_x + by.x, box->home_y);
    }
}

void
studio_canvas_push (StudioCanvas    *self,
                    AnfGraphBuilder *b,
                    const StudioRect *at,
                    AnfId            to)
{
  const StudioBox *box = studio_scene_box (self->scene, to);
  StudioRect edge;
  double by;

  if (box == NULL)
    return;
  by = at->x + at->width + STUDIO_GRID_PITCH * 2 - box->box.x;
  /* Only what stands in the way of a node that was put before it, and what comes after that. */
  if (by <= 0 || box->box.x + box->box.width < at->x || box->box.y > at->y + at->height + 40
      || box->box.y + box->box.height < at->y - 40)
    return;
  edge = (StudioRect) { box->box.x - 1, box->box.y - 8, 1, 1e9 };
  make_room (self, b, &edge, box->box.height + 16,
             (StudioPoint) { ceil (by / STUDIO_GRID_PITCH) * STUDIO_GRID_PITCH, 0 },
             STUDIO_NO_GROUP);
}

/* What the group takes when it is open, its corner where the folded one has its own. */
static StudioRect
open_rect (StudioCanvas *self, int group, StudioPoint corner)
{
  StudioRect all = { 0, 0, -1, -1 };

  for (guint i = 0; i < anf_graph_n_nodes (self->graph); i++)
    {
      const AnfNode *node = anf_graph_nth (self->graph, i);
      int g = self->scene->groups->of[i];
      StudioPoint at;
      guint rows = MAX (1, MAX (anf_node_n_inputs (node), anf_node_n_outputs (node)));

      while (g > group)
        g = nth (self, g)->parent;
      if (g == group && studio_scene_home (self->scene, anf_node_id (node), &at))
        studio_rect_add (&all, &(StudioRect) { at.x, at.y, STUDIO_NODE_WIDTH,
                                               STUDIO_HEADER + 6 + STUDIO_PORT_PITCH * rows
                                               + STUDIO_FOOTER });
    }
  return (StudioRect) { corner.x, corner.y, all.width + 2 * STUDIO_GROUP_MARGIN,
                        all.height + 2 * STUDIO_GROUP_MARGIN + STUDIO_GROUP_TITLE };
}

/* ---- folding */

static void
shift_group (StudioCanvas *self, AnfGraphBuilder *b, int group, double dx, double dy)
{
  g_autoptr(GArray) ids = studio_groups_ids (self->scene->groups, group);
  StudioPoint at;

  for (guint i = 0; i < ids->len; i++)
    if (studio_scene_home (self->scene, g_array_index (ids, AnfId, i), &at))
      anf_graph_builder_set_position (b, g_array_index (ids, AnfId, i), at.x + dx, at.y + dy);
}

static void
set_folded (StudioCanvas *self, AnfGraphBuilder *b, const char *path, gboolean folded)
{
  g_autoptr(GHashTable) all = studio_folded_read (self->graph);

  if (folded)
    g_hash_table_add (all, g_strdup (path));
  else
    g_hash_table_remove (all, path);
  anf_graph_builder_set_note (b, 0, "folded", studio_folded_write (all));
}

static void
add_ref (GArray *refs, AnfRef ref)
{
  for (guint i = 0; i < refs->len; i++)
    if (g_array_index (refs, AnfRef, i).node == ref.node
        && g_array_index (refs, AnfRef, i).port == ref.port)
      return;
  g_array_append_val (refs, ref);
}

/* Of ports of the group when it is folded. */
static guint
n_rows (StudioCanvas *self, int group)
{
  g_autoptr(GArray) ids = studio_groups_ids (self->scene->groups, group);
  g_autoptr(GHashTable) inside = g_hash_table_new (NULL, NULL);
  g_autoptr(GArray) in = g_array_new (FALSE, FALSE, sizeof (AnfRef));
  g_autoptr(GArray) out = g_array_new (FALSE, FALSE, sizeof (AnfRef));

  for (guint i = 0; i < ids->len; i++)
    g_hash_table_add (inside, GSIZE_TO_POINTER (g_array_index (ids, AnfId, i)));
  for (guint i = 0; i < anf_graph_n_nodes (self->graph); i++)
    {
      const AnfNode *node = anf_graph_nth (self->graph, i);
      gboolean to = g_hash_table_contains (inside, GSIZE_TO_POINTER (anf_node_id (node)));

      for (guint k = 0; k < anf_node_n_inputs (node); k++)
        {
          AnfRef ref = anf_node_input (node, k);
          gboolean from = g_hash_table_contains (inside, GSIZE_TO_POINTER (ref.node));

          if (ref.node != 0 && from != to)
            add_ref (to ? in : out, ref);
        }
    }
  return MAX (1, MAX (in->len, out->len));
}

/* In place: what lies right of it and below it makes room, or comes nearer. */
static void
fold_into (StudioCanvas *self, AnfGraphBuilder *b, int group, gboolean fold)
{
  g_autoptr(GArray) ids = studio_groups_ids (self->scene->groups, group);
  const StudioBox *box = studio_scene_box (self->scene, g_array_index (ids, AnfId, 0));
  StudioRect rect = nth (self, group)->rect, open, closed;
  StudioPoint by, corner = fold ? (StudioPoint) { rect.x, rect.y }
                                : (StudioPoint) { box->home_x, box->home_y };
  double move_x = STUDIO_GROUP_MARGIN, move_y = STUDIO_GROUP_MARGIN + STUDIO_GROUP_TITLE;

  closed = (StudioRect) { corner.x, corner.y, STUDIO_NODE_WIDTH,
                          STUDIO_HEADER + 6 + STUDIO_PORT_PITCH * n_rows (self, group)
                          + STUDIO_FOOTER };
  open = fold ? rect : open_rect (self, group, corner);
  by = (StudioPoint) { MAX (0, open.width - closed.width), MAX (0, open.height - closed.height) };
  make_room (self, b, fold ? &open : &closed, open.height,
             fold ? (StudioPoint) { -by.x, -by.y } : by, group);
  shift_group (self, b, group, fold ? -move_x : move_x, fold ? -move_y : move_y);
}

void
studio_canvas_fold (StudioCanvas *self,
                    int           group)
{
  gboolean fold = !nth (self, group)->folded;
  AnfGraphBuilder *b = studio_canvas_begin_edit (self);
  g_autofree char *label = g_strdup_printf (fold ? _("Fold %s") : _("Unfold %s"),
                                            nth (self, group)->name);

  set_folded (self, b, nth (self, group)->path, fold);
  fold_into (self, b, group, fold);
  studio_canvas_ask (self, b, label, NULL);
}

/* The outermost groups of what is in sight, or, to open, all. Everything is arranged then. */
static void
fold_some (StudioCanvas *self, gboolean fold, guint64 like, const char *label)
{
  g_autoptr(GHashTable) folded = studio_folded_read (self->graph);
  AnfGraphBuilder *b = studio_canvas_begin_edit (self);
  g_autoptr(AnfGraph) graph = NULL;
  guint n = 0;

  studio_groups_count (self->scene->groups);
  for (guint g = 0; g < self->scene->groups->all->len; g++)
    {
      const StudioGroup *group = nth (self, g);

      if ((like != 0 && group->shape != like) || (int) g <= self->scene->scope
          || group->folded == fold)
        continue;
      n++;
      if (fold)
        g_hash_table_add (folded, g_strdup (group->path));
      else
        g_hash_table_remove (folded, group->path);
    }
  if (n == 0)
    {
      anf_graph_builder_free (b);
      gtk_widget_error_bell (GTK_WIDGET (self));
      return;
    }
  anf_graph_builder_set_note (b, 0, "folded", studio_folded_write (folded));
  graph = anf_graph_builder_end (b, NULL);
  studio_canvas_ask_arranged (self, graph, label);
}

void
studio_canvas_fold_all (StudioCanvas *self,
                        const char   *how)
{
  int group = studio_canvas_chosen_group (self);

  if (studio_canvas_scene (self) == NULL)
    return;
  if (g_str_equal (how, "all"))
    fold_some (self, TRUE, 0, _("Fold all groups"));
  else if (g_str_equal (how, "none"))
    fold_some (self, FALSE, 0, _("Unfold all groups"));
  else if (group < 0)
    gtk_widget_error_bell (GTK_WIDGET (self));
  else if (g_str_equal (how, "this"))
    studio_canvas_fold (self, group);
  else
    {
      studio_groups_count (self->scene->groups);
      fold_some (self, !nth (self, group)->folded, nth (self, group)->shape,
                 nth (self, group)->folded ? _("Unfold groups like this one")
                                           : _("Fold groups like this one"));
    }
}

/* ---- making and unpacking */

/* The innermost group that all of @ids are in (nullable). */
static const char *
common_path (StudioCanvas *self, const GArray *ids)
{
  int common = -2;

  for (guint i = 0; i < ids->len; i++)
    {
      gpointer p = g_hash_table_lookup (self->scene->position,
                                        GSIZE_TO_POINTER (g_array_index (ids, AnfId, i)));
      int g = self->scene->groups->of[GPOINTER_TO_UINT (p)];

      if (common == -2)
        common = g;
      while (common != g && common >= 0)
        if (g > common)
          g = nth (self, g)->parent;
        else
          common = nth (self, common)->parent;
    }
  /* All of a group: the new one goes round it. */
  if (common >= 0 && nth (self, common)->n_nodes == ids->len)
    common = nth (self, common)->parent;
  return common >= 0 ? nth (self, common)->path : "";
}

void
studio_canvas_group (StudioCanvas *self)
{
  StudioScene *scene = studio_canvas_scene (self);
  g_autoptr(GArray) ids = studio_canvas_dup_chosen (self);
  g_autofree char *what = studio_canvas_describe (self, ids), *label = NULL, *path = NULL;
  const char *base;
  AnfGraphBuilder *b;

  if (scene == NULL || ids->len < 2)
    {
      gtk_widget_error_bell (GTK_WIDGET (self));
      return;
    }
  base = common_path (self, ids);
  path = studio_canvas_free_path (self, base, _("group"), 1);
  b = studio_canvas_begin_edit (self);
  for (guint i = 0; i < ids->len; i++)
    {
      AnfId id = g_array_index (ids, AnfId, i);
      const char *old = anf_node_group (anf_graph_find (self->graph, id));
      g_autofree char *fresh = old != NULL ? studio_group_moved (old, base, path) : g_strdup (path);

      anf_graph_builder_set_group (b, id, fresh);
    }
  label = g_strdup_printf (_("Group %s"), what);
  studio_canvas_ask (self, b, label, NULL);
}

void
studio_canvas_ungroup (StudioCanvas *self)
{
  int group = studio_canvas_chosen_group (self);
  g_autofree char *label = NULL;
  AnfGraphBuilder *b;

  if (group < 0)
    {
      gtk_widget_error_bell (GTK_WIDGET (self));
      return;
    }
  b = studio_canvas_begin_edit (self);
  label = g_strdup_printf (_("Ungroup %s"), nth (self, group)->name);
  if (nth (self, group)->folded)
    fold_into (self, b, group, FALSE);
  move_paths (self, b, nth (self, group)->path,
              nth (self, group)->parent >= 0 ? nth (self, nth (self, group)->parent)->path : "",
              TRUE);
  studio_canvas_ask (self, b, label, NULL);
}

gboolean
studio_canvas_group_is_taken (StudioCanvas *self,
                              int           group,
                              const char   *name)
{
  int parent = nth (self, group)->parent;
  g_autofree char *path = parent >= 0
                          ? g_strdup_printf ("%s/%s", nth (self, parent)->path, name)
                          : g_strdup (name);

  return !g_str_equal (path, nth (self, group)->path) && studio_canvas_has_path (self, path);
}

void
studio_canvas_name_group (StudioCanvas *self,
                          int           group,
                          const char   *name)
{
  int parent = nth (self, group)->parent;
  g_autofree char *path = parent >= 0
                          ? g_strdup_printf ("%s/%s", nth (self, parent)->path, name)
                          : g_strdup (name);
  g_autofree char *label = g_strdup_printf (_("Rename group %s to %s"), nth (self, group)->name,
                                            name);
  AnfGraphBuilder *b;

  if (g_str_equal (path, nth (self, group)->path))
    return;
  b = studio_canvas_begin_edit (self);
  move_paths (self, b, nth (self, group)->path, path, FALSE);
  studio_canvas_ask (self, b, label, NULL);
}

/* Groups for a graph that has none. */
void
studio_canvas_find_groups (StudioCanvas *self)
{
  g_autoptr(AnfGraph) found = NULL;

  if (self->graph == NULL)
    return;
  found = studio_blocks_find (self->graph);
  if (found == NULL || !studio_blocks_differ (found, self->graph))
    gtk_widget_error_bell (GTK_WIDGET (self));
  else
    studio_canvas_ask_arranged (self, found, _("Find groups"));
}
