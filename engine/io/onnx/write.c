/* write.c - a document as an ONNX model: names, inputs, weights, outputs, the file. */
#include "io/onnx/writer.h"

#include "anf.h"
#include "io/document.h"
#include "io/file.h"
#include "io/onnx/onnx.h"

#include <glib/gstdio.h>
#include <string.h>

/* Readers of protobuf refuse larger messages; then the numbers go beside the model. */
#define MAX_INSIDE ((gsize) 0x7fffffff - ((gsize) 1 << 24))
#define MIN_OUTSIDE 1024           /* bytes; smaller tensors stay inside */
#define ALIGNMENT 4096

/* ---------------------------------------------------------------- names */

/* NAME, or NAME and a number where that is taken. */
AnfOnnxTerm
anf_onnx_claim (AnfOnnxWriter *self, const char *name)
{
  g_autofree char *free_name = g_strdup (name);
  AnfOnnxTerm text;

  for (guint i = 2; g_hash_table_contains (self->taken, free_name); i++)
    {
      g_free (free_name);
      free_name = g_strdup_printf ("%s.%u", name, i);
    }
  text = anf_onnx_store_text (&self->store, free_name);
  g_hash_table_add (self->taken, (gpointer) text);
  return text;
}

const char *
anf_onnx_kept_name (AnfOnnxWriter *self, const AnfNode *node)
{
  g_autoptr(GVariant) kept = anf_graph_note (self->graph, node->id, "onnx_name", "s");

  return kept != NULL ? anf_onnx_store_text (&self->store, g_variant_get_string (kept, NULL))
                      : node->name;
}

static const char *
kept_output (AnfOnnxWriter *self, const char *name)
{
  g_autoptr(GVariant) all = anf_graph_note (self->graph, 0, "onnx_name", "a{sv}");
  const char *kept;

  if (all == NULL || !g_variant_lookup (all, name, "&s", &kept))
    return name;
  return anf_onnx_store_text (&self->store, kept);
}

/* A program input that is a value by itself. */
static gboolean
is_input (const AnfNode *node)
{
  return node->op->feed != NULL && node->op->source;
}

AnfOnnxTerm *
anf_onnx_value_at (AnfOnnxWriter *self, AnfRef ref)
{
  return &self->value[anf_report_position (self->report, ref.node)][ref.port];
}

/* ---------------------------------------------------------------- metadata */

static Onnx__StringStringEntryProto *
entry (AnfOnnxStore *store, const char *key, const char *value)
{
  Onnx__StringStringEntryProto *one = anf_onnx_store_get (store, sizeof *one);

  onnx__string_string_entry_proto__init (one);
  one->key = (char *) anf_onnx_store_text (store, key);
  one->value = (char *) anf_onnx_store_text (store, value);
  return one;
}

void
anf_onnx_add_text (AnfOnnxWriter *self, GPtrArray *list, const char *key, const char *text)
{
  if (text != NULL)
    g_ptr_array_add (list, entry (&self->store, key, text));
}

/* Takes @value, which may be floating; one without members is left out. */
void
anf_onnx_add_variant (AnfOnnxWriter *self, GPtrArray *list, const char *key, GVariant *value)
{
  g_autoptr(GVariant) held = g_variant_ref_sink (value);
  g_autofree char *text = g_variant_print (held, TRUE);

  if (g_variant_n_children (held) > 0)
    anf_onnx_add_text (self, list, key, text);
}

/* As an array that belongs to the model. */
gpointer
anf_onnx_listed (AnfOnnxWriter *self, const GPtrArray *list, gsize *n)
{
  gpointer *out = anf_onnx_store_get (&self->store, list->len * sizeof *out);

  *n = list->len;
  if (list->len > 0)
    memcpy (out, list->pdata, list->len * sizeof *out);
  return out;
}

GVariant *
anf_onnx_attributes (const AnfNode *node)
{
  g_auto(GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);

  for (guint i = 0; i < anf_op_n_attrs (node->op); i++)
    if (node->attr[i] != NULL)
      g_variant_dict_insert_value (&dict, node->op->attr[i].name, node->attr[i]);
  return g_variant_dict_end (&dict);
}

