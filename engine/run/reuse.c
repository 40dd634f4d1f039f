/* reuse.c - what of a program was there already: weights by their numbers, segments by what they
 * compute. */
#include "run/program.h"

#include "weight/choose.h"

#include <string.h>

#define MOST 65536                 /* segments remembered; then all are forgotten */

static GMutex      lock;
static GHashTable *seen;           /* keys of segments that were compiled since the start */

static void
feed (GChecksum *sum, const char *text)
{
  g_checksum_update (sum, (const guchar *) text, strlen (text) + 1);
}

static void
feed_type (GChecksum *sum, const AnfType *type)
{
  g_autofree char *text = type != NULL ? anf_type_to_string (type) : g_strdup ("none");

  feed (sum, text);
  feed (sum, type != NULL ? anf_dtype_name (type->dtype) : "");
}

/* Where a value comes from: a step of this segment, or from outside by its type alone. */
static void
feed_inputs (GChecksum *sum, const AnfLoad *load, const AnfNode *node, GHashTable *place)
{
  for (guint i = 0; i < node->n_in; i++)
    {
      gpointer at = g_hash_table_lookup (place, GSIZE_TO_POINTER (node->in[i].node));
      g_autofree char *text = g_strdup_printf ("%u:%u", GPOINTER_TO_UINT (at), node->in[i].port);

      feed (sum, text);
      feed_type (sum, node->in[i].node != 0
                 ? anf_report_type (load->plan->report, node->in[i].node, node->in[i].port) : NULL);
    }
}

static void
feed_attrs (GChecksum *sum, const AnfNode *node)
{
  const AnfAttr *attr;

  for (guint i = 0; (attr = anf_op_attr (node->op, i)) != NULL; i++)
    {
      g_autofree char *text = node->attr[i] != NULL ? g_variant_print (node->attr[i], FALSE) : NULL;

      feed (sum, text != NULL ? text : "");
    }
}

/* Returns whether all its weights were there already. */
static gboolean
feed_weights (GChecksum *sum, const AnfLoad *load, const AnfNode *node, AnfReuse *reuse)
{
  AnfTensor *tensor[ANF_MAX_ROLES] = { NULL };
  gboolean all = TRUE;

  anf_report_weights (load->plan->report, node, tensor);
  for (guint i = 0; i < anf_op_n_roles (node->op); i++)
    {
      AnfEncoding encoding = ANF_FP16;
      gboolean kept;

      if (tensor[i] == NULL)
        continue;
      kept = anf_weights_kept (load->weights, node, i, &encoding);
      feed (sum, anf_tensor_digest (tensor[i]));
      feed (sum, anf_encoding_name (encoding));
      reuse->n_weights++;
      reuse->n_weights_kept += kept;
      all = all && kept;
    }
  return all;
}

static char *
key_of (const AnfLoad *load, const AnfOptions *options, guint segment, AnfReuse *reuse,
        gboolean *weights)
{
  g_autoptr(GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autoptr(GHashTable) place = g_hash_table_new (NULL, NULL);
  const AnfSteps *steps = anf_plan_steps (load->plan, segment);
  g_autofree char *how = g_strdup_printf ("%s %s %s %u", anf_report_target (load->plan->report),
                                          anf_numerics_name (load->numerics),
                                          options->device != NULL ? options->device : "cpu",
                                          options->settings.block_size);

  *weights = TRUE;
  feed (sum, how);
  for (guint i = 0; i < steps->n_nodes; i++)
    {
      const AnfNode *node = anf_graph_find (load->plan->report->graph, steps->nodes[i]);

      feed (sum, anf_op_name (node->op));
      feed_attrs (sum, node);
      feed_inputs (sum, load, node, place);
      *weights = feed_weights (sum, load, node, reuse) && *weights;
      g_hash_table_insert (place, GSIZE_TO_POINTER (node->id), GUINT_TO_POINTER (i + 1));
    }
  return g_strdup (g_checksum_get_string (sum));
}

/* TRUE: it was there before. */
static gboolean
remember (char *key)
{
  gboolean had;

  g_mutex_lock (&lock);
  if (seen == NULL)
    seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (g_hash_table_size (seen) >= MOST)
    g_hash_table_remove_all (seen);
  had = !g_hash_table_add (seen, key);
  g_mutex_unlock (&lock);
  return had;
}

void
anf_note_reuse (const AnfLoad *load, const AnfOptions *options, AnfReuse *reuse)
{
  *reuse = (AnfReuse) { .n_segments = anf_plan_n_segments (load->plan) };
  if (load->numerics == ANF_NUMERICS_FP32)
    return;                        /* nothing is encoded, so nothing is kept */
  for (guint i = 0; i < reuse->n_segments; i++)
    {
      gboolean weights;
      gboolean had = remember (key_of (load, options, i, reuse, &weights));

      reuse->n_segments_kept += had && weights;
    }
}
