/* test-reader.c - models written message by message: what opens, what is refused and in which
 * words, and that no damage brings the reader down. */
#include "anf.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* ---------------------------------------------------------------- messages */

static void
varint (GByteArray *out, guint64 value)
{
  do
    {
      guint8 byte = (value & 127) | (value > 127 ? 128 : 0);

      g_byte_array_append (out, &byte, 1);
      value >>= 7;
    }
  while (value > 0);
}

static void
number (GByteArray *out, guint field, guint64 value)
{
  varint (out, field << 3);
  varint (out, value);
}

static void
bytes (GByteArray *out, guint field, gconstpointer data, gsize size)
{
  varint (out, field << 3 | 2);
  varint (out, size);
  g_byte_array_append (out, data, size);
}

static void
text (GByteArray *out, guint field, const char *words)
{
  bytes (out, field, words, strlen (words));
}

/* @inner is given away. */
static void
message (GByteArray *out, guint field, GByteArray *inner)
{
  bytes (out, field, inner->data, inner->len);
  g_byte_array_unref (inner);
}

/* ValueInfoProto of floats; an axis of 0 is open. */
static GByteArray *
port (const char *name, guint rank, const int *dim)
{
  GByteArray *info = g_byte_array_new (), *type = g_byte_array_new ();
  GByteArray *tensor = g_byte_array_new (), *shape = g_byte_array_new ();

  for (guint i = 0; i < rank; i++)
    {
      GByteArray *axis = g_byte_array_new ();

      if (dim[i] > 0)
        number (axis, 1, dim[i]);
      else
        text (axis, 2, "side");
      message (shape, 1, axis);
    }
  number (tensor, 1, 1);
  message (tensor, 2, shape);
  message (type, 1, tensor);
  text (info, 1, name);
  message (info, 2, type);
  return info;
}

static GByteArray *
node (const char *op, const char *name, const char *in, const char *in2, const char *out)
{
  GByteArray *self = g_byte_array_new ();

  text (self, 1, in);
  if (in2 != NULL)
    text (self, 1, in2);
  text (self, 2, out);
  text (self, 3, name);
  text (self, 4, op);
  return self;
}

/* From x [1, 4] to y. */
static GByteArray *
graph (const int *dim, guint rank)
{
  GByteArray *self = g_byte_array_new ();

  message (self, 11, port ("x", rank, dim));
  message (self, 12, port ("y", rank, dim));
  return self;
}

/* Takes @self. */
static GByteArray *
model (GByteArray *self, gint64 opset)
{
  GByteArray *whole = g_byte_array_new (), *set = g_byte_array_new ();

  number (set, 2, opset);
  number (whole, 1, 8);
  message (whole, 7, self);
  message (whole, 8, set);
  return whole;
}

static AnfImport *
open_in (const char *folder, GByteArray *data, const char *const *shapes, GError **error)
{
  g_autofree char *path = g_build_filename (folder, "m.onnx", NULL);
  AnfImport *import;

  g_assert_true (g_file_set_contents (path, (const char *) data->data, data->len, NULL));
  g_byte_array_unref (data);
  import = anf_import (path, shapes, NULL, error);
  g_unlink (path);
  return import;
}

static AnfImport *
open (GByteArray *data, const char *const *shapes, GError **error)
{
  g_autofree char *folder = g_dir_make_tmp ("aneforge-onnx-XXXXXX", NULL);
  AnfImport *import = open_in (folder, data, shapes, error);

  g_rmdir (folder);
  return import;
}

/* Refused with these words in the one line. */
static void
refused (GByteArray *data, const char *words)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfImport) import = open (data, NULL, &error);

  g_assert_null (import);
  g_assert_error (error, ANF_ERROR, ANF_ERROR_BAD_FILE);
  g_assert_null (strchr (error->message, '\n'));
  if (strstr (error->message, words) == NULL)
    g_error ("\"%s\" does not say \"%s\"", error->message, words);
}

static const int four[] = { 1, 4 };

