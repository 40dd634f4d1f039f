/* test-rows.c - every row as a document and as a program; and all rows on shapes and values that
 * are easily forgotten. */
#include "bench.h"

#include <string.h>

static void
assert_same_node (const AnfNode *a, const AnfNode *b)
{
  const AnfAttr *attr;

  g_assert_true (anf_node_op (a) == anf_node_op (b));
  g_assert_cmpuint (anf_node_n_inputs (a), ==, anf_node_n_inputs (b));
  for (guint i = 0; i < anf_node_n_inputs (a); i++)
    g_assert_cmpuint (anf_node_input (a, i).node, ==, anf_node_input (b, i).node);
  for (guint i = 0; (attr = anf_op_attr (anf_node_op (a), i)) != NULL; i++)
    {
      g_autoptr(GVariant) x = anf_node_attr (a, attr->name), y = anf_node_attr (b, attr->name);

      g_assert_cmpint (anf_node_attr_is_set (a, attr->name), ==,
                       anf_node_attr_is_set (b, attr->name));
      g_assert_true (x == y || (x != NULL && y != NULL && g_variant_equal (x, y)));
    }
}

static void
test_round_trip (gconstpointer data)
{
  g_autoptr(Bench) bench = bench_sample (data, ANF_NUMERICS_FP32);
  g_autoptr(AnfGraph) graph = bench_graph (bench), back = NULL;
  g_autofree char *text = anf_document_text (graph, NULL), *again = NULL;
  g_autoptr(GError) error = NULL;

  back = anf_document_parse (text, strlen (text), NULL, &error);
  g_assert_no_error (error);
  again = anf_document_text (back, NULL);
  g_assert_cmpstr (again, ==, text);
  g_assert_cmpstr (anf_graph_hash (back), ==, anf_graph_hash (graph));
  g_assert_cmpuint (anf_graph_n_nodes (back), ==, anf_graph_n_nodes (graph));
  for (guint i = 0; i < anf_graph_n_nodes (graph); i++)
    {
      const AnfNode *node = anf_graph_nth (graph, i);

      assert_same_node (node, anf_graph_find (back, anf_node_id (node)));
    }
}

static AnfTensor *
port_tensor (const AnfType *type, const double *values)
{
  gsize n = anf_type_elements (type);
  gint64 shape[ANF_MAX_RANK];
  g_autofree float *floats = g_new (float, n);
  g_autofree guint8 *bytes = g_new (guint8, n);
  g_autoptr(GBytes) data = NULL;

  for (guint i = 0; i < type->rank; i++)
    shape[i] = type->dim[i];
  for (gsize i = 0; i < n; i++)
    floats[i] = values[i];
  if (type->dtype != ANF_U8)
    return anf_tensor_new_floats (type->rank, shape, floats);
  for (gsize i = 0; i < n; i++)
    bytes[i] = values[i];
  data = g_bytes_new (bytes, n);
  return anf_tensor_new (ANF_U8, type->rank, shape, data);
}

/* A composite is compiled as the rows it stands for; a bridge as a program of its own. */
static void
check_program (const Bench *bench, AnfTensors *got, const float *want)
{
  for (guint k = 0; k < bench->n_out; k++)
    {
      g_autofree char *name = g_strdup_printf ("y%u", k);
      g_autoptr(GError) error = NULL;
      g_autoptr(AnfTensor) tensor = anf_tensors_get (got, name, &error);
      gsize n = anf_type_elements (&bench->out_type[k]);
      g_autofree float *values = g_new (float, n);

      g_assert_no_error (error);
      g_assert_cmpuint (anf_tensor_elements (tensor), ==, n);
      anf_tensor_read (tensor, 0, n, values);
      for (gsize i = 0; i < n; i++)
        if (values[i] != want[i])
          g_error ("%s under %s: the program gives %.9g, the row %.9g", bench->node->op->name,
                   anf_numerics_name (bench->numerics), values[i], want[i]);
      want += n;
    }
}

