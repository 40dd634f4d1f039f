/* test-document.c - documents survive unchanged; what has no meaning is refused in one line. */
#include "place.h"

#include "core/op.h"
#include "core/unknown.h"

#include <glib/gstdio.h>
#include <string.h>

#define INPUT "{\"id\":1,\"op\":\"input\",\"name\":\"x\",\"attrs\":{\"shape\":[1,4]}}"
#define RELU "{\"id\":2,\"op\":\"relu\",\"name\":\"r\",\"in\":{\"x\":\"x\"}}"
#define DOC(nodes, rest) "{\"aneforge\":1,\"nodes\":[" nodes "]" rest "}"

static AnfGraph *
parse (const char *text)
{
  g_autoptr(GError) error = NULL;
  AnfGraph *graph = anf_document_parse (text, strlen (text), NULL, &error);

  g_assert_no_error (error);
  return graph;
}

static void
test_a_canonical_file_survives_byte_for_byte (Folder *folder, gconstpointer data)
{
  g_autoptr(GBytes) before = data_bytes ("canonical.anf");
  g_autofree char *path = folder_write (folder, "a.anf", g_bytes_get_data (before, NULL),
                                        g_bytes_get_size (before));
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfGraph) graph = anf_document_load (path, &error);
  g_autofree char *after = NULL;
  gsize size;

  g_assert_no_error (error);
  g_assert_true (anf_document_save (graph, path, &error));
  g_assert_true (g_file_get_contents (path, &after, &size, &error));
  g_assert_cmpmem (after, size, g_bytes_get_data (before, NULL), g_bytes_get_size (before));
}

static void
test_the_examples_are_as_we_write_them (Folder *folder, gconstpointer data)
{
  const char *examples = g_getenv ("ANEFORGE_EXAMPLES"), *name;
  g_autoptr(GDir) dir = g_dir_open (examples, 0, NULL);
  guint n = 0;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (examples, name, NULL), *before = NULL;
      g_autofree char *after = NULL;
      g_autoptr(AnfGraph) graph = NULL;
      g_autoptr(GError) error = NULL;

      if (!g_str_has_suffix (name, ".anf"))
        continue;
      g_assert_true (g_file_get_contents (path, &before, NULL, &error));
      graph = anf_document_load (path, &error);
      g_assert_no_error (error);
      after = anf_document_text (graph, examples);
      g_assert_cmpstr (before, ==, after);
      n++;
    }
  g_assert_cmpuint (n, >=, 3);
}

static void
test_any_file_is_stable_after_one_save (Folder *folder, gconstpointer data)
{
  static const char text[] = DOC (
    "{\"op\":\"gather\",\"name\":\"g\",\"attrs\":{\"indices\":2,\"axis\":1.0},"
    "\"in\":{\"x\":\"x\"}},"
    "{\"zz\":1,\"aa\":2,\"name\":\"x\",\"op\":\"input\","
    "\"attrs\":{\"max_abs\":null,\"shape\":[1,4]},\"at\":[-0.0,1e2]},"
    "{\"name\":\"c\",\"op\":\"concat\",\"in\":{\"values\":\"x:0\"}}",
    ",\"compile\":{\"opt\":1},\"gates\":[],\"outputs\":{\"o\":\"g\"},\"weights\":{"
    "\"b\":{\"values\":[[1,2],[3,4]]},\"a\":{\"values\":7},"
    "\"c\":{\"shape\":[2,2],\"values\":[1,2,3,4]}}");
  g_autoptr(AnfGraph) graph = parse (text), again = NULL;
  g_autofree char *once = anf_document_text (graph, NULL), *twice = NULL;

  again = parse (once);
  twice = anf_document_text (again, NULL);
  g_assert_cmpstr (once, ==, twice);
  g_assert_nonnull (strstr (once, "\"attrs\": { \"indices\": 2, \"axis\": 1 }"));
  g_assert_nonnull (strstr (once, "\"in\": { \"values\": [\"x\"] }"));
  g_assert_nonnull (strstr (once, "\"b\": { \"shape\": [2, 2], \"values\": [1, 2, 3, 4] }"));
  g_assert_nonnull (strstr (once, "\"a\": { \"shape\": [], \"values\": [7] }"));
  g_assert_nonnull (strstr (once, "\"opt\": \"1\""));
  g_assert_nonnull (strstr (once, "\"zz\": 1,\n      \"aa\": 2"));
}

