/* test-fold.c - what depends on constants alone becomes one, and no number changes by it. */
#include "rig.h"

#define K(value) ATTR ("\"k\": " value)

static const Doc chain = {
  INPUT (1, "x", "[2, 3]") "," CONST (2, "c", "w") ","
  NODE (3, "muls", "m", ONE ("c") K ("0.3")) "," NODE (4, "tanh", "t", ONE ("m")) ","
  NODE (5, "add", "y", TWO ("x", "t")), "\"y\": \"y\"", DRAWN ("w", "[2, 3]", 4)
};

static void
test_a_chain_becomes_a_constant (void)
{
  g_autoptr(AnfProgram) program = rig_program (&chain, "1");
  g_autofree char *steps = rig_steps (program), *rewrites = rig_rewrites (program);

  g_assert_cmpstr (steps, ==, "y:add");
  g_assert_cmpstr (rewrites, ==, "fold t");
  rig_assert_steps (&chain, "2", "y:add");
  rig_assert_unchanged (&chain, "1");
  rig_assert_unchanged (&chain, "2");
}

static void
test_not_at_lower_levels (void)
{
  rig_assert_steps (&chain, "routes", "m:muls t:tanh y:add");
  rig_assert_steps (&chain, "0", "m:muls t:tanh y:add");
}

/* Rounded like the run would round: towards nearest with ties away on this chip, not on the old. */
static void
test_by_the_rules_of_the_chip (void)
{
  static const char *const targets[] = { "h13", "h16s" };
  g_autoptr(AnfGraph) graph = rig_graph (&chain);

  for (guint i = 0; i < G_N_ELEMENTS (targets); i++)
    for (AnfNumerics numerics = ANF_NUMERICS_ANE; numerics <= ANF_NUMERICS_LANES; numerics++)
      {
        g_autoptr(AnfProgram) plain = rig_compile (graph, "0", targets[i], numerics);
        g_autoptr(AnfProgram) folded = rig_compile (graph, "1", targets[i], numerics);
        g_autoptr(AnfTensors) one = rig_run (plain, 5), other = rig_run (folded, 5);

        g_assert_cmpuint (anf_program_n_rewrites (folded), ==, 1);
        rig_assert_same (one, other);
      }
}

/* Truth values cannot be constants, but what is chosen by them can. */
static void
test_across_truth_values (void)
{
  const Doc doc = {
    INPUT (1, "x", "[2, 3]") "," CONST (2, "c", "w") "," CONST (3, "d", "v") ","
    NODE (4, "greater", "g", TWO ("c", "d")) ","
    NODE (5, "select", "s", ", \"in\": { \"cond\": \"g\", \"a\": \"c\", \"b\": \"d\" }") ","
    NODE (6, "mul", "y", TWO ("x", "s")) ","
    NODE (7, "select", "z", ", \"in\": { \"cond\": \"g\", \"a\": \"x\", \"b\": \"c\" }"),
    "\"y\": \"y\", \"z\": \"z\"", DRAWN ("w", "[2, 3]", 4) "," DRAWN ("v", "[2, 3]", 5)
  };

  rig_assert_steps (&doc, "1", "g:greater y:mul z:select");
  rig_assert_unchanged (&doc, "1");
}

static void
test_an_output_stays_a_step (void)
{
  const Doc doc = {
    INPUT (1, "x", "[2, 3]") "," CONST (2, "c", "w") ","
    NODE (3, "muls", "m", ONE ("c") K ("2")) ","
    NODE (4, "relu", "r", ONE ("m")) "," NODE (5, "add", "y", TWO ("x", "r")),
    "\"y\": \"y\", \"r\": \"r\"", DRAWN ("w", "[2, 3]", 4)
  };

  rig_assert_steps (&doc, "1", "r:relu y:add");
  rig_assert_unchanged (&doc, "1");
}

