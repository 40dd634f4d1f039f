/* builder.c - the only writer of graphs: copies what it touches, shares the rest. */
#include "core/op.h"

#include <string.h>

struct _AnfGraphBuilder
{
  GPtrArray   *nodes;              /* in document order; NULL: removed */
  GHashTable  *index;              /* id -> position in nodes */
  GHashTable  *owned;              /* ids this builder already copied */
  GHashTable  *names;              /* every node name in use */
  GHashTable  *numbers;            /* stem -> last number given to a fresh name */
  GPtrArray   *weights;
  GArray      *outputs;
  GArray      *gates;
  AnfSettings  settings;
  char        *title, *folder, *extra;
  AnfId        next_id;
};

static void
output_clear (gpointer data)
{
  g_free (((AnfOutput *) data)->name);
}

static void
node_unref_if_any (gpointer node)
{
  if (node != NULL)
    anf_node_unref (node);
}

static GArray *
outputs_copy (const GArray *from)
{
  GArray *outputs = g_array_new (FALSE, FALSE, sizeof (AnfOutput));

  g_array_set_clear_func (outputs, output_clear);
  for (guint i = 0; from != NULL && i < from->len; i++)
    {
      AnfOutput output = g_array_index (from, AnfOutput, i);

      output.name = g_strdup (output.name);
      g_array_append_val (outputs, output);
    }
  return outputs;
}

static void
take_base (AnfGraphBuilder *self, const AnfGraph *base)
{
  for (guint i = 0; i < base->listed->len; i++)
    {
      AnfNode *node = g_ptr_array_index (base->listed, i);

      g_hash_table_insert (self->index, GSIZE_TO_POINTER (node->id), GUINT_TO_POINTER (i));
      g_hash_table_add (self->names, node->name);
      g_ptr_array_add (self->nodes, anf_node_ref (node));
    }
  for (guint i = 0; i < base->weights->len; i++)
    g_ptr_array_add (self->weights, anf_weight_ref (g_ptr_array_index (base->weights, i)));
  g_array_append_vals (self->gates, base->gates->data, base->gates->len);
  self->settings = base->settings;
  self->title = g_strdup (base->title);
  self->folder = g_strdup (base->folder);
  self->extra = g_strdup (base->extra);
  self->next_id = base->next_id;
}

AnfGraphBuilder *
anf_graph_builder_new (const AnfGraph *base)
{
  AnfGraphBuilder *self = g_new0 (AnfGraphBuilder, 1);

  self->nodes = g_ptr_array_new_with_free_func (node_unref_if_any);
  self->weights = g_ptr_array_new_with_free_func ((GDestroyNotify) anf_weight_unref);
  self->index = g_hash_table_new (NULL, NULL);
  self->owned = g_hash_table_new (NULL, NULL);
  self->names = g_hash_table_new (g_str_hash, g_str_equal);
  self->numbers = g_hash_table_new (g_str_hash, g_str_equal);
  self->outputs = outputs_copy (base != NULL ? base->outputs : NULL);
  self->gates = g_array_new (FALSE, FALSE, sizeof (AnfGate));
  self->settings = (AnfSettings) { .opt = "routes", .atol = 0.05, .block_size = 32 };
  self->next_id = 1;
  if (base != NULL)
    take_base (self, base);
  return self;
}

void
anf_graph_builder_free (AnfGraphBuilder *self)
{
  g_clear_pointer (&self->nodes, g_ptr_array_unref);
  g_clear_pointer (&self->weights, g_ptr_array_unref);
  g_clear_pointer (&self->outputs, g_array_unref);
  g_clear_pointer (&self->gates, g_array_unref);
  g_hash_table_unref (self->index);
  g_hash_table_unref (self->owned);
  g_hash_table_unref (self->names);
  g_hash_table_unref (self->numbers);
  g_free (self->title);
  g_free (self->folder);
  g_free (self->extra);
  g_free (self);
}