/* ---------------------------------------------------------------- what is read */

static void
test_nodes_mean_what_the_file_says (Folder *folder, gconstpointer data)
{
  g_autofree char *path = data_file ("canonical.anf");
  g_autoptr(AnfGraph) graph = anf_document_load (path, NULL);
  const AnfNode *c1 = anf_graph_find_name (graph, "c1");
  const AnfNode *cat = anf_graph_find_name (graph, "cat");
  const AnfNode *odd = anf_graph_find_name (graph, "odd");
  gint64 ints[4];
  double x, y;
  AnfEncoding encoding;

  g_assert_cmpuint (anf_node_id (odd), ==, 9007199254740000);
  g_assert_cmpstr (anf_node_op_name (odd), ==, "onnx:Mystery");
  g_assert_true (anf_node_op (odd) == anf_op_lookup ("unknown"));
  g_assert_cmpuint (anf_node_n_inputs (odd), ==, 4);
  g_assert_cmpuint (anf_node_n_inputs (cat), ==, 3);
  g_assert_cmpuint (anf_node_input (cat, 0).node, ==, 3);
  g_assert_cmpuint (anf_node_input (cat, 0).port, ==, 1);
  g_assert_cmpuint (anf_node_ints (c1, "stride", ints, 4), ==, 2);
  g_assert_cmpint (ints[1], ==, 2);
  g_assert_cmpint (anf_node_int (c1, "pad"), ==, 1);
  g_assert_cmpstr (anf_node_weight (c1, "bias"), ==, "c1.b");
  g_assert_true (anf_node_encoding (c1, "weight", &encoding));
  g_assert_cmpint (encoding, ==, ANF_INT4);
  g_assert_cmpfloat (anf_node_real (anf_graph_find_name (graph, "scaled"), "k"), ==, 1e-5);
  anf_node_position (anf_graph_find_name (graph, "image"), &x, &y);
  g_assert_cmpfloat (y, ==, 80.5);
  g_assert_cmpstr (anf_node_group (anf_graph_find_name (graph, "image")), ==, "stem");
}

static void
test_tables_mean_what_the_file_says (Folder *folder, gconstpointer data)
{
  g_autofree char *path = data_file ("canonical.anf");
  g_autoptr(AnfGraph) graph = anf_document_load (path, NULL);
  const AnfSettings *settings = anf_graph_settings (graph);
  AnfWeight *made = anf_graph_find_weight (graph, "made");
  g_autoptr(AnfTensor) expected = anf_tensor_new_init ("normal", 2, (gint64[]) { 2, 3 }, 0.02, 7,
                                                       NULL);
  AnfRef from;

  g_assert_cmpstr (anf_graph_nth_output (graph, 0, &from), ==, "z");
  g_assert_cmpstr (anf_graph_nth_output (graph, 1, &from), ==, "a");
  g_assert_cmpuint (from.node, ==, 3);
  g_assert_cmpuint (from.port, ==, 1);
  g_assert_cmpstr (settings->target, ==, "h13");
  g_assert_cmpstr (settings->opt, ==, "2");
  g_assert_cmpint (settings->compress, ==, ANF_AUTO);
  g_assert_cmpstr (anf_graph_nth_gate (graph, 0)->inputs, ==, "calibration.npz");
  g_assert_cmpstr (anf_graph_nth_gate (graph, 1)->metric, ==, "top1");
  g_assert_true (anf_weight_trainable (anf_graph_find_weight (graph, "c1.b")));
  g_assert_false (anf_weight_trainable (made));
  g_assert_cmpstr (anf_tensor_digest (anf_weight_tensor (made)), ==,
                   anf_tensor_digest (expected));
  g_assert_nonnull (strstr (anf_weight_problem (anf_graph_find_weight (graph, "c1.w")),
                            "none.safetensors: No such file"));
}

