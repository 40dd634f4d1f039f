/* test-gradients.c - every row's gradient against central differences of its own reference, in
 * double, with a random gradient arriving, so that no two errors can make up for each other. */
#include "bench.h"
#include "exact.h"

#include "train/autograd.h"

#include <string.h>

/* Truncation is of the order of h^2, rounding of 2^-52 / h: both are far below. */
#define STEP      1e-5
#define TOLERANCE 1e-6
#define ELEMENTS  96               /* looked at of each tensor, spread over it */

static double
dot (const double *a, const double *b, gsize n)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += a[i] * b[i];
  return sum;
}

/* The row's output @port, weighted by @seed. */
static double
value_at (Bench *bench, guint port, const double *seed)
{
  g_autofree double *all = bench_exact (bench);
  gsize begin = 0;

  for (guint i = 0; i < port; i++)
    begin += anf_type_elements (&bench->out_type[i]);
  return dot (all + begin, seed, anf_type_elements (&bench->out_type[port]));
}

static void
compare (Bench *bench, guint port, const double *seed, const char *what, double *numbers, gsize n,
         const double *got)
{
  gsize step = MAX (1, n / ELEMENTS);
  double size = 1;

  for (gsize i = 0; i < n; i++)
    size = fmax (size, fabs (got[i]));
  for (gsize i = 0; i < n; i += step)
    {
      double x = numbers[i], above, below, want;

      numbers[i] = x + STEP;
      above = value_at (bench, port, seed);
      numbers[i] = x - STEP;
      below = value_at (bench, port, seed);
      numbers[i] = x;
      want = (above - below) / (2 * STEP);
      if (!(fabs (got[i] - want) <= TOLERANCE * size))
        g_error ("%s: output %u to %s, element %" G_GSIZE_FORMAT " is %.9g, not %.9g",
                 bench->node->op->name, port, what, i, got[i], want);
    }
}

/* The graph of the row with one more port, "seed", and what is asked of it. */
typedef struct { AnfGraph *graph; AnfAutograd ask; AnfWrt wrt[ANF_MAX_PORTS + ANF_MAX_ROLES]; } Rig;

static void
rig_init (Rig *self, Bench *bench, guint port)
{
  static const char *const names[] = { "d0", "d1", "d2", "d3", "d4", "d5" };
  g_autoptr(AnfGraph) plain = bench_graph (bench);
  AnfGraphBuilder *b = anf_graph_builder_new (plain);
  AnfId seed = anf_graph_builder_add (b, anf_op_lookup ("input"));
  const AnfType *type = &bench->out_type[port];
  gint64 shape[ANF_MAX_RANK];
  g_autoptr(GError) error = NULL;

  for (guint i = 0; i < type->rank; i++)
    shape[i] = type->dim[i];
  anf_graph_builder_set_name (b, seed, "seed");
  anf_graph_builder_set_attr (b, seed, "shape",
                              g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, shape, type->rank,
                                                         sizeof *shape));
  self->graph = anf_graph_builder_end (b, &error);
  g_assert_no_error (error);
  self->ask = (AnfAutograd) { .root = { bench->node->id, port }, .seed = { seed, 0 },
                              .wrt = self->wrt };
  for (guint i = 0; i < bench->n_in && bench->node->op->feed == NULL; i++)
    if (bench->in_types[i] != NULL && bench->in_type[i].dtype == ANF_F16)
      {
        g_autofree char *name = g_strdup_printf ("in%u", i);

        self->wrt[self->ask.n_wrt++] = (AnfWrt) {
          { anf_node_id (anf_graph_find_name (self->graph, name)), 0 }, NULL, names[i] };
      }
  for (guint r = 0; r < anf_op_n_roles (bench->node->op); r++)
    if (bench->weight[r] != NULL && !g_str_equal (bench->node->op->role[r].name, "transform"))
      self->wrt[self->ask.n_wrt++] = (AnfWrt) { { 0, 0 }, bench->node->op->role[r].name,
                                                bench->node->op->role[r].name };
}

