/* diff.c - what differs between two documents: nodes, attributes, wires, weights, settings. */
#include "anf.h"

#include <math.h>

#include "io/json.h"

#define BLOCK 4096                 /* numbers read at a time */

struct _AnfDiff
{
  const AnfGraph *a, *b;           /* while it is made */
  double          tol;             /* relative, of numbers */
  gboolean        packed;          /* one is a bundle: its weights are decoded, its settings used */
  GArray         *changes;         /* AnfChange */
};

static void
change_clear (gpointer data)
{
  AnfChange *self = data;

  g_free ((char *) self->node);
  g_free ((char *) self->field);
  g_clear_pointer (&self->a, g_variant_unref);
  g_clear_pointer (&self->b, g_variant_unref);
}

static AnfId
id_of (const AnfGraph *graph, const char *name)
{
  const AnfNode *node = name != NULL ? anf_graph_find_name (graph, name) : NULL;

  return node != NULL ? anf_node_id (node) : 0;
}

/* @a and @b: floating, or (transfer full). */
static void
differ (AnfDiff *self, const char *node, const char *field, GVariant *a, GVariant *b)
{
  AnfChange change = {
    ANF_CHANGED, id_of (self->a, node), id_of (self->b, node), g_strdup (node), g_strdup (field),
    a != NULL ? g_variant_take_ref (a) : NULL, b != NULL ? g_variant_take_ref (b) : NULL,
  };

  g_array_append_val (self->changes, change);
}

static void
only_in_one (AnfDiff *self, AnfChangeKind kind, const AnfNode *node)
{
  AnfChange change = { kind, .node = g_strdup (anf_node_name (node)) };

  if (kind == ANF_REMOVED)
    change.node_a = anf_node_id (node);
  else
    change.node_b = anf_node_id (node);
  g_array_append_val (self->changes, change);
}

static GVariant *
text (const char *value)
{
  return value != NULL ? g_variant_new_string (value) : NULL;
}

static void
compare_text (AnfDiff *self, const char *node, const char *field, const char *a, const char *b)
{
  if (g_strcmp0 (a, b) != 0)
    differ (self, node, field, text (a), text (b));
}

static gboolean
is_near (const AnfDiff *self, double a, double b)
{
  return a == b || (isnan (a) && isnan (b)) || fabs (a - b) <= self->tol * MAX (fabs (a), fabs (b));
}

static void
compare_number (AnfDiff *self, const char *node, const char *field, double a, double b)
{
  if (!is_near (self, a, b))
    differ (self, node, field, g_variant_new_double (a), g_variant_new_double (b));
}

/* ---- attributes: real numbers within the tolerance, all else exactly */

static gboolean
same_value (const AnfDiff *self, GVariant *a, GVariant *b)
{
  if (a == NULL || b == NULL)
    return a == b;
  if (g_variant_equal (a, b))
    return TRUE;
  if (!g_variant_is_of_type (a, g_variant_get_type (b)))
    return FALSE;
  if (g_variant_is_of_type (a, G_VARIANT_TYPE_DOUBLE))
    return is_near (self, g_variant_get_double (a), g_variant_get_double (b));
  if (g_variant_is_of_type (a, G_VARIANT_TYPE ("ad"))
      && g_variant_n_children (a) == g_variant_n_children (b))
    {
      gsize n;
      const double *x = g_variant_get_fixed_array (a, &n, sizeof *x);
      const double *y = g_variant_get_fixed_array (b, &n, sizeof *y);

      for (gsize i = 0; i < n; i++)
        if (!is_near (self, x[i], y[i]))
          return FALSE;
      return TRUE;
    }
  return FALSE;
}

static void
compare_attrs (AnfDiff *self, const AnfNode *a, const AnfNode *b)
{
  const AnfAttr *attr;

  for (guint i = 0; (attr = anf_op_attr (anf_node_op (a), i)) != NULL; i++)
    {
      g_autoptr(GVariant) one = anf_node_attr (a, attr->name);
      g_autoptr(GVariant) other = anf_node_attr (b, attr->name);

      if (!same_value (self, one, other))
        differ (self, anf_node_name (a), attr->name, g_steal_pointer (&one),
                g_steal_pointer (&other));
    }
}

/* ---- wires */

static char *
wire_text (const AnfGraph *graph, AnfRef ref)
{
  const AnfNode *node = ref.node != 0 ? anf_graph_find (graph, ref.node) : NULL;

  if (node == NULL)
    return NULL;
  return ref.port == 0 ? g_strdup (anf_node_name (node))
                       : g_strdup_printf ("%s:%u", anf_node_name (node), ref.port);
}