/* ---------------------------------------------------------------- what opens */

static void
test_a_node_of_the_model_is_a_row (void)
{
  GByteArray *g = graph (four, 2);
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfImport) import = NULL;
  const AnfNode *relu;

  message (g, 1, node ("Relu", "/block/act/Relu", "x", NULL, "y"));
  import = open (model (g, 13), NULL, &error);
  g_assert_no_error (error);
  relu = anf_graph_find_name (anf_import_graph (import), "block_act_Relu");
  g_assert_cmpstr (anf_node_op_name (relu), ==, "relu");
  g_assert_cmpstr (anf_node_group (relu), ==, "block/act");
  g_assert_cmpstr (anf_graph_nth_output (anf_import_graph (import), 0, NULL), ==, "y");
}

static void
test_an_unknown_operator_keeps_its_attributes (void)
{
  GByteArray *g = graph (four, 2), *strange = node ("Strange", "odd", "x", NULL, "z");
  GByteArray *attr = g_byte_array_new ();
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfImport) import = NULL;
  g_autofree char *json = NULL;

  text (attr, 1, "depth");
  number (attr, 3, 7);
  number (attr, 20, 2);
  message (strange, 5, attr);
  message (g, 1, strange);
  message (g, 12, port ("z", 2, four));
  message (g, 1, node ("Relu", "act", "x", NULL, "y"));
  import = open (model (g, 13), NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (anf_import_n_unmapped (import), ==, 1);
  g_assert_cmpstr (anf_import_nth_unmapped (import, 0)->op, ==, "Strange");
  g_assert_nonnull (anf_graph_find_name (anf_import_graph (import), "act"));
  json = anf_document_text (anf_import_graph (import), NULL);
  g_assert_nonnull (strstr (json, "\"onnx:Strange\""));
  g_assert_nonnull (strstr (json, "\"depth\": 7"));
}

/* A border of zeros that a node of its own puts around the image is the convolution's: nothing else
 * is left of it. Pads of ONNX: all beginnings, then all ends. */
static void
test_a_border_of_zeros_is_the_convolutions (void)
{
  static const int in[] = { 1, 1, 3, 3 }, out[] = { 1, 1, 3, 5 };
  static const guint pads[] = { 0, 0, 1, 2, 0, 0, 0, 1 };
  static const float ones[] = { 1, 1, 1, 1 };
  static const gint64 want[] = { 1, 0, 2, 1 };         /* top, bottom, left, right */
  GByteArray *g = g_byte_array_new (), *attr = g_byte_array_new (), *w = g_byte_array_new ();
  GByteArray *pad = node ("Pad", "pad", "x", NULL, "wide");
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfImport) import = NULL;
  const AnfNode *conv;
  gint64 got[4];

  text (attr, 1, "pads");
  for (guint i = 0; i < G_N_ELEMENTS (pads); i++)
    number (attr, 8, pads[i]);
  number (attr, 20, 7);
  message (pad, 5, attr);
  for (guint i = 0; i < 4; i++)
    number (w, 1, i < 2 ? 1 : 2);
  number (w, 2, 1);
  text (w, 8, "w");
  bytes (w, 9, ones, sizeof ones);
  message (g, 11, port ("x", 4, in));
  message (g, 12, port ("y", 4, out));
  message (g, 5, w);
  message (g, 1, pad);
  message (g, 1, node ("Conv", "conv", "wide", "w", "y"));
  import = open (model (g, 10), NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (anf_graph_n_nodes (anf_import_graph (import)), ==, 2);
  conv = anf_graph_find_name (anf_import_graph (import), "conv");
  g_assert_nonnull (conv);
  g_assert_cmpuint (anf_node_ints (conv, "pad", got, 4), ==, 4);
  g_assert_cmpmem (got, sizeof got, want, sizeof want);
}

