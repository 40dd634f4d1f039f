/* test-compare.c - runs and documents held against each other; one number followed back through its
 * sum; errors against numbers of others. */
#include "anf.h"

#include <math.h>
#include <string.h>

static AnfGraph *
parse (const char *text)
{
  GError *error = NULL;
  AnfGraph *graph = anf_document_parse (text, strlen (text), NULL, &error);

  g_assert_no_error (error);
  return graph;
}

/* x -> c -> n -> r, a gate on r. */
static AnfGraph *
normed (const char *first, const char *opt)
{
  g_autofree char *text = g_strdup_printf (
    "{ \"aneforge\": 1, \"title\": \"Normed %s\", \"compile\": { \"opt\": \"%s\" }, \"nodes\": ["
    "  { \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [1, 4, 9, 9] } },"
    "  { \"id\": 2, \"op\": \"conv\", \"name\": \"%s\", \"in\": { \"x\": \"x\" },"
    "    \"weights\": { \"weight\": \"w\" } },"
    "  { \"id\": 3, \"op\": \"batch_norm\", \"name\": \"n\", \"in\": { \"x\": \"%s\" },"
    "    \"weights\": { \"gamma\": \"v\", \"beta\": \"m\", \"mean\": \"m\","
    "    \"variance\": \"v\" } },"
    "  { \"id\": 4, \"op\": \"relu\", \"name\": \"r\", \"in\": { \"x\": \"n\" } } ],"
    "  \"outputs\": { \"y\": \"r\" }, \"weights\": {"
    "    \"w\": { \"shape\": [6, 4, 3, 3], \"init\": \"he\", \"seed\": 3 },"
    "    \"m\": { \"shape\": [6], \"init\": \"normal\", \"seed\": 4 },"
    "    \"v\": { \"shape\": [6], \"init\": \"ones\" } },"
    "  \"gates\": [ { \"output\": \"y\", \"metric\": \"rel_l2\", \"limit\": 0.01 } ] }",
    first, opt, first, first);

  return parse (text);
}

static AnfRecord *
record (AnfGraph *graph, guint runs, AnfProfile **out)
{
  AnfOptions options;
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfProgram) program = NULL;
  g_autoptr(AnfTensors) inputs = NULL;
  g_autoptr(AnfProfile) profile = NULL;
  g_autoptr(AnfGates) gates = NULL;
  AnfRecord *self;

  anf_options_init (&options, graph);
  program = anf_compile (graph, &options, NULL, &error);
  g_assert_no_error (error);
  inputs = anf_feed (program, NULL, TRUE, 0, &error);
  profile = anf_profile (program, inputs, runs, 1, NULL, &error);
  gates = anf_gates_of (program, NULL, &error);
  g_assert_no_error (error);
  self = anf_record_new (profile, gates, 1234567890);
  if (out != NULL)
    *out = g_steal_pointer (&profile);
  return self;
}

static const AnfRecordOp *
op_of (const AnfRecord *self, const char *name)
{
  for (guint i = 0; i < self->ops->len; i++)
    if (g_str_equal (g_array_index (self->ops, AnfRecordOp, i).name, name))
      return &g_array_index (self->ops, AnfRecordOp, i);
  return NULL;
}

static void
test_a_record_says_what_the_profile_said (void)
{
  g_autoptr(AnfGraph) graph = normed ("c", "0");
  g_autoptr(AnfProfile) profile = NULL;
  g_autoptr(AnfRecord) self = record (graph, 3, &profile), again = NULL;
  g_autofree char *text = anf_record_text (self), *twice = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_cmpuint (self->runs, ==, 3);
  g_assert_cmpfloat (self->total.median_us, ==, anf_profile_total (profile).median_us);
  g_assert_cmpfloat (op_of (self, "c")->us.p90_us, ==, anf_profile_op (profile, 2)->us.p90_us);
  g_assert_cmpuint (self->gates->len, ==, 1);
  g_assert_cmpuint (self->estimates->len, ==, anf_arch_n ());
  /* The 216 numbers of the kernel as fp16. */
  g_assert_cmpuint (anf_record_weight_bytes (self), >=, 432);

  again = anf_record_read (text, strlen (text), &error);
  g_assert_no_error (error);
  twice = anf_record_text (again);
  g_assert_cmpstr (text, ==, twice);
  g_assert_cmpfloat (again->total.median_us, ==, self->total.median_us);
}

