/* test-island.c - nodes on the host: fp32 among themselves, fp16 where the engine reads them; which
 * front ends are put there; that documents and bundles keep them. */
#include "anf-place.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* w x + 1e-10, its logarithm, and that doubled: w is no number of fp16. @on: of the first four. */
#define DOCUMENT \
  "{ \"aneforge\": 1, \"nodes\": [" \
  " { \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [1, 4] }%s }," \
  " { \"id\": 2, \"op\": \"linear\", \"name\": \"w\", \"in\": { \"x\": \"x\" }, \"weights\":" \
  " { \"weight\": \"w\" }%s }," \
  " { \"id\": 3, \"op\": \"%s\", \"name\": \"f\", \"in\": { \"x\": \"w\" }%s }," \
  " { \"id\": 4, \"op\": \"adds\", \"name\": \"a\", \"in\": { \"x\": \"f\" }," \
  " \"attrs\": { \"k\": %s }%s }," \
  " { \"id\": 5, \"op\": \"log\", \"name\": \"l\", \"in\": { \"x\": \"a\" }%s }," \
  " { \"id\": 6, \"op\": \"muls\", \"name\": \"m\", \"in\": { \"x\": \"l\" }," \
  " \"attrs\": { \"k\": 2 } } ]," \
  " \"outputs\": { \"l\": \"l\", \"m\": \"m\" }," \
  " \"weights\": { \"w\": { \"shape\": [4, 4], \"values\":" \
  " [0.1, 0, 0, 0, 0, 0.1, 0, 0, 0, 0, 0.1, 0, 0, 0, 0, 0.1] } } }"
#define HOST ", \"on\": \"host\""

static const float fed[] = { 1, 1e-3f, 1e-7f, 1e-8f };

static AnfGraph *
make (const char *middle, const char *raised, const char *on)
{
  g_autofree char *text = g_strdup_printf (DOCUMENT, on, on, middle, on, raised, on, on);
  g_autoptr(GError) error = NULL;
  AnfGraph *graph = anf_document_parse (text, strlen (text), NULL, &error);

  g_assert_no_error (error);
  return graph;
}

/* Values of an output, 4 numbers. */
static void
run (AnfGraph *graph, AnfNumerics numerics, const char *output, float *out)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfTensors) given = anf_tensors_new (), inputs = NULL, outputs = NULL;
  g_autoptr(AnfTensor) x = anf_tensor_new_floats (2, (gint64[]) { 1, 4 }, fed), y = NULL;
  g_autoptr(AnfProgram) program = NULL;
  AnfOptions options;

  anf_options_init (&options, graph);
  options.numerics = numerics;
  anf_tensors_add (given, "x", x);
  program = anf_compile (graph, &options, NULL, &error);
  g_assert_no_error (error);
  inputs = anf_feed (program, given, FALSE, 0, &error);
  g_assert_no_error (error);
  outputs = anf_program_run (program, inputs, NULL, NULL, &error);
  g_assert_no_error (error);
  y = anf_tensors_get (outputs, output, &error);
  g_assert_no_error (error);
  anf_tensor_read (y, 0, 4, out);
}

static void
test_host_computes_in_fp32 (void)
{
  g_autoptr(AnfGraph) graph = make ("abs", "1e-10", HOST);
  float l[4], m[4];

  run (graph, ANF_NUMERICS_ANE, "l", l);
  run (graph, ANF_NUMERICS_ANE, "m", m);
  for (guint i = 0; i < 4; i++)
    {
      double exact = log ((double) fed[i] * 0.1f + 1e-10);

      g_assert_cmpfloat_with_epsilon (l[i], exact, 2e-6 * fabs (exact));
      /* The engine reads fp16, and rounds its own result. */
      g_assert_cmpfloat (fabs (m[i] - 2 * exact), >, 0);
      g_assert_cmpfloat_with_epsilon (m[i], 2 * exact, 0x1p-10 * fabs (2 * exact));
    }
}

