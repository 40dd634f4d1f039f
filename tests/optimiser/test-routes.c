/* test-routes.c - bridges as fused rows, and operators that a chip lacks as others. */
#include "rig.h"

#include <math.h>
#include <string.h>

#define QKV ", \"in\": { \"q\": \"q\", \"k\": \"k\", \"v\": \"v\" }"
#define QKVM ", \"in\": { \"q\": \"q\", \"k\": \"k\", \"v\": \"v\", \"mask\": \"m\" }"
#define THREE(shape) INPUT (1, "q", shape) "," INPUT (2, "k", shape) "," INPUT (3, "v", shape)

/* The bridge and its route on the same inputs: the largest distance in steps of fp16. */
static double
distance_of (const Doc *doc)
{
  g_autoptr(AnfProgram) bridge = rig_program (doc, "0"), routed = rig_routed (doc);
  double worst = 0;

  for (guint seed = 0; seed < 4; seed++)
    {
      g_autoptr(AnfTensors) one = rig_run (bridge, seed), other = rig_run (routed, seed);

      worst = MAX (worst, rig_distance (one, other));
    }
  g_test_message ("%g steps apart", worst);
  return worst;
}

static void
test_flat_numbers_are_the_same (void)
{
  const Doc doc = { INPUT (1, "x", "[3, 5, 7]") "," NODE (2, "flatten", "y", ONE ("x")),
                    "\"y\": \"y\"", NULL };

  g_assert_cmpfloat (distance_of (&doc), ==, 0);
}

/* The same sum and power in double; only alpha may differ in its last digit there. */
static void
test_response_norms_are_one_step_apart (void)
{
  const Doc odd = { INPUT (1, "x", "[1, 7, 5, 4]") ","
                    NODE (2, "lrn", "y", ONE ("x") ATTR ("\"alpha\": 0.3, \"k\": 2")),
                    "\"y\": \"y\"", NULL };
  const Doc even = { INPUT (1, "x", "[1, 6, 5, 4]") ","
                     NODE (2, "lrn", "y", ONE ("x") ATTR ("\"beta\": 0.5")), "\"y\": \"y\"", NULL };

  g_assert_cmpfloat (distance_of (&odd), <=, 1);
  g_assert_cmpfloat (distance_of (&even), <=, 1);
}

/* One rounding there. Here the difference, the range and the range plus eps are off by half a step
 * each and so is the quotient: by 4 * 2^-11 of itself, four steps where a step is 2^-11 of it. */
static void
test_min_max_norms (void)
{
  const Doc wide = { INPUT (1, "x", "[1, 2, 5, 7]") "," NODE (2, "minmax_norm", "y", ONE ("x")),
                     "\"y\": \"y\"", NULL };
  const Doc high = { INPUT (1, "x", "[1, 2, 5, 7]") ","
                     NODE (2, "minmax_norm", "y",
                           ONE ("x") ATTR ("\"dimension\": \"Height\", \"eps\": 0.125")),
                     "\"y\": \"y\"", NULL };

  g_assert_cmpfloat (distance_of (&wide), <=, 4);
  g_assert_cmpfloat (distance_of (&high), <=, 4);
}

/* Largest difference over largest magnitude of all values. */
static double
relative_difference (AnfTensors *one, AnfTensors *other)
{
  g_autoptr(AnfTensor) a = anf_tensors_get (one, "y", NULL), b = anf_tensors_get (other, "y", NULL);
  gsize n = anf_tensor_elements (a);
  g_autofree float *x = g_new (float, n), *y = g_new (float, n);
  double worst = 0, most = 0;

  anf_tensor_read (a, 0, n, x);
  anf_tensor_read (b, 0, n, y);
  for (gsize i = 0; i < n; i++)
    {
      worst = MAX (worst, fabs ((double) x[i] - y[i]));
      most = MAX (most, fabs (x[i]));
    }
  return worst / most;
}

/* Scores are off by some 2^-11 of themselves and of the products in them; they are below 4 here, so
 * a probability is off by less than 2^-9 of itself plus its rounding, and a mix of values with
 * weights that add up to 1 by less than 2^-8 of the largest. */
#define ATTENTION_LIMIT (1.0 / 256)