static void
test_a_node_without_an_id_gets_a_new_one (Folder *folder, gconstpointer data)
{
  g_autoptr(AnfGraph) graph = parse (DOC ("{\"op\":\"relu\",\"name\":\"r\"}," INPUT,
                                          ",\"next_id\":41"));

  g_assert_cmpuint (anf_node_id (anf_graph_find_name (graph, "r")), ==, 41);
  g_assert_cmpuint (anf_node_id (anf_graph_find_name (graph, "x")), ==, 1);
}

static void
test_ids_are_not_used_again_after_a_save (Folder *folder, gconstpointer data)
{
  g_autoptr(AnfGraph) graph = parse (DOC (INPUT, ",\"next_id\":41")), again = NULL;
  g_autofree char *text = anf_document_text (graph, NULL);
  AnfGraphBuilder *builder;

  again = parse (text);
  builder = anf_graph_builder_new (again);
  g_assert_cmpuint (anf_graph_builder_add (builder, anf_op_lookup ("relu")), ==, 41);
  anf_graph_builder_free (builder);
}

static void
assert_finding (AnfGraph *graph, AnfSeverity severity, const char *words)
{
  g_autoptr(AnfReport) report = anf_check (graph, NULL);

  for (guint i = 0; i < anf_report_n_findings (report); i++)
    {
      const AnfFinding *finding = anf_report_nth_finding (report, i);

      if (finding->severity == severity && strstr (finding->message, words) != NULL)
        return;
    }
  g_error ("no finding says \"%s\"", words);
}

static void
test_an_output_that_an_attribute_took_away_still_loads (Folder *folder, gconstpointer data)
{
  g_autoptr(AnfGraph) graph = parse (DOC (INPUT ",{\"op\":\"split\",\"name\":\"s\",\"attrs\":"
    "{\"num_splits\":2,\"axis\":1},\"in\":{\"x\":\"x\"}},{\"op\":\"relu\",\"name\":\"r\",\"in\":"
    "{\"x\":\"s:5\"}}", ""));

  g_assert_cmpuint (anf_node_input (anf_graph_find_name (graph, "r"), 0).port, ==, 5);
  assert_finding (graph, ANF_ERROR_FINDING, "r reads output 5 of s, which has 2");
}

static void
test_values_of_the_wrong_type_are_kept_apart (Folder *folder, gconstpointer data)
{
  g_autoptr(AnfGraph) graph = parse (DOC ("{\"op\":\"softmax\",\"name\":\"s\",\"attrs\":"
                                          "{\"axis\":\"last\",\"speed\":1}}", ""));
  const AnfNode *node = anf_graph_find_name (graph, "s");

  g_assert_false (anf_node_attr_is_set (node, "axis"));
  g_assert_cmpstr (node->extra, ==, "{ \"attrs\": { \"axis\": \"last\", \"speed\": 1 } }");
  assert_finding (graph, ANF_ERROR_FINDING, "\"axis\" of s is no value");
  assert_finding (graph, ANF_WARNING, "softmax of s has no attribute \"speed\"");
}

static void
test_all_that_is_unknown_is_told (Folder *folder, gconstpointer data)
{
  static const struct { AnfUnknownKind kind; const char *where, *key; } expected[] = {
    { ANF_UNKNOWN_ATTR, "c1", "colour" }, { ANF_UNKNOWN_VALUE, "c1", "dilation" },
    { ANF_UNKNOWN_ROLE, "c1", "scale" }, { ANF_UNKNOWN_KEY, "c1", "remark" },
    { ANF_UNKNOWN_KEY, "weight c1.b", "note" }, { ANF_UNKNOWN_KEY, "compile", "budget" },
    { ANF_UNKNOWN_KEY, "gates", "why" }, { ANF_UNKNOWN_KEY, "the document", "future" },
  };
  g_autofree char *path = data_file ("canonical.anf");
  g_autoptr(AnfGraph) graph = anf_document_load (path, NULL);
  g_autoptr(GArray) list = anf_graph_unknown (graph);

  g_assert_cmpuint (list->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < list->len; i++)
    {
      const AnfUnknown *unknown = &g_array_index (list, AnfUnknown, i);

      g_assert_cmpint (unknown->kind, ==, expected[i].kind);
      g_assert_cmpstr (unknown->where, ==, expected[i].where);
      g_assert_cmpstr (unknown->key, ==, expected[i].key);
    }
  assert_finding (graph, ANF_WARNING, "The key \"future\" of the document is not known.");
}

