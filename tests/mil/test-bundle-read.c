/* test-bundle-read.c - a bundle computes the same bits as its document, and damage is found. */
#include "anf.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* Two segments, every kind of weight: encoded, transposed, a bias, a constant, a composite's; and a
 * node that nothing needs. */
static const char document[] =
  "{ \"aneforge\": 1, \"nodes\": ["
  " { \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [2, 16] } },"
  " { \"id\": 2, \"op\": \"linear\", \"name\": \"a\", \"in\": { \"x\": \"x\" },"
  "   \"weights\": { \"weight\": \"w\", \"bias\": \"b\" },"
  "   \"compress\": { \"weight\": \"%s\" } },"
  " { \"id\": 3, \"op\": \"matmul_w\", \"name\": \"m\", \"in\": { \"x\": \"a\" },"
  "   \"weights\": { \"weight\": \"t\" }, \"compress\": { \"weight\": \"int8\" } },"
  " { \"id\": 4, \"op\": \"const\", \"name\": \"c\", \"weights\": { \"value\": \"v\" } },"
  " { \"id\": 5, \"op\": \"add\", \"name\": \"s\", \"in\": { \"x\": \"m\", \"y\": \"c\" } },"
  " { \"id\": 6, \"op\": \"argmax\", \"name\": \"i\", \"in\": { \"x\": \"s\" } },"
  " { \"id\": 8, \"op\": \"geglu\", \"name\": \"g\", \"in\": { \"x\": \"x\" },"
  "   \"weights\": { \"weight\": \"w\", \"bias\": \"b\" } },"
  " { \"id\": 7, \"op\": \"linear\", \"name\": \"dead\", \"in\": { \"x\": \"x\" },"
  "   \"weights\": { \"weight\": \"w\" } } ],"
  " \"outputs\": { \"y\": \"s\", \"best\": \"i\", \"gated\": \"g\" },"
  " \"weights\": {"
  "  \"w\": { \"shape\": [24, 16], \"values\": [%s] },"
  "  \"b\": { \"shape\": [24], \"init\": \"normal\", \"scale\": 0.3, \"seed\": 5 },"
  "  \"t\": { \"shape\": [24, 6], \"init\": \"normal\", \"scale\": 0.3, \"seed\": 6 },"
  "  \"v\": { \"shape\": [1, 6], \"init\": \"normal\", \"scale\": 0.3, \"seed\": 7 } },"
  " \"compile\": { \"target\": \"h15\", \"opt\": \"routes\", \"compress\": \"int4\","
  "                \"atol\": 0.5, \"block_size\": 8 } }";

/* Two of three are 0 where @holes. */
static char *
numbers (gboolean holes)
{
  GString *text = g_string_new (NULL);
  float values[24 * 16];

  anf_random_normal (4, 0.3, G_N_ELEMENTS (values), values);
  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      char number[G_ASCII_DTOSTR_BUF_SIZE];

      g_ascii_dtostr (number, sizeof number, holes && i % 3 > 0 ? 0 : values[i]);
      g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", number);
    }
  return g_string_free (text, FALSE);
}

typedef struct { char *place, *dir; AnfGraph *graph; } Fixture;

static AnfProgram *
compile (AnfGraph *graph)
{
  g_autoptr(GError) error = NULL;
  AnfOptions options;
  AnfProgram *program;

  anf_options_init (&options, graph);
  program = anf_compile (graph, &options, NULL, &error);
  g_assert_no_error (error);
  return program;
}

static void
save (Fixture *self, const char *encoding)
{
  g_autofree char *values = numbers (g_str_equal (encoding, "sparse"));
  g_autofree char *text = g_strdup_printf (document, encoding, values);
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfProgram) program = NULL;

  g_clear_pointer (&self->graph, anf_graph_unref);
  self->graph = anf_document_parse (text, strlen (text), NULL, &error);
  g_assert_no_error (error);
  program = compile (self->graph);
  g_assert_cmpstr (anf_encoding_name (anf_weights_nth (anf_program_weights (program), 0)->chosen),
                   ==, encoding);
  g_assert_true (anf_bundle_save (program, NULL, self->dir, &error));
  g_assert_no_error (error);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autoptr(GError) error = NULL;

  self->place = g_dir_make_tmp ("aneforge-XXXXXX", &error);
  g_assert_no_error (error);
  self->dir = g_build_filename (self->place, "b", NULL);
  self->graph = NULL;
  save (self, "int4");
}