Onnx__OperatorSetIdProto *
anf_onnx_opset (AnfOnnxStore *store, const char *domain, gint64 version)
{
  Onnx__OperatorSetIdProto *set = anf_onnx_store_get (store, sizeof *set);

  onnx__operator_set_id_proto__init (set);
  set->domain = (char *) domain;
  set->version = version;
  set->has_version = TRUE;
  return set;
}

/* ---------------------------------------------------------------- weights */

static Onnx__NodeProto *
add_node (AnfOnnxWriter *self, const char *op, const char *from, const char *to)
{
  Onnx__NodeProto *node = anf_onnx_store_get (&self->store, sizeof *node);

  onnx__node_proto__init (node);
  node->op_type = (char *) anf_onnx_store_text (&self->store, op);
  node->input = anf_onnx_store_get (&self->store, sizeof *node->input);
  node->input[0] = (char *) from;
  node->n_input = 1;
  node->output = anf_onnx_store_get (&self->store, sizeof *node->output);
  node->output[0] = (char *) to;
  node->n_output = 1;
  node->name = (char *) to;
  g_ptr_array_add (self->nodes, node);
  return node;
}

static int
element_of (AnfDtype dtype)
{
  static const int elements[ANF_N_DTYPES] = {
    [ANF_F16] = ONNX_FLOAT16, [ANF_F32] = ONNX_FLOAT, [ANF_U8] = ONNX_UINT8,
    [ANF_I32] = ONNX_INT32, [ANF_BOOL] = ONNX_BOOL, [ANF_F64] = ONNX_DOUBLE,
    [ANF_BF16] = ONNX_BFLOAT16, [ANF_I8] = ONNX_INT8, [ANF_I16] = ONNX_INT16,
    [ANF_U16] = ONNX_UINT16, [ANF_U32] = ONNX_UINT32, [ANF_I64] = ONNX_INT64,
    [ANF_U64] = ONNX_UINT64,
  };

  return elements[dtype];
}

/* The numbers as the document has them, bit for bit; what is not fp32 is cast where it is read. */
AnfOnnxTerm
anf_onnx_weight_value (AnfOnnxWriter *self, const char *name, const AnfTensor *tensor)
{
  AnfOnnxTerm value = g_hash_table_lookup (self->weights, name), as_float;
  Onnx__TensorProto *proto;
  g_autofree char *cast = NULL;
  gsize size;

  if (value != NULL)
    return value;
  proto = anf_onnx_store_get (&self->store, sizeof *proto);
  onnx__tensor_proto__init (proto);
  value = anf_onnx_claim (self, name);
  proto->name = (char *) value;
  proto->data_type = element_of (anf_tensor_dtype (tensor));
  proto->has_data_type = TRUE;
  proto->n_dims = anf_tensor_rank (tensor);
  proto->dims = anf_onnx_store_get (&self->store, proto->n_dims * sizeof *proto->dims);
  for (guint i = 0; i < proto->n_dims; i++)
    proto->dims[i] = anf_tensor_dim (tensor, i);
  proto->raw_data.data = (guint8 *) g_bytes_get_data (anf_tensor_bytes (tensor), &size);
  proto->raw_data.len = size;
  proto->has_raw_data = TRUE;
  g_ptr_array_add (self->initializers, proto);
  if (proto->data_type != ONNX_FLOAT)
    {
      Onnx__AttributeProto *to = anf_onnx_store_get (&self->store, sizeof *to);
      Onnx__NodeProto *node;

      cast = g_strconcat (name, ".float", NULL);
      as_float = anf_onnx_claim (self, cast);
      node = add_node (self, "Cast", value, as_float);
      onnx__attribute_proto__init (to);
      to->name = (char *) "to";
      to->i = ONNX_FLOAT;
      to->type = 2;                /* AttributeProto.INT */
      to->has_i = to->has_type = TRUE;
      node->attribute = anf_onnx_store_get (&self->store, sizeof *node->attribute);
      node->attribute[node->n_attribute++] = to;
      value = as_float;
    }
  g_hash_table_insert (self->weights, (gpointer) name, (gpointer) value);
  return value;
}

/* ---------------------------------------------------------------- the graph */