/* 65,536 numbers and no more. */
static void
test_only_small_ones (void)
{
  const Doc large = {
    INPUT (1, "x", "[2, 32769]") "," CONST (2, "c", "w") ","
    NODE (3, "relu", "r", ONE ("c")) "," NODE (4, "add", "y", TWO ("x", "r")),
    "\"y\": \"y\"", DRAWN ("w", "[2, 32769]", 4)
  };
  const Doc largest = {
    INPUT (1, "x", "[2, 32768]") "," CONST (2, "c", "w") ","
    NODE (3, "relu", "r", ONE ("c")) "," NODE (4, "add", "y", TWO ("x", "r")),
    "\"y\": \"y\"", DRAWN ("w", "[2, 32768]", 4)
  };

  rig_assert_steps (&large, "1", "r:relu y:add");
  rig_assert_steps (&largest, "1", "y:add");
}

/* The weight may get an encoding, and then other numbers come out. */
static void
test_weights_with_encodings_stay (void)
{
  const Doc doc = {
    INPUT (1, "x", "[2, 4]") "," CONST (2, "c", "w") ","
    NODE (3, "linear", "l", ONE ("c") ", \"weights\": { \"weight\": \"v\" }") ","
    NODE (4, "add", "y", TWO ("x", "l")), "\"y\": \"y\"",
    DRAWN ("w", "[2, 3]", 4) "," DRAWN ("v", "[4, 3]", 5)
  };

  rig_assert_steps (&doc, "1", "l:linear y:add");
}

/* Weights that have no encoding are rounded as the device has them. */
static void
test_weights_without_encodings (void)
{
  const Doc doc = {
    INPUT (1, "x", "[2, 4]") "," CONST (2, "c", "w") ","
    NODE (3, "layer_norm", "l",
          ONE ("c") ", \"weights\": { \"gamma\": \"g\", \"beta\": \"b\" }") ","
    NODE (4, "add", "y", TWO ("x", "l")), "\"y\": \"y\"",
    DRAWN ("w", "[2, 4]", 4) "," DRAWN ("g", "[4]", 5) "," DRAWN ("b", "[4]", 6)
  };

  rig_assert_steps (&doc, "1", "y:add");
  rig_assert_unchanged (&doc, "1");
}

/* No constant holds an infinity in a bundle: exp (16 or so) is one in fp16. */
static void
test_infinities_stay (void)
{
  const Doc doc = {
    INPUT (1, "x", "[2, 3]") "," CONST (2, "c", "w") ","
    NODE (3, "adds", "a", ONE ("c") K ("30")) "," NODE (4, "exp", "e", ONE ("a")) ","
    NODE (5, "add", "y", TWO ("x", "e")), "\"y\": \"y\"", DRAWN ("w", "[2, 3]", 4)
  };

  rig_assert_steps (&doc, "1", "e:exp y:add");
  rig_assert_unchanged (&doc, "1");
}

/* What a program is made of is the same whether it was loaded from a bundle or compiled. */
static void
test_mil_has_the_constant (void)
{
  g_autoptr(AnfProgram) program = rig_program (&chain, "1");
  g_autoptr(GError) error = NULL;
  g_autofree char *mil = anf_program_mil (program, 0, &error);

  g_assert_no_error (error);
  g_assert_null (g_strstr_len (mil, -1, "tanh("));
  g_assert_nonnull (g_strstr_len (mil, -1, "add("));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fold/chain", test_a_chain_becomes_a_constant);
  g_test_add_func ("/fold/levels", test_not_at_lower_levels);
  g_test_add_func ("/fold/chips", test_by_the_rules_of_the_chip);
  g_test_add_func ("/fold/truth-values", test_across_truth_values);
  g_test_add_func ("/fold/outputs", test_an_output_stays_a_step);
  g_test_add_func ("/fold/size", test_only_small_ones);
  g_test_add_func ("/fold/encodable", test_weights_with_encodings_stay);
  g_test_add_func ("/fold/weights", test_weights_without_encodings);
  g_test_add_func ("/fold/infinities", test_infinities_stay);
  g_test_add_func ("/fold/mil", test_mil_has_the_constant);
  return g_test_run ();
}
