/* test-fix.c - findings that can be mended in one step: there before, gone after, and numbers that
 * stay where it is said that they do. */
#include "rig.h"

#include <math.h>
#include <string.h>

typedef struct
{
  const char *path, *target;
  Doc         doc;
  const char *code, *label;
  gboolean    exact;
} Case;

static guint
find_code (const AnfReport *report, const char *code)
{
  for (guint i = 0; i < anf_report_n_findings (report); i++)
    if (g_str_equal (anf_report_nth_finding (report, i)->code, code))
      return i;
  return G_MAXUINT;
}

static AnfReport *
check (AnfGraph *graph, const char *target)
{
  g_autoptr(AnfReport) report = anf_check (graph, target);

  return anf_advise (report);
}

/* Inputs keep what max_abs promises. */
static AnfTensors *
run (AnfGraph *graph, const char *target)
{
  g_autoptr(AnfProgram) program = rig_compile (graph, "0", target, ANF_NUMERICS_ANE);

  return rig_run (program, 3);
}

static void
test_case (gconstpointer data)
{
  const Case *it = data;
  g_autoptr(AnfGraph) graph = rig_graph (&it->doc), mended = NULL;
  g_autoptr(AnfReport) before = check (graph, it->target), after = NULL;
  guint finding = find_code (before, it->code);
  g_autoptr(GError) error = NULL;
  g_autofree char *label = NULL;
  gboolean exact = FALSE;

  g_assert_cmpuint (finding, !=, G_MAXUINT);
  label = anf_fix_label (before, finding, &exact);
  g_assert_cmpstr (label, ==, it->label);
  mended = anf_fix_apply (before, finding, &error);
  g_assert_no_error (error);
  after = check (mended, it->code[0] == 'T' && it->target == NULL ? NULL : it->target);
  g_assert_cmpuint (find_code (after, it->code), ==, G_MAXUINT);
  g_assert_true (anf_report_ok (after));
  g_assert_cmpint (exact && anf_report_ok (before), ==, it->exact);
  if (it->exact)
    {
      g_autoptr(AnfTensors) one = run (graph, it->target), other = run (mended, it->target);

      rig_assert_same (one, other);
    }
}

#define FC(x) NODE (9, "linear", "fc", ONE (x) ", \"weights\": { \"weight\": \"w\" }")
#define SLICE(id, name, begin) \
  NODE (id, "slice_by_size", name, ONE ("x") ATTR ("\"begin\": [0, " begin "], \"size\": [4, 8]"))
#define CONV(id, attrs) \
  NODE (id, "conv", "c", ONE ("x") ATTR (attrs) ", \"weights\": { \"weight\": \"w\" }")
#define BOUNDED(id, name, shape, most) \
  NODE (id, "input", name, ATTR ("\"shape\": " shape ", \"max_abs\": " most))

