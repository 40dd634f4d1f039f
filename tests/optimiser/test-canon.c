/* test-canon.c - what is left out and what becomes one, rule by rule. */
#include "rig.h"

#define K(value) ATTR ("\"k\": " value)
#define SHAPE(value) ATTR ("\"shape\": " value)
#define PERM(value) ATTR ("\"perm\": " value)

static void
test_a_factor_of_one (void)
{
  const Doc doc = { INPUT (1, "x", "[2, 3]") "," NODE (2, "relu", "r", ONE ("x")) ","
                    NODE (3, "muls", "one", ONE ("r") K ("1")) ","
                    NODE (4, "tanh", "t", ONE ("one")), "\"y\": \"t\"", NULL };
  g_autoptr(AnfProgram) program = rig_program (&doc, "routes");
  g_autofree char *steps = rig_steps (program), *rewrites = rig_rewrites (program);

  g_assert_cmpstr (steps, ==, "r:relu t:tanh");
  g_assert_cmpstr (rewrites, ==, "identity one r");
  rig_assert_steps (&doc, "0", "r:relu one:muls t:tanh");
  rig_assert_unchanged (&doc, "routes");
}

static void
test_a_summand_of_zero (void)
{
  const Doc doc = { INPUT (1, "x", "[2, 3]") "," NODE (2, "adds", "nothing", ONE ("x") K ("0")) ","
                    NODE (3, "adds", "some", ONE ("nothing") K ("0.5")), "\"y\": \"some\"", NULL };

  rig_assert_steps (&doc, "routes", "some:adds");
  rig_assert_unchanged (&doc, "routes");
}

/* A factor that is 1 in fp16 only is the user's affair. */
static void
test_factors_near_one_stay (void)
{
  const Doc doc = { INPUT (1, "x", "[2, 3]") "," NODE (2, "muls", "m", ONE ("x") K ("1.0001")) ","
                    NODE (3, "relu", "r", ONE ("m")), "\"y\": \"r\"", NULL };

  rig_assert_steps (&doc, "routes", "m:muls r:relu");
}

static void
test_a_cast_to_what_it_is (void)
{
  const Doc inside = { INPUT (1, "x", "[2, 3]") "," NODE (2, "relu", "r", ONE ("x")) ","
                       NODE (3, "cast", "c", ONE ("r") ATTR ("\"dtype\": \"fp16\"")) ","
                       NODE (4, "tanh", "t", ONE ("c")), "\"y\": \"t\"", NULL };
  const Doc of_input = { INPUT (1, "x", "[2, 3]") ","
                         NODE (2, "cast", "c", ONE ("x") ATTR ("\"dtype\": \"fp16\"")) ","
                         NODE (3, "tanh", "t", ONE ("c")), "\"y\": \"t\"", NULL };
  const Doc of_bytes = { NODE (1, "input", "x",
                               ATTR ("\"shape\": [2, 3], \"dtype\": \"uint8\"")) ","
                         NODE (2, "reshape", "v", ONE ("x") SHAPE ("[3, 2]")) ","
                         NODE (3, "cast", "c", ONE ("v") ATTR ("\"dtype\": \"fp16\"")) ","
                         NODE (4, "tanh", "t", ONE ("c")), "\"y\": \"t\"", NULL };

  rig_assert_steps (&inside, "routes", "r:relu t:tanh");
  rig_assert_steps (&of_input, "routes", "c:cast t:tanh");
  rig_assert_steps (&of_bytes, "routes", "v:reshape c:cast t:tanh");
  rig_assert_unchanged (&inside, "routes");
}

static void
test_a_reshape_to_the_same_shape (void)
{
  const Doc doc = { INPUT (1, "x", "[2, 3]") ","
                    NODE (2, "reshape", "v", ONE ("x") SHAPE ("[2, 3]")) ","
                    NODE (3, "relu", "r", ONE ("v")), "\"y\": \"r\"", NULL };

  rig_assert_steps (&doc, "routes", "r:relu");
  rig_assert_unchanged (&doc, "routes");
}

/* The last one stays: names and outputs speak of it. */
static void
test_two_reshapes_are_one (void)
{
  const Doc doc = { INPUT (1, "x", "[2, 3, 4]") ","
                    NODE (2, "reshape", "a", ONE ("x") SHAPE ("[6, 4]")) ","
                    NODE (3, "reshape", "b", ONE ("a") SHAPE ("[3, 8]")), "\"y\": \"b\"", NULL };
  g_autoptr(AnfProgram) program = rig_program (&doc, "routes");
  g_autofree char *steps = rig_steps (program), *rewrites = rig_rewrites (program);

  g_assert_cmpstr (steps, ==, "b:reshape");
  g_assert_cmpstr (rewrites, ==, "merge b a");
  g_assert_cmpint (anf_plan_segment_of (anf_program_plan (program), 3), ==, 0);
  g_assert_cmpint (anf_plan_segment_of (anf_program_plan (program), 2), ==, -1);
  rig_assert_unchanged (&doc, "routes");
}