static void
check_output (Bench *bench, guint port)
{
  gsize n = anf_type_elements (&bench->out_type[port]);
  g_autofree double *seed = bench_random (bench, 77 + port, n, ANF_F16, -1, 1);
  g_autoptr(AnfGraph) graph = NULL;
  g_autoptr(Exact) exact = NULL;
  g_autoptr(GError) error = NULL;
  Rig rig = { 0 };

  rig_init (&rig, bench, port);
  graph = anf_autograd (rig.graph, &rig.ask, &error);
  g_assert_no_error (error);
  exact = exact_new (graph);
  for (guint i = 0; i < bench->n_in && bench->node->op->feed == NULL; i++)
    {
      g_autofree char *name = g_strdup_printf ("in%u", i);

      exact_set (exact, name, anf_type_elements (&bench->in_type[i]), bench->in[i]);
    }
  exact_set (exact, "seed", n, seed);
  exact_run (exact);
  for (guint i = 0; i < rig.ask.n_wrt; i++)
    {
      const AnfWrt *wrt = &rig.wrt[i];
      int at = wrt->weight != NULL ? anf_op_find_role (bench->node->op, wrt->weight)
                                   : wrt->output[1] - '0';
      gsize count;
      const double *got = exact_output (exact, wrt->output, &count);

      compare (bench, port, seed, wrt->output,
               wrt->weight != NULL ? bench->values[at] : bench->in[at], count, got);
    }
  anf_graph_unref (rig.graph);
}

static void
check_row (Bench *bench)
{
  g_assert_true (bench_infer (bench));
  for (guint port = 0; port < bench->n_out; port++)
    check_output (bench, port);
}

/* A rule, one of its own or that of what the row is made of, or the reason why there is none: never
 * neither, never both. */
static void
test_says (gconstpointer data)
{
  const AnfOp *op = data;
  gboolean rule = op->vjp != NULL || op->expand != NULL || op->route != NULL;

  g_assert_true (rule != (op->flat != NULL));
  g_assert_true (op->flat == NULL || g_str_has_suffix (op->flat, "."));
}

/* Of a sample that has no gradient, although the row has: see the cases. */
static gboolean
is_flat_sample (const AnfOp *op)
{
  return g_strcmp0 (op->sample.attr[0][0], "return_indices") == 0;
}

static void
test_sample (gconstpointer data)
{
  g_autoptr(Bench) bench = bench_sample (data, ANF_NUMERICS_FP32);

  check_row (bench);
}

/* ---- attributes and shapes that the samples leave out */

typedef struct
{
  const char *op, *attr[5][2];
  AnfType     in[4], role[4];
} Case;

#define F16(rank, ...) { ANF_F16, rank, { __VA_ARGS__ } }
#define I32(rank, ...) { ANF_I32, rank, { __VA_ARGS__ } }

