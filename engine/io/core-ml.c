/* core-ml.c - a MIL program becomes the messages of Core ML's model format. */
#include "io/core-ml.h"

#include "mlmodel.pb-c.h"

#include <string.h>

#define BLOB_PATH "@model_path/weights/weight.bin"
#define BLOB_ELEMENTS 10           /* as coremltools: smaller constants are in the model itself */

/* Versions of the format by the system that introduced them. fp16 ports need the first. */
typedef enum { IOS16, IOS17, IOS18 } Since;
static const struct { const char *opset; int specification; } versions[] = {
  [IOS16] = { "CoreML6", 7 }, [IOS17] = { "CoreML7", 8 }, [IOS18] = { "CoreML8", 9 },
};

static const struct { const char *name; Since since; } newer_ops[] = {
  { "resize", IOS17 },
  { "scaled_dot_product_attention", IOS18 },
  { "constexpr_blockwise_shift_scale", IOS18 },
};

static const CoreMl__DataType dtypes[ANF_MIL_N_DTYPES] = {
  [ANF_MIL_FP16] = CORE_ML__DATA_TYPE__FLOAT16, [ANF_MIL_FP32] = CORE_ML__DATA_TYPE__FLOAT32,
  [ANF_MIL_INT8] = CORE_ML__DATA_TYPE__INT8, [ANF_MIL_UINT8] = CORE_ML__DATA_TYPE__UINT8,
  [ANF_MIL_INT16] = CORE_ML__DATA_TYPE__INT16, [ANF_MIL_UINT16] = CORE_ML__DATA_TYPE__UINT16,
  [ANF_MIL_INT32] = CORE_ML__DATA_TYPE__INT32, [ANF_MIL_UINT32] = CORE_ML__DATA_TYPE__UINT32,
  [ANF_MIL_UINT4] = CORE_ML__DATA_TYPE__UINT4, [ANF_MIL_UINT1] = CORE_ML__DATA_TYPE__UINT1,
  [ANF_MIL_BOOL] = CORE_ML__DATA_TYPE__BOOL, [ANF_MIL_STRING] = CORE_ML__DATA_TYPE__STRING,
  [ANF_MIL_INT4] = CORE_ML__DATA_TYPE__INT4, [ANF_MIL_UINT2] = CORE_ML__DATA_TYPE__UINT2,
  [ANF_MIL_UINT3] = CORE_ML__DATA_TYPE__UINT3, [ANF_MIL_UINT6] = CORE_ML__DATA_TYPE__UINT6,
  [ANF_MIL_INT64] = CORE_ML__DATA_TYPE__INT64,
};

typedef struct
{
  AnfMilProgram *mil;
  AnfMilBlob    *blob;             /* of the package */
  Since          since;
  GHashTable    *constants;        /* name -> AnfMilValue */
  GHashTable    *parts;            /* names of those that are part of an encoded weight */
  GPtrArray     *operations;       /* CoreMl__Operation */
  GPtrArray     *memory;           /* every message and array */
} Packer;

static gpointer
keep (Packer *self, gpointer memory)
{
  g_ptr_array_add (self->memory, memory);
  return memory;
}

static gpointer
make (Packer *self, const ProtobufCMessageDescriptor *descriptor)
{
  ProtobufCMessage *message = keep (self, g_malloc0 (descriptor->sizeof_message));

  descriptor->message_init (message);
  return message;
}

/* An array of one pointer. */
static gpointer
one (Packer *self, gpointer message)
{
  gpointer *array = keep (self, g_new (gpointer, 1));

  array[0] = message;
  return array;
}

static gpointer
many (Packer *self, gsize n)
{
  return keep (self, g_new0 (gpointer, MAX (n, 1)));
}

/* ---------------------------------------------------------------- types and values */

