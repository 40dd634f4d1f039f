/* reader.c - a model in the ONNX format as a document: its inputs, its nodes, its outputs. */
#include "io/onnx/own.h"

#include "io/document.h"
#include "io/file.h"

#include <string.h>

#define OLDEST 6                   /* opset; operators before it had other attributes */

/* ---------------------------------------------------------------- placeholders */

static JsonNode *
attribute_json (const Onnx__AttributeProto *attr)
{
  JsonNode *node = json_node_alloc ();
  JsonArray *list;
  g_autofree char *text = NULL;

  if (attr->has_s)
    {
      text = g_utf8_make_valid ((const char *) attr->s.data, attr->s.len);
      return json_node_init_string (node, text);
    }
  if (attr->has_i)
    return json_node_init_int (node, attr->i);
  if (attr->has_f)
    return json_node_init_double (node, attr->f);
  list = json_array_new ();
  for (gsize i = 0; i < attr->n_ints; i++)
    json_array_add_int_element (list, attr->ints[i]);
  for (gsize i = 0; i < attr->n_floats; i++)
    json_array_add_double_element (list, attr->floats[i]);
  json_node_init_array (node, list);
  json_array_unref (list);
  return node;
}

/* As the reader of documents keeps an unknown operator's: io/document.h. */
static char *
placeholder_extra (const Onnx__NodeProto *proto)
{
  g_autoptr(JsonObject) object = json_object_new ();
  JsonObject *attrs = json_object_new ();

  for (gsize i = 0; i < proto->n_attribute; i++)
    if (proto->attribute[i]->name != NULL)
      json_object_set_member (attrs, proto->attribute[i]->name,
                              attribute_json (proto->attribute[i]));
  json_object_set_object_member (object, "attrs", attrs);
  if (proto->name != NULL && proto->name[0] != '\0')
    json_object_set_string_member (object, "onnx_name", proto->name);
  return anf_json_extra (object);
}

/* Its outputs have no type: what reads them cannot be mapped either. */
void
anf_onnx_placeholder (AnfOnnx *self, AnfOnnxNode *node)
{
  const AnfOp *row = anf_op_lookup ("unknown");
  g_autofree char *op = g_strdup_printf ("onnx:%s", node->op);
  g_autofree char *extra = placeholder_extra (node->proto);
  g_autofree char *why = g_steal_pointer (&self->why);
  AnfId id = anf_onnx_add_node (self, row);
  guint n = 0;

  anf_graph_builder_set_op_name (self->builder, id, op);
  anf_graph_builder_set_extra (self->builder, id, extra);
  for (guint i = 0; i < node->n_in; i++)
    if (node->in[i] != NULL)
      {
        AnfRef ref = anf_onnx_wire (self, node->in[i]);

        if (ref.node != 0)
          anf_graph_builder_connect (self->builder, ref, id, n++);
        g_clear_pointer (&self->broken, g_error_free);
      }
  anf_import_note (self->import, node->op, self->stem, "%s",
                   why != NULL ? why : "it could not be read");
  for (guint i = 0; i < node->n_out; i++)
    if (node->proto->output[i][0] != '\0')
      {
        AnfOnnxValue *value = anf_onnx_value (self, 0, 0, NULL);

        value->ref = (AnfRef) { id, i };
        anf_onnx_bind (self, node->proto->output[i], value);
      }
}

/* ---------------------------------------------------------------- inputs */

/* The words of --shape for this input: by the model's name, or by the document's. */
static const char *
shape_word (const char *const *shapes, const char *name, const char *clean)
{
  for (guint i = 0; shapes != NULL && shapes[i] != NULL; i++)
    {
      const char *equals = strrchr (shapes[i], '=');
      gsize n = equals != NULL ? equals - shapes[i] : 0;

      if (n > 0 && ((strlen (name) == n && strncmp (shapes[i], name, n) == 0)
                    || (strlen (clean) == n && strncmp (shapes[i], clean, n) == 0)))
        return equals + 1;
    }
  return NULL;
}

static gboolean
shape_given (const char *word, const char *name, guint *rank, gint64 *dim, GError **error)
{
  g_auto(GStrv) parts = g_strsplit (word, ",", -1);

  *rank = g_strv_length (parts);
  if (*rank > ANF_MAX_RANK)
    return anf_bad_file (error, "--shape %s=%s has %u axes; %d are the most", name, word, *rank,
                         ANF_MAX_RANK);
  for (guint i = 0; i < *rank; i++)
    if (!g_ascii_string_to_signed (parts[i], 10, 1, G_MAXINT, &dim[i], NULL))
      return anf_bad_file (error, "--shape %s=%s: \"%s\" is no size", name, word, parts[i]);
  return TRUE;
}