static void
compare_wires (AnfDiff *self, const AnfNode *a, const AnfNode *b)
{
  guint n_a = anf_node_n_inputs (a), n_b = anf_node_n_inputs (b);

  for (guint i = 0; i < MAX (n_a, n_b); i++)
    {
      g_autofree char *one = i < n_a ? wire_text (self->a, anf_node_input (a, i)) : NULL;
      g_autofree char *other = i < n_b ? wire_text (self->b, anf_node_input (b, i)) : NULL;

      compare_text (self, anf_node_name (a), anf_node_input_name (i < n_a ? a : b, i), one, other);
    }
}

/* ---- weights */

/* ||a - b|| / ||a|| of tensors of one shape. */
static double
apart (const AnfTensor *a, const AnfTensor *b)
{
  gsize n = anf_tensor_elements (a);
  double x[BLOCK], y[BLOCK], error = 0, all = 0;

  for (gsize begin = 0; begin < n; begin += BLOCK)
    {
      gsize count = MIN (BLOCK, n - begin);

      anf_tensor_read_double (a, begin, count, x);
      anf_tensor_read_double (b, begin, count, y);
      for (gsize i = 0; i < count; i++)
        {
          error += x[i] == y[i] ? 0 : (x[i] - y[i]) * (x[i] - y[i]);
          all += x[i] * x[i];
        }
    }
  return error == 0 ? 0 : sqrt (error / all);
}

static gboolean
same_numbers (const AnfDiff *self, const AnfTensor *a, const AnfTensor *b)
{
  if (a == NULL || b == NULL)
    return a == b;
  if (anf_tensor_rank (a) != anf_tensor_rank (b))
    return FALSE;
  for (guint i = 0; i < anf_tensor_rank (a); i++)
    if (anf_tensor_dim (a, i) != anf_tensor_dim (b, i))
      return FALSE;
  return g_str_equal (anf_tensor_digest (a), anf_tensor_digest (b)) || apart (a, b) <= self->tol;
}

/* "3×4 f16 1a2b3c4d": shape, kind of number, and the beginning of the digest. */
static char *
weight_text (const AnfTensor *tensor)
{
  g_autofree char *shape = tensor != NULL ? anf_tensor_shape_text (tensor) : NULL;

  return tensor == NULL ? NULL
                        : g_strdup_printf ("%s %s %.8s", shape,
                                           anf_dtype_name (anf_tensor_dtype (tensor)),
                                           anf_tensor_digest (tensor));
}

static void
compare_weights (AnfDiff *self, const AnfNode *a, const AnfNode *b)
{
  const AnfPort *role;

  for (guint i = 0; (role = anf_op_role (anf_node_op (a), i)) != NULL; i++)
    {
      AnfTensor *one = anf_graph_tensor_of (self->a, a, role->name);
      AnfTensor *other = anf_graph_tensor_of (self->b, b, role->name);
      g_autofree char *field = g_strdup_printf ("compress.%s", role->name);
      AnfEncoding e_a = ANF_N_ENCODINGS, e_b = ANF_N_ENCODINGS;
      gboolean own_a = anf_node_encoding (a, role->name, &e_a);
      gboolean own_b = anf_node_encoding (b, role->name, &e_b);

      if (!same_numbers (self, one, other))
        {
          g_autofree char *x = weight_text (one), *y = weight_text (other);

          differ (self, anf_node_name (a), role->name, text (x), text (y));
        }
      if (!self->packed)
        compare_text (self, anf_node_name (a), field, own_a ? anf_encoding_name (e_a) : NULL,
                      own_b ? anf_encoding_name (e_b) : NULL);
    }
}

/* ---- the whole */

static void
compare_node (AnfDiff *self, const AnfNode *a, const AnfNode *b)
{
  compare_text (self, anf_node_name (a), "op", anf_node_op_name (a), anf_node_op_name (b));
  if (anf_node_op (a) == anf_node_op (b))
    {
      compare_attrs (self, a, b);
      compare_weights (self, a, b);
    }
  compare_wires (self, a, b);
}

