/* test-values.c - what comes back from the device e5rt against the CPU device: the samples of all
 * rows, encoded weights, the examples. */
#include "rig.h"

#include "core/op.h"

#include <math.h>

/* ---------------------------------------------------------------- a row's sample as a graph */

static GVariant *
parse_attr (const AnfOp *op, const char *name, const char *text)
{
  static const char *const types[][2] = {
    [ANF_ATTR_REAL] = { "d" }, [ANF_ATTR_INT] = { "x" }, [ANF_ATTR_INTS] = { "x", "ax" },
    [ANF_ATTR_REALS] = { "d", "ad" }, [ANF_ATTR_FLAG] = { "b" }, [ANF_ATTR_TEXT] = { "s" },
    [ANF_ATTR_CHOICE] = { "s" },
  };
  const AnfAttr *attr = &op->attr[anf_op_find_attr (op, name)];

  for (guint i = 0; i < 2 && types[attr->kind][i] != NULL; i++)
    {
      GVariant *value = g_variant_parse (G_VARIANT_TYPE (types[attr->kind][i]), text, NULL, NULL,
                                         NULL);

      if (value != NULL)
        return value;
    }
  g_assert_not_reached ();
}

/* Truth values come from a comparison with 0: no port takes them. */
static AnfRef
add_input (AnfGraphBuilder *builder, guint i, const AnfType *type)
{
  AnfId id = anf_graph_builder_add (builder, anf_op_lookup ("input")), muls, test;
  gint64 shape[ANF_MAX_RANK];
  g_autofree char *name = g_strdup_printf (type->dtype == ANF_BOOL ? "truth%u" : "in%u", i);

  for (guint d = 0; d < type->rank; d++)
    shape[d] = type->dim[d];
  anf_graph_builder_set_attr (builder, id, "shape",
                              g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, shape, type->rank,
                                                         sizeof *shape));
  anf_graph_builder_set_name (builder, id, name);
  if (type->dtype == ANF_U8)
    anf_graph_builder_set_attr (builder, id, "dtype", g_variant_new_string ("uint8"));
  if (type->dtype != ANF_BOOL)
    return (AnfRef) { id, 0 };
  muls = anf_graph_builder_add (builder, anf_op_lookup ("muls"));
  anf_graph_builder_set_attr (builder, muls, "k", g_variant_new_double (-1));
  anf_graph_builder_connect (builder, (AnfRef) { id, 0 }, muls, 0);
  test = anf_graph_builder_add (builder, anf_op_lookup ("greater"));
  anf_graph_builder_connect (builder, (AnfRef) { id, 0 }, test, 0);
  anf_graph_builder_connect (builder, (AnfRef) { muls, 0 }, test, 1);
  return (AnfRef) { test, 0 };
}

/* Two of three numbers are 0 where @sparse. */
static void
add_weight (AnfGraphBuilder *builder, AnfId id, const char *role, guint64 seed,
            const AnfType *type, const AnfSample *sample, gboolean sparse)
{
  gsize n = anf_type_elements (type);
  g_autofree double *unit = g_new (double, n);
  g_autofree float *values = g_new (float, n);
  gint64 shape[ANF_MAX_RANK];
  g_autoptr(AnfTensor) tensor = NULL;
  AnfWeight *weight;

  anf_random_uniform01 (seed, n, unit);
  for (gsize i = 0; i < n; i++)
    values[i] = sparse && i % 3 != 0 ? 0 : sample->lo + unit[i] * (sample->hi - sample->lo);
  for (guint d = 0; d < type->rank; d++)
    shape[d] = type->dim[d];
  tensor = anf_tensor_new_floats (type->rank, shape, values);
  weight = anf_weight_new_values (role, tensor);
  anf_graph_builder_put_weight (builder, weight);
  anf_graph_builder_set_weight (builder, id, role, role);
  anf_weight_unref (weight);
}

/* A constant is no segment by itself: it is read by a sum. */
static AnfRef
add_sum (AnfGraphBuilder *builder, AnfRef constant, const AnfType *type)
{
  AnfId sum = anf_graph_builder_add (builder, anf_op_lookup ("add"));

  anf_graph_builder_connect (builder, add_input (builder, 0, type), sum, 0);
  anf_graph_builder_connect (builder, constant, sum, 1);
  return (AnfRef) { sum, 0 };
}