static void
test_damaged_records_are_refused (void)
{
  static const char *const bad[] = {
    "", "{", "[]", "{}", "{ \"record\": 2, \"median_us\": 1 }", "{ \"record\": 1 }",
    "{ \"record\": 1, \"median_us\": \"1\" }", "{ \"record\": 1, \"median_us\": -1 }",
  };
  static const char odd[] =
    "{ \"record\": 1, \"median_us\": 2, \"segments\": [ 3, { \"ops\": {} }, { \"ops\": [ [] ] } ],"
    "  \"weights\": null, \"gates\": [ { } ], \"estimates\": [ ], \"threads\": -4 }";
  g_autoptr(AnfRecord) self = anf_record_read (odd, strlen (odd), NULL);

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_null (anf_record_read (bad[i], strlen (bad[i]), &error));
      g_assert_nonnull (error);
    }
  g_assert_nonnull (self);
  g_assert_cmpuint (self->segments->len, ==, 2);
  g_assert_cmpuint (self->threads, ==, 0);
  g_assert_cmpstr (g_array_index (self->gates, AnfRecordGate, 0).output, ==, "");
}

static AnfRunVerdict
verdict (double median, double p10, double p90, guint n)
{
  const AnfStats base = { 100, 99.9, 100.1, 101, 99 }, other = { median, p10, p90, p90, p10 };

  return anf_run_verdict (&base, n, &other, n);
}

static void
test_noise_makes_no_verdict (void)
{
  const AnfStats unknown = { NAN, NAN, NAN, NAN, NAN }, base = { 100, 90, 110, 120, 80 };

  g_assert_cmpint (verdict (200, 190, 210, 50), ==, ANF_RUN_SLOWER);
  g_assert_cmpint (verdict (50, 45, 55, 50), ==, ANF_RUN_FASTER);
  g_assert_cmpint (verdict (100, 99, 101, 50), ==, ANF_RUN_SAME);
  /* 100 is inside the spread of the other one. */
  g_assert_cmpint (verdict (120, 95, 150, 50), ==, ANF_RUN_SAME);
  /* Outside of both spreads, but of two runs each: the notches reach 0.117 and 0.047 far, worked
   * out by hand, and the medians are 0.16 apart. Of fifty runs they reach a fifth of that. */
  g_assert_cmpint (verdict (100.16, 100.12, 100.2, 2), ==, ANF_RUN_SAME);
  g_assert_cmpint (verdict (100.16, 100.12, 100.2, 50), ==, ANF_RUN_SLOWER);
  g_assert_cmpint (anf_run_verdict (&base, 9, &unknown, 9), ==, ANF_RUN_SAME);
}

static const AnfComparedOps *
row_with (const AnfComparison *self, const char *name)
{
  for (guint i = 0; i < anf_comparison_n (self); i++)
    {
      const AnfComparedOps *row = anf_comparison_nth (self, i);

      for (guint k = 0; k < row->n_a; k++)
        if (g_str_equal (row->a[k]->name, name))
          return row;
    }
  return NULL;
}

/* x -> t -> u -> r: from level 1 on the two transposes are one. */
static AnfGraph *
turned (const char *opt)
{
  g_autofree char *text = g_strdup_printf (
    "{ \"aneforge\": 1, \"title\": \"Turned\", \"compile\": { \"opt\": \"%s\" }, \"nodes\": ["
    "  { \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [1, 4, 9, 8] } },"
    "  { \"id\": 2, \"op\": \"transpose\", \"name\": \"t\", \"in\": { \"x\": \"x\" },"
    "    \"attrs\": { \"perm\": [0, 2, 3, 1] } },"
    "  { \"id\": 3, \"op\": \"transpose\", \"name\": \"u\", \"in\": { \"x\": \"t\" },"
    "    \"attrs\": { \"perm\": [0, 2, 3, 1] } },"
    "  { \"id\": 4, \"op\": \"relu\", \"name\": \"r\", \"in\": { \"x\": \"u\" } } ],"
    "  \"outputs\": { \"y\": \"r\" } }", opt);

  return parse (text);
}

