/* test-levels.c - what the levels 1 and 2 may do at the cost of a number, and when. */
#include "rig.h"

#include <math.h>
#include <string.h>

#define SCALE(id, op, name, from, k) NODE (id, op, name, ONE (from) ATTR ("\"k\": " k))

/* ---- chains of scalars */

static AnfProgram *
compile (const Doc *doc, const char *opt, AnfNumerics numerics)
{
  g_autoptr(AnfGraph) graph = rig_graph (doc);

  return rig_compile (graph, opt, NULL, numerics);
}

/* Largest distance of an output from what fp32 computes. */
static double
error_of (const Doc *doc, const char *opt)
{
  g_autoptr(AnfProgram) exact = compile (doc, "0", ANF_NUMERICS_FP32);
  g_autoptr(AnfProgram) program = compile (doc, opt, ANF_NUMERICS_ANE);
  double worst = 0;

  for (guint seed = 0; seed < 5; seed++)
    {
      g_autoptr(AnfTensors) want = rig_run (exact, seed), got = rig_run (program, seed);
      g_autoptr(AnfTensor) a = anf_tensors_get (want, "y", NULL);
      g_autoptr(AnfTensor) b = anf_tensors_get (got, "y", NULL);
      gsize n = anf_tensor_elements (a);
      g_autofree float *x = g_new (float, n), *y = g_new (float, n);

      anf_tensor_read (a, 0, n, x);
      anf_tensor_read (b, 0, n, y);
      for (gsize i = 0; i < n; i++)
        worst = MAX (worst, fabs ((double) x[i] - y[i]));
    }
  return worst;
}

static void
test_factors_become_one (void)
{
  const Doc doc = { INPUT (1, "x", "[40, 50]") "," SCALE (2, "muls", "a", "x", "0.3") ","
                    SCALE (3, "muls", "b", "a", "0.7") "," SCALE (4, "muls", "c", "b", "1.9"),
                    "\"y\": \"c\"", NULL };
  g_autoptr(AnfProgram) program = rig_program (&doc, "1");
  g_autofree char *rewrites = rig_rewrites (program);
  const AnfNode *c = anf_graph_find (rig_lowered (program), 4);

  g_assert_cmpstr (rewrites, ==, "chain b a; chain c b");
  g_assert_cmpuint (rig_count (program, "muls"), ==, 1);
  g_assert_cmpfloat_with_epsilon (anf_node_real (c, "k"), 0.3 * 0.7 * 1.9, 1e-12);
  rig_assert_steps (&doc, "routes", "a:muls b:muls c:muls");
  g_assert_cmpfloat (error_of (&doc, "1"), <=, error_of (&doc, "0"));
}

/* 1000 + x - 1000: what rounding takes from x between the two is not taken. */
static void
test_summands_become_one (void)
{
  const Doc doc = { INPUT (1, "x", "[40, 50]") "," SCALE (2, "adds", "a", "x", "1000") ","
                    SCALE (3, "adds", "b", "a", "-999"), "\"y\": \"b\"", NULL };

  rig_assert_steps (&doc, "1", "b:adds");
  g_assert_cmpfloat (error_of (&doc, "1"), <, error_of (&doc, "0") / 8);
}

static void
test_numbers_beyond_fp16_stay_apart (void)
{
  const Doc large = { INPUT (1, "x", "[4]") "," SCALE (2, "muls", "a", "x", "1000") ","
                      SCALE (3, "muls", "b", "a", "1000"), "\"y\": \"b\"", NULL };
  const Doc small = { INPUT (1, "x", "[4]") "," SCALE (2, "muls", "a", "x", "0.001") ","
                      SCALE (3, "muls", "b", "a", "0.001"), "\"y\": \"b\"", NULL };

  rig_assert_steps (&large, "1", "a:muls b:muls");
  rig_assert_steps (&small, "1", "a:muls b:muls");
}

/* ---- int8 */

#define FC ", \"weights\": { \"weight\": \"w\" }"
#define BOUNDED(id, name, shape, most) \
  NODE (id, "input", name, ATTR ("\"shape\": " shape ", \"max_abs\": " most))

static guint
count_encoding (const AnfProgram *program, AnfEncoding encoding)
{
  const AnfWeights *weights = anf_program_weights (program);
  guint n = 0;

  for (guint i = 0; i < anf_weights_n (weights); i++)
    n += anf_weights_nth (weights, i)->chosen == encoding;
  return n;
}

static void
assert_int8 (const char *max_abs, const char *compress, const char *opt, const char *target,
             guint want)
{
  g_autofree char *nodes =
    g_strdup_printf ("{ \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": "
                     "[2, 512]%s%s } }, { \"id\": 2, \"op\": \"linear\", \"name\": \"y\", \"in\": "
                     "{ \"x\": \"x\" } " FC "%s }", max_abs != NULL ? ", \"max_abs\": " : "",
                     max_abs != NULL ? max_abs : "", compress);
  Doc doc = { nodes, "\"y\": \"y\"", DRAWN ("w", "[512, 512]", 4) };
  g_autoptr(AnfGraph) graph = rig_graph (&doc);
  g_autoptr(AnfProgram) program = rig_compile (graph, opt, target, ANF_NUMERICS_ANE);

  g_assert_cmpuint (count_encoding (program, ANF_INT8), ==, want);
}

/* The limit is 4094; bounds are fp16 numbers, the next one up is 4096. */
static void
test_int8_needs_a_bound (void)
{
  assert_int8 ("1", "", "1", "h16s", 1);
  assert_int8 ("4094", "", "1", "h16s", 1);
  assert_int8 ("4095", "", "1", "h16s", 0);
  assert_int8 (NULL, "", "1", "h16s", 0);
}