static const Case cases[] = {
  { "/fix/product/transpose", NULL,
    { INPUT (1, "x", "[4, 3]") "," FC ("x"), "\"y\": \"fc\"", DRAWN ("w", "[5, 4]", 1) },
    "SHP103", "Transpose \"x\" of fc to 3×4" },
  { "/fix/product/flatten", NULL,
    { INPUT (1, "x", "[1, 16, 7, 7]") "," FC ("x"), "\"y\": \"fc\"", DRAWN ("w", "[5, 784]", 1) },
    "SHP103", "Reshape \"x\" of fc to 1×784" },
  { "/fix/conv/channels-last", NULL,
    { INPUT (1, "x", "[1, 9, 8, 3]") "," CONV (2, "\"pad\": 1"), "\"y\": \"c\"",
      DRAWN ("w", "[4, 3, 3, 3]", 1) },
    "SHP103", "Transpose \"x\" of c to 1×3×9×8" },
  { "/fix/conv/groups", NULL,
    { INPUT (1, "x", "[1, 6, 8, 8]") "," CONV (2, "\"pad\": 1"), "\"y\": \"c\"",
      DRAWN ("w", "[4, 3, 3, 3]", 1) },
    "SHP103", "Set \"groups\" of c to 2" },
  { "/fix/conv/groups-divide", NULL,
    { INPUT (1, "x", "[1, 6, 8, 8]") "," NODE (2, "group_norm", "g", ONE ("x")
        ATTR ("\"groups\": 4") ", \"weights\": { \"gamma\": \"w\", \"beta\": \"w\" }"),
      "\"y\": \"g\"", DRAWN ("w", "[6]", 1) },
    "SHP110", "Set \"groups\" of g to 3" },
  { "/fix/conv/pad", NULL,
    { INPUT (1, "x", "[1, 3, 2, 2]") "," CONV (2, "\"stride\": 1"), "\"y\": \"c\"",
      DRAWN ("w", "[4, 3, 5, 5]", 1) },
    "SHP104", "Set \"pad\" of c to 2" },
  { "/fix/add/bias-of-channels", NULL,
    { INPUT (1, "x", "[1, 16, 7, 5]") "," INPUT (2, "b", "[16]") ","
      NODE (3, "add", "s", TWO ("x", "b")), "\"y\": \"s\"", NULL },
    "SHP102", "Reshape \"y\" of s to 16×1×1" },
  { "/fix/add/transpose", NULL,
    { INPUT (1, "x", "[3, 4]") "," INPUT (2, "b", "[4, 3]") ","
      NODE (3, "add", "s", TWO ("x", "b")), "\"y\": \"s\"", NULL },
    "SHP102", "Transpose \"y\" of s to 3×4" },
  { "/fix/rank", NULL,
    { INPUT (1, "x", "[3, 8, 8]") "," CONV (2, "\"pad\": 1"), "\"y\": \"c\"",
      DRAWN ("w", "[4, 3, 3, 3]", 1) },
    "SHP101", "Reshape \"x\" of c to 1×3×8×8" },
  { "/fix/concat/transpose", NULL,
    { INPUT (1, "x", "[2, 3]") "," INPUT (2, "b", "[5, 2]") ","
      NODE (3, "concat", "s", ", \"in\": { \"values\": [\"x\", \"b\"] }" ATTR ("\"axis\": 1")),
      "\"y\": \"s\"", NULL },
    "SHP107", "Transpose \"values\" of s to 2×5" },
  { "/fix/reshape", NULL,
    { INPUT (1, "x", "[2, 14, 28]") ","
      NODE (2, "reshape", "r", ONE ("x") ATTR ("\"shape\": [1, 512]")), "\"y\": \"r\"", NULL },
    "SHP106", "Set \"shape\" of r to [1, 784]" },
  { "/fix/squeeze", NULL,
    { INPUT (1, "x", "[1, 3, 4]") ","
      NODE (2, "squeeze", "r", ONE ("x") ATTR ("\"axes\": [0, 1]")), "\"y\": \"r\"", NULL },
    "SHP112", "Set \"axes\" of r to [0]" },
  { "/fix/axis", NULL,
    { INPUT (1, "x", "[3, 4]") ","
      NODE (2, "softmax", "r", ONE ("x") ATTR ("\"axis\": 2")), "\"y\": \"r\"", NULL },
    "ATR114", "Set \"axis\" of r to -1" },
  { "/fix/truth-value", NULL,
    { INPUT (1, "x", "[3, 4]") "," NODE (2, "greater", "g", TWO ("x", "x")) ","
      NODE (3, "relu", "r", ONE ("g")), "\"y\": \"r\"", NULL },
    "SHP109", "Cast \"x\" of r to fp16" },
  { "/fix/wide-kernel/turned", NULL,
    { INPUT (1, "x", "[1, 3, 6, 40]") ","
      CONV (2, "\"pad\": [1, 0, 4, 9], \"stride\": [1, 2], \"groups\": 1"), "\"y\": \"c\"",
      DRAWN ("w", "[4, 3, 3, 21]", 1) },
    "LIM101", "Split the kernel of c" },
  { "/fix/wide-kernel/old-chip", "h13",
    { INPUT (1, "x", "[1, 3, 6, 40]") "," CONV (2, "\"pad\": 1"), "\"y\": \"c\"",
      DRAWN ("w", "[4, 3, 3, 15]", 1) },
    "TGT201", "Split the kernel of c" },
  { "/fix/no-output", NULL,
    { INPUT (1, "x", "[3, 4]") "," NODE (2, "relu", "r", ONE ("x")), "", NULL },
    "DOC102", "Make r an output" },
  { "/fix/not-needed", NULL,
    { INPUT (1, "x", "[3, 4]") "," NODE (2, "relu", "r", ONE ("x")) ","
      NODE (3, "tanh", "t", ONE ("x")), "\"y\": \"r\"", NULL },
    "DOC301", "Delete t", TRUE },
  { "/fix/long-sum", NULL,
    { BOUNDED (1, "x", "[3, 300, 5]", "4") ","
      NODE (2, "reduce_sum", "s", ONE ("x") ATTR ("\"axes\": [1]")), "\"y\": \"s\"", NULL },
    "NUM301", "Write s as a product with ones", TRUE },
  { "/fix/long-sum/last-axis", NULL,
    { BOUNDED (1, "x", "[3, 300]", "4") ","
      NODE (2, "reduce_sum", "s", ONE ("x") ATTR ("\"axes\": [-1]")), "\"y\": \"s\"", NULL },
    "NUM301", "Write s as a product with ones", TRUE },
  { "/fix/long-sum/two-axes", NULL,
    { BOUNDED (1, "x", "[20, 3, 30]", "4") ","
      NODE (2, "reduce_sum", "s", ONE ("x") ATTR ("\"axes\": [0, 2]")), "\"y\": \"s\"", NULL },
    "NUM301", "Write s as a product with ones", TRUE },
  { "/fix/long-sum/that-may-overflow", NULL,
    { INPUT (1, "x", "[3, 300]") ","
      NODE (2, "reduce_sum", "s", ONE ("x") ATTR ("\"axes\": [-1]")), "\"y\": \"s\"", NULL },
    "NUM301", "Write s as a product with ones" },
  { "/fix/slice", "h13",
    { BOUNDED (1, "x", "[4, 20]", "5000") "," SLICE (2, "s", "3"), "\"y\": \"s\"", NULL },
    "NUM201", "Write s as a slice of an axis that is not the last", TRUE },
  { "/fix/joined-slices", "h15",
    { INPUT (1, "x", "[4, 20]") "," SLICE (2, "s", "3") "," SLICE (3, "t", "7") ","
      NODE (4, "concat", "c", ", \"in\": { \"values\": [\"s\", \"t\"] }" ATTR ("\"axis\": 0")),
      "\"y\": \"c\"", NULL },
    "NUM202", "Write the slices of c along another axis", TRUE },
  { "/fix/number", NULL,
    { INPUT (1, "x", "[4, 20]") "," NODE (2, "muls", "m", ONE ("x") ATTR ("\"k\": -1e6")),
      "\"y\": \"m\"", NULL },
    "NUM203", "Set \"k\" of m to -65504" },
  { "/fix/difference", NULL,
    { INPUT (1, "x", "[8, 6]") "," INPUT (2, "z", "[8, 7]") ","
      NODE (3, "linear", "p", ONE ("x") ", \"weights\": { \"weight\": \"w\", \"bias\": \"b\" }") ","
      NODE (4, "linear", "q", ONE ("z") ", \"weights\": { \"weight\": \"v\" }") ","
      NODE (5, "sub", "d", TWO ("p", "q")), "\"y\": \"d\"",
      DRAWN ("w", "[9, 6]", 1) "," DRAWN ("v", "[9, 7]", 2) "," DRAWN ("b", "[9]", 3) },
    "NUM302", "Write d as one product of both sides" },
  { "/fix/fan-in", NULL,
    { BOUNDED (1, "x", "[2, 400]", "100") "," FC ("x"), "\"y\": \"fc\"",
      "\"w\": { \"init\": \"ones\", \"shape\": [3, 400] }" },
    "NUM303", "Write fc as a product of smaller numbers" },
};