static void
assert_attention (const Doc *doc)
{
  g_autoptr(AnfProgram) bridge = rig_program (doc, "0"), routed = rig_routed (doc);

  for (guint seed = 0; seed < 3; seed++)
    {
      g_autoptr(AnfTensors) one = rig_run (bridge, seed), other = rig_run (routed, seed);
      double off = relative_difference (one, other);

      g_test_message ("off by %g", off);
      g_assert_cmpfloat (off, <=, ATTENTION_LIMIT);
    }
}

static void
test_attention (void)
{
  const Doc plain = { THREE ("[1, 2, 16, 8]") "," NODE (4, "sdpa", "y", QKV), "\"y\": \"y\"",
                      NULL };
  const Doc scaled = { THREE ("[1, 2, 16, 8]") ","
                       NODE (4, "sdpa", "y", QKV ATTR ("\"scale\": 0.25")), "\"y\": \"y\"", NULL };

  assert_attention (&plain);
  assert_attention (&scaled);
}

/* The user's graph under fp32, where the bridge's kernel computes, and at its level under ane. */
static void
assert_beyond (const Doc *doc, guint n_tiles, guint n_masks)
{
  g_autoptr(AnfGraph) graph = rig_graph (doc);
  g_autoptr(AnfProgram) routed = rig_compile (graph, "0", NULL, ANF_NUMERICS_ANE);
  g_autoptr(AnfProgram) exact = rig_compile (graph, "0", NULL, ANF_NUMERICS_FP32);
  g_autoptr(AnfTensors) one = rig_run (routed, 1), other = rig_run (exact, 1);
  g_autofree char *rewrites = rig_rewrites (routed);
  const AnfSegment *segment = anf_plan_nth_segment (anf_program_plan (routed), 0);

  g_assert_cmpstr (rewrites, ==, "route y");
  g_assert_cmpuint (anf_plan_n_segments (anf_program_plan (routed)), ==, 1);
  g_assert_cmpuint (rig_count (routed, "transpose"), ==, 1);
  g_assert_cmpuint (rig_count (routed, "bmm"), ==, 2 * n_tiles);
  g_assert_cmpuint (rig_count (routed, "softmax"), ==, n_tiles);
  g_assert_cmpuint (rig_count (routed, "slice_by_size"), ==, n_tiles > 1 ? n_tiles : 0);
  g_assert_cmpuint (rig_count (routed, "concat"), ==, n_tiles > 1);
  g_assert_cmpuint (rig_count (routed, "add"), ==, n_masks);
  g_assert_cmpuint (segment->n_nodes, ==, 1);
  g_assert_cmpint (segment->nodes[0], ==, 4);
  g_assert_cmpint (segment->kind, ==, ANF_SEGMENT_FUSED);
  g_assert_cmpint (anf_plan_nth_segment (anf_program_plan (exact), 0)->kind, ==,
                   ANF_SEGMENT_BRIDGE);
  g_assert_cmpfloat (relative_difference (one, other), <=, ATTENTION_LIMIT);
}

/* 512 queries and keys: not one program of the device. From 768 queries on there are two tiles. */
static void
test_attention_beyond_the_device (void)
{
  const Doc square = { THREE ("[1, 1, 512, 8]") "," NODE (4, "sdpa", "y", QKV), "\"y\": \"y\"",
                       NULL };
  const Doc tiled = { THREE ("[1, 1, 769, 8]") "," NODE (4, "sdpa", "y", QKV), "\"y\": \"y\"",
                      NULL };
  const Doc masked = { INPUT (1, "q", "[1, 1, 4, 8]") "," INPUT (2, "k", "[1, 1, 2049, 8]") ","
                       INPUT (3, "v", "[1, 1, 2049, 8]") "," INPUT (5, "m", "[1, 1, 4, 2049]") ","
                       NODE (4, "sdpa", "y", QKVM), "\"y\": \"y\"", NULL };

  assert_beyond (&square, 1, 0);
  assert_beyond (&tiled, 2, 0);
  assert_beyond (&masked, 1, 1);
}

/* The device's program knows masks; a route would have to be measured against it first. */
static void
test_masked_and_causal_attention_stays (void)
{
  const Doc causal = { THREE ("[1, 2, 16, 8]") ","
                       NODE (4, "sdpa", "y", QKV ATTR ("\"causal\": true")), "\"y\": \"y\"", NULL };
  const Doc masked = { THREE ("[1, 2, 16, 8]") "," INPUT (5, "m", "[1, 1, 16, 16]") ","
                       NODE (4, "sdpa", "y", QKVM), "\"y\": \"y\"", NULL };

  rig_assert_steps (&causal, "routes", "y:sdpa");
  rig_assert_steps (&masked, "routes", "y:sdpa");
}