static void
test_program (gconstpointer data)
{
  for (AnfNumerics numerics = ANF_NUMERICS_ANE; numerics <= ANF_NUMERICS_FP32; numerics++)
    {
      g_autoptr(Bench) bench = bench_sample (data, numerics);
      g_autoptr(AnfGraph) graph = bench_graph (bench);
      g_autoptr(AnfProgram) program = NULL;
      g_autoptr(AnfTensors) given = anf_tensors_new (), fed = NULL, got = NULL;
      g_autofree float *want = bench_run (bench, 0);
      g_autoptr(GError) error = NULL;
      AnfOptions options;

      anf_options_init (&options, graph);
      options.settings.opt = "0";
      options.numerics = numerics;
      program = anf_compile (graph, &options, NULL, &error);
      g_assert_no_error (error);
      for (guint i = 0; i < bench->n_in; i++)
        {
          g_autoptr(AnfTensor) tensor = port_tensor (&bench->in_type[i], bench->in[i]);
          g_autofree char *name = bench->node->op->feed != NULL
                                  ? g_strdup (anf_node_name (bench->node))
                                  : g_strdup_printf ("in%u", i);

          anf_tensors_add (given, name, tensor);
        }
      fed = anf_feed (program, given, FALSE, 0, &error);
      g_assert_no_error (error);
      got = anf_program_run (program, fed, NULL, NULL, &error);
      g_assert_no_error (error);
      check_program (bench, got, want);
    }
}

/* ---- shapes that are easily forgotten */

typedef struct
{
  const char *op, *attr[5][2];
  AnfType     in[3], role[4];
  const char *out;                 /* of the first output; NULL: refused, with .. */
  const char *code, *field;
} Case;

#define F16(rank, ...) { ANF_F16, rank, { __VA_ARGS__ } }

