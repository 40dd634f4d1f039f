/* Every row of the operator table is tested from what the row itself says. */
#include "bench.h"

#include "num/threads.h"

#include <string.h>

static Bench *
new_bench (const AnfOp *op, AnfNumerics numerics, guint family)
{
  const AnfSample *sample = &op->sample;
  Bench *self = bench_new_sample (op, (const char *const (*)[2]) sample->attr);
  guint seed = 0;

  self->numerics = numerics;
  self->family = family;
  if (op->feed != NULL)
    {
      g_autofree double *values = NULL;
      AnfType fed;

      op->feed (self->node, &fed);
      values = bench_random (self, ++seed, anf_type_elements (&fed), fed.dtype, sample->lo,
                             sample->hi);
      bench_input (self, fed.dtype, fed.rank, fed.dim, values);
    }
  for (guint i = 0; i < ANF_MAX_PORTS && (sample->in[i].rank > 0 || sample->in[i].dim[0] > 0); i++)
    {
      const AnfType *type = &sample->in[i];
      g_autofree double *values = bench_random (self, ++seed, anf_type_elements (type),
                                                type->dtype, sample->lo, sample->hi);

      bench_input (self, type->dtype, type->rank, type->dim, values);
    }
  for (guint i = 0; i < ANF_MAX_ROLES && sample->role[i].rank > 0; i++)
    {
      g_autofree double *values = bench_random (self, ++seed, anf_type_elements (&sample->role[i]),
                                                ANF_F16, sample->lo, sample->hi);

      bench_weight (self, i, sample->role[i].rank, sample->role[i].dim, values);
    }
  if (!bench_infer (self))
    g_error ("%s refuses its own sample: %s", op->name, self->message);
  return self;
}

static void
test_words (gconstpointer data)
{
  const AnfOp *op = data;

  g_assert_true (anf_op_lookup (op->name) == op);
  g_assert_true (anf_name_is_valid (op->name));
  g_assert_true (op->title != NULL && g_ascii_isupper (op->title[0]));
  g_assert_true (op->doc != NULL && g_str_has_suffix (op->doc, "."));
  g_assert_true (op->quirk == NULL || g_str_has_suffix (op->quirk, "."));
  g_assert_cmpint (op->category, <, ANF_N_CATEGORIES);
  for (guint i = 0; i < anf_op_n_inputs (op); i++)
    g_assert_true (op->in[i].doc != NULL && op->in[i].doc[0] != '\0');
  for (guint i = 0; i < anf_op_n_roles (op); i++)
    g_assert_true (op->role[i].doc != NULL && op->role[i].doc[0] != '\0');
  for (guint i = 0; i < anf_op_n_attrs (op); i++)
    {
      g_assert_true (op->attr[i].doc != NULL && op->attr[i].doc[0] != '\0');
      g_assert_true (op->attr[i].min <= op->attr[i].max);
      g_assert_true (op->attr[i].kind != ANF_ATTR_CHOICE || op->attr[i].choices != NULL);
    }
}

static void
test_columns (gconstpointer data)
{
  const AnfOp *op = data;

  g_assert_nonnull (op->infer);
  if (op->source && op->feed != NULL)
    return;
  g_assert_nonnull (op->kernel);
  g_assert_true (op->reference != NULL || op->unary != NULL || op->binary != NULL);
  g_assert_true (op->sample.lo < op->sample.hi);
  if (op->kind == ANF_SEGMENT_BRIDGE)
    {
      g_assert_nonnull (op->cut);
      g_assert_true (g_str_has_suffix (op->cut (), "."));
    }
  g_assert_true (op->prepare == NULL || op->release != NULL);
  g_assert_cmpint (anf_op_on (op, 1), ==, ANF_REJECT);
  g_assert_cmpint (anf_op_on (op, 5), !=, ANF_REJECT);
}

static void
test_reference (gconstpointer data)
{
  g_autoptr(Bench) fp32 = new_bench (data, ANF_NUMERICS_FP32, 5);

  bench_compare (fp32);
  for (guint family = 2; family <= 5; family++)
    {
      g_autoptr(Bench) ane = new_bench (data, ANF_NUMERICS_ANE, family);

      bench_compare (ane);
    }
}

static void
test_pieces (gconstpointer data)
{
  static const gsize pieces[] = { 1, 3, 7, 1000 };
  g_autoptr(Bench) bench = new_bench (data, ANF_NUMERICS_ANE, 5);
  g_autofree float *whole = NULL;

  anf_threads_set (1);
  whole = bench_run (bench, 0);
  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      g_autofree float *parts = bench_run (bench, pieces[i]);

      g_assert_cmpmem (parts, bench_n (bench) * sizeof *parts, whole,
                       bench_n (bench) * sizeof *whole);
    }
  anf_threads_set (0);
}

