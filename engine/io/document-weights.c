/* document-weights.c - reads "weights": numbers from files, written out, or made up. */
#include "io/document.h"
#include "io/file.h"

/* Weights that are made up or written out live in memory, all of a document's together: more
 * numbers than this belong into a file. */
#define MAX_NUMBERS ((gsize) 1 << 28)

static gboolean
read_shape (AnfReader *self, const char *name, JsonNode *node, guint *rank, gint64 *shape, gsize *n)
{
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  *n = 1;
  if (array == NULL || (*rank = json_array_get_length (array)) > ANF_MAX_TENSOR_RANK)
    return anf_bad_file (self->error, "weight \"%s\": \"shape\" must be a list of at most %d sizes",
                         name, ANF_MAX_TENSOR_RANK);
  for (guint i = 0; i < *rank; i++)
    {
      if (!anf_json_to_int (json_array_get_element (array, i), &shape[i]) || shape[i] < 0)
        return anf_bad_file (self->error, "weight \"%s\": \"shape\" must be a list of sizes", name);
      if (!g_size_checked_mul (n, *n, shape[i]) || *n > MAX_NUMBERS)
        return anf_bad_file (self->error,
                             "weight \"%s\": too large to be kept in memory; use a file", name);
    }
  self->numbers += *n;
  if (self->numbers > MAX_NUMBERS)
    return anf_bad_file (self->error,
                         "weight \"%s\": the weights without a file are too large together; use "
                         "files", name);
  return TRUE;
}

/* The numbers of @node, which is a list of @rank levels with @shape[0] members and so on. */
static gboolean
flatten (JsonNode *node, guint rank, const gint64 *shape, GArray *values)
{
  JsonArray *array;
  double value;

  if (rank == 0)
    {
      if (!anf_json_is_number (node))
        return FALSE;
      value = json_node_get_double (node);
      g_array_append_val (values, value);
      return TRUE;
    }
  array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  if (array == NULL || json_array_get_length (array) != shape[0])
    return FALSE;
  for (guint i = 0; i < json_array_get_length (array); i++)
    if (!flatten (json_array_get_element (array, i), rank - 1, shape + 1, values))
      return FALSE;
  return TRUE;
}

/* The lengths of the lists, outermost first, when no shape is given. */
static JsonNode *
nested_shape (JsonNode *node)
{
  JsonNode *shape = json_node_new (JSON_NODE_ARRAY);
  JsonArray *dims = json_array_new ();

  json_node_take_array (shape, dims);
  while (JSON_NODE_HOLDS_ARRAY (node))
    {
      JsonArray *array = json_node_get_array (node);

      json_array_add_int_element (dims, json_array_get_length (array));
      if (json_array_get_length (array) == 0)
        break;
      node = json_array_get_element (array, 0);
    }
  return shape;
}

/* Lists in lists as the shape says, or one flat list. */
static gboolean
read_numbers (AnfReader *self, const char *name, JsonNode *node, guint rank, const gint64 *shape,
              gint64 n, GArray *values)
{
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  gboolean flat = array != NULL && rank != 1
                  && (json_array_get_length (array) == 0
                      || !JSON_NODE_HOLDS_ARRAY (json_array_get_element (array, 0)));

  if (flat ? flatten (node, 1, &n, values) : flatten (node, rank, shape, values))
    return TRUE;
  return anf_bad_file (self->error, "weight \"%s\": \"values\" must be the %" G_GINT64_FORMAT
                       " numbers of its shape", name, n);
}

/* fp32 if that holds them all, else fp64: what is read is what is written again. */
static AnfTensor *
new_tensor (guint rank, const gint64 *shape, const double *values, gsize n)
{
  g_autofree float *narrow = g_new (float, n + 1);
  g_autoptr(GBytes) wide = NULL;
  gboolean exact = TRUE;

  for (gsize i = 0; i < n; i++)
    {
      narrow[i] = values[i];
      exact = exact && narrow[i] == values[i];
    }
  if (exact)
    return anf_tensor_new_floats (rank, shape, narrow);
  wide = g_bytes_new (values, n * sizeof *values);
  return anf_tensor_new (ANF_F64, rank, shape, wide);
}

static AnfWeight *
read_values (AnfReader *self, const char *name, JsonObject *entry)
{
  JsonNode *node = json_object_get_member (entry, "values");
  g_autoptr(JsonNode) nested = nested_shape (node);
  JsonNode *given = json_object_get_member (entry, "shape");
  g_autoptr(GArray) values = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr(AnfTensor) tensor = NULL;
  gint64 shape[ANF_MAX_TENSOR_RANK];
  guint rank;
  gsize n;

  if (!read_shape (self, name, given != NULL ? given : nested, &rank, shape, &n)
      || !read_numbers (self, name, node, rank, shape, n, values))
    return NULL;
  tensor = new_tensor (rank, shape, (const double *) values->data, n);
  return anf_weight_new_values (name, tensor);
}