/* As the model has it: a first axis that is open becomes 1, another has to be given. */
static gboolean
shape_of_model (const Onnx__TypeProto__Tensor *type, const char *name, guint *rank, gint64 *dim,
                GError **error)
{
  const Onnx__TensorShapeProto *shape = type->shape;

  if (shape == NULL)
    return anf_bad_file (error, "input \"%s\" has no shape; give one: --shape %s=1,3,224,224",
                         name, name);
  *rank = shape->n_dim;
  if (*rank > ANF_MAX_RANK)
    return anf_bad_file (error, "input \"%s\" has %u axes; %d are the most", name, *rank,
                         ANF_MAX_RANK);
  for (guint i = 0; i < *rank; i++)
    {
      const Onnx__TensorShapeProto__Dimension *axis = shape->dim[i];

      dim[i] = axis->has_dim_value ? axis->dim_value : 0;
      if (dim[i] <= 0 && i == 0)
        dim[i] = 1;
      if (dim[i] <= 0 || dim[i] > G_MAXINT)
        return anf_bad_file (error, "input \"%s\": the size of axis %u%s%s is open; give the shape:"
                             " --shape %s=...", name, i, axis->dim_param != NULL ? ", " : "",
                             axis->dim_param != NULL ? axis->dim_param : "", name);
    }
  return TRUE;
}

/* What the port is fed. Truth values come as bytes. */
static const char *
port_dtype (int elem, AnfDtype *dtype)
{
  if (elem == ONNX_UINT8 || elem == ONNX_BOOL)
    {
      *dtype = ANF_U8;
      return "uint8";
    }
  if (anf_onnx_is_whole (elem))
    {
      *dtype = ANF_I32;
      return "int32";
    }
  *dtype = ANF_F16;
  return NULL;
}

static gboolean
add_input (AnfOnnx *self, const Onnx__GraphProto *graph, const Onnx__ValueInfoProto *info,
           const char *const *shapes, GError **error)
{
  const char *name = info->name != NULL ? info->name : "", *word, *dtype;
  g_autofree char *clean = anf_onnx_clean_name (name);
  const Onnx__TypeProto__Tensor *type = info->type != NULL ? info->type->tensor_type : NULL;
  gint64 dim[ANF_MAX_TENSOR_RANK] = { 0 };
  AnfOnnxValue *value;
  guint rank = 0;
  AnfId id;

  if (type == NULL || type->elem_type == ONNX_STRING || type->elem_type > ONNX_BFLOAT16)
    return anf_bad_file (error, "input \"%s\" is no tensor of numbers", name);
  word = shape_word (shapes, name, clean);
  if (word != NULL ? !shape_given (word, name, &rank, dim, error)
                   : !shape_of_model (type, name, &rank, dim, error))
    return FALSE;
  if (word == NULL && anf_onnx_own_input (self, graph, name, type->elem_type, rank, dim))
    return TRUE;
  self->stem = clean;
  id = anf_onnx_add_node (self, anf_op_lookup ("input"));
  anf_graph_builder_set_attr (self->builder, id, "shape",
                              g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, dim, rank,
                                                         sizeof *dim));
  value = anf_onnx_value (self, type->elem_type, rank, dim);
  dtype = port_dtype (type->elem_type, &value->type.dtype);
  if (dtype != NULL)
    anf_graph_builder_set_attr (self->builder, id, "dtype", g_variant_new_string (dtype));
  value->ref = (AnfRef) { id, 0 };
  value->type.rank = rank;
  for (guint i = 0; i < rank; i++)
    value->type.dim[i] = dim[i];
  self->last = id;
  anf_onnx_keep_name (self, name);
  anf_onnx_bind (self, name, value);
  return TRUE;
}

/* Before version 4 of the format every initializer was an input as well. */
static gboolean
add_inputs (AnfOnnx *self, const Onnx__GraphProto *graph, const char *const *shapes,
            GError **error)
{
  for (gsize i = 0; i < graph->n_input; i++)
    {
      const char *name = graph->input[i]->name != NULL ? graph->input[i]->name : "";

      if (anf_onnx_find (self, name) == NULL
          && !add_input (self, graph, graph->input[i], shapes, error))
        return FALSE;
    }
  for (guint i = 0; shapes != NULL && shapes[i] != NULL; i++)
    {
      gboolean used = FALSE;

      for (gsize k = 0; k < graph->n_input && !used; k++)
        {
          const char *name = graph->input[k]->name != NULL ? graph->input[k]->name : "";
          g_autofree char *clean = anf_onnx_clean_name (name);
          const char *one[] = { shapes[i], NULL };

          used = shape_word (one, name, clean) != NULL;
        }
      if (!used)
        return anf_bad_file (error, "--shape %s: the model has no such input", shapes[i]);
    }
  return TRUE;
}