static AnfGraph *
sample_graph (const AnfOp *op, const AnfSettings *settings)
{
  AnfGraphBuilder *builder = anf_graph_builder_new (NULL);
  AnfId id = anf_graph_builder_add (builder, op);
  AnfRef out = { id, 0 };
  g_autoptr(GError) error = NULL;
  AnfGraph *graph;

  if (settings != NULL)
    anf_graph_builder_set_settings (builder, settings);
  for (guint i = 0; i < ANF_MAX_ATTRS && op->sample.attr[i][0] != NULL; i++)
    {
      const char *const *attr = op->sample.attr[i];
      g_autoptr(GVariant) value = parse_attr (op, attr[0], attr[1]);

      anf_graph_builder_set_attr (builder, id, attr[0], value);
    }
  for (guint i = 0; i < ANF_MAX_PORTS && op->sample.in[i].rank > 0; i++)
    anf_graph_builder_connect (builder, add_input (builder, i, &op->sample.in[i]), id, i);
  for (guint r = 0; r < anf_op_n_roles (op); r++)
    if (op->sample.role[r].rank > 0)
      add_weight (builder, id, op->role[r].name, 10 + r, &op->sample.role[r], &op->sample,
                  settings != NULL && settings->compress == ANF_SPARSE);
  if (op->source && op->feed == NULL)
    out = add_sum (builder, out, &op->sample.role[0]);
  anf_graph_builder_set_output (builder, "y", out);
  graph = anf_graph_builder_end (builder, &error);
  g_assert_no_error (error);
  return graph;
}

/* ---------------------------------------------------------------- runs */

static AnfTensors *
draw_inputs (const AnfProgram *program, const AnfSample *sample)
{
  AnfTensors *inputs = anf_tensors_new ();

  for (guint i = 0; i < anf_program_n_inputs (program); i++)
    {
      AnfType type;
      const char *name = anf_program_nth_input (program, i, &type);
      gsize n = anf_type_elements (&type);
      g_autofree double *unit = g_new (double, n);
      g_autofree float *values = g_new (float, n);
      g_autofree guint8 *bytes = g_new (guint8, n);
      gint64 shape[ANF_MAX_RANK];
      g_autoptr(AnfTensor) tensor = NULL;
      g_autoptr(GBytes) data = NULL;

      anf_random_uniform01 (100 + i, n, unit);
      for (guint d = 0; d < type.rank; d++)
        shape[d] = type.dim[d];
      for (gsize j = 0; j < n; j++)
        {
          values[j] = g_str_has_prefix (name, "truth") ? unit[j] - 0.5
                      : sample->lo + unit[j] * (sample->hi - sample->lo);
          bytes[j] = unit[j] * 255;
        }
      data = g_bytes_new (bytes, n);
      tensor = type.dtype == ANF_U8 ? anf_tensor_new (ANF_U8, type.rank, shape, data)
                                    : anf_tensor_new_floats (type.rank, shape, values);
      anf_tensors_add (inputs, name, tensor);
    }
  return inputs;
}

typedef enum { SAME_BITS, TWO_ULPS } Match;

/* Of the largest number, as fp16. */
static double
ulp_of (double most)
{
  int exponent;

  frexp (most, &exponent);
  return ldexp (1, MAX (exponent - 11, -24));
}

static void
compare_output (AnfTensors *expected, AnfTensors *got, const char *name, Match match)
{
  g_autoptr(AnfTensor) x = anf_tensors_get (expected, name, NULL);
  g_autoptr(AnfTensor) y = anf_tensors_get (got, name, NULL);
  gsize n = anf_tensor_elements (x);
  g_autofree float *a = g_new (float, n), *b = g_new (float, n);
  double most = 0, apart = 0;

  g_assert_cmpuint (anf_tensor_elements (y), ==, n);
  anf_tensor_read (x, 0, n, a);
  anf_tensor_read (y, 0, n, b);
  for (gsize i = 0; i < n; i++)
    {
      g_assert_true (isfinite (a[i]) && isfinite (b[i]));
      most = MAX (most, fabs (a[i]));
      apart = MAX (apart, fabs ((double) a[i] - b[i]));
    }
  if (match == SAME_BITS)
    g_assert_cmpmem (a, n * sizeof *a, b, n * sizeof *b);
  else
    g_assert_cmpfloat (apart, <=, 2 * ulp_of (most));
}