static void
compare_nodes (AnfDiff *self)
{
  for (guint i = 0; i < anf_graph_n_nodes (self->a); i++)
    if (id_of (self->b, anf_node_name (anf_graph_nth (self->a, i))) == 0)
      only_in_one (self, ANF_REMOVED, anf_graph_nth (self->a, i));
  for (guint i = 0; i < anf_graph_n_nodes (self->b); i++)
    if (id_of (self->a, anf_node_name (anf_graph_nth (self->b, i))) == 0)
      only_in_one (self, ANF_ADDED, anf_graph_nth (self->b, i));
  for (guint i = 0; i < anf_graph_n_nodes (self->a); i++)
    {
      const AnfNode *a = anf_graph_nth (self->a, i);
      const AnfNode *b = anf_graph_find_name (self->b, anf_node_name (a));

      if (b != NULL)
        compare_node (self, a, b);
    }
}

static char *
output_of (const AnfGraph *graph, const char *name)
{
  for (guint i = 0; i < anf_graph_n_outputs (graph); i++)
    {
      AnfRef from;

      if (g_str_equal (anf_graph_nth_output (graph, i, &from), name))
        return wire_text (graph, from);
    }
  return NULL;
}

static void
compare_outputs (AnfDiff *self)
{
  for (guint side = 0; side < 2; side++)
    {
      const AnfGraph *graph = side == 0 ? self->a : self->b;

      for (guint i = 0; i < anf_graph_n_outputs (graph); i++)
        {
          AnfRef from;
          const char *name = anf_graph_nth_output (graph, i, &from);
          g_autofree char *field = g_strdup_printf ("outputs.%s", name);
          g_autofree char *a = output_of (self->a, name), *b = output_of (self->b, name);

          if (side == 0 || a == NULL)
            compare_text (self, NULL, field, a, b);
        }
    }
}

static void
compare_settings (AnfDiff *self)
{
  const AnfSettings *a = anf_graph_settings (self->a), *b = anf_graph_settings (self->b);

  compare_text (self, NULL, "compile.target", a->target, b->target);
  compare_text (self, NULL, "compile.opt", a->opt, b->opt);
  compare_text (self, NULL, "compile.compress", anf_encoding_name (a->compress),
                anf_encoding_name (b->compress));
  compare_number (self, NULL, "compile.atol", a->atol, b->atol);
  compare_number (self, NULL, "compile.block_size", a->block_size, b->block_size);
}

static char *
gate_text (const AnfGraph *graph, guint i)
{
  const AnfGate *gate = i < anf_graph_n_gates (graph) ? anf_graph_nth_gate (graph, i) : NULL;
  g_autofree char *path = NULL;

  if (gate == NULL)
    return NULL;
  if (gate->inputs != NULL)        /* beside its document: the same file may be written otherwise */
    path = g_canonicalize_filename (gate->inputs, anf_graph_folder (graph));
  return g_strdup_printf ("%s %s %g%s%s", gate->output, gate->metric, gate->limit,
                          path != NULL ? " " : "", path != NULL ? path : "");
}

static void
compare_gates (AnfDiff *self)
{
  guint n = MAX (anf_graph_n_gates (self->a), anf_graph_n_gates (self->b));

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *a = gate_text (self->a, i), *b = gate_text (self->b, i);

      compare_text (self, NULL, "gates", a, b);
    }
}

/* ---- the answer */

AnfDiff *
anf_diff (const AnfGraph *a, const AnfGraph *b, double tol, gboolean packed)
{
  AnfDiff *self = g_new0 (AnfDiff, 1);

  self->a = a;
  self->b = b;
  self->tol = tol;
  self->packed = packed;
  self->changes = g_array_new (FALSE, TRUE, sizeof (AnfChange));
  g_array_set_clear_func (self->changes, change_clear);
  compare_nodes (self);
  compare_outputs (self);
  if (!packed)
    compare_settings (self);
  compare_gates (self);
  self->a = self->b = NULL;
  return self;
}

guint
anf_diff_n (const AnfDiff *self)
{
  return self->changes->len;
}

const AnfChange *
anf_diff_nth (const AnfDiff *self, guint i)
{
  g_return_val_if_fail (i < self->changes->len, NULL);

  return &g_array_index (self->changes, AnfChange, i);
}

char *
anf_change_text (GVariant *value)
{
  g_autoptr(JsonNode) node = NULL;

  if (value == NULL)
    return g_strdup ("—");
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return g_variant_dup_string (value, NULL);
  node = json_gvariant_serialize (value);
  return anf_json_print_line (node);
}

void
anf_diff_free (AnfDiff *self)
{
  g_array_unref (self->changes);
  g_free (self);
}