static CoreMl__ValueType *
make_type (Packer *self, const AnfMilType *type)
{
  CoreMl__ValueType *value = make (self, &core_ml__value_type__descriptor);
  CoreMl__TensorType *tensor = make (self, &core_ml__tensor_type__descriptor);

  value->type_case = CORE_ML__VALUE_TYPE__TYPE_TENSOR_TYPE;
  value->tensor_type = tensor;
  tensor->data_type = dtypes[type->dtype];
  tensor->rank = type->rank;
  tensor->n_dimensions = type->rank;
  tensor->dimensions = many (self, type->rank);
  for (guint i = 0; i < type->rank; i++)
    {
      CoreMl__Dimension *dim = make (self, &core_ml__dimension__descriptor);

      dim->dimension_case = CORE_ML__DIMENSION__DIMENSION_CONSTANT;
      dim->constant = make (self, &core_ml__dimension__constant__descriptor);
      dim->constant->size = type->dim[i];
      tensor->dimensions[i] = dim;
    }
  return value;
}

static CoreMl__NamedValueType *
make_port (Packer *self, const AnfMilPort *port)
{
  CoreMl__NamedValueType *named = make (self, &core_ml__named_value_type__descriptor);

  named->name = (char *) port->name;
  named->type = make_type (self, &port->type);
  return named;
}

static CoreMl__NamedValueType **
make_ports (Packer *self, const GArray *ports)
{
  CoreMl__NamedValueType **array = many (self, ports->len);

  for (guint i = 0; i < ports->len; i++)
    array[i] = make_port (self, &g_array_index (ports, AnfMilPort, i));
  return array;
}

static gint32
int_at (AnfMilDtype dtype, const guint8 *data, gsize i)
{
  gint32 wide;
  gint16 narrow;

  if (dtype == ANF_MIL_INT32)
    {
      memcpy (&wide, data + 4 * i, sizeof wide);
      return GINT32_FROM_LE (wide);
    }
  memcpy (&narrow, data + 2 * i, sizeof narrow);
  narrow = GINT16_FROM_LE (narrow);
  return dtype == ANF_MIL_INT16 ? narrow : (guint16) narrow;
}

static float
float_at (const guint8 *data, gsize i)
{
  guint32 bits;
  float value;

  memcpy (&bits, data + 4 * i, sizeof bits);
  bits = GUINT32_FROM_LE (bits);
  memcpy (&value, &bits, sizeof value);
  return value;
}

/* Which field holds the numbers depends on their type. */
static void
fill_tensor (Packer *self, CoreMl__TensorValue *tensor, const AnfMilType *type, GBytes *bytes)
{
  gsize n = anf_mil_type_elements (type), size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  switch (type->dtype)
    {
    case ANF_MIL_BOOL:
      tensor->value_case = CORE_ML__TENSOR_VALUE__VALUE_BOOLS;
      tensor->bools = make (self, &core_ml__tensor_value__bools__descriptor);
      tensor->bools->n_values = n;
      tensor->bools->values = keep (self, g_new (protobuf_c_boolean, n));
      for (gsize i = 0; i < n; i++)
        tensor->bools->values[i] = data[i] != 0;
      break;
    case ANF_MIL_FP32:
      tensor->value_case = CORE_ML__TENSOR_VALUE__VALUE_FLOATS;
      tensor->floats = make (self, &core_ml__tensor_value__floats__descriptor);
      tensor->floats->n_values = n;
      tensor->floats->values = keep (self, g_new (float, n));
      for (gsize i = 0; i < n; i++)
        tensor->floats->values[i] = float_at (data, i);
      break;
    case ANF_MIL_INT32:
    case ANF_MIL_INT16:
    case ANF_MIL_UINT16:
      tensor->value_case = CORE_ML__TENSOR_VALUE__VALUE_INTS;
      tensor->ints = make (self, &core_ml__tensor_value__ints__descriptor);
      tensor->ints->n_values = n;
      tensor->ints->values = keep (self, g_new (gint32, n));
      for (gsize i = 0; i < n; i++)
        tensor->ints->values[i] = int_at (type->dtype, data, i);
      break;
    default:
      tensor->value_case = CORE_ML__TENSOR_VALUE__VALUE_BYTES;
      tensor->bytes = make (self, &core_ml__tensor_value__bytes__descriptor);
      tensor->bytes->values.len = size;
      tensor->bytes->values.data = (guint8 *) data;
    }
}