static AnfNode *
node_copy (const AnfNode *from)
{
  AnfNode *node = g_atomic_rc_box_dup (sizeof *from, (AnfNode *) from);
  guint n_attrs = anf_op_n_attrs (from->op), n_roles = anf_op_n_roles (from->op);

  node->op_name = g_strdup (from->op_name);
  node->name = g_strdup (from->name);
  node->group = g_strdup (from->group);
  node->extra = g_strdup (from->extra);
  node->in = g_memdup2 (from->in, from->n_in * sizeof *from->in);
  node->attr = g_memdup2 (from->attr, n_attrs * sizeof *from->attr);
  node->slot = g_memdup2 (from->slot, n_roles * sizeof *from->slot);
  for (guint i = 0; i < n_attrs; i++)
    if (node->attr[i] != NULL)
      g_variant_ref (node->attr[i]);
  for (guint i = 0; i < n_roles; i++)
    node->slot[i].weight = g_strdup (node->slot[i].weight);
  return node;
}

const AnfNode *
anf_graph_builder_peek (AnfGraphBuilder *self, AnfId id)
{
  gpointer i;

  if (!g_hash_table_lookup_extended (self->index, GSIZE_TO_POINTER (id), NULL, &i))
    return NULL;
  return g_ptr_array_index (self->nodes, GPOINTER_TO_UINT (i));
}

/* The node, copied on first write; NULL for an id that is not here. */
AnfNode *
anf_graph_builder_edit (AnfGraphBuilder *self, AnfId id)
{
  gpointer i;
  AnfNode *node, *copy;

  if (!g_hash_table_lookup_extended (self->index, GSIZE_TO_POINTER (id), NULL, &i))
    g_return_val_if_reached (NULL);

  node = g_ptr_array_index (self->nodes, GPOINTER_TO_UINT (i));
  if (g_hash_table_contains (self->owned, GSIZE_TO_POINTER (id)))
    return node;

  copy = node_copy (node);
  g_hash_table_replace (self->names, copy->name, copy->name);
  self->nodes->pdata[GPOINTER_TO_UINT (i)] = copy;
  g_hash_table_add (self->owned, GSIZE_TO_POINTER (id));
  anf_node_unref (node);
  return copy;
}

/* @stem is a row's name: a constant. */
static char *
fresh_name (AnfGraphBuilder *self, const char *stem)
{
  guint number = GPOINTER_TO_UINT (g_hash_table_lookup (self->numbers, stem));
  char *name = NULL;

  do
    {
      g_free (name);
      name = g_strdup_printf ("%s%u", stem, ++number);
    }
  while (g_hash_table_contains (self->names, name));
  g_hash_table_insert (self->numbers, (gpointer) stem, GUINT_TO_POINTER (number));
  return name;
}

/* Ports, attributes and roles of @op, nothing wired or set. A variadic port starts without wires:
 * it is the last one, by rule. */
static void
node_init_row (AnfNode *node, const AnfOp *op)
{
  guint n_in = anf_op_n_inputs (op), n_roles = anf_op_n_roles (op);

  node->op = op;
  node->n_in = n_in > 0 && (op->in[n_in - 1].flags & ANF_VARIADIC) ? n_in - 1 : n_in;
  node->in = g_new0 (AnfRef, node->n_in);
  node->attr = g_new0 (GVariant *, anf_op_n_attrs (op));
  node->slot = g_new0 (AnfSlot, n_roles);
  for (guint i = 0; i < n_roles; i++)
    node->slot[i].encoding = -1;
}

AnfId
anf_graph_builder_add_as (AnfGraphBuilder *self, const AnfOp *op, AnfId id)
{
  AnfNode *node = g_atomic_rc_box_new0 (AnfNode);

  node->id = id;
  node->name = fresh_name (self, op->name);
  node_init_row (node, op);
  g_hash_table_insert (self->index, GSIZE_TO_POINTER (id), GUINT_TO_POINTER (self->nodes->len));
  g_hash_table_add (self->owned, GSIZE_TO_POINTER (id));
  g_hash_table_add (self->names, node->name);
  g_ptr_array_add (self->nodes, node);
  self->next_id = MAX (self->next_id, id + 1);
  return id;
}