static void
test_operators_meet_across_a_fusion (void)
{
  g_autoptr(AnfGraph) plain = turned ("0"), folded = turned ("1");
  g_autoptr(AnfRecord) a = record (plain, 3, NULL), b = record (folded, 3, NULL);
  g_autoptr(AnfComparison) self = anf_compare (a, b);
  const AnfComparedOps *row = row_with (self, "t");
  gboolean gone_t = isnan (op_of (b, "t")->us.median_us);

  /* At level 0 both are run, at level 1 one has the work of the other. */
  g_assert_cmpfloat (op_of (a, "t")->us.median_us + op_of (a, "u")->us.median_us, >, 0);
  g_assert_true (gone_t != isnan (op_of (b, "u")->us.median_us));
  g_assert_cmpuint (op_of (b, gone_t ? "t" : "u")->into, ==, gone_t ? 3 : 2);
  g_assert_nonnull (row);
  g_assert_true (row == row_with (self, "u"));
  g_assert_cmpuint (row->n_a, >=, 2);
  g_assert_cmpuint (row->n_b, >=, 2);
  g_assert_cmpfloat (row->us_b.median_us, >, 0);
}

static void
test_renamed_operators_are_known_by_their_weight (void)
{
  g_autoptr(AnfGraph) one = normed ("c", "0"), other = normed ("renamed", "0");
  g_autoptr(AnfRecord) a = record (one, 2, NULL), b = record (other, 2, NULL);
  g_autoptr(AnfComparison) self = anf_compare (a, b);
  const AnfComparedOps *row = row_with (self, "c");
  gboolean found = FALSE;

  for (guint k = 0; k < row->n_b; k++)
    found = found || g_str_equal (row->b[k]->name, "renamed");
  g_assert_true (found);
}

static void
test_a_difference_names_its_nodes (void)
{
  g_autoptr(AnfGraph) a = normed ("c", "0"), b = normed ("d", "1");
  g_autoptr(AnfDiff) diff = anf_diff (a, b, 0, FALSE), none = anf_diff (a, a, 0, FALSE);
  gboolean removed = FALSE, added = FALSE, wire = FALSE, opt = FALSE;

  g_assert_cmpuint (anf_diff_n (none), ==, 0);
  for (guint i = 0; i < anf_diff_n (diff); i++)
    {
      const AnfChange *change = anf_diff_nth (diff, i);
      g_autofree char *now = anf_change_text (change->b);

      removed = removed || (change->kind == ANF_REMOVED && change->node_a == 2
                            && change->node_b == 0);
      added = added || (change->kind == ANF_ADDED && change->node_b == 2 && change->node_a == 0);
      wire = wire || (change->kind == ANF_CHANGED && change->node_a == 3
                      && g_strcmp0 (change->field, "x") == 0 && g_str_equal (now, "d"));
      opt = opt || (change->kind == ANF_CHANGED && change->node_a == 0
                    && g_strcmp0 (change->field, "compile.opt") == 0 && g_str_equal (now, "1"));
    }
  g_assert_true (removed && added && wire && opt);
}

/* ---------------------------------------------------------------- the microscope */

static AnfErrors *
measure (AnfGraph *graph, AnfTensors *inputs)
{
  AnfOptions options;
  GError *error = NULL;
  AnfErrors *errors;

  anf_options_init (&options, graph);
  options.numerics = ANF_NUMERICS_LANES;
  errors = anf_errors_measure (graph, &options, inputs, NULL, &error);
  g_assert_no_error (error);
  return errors;
}

static double
element (AnfTensor *tensor, gsize at)
{
  double value;

  anf_tensor_read_double (tensor, at, 1, &value);
  return value;
}

