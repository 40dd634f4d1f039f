/* diff.c - `aneforge diff`: what differs between two documents or bundles. */
#include "cli.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define BLOCK 4096

typedef struct { char *node, *field; JsonNode *a, *b; } Change;

typedef struct
{
  const AnfGraph *a, *b;
  double          tol;             /* relative, of numbers */
  gboolean        packed;          /* one is a bundle: its weights are decoded, its settings used */
  GPtrArray      *added, *removed; /* names, borrowed */
  GArray         *changed;         /* Change */
} Diff;

static void
change_clear (gpointer data)
{
  Change *self = data;

  g_free (self->node);
  g_free (self->field);
  g_clear_pointer (&self->a, json_node_unref);
  g_clear_pointer (&self->b, json_node_unref);
}

/* @a and @b (transfer full). */
static void
differ (Diff *self, const char *node, const char *field, JsonNode *a, JsonNode *b)
{
  Change change = { g_strdup (node), g_strdup (field), a, b };

  g_array_append_val (self->changed, change);
}

static JsonNode *
text (const char *value)
{
  JsonNode *node = json_node_new (value != NULL ? JSON_NODE_VALUE : JSON_NODE_NULL);

  if (value != NULL)
    json_node_set_string (node, value);
  return node;
}

static JsonNode *
number (double value)
{
  JsonNode *node = json_node_new (JSON_NODE_VALUE);

  json_node_set_double (node, value);
  return node;
}

static void
compare_text (Diff *self, const char *node, const char *field, const char *a, const char *b)
{
  if (g_strcmp0 (a, b) != 0)
    differ (self, node, field, text (a), text (b));
}

static gboolean
is_near (const Diff *self, double a, double b)
{
  return a == b || (isnan (a) && isnan (b)) || fabs (a - b) <= self->tol * MAX (fabs (a), fabs (b));
}

static void
compare_number (Diff *self, const char *node, const char *field, double a, double b)
{
  if (!is_near (self, a, b))
    differ (self, node, field, number (a), number (b));
}

/* ---- attributes: real numbers within the tolerance, all else exactly */

static gboolean
same_value (const Diff *self, GVariant *a, GVariant *b)
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
compare_attrs (Diff *self, const AnfNode *a, const AnfNode *b)
{
  const AnfAttr *attr;

  for (guint i = 0; (attr = anf_op_attr (anf_node_op (a), i)) != NULL; i++)
    {
      g_autoptr(GVariant) one = anf_node_attr (a, attr->name);
      g_autoptr(GVariant) other = anf_node_attr (b, attr->name);

      if (!same_value (self, one, other))
        differ (self, anf_node_name (a), attr->name,
                one != NULL ? json_gvariant_serialize (one) : text (NULL),
                other != NULL ? json_gvariant_serialize (other) : text (NULL));
    }
}

/* ---- wires */

static char *
wire_text (const AnfGraph *graph, AnfRef ref)
{
  const char *name = studio_cli_node (graph, ref.node);

  if (name == NULL)
    return NULL;
  return ref.port == 0 ? g_strdup (name) : g_strdup_printf ("%s:%u", name, ref.port);
}