AnfId
anf_graph_builder_add (AnfGraphBuilder *self, const AnfOp *op)
{
  g_return_val_if_fail (op != NULL, 0);

  return anf_graph_builder_add_as (self, op, self->next_id);
}

void
anf_graph_builder_replace (AnfGraphBuilder *self, AnfId id, const AnfOp *op)
{
  AnfNode *node = anf_graph_builder_edit (self, id);

  g_return_if_fail (node != NULL);

  anf_node_clear_row (node);
  node_init_row (node, op);
}

static gboolean
is_variadic_port (const AnfNode *node, guint in)
{
  guint n = anf_op_n_inputs (node->op);

  return n == 0 || (in + 1 >= n && (node->op->in[n - 1].flags & ANF_VARIADIC));
}

void
anf_graph_builder_connect (AnfGraphBuilder *self, AnfRef from, AnfId to, guint in)
{
  AnfNode *node = anf_graph_builder_edit (self, to);

  g_return_if_fail (node != NULL);

  if (from.node == 0 && in < node->n_in && is_variadic_port (node, in))
    {
      node->n_in--;
      memmove (&node->in[in], &node->in[in + 1], (node->n_in - in) * sizeof *node->in);
      return;
    }
  if (in >= node->n_in)
    {
      if (from.node == 0)
        return;
      g_return_if_fail (is_variadic_port (node, in));
      in = node->n_in++;
      node->in = g_renew (AnfRef, node->in, node->n_in);
    }
  node->in[in] = from;
}

void
anf_graph_builder_remove (AnfGraphBuilder *self, AnfId id)
{
  const AnfNode *node = anf_graph_builder_peek (self, id);
  guint at;

  g_return_if_fail (node != NULL);

  for (guint i = 0; i < self->nodes->len; i++)
    {
      const AnfNode *user = g_ptr_array_index (self->nodes, i);

      for (guint j = user != NULL ? user->n_in : 0; j-- > 0; )
        if (user->in[j].node == id)
          {
            anf_graph_builder_connect (self, (AnfRef) { 0, 0 }, user->id, j);
            user = g_ptr_array_index (self->nodes, i);
          }
    }
  for (guint i = self->outputs->len; i-- > 0; )
    if (g_array_index (self->outputs, AnfOutput, i).from.node == id)
      g_array_remove_index (self->outputs, i);

  node = anf_graph_builder_peek (self, id);
  g_hash_table_remove (self->names, node->name);
  g_hash_table_remove (self->owned, GSIZE_TO_POINTER (id));
  at = GPOINTER_TO_UINT (g_hash_table_lookup (self->index, GSIZE_TO_POINTER (id)));
  g_hash_table_remove (self->index, GSIZE_TO_POINTER (id));
  g_clear_pointer (&self->nodes->pdata[at], anf_node_unref);
}

void
anf_graph_builder_set_attr (AnfGraphBuilder *self, AnfId id, const char *name, GVariant *value)
{
  g_autoptr(GVariant) held = value != NULL ? g_variant_ref_sink (value) : NULL;
  AnfNode *node = anf_graph_builder_edit (self, id);
  int i;

  g_return_if_fail (node != NULL);
  i = anf_op_find_attr (node->op, name);
  g_return_if_fail (i >= 0);

  g_clear_pointer (&node->attr[i], g_variant_unref);
  node->attr[i] = g_steal_pointer (&held);
}

gboolean
anf_graph_builder_set_name (AnfGraphBuilder *self, AnfId id, const char *name)
{
  AnfNode *node = anf_graph_builder_edit (self, id);

  g_return_val_if_fail (node != NULL, FALSE);

  if (g_str_equal (node->name, name))
    return TRUE;
  if (!anf_name_is_valid (name) || g_hash_table_contains (self->names, name))
    return FALSE;
  g_hash_table_remove (self->names, node->name);
  g_free (node->name);
  node->name = g_strdup (name);
  g_hash_table_add (self->names, node->name);
  return TRUE;
}