/* Both devices, the same inputs: drawn from @sample, or normal ones if that is NULL. */
static void
compare (AnfGraph *graph, const AnfSample *sample, Match match)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfProgram) cpu = rig_compile (graph, "cpu", NULL, &error), e5rt = NULL;
  g_autoptr(AnfTensors) inputs = NULL, expected = NULL, got = NULL;

  g_assert_no_error (error);
  e5rt = rig_compile (graph, "e5rt", NULL, &error);
  g_assert_no_error (error);
  inputs = sample != NULL ? draw_inputs (cpu, sample) : anf_feed (cpu, NULL, TRUE, 1, &error);
  g_assert_no_error (error);
  expected = anf_program_run (cpu, inputs, NULL, NULL, &error);
  g_assert_no_error (error);
  got = anf_program_run (e5rt, inputs, NULL, NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < anf_program_n_outputs (cpu); i++)
    compare_output (expected, got, anf_program_nth_output (cpu, i, NULL), match);
}

/* Rows that are one operator for the CPU, rounded once, and several statements for the engine, each
 * rounded: a sum after the product, or a norm from its means. All others must be the same bits. */
static const char *const in_steps[] = {
  "linear", "conv", "conv_transpose", "geglu", "mha", "cross_attention", "layer_norm", "rms_norm",
  "l2_norm", "channel_layer_norm", "group_norm", NULL,
};

static void
test_row (gconstpointer data)
{
  const AnfOp *op = data;
  g_autoptr(AnfGraph) graph = NULL;

  rig_begin ();
  graph = sample_graph (op, NULL);
  compare (graph, &op->sample, g_strv_contains (in_steps, op->name) ? TWO_ULPS : SAME_BITS);
  rig_end ();
}

/* ---------------------------------------------------------------- encodings */

/* The stand-in unpacks weights by the definitions of the operators; the CPU by what was packed. */
static void
test_encoding (gconstpointer data)
{
  static const char *const rows[] = { "matmul_w", "bmm_w", "linear", "conv" };
  const AnfSettings settings = { .target = "h16s", .opt = "0", .atol = 10, .block_size = 8,
                                 .compress = GPOINTER_TO_UINT (data) };
  guint n_packed = 0;

  rig_begin ();
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const AnfOp *op = anf_op_lookup (rows[i]);
      g_autoptr(AnfGraph) graph = sample_graph (op, &settings);
      g_autoptr(AnfProgram) program = rig_compile (graph, "cpu", NULL, NULL);

      g_assert_nonnull (program);
      n_packed += anf_weights_nth (anf_program_weights (program), 0)->chosen == settings.compress;
      compare (graph, &op->sample, TWO_ULPS);
    }
  /* Not the weight of bmm_w where it is sparse. */
  g_assert_cmpuint (n_packed, ==, settings.compress == ANF_SPARSE ? 3 : 4);
  rig_end ();
}

/* ---------------------------------------------------------------- examples */

static void
test_example (gconstpointer data)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "..", "resources", "examples",
                                                 data, NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfGraph) graph = anf_document_load (path, &error);

  g_assert_no_error (error);
  rig_begin ();
  compare (graph, NULL, TWO_ULPS);
  g_assert_cmpuint (standin->executes, >, 0);
  rig_end ();
}

static void
add_rows (void)
{
  const AnfOp *op;

  for (guint i = 0; (op = anf_op_nth (i)) != NULL; i++)
    if (!(op->source && op->feed != NULL) && op->kind != ANF_SEGMENT_HOST)
      {
        g_autofree char *name = g_strconcat ("/e5rt/row/", op->name, NULL);

        g_test_add_data_func (name, op, test_row);
      }
}

int
main (int argc, char **argv)
{
  static const char *const examples[] = { "mnist-cnn.anf", "encoder-block.anf" };

  rig_init (&argc, &argv);
  add_rows ();
  for (guint i = ANF_INT8; i < ANF_N_ENCODINGS; i++)
    {
      g_autofree char *name = g_strconcat ("/e5rt/encoding/", anf_encoding_name (i), NULL);

      g_test_add_data_func (name, GUINT_TO_POINTER (i), test_encoding);
    }
  for (guint i = 0; i < G_N_ELEMENTS (examples); i++)
    {
      g_autofree char *name = g_strconcat ("/e5rt/example/", examples[i], NULL);

      g_test_add_data_func (name, examples[i], test_example);
    }
  return rig_test_run ();
}
