/* graph.c - reading a graph, and its hash. */
#include "core/op.h"

#include <string.h>

G_DEFINE_BOXED_TYPE (AnfGraph, anf_graph, anf_graph_ref, anf_graph_unref)

static void
anf_graph_clear (AnfGraph *self)
{
  g_ptr_array_unref (self->listed);
  g_ptr_array_unref (self->nodes);
  g_ptr_array_unref (self->weights);
  g_array_unref (self->outputs);
  g_array_unref (self->gates);
  g_free (self->title);
  g_free (self->folder);
  g_free (self->extra);
  g_free (self->hash);
  g_hash_table_unref (self->by_id);
  g_hash_table_unref (self->by_name);
}

AnfGraph *
anf_graph_ref (AnfGraph *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
anf_graph_unref (AnfGraph *self)
{
  g_atomic_rc_box_release_full (self, (GDestroyNotify) anf_graph_clear);
}

const char        *anf_graph_title     (const AnfGraph *self) { return self->title; }
const char        *anf_graph_folder    (const AnfGraph *self) { return self->folder; }
guint              anf_graph_n_nodes   (const AnfGraph *self) { return self->nodes->len; }
guint              anf_graph_n_weights (const AnfGraph *self) { return self->weights->len; }
guint              anf_graph_n_outputs (const AnfGraph *self) { return self->outputs->len; }
guint              anf_graph_n_gates   (const AnfGraph *self) { return self->gates->len; }
const AnfSettings *anf_graph_settings  (const AnfGraph *self) { return &self->settings; }

const AnfNode *
anf_graph_nth (const AnfGraph *self, guint i)
{
  g_return_val_if_fail (i < self->nodes->len, NULL);

  return g_ptr_array_index (self->nodes, i);
}

const AnfNode *
anf_graph_find (const AnfGraph *self, AnfId id)
{
  return g_hash_table_lookup (self->by_id, GSIZE_TO_POINTER (id));
}

const AnfNode *
anf_graph_find_name (const AnfGraph *self, const char *name)
{
  return g_hash_table_lookup (self->by_name, name);
}

const char *
anf_graph_nth_output (const AnfGraph *self, guint i, AnfRef *from)
{
  const AnfOutput *output;

  g_return_val_if_fail (i < self->outputs->len, NULL);

  output = &g_array_index (self->outputs, AnfOutput, i);
  if (from != NULL)
    *from = output->from;
  return output->name;
}

const AnfGate *
anf_graph_nth_gate (const AnfGraph *self, guint i)
{
  g_return_val_if_fail (i < self->gates->len, NULL);

  return &g_array_index (self->gates, AnfGate, i);
}

AnfWeight *
anf_graph_nth_weight (const AnfGraph *self, guint i)
{
  g_return_val_if_fail (i < self->weights->len, NULL);

  return g_ptr_array_index (self->weights, i);
}

AnfWeight *
anf_graph_find_weight (const AnfGraph *self, const char *name)
{
  guint low = 0, high = self->weights->len;

  while (low < high)
    {
      guint mid = low + (high - low) / 2;
      AnfWeight *weight = g_ptr_array_index (self->weights, mid);
      int order = strcmp (name, weight->name);

      if (order == 0)
        return weight;
      if (order < 0)
        high = mid;
      else
        low = mid + 1;
    }
  return NULL;
}

AnfTensor *
anf_graph_tensor_of (const AnfGraph *self, const AnfNode *node, const char *role)
{
  const char *name = anf_node_weight (node, role);
  const AnfWeight *weight = name != NULL ? anf_graph_find_weight (self, name) : NULL;

  return weight != NULL ? weight->tensor : NULL;
}

gboolean
anf_graph_reaches (const AnfGraph *self, AnfId from, AnfId to)
{
  g_autoptr(GHashTable) marked = g_hash_table_new (NULL, NULL);

  /* Producers come first, so one pass forward marks all that @from reaches. */
  g_hash_table_add (marked, GSIZE_TO_POINTER (from));
  for (guint i = 0; i < self->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (self->nodes, i);

      for (guint j = 0; j < node->n_in; j++)
        if (g_hash_table_contains (marked, GSIZE_TO_POINTER (node->in[j].node)))
          g_hash_table_add (marked, GSIZE_TO_POINTER (node->id));
    }
  return g_hash_table_contains (marked, GSIZE_TO_POINTER (to));
}

void
anf_graph_list_anew (AnfGraph *self, GCompareDataFunc compare, gpointer data)
{
  g_ptr_array_sort_with_data (self->listed, compare, data);
}

static void
feed_text (GChecksum *sum, const char *text)
{
  g_checksum_update (sum, (const guchar *) (text != NULL ? text : ""), -1);
  g_checksum_update (sum, (const guchar *) "\n", 1);
}

static void
feed_bytes (GChecksum *sum, gconstpointer data, gsize size)
{
  g_checksum_update (sum, data, size);
}

/* What a weight is, is its numbers; one that could not be read is only its name. */
static void
feed_slot (GChecksum *sum, const AnfGraph *self, const AnfNode *node, guint role)
{
  const AnfSlot *slot = &node->slot[role];
  const AnfWeight *weight = slot->weight != NULL ? anf_graph_find_weight (self, slot->weight)
                                                 : NULL;

  if (weight != NULL && weight->tensor != NULL)
    feed_text (sum, anf_tensor_digest (weight->tensor));
  else
    feed_text (sum, slot->weight);
  feed_bytes (sum, &slot->encoding, sizeof slot->encoding);
}

static void
feed_node (GChecksum *sum, const AnfGraph *self, const AnfNode *node, GHashTable *position)
{
  feed_text (sum, anf_node_op_name (node));
  if (node->place != ANF_PLACE_ENGINE)
    feed_bytes (sum, &node->place, sizeof node->place);
  if (node->op->source)
    feed_text (sum, node->name);             /* the name of a program input matters */
  for (guint i = 0; i < node->n_in; i++)
    {
      gpointer from = g_hash_table_lookup (position, GSIZE_TO_POINTER (node->in[i].node));

      feed_bytes (sum, &from, sizeof from);
      feed_bytes (sum, &node->in[i].port, sizeof node->in[i].port);
    }
  for (guint i = 0; i < anf_op_n_attrs (node->op); i++)
    {
      g_autofree char *text = node->attr[i] != NULL ? g_variant_print (node->attr[i], TRUE) : NULL;

      feed_text (sum, text);
    }
  for (guint i = 0; i < anf_op_n_roles (node->op); i++)
    feed_slot (sum, self, node, i);
}

static char *
make_hash (const AnfGraph *self)
{
  g_autoptr(GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autoptr(GHashTable) position = g_hash_table_new (NULL, NULL);
  const AnfSettings *s = &self->settings;

  for (guint i = 0; i < self->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (self->nodes, i);

      g_hash_table_insert (position, GSIZE_TO_POINTER (node->id), GUINT_TO_POINTER (i + 1));
      feed_node (sum, self, node, position);
    }
  for (guint i = 0; i < self->outputs->len; i++)
    {
      const AnfOutput *output = &g_array_index (self->outputs, AnfOutput, i);
      gpointer from = g_hash_table_lookup (position, GSIZE_TO_POINTER (output->from.node));

      feed_text (sum, output->name);
      feed_bytes (sum, &from, sizeof from);
      feed_bytes (sum, &output->from.port, sizeof output->from.port);
    }
  feed_text (sum, s->target);
  feed_text (sum, s->opt);
  feed_bytes (sum, &s->compress, sizeof s->compress);
  feed_bytes (sum, &s->atol, sizeof s->atol);
  feed_bytes (sum, &s->block_size, sizeof s->block_size);
  return g_strdup (g_checksum_get_string (sum));
}

const char *
anf_graph_hash (const AnfGraph *graph)
{
  static GMutex lock;
  AnfGraph *self = (AnfGraph *) graph;       /* a cache: no reader sees a difference */

  g_mutex_lock (&lock);
  if (self->hash == NULL)
    self->hash = make_hash (self);
  g_mutex_unlock (&lock);
  return self->hash;
}