/* The device's own answer under `ane-lanes` is the other source: it comes from the kernels. */
static void
test_what_the_microscope_adds_up_is_what_the_device_has (void)
{
  static const char *const ops[] = {
    "\"linear\", \"in\": { \"x\": \"x\" }, \"weights\": { \"weight\": \"w\", \"bias\": \"b\" }",
    "\"matmul_w\", \"in\": { \"x\": \"x\" }, \"weights\": { \"weight\": \"t\" }",
    "\"bmm\", \"in\": { \"x\": \"x\", \"y\": \"z\" }, \"attrs\": { \"transpose_y\": true }",
    "\"bmm\", \"in\": { \"x\": \"x\", \"y\": \"z\" }, \"attrs\": { \"transpose_x\": true }",
    "\"conv\", \"in\": { \"x\": \"x\" }, \"weights\": { \"weight\": \"k\", \"bias\": \"b\" },"
    " \"attrs\": { \"stride\": [2, 1], \"pad\": [1, 2, 0, 1], \"dilation\": [1, 2],"
    " \"groups\": 2 }",
    "\"reduce_sum\", \"in\": { \"x\": \"x\" }, \"attrs\": { \"axes\": [1, 3] }",
    "\"reduce_mean\", \"in\": { \"x\": \"x\" }, \"attrs\": { \"axes\": [-1] }",
  };

  for (guint i = 0; i < G_N_ELEMENTS (ops); i++)
    {
      g_autofree char *text = g_strdup_printf (
        "{ \"aneforge\": 1, \"compile\": { \"target\": \"h16s\" }, \"nodes\": ["
        "  { \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [2,4,6,6] } },"
        "  { \"id\": 2, \"op\": \"input\", \"name\": \"z\", \"attrs\": { \"shape\": [4,6,6] } },"
        "  { \"id\": 3, \"name\": \"y\", \"op\": %s } ], \"outputs\": { \"y\": \"y\" },"
        "  \"weights\": { \"w\": { \"shape\": [8, 6], \"init\": \"normal\", \"seed\": 1 },"
        "  \"t\": { \"shape\": [6, 8], \"init\": \"normal\", \"seed\": 2 },"
        "  \"k\": { \"shape\": [8, 2, 3, 2], \"init\": \"normal\", \"seed\": 5 },"
        "  \"b\": { \"shape\": [8], \"init\": \"normal\", \"seed\": 6 } } }", ops[i]);
      g_autoptr(AnfGraph) graph = parse (text);
      g_autoptr(AnfErrors) errors = measure (graph, NULL);
      g_autoptr(AnfTensor) y = NULL, exact = NULL;
      AnfRef value = { 3, 0 };

      g_assert_true (anf_errors_values (errors, value, &y, &exact));
      for (gsize at = 0; at < anf_tensor_elements (y); at++)
        {
          g_autoptr(GError) error = NULL;
          g_autoptr(AnfMicroscope) seen = anf_microscope_new (errors, value, at, ANF_ROUND_ALL,
                                                              &error);

          g_assert_no_error (error);
          g_assert_cmpfloat (seen->result, ==, element (y, at));
          /* The exact run is fp32. */
          g_assert_cmpfloat_with_epsilon (seen->exact, element (exact, at), 1e-5);
        }
    }
}

static AnfMicroscope *
look_at_sum (gsize n, float first, AnfRoundings on)
{
  g_autofree char *text = g_strdup_printf (
    "{ \"aneforge\": 1, \"nodes\": [ { \"id\": 1, \"op\": \"input\", \"name\": \"x\","
    "  \"attrs\": { \"shape\": [1, %zu] } }, { \"id\": 2, \"op\": \"matmul_w\", \"name\": \"y\","
    "  \"in\": { \"x\": \"x\" }, \"weights\": { \"weight\": \"w\" } } ],"
    "  \"outputs\": { \"y\": \"y\" },"
    "  \"weights\": { \"w\": { \"shape\": [%zu, 1], \"init\": \"ones\" } } }", n, n);
  g_autoptr(AnfGraph) graph = parse (text);
  g_autofree float *values = g_new (float, n);
  g_autoptr(AnfTensor) x = NULL;
  g_autoptr(AnfTensors) inputs = anf_tensors_new ();
  g_autoptr(AnfErrors) errors = NULL;
  g_autoptr(GError) error = NULL;
  AnfMicroscope *seen;

  for (gsize i = 0; i < n; i++)
    values[i] = i == 0 ? first : 1;
  x = anf_tensor_new_floats (2, (const gint64[]) { 1, n }, values);
  anf_tensors_add (inputs, "x", x);
  errors = measure (graph, inputs);
  seen = anf_microscope_new (errors, (AnfRef) { 2, 0 }, 0, on, &error);
  g_assert_no_error (error);
  return seen;
}