static CoreMl__TensorValue *
set_immediate (Packer *self, CoreMl__Value *value)
{
  CoreMl__ImmediateValue *immediate = make (self, &core_ml__immediate_value__descriptor);

  value->value_case = CORE_ML__VALUE__VALUE_IMMEDIATE_VALUE;
  value->immediate_value = immediate;
  immediate->value_case = CORE_ML__IMMEDIATE_VALUE__VALUE_TENSOR;
  immediate->tensor = make (self, &core_ml__tensor_value__descriptor);
  return immediate->tensor;
}

static gboolean
goes_to_blob (const Packer *self, const AnfMilType *type)
{
  if (anf_mil_type_elements (type) < BLOB_ELEMENTS)
    return FALSE;
  switch (type->dtype)
    {
    case ANF_MIL_FP16:
    case ANF_MIL_FP32:
    case ANF_MIL_INT8:
    case ANF_MIL_UINT8:
      return TRUE;
    default:
      return self->since >= IOS18 && anf_mil_dtype_code (type->dtype) != 0;
    }
}

static CoreMl__Value *
make_numbers (Packer *self, const AnfMilType *type, GBytes *bytes)
{
  CoreMl__Value *value = make (self, &core_ml__value__descriptor);
  AnfMilData data = { *type, bytes };

  value->type = make_type (self, type);
  if (!goes_to_blob (self, type))
    {
      fill_tensor (self, set_immediate (self, value), type, bytes);
      return value;
    }
  value->value_case = CORE_ML__VALUE__VALUE_BLOB_FILE_VALUE;
  value->blob_file_value = make (self, &core_ml__blob_file_value__descriptor);
  value->blob_file_value->file_name = (char *) BLOB_PATH;
  value->blob_file_value->offset = anf_mil_blob_add (self->blob, &data);
  return value;
}

static CoreMl__Value *
make_text (Packer *self, const char *text)
{
  CoreMl__Value *value = make (self, &core_ml__value__descriptor);
  CoreMl__TensorValue *tensor = set_immediate (self, value);
  AnfMilType type = { ANF_MIL_STRING, 0 };

  value->type = make_type (self, &type);
  tensor->value_case = CORE_ML__TENSOR_VALUE__VALUE_STRINGS;
  tensor->strings = make (self, &core_ml__tensor_value__strings__descriptor);
  tensor->strings->n_values = 1;
  tensor->strings->values = one (self, (gpointer) text);
  return value;
}

static GBytes *
bytes_of (const Packer *self, const AnfMilValue *value)
{
  return value->bytes != NULL ? value->bytes
                              : anf_mil_blob_find (self->mil->blob, value->offset)->bytes;
}

static CoreMl__Value *
make_value (Packer *self, const AnfMilValue *value)
{
  return value->text != NULL ? make_text (self, value->text)
                             : make_numbers (self, &value->type, bytes_of (self, value));
}

/* ---------------------------------------------------------------- operations */

static CoreMl__Operation *
add_operation (Packer *self, const char *type, guint n_inputs, guint n_attributes)
{
  CoreMl__Operation *operation = make (self, &core_ml__operation__descriptor);

  operation->type = (char *) type;
  operation->inputs = many (self, n_inputs);
  operation->attributes = many (self, n_attributes);
  return operation;
}

static void
add_attribute (Packer *self, CoreMl__Operation *operation, const char *key, CoreMl__Value *value)
{
  CoreMl__Operation__AttributesEntry *entry =
    make (self, &core_ml__operation__attributes_entry__descriptor);

  entry->key = (char *) key;
  entry->value = value;
  operation->attributes[operation->n_attributes++] = entry;
}

static CoreMl__Argument *
add_input (Packer *self, CoreMl__Operation *operation, const char *key, guint n)
{
  CoreMl__Operation__InputsEntry *entry =
    make (self, &core_ml__operation__inputs_entry__descriptor);

  entry->key = (char *) key;
  entry->value = make (self, &core_ml__argument__descriptor);
  entry->value->arguments = many (self, n);
  operation->inputs[operation->n_inputs++] = entry;
  return entry->value;
}

static void
bind_name (Packer *self, CoreMl__Argument *argument, const char *name)
{
  CoreMl__Argument__Binding *binding = make (self, &core_ml__argument__binding__descriptor);

  binding->binding_case = CORE_ML__ARGUMENT__BINDING__BINDING_NAME;
  binding->name = (char *) name;
  argument->arguments[argument->n_arguments++] = binding;
}