/* ---- what the mended graphs compute, where rounding differs */

static AnfTensors *
run_exact (AnfGraph *graph)
{
  g_autoptr(AnfProgram) program = rig_compile (graph, "0", NULL, ANF_NUMERICS_FP32);

  return rig_run (program, 3);
}

static AnfGraph *
mend (AnfGraph *graph, const char *code)
{
  g_autoptr(AnfReport) report = check (graph, NULL);
  g_autoptr(GError) error = NULL;
  AnfGraph *mended = anf_fix_apply (report, find_code (report, code), &error);

  g_assert_no_error (error);
  return mended;
}

static double
largest_difference (AnfTensors *one, AnfTensors *other)
{
  g_autoptr(AnfTensor) a = anf_tensors_get (one, "y", NULL), b = anf_tensors_get (other, "y", NULL);
  gsize n = anf_tensor_elements (a);
  g_autofree float *x = g_new (float, n), *y = g_new (float, n);
  double most = 0;

  anf_tensor_read (a, 0, n, x);
  anf_tensor_read (b, 0, n, y);
  for (gsize i = 0; i < n; i++)
    most = MAX (most, fabs ((double) x[i] - y[i]));
  return most;
}

/* x A - x B with A and B nearly the same: products near 100, differences near 0.1. */
static void
test_difference_of_products_keeps_what_cancels (void)
{
  const Doc doc = {
    INPUT (1, "x", "[16, 64]") ","
    NODE (2, "linear", "p", ONE ("x") ", \"weights\": { \"weight\": \"w\" }") ","
    NODE (3, "linear", "q", ONE ("z") ", \"weights\": { \"weight\": \"w\" }") ","
    NODE (4, "muls", "big", ONE ("x") ATTR ("\"k\": 16")) ","
    NODE (5, "adds", "z", ONE ("big") ATTR ("\"k\": 0.015625")) ","
    NODE (6, "linear", "r", ONE ("big") ", \"weights\": { \"weight\": \"w\" }") ","
    NODE (7, "sub", "d", TWO ("r", "q")) "," NODE (8, "add", "s", TWO ("d", "d")),
    "\"y\": \"s\"", DRAWN ("w", "[32, 64]", 1) };
  g_autoptr(AnfGraph) graph = rig_graph (&doc), mended = mend (graph, "NUM302");
  g_autoptr(AnfTensors) exact = run_exact (graph), exactly = run_exact (mended);
  g_autoptr(AnfTensors) plain = run (graph, NULL), better = run (mended, NULL);

  /* The same function of the same inputs. */
  g_assert_cmpfloat (largest_difference (exact, exactly), <, 1e-3);
  /* The input of q is rounded to fp16 in both; what is left of the products' rounding is less. */
  g_assert_cmpfloat (largest_difference (better, exact), <, largest_difference (plain, exact));
}