/* A probe of the ANE guide (arXiv:2606.22283): 4096 and 1024 ones give 5116, not 5120. */
static void
test_the_published_probe_is_seen_step_by_step (void)
{
  g_autoptr(AnfMicroscope) all = look_at_sum (1025, 4096, ANF_ROUND_ALL);
  g_autoptr(AnfMicroscope) wide = look_at_sum (1025, 4096, ANF_ROUND_FACTORS | ANF_ROUND_RESULT);
  g_autoptr(AnfMicroscope) cliff = look_at_sum (8, 60000, ANF_ROUND_ALL);

  g_assert_cmpfloat (all->result, ==, 5116);
  g_assert_cmpfloat (all->exact, ==, 5120);
  g_assert_cmpfloat (all->lost[1], ==, -3);      /* the three ones beside 4096 in its tile */
  g_assert_cmpuint (all->n, ==, 1025);
  g_assert_cmpfloat (all->step[3].exact, ==, 4099);
  g_assert_cmpfloat (all->step[3].sum, ==, 4096);
  g_assert_cmpfloat (wide->result, ==, 5120);
  g_assert_true (isinf (cliff->result));
  g_assert_true (cliff->product);
}

static void
test_what_cannot_be_followed_is_refused (void)
{
  g_autoptr(AnfGraph) graph = normed ("c", "0");
  g_autoptr(AnfErrors) errors = measure (graph, NULL);
  g_autoptr(GError) no_sum = NULL, no_element = NULL, no_node = NULL;

  g_assert_false (anf_microscope_knows (anf_graph_find (graph, 4)));
  g_assert_null (anf_microscope_new (errors, (AnfRef) { 4, 0 }, 0, ANF_ROUND_ALL, &no_sum));
  g_assert_cmpuint (anf_error_get_node (no_sum), ==, 4);
  g_assert_null (anf_microscope_new (errors, (AnfRef) { 2, 0 }, 6 * 7 * 7, ANF_ROUND_ALL,
                                     &no_element));
  g_assert_nonnull (no_element);
  g_assert_null (anf_microscope_new (errors, (AnfRef) { 99, 0 }, 0, ANF_ROUND_ALL, &no_node));
  g_assert_nonnull (no_node);
}

static void
test_values_of_others_are_matched_by_name (void)
{
  g_autoptr(AnfGraph) graph = normed ("c", "0");
  g_autoptr(AnfErrors) errors = measure (graph, NULL), against = NULL, none = NULL;
  g_autoptr(AnfTensors) reference = anf_tensors_new (), wrong = anf_tensors_new ();
  g_autoptr(AnfTensor) c = NULL, exact = NULL, more = NULL, zeros = NULL;
  g_autofree float *values = g_new0 (float, 6 * 7 * 7);
  g_autoptr(GError) error = NULL;

  g_assert_true (anf_errors_values (errors, (AnfRef) { 2, 0 }, &c, &exact));
  for (gsize i = 0; i < 6 * 7 * 7; i++)
    values[i] = 2 * element (c, i);
  more = anf_tensor_new_floats (4, (const gint64[]) { 1, 6, 7, 7 }, values);
  anf_tensors_add (reference, "c", more);
  anf_tensors_add (reference, "elsewhere", more);
  against = anf_errors_against (errors, reference, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (anf_errors_n (against), ==, 1);
  /* ||c - 2 c|| / ||2 c|| */
  g_assert_cmpfloat_with_epsilon (anf_errors_nth (against, 0)->total, 0.5, 1e-6);
  g_assert_true (isnan (anf_errors_nth (against, 0)->local));

  zeros = anf_tensor_new_floats (1, (const gint64[]) { 3 }, values);
  anf_tensors_add (wrong, "y", zeros);           /* an output of 294 numbers */
  g_assert_null (anf_errors_against (errors, wrong, &error));
  g_assert_nonnull (strstr (error->message, "in the file"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/compare/record", test_a_record_says_what_the_profile_said);
  g_test_add_func ("/compare/damaged", test_damaged_records_are_refused);
  g_test_add_func ("/compare/verdict", test_noise_makes_no_verdict);
  g_test_add_func ("/compare/fusion", test_operators_meet_across_a_fusion);
  g_test_add_func ("/compare/weight", test_renamed_operators_are_known_by_their_weight);
  g_test_add_func ("/compare/diff", test_a_difference_names_its_nodes);
  g_test_add_func ("/microscope/device", test_what_the_microscope_adds_up_is_what_the_device_has);
  g_test_add_func ("/microscope/probe", test_the_published_probe_is_seen_step_by_step);
  g_test_add_func ("/microscope/refused", test_what_cannot_be_followed_is_refused);
  g_test_add_func ("/compare/reference", test_values_of_others_are_matched_by_name);
  return g_test_run ();
}
