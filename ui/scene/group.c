/* group.c - groups of nodes, by their paths. Which are folded is a note of the document. */
#include "group.h"

#include <string.h>

static void
group_clear (gpointer data)
{
  g_free (((StudioGroup *) data)->path);
}

StudioGroup *
studio_groups_nth (const StudioGroups *self,
                   int                 i)
{
  return &g_array_index (self->all, StudioGroup, i);
}

gboolean
studio_group_holds (const char *group,
                    const char *path)
{
  gsize n = strlen (group);

  return path != NULL && strncmp (path, group, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

/* ---- which are folded */

GHashTable *
studio_folded_read (const AnfGraph *graph)
{
  g_autoptr(GVariant) note = anf_graph_note (graph, 0, "folded", "as");
  GHashTable *folded = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (gsize i = 0; note != NULL && i < g_variant_n_children (note); i++)
    {
      char *path;

      g_variant_get_child (note, i, "s", &path);
      g_hash_table_add (folded, path);
    }
  return folded;
}

static int
by_text (gconstpointer a, gconstpointer b)
{
  return strcmp (a, b);
}

GVariant *
studio_folded_write (GHashTable *folded)
{
  g_autoptr(GList) paths = g_list_sort (g_hash_table_get_keys (folded), by_text);
  GVariantBuilder all;

  if (paths == NULL)
    return NULL;
  g_variant_builder_init (&all, G_VARIANT_TYPE ("as"));
  for (GList *l = paths; l != NULL; l = l->next)
    g_variant_builder_add (&all, "s", l->data);
  return g_variant_builder_end (&all);
}

/* ---- the tree of all paths */

#define LONGEST 1000     /* bytes of a path: a file may hold anything */

/* The group of @path, after those that it is in. */
static int
add_path (GArray *all, GHashTable *by_path, const char *path)
{
  gpointer known;
  const char *slash;
  StudioGroup group = { .parent = STUDIO_NO_GROUP, .rect = { 0, 0, -1, -1 } };

  if (g_hash_table_lookup_extended (by_path, path, NULL, &known))
    return GPOINTER_TO_INT (known);
  slash = strrchr (path, '/');
  if (slash != NULL && slash > path)
    {
      g_autofree char *outer = g_strndup (path, slash - path);

      group.parent = add_path (all, by_path, outer);
    }
  group.path = g_strdup (path);
  g_array_append_val (all, group);
  g_hash_table_insert (by_path, group.path, GINT_TO_POINTER ((int) all->len - 1));
  return all->len - 1;
}

static void
read_paths (const AnfGraph *graph, GArray *all, int *of)
{
  g_autoptr(GHashTable) by_path = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < anf_graph_n_nodes (graph); i++)
    {
      const char *path = anf_node_group (anf_graph_nth (graph, i));

      of[i] = path != NULL && *path != '\0' && strlen (path) <= LONGEST
              ? add_path (all, by_path, path) : STUDIO_NO_GROUP;
      if (of[i] >= 0)
        g_array_index (all, StudioGroup, of[i]).n_direct++;
    }
  for (guint g = 0; g < all->len; g++)
    g_array_index (all, StudioGroup, g).n_nodes = g_array_index (all, StudioGroup, g).n_direct;
  for (guint g = all->len; g-- > 0;)
    {
      const StudioGroup *group = &g_array_index (all, StudioGroup, g);

      if (group->parent >= 0)
        g_array_index (all, StudioGroup, group->parent).n_nodes += group->n_nodes;
    }
}

/* One node is no group, and neither is a group round just another one. */
static void
keep_real (StudioGroups *self, GArray *all)
{
  g_autofree int *kept = g_new (int, all->len + 1);
  g_autofree gboolean *wraps = g_new0 (gboolean, all->len + 1);

  for (guint g = 0; g < all->len; g++)
    {
      const StudioGroup *group = &g_array_index (all, StudioGroup, g);

      if (group->parent >= 0
          && group->n_nodes == g_array_index (all, StudioGroup, group->parent).n_nodes)
        wraps[group->parent] = TRUE;
    }
  for (guint g = 0; g < all->len; g++)
    {
      StudioGroup *group = &g_array_index (all, StudioGroup, g);
      int parent = group->parent >= 0 ? kept[group->parent] : STUDIO_NO_GROUP;

      kept[g] = parent;
      if (group->n_nodes < 2 || wraps[g])
        continue;
      kept[g] = self->all->len;
      g_array_append_vals (self->all, group, 1);
      group = studio_groups_nth (self, kept[g]);
      group->path = g_strdup (group->path);
      group->parent = parent;
      group->name = group->path + (parent >= 0
                                   ? strlen (studio_groups_nth (self, parent)->path) + 1
                                   : *group->path == '/' ? 1 : 0);
    }
  for (guint i = 0; i < anf_graph_n_nodes (self->graph); i++)
    if (self->of[i] >= 0)
      self->of[i] = kept[self->of[i]];
  for (guint g = 0; g < self->all->len; g++)
    studio_groups_nth (self, g)->n_direct = 0;
  for (guint i = 0; i < anf_graph_n_nodes (self->graph); i++)
    if (self->of[i] >= 0)
      studio_groups_nth (self, self->of[i])->n_direct++;
}

static void
set_shown (StudioGroups *self, const char *scope)
{
  g_autoptr(GHashTable) folded = studio_folded_read (self->graph);
  int entered = scope != NULL ? studio_groups_find (self, scope) : STUDIO_NO_GROUP;

  for (guint g = 0; g < self->all->len; g++)
    {
      StudioGroup *group = studio_groups_nth (self, g);
      int above = group->parent >= 0 ? studio_groups_nth (self, group->parent)->shown
                  : entered >= 0 ? -2 : -1;

      group->folded = g_hash_table_contains (folded, group->path);
      group->shown = (int) g == entered ? -1 : above != -1 ? above : group->folded ? (int) g : -1;
    }
}

StudioGroups *
studio_groups_new (const AnfGraph *graph,
                   const char     *scope)
{
  StudioGroups *self = g_new0 (StudioGroups, 1);
  g_autoptr(GArray) all = g_array_new (FALSE, FALSE, sizeof (StudioGroup));

  g_array_set_clear_func (all, group_clear);
  self->graph = graph;
  self->all = g_array_new (FALSE, FALSE, sizeof (StudioGroup));
  g_array_set_clear_func (self->all, group_clear);
  self->of = g_new (int, anf_graph_n_nodes (graph) + 1);
  read_paths (graph, all, self->of);
  if (all->len > 0)
    {
      keep_real (self, all);
      set_shown (self, scope);
    }
  return self;
}

void
studio_groups_free (StudioGroups *self)
{
  g_array_unref (self->all);
  g_free (self->of);
  g_free (self);
}

int
studio_groups_find (const StudioGroups *self,
                    const char         *path)
{
  for (guint g = 0; g < self->all->len; g++)
    if (g_str_equal (studio_groups_nth (self, g)->path, path))
      return g;
  return STUDIO_NO_GROUP;
}

static gboolean
is_in (const StudioGroups *self, int g, int group)
{
  while (g > group)
    g = studio_groups_nth (self, g)->parent;
  return g == group;
}

GArray *
studio_groups_ids (const StudioGroups *self,
                   int                 group)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (AnfId));

  for (guint i = 0; i < anf_graph_n_nodes (self->graph); i++)
    if (is_in (self, self->of[i], group))
      g_array_append_vals (ids, &(AnfId) { anf_node_id (anf_graph_nth (self->graph, i)) }, 1);
  return ids;
}