void
anf_graph_builder_set_position (AnfGraphBuilder *self, AnfId id, double x, double y)
{
  AnfNode *node = anf_graph_builder_edit (self, id);

  g_return_if_fail (node != NULL);

  node->x = x;
  node->y = y;
}

static void
set_string (char **place, const char *value)
{
  char *copy = g_strdup (value);

  g_free (*place);
  *place = copy;
}

void
anf_graph_builder_set_group (AnfGraphBuilder *self, AnfId id, const char *group)
{
  AnfNode *node = anf_graph_builder_edit (self, id);

  g_return_if_fail (node != NULL);
  set_string (&node->group, group);
}

void
anf_graph_builder_set_op_name (AnfGraphBuilder *self, AnfId id, const char *name)
{
  AnfNode *node = anf_graph_builder_edit (self, id);

  g_return_if_fail (node != NULL);
  set_string (&node->op_name, name);
}

void
anf_graph_builder_set_extra (AnfGraphBuilder *self, AnfId id, const char *json)
{
  AnfNode *node = id != 0 ? anf_graph_builder_edit (self, id) : NULL;

  g_return_if_fail (id == 0 || node != NULL);
  set_string (node != NULL ? &node->extra : &self->extra, json);
}

const char *
anf_graph_builder_get_extra (AnfGraphBuilder *self)
{
  return self->extra;
}

void
anf_graph_builder_set_document (AnfGraphBuilder *self, const char *folder, const char *extra,
                                AnfId next_id)
{
  set_string (&self->folder, folder);
  set_string (&self->extra, extra);
  self->next_id = MAX (self->next_id, next_id);
}

void
anf_graph_builder_set_origin (AnfGraphBuilder *self, AnfId id, AnfId origin)
{
  AnfNode *node = anf_graph_builder_edit (self, id);

  g_return_if_fail (node != NULL);
  node->origin = origin;
}

static AnfSlot *
edit_slot (AnfGraphBuilder *self, AnfId id, const char *role)
{
  AnfNode *node = anf_graph_builder_edit (self, id);
  int i = node != NULL ? anf_op_find_role (node->op, role) : -1;

  g_return_val_if_fail (i >= 0, NULL);

  return &node->slot[i];
}

void
anf_graph_builder_set_weight (AnfGraphBuilder *self, AnfId id, const char *role,
                              const char *weight)
{
  AnfSlot *slot = edit_slot (self, id, role);

  if (slot != NULL)
    set_string (&slot->weight, weight);
}

void
anf_graph_builder_set_encoding (AnfGraphBuilder *self, AnfId id, const char *role,
                                AnfEncoding encoding)
{
  AnfSlot *slot = edit_slot (self, id, role);

  if (slot != NULL)
    slot->encoding = encoding;
}

void
anf_graph_builder_unset_encoding (AnfGraphBuilder *self, AnfId id, const char *role)
{
  AnfSlot *slot = edit_slot (self, id, role);

  if (slot != NULL)
    slot->encoding = -1;
}

void
anf_graph_builder_take_slot (AnfGraphBuilder *self, AnfId id, const char *role,
                             const AnfNode *from, const char *origin)
{
  const AnfSlot *slot = &from->slot[anf_op_find_role (from->op, origin)];
  AnfSlot *to = edit_slot (self, id, role);

  if (to == NULL)
    return;
  set_string (&to->weight, slot->weight);
  to->encoding = slot->encoding;
  to->origin = g_intern_string (origin);
}

void
anf_graph_builder_disown (AnfGraphBuilder *self, AnfId id)
{
  AnfNode *node = anf_graph_builder_edit (self, id);

  g_return_if_fail (node != NULL);
  node->origin = 0;
  for (guint i = 0; i < anf_op_n_roles (node->op); i++)
    node->slot[i].origin = NULL;
}