static void
test_an_open_axis_is_given_by_shape (void)
{
  static const int open_axes[] = { 0, 3, 0 };
  static const char *const shapes[] = { "x=2,3,5", NULL };
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfImport) import = NULL;
  g_autoptr(AnfReport) report = NULL;
  GByteArray *g = graph (open_axes, 3);
  const AnfType *type;

  message (g, 1, node ("Relu", "act", "x", NULL, "y"));
  import = open (model (g, 13), shapes, &error);
  g_assert_no_error (error);
  report = anf_check (anf_import_graph (import), NULL);
  type = anf_report_type (report, anf_node_id (anf_graph_find_name (anf_import_graph (import),
                                                                    "act")), 0);
  g_assert_cmpint (type->dim[0], ==, 2);
  g_assert_cmpint (type->dim[2], ==, 5);
}

/* ---------------------------------------------------------------- what is refused */

static void
test_an_axis_left_open_is_named (void)
{
  static const int open_axes[] = { 0, 3, 0 };
  GByteArray *g = graph (open_axes, 3);

  message (g, 1, node ("Relu", "act", "x", NULL, "y"));
  refused (model (g, 13), "input \"x\": the size of axis 2, side is open");
}

static void
test_a_loop_is_refused_at_its_node (void)
{
  GByteArray *g = graph (four, 2);

  message (g, 1, node ("Add", "a", "x", "b", "a"));
  message (g, 1, node ("Add", "b", "a", "x", "b"));
  message (g, 1, node ("Relu", "c", "b", NULL, "y"));
  refused (model (g, 13), "node 0, \"a\" (Add): it reads \"b\", which nothing before it makes");
}

static void
test_what_is_no_model_is_refused (void)
{
  GByteArray *g = graph (four, 2);

  refused (g_byte_array_new (), "no ONNX model");
  refused (g_byte_array_append (g_byte_array_new (), (const guint8 *) "\377\377\377\377", 4),
           "byte 0");
  message (g, 1, node ("Relu", "act", "x", NULL, "y"));
  refused (model (g, 5), "opset 5");
  refused (model (graph (four, 2), 13), "output \"y\" is made by no node");
}

/* TensorProto of floats; sizes that do not fit what is there. */
static GByteArray *
weights (guint64 rows, gsize size)
{
  GByteArray *tensor = g_byte_array_new ();
  g_autofree guint8 *raw = g_malloc0 (size + 1);

  number (tensor, 1, rows);
  number (tensor, 2, 1);
  text (tensor, 8, "w");
  bytes (tensor, 9, raw, size);
  return tensor;
}

static void
test_sizes_that_lie_are_refused (void)
{
  static const guint64 rows[] = { 5, G_MAXINT64, G_MAXUINT64, G_GUINT64_CONSTANT (1) << 62 };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      GByteArray *g = graph (four, 2);

      message (g, 5, weights (rows[i], 16));
      message (g, 1, node ("Add", "a", "x", "w", "y"));
      refused (model (g, 13), "initializer \"w\"");
    }
}

/* ---------------------------------------------------------------- external data */

static GByteArray *
external (const char *location)
{
  static const char *const keys[] = { "location", "length" };
  const char *values[] = { location, "16" };
  GByteArray *tensor = g_byte_array_new (), *g = graph (four, 2);

  number (tensor, 1, 4);
  number (tensor, 2, 1);
  text (tensor, 8, "w");
  for (guint i = 0; i < 2; i++)
    {
      GByteArray *entry = g_byte_array_new ();

      text (entry, 1, keys[i]);
      text (entry, 2, values[i]);
      message (tensor, 13, entry);
    }
  number (tensor, 14, 1);
  message (g, 5, tensor);
  message (g, 1, node ("Add", "a", "x", "w", "y"));
  return model (g, 13);
}

