/* test-query.c - queries find the nodes that they describe. */
#include <string.h>

#include "query.h"

static const char document[] =
  "{ \"aneforge\": 1, \"nodes\": ["
  " { \"id\": 1, \"op\": \"input\", \"name\": \"image\", \"attrs\": { \"shape\": [1, 2, 8, 8] } },"
  " { \"id\": 2, \"op\": \"conv\", \"name\": \"first\", \"in\": { \"x\": \"image\" },"
  "   \"attrs\": { \"stride\": 2, \"pad\": [1, 1, 0, 2] }, \"weights\": { \"weight\": \"w\" } },"
  " { \"id\": 3, \"op\": \"relu\", \"name\": \"Conv_relu\", \"in\": { \"x\": \"first\" } },"
  " { \"id\": 4, \"op\": \"add\", \"name\": \"sum\", \"in\": { \"x\": \"first\" } } ],"
  " \"outputs\": { \"y\": \"sum\" },"
  " \"weights\": { \"w\": { \"shape\": [4, 2, 3, 3], \"init\": \"he\" } } }";

/* Names of the matches, by spaces. */
static char *
found (const char *text)
{
  g_autoptr(AnfGraph) graph = anf_document_parse (document, strlen (document), NULL, NULL);
  g_autoptr(AnfReport) report = anf_check (graph, NULL);
  g_autoptr(AnfWeights) weights = anf_weights_survey (graph, anf_graph_settings (graph), NULL,
                                                      NULL, NULL);
  StudioView view = { .graph = graph, .report = report, .weights = weights };
  g_autoptr(StudioQuery) query = studio_query_new (text);
  GString *names = g_string_new (NULL);

  for (guint i = 0; i < anf_graph_n_nodes (graph); i++)
    if (studio_query_matches (query, &view, anf_graph_nth (graph, i)))
      g_string_append_printf (names, "%s%s", names->len > 0 ? " " : "",
                              anf_node_name (anf_graph_nth (graph, i)));
  return g_string_free (names, FALSE);
}

static void
expect (const char *text, const char *names)
{
  g_autofree char *got = found (text);
  g_autoptr(StudioQuery) query = studio_query_new (text);

  g_assert_cmpstr (got, ==, names);
  g_assert_null (studio_query_problem (query));
}

static void
test_words_are_found_in_name_and_operator (void)
{
  expect ("", "image first Conv_relu sum");
  expect ("conv", "first Conv_relu");
  expect ("CONV -relu", "first");
  expect ("name:*u*", "Conv_relu sum");
  expect ("op:conv", "first");
  expect ("op:c?nv op:relu", "");
}

static void
test_shapes_and_attributes_are_patterns (void)
{
  expect ("shape:*x8x8", "image");
  expect ("shape:1×4×*", "first Conv_relu");
  expect ("dtype:fp16 op:r*", "Conv_relu");
  expect ("stride:2", "first");
  expect ("pad:1,1,*", "first");
}

static void
test_figures_are_compared_with_units (void)
{
  /* 4 filters of 2×3×3; 4×4×4 results of 18 multiply-adds each. */
  expect ("params=72", "first");
  expect ("flops>=2304", "first");
  expect ("flops>2.304k", "");
  expect ("bytes>0.2KiB", "image");
  expect ("error<1%", "first");
  expect ("error>1%", "");
  /* Nothing was measured: no latency is more or less than anything. */
  expect ("latency>0us", "");
  expect ("latency<1s", "");
}

static void
test_findings_are_found (void)
{
  expect ("has:error", "sum");
  expect ("has:weights", "first");
  /* Nothing uses what the relu gives, which is a hint. */
  expect ("-has:* op:*", "image");
}

static void
test_what_means_nothing_is_told (void)
{
  static const char *const odd[] = { "colour:red", "latency>soon", "length>3" };

  for (guint i = 0; i < G_N_ELEMENTS (odd); i++)
    {
      g_autoptr(StudioQuery) query = studio_query_new (odd[i]);
      g_autofree char *names = found (odd[i]);

      g_assert_cmpstr (names, ==, "");
      g_assert_nonnull (studio_query_problem (query));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define T(path, f) g_test_add_func ("/query/" path, f)
  T ("words-are-found-in-name-and-operator", test_words_are_found_in_name_and_operator);
  T ("shapes-and-attributes-are-patterns", test_shapes_and_attributes_are_patterns);
  T ("figures-are-compared-with-units", test_figures_are_compared_with_units);
  T ("findings-are-found", test_findings_are_found);
  T ("what-means-nothing-is-told", test_what_means_nothing_is_told);
#undef T
  return g_test_run ();
}