static guint
weight_place (AnfGraphBuilder *self, const char *name, gboolean *here)
{
  guint low = 0, high = self->weights->len;

  *here = FALSE;
  while (low < high)
    {
      guint mid = low + (high - low) / 2;
      int order = strcmp (name, ((AnfWeight *) g_ptr_array_index (self->weights, mid))->name);

      if (order == 0)
        {
          *here = TRUE;
          return mid;
        }
      if (order < 0)
        high = mid;
      else
        low = mid + 1;
    }
  return low;
}

void
anf_graph_builder_put_weight (AnfGraphBuilder *self, AnfWeight *weight)
{
  gboolean here;
  guint at = weight_place (self, weight->name, &here);

  if (here)
    g_ptr_array_remove_index (self->weights, at);
  g_ptr_array_insert (self->weights, at, anf_weight_ref (weight));
}

void
anf_graph_builder_drop_weight (AnfGraphBuilder *self, const char *name)
{
  gboolean here;
  guint at = weight_place (self, name, &here);

  if (here)
    g_ptr_array_remove_index (self->weights, at);
}

char *
anf_graph_builder_fresh_weight_name (AnfGraphBuilder *self, const char *stem)
{
  char *name = g_strdup (stem);
  gboolean here;

  for (guint i = 2; weight_place (self, name, &here), here; i++)
    {
      g_free (name);
      name = g_strdup_printf ("%s_%u", stem, i);
    }
  return name;
}

static int
find_output (AnfGraphBuilder *self, const char *name)
{
  for (guint i = 0; i < self->outputs->len; i++)
    if (g_str_equal (g_array_index (self->outputs, AnfOutput, i).name, name))
      return i;
  return -1;
}

void
anf_graph_builder_set_output (AnfGraphBuilder *self, const char *name, AnfRef from)
{
  int i = find_output (self, name);

  if (i >= 0 && from.node == 0)
    g_array_remove_index (self->outputs, i);
  else if (i >= 0)
    g_array_index (self->outputs, AnfOutput, i).from = from;
  else if (from.node != 0)
    {
      AnfOutput output = { g_strdup (name), from };

      g_array_append_val (self->outputs, output);
    }
}

gboolean
anf_graph_builder_rename_output (AnfGraphBuilder *self, const char *name, const char *to)
{
  int i = find_output (self, name);

  g_return_val_if_fail (i >= 0, FALSE);

  if (g_str_equal (name, to))
    return TRUE;
  if (!anf_name_is_valid (to) || find_output (self, to) >= 0)
    return FALSE;
  /* Gates speak of outputs by name: they follow. */
  for (guint j = 0; j < self->gates->len; j++)
    {
      AnfGate *gate = &g_array_index (self->gates, AnfGate, j);

      if (g_str_equal (gate->output, name))
        gate->output = g_intern_string (to);
    }
  set_string (&g_array_index (self->outputs, AnfOutput, i).name, to);
  return TRUE;
}

void
anf_graph_builder_set_title (AnfGraphBuilder *self, const char *title)
{
  set_string (&self->title, title);
}

void
anf_graph_builder_set_settings (AnfGraphBuilder *self, const AnfSettings *settings)
{
  self->settings = *settings;
  self->settings.target = g_intern_string (settings->target);
  self->settings.opt = g_intern_string (settings->opt);
}

void
anf_graph_builder_set_gates (AnfGraphBuilder *self, guint n, const AnfGate *gates)
{
  g_autofree AnfGate *copy = g_memdup2 (gates, n * sizeof *gates);

  g_array_set_size (self->gates, 0);
  for (guint i = 0; i < n; i++)
    {
      copy[i].output = g_intern_string (copy[i].output);
      copy[i].metric = g_intern_string (copy[i].metric);
      copy[i].inputs = g_intern_string (copy[i].inputs);
      g_array_append_val (self->gates, copy[i]);
    }
}

typedef struct { const AnfNode *node; guint next; } Visit;