static void
test_an_unknown_operator_keeps_its_other_wires (Folder *folder, gconstpointer data)
{
  g_autofree char *path = data_file ("canonical.anf");
  g_autoptr(AnfGraph) graph = anf_document_load (path, NULL), edited = NULL;
  AnfGraphBuilder *builder = anf_graph_builder_new (graph);
  g_autofree char *text = NULL;

  anf_graph_builder_remove (builder, 3);       /* halves, which fed the first of "many" */
  edited = anf_graph_builder_end (builder, NULL);
  text = anf_document_text (edited, NULL);
  g_assert_nonnull (strstr (text, "{ \"data\": \"cat\", \"many\": [\"c1\"], "
                                  "\"last\": \"image\" }"));
}

/* ---------------------------------------------------------------- refusals */

static const struct { const char *text, *cause; } refusals[] = {
  { "", "line 1, column 1: the file is empty" },
  { "[]", "not an ANEForge document" },
  { "{}", "not an ANEForge document" },
  { "{\"aneforge\":\"1\"}", "not an ANEForge document" },
  { "{\"aneforge\":2,\"nodes\":[]}", "made by a newer version" },
  { "{\"aneforge\":1}", "\"nodes\" must be a list" },
  { "{\"aneforge\":1,\"nodes\":{}}", "\"nodes\" must be a list" },
  { "{\"aneforge\":1,\n \"nodes\":[],\n \"x\":tru}", "line 3, column 6: a value is missing" },
  { DOC ("", ",\"x\":NaN"), "NaN and Infinity" },
  { DOC ("", ",\"x\":-Infinity"), "not a number" },
  { DOC ("", ",\"x\":1e999"), "too large" },
  { DOC ("", ",\"x\":01"), "not a number" },
  { DOC ("", ",\"x\":0x1"), "not a number" },
  { DOC ("", ",\"x\":1."), "not a number" },
  { DOC ("", ",\"x\":\"\\u0000\""), "character 0" },
  { DOC ("", ",\"x\":\"\\ud800\""), "surrogate" },
  { DOC ("", ",\"x\":\"\\q\""), "unknown \\ sequence" },
  { DOC ("", ",\"x\":\"\t\""), "control character" },
  { DOC ("", ",\"x\":\"\xff\""), "not UTF-8" },
  { DOC ("", ",\"x\":[1,]"), "a value is missing" },
  { DOC ("", "/* no */"), "a comma or }" },
  { DOC ("", "") "x", "follows the end" },
  { DOC ("", ",\"title\":1,\"title\":2"), "the key \"title\" is there twice" },
  { DOC ("", ",\"title\":1"), "\"title\" must be a string" },
  { DOC ("", ",\"next_id\":0"), "\"next_id\" must be" },
  { DOC ("7", ""), "nodes[0]: must be an object" },
  { DOC (INPUT "," INPUT, ""), "nodes[1]: two nodes have the id 1" },
  { DOC ("{\"id\":0}", ""), "nodes[0]: \"id\" must be" },
  { DOC ("{\"id\":1.5}", ""), "nodes[0]: \"id\" must be" },
  { DOC ("{\"id\":-1}", ""), "nodes[0]: \"id\" must be" },
  { DOC ("{\"id\":9007199254740992}", ""), "nodes[0]: \"id\" must be" },
  { DOC ("{\"id\":\"1\"}", ""), "nodes[0]: \"id\" must be" },
  { DOC ("{\"op\":\"relu\"}", ""), "nodes[0]: needs a \"name\"" },
  { DOC ("{\"op\":\"relu\",\"name\":\"a-b\"}", ""), "nodes[0]: \"a-b\" is no name" },
  { DOC ("{\"op\":\"relu\",\"name\":\"\"}", ""), "nodes[0]: \"\" is no name" },
  { DOC ("{\"name\":\"r\"}", ""), "node \"r\": needs an \"op\"" },
  { DOC ("{\"op\":\"relu\",\"name\":\"r\"},{\"op\":\"relu\",\"name\":\"r\"}", ""),
    "node \"r\": two nodes have this name" },
  { DOC ("{\"op\":\"relu\",\"name\":\"r\",\"attrs\":[]}", ""), "node \"r\": \"attrs\" must be" },
  { DOC ("{\"op\":\"relu\",\"name\":\"r\",\"at\":[1]}", ""), "node \"r\": \"at\" must be" },
  { DOC ("{\"op\":\"relu\",\"name\":\"r\",\"in\":{\"x\":\"y\"}}", ""),
    "node \"r\": port \"x\": there is no node \"y\"" },
  { DOC (INPUT ",{\"op\":\"relu\",\"name\":\"r\",\"in\":{\"z\":\"x\"}}", ""),
    "node \"r\": port \"z\": relu has no such port" },
  { DOC (INPUT ",{\"op\":\"relu\",\"name\":\"r\",\"in\":{\"x\":[\"x\"]}}", ""),
    "node \"r\": port \"x\" takes one wire" },
  { DOC (INPUT ",{\"op\":\"relu\",\"name\":\"r\",\"in\":{\"x\":3}}", ""),
    "node \"r\": port \"x\" must be \"node\" or \"node:output\"" },
  { DOC (INPUT ",{\"op\":\"relu\",\"name\":\"r\",\"in\":{\"x\":\"x:1\"}}", ""),
    "node \"r\": \"x:1\": input has one output" },
  { DOC (INPUT ",{\"op\":\"relu\",\"name\":\"r\",\"in\":{\"x\":\"x:-1\"}}", ""),
    "no output number" },
  { DOC (INPUT ",{\"op\":\"what\",\"name\":\"r\",\"in\":{\"x\":\"y\"}}", ""),
    "node \"r\": port \"x\": there is no node \"y\"" },
  { DOC ("{\"op\":\"add\",\"name\":\"a\",\"in\":{\"x\":\"b\"}},"
         "{\"op\":\"relu\",\"name\":\"b\",\"in\":{\"x\":\"a\"}}", ""), "closes a loop" },
  { DOC ("{\"op\":\"relu\",\"name\":\"r\",\"in\":{\"x\":\"r\"}}", ""), "r closes a loop" },
  { DOC (INPUT, ",\"outputs\":[]"), "\"outputs\" must be an object" },
  { DOC (INPUT, ",\"outputs\":{\"o\":\"y\"}"), "output \"o\": there is no node \"y\"" },
  { DOC (INPUT, ",\"outputs\":{\"o\":\"x:1\"}"), "output \"o\": \"x:1\"" },
  { DOC (INPUT, ",\"outputs\":{\"a/b\":\"x\"}"), "outputs: \"a/b\" is no name" },
  { DOC ("", ",\"weights\":{\"w\":3}"), "weight \"w\": must be an object" },
  { DOC ("", ",\"weights\":{\"w\":{}}"), "weight \"w\": needs a \"file\"" },
  { DOC ("", ",\"weights\":{\"w\":{\"file\":\"\"}}"), "weight \"w\": \"file\" must be" },
  { DOC ("", ",\"weights\":{\"w\":{\"file\":\"a.npy\",\"tensor\":1}}"), "\"tensor\" must be" },
  { DOC ("", ",\"weights\":{\"w\":{\"shape\":[2],\"values\":[1]}}"), "must be the 2 numbers" },
  { DOC ("", ",\"weights\":{\"w\":{\"values\":[[1,2],[3]]}}"), "must be the 4 numbers" },
  { DOC ("", ",\"weights\":{\"w\":{\"values\":[[1,2],[3],[4,5,6]]}}"), "must be the 6 numbers" },
  { DOC ("", ",\"weights\":{\"w\":{\"values\":[\"1\"]}}"), "must be the 1 numbers" },
  { DOC ("", ",\"weights\":{\"w\":{\"init\":\"ones\"}}"), "needs a \"shape\"" },
  { DOC ("", ",\"weights\":{\"w\":{\"init\":\"ones\",\"shape\":[1,1,1,1,1,1,1,1,1]}}"),
    "at most 8" },
  { DOC ("", ",\"weights\":{\"w\":{\"init\":\"lots\",\"shape\":[1]}}"), "initialiser \"lots\"" },
  { DOC ("", ",\"weights\":{\"w\":{\"init\":\"ones\",\"shape\":[-1]}}"), "list of sizes" },
  { DOC ("", ",\"weights\":{\"w\":{\"init\":\"ones\",\"shape\":[100000,100000]}}"), "too large" },
  { DOC ("", ",\"weights\":{\"w\":{\"init\":\"ones\",\"shape\":[4294967296,4294967296]}}"),
    "too large" },
  { DOC ("", ",\"weights\":{\"w\":{\"values\":[1],\"trainable\":1}}"), "\"trainable\" must be" },
  { DOC ("", ",\"compile\":{\"target\":1}"), "\"target\" must be" },
  { DOC ("", ",\"compile\":{\"opt\":3}"), "\"opt\" must be" },
  { DOC ("", ",\"compile\":{\"compress\":\"zip\"}"), "compile: \"compress\" must be" },
  { DOC ("", ",\"compile\":{\"atol\":-1}"), "\"atol\" must be" },
  { DOC ("", ",\"compile\":{\"block_size\":0}"), "\"block_size\" must be" },
  { DOC ("", ",\"gates\":{}"), "\"gates\" must be a list" },
  { DOC ("", ",\"gates\":[{\"output\":\"o\",\"metric\":\"mse\",\"limit\":1}]"),
    "gates[0]: \"metric\" must be" },
  { DOC ("", ",\"gates\":[{\"output\":\"o\",\"metric\":\"psnr\"}]"), "gates[0]: \"limit\"" },
};