static Onnx__ValueInfoProto *
port (AnfOnnxWriter *self, const char *name, const AnfType *type)
{
  Onnx__ValueInfoProto *info = anf_onnx_store_get (&self->store, sizeof *info);
  Onnx__TypeProto *proto = anf_onnx_store_get (&self->store, sizeof *proto);
  Onnx__TypeProto__Tensor *tensor = anf_onnx_store_get (&self->store, sizeof *tensor);
  Onnx__TensorShapeProto *shape = anf_onnx_store_get (&self->store, sizeof *shape);

  onnx__value_info_proto__init (info);
  onnx__type_proto__init (proto);
  onnx__type_proto__tensor__init (tensor);
  onnx__tensor_shape_proto__init (shape);
  info->name = (char *) name;
  info->type = proto;
  proto->tensor_type = tensor;
  tensor->elem_type = type->dtype == ANF_F16 ? ONNX_FLOAT : element_of (type->dtype);
  tensor->has_elem_type = TRUE;
  tensor->shape = shape;
  shape->dim = anf_onnx_store_get (&self->store, type->rank * sizeof *shape->dim);
  for (guint i = 0; i < type->rank; i++)
    {
      Onnx__TensorShapeProto__Dimension *dim = anf_onnx_store_get (&self->store, sizeof *dim);

      onnx__tensor_shape_proto__dimension__init (dim);
      dim->dim_value = type->dim[i];
      dim->has_dim_value = TRUE;
      shape->dim[shape->n_dim++] = dim;
    }
  return info;
}

/* In document order, which is that of the program. */
static void
write_inputs (AnfOnnxWriter *self, GPtrArray *metadata)
{
  GVariantBuilder all;

  g_variant_builder_init (&all, G_VARIANT_TYPE ("a{s(sisa{sv})}"));
  for (guint i = 0; i < self->graph->listed->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (self->graph->listed, i);
      AnfOnnxTerm name;
      AnfType type;

      if (node->op->feed == NULL)
        continue;
      node->op->feed (node, &type);
      name = anf_onnx_claim (self, anf_onnx_kept_name (self, node));
      self->value[anf_report_position (self->report, node->id)]
        [is_input (node) ? 0 : anf_node_n_outputs (node)] = name;
      g_ptr_array_add (self->inputs, port (self, name, &type));
      g_variant_builder_add (&all, "{s(sis@a{sv})}", name, node->op->name, (gint32) i, node->name,
                             anf_onnx_attributes (node));
    }
  anf_onnx_add_variant (self, metadata, OWN_INPUTS, g_variant_builder_end (&all));
}

/* A value is called like the first output it is; others, and inputs that are outputs, need a node
 * that hands them on. */
static void
name_outputs (AnfOnnxWriter *self, GPtrArray *metadata, GPtrArray *names)
{
  GVariantBuilder all;

  g_variant_builder_init (&all, G_VARIANT_TYPE ("a{ss}"));
  for (guint i = 0; i < self->graph->outputs->len; i++)
    {
      const AnfOutput *output = &g_array_index (self->graph->outputs, AnfOutput, i);
      AnfOnnxTerm name = anf_onnx_claim (self, kept_output (self, output->name));
      AnfOnnxTerm *value = anf_onnx_value_at (self, output->from);

      if (*value == NULL)
        *value = name;
      g_ptr_array_add (names, (gpointer) name);
      g_variant_builder_add (&all, "{ss}", name, output->name);
    }
  anf_onnx_add_variant (self, metadata, OWN_OUTPUTS, g_variant_builder_end (&all));
}

static void
write_outputs (AnfOnnxWriter *self, const GPtrArray *names)
{
  for (guint i = 0; i < names->len; i++)
    {
      const AnfOutput *output = &g_array_index (self->graph->outputs, AnfOutput, i);
      const char *name = g_ptr_array_index (names, i);

      if (*anf_onnx_value_at (self, output->from) != name)
        add_node (self, "Identity", *anf_onnx_value_at (self, output->from), name);
      g_ptr_array_add (self->outputs, port (self, name,
                                            anf_report_type (self->report, output->from.node,
                                                             output->from.port)));
    }
}

static GVariant *
settings (const AnfGraph *graph)
{
  const AnfSettings *s = &graph->settings;
  g_auto(GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);

  if (s->target != NULL)
    g_variant_dict_insert (&dict, "target", "s", s->target);
  if (s->opt != NULL)
    g_variant_dict_insert (&dict, "opt", "s", s->opt);
  g_variant_dict_insert (&dict, "compress", "s", anf_encoding_name (s->compress));
  g_variant_dict_insert (&dict, "atol", "d", s->atol);
  g_variant_dict_insert (&dict, "block_size", "x", (gint64) s->block_size);
  return g_variant_dict_end (&dict);
}