static AnfWeight *
read_init (AnfReader *self, const char *name, JsonObject *entry)
{
  JsonNode *shape_node = json_object_get_member (entry, "shape"), *node;
  const char *init = anf_json_get_string (entry, "init");
  AnfWeight *weight;
  gint64 shape[ANF_MAX_TENSOR_RANK], seed = 0;
  double scale = 1;
  guint rank;
  gsize n;

  if (init == NULL)
    return anf_bad_file (self->error, "weight \"%s\": \"init\" must be the name of an initialiser",
                         name), NULL;
  if (shape_node == NULL)
    return anf_bad_file (self->error, "weight \"%s\": \"init\" needs a \"shape\"", name), NULL;
  if (!read_shape (self, name, shape_node, &rank, shape, &n))
    return NULL;
  if ((node = json_object_get_member (entry, "scale")) != NULL)
    {
      if (!anf_json_is_number (node))
        return anf_bad_file (self->error, "weight \"%s\": \"scale\" must be a number", name), NULL;
      scale = json_node_get_double (node);
    }
  if ((node = json_object_get_member (entry, "seed")) != NULL && !anf_json_to_int (node, &seed))
    return anf_bad_file (self->error, "weight \"%s\": \"seed\" must be a 64-bit integer", name),
                         NULL;

  weight = anf_weight_new_init (name, init, rank, shape, scale, seed);
  if (weight->tensor == NULL)
    {
      anf_bad_file (self->error, "weight \"%s\": %s", name, weight->problem);
      g_clear_pointer (&weight, anf_weight_unref);
    }
  return weight;
}

static AnfWeight *
read_file (AnfReader *self, const char *name, JsonObject *entry)
{
  const char *file = anf_json_get_string (entry, "file");
  const char *member = anf_json_get_string (entry, "tensor");
  g_autofree char *path = NULL;
  AnfWeight *weight;

  if (file == NULL || file[0] == '\0')
    return anf_bad_file (self->error, "weight \"%s\": \"file\" must be a file's name", name), NULL;
  if (member == NULL && json_object_has_member (entry, "tensor"))
    return anf_bad_file (self->error, "weight \"%s\": \"tensor\" must be a tensor's name", name),
                         NULL;
  path = g_path_is_absolute (file) || self->folder == NULL
         ? g_strdup (file) : g_build_filename (self->folder, file, NULL);
  weight = anf_weight_new_file (name, path, member);
  g_free (weight->file);
  weight->file = g_strdup (file);
  return weight;
}

static gboolean
read_weight (AnfReader *self, const char *name, JsonNode *node)
{
  static const char *const keys[][6] = { { "file", "tensor", "trainable" },
                                         { "values", "shape", "trainable" },
                                         { "init", "shape", "scale", "seed", "trainable" } };
  static AnfWeight *(*const read[]) (AnfReader *, const char *, JsonObject *) =
    { read_file, read_values, read_init };
  g_autoptr(AnfWeight) weight = NULL;
  g_autoptr(JsonObject) extra = NULL;
  JsonNode *trainable;
  JsonObject *entry;
  guint form = 0;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return anf_bad_file (self->error, "weight \"%s\": must be an object", name);
  entry = json_node_get_object (node);
  while (form < G_N_ELEMENTS (read) && !json_object_has_member (entry, keys[form][0]))
    form++;
  if (form == G_N_ELEMENTS (read))
    return anf_bad_file (self->error, "weight \"%s\": needs a \"file\", \"values\" or an \"init\"",
                         name);
  if ((weight = read[form] (self, name, entry)) == NULL)
    return FALSE;

  if ((trainable = json_object_get_member (entry, "trainable")) != NULL)
    {
      if (!anf_json_is_bool (trainable))
        return anf_bad_file (self->error, "weight \"%s\": \"trainable\" must be true or false",
                             name);
      weight->trainable = json_node_get_boolean (trainable);
    }
  extra = anf_json_rest_of (entry, keys[form]);
  weight->extra = anf_json_extra (extra);
  anf_graph_builder_put_weight (self->builder, weight);
  return TRUE;
}

gboolean
anf_reader_weights (AnfReader *self, JsonObject *root)
{
  JsonObjectIter iter;
  JsonObject *weights;
  const char *name;
  JsonNode *value;

  if (!anf_reader_get_object (self, root, "", "weights", &weights))
    return FALSE;
  if (weights == NULL)
    return TRUE;
  json_object_iter_init_ordered (&iter, weights);
  while (json_object_iter_next_ordered (&iter, &name, &value))
    if (!read_weight (self, name, value))
      return FALSE;
  return TRUE;
}
