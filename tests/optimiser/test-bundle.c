/* test-bundle.c - a program that was rewritten is the same one from its bundle. */
#include "rig.h"

#include <glib/gstdio.h>

static void
remove_folder (const char *path)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *inside = g_build_filename (path, name, NULL);

      if (g_file_test (inside, G_FILE_TEST_IS_DIR))
        remove_folder (inside);
      else
        g_unlink (inside);
    }
  g_rmdir (path);
}

/* Encodings were chosen before: what is in a bundle is decoded. */
static guint
count_rewrites (const AnfProgram *program)
{
  guint n = 0;

  for (guint i = 0; i < anf_program_n_rewrites (program); i++)
    n += !g_str_equal (anf_program_nth_rewrite (program, i)->rule, "int8");
  return n;
}

static void
assert_same_from_bundle (const Doc *doc, const char *opt, const char *target)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *place = g_dir_make_tmp ("aneforge-XXXXXX", &error);
  g_autofree char *dir = g_build_filename (place, "net.anebundle", NULL);
  g_autoptr(AnfGraph) graph = rig_graph (doc), loaded = NULL;
  g_autoptr(AnfProgram) program = rig_compile (graph, opt, target, ANF_NUMERICS_ANE), again = NULL;
  g_autoptr(AnfTensors) one = rig_run (program, 7), other = NULL;
  AnfSettings settings;

  g_assert_true (anf_bundle_save (program, NULL, dir, &error));
  g_assert_no_error (error);
  loaded = anf_bundle_load (dir, &settings, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (settings.opt, ==, opt);
  again = rig_compile (loaded, anf_graph_settings (loaded)->opt, settings.target,
                       ANF_NUMERICS_ANE);
  g_assert_cmpuint (count_rewrites (again), ==, count_rewrites (program));
  other = rig_run (again, 7);
  rig_assert_same (one, other);
  remove_folder (place);
}

/* Constants that no program has any more: the document in the bundle still needs them. */
static void
test_folded_constants (void)
{
  const Doc fused = {
    INPUT (1, "x", "[2, 4]") "," CONST (2, "c", "w") ","
    NODE (3, "layer_norm", "l",
          ONE ("c") ", \"weights\": { \"gamma\": \"g\", \"beta\": \"b\" }") ","
    NODE (4, "tanh", "t", ONE ("l")) "," NODE (5, "add", "y", TWO ("x", "t")) ","
    NODE (6, "mul", "z", TWO ("y", "c")), "\"y\": \"y\", \"z\": \"z\"",
    DRAWN ("w", "[2, 4]", 4) "," DRAWN ("g", "[4]", 5) "," DRAWN ("b", "[4]", 6)
  };
  /* The last program is no fused one. */
  const Doc bridge = {
    INPUT (1, "x", "[2, 4]") "," CONST (2, "c", "w") "," NODE (3, "tanh", "t", ONE ("c")) ","
    NODE (4, "add", "a", TWO ("x", "t")) "," NODE (5, "argmax", "y", ONE ("a")), "\"y\": \"y\"",
    DRAWN ("w", "[2, 4]", 4)
  };

  assert_same_from_bundle (&fused, "1", "h16s");
  assert_same_from_bundle (&bridge, "2", "h13");
  assert_same_from_bundle (&bridge, "routes", "h13");
}

static void
test_routes_and_waves (void)
{
  const Doc doc = {
    INPUT (1, "x", "[1, 2, 8, 8]") "," NODE (2, "sin", "s", ONE ("x")) ","
    NODE (3, "sdpa", "a", ", \"in\": { \"q\": \"s\", \"k\": \"x\", \"v\": \"x\" }") ","
    NODE (4, "muls", "m", ONE ("a") ATTR ("\"k\": 1")) "," NODE (5, "lrn", "y", ONE ("m")),
    "\"y\": \"y\", \"z\": \"m\"", NULL
  };

  assert_same_from_bundle (&doc, "routes", "h13");
  assert_same_from_bundle (&doc, "0", "h13");
  assert_same_from_bundle (&doc, "1", "h16s");
}

/* Level 1 may choose int8: decoded in the bundle, and not encoded again there. */
static void
test_int8_by_bound (void)
{
  const Doc doc = {
    NODE (1, "input", "x", ATTR ("\"shape\": [2, 512], \"max_abs\": 1")) ","
    NODE (2, "linear", "y", ONE ("x") ", \"weights\": { \"weight\": \"w\" }"),
    "\"y\": \"y\"", DRAWN ("w", "[512, 512]", 4)
  };

  assert_same_from_bundle (&doc, "1", "h16s");
  assert_same_from_bundle (&doc, "2", "h16s");
}

int
main (int argc, char **argv)
{
  char *cache = rig_begin_cache ();

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bundle/folded", test_folded_constants);
  g_test_add_func ("/bundle/routes", test_routes_and_waves);
  g_test_add_func ("/bundle/int8-by-bound", test_int8_by_bound);
  return rig_end_cache (cache, g_test_run ());
}