static void
test_threads (gconstpointer data)
{
  static const AnfNumerics numerics[] = { ANF_NUMERICS_ANE, ANF_NUMERICS_FP32 };

  for (guint i = 0; i < G_N_ELEMENTS (numerics); i++)
    {
      g_autoptr(Bench) bench = new_bench (data, numerics[i], 5);
      g_autofree float *one = NULL, *two = NULL;

      anf_threads_set (1);
      one = bench_run (bench, 0);
      anf_threads_set (2);
      two = bench_run (bench, 0);
      g_assert_cmpmem (one, bench_n (bench) * sizeof *one, two, bench_n (bench) * sizeof *two);
    }
  anf_threads_set (0);
}

/* Values that break arithmetic, spread over ordinary ones. */
static void
test_edges (gconstpointer data)
{
  static const double edge[] = { NAN, INFINITY, -INFINITY, 0.0, -0.0, 65504, -65504, 0x1p-24, 1,
                                 -1 };
  static const AnfNumerics numerics[] = { ANF_NUMERICS_ANE, ANF_NUMERICS_LANES };

  for (guint k = 0; k < 8; k++)
    for (guint step = 1; step < 14; step += 3)
      {
        g_autoptr(Bench) bench = new_bench (data, numerics[k / 4], 2 + k % 4);
        g_autofree float *got = NULL;

        for (guint t = 0; t < bench->n_in; t++)
          for (gsize i = 0; i < anf_type_elements (bench->in_types[t]); i++)
            if (bench->in_type[t].dtype == ANF_F16 && (i + t) % step == 0)
              bench->in[t][i] = edge[(i / step + t) % G_N_ELEMENTS (edge)];
        got = bench_run (bench, 0);
        for (gsize i = 0; i < bench_n (bench); i++)
          {
            g_assert_false (isnan (got[i]));
            if (bench->out_type[0].dtype == ANF_F16)
              g_assert_cmpfloat (got[i], ==, (float) (_Float16) got[i]);
          }
      }
}

static void
test_weights (gconstpointer data)
{
  const AnfOp *op = data;

  for (guint role = 0; role < anf_op_n_roles (op); role++)
    {
      g_autoptr(Bench) bench = new_bench (op, ANF_NUMERICS_ANE, 5);
      AnfTensor *kept = bench->weight[role];

      bench->weight[role] = NULL;
      if (op->role[role].flags & ANF_OPTIONAL)
        g_assert_true (bench_infer (bench));
      else
        bench_assert_refused (bench, "WGT111", op->role[role].name);

      if (op->source)              /* a constant may have any shape */
        {
          bench->weight[role] = kept;
          continue;
        }
      BENCH_WEIGHT (bench, role, ((const double[6]) { 0 }), 1, 1, 1, 1, 1, 6);
      g_clear_pointer (&kept, anf_tensor_unref);
      bench_assert_refused (bench, "WGT112", op->role[role].name);
    }
}

static void
test_ranks (gconstpointer data)
{
  const AnfOp *op = data;

  /* Every rank from 0 to 5 at every port is taken or refused in words, never a crash. */
  for (guint port = 0; port < ANF_MAX_PORTS; port++)
    for (guint rank = 0; rank <= ANF_MAX_RANK; rank++)
      {
        g_autoptr(Bench) bench = new_bench (op, ANF_NUMERICS_ANE, 5);

        if (port >= bench->n_in || op->feed != NULL)
          continue;
        bench->in_type[port].rank = rank;
        for (guint i = 0; i < rank; i++)
          if (bench->in_type[port].dim[i] < 1)
            bench->in_type[port].dim[i] = 3;
        bench_infer (bench);
      }
}

static void
test_table (void)
{
  const AnfOp *unknown = anf_op_lookup ("unknown");
  const AnfOp *op;

  g_assert_nonnull (unknown);
  g_assert_null (anf_op_lookup ("no such operator"));
  for (guint i = 0; (op = anf_op_nth (i)) != NULL; i++)
    g_assert_true (op != unknown);
}

static void
add (const AnfOp *op, const char *what, GTestDataFunc test)
{
  g_autofree char *path = g_strdup_printf ("/ops/%s/%s", op->name, what);

  g_test_add_data_func (path, op, test);
}

int
main (int argc, char **argv)
{
  const AnfOp *op;

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ops/unknown-is-found-and-not-listed", test_table);
  for (guint i = 0; (op = anf_op_nth (i)) != NULL; i++)
    {
      add (op, "has-its-words", test_words);
      add (op, "has-its-columns", test_columns);
      add (op, "takes-any-rank-or-refuses", test_ranks);
      if (op->source && op->feed != NULL)
        continue;
      add (op, "equals-its-reference", test_reference);
      add (op, "is-the-same-by-two-threads", test_threads);
      add (op, "never-gives-nan", test_edges);
      if (!op->whole)
        add (op, "is-the-same-in-pieces", test_pieces);
      if (anf_op_n_roles (op) > 0)
        add (op, "refuses-missing-weights", test_weights);
    }
  return g_test_run ();
}