static gboolean
write_graph (AnfOnnxWriter *self, Onnx__GraphProto *graph, GPtrArray *metadata, GError **error)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new ();

  write_inputs (self, metadata);
  name_outputs (self, metadata, names);
  for (guint i = 0; i < self->graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (self->graph->nodes, i);

      if (!is_input (node) && !anf_onnx_write_node (self, node, error))
        return FALSE;
    }
  write_outputs (self, names);
  graph->node = anf_onnx_listed (self, self->nodes, &graph->n_node);
  graph->initializer = anf_onnx_listed (self, self->initializers, &graph->n_initializer);
  graph->input = anf_onnx_listed (self, self->inputs, &graph->n_input);
  graph->output = anf_onnx_listed (self, self->outputs, &graph->n_output);
  graph->name = (char *) (self->graph->title != NULL && self->graph->title[0] != '\0'
                          ? self->graph->title : "graph");
  return TRUE;
}

/* ---------------------------------------------------------------- numbers beside the model */

static gsize
n_bytes (const AnfOnnxWriter *self)
{
  gsize n = 0;

  for (guint i = 0; i < self->initializers->len; i++)
    n += ((const Onnx__TensorProto *) g_ptr_array_index (self->initializers, i))->raw_data.len;
  return n;
}

static void
move_out (AnfOnnxWriter *self, Onnx__TensorProto *tensor, const char *file, guint64 offset)
{
  g_autoptr(GPtrArray) list = g_ptr_array_new ();
  g_autofree char *from = g_strdup_printf ("%" G_GUINT64_FORMAT, offset);
  g_autofree char *length = g_strdup_printf ("%" G_GSIZE_FORMAT, tensor->raw_data.len);

  anf_onnx_add_text (self, list, "location", file);
  anf_onnx_add_text (self, list, "offset", from);
  anf_onnx_add_text (self, list, "length", length);
  tensor->external_data = anf_onnx_listed (self, list, &tensor->n_external_data);
  tensor->data_location = 1;       /* TensorProto.EXTERNAL */
  tensor->has_data_location = TRUE;
  tensor->has_raw_data = FALSE;
}

/* NAME.onnx.data; each tensor begins at a page. */
static gboolean
save_beside (AnfOnnxWriter *self, const char *path, GError **error)
{
  static const guint8 zeros[ALIGNMENT];
  g_autofree char *beside = g_strconcat (path, ".data", NULL);
  g_autofree char *name = g_path_get_basename (beside);
  g_autoptr(AnfFileWriter) file = anf_file_writer_new (beside, error);
  guint64 at = 0;

  if (file == NULL)
    return FALSE;
  for (guint i = 0; i < self->initializers->len; i++)
    {
      Onnx__TensorProto *tensor = g_ptr_array_index (self->initializers, i);
      gsize size = tensor->raw_data.len, gap = (ALIGNMENT - size % ALIGNMENT) % ALIGNMENT;

      if (size < MIN_OUTSIDE)
        continue;
      anf_file_writer_put (file, tensor->raw_data.data, size);
      anf_file_writer_put (file, zeros, gap);
      move_out (self, tensor, name, at);
      at += size + gap;
    }
  return anf_file_writer_end (g_steal_pointer (&file), error);
}

/* ---------------------------------------------------------------- the file */

static void
model_props (AnfOnnxWriter *self, Onnx__ModelProto *model, GPtrArray *metadata)
{
  AnfOnnxStore *store = &self->store;

  model->ir_version = WRITE_IR;
  model->has_ir_version = TRUE;
  model->producer_name = (char *) "aneforge";
  model->opset_import = anf_onnx_store_get (store, 2 * sizeof *model->opset_import);
  model->opset_import[model->n_opset_import++] = anf_onnx_opset (store, "", WRITE_OPSET);
  if (self->function_list->len > 0)
    model->opset_import[model->n_opset_import++] = anf_onnx_opset (store, ANF_ONNX_DOMAIN, 1);
  model->functions = anf_onnx_listed (self, self->function_list, &model->n_functions);
  anf_onnx_add_variant (self, metadata, OWN_COMPILE, settings (self->graph));
  anf_onnx_add_text (self, metadata, OWN_TITLE, self->graph->title);
  model->metadata_props = anf_onnx_listed (self, metadata, &model->n_metadata_props);
}