static const Case cases[] = {
  /* rank 5, and axes of one element that are repeated on either side */
  { "add", { { NULL } }, { F16 (5, 2, 1, 3, 1, 5), F16 (4, 4, 1, 2, 1) }, { { 0 } }, "2×4×3×2×5" },
  { "mul", { { NULL } }, { F16 (5, 1, 1, 1, 1, 1), F16 (5, 2, 3, 1, 2, 3) }, { { 0 } },
    "2×3×1×2×3" },
  { "maximum", { { NULL } }, { F16 (0), F16 (5, 1, 2, 1, 3, 1) }, { { 0 } }, "1×2×1×3×1" },
  { "relu", { { NULL } }, { F16 (5, 3, 1, 5, 1, 7) }, { { 0 } }, "3×1×5×1×7" },
  { "gelu", { { NULL } }, { F16 (0) }, { { 0 } }, "scalar" },
  { "linear", { { NULL } }, { F16 (5, 1, 2, 1, 3, 5) }, { F16 (2, 7, 5), F16 (1, 7) },
    "1×2×1×3×7" },
  { "matmul_w", { { NULL } }, { F16 (1, 5) }, { F16 (2, 5, 1) }, "1" },
  { "bmm", { { NULL } }, { F16 (5, 2, 1, 3, 4, 5), F16 (5, 1, 2, 1, 5, 1) }, { { 0 } },
    "2×2×3×4×1" },
  { "bmm", { { NULL } }, { F16 (2, 1, 1), F16 (2, 1, 1) }, { { 0 } }, "1×1" },
  { "softmax", { { "axis", "-5" } }, { F16 (5, 3, 1, 2, 1, 3) }, { { 0 } }, "3×1×2×1×3" },
  { "softmax", { { "axis", "0" } }, { F16 (1, 1) }, { { 0 } }, "1" },
  { "l2_norm", { { "axis", "-2" } }, { F16 (5, 1, 2, 3, 5, 1) }, { { 0 } }, "1×2×3×5×1" },
  { "reduce_sum", { { "axes", "[-1, 0, -3]" } }, { F16 (5, 3, 1, 5, 2, 7) }, { { 0 } },
    "1×1×1×2×1" },
  { "reduce_max", { { "axes", "[1, 2, 3, 4, 0]" } }, { F16 (5, 3, 1, 3, 2, 3) }, { { 0 } },
    "1×1×1×1×1" },
  { "reduce_mean", { { "axes", "1" } }, { F16 (5, 3, 1, 1, 2, 1) }, { { 0 } }, "3×1×1×2×1" },
  { "concat", { { "axis", "-1" } }, { F16 (5, 1, 2, 1, 2, 1), F16 (5, 1, 2, 1, 2, 3) }, { { 0 } },
    "1×2×1×2×4" },
  { "stack", { { "axis", "-1" } }, { F16 (4, 2, 1, 3, 1), F16 (4, 2, 1, 3, 1) }, { { 0 } },
    "2×1×3×1×2" },
  { "split", { { "num_splits", "3" }, { "axis", "-2" } }, { F16 (5, 1, 2, 1, 9, 5) }, { { 0 } },
    "1×2×1×3×5" },
  { "split", { { "num_splits", "1" } }, { F16 (1, 3) }, { { 0 } }, "3" },
  { "gather", { { "axis", "-5" }, { "indices", "[0, 0, 2]" } }, { F16 (5, 3, 1, 1, 2, 1) },
    { { 0 } }, "3×1×1×2×1" },
  { "transpose", { { "perm", "[-1, 0, 3, 2, 1]" } }, { F16 (5, 2, 3, 1, 5, 7) }, { { 0 } },
    "7×2×5×1×3" },
  { "reverse", { { "axes", "[-1, 0]" } }, { F16 (5, 2, 1, 3, 1, 5) }, { { 0 } }, "2×1×3×1×5" },
  { "tile", { { "reps", "[2, 1, 1, 3, 2]" } }, { F16 (5, 1, 2, 1, 2, 1) }, { { 0 } },
    "2×2×1×6×2" },
  { "reshape", { { "shape", "[1, 1, 1, 1, 1]" } }, { F16 (0) }, { { 0 } }, "1×1×1×1×1" },
  { "slice_by_size", { { "begin", "[0, 0, 1, 0, 4]" }, { "size", "[1, 2, 1, 1, 1]" } },
    { F16 (5, 1, 2, 3, 1, 5) }, { { 0 } }, "1×2×1×1×1" },
  { "squeeze", { { "axes", "[-1, 0]" } }, { F16 (5, 1, 2, 1, 3, 1) }, { { 0 } }, "2×1×3" },
  { "expand_dims", { { "axes", "[-1, 0]" } }, { F16 (3, 2, 1, 3) }, { { 0 } }, "1×2×1×3×1" },
  { "cumsum", { { NULL } }, { F16 (5, 2, 1, 2, 1, 7) }, { { 0 } }, "2×1×2×1×7" },
  { "batch_norm", { { NULL } }, { F16 (5, 1, 3, 1, 2, 1) },
    { F16 (1, 3), F16 (1, 3), F16 (1, 3), F16 (1, 3) }, "1×3×1×2×1" },
  { "prelu", { { NULL } }, { F16 (5, 2, 3, 1, 1, 5) }, { F16 (1, 3) }, "2×3×1×1×5" },
  { "einsum", { { "equation", "'abcde,ec->bad'" } }, { F16 (5, 2, 3, 1, 2, 3), F16 (2, 3, 1) },
    { { 0 } }, "3×2×2" },
  /* odd sizes, and images of one pixel */
  { "conv", { { "stride", "2" }, { "pad", "1" } }, { F16 (4, 1, 3, 7, 5) }, { F16 (4, 5, 3, 3, 3) },
    "1×5×4×3" },
  { "conv", { { NULL } }, { F16 (4, 1, 1, 1, 1) }, { F16 (4, 1, 1, 1, 1), F16 (1, 1) },
    "1×1×1×1" },
  { "max_pool", { { "k", "3" }, { "stride", "2" }, { "pad", "1" } }, { F16 (4, 1, 1, 7, 5) },
    { { 0 } }, "1×1×4×3" },
  { "avg_pool", { { "k", "1" } }, { F16 (4, 1, 1, 1, 1) }, { { 0 } }, "1×1×1×1" },
  { "upsample_bilinear", { { NULL } }, { F16 (4, 1, 1, 1, 1) }, { { 0 } }, "1×1×2×2" },
  { "resize_bilinear", { { "target_h", "7" }, { "target_w", "1" } }, { F16 (4, 1, 3, 5, 3) },
    { { 0 } }, "1×3×7×1" },
  { "group_norm", { { "groups", "1" } }, { F16 (4, 1, 3, 5, 1) }, { F16 (1, 3), F16 (1, 3) },
    "1×3×5×1" },
  { "group_norm_train", { { "groups", "3" } }, { F16 (4, 3, 3, 1, 5) }, { F16 (1, 3), F16 (1, 3) },
    "3×3×1×5" },

  /* nothing would be left, or too much */
  { "add", { { NULL } }, { F16 (2, 2, 3), F16 (2, 2, 2) }, { { 0 } }, NULL, "SHP102", "y" },
  { "slice_by_size", { { "begin", "[1]" }, { "size", "[0]" } }, { F16 (1, 3) }, { { 0 } }, NULL,
    "ATR112", "size" },
  { "slice_by_size", { { "begin", "[3]" }, { "size", "[1]" } }, { F16 (1, 3) }, { { 0 } }, NULL,
    "SHP111", "size" },
  { "crop", { { "top", "2" }, { "bottom", "1" } }, { F16 (4, 1, 1, 3, 3) }, { { 0 } }, NULL,
    "SHP104", NULL },
  { "max_pool", { { "k", "4" } }, { F16 (4, 1, 1, 3, 3) }, { { 0 } }, NULL, "SHP104", "x" },
  { "conv", { { NULL } }, { F16 (4, 1, 1, 2, 5) }, { F16 (4, 1, 1, 3, 3) }, NULL, "SHP104", "x" },
  { "reshape", { { "shape", "[0, 3]" } }, { F16 (1, 3) }, { { 0 } }, NULL, "ATR112", "shape" },
  { "tile", { { "reps", "[0]" } }, { F16 (1, 3) }, { { 0 } }, NULL, "ATR112", "reps" },
  { "tile", { { "reps", "[2]" } }, { F16 (2, 1, 3) }, { { 0 } }, NULL, "ATR113", "reps" },
  { "upsample", { { "scale", "0" } }, { F16 (4, 1, 1, 3, 3) }, { { 0 } }, NULL, "ATR112",
    "scale" },
  { "split", { { "num_splits", "2" } }, { F16 (1, 3) }, { { 0 } }, NULL, "SHP110", "num_splits" },
  { "gather", { { "indices", "[]" } }, { F16 (1, 3) }, { { 0 } }, NULL, "ATR111", "indices" },
  { "gather", { { "indices", "[-1]" } }, { F16 (1, 3) }, { { 0 } }, NULL, "SHP111", "indices" },
  { "reduce_sum", { { "axes", "[]" } }, { F16 (1, 3) }, { { 0 } }, NULL, "ATR111", "axes" },
  { "reduce_sum", { { "axes", "[0, -1]" } }, { F16 (1, 3) }, { { 0 } }, NULL, "ATR115", "axes" },
  { "softmax", { { "axis", "-2" } }, { F16 (1, 3) }, { { 0 } }, NULL, "ATR114", "axis" },
  { "softmax", { { NULL } }, { F16 (0) }, { { 0 } }, NULL, "ATR114", "axis" },
  { "expand_dims", { { "axes", "[0]" } }, { F16 (5, 1, 2, 1, 3, 1) }, { { 0 } }, NULL, "SHP108",
    NULL },
  { "stack", { { NULL } }, { F16 (5, 1, 2, 1, 3, 1), F16 (5, 1, 2, 1, 3, 1) }, { { 0 } }, NULL,
    "SHP108", NULL },
};