/* Appends to @sorted what @root reads, then @root. @state: by position, 1 on the way, 2 done.
 * Returns 0, or the id of a node that reads itself. The stack is explicit: chains may be long. */
static AnfId
visit (AnfGraphBuilder *self, const AnfNode *root, guint8 *state, GArray *stack,
       GPtrArray *sorted)
{
  g_array_append_val (stack, ((Visit) { root, 0 }));
  while (stack->len > 0)
    {
      Visit *top = &g_array_index (stack, Visit, stack->len - 1);
      const AnfNode *node = top->node, *from = NULL;
      guint at = GPOINTER_TO_UINT (g_hash_table_lookup (self->index,
                                                        GSIZE_TO_POINTER (node->id)));

      state[at] = 1;
      while (from == NULL && top->next < node->n_in)
        from = anf_graph_builder_peek (self, node->in[top->next++].node);
      if (from == NULL)
        {
          state[at] = 2;
          g_ptr_array_add (sorted, anf_node_ref (node));
          g_array_set_size (stack, stack->len - 1);
          continue;
        }

      at = GPOINTER_TO_UINT (g_hash_table_lookup (self->index, GSIZE_TO_POINTER (from->id)));
      if (state[at] == 1)
        return node->id;
      if (state[at] == 0)
        g_array_append_val (stack, ((Visit) { from, 0 }));
    }
  return 0;
}

static gboolean
sort (AnfGraphBuilder *self, GPtrArray *sorted, GError **error)
{
  g_autofree guint8 *state = g_malloc0 (MAX (self->nodes->len, 1));
  g_autoptr(GArray) stack = g_array_new (FALSE, FALSE, sizeof (Visit));

  for (guint i = 0; i < self->nodes->len; i++)
    {
      AnfId bad = 0;

      if (state[i] == 0 && g_ptr_array_index (self->nodes, i) != NULL)
        bad = visit (self, g_ptr_array_index (self->nodes, i), state, stack, sorted);
      if (bad != 0)
        {
          const AnfNode *node = anf_graph_builder_peek (self, bad);

          anf_error_set_node (error, ANF_ERROR_BAD_GRAPH, bad, NULL,
                              "A wire into %s closes a loop", node->name);
          return FALSE;
        }
    }
  return TRUE;
}

static void
index_nodes (AnfGraph *graph, const GPtrArray *listed)
{
  graph->listed = g_ptr_array_sized_new (graph->nodes->len);
  for (guint i = 0; i < listed->len; i++)
    if (g_ptr_array_index (listed, i) != NULL)
      g_ptr_array_add (graph->listed, g_ptr_array_index (listed, i));
  graph->by_id = g_hash_table_new (NULL, NULL);
  graph->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; i < graph->nodes->len; i++)
    {
      AnfNode *node = g_ptr_array_index (graph->nodes, i);

      g_hash_table_insert (graph->by_id, GSIZE_TO_POINTER (node->id), node);
      g_hash_table_insert (graph->by_name, node->name, node);
    }
}

AnfGraph *
anf_graph_builder_end (AnfGraphBuilder *self, GError **error)
{
  g_autoptr(GPtrArray) sorted = g_ptr_array_new_full (self->nodes->len,
                                                      (GDestroyNotify) anf_node_unref);
  AnfGraph *graph = NULL;

  if (sort (self, sorted, error))
    {
      graph = g_atomic_rc_box_new0 (AnfGraph);
      graph->nodes = g_steal_pointer (&sorted);
      graph->weights = g_steal_pointer (&self->weights);
      graph->outputs = g_steal_pointer (&self->outputs);
      graph->gates = g_steal_pointer (&self->gates);
      graph->settings = self->settings;
      graph->title = g_steal_pointer (&self->title);
      graph->folder = g_steal_pointer (&self->folder);
      graph->extra = g_steal_pointer (&self->extra);
      graph->next_id = self->next_id;
      index_nodes (graph, self->nodes);
    }
  anf_graph_builder_free (self);
  return graph;
}