/* Turned on its side a kernel meets the same numbers: it is compared with a sum written out by
 * shorter kernels, each of which all chips take. */
static void
test_wide_kernel_computes_the_convolution (void)
{
  static const struct { const char *pad, *weight; } ways[] = {
    { "[1, 0, 4, 9]", "[4, 3, 3, 21]" }, { "[7, 7, 8, 8]", "[4, 3, 15, 17]" },
    { "[0, 0, 0, 0]", "[2, 3, 14, 29]" }, { "[6, 6, 20, 20]", "[2, 3, 14, 41]" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_autofree char *attrs = g_strdup_printf ("\"pad\": %s, \"stride\": [1, 2]", ways[i].pad);
      g_autofree char *nodes =
        g_strdup_printf ("%s, { \"id\": 2, \"op\": \"conv\", \"name\": \"c\", \"in\": { \"x\": "
                         "\"x\" }, \"attrs\": { %s }, \"weights\": { \"weight\": \"w\" } }",
                         INPUT (1, "x", "[1, 3, 16, 40]"), attrs);
      g_autofree char *weight = g_strdup_printf ("\"w\": { \"init\": \"normal\", \"shape\": %s, "
                                                 "\"seed\": 5 }", ways[i].weight);
      Doc doc = { nodes, "\"y\": \"c\"", weight };
      g_autoptr(AnfGraph) graph = rig_graph (&doc), mended = mend (graph, "LIM101");
      g_autoptr(AnfTensors) got = run_exact (mended);
      g_autoptr(AnfTensor) y = anf_tensors_get (got, "y", NULL);
      AnfTensor *w = anf_graph_tensor_of (graph, anf_graph_find (graph, 2), "weight");
      gint64 pad[4], kh = anf_tensor_dim (w, 2), kw = anf_tensor_dim (w, 3);
      gint64 oh = anf_tensor_dim (y, 2), ow = anf_tensor_dim (y, 3);
      g_autofree float *x = g_new (float, 3 * 16 * 40);
      g_autofree float *k = g_new (float, anf_tensor_elements (w));
      g_autofree float *out = g_new (float, anf_tensor_elements (y));

      anf_node_ints (anf_graph_find (graph, 2), "pad", pad, 4);
      g_assert_cmpint (oh, ==, 16 + pad[0] + pad[1] - kh + 1);
      g_assert_cmpint (ow, ==, (40 + pad[2] + pad[3] - kw) / 2 + 1);
      anf_random_normal (3, 1, 3 * 16 * 40, x);       /* as rig_run draws it: seed and input 0 */
      anf_tensor_read (w, 0, anf_tensor_elements (w), k);
      anf_tensor_read (y, 0, anf_tensor_elements (y), out);
      for (gint64 o = 0; o < anf_tensor_dim (w, 0); o++)
        for (gint64 r = 0; r < oh; r++)
          for (gint64 c = 0; c < ow; c++)
            {
              double sum = 0;

              for (gint64 j = 0; j < 3 * kh * kw; j++)
                {
                  gint64 h = r - pad[0] + j / kw % kh, v = 2 * c - pad[2] + j % kw;

                  if (h >= 0 && h < 16 && v >= 0 && v < 40)
                    sum += (double) k[o * 3 * kh * kw + j] * x[(j / (kh * kw) * 16 + h) * 40 + v];
                }
              g_assert_cmpfloat (fabs (sum - out[(o * oh + r) * ow + c]), <, 1e-3);
            }
    }
}

static void
test_large_fan_in_stays_finite (void)
{
  const Doc doc = { BOUNDED (1, "x", "[2, 400]", "100") "," NODE (2, "abs", "a", ONE ("x")) ","
                    NODE (3, "adds", "b", ONE ("a") ATTR ("\"k\": 90")) "," FC ("b"),
                    "\"y\": \"fc\"", "\"w\": { \"init\": \"ones\", \"shape\": [3, 400] }" };
  g_autoptr(AnfGraph) graph = rig_graph (&doc), mended = mend (graph, "NUM303");
  g_autoptr(AnfTensors) plain = run (graph, NULL), better = run (mended, NULL);
  g_autoptr(AnfTensors) exact = run_exact (graph);

  g_assert_true (isinf (largest_difference (plain, exact)));
  /* One step of fp16 at 36,000. */
  g_assert_cmpfloat (largest_difference (better, exact), <, 32);
}

static void
test_graph_that_only_starts_a_program_is_told (void)
{
  const Doc doc = { INPUT (1, "x", "[3, 4]") "," NODE (2, "relu", "r", ONE ("x")), "\"y\": \"r\"",
                    NULL };
  g_autoptr(AnfGraph) graph = rig_graph (&doc);
  g_autoptr(AnfReport) plain = anf_check (graph, NULL), report = anf_advise (plain);

  g_assert_cmpuint (find_code (plain, "EST301"), ==, G_MAXUINT);
  g_assert_cmpuint (find_code (report, "EST301"), !=, G_MAXUINT);
}

static void
test_bridge_left_whole_can_be_fused (void)
{
  g_autoptr(GError) error = NULL;
  static const char text[] =
    "{ \"aneforge\": 1, \"compile\": { \"opt\": \"0\" }, \"nodes\": [ "
    INPUT (1, "x", "[2, 3, 4]") "," NODE (2, "flatten", "f", ONE ("x"))
    "], \"outputs\": { \"y\": \"f\" } }";
  g_autoptr(AnfGraph) graph = anf_document_parse (text, strlen (text), NULL, &error);
  g_autoptr(AnfGraph) mended = mend (graph, "RTE301");
  g_autoptr(AnfTensors) one = run (graph, NULL), other = run (mended, NULL);
  g_autoptr(AnfProgram) program = rig_compile (mended, "0", NULL, ANF_NUMERICS_ANE);

  rig_assert_same (one, other);
  g_assert_cmpuint (anf_plan_n_segments (anf_program_plan (program)), ==, 1);
  g_assert_cmpint (anf_plan_nth_segment (anf_program_plan (program), 0)->kind, ==,
                   ANF_SEGMENT_FUSED);
}

/* Nothing is offered where nothing is known. */
static void
test_missing_wire_has_no_fix (void)
{
  const Doc doc = { NODE (1, "relu", "r", ""), "\"y\": \"r\"", NULL };
  g_autoptr(AnfGraph) graph = rig_graph (&doc);
  g_autoptr(AnfReport) report = anf_check (graph, NULL);
  g_autoptr(GError) error = NULL;
  guint finding = find_code (report, "WIR101");

  g_assert_null (anf_fix_label (report, finding, NULL));
  g_assert_null (anf_fix_apply (report, finding, &error));
  g_assert_error (error, ANF_ERROR, ANF_ERROR_COMPILE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_test_add_data_func (cases[i].path, &cases[i], test_case);
  g_test_add_func ("/fix/difference/keeps-what-cancels",
                   test_difference_of_products_keeps_what_cancels);
  g_test_add_func ("/fix/wide-kernel/computes-the-convolution",
                   test_wide_kernel_computes_the_convolution);
  g_test_add_func ("/fix/fan-in/stays-finite", test_large_fan_in_stays_finite);
  g_test_add_func ("/fix/floor-is-told", test_graph_that_only_starts_a_program_is_told);
  g_test_add_func ("/fix/bridge-can-be-fused", test_bridge_left_whole_can_be_fused);
  g_test_add_func ("/fix/missing-wire-has-none", test_missing_wire_has_no_fix);
  return g_test_run ();
}