static double
estimate_of (const AnfProgram *program)
{
  g_autoptr(AnfEstimate) estimate = anf_estimate (anf_program_plan (program), NULL, "h16s");

  g_assert_null (anf_estimate_why (estimate));
  return anf_estimate_us (estimate, NULL, NULL);
}

/* A reshape inside a program costs next to nothing; a cut costs two programs more. */
static void
test_the_estimate_decides (void)
{
  const Doc doc = { INPUT (1, "x", "[2, 3, 4]") "," NODE (2, "relu", "r", ONE ("x")) ","
                    NODE (3, "flatten", "f", ONE ("r")) "," NODE (4, "tanh", "y", ONE ("f")),
                    "\"y\": \"y\"", NULL };
  g_autoptr(AnfProgram) native = rig_program (&doc, "0"), routed = rig_program (&doc, "routes");
  g_autofree char *before = rig_steps (native), *after = rig_steps (routed);
  g_autofree char *rewrites = rig_rewrites (routed);

  g_assert_cmpstr (before, ==, "r:relu | f:flatten | y:tanh");
  g_assert_cmpstr (after, ==, "r:relu f:reshape y:tanh");
  g_assert_cmpstr (rewrites, ==, "route f");
  g_assert_cmpfloat (estimate_of (routed), <, estimate_of (native));
  g_assert_null (anf_plan_nth_segment (anf_program_plan (routed), 0)->reason);
  rig_assert_unchanged (&doc, "routes");
}

/* What a route is made of joins what is around it. */
static void
test_routes_are_put_together_with_their_surroundings (void)
{
  const Doc doc = { INPUT (1, "x", "[2, 3, 4]") "," NODE (3, "flatten", "f", ONE ("x")) ","
                    NODE (4, "reshape", "v", ONE ("f") ATTR ("\"shape\": [6, 4]")) ","
                    NODE (5, "relu", "y", ONE ("v")), "\"y\": \"y\"", NULL };
  g_autoptr(AnfProgram) program = rig_program (&doc, "routes");
  g_autofree char *steps = rig_steps (program), *rewrites = rig_rewrites (program);

  g_assert_cmpstr (steps, ==, "v:reshape y:relu");
  g_assert_cmpstr (rewrites, ==, "route f; merge v f");
  rig_assert_unchanged (&doc, "routes");
}

/* None of several configurations is estimated lower than the one that was chosen. */
static void
test_several_bridges (void)
{
  const Doc doc = { INPUT (1, "x", "[1, 4, 16, 16]") "," NODE (2, "lrn", "a", ONE ("x")) ","
                    NODE (3, "relu", "b", ONE ("a")) ","
                    NODE (4, "minmax_norm", "c", ONE ("b")) "," NODE (5, "tanh", "y", ONE ("c")),
                    "\"y\": \"y\"", NULL };
  g_autoptr(AnfProgram) native = rig_program (&doc, "0"), chosen = rig_program (&doc, "routes");
  g_autoptr(AnfProgram) all = rig_routed (&doc);

  g_assert_cmpfloat (estimate_of (chosen), <=, estimate_of (native));
  g_assert_cmpfloat (estimate_of (chosen), <=, estimate_of (all));
}

/* ---- sine and cosine on chips that have none */

/* Values -6.28 to 6.28 in fp16 steps, through one operator on @target; the largest error. */
static double
wave_error (const char *op, const char *target, double (*exact) (double))
{
  g_autofree char *nodes =
    g_strdup_printf (INPUT (1, "x", "[1, 4001]") ", { \"id\": 2, \"op\": \"%s\", \"name\": \"y\""
                     ONE ("x") " }", op);
  const Doc doc = { nodes, "\"y\": \"y\"", NULL };
  g_autoptr(AnfGraph) graph = rig_graph (&doc);
  g_autoptr(AnfProgram) program = rig_compile (graph, "routes", target, ANF_NUMERICS_ANE);
  g_autoptr(AnfTensors) given = anf_tensors_new (), inputs = NULL, outputs = NULL;
  g_autoptr(AnfTensor) x = NULL, y = NULL;
  g_autofree float *values = g_new (float, 4001), *got = g_new (float, 4001);
  gint64 shape[] = { 1, 4001 };
  double worst = 0;

  /* Multiples of 2^-8 below 8 are fp16 numbers. */
  for (int i = 0; i < 4001; i++)
    values[i] = rint ((i - 2000) * (2 * G_PI / 2000) * 256) / 256;
  x = anf_tensor_new_floats (2, shape, values);
  anf_tensors_add (given, "x", x);
  inputs = anf_feed (program, given, FALSE, 0, NULL);
  outputs = anf_program_run (program, inputs, NULL, NULL, NULL);
  y = anf_tensors_get (outputs, "y", NULL);
  anf_tensor_read (y, 0, 4001, got);
  for (int i = 0; i < 4001; i++)
    worst = MAX (worst, fabs (got[i] - exact (values[i])));
  return worst;
}