static void
compare_wires (Diff *self, const AnfNode *a, const AnfNode *b)
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
same_numbers (const Diff *self, const AnfTensor *a, const AnfTensor *b)
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
compare_weights (Diff *self, const AnfNode *a, const AnfNode *b)
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
compare_nodes (Diff *self)
{
  for (guint i = 0; i < anf_graph_n_nodes (self->a); i++)
    {
      const AnfNode *a = anf_graph_nth (self->a, i);
      const AnfNode *b = anf_graph_find_name (self->b, anf_node_name (a));

      if (b == NULL)
        {
          g_ptr_array_add (self->removed, (gpointer) anf_node_name (a));
          continue;
        }
      compare_text (self, anf_node_name (a), "op", anf_node_op_name (a), anf_node_op_name (b));
      if (anf_node_op (a) == anf_node_op (b))
        {
          compare_attrs (self, a, b);
          compare_weights (self, a, b);
        }
      compare_wires (self, a, b);
    }
  for (guint i = 0; i < anf_graph_n_nodes (self->b); i++)
    {
      const AnfNode *b = anf_graph_nth (self->b, i);

      if (anf_graph_find_name (self->a, anf_node_name (b)) == NULL)
        g_ptr_array_add (self->added, (gpointer) anf_node_name (b));
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
compare_outputs (Diff *self)
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
compare_settings (Diff *self)
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
compare_gates (Diff *self)
{
  guint n = MAX (anf_graph_n_gates (self->a), anf_graph_n_gates (self->b));

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *a = gate_text (self->a, i), *b = gate_text (self->b, i);

      compare_text (self, NULL, "gates", a, b);
    }
}

/* ---- the answer */

static void
add_names (JsonBuilder *json, const char *name, const GPtrArray *names)
{
  studio_json_array (json, name);
  for (guint i = 0; i < names->len; i++)
    json_builder_add_string_value (json, g_ptr_array_index (names, i));
  json_builder_end_array (json);
}

static void
answer (StudioCli *cli, Diff *self)
{
  JsonBuilder *json = studio_json_begin ();

  add_names (json, "added", self->added);
  add_names (json, "removed", self->removed);
  studio_json_array (json, "changed");
  for (guint i = 0; i < self->changed->len; i++)
    {
      Change *change = &g_array_index (self->changed, Change, i);

      json_builder_begin_object (json);
      studio_json_text (json, "node", change->node);
      studio_json_text (json, "field", change->field);
      json_builder_set_member_name (json, "a");
      json_builder_add_value (json, g_steal_pointer (&change->a));
      json_builder_set_member_name (json, "b");
      json_builder_add_value (json, g_steal_pointer (&change->b));
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
  studio_json_end (cli, json);
}

static char *
value_text (JsonNode *node)
{
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    return g_strdup (json_node_get_string (node));
  return JSON_NODE_HOLDS_NULL (node) ? g_strdup ("—") : json_to_string (node, FALSE);
}

static void
print (Diff *self)
{
  for (guint i = 0; i < self->removed->len; i++)
    printf ("- %s\n", (const char *) g_ptr_array_index (self->removed, i));
  for (guint i = 0; i < self->added->len; i++)
    printf ("+ %s\n", (const char *) g_ptr_array_index (self->added, i));
  for (guint i = 0; i < self->changed->len; i++)
    {
      const Change *change = &g_array_index (self->changed, Change, i);
      g_autofree char *a = value_text (change->a), *b = value_text (change->b);

      printf ("  %s%s%s: %s → %s\n", change->node != NULL ? change->node : "",
              change->node != NULL ? "." : "", change->field, a, b);
    }
  if (self->removed->len + self->added->len + self->changed->len == 0)
    puts ("No difference.");
}

/* A document or a bundle; NULL after an error. */
static AnfGraph *
load (StudioCli *cli, const char *path, gboolean *packed, StudioExit *code)
{
  g_autofree char *manifest = g_build_filename (path, "manifest.json", NULL);
  g_autoptr(GError) error = NULL;
  gboolean bundle = g_file_test (manifest, G_FILE_TEST_EXISTS);
  AnfGraph *graph = bundle ? anf_bundle_load (path, NULL, &error)
                           : anf_document_load (path, &error);

  *packed = *packed || bundle;
  if (graph == NULL)
    {
      g_free (cli->file);          /* the one that the error is about */
      cli->file = g_strdup (path);
      *code = studio_cli_fail (cli, NULL, error);
    }
  return graph;
}

static StudioExit
run (StudioCli *cli)
{
  StudioExit code = STUDIO_EXIT_OK;
  Diff self = { .tol = cli->tol };
  g_autofree char *path = g_strdup (cli->file);
  g_autoptr(AnfGraph) a = load (cli, path, &self.packed, &code);
  g_autoptr(AnfGraph) b = a != NULL ? load (cli, cli->other, &self.packed, &code) : NULL;
  gboolean same;

  if (b == NULL)
    return code;
  self.a = a;
  self.b = b;
  self.added = g_ptr_array_new ();
  self.removed = g_ptr_array_new ();
  self.changed = g_array_new (FALSE, TRUE, sizeof (Change));
  g_array_set_clear_func (self.changed, change_clear);
  compare_nodes (&self);
  compare_outputs (&self);
  if (!self.packed)
    compare_settings (&self);
  compare_gates (&self);
  same = self.added->len + self.removed->len + self.changed->len == 0;
  if (cli->json)
    answer (cli, &self);
  else
    print (&self);
  g_ptr_array_unref (self.added);
  g_ptr_array_unref (self.removed);
  g_array_unref (self.changed);
  return same ? STUDIO_EXIT_OK : STUDIO_EXIT_FAILED;
}

const StudioCommand studio_command_diff = {
  .name = "diff",
  .arguments = "A B",
  .summary = "Tell what differs between two documents or bundles.",
  .details = "Nodes are known by their names. Places on the canvas and titles do not count. "
             "--tol is relative: of\nnumbers among the attributes, and of weights as a whole. Exit "
             "status: 1 if they differ.",
  .options = STUDIO_OPTION_TWO | STUDIO_OPTION_JSON,
  .run = run,
};