static void
test_what_has_no_meaning_is_refused_in_one_line (Folder *folder, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autofree char *path = folder_write (folder, "a.anf", refusals[i].text,
                                            strlen (refusals[i].text));
      g_autoptr(GError) error = NULL;
      g_autoptr(AnfGraph) graph = anf_document_load (path, &error);

      if (graph != NULL)
        g_error ("was read: %s", refusals[i].text);
      assert_refused (&error, path, refusals[i].cause);
    }
}

static void
test_what_is_no_file_is_no_document (Folder *folder, gconstpointer data)
{
  g_autofree char *fifo = folder_file (folder, "fifo.anf");
  g_autofree char *none = folder_file (folder, "none.anf");
  g_autoptr(GError) error = NULL;

  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  g_assert_null (anf_document_load (fifo, &error));
  assert_refused (&error, fifo, "not a regular file");
  g_assert_null (anf_document_load (none, &error));
  assert_refused (&error, none, "No such file");
  g_assert_null (anf_document_load (folder->path, &error));
  assert_refused (&error, folder->path, "folder");
}

/* @depth lists in each other under a key of the document, which is a level itself. */
static char *
nested (guint depth)
{
  GString *text = g_string_new ("{\"aneforge\":1,\"nodes\":[],\"x\":");

  for (guint i = 0; i < depth; i++)
    g_string_append_c (text, '[');
  for (guint i = 0; i < depth; i++)
    g_string_append_c (text, ']');
  g_string_append_c (text, '}');
  return g_string_free (text, FALSE);
}