/* Half a step below 1 is 2^-12. The polynomial's argument is off by up to two roundings of numbers
 * below 2 (2^-10 for both), its value by three of numbers below 1 (3 * 2^-12). */
#define WAVE_LIMIT (1.0 / 1024 + 3.0 / 4096)

static void
test_waves_on_old_chips (void)
{
  g_test_message ("sin %g cos %g", wave_error ("sin", "h13", sin), wave_error ("cos", "h13", cos));
  g_assert_cmpfloat (wave_error ("sin", "h13", sin), <=, WAVE_LIMIT);
  g_assert_cmpfloat (wave_error ("cos", "h14", cos), <=, WAVE_LIMIT);
}

static void
test_waves_only_where_they_are_missing (void)
{
  const Doc doc = { INPUT (1, "x", "[2, 3]") "," NODE (2, "sin", "y", ONE ("x")), "\"y\": \"y\"",
                    NULL };
  static const struct { const char *target; AnfNumerics numerics; const char *rewrites; } want[] = {
    { "h13", ANF_NUMERICS_ANE, "decompose y" }, { "h14", ANF_NUMERICS_LANES, "decompose y" },
    { "h13", ANF_NUMERICS_FP32, "" }, { "h15", ANF_NUMERICS_ANE, "" },
    { "h16s", ANF_NUMERICS_ANE, "" },
  };
  g_autoptr(AnfGraph) graph = rig_graph (&doc);

  for (guint i = 0; i < G_N_ELEMENTS (want); i++)
    {
      g_autoptr(AnfProgram) program = rig_compile (graph, "0", want[i].target, want[i].numerics);
      g_autofree char *rewrites = rig_rewrites (program);

      g_assert_cmpstr (rewrites, ==, want[i].rewrites);
    }
}

/* However large the angle: never outside [-1, 1], and no infinity makes a NaN. */
static void
test_waves_stay_bounded (void)
{
  const Doc doc = { INPUT (1, "x", "[1, 512]") ","
                    NODE (2, "muls", "m", ONE ("x") ATTR ("\"k\": 30000")) ","
                    NODE (3, "cos", "y", ONE ("m")), "\"y\": \"y\"", NULL };
  g_autoptr(AnfGraph) graph = rig_graph (&doc);
  g_autoptr(AnfProgram) program = rig_compile (graph, "routes", "h13", ANF_NUMERICS_ANE);
  g_autoptr(AnfTensors) outputs = rig_run (program, 3);
  g_autoptr(AnfTensor) y = anf_tensors_get (outputs, "y", NULL);
  float got[512];

  anf_tensor_read (y, 0, 512, got);
  for (guint i = 0; i < 512; i++)
    g_assert_true (fabsf (got[i]) <= 1.0f + 1.0f / 1024);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/routes/flat", test_flat_numbers_are_the_same);
  g_test_add_func ("/routes/response-norm", test_response_norms_are_one_step_apart);
  g_test_add_func ("/routes/min-max", test_min_max_norms);
  g_test_add_func ("/routes/attention", test_attention);
  g_test_add_func ("/routes/attention-beyond", test_attention_beyond_the_device);
  g_test_add_func ("/routes/attention-stays", test_masked_and_causal_attention_stays);
  g_test_add_func ("/routes/estimate", test_the_estimate_decides);
  g_test_add_func ("/routes/surroundings", test_routes_are_put_together_with_their_surroundings);
  g_test_add_func ("/routes/several", test_several_bridges);
  g_test_add_func ("/routes/waves", test_waves_on_old_chips);
  g_test_add_func ("/routes/waves-where", test_waves_only_where_they_are_missing);
  g_test_add_func ("/routes/waves-bounded", test_waves_stay_bounded);
  return g_test_run ();
}