static void
test_int8_is_not_taken_otherwise (void)
{
  assert_int8 ("1", "", "routes", "h16s", 0);
  assert_int8 ("1", "", "0", "h16s", 0);
  assert_int8 ("1", "", "1", "h13", 0);          /* does not stream there */
  assert_int8 ("1", ", \"compress\": { \"weight\": \"fp16\" }", "1", "h16s", 0);
}

static void
test_int8_is_told (void)
{
  const Doc doc = { BOUNDED (1, "x", "[2, 512]", "1") "," NODE (2, "linear", "y", ONE ("x") FC),
                    "\"y\": \"y\"", DRAWN ("w", "[512, 512]", 4) };
  g_autoptr(AnfProgram) program = rig_program (&doc, "1");
  g_autofree char *rewrites = rig_rewrites (program);

  g_assert_cmpstr (rewrites, ==, "int8 y");
}

/* One value of unknown size that meets a weight is enough. */
static void
test_one_unknown_bound_is_enough (void)
{
  const Doc doc = { BOUNDED (1, "x", "[2, 512]", "1") "," NODE (2, "linear", "y", ONE ("x") FC) ","
                    INPUT (3, "u", "[2, 512]") "," NODE (4, "linear", "z", ONE ("u") FC),
                    "\"y\": \"y\", \"z\": \"z\"", DRAWN ("w", "[512, 512]", 4) };
  g_autoptr(AnfProgram) program = rig_program (&doc, "1");

  g_assert_cmpuint (count_encoding (program, ANF_INT8), ==, 0);
}

/* ---- level 2 */

static char *
cache_text (void)
{
  g_autofree char *path = g_build_filename (g_getenv ("ANEFORGE_CACHE_DIR"), "autotune.json", NULL);
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, NULL);
  return text;
}

static void
test_level_2_is_measured_and_remembered (void)
{
  const Doc doc = { INPUT (1, "x", "[8, 33]") "," SCALE (2, "muls", "a", "x", "1") ","
                    NODE (3, "tanh", "t", ONE ("a")), "\"y\": \"t\"", NULL };
  g_autoptr(AnfProgram) plain = rig_program (&doc, "0"), first = rig_program (&doc, "2");
  g_autoptr(AnfProgram) next = NULL;
  g_autofree char *text = cache_text (), *again = NULL;
  g_autoptr(AnfTensors) want = rig_run (plain, 3), got = rig_run (first, 3);

  g_assert_nonnull (text);
  next = rig_program (&doc, "2");
  again = cache_text ();
  g_assert_cmpstr (again, ==, text);
  g_assert_cmpuint (anf_program_n_rewrites (next), ==, anf_program_n_rewrites (first));
  g_assert_cmpstr (anf_program_options (first)->settings.opt, ==, "2");
  rig_assert_same (want, got);
}

/* What was remembered is taken, and what is no such file does no harm. */
static void
test_memory_is_used (void)
{
  const Doc doc = { INPUT (1, "x", "[8, 34]") "," SCALE (2, "muls", "a", "x", "1") ","
                    NODE (3, "tanh", "t", ONE ("a")), "\"y\": \"t\"", NULL };
  g_autofree char *path = g_build_filename (g_getenv ("ANEFORGE_CACHE_DIR"), "autotune.json", NULL);
  static const char *const names[] = { "\"0\"", "\"1\"" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr(AnfProgram) measured = rig_program (&doc, "2"), told = NULL;
      g_autofree char *text = cache_text ();
      GRegex *any = g_regex_new ("\"(0|routes|1)\"", 0, 0, NULL);
      g_autofree char *now = g_regex_replace_literal (any, text, -1, 0, names[i], 0, NULL);

      g_assert_true (g_file_set_contents (path, now, -1, NULL));
      told = rig_program (&doc, "2");
      g_assert_cmpuint (anf_program_n_rewrites (told), ==, i);
      g_regex_unref (any);
    }
  g_assert_true (g_file_set_contents (path, "[ 1, 2", -1, NULL));
  {
    g_autoptr(AnfProgram) program = rig_program (&doc, "2");

    g_assert_nonnull (program);
  }
}

/* Attention left whole may be quicker here; for the chip it is the slower way by far. */
static void
test_what_is_slower_on_the_target_is_not_taken (void)
{
  const Doc doc = {
    INPUT (1, "x", "[1, 4, 64, 32]") ","
    NODE (2, "sdpa", "a", ", \"in\": { \"q\": \"x\", \"k\": \"x\", \"v\": \"x\" }"),
    "\"y\": \"a\"", NULL };
  g_autoptr(AnfProgram) program = rig_program (&doc, "2");

  g_assert_cmpuint (rig_count (program, "sdpa"), ==, 0);
}

int
main (int argc, char **argv)
{
  char *cache = rig_begin_cache ();

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/levels/chain/factors", test_factors_become_one);
  g_test_add_func ("/levels/chain/summands", test_summands_become_one);
  g_test_add_func ("/levels/chain/beyond-fp16", test_numbers_beyond_fp16_stay_apart);
  g_test_add_func ("/levels/int8/bound", test_int8_needs_a_bound);
  g_test_add_func ("/levels/int8/otherwise", test_int8_is_not_taken_otherwise);
  g_test_add_func ("/levels/int8/told", test_int8_is_told);
  g_test_add_func ("/levels/int8/unknown", test_one_unknown_bound_is_enough);
  g_test_add_func ("/levels/measured/remembered", test_level_2_is_measured_and_remembered);
  g_test_add_func ("/levels/measured/target", test_what_is_slower_on_the_target_is_not_taken);
  g_test_add_func ("/levels/measured/memory", test_memory_is_used);
  return rig_end_cache (cache, g_test_run ());
}