static void
test_external_data_stay_in_the_folder (void)
{
  g_autofree char *folder = g_dir_make_tmp ("aneforge-onnx-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (folder, "w.bin", NULL);
  g_autofree char *link = g_build_filename (folder, "link", NULL);
  const char *escapes[] = { "../w.bin", "a/../../w.bin", file, "link", "" };
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfImport) good = NULL;

  g_assert_true (g_file_set_contents (file, "0123456789abcdef", 16, NULL));
  g_assert_cmpint (symlink (file, link), ==, 0);
  good = open_in (folder, external ("w.bin"), NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (escapes); i++)
    {
      g_autoptr(GError) refusal = NULL;

      g_assert_null (open_in (folder, external (escapes[i]), NULL, &refusal));
      g_assert_error (refusal, ANF_ERROR, ANF_ERROR_BAD_FILE);
      g_assert_nonnull (strstr (refusal->message, "model's folder"));
    }
  g_unlink (link);
  g_unlink (file);
  g_rmdir (folder);
}

/* ---------------------------------------------------------------- damage */

#define TRIES 60

static void
spoil (GRand *dice, GByteArray *data)
{
  guint n = g_rand_int_range (dice, 1, 6);

  for (guint i = 0; i < n && data->len > 4; i++)
    {
      guint at = g_rand_int_range (dice, 0, data->len), much;

      switch (g_rand_int_range (dice, 0, 4))
        {
        case 0:
          data->data[at] ^= 1 << g_rand_int_range (dice, 0, 8);
          break;
        case 1:
          data->data[at] = g_rand_boolean (dice) ? 255 : 0;
          break;
        case 2:
          much = g_rand_int_range (dice, 1, 5);
          g_byte_array_remove_range (data, at, MIN (much, data->len - at));
          break;
        default:
          g_byte_array_set_size (data, data->len - (data->len - at) / 4);
        }
    }
}

static void
test_damage_is_refused_or_opens (gconstpointer name)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "data", name, NULL), *whole = NULL;
  g_autoptr(GRand) dice = g_rand_new_with_seed (20240610);
  gsize size;

  g_assert_true (g_file_get_contents (path, &whole, &size, NULL));
  for (guint i = 0; i < TRIES; i++)
    {
      GByteArray *data = g_byte_array_append (g_byte_array_new (), (const guint8 *) whole, size);
      g_autoptr(GError) error = NULL;
      g_autoptr(AnfImport) import = NULL;

      spoil (dice, data);
      import = open (data, NULL, &error);
      if (import == NULL)
        {
          g_assert_error (error, ANF_ERROR, ANF_ERROR_BAD_FILE);
          g_assert_null (strchr (error->message, '\n'));
        }
      else
        anf_report_unref (anf_check (anf_import_graph (import), NULL));
    }
}

int
main (int argc, char **argv)
{
  static const char *const files[] = { "attention.onnx", "gru.onnx", "resize.onnx", "conv1d.onnx",
                                       "norm.onnx" };

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/onnx/a-node-of-the-model-is-a-row", test_a_node_of_the_model_is_a_row);
  g_test_add_func ("/onnx/an-unknown-operator-keeps-its-attributes",
                   test_an_unknown_operator_keeps_its_attributes);
  g_test_add_func ("/onnx/a-border-of-zeros-is-the-convolutions",
                   test_a_border_of_zeros_is_the_convolutions);
  g_test_add_func ("/onnx/an-open-axis-is-given-by-shape", test_an_open_axis_is_given_by_shape);
  g_test_add_func ("/onnx/an-axis-left-open-is-named", test_an_axis_left_open_is_named);
  g_test_add_func ("/onnx/a-loop-is-refused-at-its-node", test_a_loop_is_refused_at_its_node);
  g_test_add_func ("/onnx/what-is-no-model-is-refused", test_what_is_no_model_is_refused);
  g_test_add_func ("/onnx/sizes-that-lie-are-refused", test_sizes_that_lie_are_refused);
  g_test_add_func ("/onnx/external-data-stay-in-the-folder",
                   test_external_data_stay_in_the_folder);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *title = g_strdup_printf ("/onnx/damage/%s", files[i]);

      g_test_add_data_func (title, files[i], test_damage_is_refused_or_opens);
    }
  return g_test_run ();
}