static const Case cases[] = {
  { "sort", { { NULL } }, { F16 (2, 3, 7) } },
  { "sort", { { "descending", "true" } }, { F16 (2, 3, 7) } },
  { "topk", { { "k", "2" }, { "largest", "false" } }, { F16 (2, 3, 7) } },
  { "scaled_elementwise", { { "op", "'Add'" }, { "scale", "0.5" } },
    { F16 (2, 3, 5), F16 (1, 15) } },
  { "scaled_elementwise", { { "op", "'Mult'" } }, { F16 (2, 3, 5), F16 (1, 15) } },
  { "scaled_elementwise", { { "op", "'Min'" }, { "scale", "2" } }, { F16 (2, 3, 5), F16 (1, 15) } },
  { "gather", { { NULL } }, { F16 (2, 3, 5), I32 (1, 4) } },
  { "gather", { { "axis", "-1" } }, { F16 (3, 2, 2, 4), I32 (2, 2, 3) } },
  { "gather", { { "axis", "-5" }, { "indices", "[0, 0, 2]" } }, { F16 (5, 3, 1, 1, 2, 1) } },
  /* broadcast on either side, rank 5 and rank 0 */
  { "add", { { NULL } }, { F16 (5, 2, 1, 3, 1, 5), F16 (4, 4, 1, 2, 1) } },
  { "mul", { { NULL } }, { F16 (5, 1, 1, 1, 1, 1), F16 (5, 2, 3, 1, 2, 3) } },
  { "sub", { { NULL } }, { F16 (0), F16 (3, 2, 1, 3) } },
  { "real_div", { { NULL } }, { F16 (3, 2, 3, 1), F16 (2, 1, 4) } },
  { "pow", { { NULL } }, { F16 (2, 3, 1), F16 (3, 2, 1, 4) } },
  { "maximum", { { NULL } }, { F16 (0), F16 (5, 1, 2, 1, 3, 1) } },
  { "minimum", { { NULL } }, { F16 (2, 3, 1), F16 (1, 4) } },
  { "linear", { { NULL } }, { F16 (1, 5) }, { F16 (2, 3, 5), F16 (1, 3) } },
  { "linear", { { NULL } }, { F16 (5, 1, 2, 1, 3, 5) }, { F16 (2, 7, 5) } },
  { "matmul_w", { { NULL } }, { F16 (1, 5) }, { F16 (2, 5, 1) } },
  { "matmul_w", { { NULL } }, { F16 (4, 2, 1, 3, 5) }, { F16 (2, 5, 4) } },
  { "bmm", { { NULL } }, { F16 (5, 2, 1, 3, 4, 5), F16 (5, 1, 2, 1, 5, 1) } },
  { "bmm", { { NULL } }, { F16 (2, 2, 3), F16 (4, 2, 2, 3, 2) } },
  { "softmax", { { "axis", "-5" } }, { F16 (5, 3, 1, 2, 1, 3) } },
  { "l2_norm", { { "axis", "-2" } }, { F16 (5, 1, 2, 3, 5, 1) } },
  { "reduce_sum", { { "axes", "[-1, 0, -3]" } }, { F16 (5, 3, 1, 5, 2, 2) } },
  { "reduce_max", { { "axes", "[1, -1]" } }, { F16 (4, 2, 3, 2, 3) } },
  { "reduce_min", { { "axes", "[0, 1, 2]" } }, { F16 (3, 2, 3, 2) } },
  { "tile", { { "reps", "[2, 1, 1, 3, 2]" } }, { F16 (5, 1, 2, 1, 2, 3) } },
  { "reverse", { { "axes", "[-1, 0]" } }, { F16 (5, 2, 1, 3, 1, 5) } },
  { "transpose", { { "perm", "[-1, 0, 3, 2, 1]" } }, { F16 (5, 2, 3, 1, 3, 2) } },
  { "concat", { { "axis", "-1" } }, { F16 (5, 1, 2, 1, 2, 1), F16 (5, 1, 2, 1, 2, 3) } },
  { "stack", { { "axis", "-1" } }, { F16 (4, 2, 1, 3, 1), F16 (4, 2, 1, 3, 1) } },
  { "split", { { "num_splits", "3" }, { "axis", "-2" } }, { F16 (5, 1, 2, 1, 9, 2) } },
  { "squeeze", { { "axes", "[-1, 0]" } }, { F16 (5, 1, 2, 1, 3, 1) } },
  { "slice_by_size", { { "begin", "[0, 0, 1, 0, 4]" }, { "size", "[1, 2, 1, 1, 1]" } },
    { F16 (5, 1, 2, 3, 1, 5) } },
  { "cumsum", { { NULL } }, { F16 (5, 2, 1, 2, 1, 7) } },
  { "prelu", { { NULL } }, { F16 (5, 2, 3, 1, 1, 5) }, { F16 (1, 3) } },
  { "batch_norm", { { NULL } }, { F16 (5, 1, 3, 1, 2, 2) },
    { F16 (1, 3), F16 (1, 3), F16 (1, 3), F16 (1, 3) } },
  { "group_norm_train", { { "groups", "3" } }, { F16 (4, 3, 3, 1, 5) },
    { F16 (1, 3), F16 (1, 3) } },
  { "local_response_norm", { { "size", "4" }, { "alpha", "0.5" }, { "beta", "1.5" } },
    { F16 (4, 1, 6, 2, 2) } },
  { "einsum", { { "equation", "'abcde,ec->bad'" } }, { F16 (5, 2, 3, 1, 2, 3), F16 (2, 3, 1) } },
  /* windows: a rest that is not read, gaps between windows, a kernel of one, depthwise */
  { "conv", { { "stride", "3" } }, { F16 (4, 1, 2, 7, 8) }, { F16 (4, 3, 2, 2, 2) } },
  { "conv", { { "stride", "2" }, { "pad", "1" }, { "groups", "4" } }, { F16 (4, 2, 4, 6, 5) },
    { F16 (4, 8, 1, 3, 3), F16 (1, 8) } },
  { "conv", { { "pad", "[0, 3, 2, 0]" }, { "dilation", "2" } }, { F16 (4, 1, 1, 5, 5) },
    { F16 (4, 2, 1, 3, 2) } },
  { "conv", { { NULL } }, { F16 (4, 1, 1, 1, 1) }, { F16 (4, 1, 1, 1, 1), F16 (1, 1) } },
  { "conv_transpose", { { "stride", "3" } }, { F16 (4, 2, 2, 3, 2) }, { F16 (4, 2, 3, 2, 2) } },
  { "conv_transpose", { { "stride", "2" }, { "pad", "1" } }, { F16 (4, 1, 2, 3, 3) },
    { F16 (4, 2, 1, 4, 4), F16 (1, 1) } },
  { "dynamic_conv", { { "stride", "[2, 3]" }, { "dilation", "2" } },
    { F16 (4, 1, 2, 8, 9), F16 (4, 4, 2, 2, 3) } },
  { "max_pool", { { "k", "2" } }, { F16 (4, 1, 2, 4, 6) } },
  { "max_pool", { { "k", "3" }, { "stride", "1" }, { "pad", "1" } }, { F16 (4, 2, 1, 4, 5) } },
  { "max_pool", { { "k", "2" }, { "stride", "3" } }, { F16 (4, 1, 2, 7, 6) } },
  { "avg_pool", { { "k", "3" }, { "stride", "2" }, { "pad", "1" }, { "exclude_pad", "true" } },
    { F16 (4, 1, 2, 7, 5) } },
  { "avg_pool", { { "k", "2" }, { "stride", "3" } }, { F16 (4, 1, 2, 7, 6) } },
  { "avg_pool", { { "k", "[5, 20]" } }, { F16 (4, 1, 2, 5, 20) } },
  { "upsample", { { "scale", "[2, 3]" } }, { F16 (4, 1, 2, 3, 2) } },
  { "upsample_bilinear", { { "align_corners", "true" } }, { F16 (4, 1, 2, 3, 4) } },
  { "resize_bilinear", { { "target_h", "3" }, { "target_w", "9" } }, { F16 (4, 1, 1, 7, 4) } },
  { "resize_bilinear", { { "target_h", "1" }, { "target_w", "7" }, { "align_corners", "true" } },
    { F16 (4, 1, 1, 3, 4) } },
  { "resize_nearest_neighbor", { { "target_h", "2" }, { "target_w", "7" } },
    { F16 (4, 1, 1, 5, 3) } },
  { "affine", { { "output_h", "3" }, { "output_w", "4" }, { "align_corners", "true" } },
    { F16 (4, 2, 1, 4, 4) }, { F16 (2, 1, 6) } },
  { "sdpa", { { "causal", "true" } }, { F16 (4, 1, 2, 5, 4), F16 (4, 1, 2, 5, 4),
                                        F16 (4, 1, 2, 5, 4) } },
  { "sdpa", { { "scale", "0.75" } }, { F16 (4, 1, 1, 3, 4), F16 (4, 1, 1, 6, 4),
                                       F16 (4, 1, 1, 6, 4) } },
};