static void
bind_value (Packer *self, CoreMl__Argument *argument, CoreMl__Value *value)
{
  CoreMl__Argument__Binding *binding = make (self, &core_ml__argument__binding__descriptor);

  binding->binding_case = CORE_ML__ARGUMENT__BINDING__BINDING_VALUE;
  binding->value = value;
  argument->arguments[argument->n_arguments++] = binding;
}

/* Named after its first output. */
static void
end_operation (Packer *self, CoreMl__Operation *operation, const GArray *outputs)
{
  operation->n_outputs = outputs->len;
  operation->outputs = make_ports (self, outputs);
  add_attribute (self, operation, "name", make_text (self, operation->outputs[0]->name));
  g_ptr_array_add (self->operations, operation);
}

/* A parameter becomes a constant before the operation that has it; returns its name. */
static const char *
add_parameter (Packer *self, const char *owner, const AnfMilArg *arg)
{
  g_autofree char *stem = g_strdup_printf ("%s_%s", owner, arg->key);
  g_autoptr(GArray) outputs = g_array_new (FALSE, FALSE, sizeof (AnfMilPort));
  AnfMilPort port = { anf_mil_program_name (self->mil, stem), arg->value->type };
  CoreMl__Operation *operation = add_operation (self, "const", 0, 2);

  g_array_append_val (outputs, port);
  add_attribute (self, operation, "val", make_value (self, arg->value));
  end_operation (self, operation, outputs);
  return port.name;
}

static void
add_argument (Packer *self, CoreMl__Operation *operation, const AnfMilArg *arg)
{
  CoreMl__Argument *argument = add_input (self, operation, arg->key, arg->n);

  for (guint i = 0; i < arg->n; i++)
    if (g_hash_table_contains (self->parts, arg->names[i]))
      bind_value (self, argument, make_value (self, g_hash_table_lookup (self->constants,
                                                                         arg->names[i])));
    else
      bind_name (self, argument, arg->names[i]);
}

static void
put_plain (Packer *self, const AnfMilOp *op)
{
  CoreMl__Operation *operation = add_operation (self, op->op, op->inputs->len,
                                                op->attrs->len + 1);
  const char *owner = g_array_index (op->outputs, AnfMilPort, 0).name;

  for (guint i = 0; i < op->inputs->len; i++)
    {
      const AnfMilArg *arg = &g_array_index (op->inputs, AnfMilArg, i);

      if (arg->kind == ANF_MIL_VALUE)
        bind_name (self, add_input (self, operation, arg->key, 1),
                   add_parameter (self, owner, arg));
      else
        add_argument (self, operation, arg);
    }
  for (guint i = 0; i < op->attrs->len; i++)
    {
      const AnfMilArg *arg = &g_array_index (op->attrs, AnfMilArg, i);

      add_attribute (self, operation, arg->key, make_value (self, arg->value));
    }
  end_operation (self, operation, op->outputs);
}

/* ---------------------------------------------------------------- encoded weights before iOS 18 */

static const AnfMilValue *
part_of (const Packer *self, const AnfMilOp *op, const char *key)
{
  for (guint i = 0; i < op->inputs->len; i++)
    {
      const AnfMilArg *arg = &g_array_index (op->inputs, AnfMilArg, i);

      if (g_str_equal (arg->key, key))
        return g_hash_table_lookup (self->constants, arg->names[0]);
    }
  return NULL;
}

/* As a vector; of whole bytes where elements are smaller than one. */
static CoreMl__Value *
make_vector (Packer *self, const AnfMilValue *value)
{
  GBytes *bytes = bytes_of (self, value);
  gboolean packed = anf_mil_dtype_bits (value->type.dtype) < 8;
  gint64 n = packed ? g_bytes_get_size (bytes) : anf_mil_type_elements (&value->type);
  AnfMilType type;

  anf_mil_type_init (&type, packed ? ANF_MIL_UINT8 : value->type.dtype, 1, &n);
  return make_numbers (self, &type, bytes);
}