static gboolean
save_model (const Onnx__ModelProto *model, const char *path, GError **error)
{
  gsize size = onnx__model_proto__get_packed_size (model);
  g_autofree guint8 *packed = NULL;
  g_autoptr(AnfFileWriter) file = NULL;

  if (size > G_MAXINT)
    return anf_bad_file (error, "%s: a model of %" G_GSIZE_FORMAT " bytes without its weights; "
                         "2 GiB are the most", path, size);
  packed = g_malloc (size);
  onnx__model_proto__pack (model, packed);
  if ((file = anf_file_writer_new (path, error)) == NULL)
    return FALSE;
  anf_file_writer_put (file, packed, size);
  return anf_file_writer_end (g_steal_pointer (&file), error);
}

static void
writer_init (AnfOnnxWriter *self, const AnfReport *report)
{
  guint n = report->graph->nodes->len;

  self->report = report;
  self->graph = report->graph;
  self->store.blocks = g_ptr_array_new_with_free_func (g_free);
  self->store.strings = g_string_chunk_new (4096);
  self->taken = g_hash_table_new (g_str_hash, g_str_equal);
  self->weights = g_hash_table_new (g_str_hash, g_str_equal);
  self->functions = g_hash_table_new_full (g_bytes_hash, g_bytes_equal,
                                           (GDestroyNotify) g_bytes_unref, NULL);
  self->called = g_hash_table_new (g_str_hash, g_str_equal);
  self->nodes = g_ptr_array_new ();
  self->initializers = g_ptr_array_new ();
  self->inputs = g_ptr_array_new ();
  self->outputs = g_ptr_array_new ();
  self->function_list = g_ptr_array_new ();
  self->value = anf_onnx_store_get (&self->store, n * sizeof *self->value);
  for (guint i = 0; i < n; i++)
    {
      const AnfNode *node = g_ptr_array_index (report->graph->nodes, i);

      self->value[i] = anf_onnx_store_get (&self->store, (anf_node_n_outputs (node) + 1)
                                                         * sizeof *self->value[i]);
    }
}

static void
writer_clear (AnfOnnxWriter *self)
{
  g_hash_table_unref (self->taken);
  g_hash_table_unref (self->weights);
  g_hash_table_unref (self->functions);
  g_hash_table_unref (self->called);
  g_ptr_array_unref (self->nodes);
  g_ptr_array_unref (self->initializers);
  g_ptr_array_unref (self->inputs);
  g_ptr_array_unref (self->outputs);
  g_ptr_array_unref (self->function_list);
  g_string_chunk_free (self->store.strings);
  g_ptr_array_unref (self->store.blocks);
}

/* The first node that is in no table: it has no words in any format. */
gboolean
anf_check_writable (const AnfReport *report, const char *format, GError **error)
{
  const AnfGraph *graph = report->graph;

  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (graph->nodes, i);

      if (node->op_name == NULL)
        continue;
      anf_error_set_node (error, ANF_ERROR_COMPILE, node->id, NULL,
                          "\"%s\" is no operator that could be written as %s", node->op_name,
                          format);
      return FALSE;
    }
  if (!report->ok)
    g_set_error (error, ANF_ERROR, ANF_ERROR_REFUSED, "The document has errors");
  return report->ok;
}

gboolean
anf_onnx_save (const AnfReport *report, const char *path, gboolean beside, GError **error)
{
  AnfOnnxWriter self = { 0 };
  g_autoptr(GPtrArray) metadata = g_ptr_array_new ();
  Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
  Onnx__GraphProto graph = ONNX__GRAPH_PROTO__INIT;
  gboolean good;

  if (!anf_check_writable (report, "ONNX", error))
    return FALSE;
  writer_init (&self, report);
  model.graph = &graph;
  good = write_graph (&self, &graph, metadata, error);
  if (good)
    model_props (&self, &model, metadata);
  good = good && ((!beside && n_bytes (&self) < MAX_INSIDE) || save_beside (&self, path, error))
         && save_model (&model, path, error);
  writer_clear (&self);
  return good;
}