/* p[i] = inner[outer[i]]: worked out by hand for [2, 0, 1] over [1, 0, 2]. */
static void
test_two_transposes_are_one (void)
{
  const Doc doc = { INPUT (1, "x", "[2, 3, 4]") ","
                    NODE (2, "transpose", "a", ONE ("x") PERM ("[1, 0, 2]")) ","
                    NODE (3, "transpose", "b", ONE ("a") PERM ("[2, 0, 1]")), "\"y\": \"b\"",
                    NULL };
  g_autoptr(AnfProgram) program = rig_program (&doc, "routes");
  g_autoptr(GError) error = NULL;
  g_autofree char *steps = rig_steps (program), *mil = anf_program_mil (program, 0, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (steps, ==, "b:transpose");
  g_assert_nonnull (g_strstr_len (mil, -1, "[2, 1, 0]"));
  rig_assert_unchanged (&doc, "routes");
}

static void
test_transposes_that_undo_each_other (void)
{
  const Doc doc = { INPUT (1, "x", "[2, 3, 4]") ","
                    NODE (2, "transpose", "a", ONE ("x") PERM ("[1, 2, 0]")) ","
                    NODE (3, "transpose", "b", ONE ("a") PERM ("[-1, 0, 1]")) ","
                    NODE (4, "relu", "r", ONE ("b")), "\"y\": \"r\"", NULL };

  rig_assert_steps (&doc, "routes", "r:relu");
  rig_assert_unchanged (&doc, "routes");
}

static void
test_not_not (void)
{
  const Doc doc = { INPUT (1, "x", "[2, 3]") "," INPUT (2, "z", "[2, 3]") ","
                    NODE (3, "greater", "g", TWO ("x", "z")) ","
                    NODE (4, "logical_not", "n", ONE ("g")) ","
                    NODE (5, "logical_not", "nn", ONE ("n")) ","
                    NODE (6, "select", "s",
                          ", \"in\": { \"cond\": \"nn\", \"a\": \"x\", \"b\": \"z\" }"),
                    "\"y\": \"s\"", NULL };

  rig_assert_steps (&doc, "routes", "g:greater s:select");
  rig_assert_unchanged (&doc, "routes");
}

static void
test_what_others_read_stays (void)
{
  const Doc wired = { INPUT (1, "x", "[2, 3, 4]") ","
                      NODE (2, "reshape", "a", ONE ("x") SHAPE ("[6, 4]")) ","
                      NODE (3, "reshape", "b", ONE ("a") SHAPE ("[3, 8]")) ","
                      NODE (4, "relu", "r", ONE ("a")), "\"y\": \"b\", \"z\": \"r\"", NULL };
  const Doc put_out = { INPUT (1, "x", "[2, 3, 4]") ","
                        NODE (2, "reshape", "a", ONE ("x") SHAPE ("[6, 4]")) ","
                        NODE (3, "reshape", "b", ONE ("a") SHAPE ("[3, 8]")),
                        "\"y\": \"b\", \"z\": \"a\"", NULL };

  rig_assert_steps (&wired, "routes", "a:reshape b:reshape r:relu");
  rig_assert_steps (&put_out, "routes", "a:reshape b:reshape");
  rig_assert_unchanged (&wired, "routes");
  rig_assert_unchanged (&put_out, "routes");
}

/* The output keeps its name, and is computed by what did the work. */
static void
test_an_output_that_changes_nothing (void)
{
  const Doc after_work = { INPUT (1, "x", "[2, 3]") "," NODE (2, "relu", "r", ONE ("x")) ","
                           NODE (3, "muls", "m", ONE ("r") K ("1")),
                           "\"y\": \"m\", \"z\": \"r\"", NULL };
  const Doc of_input = { INPUT (1, "x", "[2, 3]") "," NODE (2, "muls", "m", ONE ("x") K ("1")),
                         "\"y\": \"m\"", NULL };
  g_autoptr(AnfProgram) program = rig_program (&after_work, "routes");

  rig_assert_steps (&after_work, "routes", "r:relu");
  g_assert_cmpuint (anf_program_n_outputs (program), ==, 2);
  g_assert_cmpstr (anf_program_nth_output (program, 0, NULL), ==, "y");
  rig_assert_unchanged (&after_work, "routes");
  rig_assert_steps (&of_input, "routes", "m:muls");
  rig_assert_unchanged (&of_input, "routes");
}

/* Each rule makes room for the next. */
static void
test_until_nothing_is_left (void)
{
  const Doc doc = { INPUT (1, "x", "[2, 3]") "," NODE (2, "relu", "r", ONE ("x")) ","
                    NODE (3, "transpose", "a", ONE ("r") PERM ("[1, 0]")) ","
                    NODE (4, "muls", "b", ONE ("a") K ("1")) ","
                    NODE (5, "reshape", "c", ONE ("b") SHAPE ("[3, 2]")) ","
                    NODE (6, "transpose", "d", ONE ("c") PERM ("[1, 0]")) ","
                    NODE (7, "adds", "e", ONE ("d") K ("0")) ","
                    NODE (8, "transpose", "f", ONE ("e") PERM ("[1, 0]")) ","
                    NODE (9, "transpose", "g", ONE ("f") PERM ("[1, 0]")) ","
                    NODE (10, "tanh", "t", ONE ("g")), "\"y\": \"t\"", NULL };
  g_autoptr(AnfProgram) program = rig_program (&doc, "routes");

  rig_assert_steps (&doc, "routes", "r:relu t:tanh");
  g_assert_cmpuint (anf_program_n_rewrites (program), >=, 6);
  rig_assert_unchanged (&doc, "routes");
}

static void
test_nothing_is_done_at_0_or_in_fp32 (void)
{
  const Doc doc = { INPUT (1, "x", "[2, 3]") "," NODE (2, "muls", "m", ONE ("x") K ("1")) ","
                    NODE (3, "relu", "r", ONE ("m")), "\"y\": \"r\"", NULL };
  g_autoptr(AnfGraph) graph = rig_graph (&doc);
  g_autoptr(AnfProgram) plain = rig_compile (graph, "0", NULL, ANF_NUMERICS_ANE);
  g_autoptr(AnfProgram) exact = rig_compile (graph, "routes", NULL, ANF_NUMERICS_FP32);
  g_autoptr(AnfProgram) lanes = rig_compile (graph, "routes", NULL, ANF_NUMERICS_LANES);

  g_assert_cmpuint (anf_program_n_rewrites (plain), ==, 0);
  g_assert_cmpuint (anf_program_n_rewrites (exact), ==, 0);
  g_assert_cmpuint (anf_program_n_rewrites (lanes), ==, 1);
}

/* What is left out has no value; what it read has, and looking at values changes none. */
static void
test_values_inside_can_be_had (void)
{
  const Doc doc = { INPUT (1, "x", "[2, 3]") "," NODE (2, "relu", "r", ONE ("x")) ","
                    NODE (3, "muls", "m", ONE ("r") K ("1")) ","
                    NODE (4, "tanh", "t", ONE ("m")), "\"y\": \"t\"", NULL };
  g_autoptr(AnfProgram) program = rig_program (&doc, "routes");
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfTensors) inputs = anf_feed (program, NULL, TRUE, 1, &error), inside = NULL;
  g_autoptr(AnfTensors) plain = rig_run (program, 1);
  g_autoptr(AnfTensors) watched = anf_program_run (program, inputs, &inside, NULL, &error);
  g_autoptr(AnfTensor) r = NULL, m = NULL;

  g_assert_no_error (error);
  rig_assert_same (plain, watched);
  r = anf_tensors_get (inside, "r", NULL);
  m = anf_tensors_get (inside, "m", NULL);
  g_assert_nonnull (r);
  g_assert_null (m);
}

