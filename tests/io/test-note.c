/* test-note.c - what the editor keeps in a document, and nodes that let their input through. */
#include <string.h>

#include "anf.h"

/* in -> c (2, weights) -> sum; in -> sum */
static const char document[] =
  "{ \"aneforge\": 1, \"nodes\": ["
  " { \"id\": 1, \"op\": \"input\", \"name\": \"in\", \"attrs\": { \"shape\": [1, 2, 4, 4] } },"
  " { \"id\": 2, \"op\": \"conv\", \"name\": \"c\", \"in\": { \"x\": \"in\" },"
  "   \"attrs\": { \"pad\": [1, 1, 0, 2], \"groups\": 2 },"
  "   \"weights\": { \"weight\": \"w\" }, \"compress\": { \"weight\": \"int8\" },"
  "   \"mine\": [1, true] },"
  " { \"id\": 3, \"op\": \"add\", \"name\": \"sum\", \"in\": { \"x\": \"c\", \"y\": \"in\" } } ],"
  " \"outputs\": { \"y\": \"sum\" },"
  " \"weights\": { \"w\": { \"shape\": [2, 1, 3, 3], \"init\": \"he\" } },"
  " \"frames\": [{ \"title\": \"head\", \"x\": 16, \"y\": 0.5 }] }";

static AnfGraph *
load (const char *text)
{
  g_autoptr(GError) error = NULL;
  AnfGraph *graph = anf_document_parse (text, strlen (text), NULL, &error);

  g_assert_no_error (error);
  return graph;
}

static AnfGraph *
muted (AnfGraph *graph, AnfId id)
{
  AnfGraphBuilder *b = anf_graph_builder_new (graph);
  g_autoptr(GError) error = NULL;
  AnfGraph *edited;

  g_assert_true (anf_graph_builder_mute (b, id));
  edited = anf_graph_builder_end (b, &error);
  g_assert_no_error (error);
  return edited;
}

static char *
text_of (AnfGraph *graph)
{
  return anf_document_text (graph, NULL);
}

static void
expect_round_trip (AnfId id)
{
  g_autoptr(AnfGraph) graph = load (document), off = muted (graph, id), loaded = NULL, on = NULL;
  g_autofree char *before = text_of (graph), *between = text_of (off), *after = NULL;

  loaded = load (between);
  on = muted (loaded, id);
  after = text_of (on);
  g_assert_cmpstr (before, !=, between);
  g_assert_cmpstr (before, ==, after);
}

static void
test_muting_twice_gives_the_same_document (void)
{
  expect_round_trip (2);
  expect_round_trip (3);
}

static void
test_a_muted_node_lets_its_input_through (void)
{
  g_autoptr(AnfGraph) graph = load (document), off = muted (graph, 2);
  g_autoptr(AnfReport) report = anf_check (off, NULL);
  const AnfType *type = anf_report_type (report, 2, 0);

  g_assert_cmpuint (anf_report_n_findings (report), ==, 1);
  g_assert_cmpstr (anf_report_nth_finding (report, 0)->field, ==, "mine");
  g_assert_cmpint (type->dim[3], ==, 4);
  g_assert_cmpstr (anf_op_name (anf_node_muted (anf_graph_find (off, 2))), ==, "conv");
  g_assert_null (anf_node_muted (anf_graph_find (graph, 2)));
  g_assert_null (anf_node_muted (anf_graph_find (off, 3)));
}

static void
test_a_source_cannot_be_muted (void)
{
  g_autoptr(AnfGraph) graph = load (document);
  AnfGraphBuilder *b = anf_graph_builder_new (graph);

  g_assert_false (anf_graph_builder_mute (b, 1));
  anf_graph_builder_free (b);
}

static void
test_a_wire_to_what_is_gone_stays_away (void)
{
  g_autoptr(AnfGraph) graph = load (document), off = muted (graph, 3), without = NULL, on = NULL;
  AnfGraphBuilder *b = anf_graph_builder_new (off);

  anf_graph_builder_remove (b, 1);
  without = anf_graph_builder_end (b, NULL);
  on = muted (without, 3);
  g_assert_cmpuint (anf_node_input (anf_graph_find (on, 3), 0).node, ==, 2);
  g_assert_cmpuint (anf_node_input (anf_graph_find (on, 3), 1).node, ==, 0);
}

static void
test_notes_are_kept_and_can_be_changed (void)
{
  g_autoptr(AnfGraph) graph = load (document), edited = NULL, loaded = NULL;
  g_autoptr(GVariant) frames = anf_graph_note (graph, 0, "frames", "aa{sv}"), mine = NULL;
  g_autoptr(GVariant) frame = g_variant_get_child_value (frames, 0);
  g_autofree char *text = NULL;
  AnfGraphBuilder *b = anf_graph_builder_new (graph);
  const char *title;
  double y;

  g_assert_true (g_variant_lookup (frame, "title", "&s", &title));
  g_assert_cmpstr (title, ==, "head");
  g_assert_true (g_variant_lookup (frame, "y", "d", &y));
  g_assert_cmpfloat (y, ==, 0.5);

  anf_graph_builder_set_note (b, 0, "frames", NULL);
  anf_graph_builder_set_note (b, 2, "collapsed", g_variant_new_boolean (TRUE));
  edited = anf_graph_builder_end (b, NULL);
  text = text_of (edited);
  loaded = load (text);
  g_assert_null (anf_graph_note (loaded, 0, "frames", "aa{sv}"));
  mine = anf_graph_note (loaded, 2, "collapsed", "b");
  g_assert_true (g_variant_get_boolean (mine));
  g_assert_nonnull (strstr (text, "\"mine\""));
}

/* A hostile document may say anything there. */
static void
test_notes_of_another_kind_are_none (void)
{
  static const char odd[] =
    "{ \"aneforge\": 1, \"frames\": { \"a\": 1 }, \"nodes\": ["
    " { \"id\": 1, \"op\": \"input\", \"name\": \"in\", \"attrs\": { \"shape\": [1, 2] } },"
    " { \"id\": 2, \"op\": \"muls\", \"name\": \"m\", \"in\": { \"x\": \"in\" }, \"muted\":"
    "   { \"op\": \"add\", \"in\": [[1], [1, 99, 0], [-1, 1, 0], 3], \"attrs\": 7 } } ],"
    " \"outputs\": { \"y\": \"m\" } }";
  g_autoptr(AnfGraph) graph = load (odd), on = NULL;

  g_assert_null (anf_graph_note (graph, 0, "frames", "aa{sv}"));
  on = muted (graph, 2);
  g_assert_cmpstr (anf_node_op_name (anf_graph_find (on, 2)), ==, "add");
  g_assert_cmpuint (anf_node_input (anf_graph_find (on, 2), 1).node, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define T(path, f) g_test_add_func ("/note/" path, f)
  T ("muting-twice-gives-the-same-document", test_muting_twice_gives_the_same_document);
  T ("a-muted-node-lets-its-input-through", test_a_muted_node_lets_its_input_through);
  T ("a-source-cannot-be-muted", test_a_source_cannot_be_muted);
  T ("a-wire-to-what-is-gone-stays-away", test_a_wire_to_what_is_gone_stays_away);
  T ("notes-are-kept-and-can-be-changed", test_notes_are_kept_and_can_be_changed);
  T ("notes-of-another-kind-are-none", test_notes_of_another_kind_are_none);
#undef T
  return g_test_run ();
}