/* ---- repeats: groups that compute the same with other numbers */

static void
mix (guint64 *hash, guint64 value)
{
  *hash = (*hash ^ value) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  *hash ^= *hash >> 29;
}

static guint64
hash_row (const AnfGraph *graph, const AnfNode *node)
{
  guint64 hash = g_str_hash (anf_node_op_name (node));
  const AnfOp *op = anf_node_op (node);
  const AnfAttr *attr;
  const AnfPort *role;

  for (guint i = 0; (attr = anf_op_attr (op, i)) != NULL; i++)
    if (anf_node_attr_is_set (node, attr->name))
      {
        g_autoptr(GVariant) value = anf_node_attr (node, attr->name);
        const guint8 *bytes = g_variant_get_data (value);

        mix (&hash, i + 1);
        for (gsize k = 0; k < g_variant_get_size (value); k++)
          mix (&hash, bytes[k]);
      }
  for (guint i = 0; (role = anf_op_role (op, i)) != NULL; i++)
    {
      AnfTensor *tensor = anf_graph_tensor_of (graph, node, role->name);

      for (guint k = 0; tensor != NULL && k < anf_tensor_rank (tensor); k++)
        mix (&hash, anf_tensor_dim (tensor, k) + 1);
    }
  return hash;
}

void
studio_groups_count (StudioGroups *self)
{
  guint n = self->counted ? 0 : anf_graph_n_nodes (self->graph);
  g_autofree guint64 *hash = g_new0 (guint64, self->all->len + 1);
  g_autofree guint64 *row = g_new0 (guint64, n + 1);
  g_autoptr(GHashTable) at = g_hash_table_new (g_int64_hash, g_int64_equal);
  g_autofree AnfId *ids = g_new (AnfId, n + 1);
  g_autoptr(GHashTable) same = g_hash_table_new (g_int64_hash, g_int64_equal);

  for (guint i = 0; i < n && self->all->len > 0; i++)
    {
      const AnfNode *node = anf_graph_nth (self->graph, i);

      row[i] = self->of[i] >= 0 ? hash_row (self->graph, node) : 0;
      ids[i] = anf_node_id (node);
      g_hash_table_insert (at, &ids[i], GUINT_TO_POINTER (i));
      for (int g = self->of[i]; g >= 0; g = studio_groups_nth (self, g)->parent)
        {
          mix (&hash[g], row[i]);
          for (guint k = 0; k < anf_node_n_inputs (node); k++)
            {
              AnfRef from = anf_node_input (node, k);
              gpointer p;
              gboolean known = from.node != 0
                               && g_hash_table_lookup_extended (at, &from.node, NULL, &p);
              gboolean inside = known && is_in (self, self->of[GPOINTER_TO_UINT (p)], g);

              mix (&hash[g], inside ? row[GPOINTER_TO_UINT (p)] : 1);
              mix (&hash[g], inside ? from.port : 0);
            }
        }
    }
  for (guint g = 0; n > 0 && g < self->all->len; g++)
    {
      guint count = GPOINTER_TO_UINT (g_hash_table_lookup (same, &hash[g]));

      g_hash_table_insert (same, &hash[g], GUINT_TO_POINTER (count + 1));
    }
  for (guint g = 0; n > 0 && g < self->all->len; g++)
    {
      studio_groups_nth (self, g)->shape = hash[g];
      studio_groups_nth (self, g)->repeats
        = GPOINTER_TO_UINT (g_hash_table_lookup (same, &hash[g]));
    }
  self->counted = TRUE;
}