static CoreMl__Value *
make_shape (Packer *self, const AnfMilType *of)
{
  guint32 *shape = keep (self, g_new (guint32, of->rank));
  GBytes *bytes = g_bytes_new_static (shape, of->rank * sizeof *shape);
  gint64 rank = of->rank;
  CoreMl__Value *value;
  AnfMilType type;

  for (guint i = 0; i < of->rank; i++)
    shape[i] = GUINT32_TO_LE ((guint32) of->dim[i]);
  anf_mil_type_init (&type, ANF_MIL_UINT32, 1, &rank);
  value = make_numbers (self, &type, bytes);
  g_bytes_unref (bytes);           /* the numbers are kept */
  return value;
}

/* These two had attributes and packed vectors first; @parts are their keys in order. */
static void
put_packed (Packer *self, const AnfMilOp *op, const char *const *parts)
{
  CoreMl__Operation *operation = add_operation (self, op->op, 0, 4);

  for (guint i = 0; i < 2; i++)
    add_attribute (self, operation, parts[i], make_vector (self, part_of (self, op, parts[i])));
  add_attribute (self, operation, "shape",
                 make_shape (self, &g_array_index (op->outputs, AnfMilPort, 0).type));
  end_operation (self, operation, op->outputs);
}

static void
put_op (Packer *self, const AnfMilOp *op)
{
  static const char *const lut[] = { "indices", "lut" };
  static const char *const sparse[] = { "mask", "nonzero_data" };

  if (g_str_equal (op->op, "const")
      && g_hash_table_contains (self->parts, g_array_index (op->outputs, AnfMilPort, 0).name))
    return;
  if (self->since < IOS18 && g_str_equal (op->op, "constexpr_lut_to_dense"))
    put_packed (self, op, lut);
  else if (self->since < IOS18 && g_str_equal (op->op, "constexpr_sparse_to_dense"))
    put_packed (self, op, sparse);
  else
    put_plain (self, op);
}

/* ---------------------------------------------------------------- the model */

/* What an operation needs: its own version, that of the types that it makes, or that of its form: a
 * weight with several tables has none before iOS 18. */
static Since
since_of (const Packer *self, const AnfMilOp *op)
{
  const AnfMilValue *table = part_of (self, op, "lut");
  AnfMilDtype made = g_array_index (op->outputs, AnfMilPort, 0).type.dtype;

  for (guint i = 0; i < G_N_ELEMENTS (newer_ops); i++)
    if (g_str_equal (op->op, newer_ops[i].name))
      return newer_ops[i].since;
  if (table != NULL && anf_mil_type_elements (&table->type)
                       != (gsize) table->type.dim[table->type.rank - 2])
    return IOS18;
  return made == ANF_MIL_INT8 || made == ANF_MIL_UINT8 || made == ANF_MIL_INT16
         || made == ANF_MIL_UINT16 ? IOS17 : IOS16;
}

static void
note_parts (Packer *self, const AnfMilOp *op)
{
  if (!g_str_has_prefix (op->op, "constexpr_"))
    return;
  for (guint i = 0; i < op->inputs->len; i++)
    g_hash_table_add (self->parts,
                      (gpointer) g_array_index (op->inputs, AnfMilArg, i).names[0]);
}

static void
survey (Packer *self)
{
  for (guint i = 0; i < self->mil->ops->len; i++)
    {
      const AnfMilOp *op = g_ptr_array_index (self->mil->ops, i);

      if (g_str_equal (op->op, "const"))
        g_hash_table_insert (self->constants,
                             (gpointer) g_array_index (op->outputs, AnfMilPort, 0).name,
                             g_array_index (op->attrs, AnfMilArg, 0).value);
      else
        {
          note_parts (self, op);
          self->since = MAX (self->since, since_of (self, op));
        }
    }
}

/* Of what can be at a port. */
static CoreMl__ArrayDataType
array_dtype (AnfMilDtype dtype)
{
  switch (dtype)
    {
    case ANF_MIL_FP32: return CORE_ML__ARRAY_DATA_TYPE__ARRAY_FLOAT32;
    case ANF_MIL_INT32: return CORE_ML__ARRAY_DATA_TYPE__ARRAY_INT32;
    default:
      g_assert (dtype == ANF_MIL_FP16);
      return CORE_ML__ARRAY_DATA_TYPE__ARRAY_FLOAT16;
    }
}