static void
test_case (gconstpointer data)
{
  const Case *c = data;
  const char *attr[ANF_MAX_ATTRS][2] = { { NULL } };
  g_autoptr(Bench) bench = NULL;
  guint ports = anf_op_n_inputs (anf_op_lookup (c->op));

  for (guint i = 0; i < G_N_ELEMENTS (c->attr) && c->attr[i][0] != NULL; i++)
    memcpy (attr[i], c->attr[i], sizeof attr[i]);
  bench = bench_new_sample (anf_op_lookup (c->op), (const char *const (*)[2]) attr);
  bench->numerics = ANF_NUMERICS_FP32;
  if (bench->node->op->in[ports - 1].flags & ANF_VARIADIC)
    ports = 2;
  for (guint i = 0; i < ports; i++)
    {
      const AnfType *type = &c->in[i];
      g_autofree double *values = NULL;

      if (i > 0 && type->rank == 0 && (bench->node->op->in[i].flags & ANF_OPTIONAL))
        break;
      values = bench_random (bench, i + 1, anf_type_elements (type), type->dtype,
                             type->dtype == ANF_I32 ? 0 : 0.5, 3);
      for (gsize k = 0; type->dtype == ANF_F16 && k < anf_type_elements (type); k++)
        if (k % 3 == 0 && !g_str_equal (c->op, "pow"))
          values[k] = -values[k];
      bench_input (bench, type->dtype, type->rank, type->dim, values);
    }
  for (guint i = 0; i < G_N_ELEMENTS (c->role) && c->role[i].rank > 0; i++)
    {
      g_autofree double *values = bench_random (bench, i + 9, anf_type_elements (&c->role[i]),
                                                ANF_F16, 0.25, 2);

      bench_weight (bench, i, c->role[i].rank, c->role[i].dim, values);
    }
  check_row (bench);
}

int
main (int argc, char **argv)
{
  const AnfOp *op;

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; (op = anf_op_nth (i)) != NULL; i++)
    {
      g_autofree char *says = g_strdup_printf ("/gradients/%s/has-a-rule-or-a-reason", op->name);
      g_autofree char *path = g_strdup_printf ("/gradients/%s/is-that-of-differences", op->name);

      g_test_add_data_func (says, op, test_says);
      if (op->flat == NULL && !is_flat_sample (op))
        g_test_add_data_func (path, op, test_sample);
    }
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/cases/%s-%u", cases[i].op, i);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  return g_test_run ();
}