/* A transpose lets its input be longer than other tensors may be; without it h13 would refuse. */
static void
test_no_target_refuses_what_was_made (void)
{
  const Doc doc = { INPUT (1, "x", "[20000, 1]") ","
                    NODE (2, "transpose", "a", ONE ("x") PERM ("[0, 1]")) ","
                    NODE (3, "reshape", "v", ONE ("a") SHAPE ("[200, 100]")), "\"y\": \"v\"",
                    NULL };
  g_autoptr(AnfGraph) graph = rig_graph (&doc);
  g_autoptr(AnfProgram) old = rig_compile (graph, "routes", "h13", ANF_NUMERICS_ANE);
  g_autoptr(AnfProgram) new = rig_compile (graph, "routes", "h16s", ANF_NUMERICS_ANE);

  g_assert_cmpuint (anf_program_n_rewrites (old), ==, 0);
  g_assert_cmpuint (anf_program_n_rewrites (new), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/canon/factor-of-one", test_a_factor_of_one);
  g_test_add_func ("/canon/summand-of-zero", test_a_summand_of_zero);
  g_test_add_func ("/canon/factors-near-one-stay", test_factors_near_one_stay);
  g_test_add_func ("/canon/cast", test_a_cast_to_what_it_is);
  g_test_add_func ("/canon/reshape-to-itself", test_a_reshape_to_the_same_shape);
  g_test_add_func ("/canon/reshapes", test_two_reshapes_are_one);
  g_test_add_func ("/canon/transposes", test_two_transposes_are_one);
  g_test_add_func ("/canon/transposes-undone", test_transposes_that_undo_each_other);
  g_test_add_func ("/canon/not-not", test_not_not);
  g_test_add_func ("/canon/read-by-others", test_what_others_read_stays);
  g_test_add_func ("/canon/outputs", test_an_output_that_changes_nothing);
  g_test_add_func ("/canon/fixed-point", test_until_nothing_is_left);
  g_test_add_func ("/canon/opt-0-and-fp32", test_nothing_is_done_at_0_or_in_fp32);
  g_test_add_func ("/canon/values-inside", test_values_inside_can_be_had);
  g_test_add_func ("/canon/limits", test_no_target_refuses_what_was_made);
  return g_test_run ();
}