static void
test_engine_does_not (void)
{
  g_autoptr(AnfGraph) graph = make ("abs", "1e-10", "");
  float l[4];

  run (graph, ANF_NUMERICS_ANE, "l", l);
  g_assert_cmpfloat (fabs (l[3] - log (1e-9 + 1e-10)), >, 1);
}

/* What is put on the host, of the five nodes the logarithm depends on. */
static guint
found (AnfGraph *graph)
{
  g_autofree char *why = NULL;
  g_autoptr(AnfGraph) with = anf_islands (graph, &why);
  guint n = 0;

  g_assert_cmpint (with != NULL, ==, why != NULL);
  for (guint i = 0; with != NULL && i < anf_graph_n_nodes (with); i++)
    n += anf_node_place (anf_graph_nth (with, i)) == ANF_PLACE_HOST;
  return n;
}

static void
test_front_end_is_found (void)
{
  g_autoptr(AnfGraph) front = make ("abs", "1e-10", ""), coarse = make ("abs", "1e-3", "");
  g_autoptr(AnfGraph) tame = make ("sigmoid", "1e-10", "");

  g_assert_cmpuint (found (front), ==, 5);
  g_assert_cmpuint (found (coarse), ==, 0);     /* fp16 has digits for a thousandth */
  g_assert_cmpuint (found (tame), ==, 0);       /* what went through an activation has a size */
}

static void
test_document_keeps_it (void)
{
  g_autoptr(AnfGraph) graph = make ("abs", "1e-10", HOST), plain = make ("abs", "1e-10", "");
  g_autofree char *text = anf_document_text (graph, NULL);
  g_autoptr(AnfGraph) again = anf_document_parse (text, strlen (text), NULL, NULL);
  g_autoptr(GError) error = NULL;
  g_autofree char *odd = g_strdup_printf (DOCUMENT, ", \"on\": \"moon\"", "", "abs", "", "1", "",
                                          "");

  g_assert_cmpstr (anf_graph_hash (again), ==, anf_graph_hash (graph));
  g_assert_cmpstr (anf_graph_hash (again), !=, anf_graph_hash (plain));
  g_assert_null (anf_document_parse (odd, strlen (odd), NULL, &error));
  g_assert_nonnull (strstr (error->message, "\"on\""));
}

static void
test_bundle_gives_the_same (void)
{
  g_autoptr(AnfGraph) graph = make ("abs", "1e-10", HOST), loaded = NULL;
  g_autofree char *folder = g_dir_make_tmp ("aneforge-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "a.anebundle", NULL);
  g_autofree char *quoted = g_shell_quote (folder), *command = NULL;
  g_autoptr(GError) error = NULL;
  AnfSettings settings;
  float before[4], after[4];

  {
    g_autoptr(AnfProgram) program = NULL;
    AnfOptions options;

    anf_options_init (&options, graph);
    program = anf_compile (graph, &options, NULL, &error);
    g_assert_no_error (error);
    g_assert_true (anf_bundle_save (program, NULL, path, &error));
    g_assert_cmpuint (anf_plan_n_segments (anf_program_plan (program)), ==, 2);
    g_assert_false (anf_mlpackage_save (program, path, &error));
    g_clear_error (&error);
  }
  loaded = anf_bundle_load (path, &settings, &error);
  g_assert_no_error (error);
  run (graph, ANF_NUMERICS_ANE, "l", before);
  run (loaded, ANF_NUMERICS_ANE, "l", after);
  for (guint i = 0; i < 4; i++)
    g_assert_cmpfloat (before[i], ==, after[i]);
  command = g_strdup_printf ("rm -r %s", quoted);
  g_assert_true (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/island/host-computes-in-fp32", test_host_computes_in_fp32);
  g_test_add_func ("/island/engine-does-not", test_engine_does_not);
  g_test_add_func ("/island/front-end-is-found", test_front_end_is_found);
  g_test_add_func ("/island/document-keeps-it", test_document_keeps_it);
  g_test_add_func ("/island/bundle-gives-the-same", test_bundle_gives_the_same);
  return g_test_run ();
}