/* ---------------------------------------------------------------- outputs */

static gboolean
add_output (AnfOnnx *self, const char *name, JsonObject *names, GError **error)
{
  AnfOnnxValue *value = anf_onnx_find (self, name);
  const char *own = anf_onnx_own_output (self, name);
  g_autofree char *clean = own != NULL ? g_strdup (own) : anf_onnx_clean_name (name);
  g_autofree char *stem = g_strdup (clean);
  AnfRef ref;

  if (value == NULL)
    return anf_bad_file (error, "output \"%s\" is made by no node", name);
  self->stem = clean;
  ref = anf_onnx_wire (self, value);
  if (ref.node == 0)
    {
      anf_import_note (self->import, "output", clean, "%s", self->why);
      g_clear_pointer (&self->why, g_free);
      return TRUE;
    }
  for (guint i = 2; g_hash_table_contains (self->outputs, clean); i++)
    {
      g_free (clean);
      clean = g_strdup_printf ("%s_%u", stem, i);
    }
  g_hash_table_add (self->outputs, g_strdup (clean));
  if (!g_str_equal (clean, name))
    json_object_set_string_member (names, clean, name);
  anf_graph_builder_set_output (self->builder, clean, ref);
  return TRUE;
}

static gboolean
add_outputs (AnfOnnx *self, const Onnx__GraphProto *graph, GError **error)
{
  g_autoptr(JsonObject) extra = json_object_new ();
  JsonObject *names = json_object_new ();
  g_autofree char *text = NULL;
  gboolean good = TRUE;

  json_object_set_object_member (extra, "onnx_name", names);
  for (gsize i = 0; i < graph->n_output && good; i++)
    good = add_output (self, graph->output[i]->name != NULL ? graph->output[i]->name : "", names,
                       error);
  if (good && json_object_get_size (names) > 0)
    {
      text = anf_json_extra (extra);
      anf_graph_builder_set_document (self->builder, NULL, text, 1);
    }
  return good;
}

/* ---------------------------------------------------------------- what is left over */

static void
mark (const AnfGraph *graph, AnfId id, GHashTable *live)
{
  g_autoptr(GArray) todo = g_array_new (FALSE, FALSE, sizeof id);

  for (g_array_append_val (todo, id); todo->len > 0;)
    {
      const AnfNode *node;

      id = g_array_index (todo, AnfId, todo->len - 1);
      g_array_set_size (todo, todo->len - 1);
      if ((node = anf_graph_find (graph, id)) == NULL
          || !g_hash_table_add (live, GSIZE_TO_POINTER (id)))
        continue;
      for (guint i = 0; i < node->n_in; i++)
        if (node->in[i].node != 0)
          g_array_append_val (todo, node->in[i].node);
    }
}

/* Nodes that no output, and no placeholder, needs; weights that no node reads. */
static AnfGraph *
sweep (const AnfOnnx *self, AnfGraph *graph, GError **error)
{
  g_autoptr(GHashTable) live = g_hash_table_new (NULL, NULL);
  g_autoptr(GHashTable) read = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr(AnfGraph) held = graph;
  AnfGraphBuilder *builder;

  if (self->own != NULL)
    anf_onnx_own_order (self->own, graph, live);
  builder = anf_graph_builder_new (graph);
  for (guint i = 0; i < graph->outputs->len; i++)
    mark (graph, g_array_index (graph->outputs, AnfOutput, i).from.node, live);
  for (guint i = 0; i < graph->listed->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (graph->listed, i);

      if (node->op_name != NULL || anf_op_category (node->op) == ANF_CAT_IO)
        mark (graph, node->id, live);
    }
  for (guint i = graph->nodes->len; i-- > 0; )
    {
      const AnfNode *node = g_ptr_array_index (graph->nodes, i);

      if (!g_hash_table_contains (live, GSIZE_TO_POINTER (node->id)))
        anf_graph_builder_remove (builder, node->id);
      else
        for (guint k = 0; k < anf_op_n_roles (node->op); k++)
          if (node->slot[k].weight != NULL)
            g_hash_table_add (read, node->slot[k].weight);
    }
  for (guint i = 0; i < graph->weights->len; i++)
    {
      const AnfWeight *weight = g_ptr_array_index (graph->weights, i);

      if (!g_hash_table_contains (read, weight->name))
        anf_graph_builder_drop_weight (builder, weight->name);
    }
  return anf_graph_builder_end (builder, error);
}