static void
test_more_than_128_levels_are_refused (Folder *folder, gconstpointer data)
{
  static const guint depths[] = { 128, 129, 1000000 };
  g_autofree char *deepest = nested (127), *text = NULL;
  g_autoptr(AnfGraph) graph = parse (deepest), again = NULL;

  text = anf_document_text (graph, NULL);
  again = parse (text);                        /* what is written can be read */
  for (guint i = 0; i < G_N_ELEMENTS (depths); i++)
    {
      g_autofree char *deep = nested (depths[i]);
      g_autoptr(GError) error = NULL;

      g_assert_null (anf_document_parse (deep, strlen (deep), NULL, &error));
      assert_refused (&error, "line 1, column ", "128 levels");
    }
}

static void
test_a_document_cut_anywhere_is_refused (Folder *folder, gconstpointer data)
{
  g_autoptr(GBytes) bytes = data_bytes ("canonical.anf");
  const char *text = g_bytes_get_data (bytes, NULL);

  for (gsize size = 0; size < g_bytes_get_size (bytes) - 2; size++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_null (anf_document_parse (text, size, NULL, &error));
      assert_refused (&error, "line ", "");
    }
}

static void
test_flipped_bits_are_survived (Folder *folder, gconstpointer data)
{
  g_autoptr(GRand) random = g_rand_new_with_seed (20260102);
  g_autoptr(GBytes) bytes = data_bytes ("canonical.anf");
  gsize size = g_bytes_get_size (bytes);

  for (guint round = 0; round < 5000; round++)
    {
      g_autofree char *copy = g_memdup2 (g_bytes_get_data (bytes, NULL), size);
      g_autoptr(AnfGraph) graph = NULL;
      g_autoptr(GError) error = NULL;

      for (int flips = g_rand_int_range (random, 1, 4); flips > 0; flips--)
        copy[g_rand_int_range (random, 0, size)] ^= 1 << g_rand_int_range (random, 0, 8);
      graph = anf_document_parse (copy, size, NULL, &error);
      if (graph != NULL)
        {
          g_autofree char *text = anf_document_text (graph, NULL), *twice = NULL;
          g_autoptr(AnfGraph) again = parse (text);

          twice = anf_document_text (again, NULL);
          g_assert_cmpstr (text, ==, twice);
        }
      else
        assert_refused (&error, "", "");
    }
}