static void
remove_tree (const char *path)
{
  GDir *dir = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_tree (child);
    }
  g_clear_pointer (&dir, g_dir_close);
  g_remove (path);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  remove_tree (self->place);
  g_free (self->place);
  g_free (self->dir);
  anf_graph_unref (self->graph);
}

static void
assert_same_run (AnfGraph *one, AnfGraph *other)
{
  g_autoptr(AnfProgram) a = compile (one), b = compile (other);
  g_autoptr(AnfTensors) inputs = anf_feed (a, NULL, FALSE, 3, NULL);
  g_autoptr(AnfTensors) from_a = anf_program_run (a, inputs, NULL, NULL, NULL);
  g_autoptr(AnfTensors) from_b = anf_program_run (b, inputs, NULL, NULL, NULL);

  g_assert_cmpuint (anf_tensors_n (from_a), ==, anf_tensors_n (from_b));
  for (guint i = 0; i < anf_tensors_n (from_a); i++)
    {
      const char *name = anf_tensors_nth_name (from_a, i);
      g_autoptr(AnfTensor) x = anf_tensors_get (from_a, name, NULL);
      g_autoptr(AnfTensor) y = anf_tensors_get (from_b, name, NULL);
      gsize n = anf_tensor_elements (x) * sizeof (float);

      g_assert_cmpmem (g_bytes_get_data (anf_tensor_bytes (x), NULL), n,
                       g_bytes_get_data (anf_tensor_bytes (y), NULL),
                       anf_tensor_elements (y) * sizeof (float));
    }
}

static void
test_bundle_computes_the_same_bits (Fixture *self, gconstpointer data)
{
  static const char *const encodings[] = { "fp16", "int8", "int4", "sparse", "blockwise" };

  for (guint i = 0; i < G_N_ELEMENTS (encodings); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(AnfGraph) graph = NULL;
      AnfSettings settings;

      save (self, encodings[i]);
      graph = anf_bundle_load (self->dir, &settings, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (settings.target, ==, "h15");
      g_assert_cmpint (settings.compress, ==, ANF_INT4);
      g_assert_cmpuint (settings.block_size, ==, 8);
      assert_same_run (self->graph, graph);
    }
}

/* The message of the refusal; the bundle must be refused. */
static char *
refusal (const Fixture *self)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfGraph) graph = anf_bundle_load (self->dir, NULL, &error);

  g_assert_null (graph);
  g_assert_error (error, ANF_ERROR, ANF_ERROR_BAD_FILE);
  g_assert_null (strchr (error->message, '\n'));
  return g_strdup (error->message);
}

static char *
file_in (const Fixture *self, const char *name)
{
  return g_build_filename (self->dir, name, NULL);
}

static void
test_changed_files_are_found (Fixture *self, gconstpointer data)
{
  static const char *const names[] = { "s00/model.mil", "s00/weights.bin", "s01/bridge.json",
                                       "graph.anf" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = file_in (self, names[i]), *text = NULL, *why = NULL;
      gsize length;

      g_assert_true (g_file_get_contents (path, &text, &length, NULL));
      text[length / 2] ^= 1;
      g_assert_true (g_file_set_contents (path, text, length, NULL));
      why = refusal (self);
      g_assert_nonnull (strstr (why, names[i]));
      g_assert_nonnull (strstr (why, "SHA-256"));
      text[length / 2] ^= 1;
      g_assert_true (g_file_set_contents (path, text, length, NULL));
    }
}

static void
test_missing_files_are_named (Fixture *self, gconstpointer data)
{
  g_autofree char *path = file_in (self, "s00/weights.bin"), *why = NULL;

  g_assert_cmpint (g_remove (path), ==, 0);
  why = refusal (self);
  g_assert_nonnull (strstr (why, "s00/weights.bin"));
}