/* ---------------------------------------------------------------- the whole */

static gboolean
find_opset (AnfOnnx *self, const Onnx__ModelProto *model, GError **error)
{
  self->opset = 1;
  for (gsize i = 0; i < model->n_opset_import; i++)
    {
      const char *domain = model->opset_import[i]->domain;

      if (domain == NULL || domain[0] == '\0' || g_str_equal (domain, "ai.onnx"))
        self->opset = model->opset_import[i]->version;
    }
  if (self->opset < OLDEST)
    return anf_bad_file (error, "a model of opset %" G_GINT64_FORMAT "; %d is the oldest that is "
                         "read", self->opset, OLDEST);
  for (gsize i = 0; i < model->n_functions; i++)
    {
      const Onnx__FunctionProto *f = model->functions[i];

      g_hash_table_insert (self->functions,
                           g_strdup_printf ("%s:%s", f->domain != NULL ? f->domain : "",
                                            f->name != NULL ? f->name : ""), (gpointer) f);
    }
  return TRUE;
}

static gboolean
read_model (AnfOnnx *self, const Onnx__ModelProto *model, const char *const *shapes,
            GError **error)
{
  const Onnx__GraphProto *graph = model->graph;
  g_autofree char *title = g_path_get_basename (self->path);

  if (strrchr (title, '.') != NULL)
    *strrchr (title, '.') = '\0';
  anf_graph_builder_set_title (self->builder, title);
  if (!find_opset (self, model, error))
    return FALSE;
  self->own = anf_onnx_own_new (self, model);
  if (graph->n_sparse_initializer > 0)
    return anf_bad_file (error, "it has sparse initializers, which are not read here");
  anf_onnx_count_uses (self, graph->n_node, graph->node);
  for (gsize i = 0; i < graph->n_output; i++)
    {
      char *name = g_strdup (graph->output[i]->name != NULL ? graph->output[i]->name : "");
      guint uses = GPOINTER_TO_UINT (g_hash_table_lookup (self->uses, name));

      g_hash_table_insert (self->uses, name, GUINT_TO_POINTER (uses + 1));
    }
  if (!anf_onnx_initializers (self, graph->n_initializer, graph->initializer, TRUE, error)
      || !add_inputs (self, graph, shapes, error)
      || !anf_onnx_nodes (self, graph->n_node, graph->node, error)
      || !add_outputs (self, graph, error))
    return FALSE;
  self->import->graph = anf_graph_builder_end (g_steal_pointer (&self->builder), error);
  if (self->import->graph != NULL)
    self->import->graph = sweep (self, self->import->graph, error);
  return self->import->graph != NULL;
}

static void
init (AnfOnnx *self)
{
  self->builder = anf_graph_builder_new (NULL);
  self->values = g_ptr_array_new ();
  self->scopes = g_slist_prepend (NULL, g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                                               NULL));
  self->uses = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->functions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->outputs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->external = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                          (GDestroyNotify) g_bytes_unref);
  self->attrs = g_ptr_array_new ();
  self->roles = g_ptr_array_new ();
  self->next = 1;
}

static void
clear (AnfOnnx *self)
{
  g_clear_pointer (&self->builder, anf_graph_builder_free);
  anf_onnx_own_free (self->own);
  g_ptr_array_unref (self->values);
  g_slist_free_full (self->scopes, (GDestroyNotify) g_hash_table_unref);
  g_hash_table_unref (self->uses);
  g_hash_table_unref (self->functions);
  g_hash_table_unref (self->outputs);
  g_hash_table_unref (self->external);
  g_ptr_array_unref (self->attrs);
  g_ptr_array_unref (self->roles);
  g_free (self->folder);
  g_free (self->why);
  g_clear_error (&self->broken);
  g_bytes_unref (self->file);
}

gboolean
anf_onnx_read_file (AnfImport *import, const char *path, const char *const *shapes,
                    const AnfProgress *progress, GError **error)
{
  AnfOnnx self = { .import = import, .progress = progress, .path = path };
  Onnx__ModelProto *model;
  gboolean good;

  self.file = anf_file_map (path, error);
  if (self.file == NULL)
    return FALSE;
  model = anf_onnx_unpack (self.file, error);
  if (model == NULL)
    {
      g_bytes_unref (self.file);
      return anf_bad_file_in (error, "%s", path);
    }
  self.folder = g_path_get_dirname (path);
  init (&self);
  good = read_model (&self, model, shapes, error);
  clear (&self);
  onnx__model_proto__free_unpacked (model, NULL);
  return good || anf_bad_file_in (error, "%s", path);
}