/* ---------------------------------------------------------------- places of files */

static void
test_file_names_follow_the_document (Folder *folder, gconstpointer data)
{
  g_autofree char *a = folder_file (folder, "a"), *b = folder_file (folder, "b/c");
  g_autofree char *from = g_build_filename (a, "g.anf", NULL);
  g_autofree char *to = g_build_filename (b, "g.anf", NULL), *text = NULL, *weights = NULL;
  const float one[] = { 1 };
  g_autoptr(AnfTensor) tensor = anf_tensor_new_floats (1, (gint64[]) { 1 }, one);
  g_autoptr(AnfGraph) graph = NULL, moved = NULL;
  g_autoptr(GError) error = NULL;
  static const char document[] = DOC (INPUT, ",\"outputs\":{\"o\":\"x\"},\"weights\":{"
    "\"w\":{\"file\":\"sub/w.npy\"}},\"gates\":[{\"output\":\"o\",\"metric\":\"psnr\",\"limit\":9,"
    "\"inputs\":\"in.npz\"}]");

  weights = g_build_filename (a, "sub", NULL);
  g_assert_cmpint (g_mkdir_with_parents (weights, 0700), ==, 0);
  g_assert_cmpint (g_mkdir_with_parents (b, 0700), ==, 0);
  g_free (weights);
  weights = g_build_filename (a, "sub", "w.npy", NULL);
  g_assert_true (anf_npy_save (weights, tensor, &error));
  g_assert_true (g_file_set_contents (from, document, -1, &error));

  graph = anf_document_load (from, &error);
  g_assert_no_error (error);
  g_assert_null (anf_weight_problem (anf_graph_find_weight (graph, "w")));
  g_assert_true (anf_document_save (graph, to, &error));
  g_assert_true (g_file_get_contents (to, &text, NULL, &error));
  g_assert_nonnull (strstr (text, "\"file\": \"../../a/sub/w.npy\""));
  g_assert_nonnull (strstr (text, "\"inputs\": \"../../a/in.npz\""));
  moved = anf_document_load (to, &error);
  g_assert_no_error (error);
  assert_finding (moved, ANF_WARNING, "\"w\" is reached by ../ or a symbolic link");
  g_assert_nonnull (anf_weight_tensor (anf_graph_find_weight (moved, "w")));
}