static Bench *
case_bench (const Case *c, AnfNumerics numerics)
{
  const char *attr[ANF_MAX_ATTRS][2] = { { NULL } };
  Bench *self;
  guint n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (c->attr) && c->attr[i][0] != NULL; i++, n++)
    memcpy (attr[n], c->attr[i], sizeof attr[n]);
  self = bench_new_sample (anf_op_lookup (c->op), (const char *const (*)[2]) attr);
  self->numerics = numerics;
  n = anf_op_n_inputs (self->node->op);
  if (self->node->op->in[n - 1].flags & ANF_VARIADIC)
    n = c->in[1].rank > 0 ? 2 : 1;
  for (guint i = 0; i < n && (i == 0 || (self->node->op->in[i].flags & ANF_OPTIONAL) == 0); i++)
    {
      g_autofree double *values = bench_random (self, i + 1, anf_type_elements (&c->in[i]),
                                                ANF_F16, -2, 2);

      bench_input (self, ANF_F16, c->in[i].rank, c->in[i].dim, values);
    }
  for (guint i = 0; i < G_N_ELEMENTS (c->role) && c->role[i].rank > 0; i++)
    {
      g_autofree double *values = bench_random (self, i + 9, anf_type_elements (&c->role[i]),
                                                ANF_F16, 0.25, 2);

      bench_weight (self, i, c->role[i].rank, c->role[i].dim, values);
    }
  return self;
}