static void
test_nothing_outside_is_read (Fixture *self, gconstpointer data)
{
  static const char *const names[] = { "../weights.bin", "/s00/weights.bin", "s00//weights.bin",
                                       "s00/./weights.bin" };
  g_autofree char *manifest = file_in (self, "manifest.json"), *text = NULL;
  g_autofree char *blob = file_in (self, "s00/weights.bin");
  g_autofree char *outside = g_build_filename (self->place, "weights.bin", NULL), *why = NULL;

  g_assert_true (g_file_get_contents (manifest, &text, NULL, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_auto(GStrv) parts = g_strsplit (text, "s00/weights.bin", -1);
      g_autofree char *changed = g_strjoinv (names[i], parts), *said = NULL;

      g_assert_true (g_file_set_contents (manifest, changed, -1, NULL));
      said = refusal (self);
      g_assert_nonnull (strstr (said, "no file inside it"));
    }
  g_assert_true (g_file_set_contents (manifest, text, -1, NULL));

  /* The right bytes, but through a link. */
  g_assert_cmpint (g_rename (blob, outside), ==, 0);
  g_assert_cmpint (symlink (outside, blob), ==, 0);
  why = refusal (self);
  g_assert_nonnull (strstr (why, "no file inside it"));
}

/* A key of the manifest missing, a number of it another, an end too early: one line each. */
static void
test_damaged_manifests_are_survived (Fixture *self, gconstpointer data)
{
  static const char *const changes[][2] = {
    { "\"format\": 1", "\"format\": 2" }, { "\"segments\"", "\"other\"" },
    { "\"weights\"", "\"other\"" }, { "\"options\"", "\"other\"" },
    { "\"document_sha256\"", "\"other\"" }, { "\"target\": \"h15\"", "\"target\": \"h99\"" },
    { "\"encoding\": \"int4\"", "\"encoding\": \"int8\"" },
    { "\"encoding\": \"int4\"", "\"encoding\": \"fp16\"" },
    { "\"encoding\": \"int4\"", "\"encoding\": \"auto\"" },
    { "\"shape\": [24, 16],", "\"shape\": [24, 17]," },
    { "\"shape\": [24, 16],", "\"shape\": [999999999, 999999999, 999999999]," },
    { "\"shape\": [24, 16],", "\"shape\": [-1, 16]," },
    { "\"shape\": [24, 16],", "\"shape\": []," },
    { "\"offsets\": [64", "\"offsets\": [65" }, { "\"offsets\": [64", "\"offsets\": [-64" },
    { "\"offsets\": [64", "\"offsets\": [9007199254740992" },
    { "\"places\": [{ \"segment\": \"s0\"", "\"places\": [{ \"segment\": \"s9\"" },
    { "\"role\": \"weight\"", "\"role\": \"wait\"" }, { "\"node\": \"a\"", "\"node\": \"q\"" },
    { "\"block_size\": 8", "\"block_size\": 0" }, { "{", "[" },
  };
  g_autofree char *path = file_in (self, "manifest.json"), *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      GString *changed = g_string_new (text);
      g_autofree char *why = NULL;

      g_assert_cmpuint (g_string_replace (changed, changes[i][0], changes[i][1], 1), ==, 1);
      g_assert_true (g_file_set_contents (path, changed->str, changed->len, NULL));
      g_test_message ("%s -> %s", changes[i][0], changes[i][1]);
      why = refusal (self);
      g_string_free (changed, TRUE);
    }
  for (gsize length = 0; length < strlen (text); length += 61)
    {
      g_autofree char *why = NULL;

      g_assert_true (g_file_set_contents (path, text, length, NULL));
      why = refusal (self);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/bundle/computes-the-same-bits", Fixture, NULL, set_up,
              test_bundle_computes_the_same_bits, tear_down);
  g_test_add ("/bundle/changed-files-are-found", Fixture, NULL, set_up,
              test_changed_files_are_found, tear_down);
  g_test_add ("/bundle/missing-files-are-named", Fixture, NULL, set_up,
              test_missing_files_are_named, tear_down);
  g_test_add ("/bundle/nothing-outside-is-read", Fixture, NULL, set_up,
              test_nothing_outside_is_read, tear_down);
  g_test_add ("/bundle/damaged-manifests-are-survived", Fixture, NULL, set_up,
              test_damaged_manifests_are_survived, tear_down);
  return g_test_run ();
}