static void
test_a_file_chosen_below_the_document_becomes_relative (Folder *folder, gconstpointer data)
{
  g_autofree char *inside = folder_file (folder, "sub/w.npy"), *text = NULL;
  g_autoptr(AnfGraph) graph = parse (DOC ("", "")), edited = NULL;
  g_autoptr(AnfWeight) near = anf_weight_new_file ("near", inside, NULL);
  g_autoptr(AnfWeight) far = anf_weight_new_file ("far", "/usr/share/w.npy", NULL);
  AnfGraphBuilder *builder = anf_graph_builder_new (graph);

  anf_graph_builder_put_weight (builder, near);
  anf_graph_builder_put_weight (builder, far);
  edited = anf_graph_builder_end (builder, NULL);
  text = anf_document_text (edited, folder->path);
  g_assert_nonnull (strstr (text, "\"far\": { \"file\": \"/usr/share/w.npy\" }"));
  g_assert_nonnull (strstr (text, "\"near\": { \"file\": \"sub/w.npy\" }"));
}

static void
test_a_failed_save_changes_nothing (Folder *folder, gconstpointer data)
{
  const float bad[] = { 0.0f / 0.0f };
  g_autoptr(AnfTensor) tensor = anf_tensor_new_floats (1, (gint64[]) { 1 }, bad);
  g_autoptr(AnfWeight) weight = anf_weight_new_values ("w", tensor);
  g_autofree char *path = folder_write (folder, "a.anf", "old", 3), *text = NULL;
  g_autofree char *nowhere = folder_file (folder, "no/a.anf");
  g_autoptr(AnfGraph) graph = parse (DOC ("", "")), edited = NULL;
  g_autoptr(GError) error = NULL;
  AnfGraphBuilder *builder = anf_graph_builder_new (graph);

  anf_graph_builder_put_weight (builder, weight);
  edited = anf_graph_builder_end (builder, NULL);
  g_assert_false (anf_document_save (edited, path, &error));
  assert_refused (&error, path, "weight \"w\": inf and NaN");
  g_assert_false (anf_document_save (graph, nowhere, &error));
  assert_refused (&error, nowhere, "No such file");
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "old");
  g_assert_cmpuint (folder_n_files (folder), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("document/canonical-file-survives-byte-for-byte",
       test_a_canonical_file_survives_byte_for_byte);
  ADD ("document/examples-are-as-written", test_the_examples_are_as_we_write_them);
  ADD ("document/any-file-is-stable-after-one-save", test_any_file_is_stable_after_one_save);
  ADD ("document/nodes-mean-what-the-file-says", test_nodes_mean_what_the_file_says);
  ADD ("document/tables-mean-what-the-file-says", test_tables_mean_what_the_file_says);
  ADD ("document/node-without-an-id-gets-a-new-one", test_a_node_without_an_id_gets_a_new_one);
  ADD ("document/ids-are-not-used-again", test_ids_are_not_used_again_after_a_save);
  ADD ("document/output-taken-away-still-loads",
       test_an_output_that_an_attribute_took_away_still_loads);
  ADD ("document/wrong-type-is-kept-apart", test_values_of_the_wrong_type_are_kept_apart);
  ADD ("document/all-that-is-unknown-is-told", test_all_that_is_unknown_is_told);
  ADD ("document/unknown-operator-keeps-its-other-wires",
       test_an_unknown_operator_keeps_its_other_wires);
  ADD ("document/no-meaning-is-refused-in-one-line",
       test_what_has_no_meaning_is_refused_in_one_line);
  ADD ("document/no-file-is-no-document", test_what_is_no_file_is_no_document);
  ADD ("document/more-than-128-levels-are-refused", test_more_than_128_levels_are_refused);
  ADD ("document/cut-anywhere-is-refused", test_a_document_cut_anywhere_is_refused);
  ADD ("document/flipped-bits-are-survived", test_flipped_bits_are_survived);
  ADD ("document/file-names-follow-the-document", test_file_names_follow_the_document);
  ADD ("document/chosen-file-becomes-relative",
       test_a_file_chosen_below_the_document_becomes_relative);
  ADD ("document/failed-save-changes-nothing", test_a_failed_save_changes_nothing);
  return g_test_run ();
}