static void
test_shapes (gconstpointer data)
{
  const Case *c = data;

  for (AnfNumerics numerics = ANF_NUMERICS_ANE; numerics <= ANF_NUMERICS_FP32; numerics++)
    {
      g_autoptr(Bench) bench = case_bench (c, numerics);
      g_autofree char *out = NULL;

      if (numerics == ANF_NUMERICS_LANES)
        continue;                  /* its adders are less exact; what they give is tested apart */
      if (c->out == NULL)
        {
          bench_assert_refused (bench, c->code, c->field);
          continue;
        }
      if (!bench_infer (bench))
        g_error ("%s: %s", c->op, bench->message);
      out = anf_type_to_string (&bench->out_type[0]);
      g_assert_cmpstr (out, ==, c->out);
      bench_compare (bench);
    }
}

/* ---- values that break arithmetic, family by family */

/* Rows that only move, order or choose numbers give back what is put in; NaN counts as +inf. */
static void
test_huge_values_move_unharmed (void)
{
  static const double in[] = { 65504, -65504, INFINITY, -INFINITY, NAN, 0x1p-24 };
  static const double want[] = { 65504, -65504, INFINITY, -INFINITY, INFINITY, 0x1p-24 };
  static const char *const rows[][3] = {
    { "reshape", "shape", "[6, 1]" }, { "expand_dims", "axes", "[0]" },
    { "transpose", "perm", "[0]" }, { "tile", "reps", "[1]" },
    { "gather", "indices", "[0, 1, 2, 3, 4, 5]" }, { "maximum", NULL, NULL },
    { "minimum", NULL, NULL }, { "concat", "axis", "0" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    for (guint family = 2; family <= 5; family++)
      {
        g_autoptr(Bench) bench = bench_new (rows[i][0], rows[i][1], rows[i][2], NULL);
        g_autofree float *got = NULL;

        bench->family = family;
        BENCH_INPUT (bench, in, 6);
        if (rows[i][1] == NULL)
          BENCH_INPUT (bench, in, 6);
        g_assert_true (bench_infer (bench));
        got = bench_run (bench, 0);
        for (guint k = 0; k < G_N_ELEMENTS (want); k++)
          if (got[k] != want[k])
            g_error ("%s on family %u: %g, not %g", rows[i][0], family, got[k], want[k]);
      }
}

/* A sum past 65504 is infinite; past 32768 a product is; the fp32 profile keeps both. */
static void
test_overflow_is_infinite_with_the_right_sign (void)
{
  static const struct { double x, sum, product, wide; } cases_[] = {
    { 40000, INFINITY, INFINITY, 80000 }, { -40000, -INFINITY, -INFINITY, -80000 },
    { 20000, 40000, INFINITY, 40000 }, { -20000, -40000, -INFINITY, -40000 },
    { 16000, 32000, 32000, 32000 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases_); i++)
    {
      const double both[] = { cases_[i].x, cases_[i].x };
      g_autoptr(Bench) sum = bench_new ("reduce_sum", "axes", "0", NULL);
      g_autoptr(Bench) product = bench_new ("matmul_w", NULL);
      g_autoptr(Bench) wide = bench_new ("matmul_w", NULL);

      wide->numerics = ANF_NUMERICS_FP32;
      BENCH_INPUT (sum, both, 2);
      BENCH_ASSERT (sum, 0, cases_[i].sum);
      BENCH_INPUT (product, both, 1, 2);
      BENCH_WEIGHT (product, 0, ((const double[]) { 1, 1 }), 2, 1);
      BENCH_ASSERT (product, 0, cases_[i].product);
      BENCH_INPUT (wide, both, 1, 2);
      BENCH_WEIGHT (wide, 0, ((const double[]) { 1, 1 }), 2, 1);
      BENCH_ASSERT (wide, 0, cases_[i].wide);
    }
}

int
main (int argc, char **argv)
{
  const AnfOp *op;

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; (op = anf_op_nth (i)) != NULL; i++)
    {
      g_autofree char *trip = g_strdup_printf ("/rows/%s/comes-back-from-a-document", op->name);
      g_autofree char *run = g_strdup_printf ("/rows/%s/is-the-same-as-a-program", op->name);

      g_test_add_data_func (trip, op, test_round_trip);
      if (!op->source)
        g_test_add_data_func (run, op, test_program);
    }
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/shapes/%s-%u", cases[i].op, i);

      g_test_add_data_func (path, &cases[i], test_shapes);
    }
  g_test_add_func ("/values/huge-values-move-unharmed", test_huge_values_move_unharmed);
  g_test_add_func ("/values/overflow-is-infinite-with-the-right-sign",
                   test_overflow_is_infinite_with_the_right_sign);
  return g_test_run ();
}