static CoreMl__FeatureDescription **
make_features (Packer *self, const GArray *ports)
{
  CoreMl__FeatureDescription **features = many (self, ports->len);

  for (guint i = 0; i < ports->len; i++)
    {
      const AnfMilPort *port = &g_array_index (ports, AnfMilPort, i);
      CoreMl__FeatureDescription *feature = make (self, &core_ml__feature_description__descriptor);
      CoreMl__ArrayFeatureType *array = make (self, &core_ml__array_feature_type__descriptor);

      features[i] = feature;
      feature->name = (char *) port->name;
      feature->type = make (self, &core_ml__feature_type__descriptor);
      feature->type->type_case = CORE_ML__FEATURE_TYPE__TYPE_MULTI_ARRAY_TYPE;
      feature->type->multi_array_type = array;
      array->data_type = array_dtype (port->type.dtype);
      array->n_shape = port->type.rank;
      array->shape = keep (self, g_memdup2 (port->type.dim, MAX (1, port->type.rank)
                                                            * sizeof *port->type.dim));
    }
  return features;
}

static CoreMl__ModelDescription *
make_description (Packer *self, const char *title)
{
  CoreMl__ModelDescription *description = make (self, &core_ml__model_description__descriptor);
  CoreMl__Metadata *metadata = make (self, &core_ml__metadata__descriptor);

  description->n_input = self->mil->inputs->len;
  description->input = make_features (self, self->mil->inputs);
  description->n_output = self->mil->outputs->len;
  description->output = make_features (self, self->mil->outputs);
  description->metadata = metadata;
  metadata->short_description = (char *) (title != NULL ? title : "");
  return description;
}

static CoreMl__Block *
make_block (Packer *self)
{
  CoreMl__Block *block = make (self, &core_ml__block__descriptor);

  for (guint i = 0; i < self->mil->ops->len; i++)
    put_op (self, g_ptr_array_index (self->mil->ops, i));
  block->n_operations = self->operations->len;
  block->operations = (CoreMl__Operation **) self->operations->pdata;
  block->n_outputs = self->mil->outputs->len;
  block->outputs = many (self, block->n_outputs);
  for (guint i = 0; i < block->n_outputs; i++)
    block->outputs[i] = (char *) g_array_index (self->mil->outputs, AnfMilPort, i).name;
  return block;
}

static CoreMl__Program *
make_program (Packer *self)
{
  CoreMl__Program *program = make (self, &core_ml__program__descriptor);
  CoreMl__Program__FunctionsEntry *main =
    make (self, &core_ml__program__functions_entry__descriptor);
  CoreMl__Function__BlockSpecializationsEntry *block =
    make (self, &core_ml__function__block_specializations_entry__descriptor);

  block->key = (char *) versions[self->since].opset;
  block->value = make_block (self);
  main->key = (char *) "main";
  main->value = make (self, &core_ml__function__descriptor);
  main->value->opset = block->key;
  main->value->n_inputs = self->mil->inputs->len;
  main->value->inputs = make_ports (self, self->mil->inputs);
  main->value->n_block_specializations = 1;
  main->value->block_specializations = one (self, block);
  program->version = 1;
  program->n_functions = 1;
  program->functions = one (self, main);
  return program;
}

GBytes *
anf_core_ml_pack (AnfMilProgram *mil, const char *title, AnfMilBlob *blob)
{
  g_autoptr(GHashTable) constants = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr(GHashTable) parts = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr(GPtrArray) operations = g_ptr_array_new ();
  g_autoptr(GPtrArray) memory = g_ptr_array_new_with_free_func (g_free);
  Packer self = { mil, blob, IOS16, constants, parts, operations, memory };
  CoreMl__Model *model = make (&self, &core_ml__model__descriptor);
  gsize size;
  guint8 *data;

  survey (&self);
  model->specification_version = versions[self.since].specification;
  model->description = make_description (&self, title);
  model->type_case = CORE_ML__MODEL__TYPE_ML_PROGRAM;
  model->ml_program = make_program (&self);

  size = core_ml__model__get_packed_size (model);
  data = g_malloc (size);
  core_ml__model__pack (model, data);
  return g_bytes_new_take (data, size);
}
