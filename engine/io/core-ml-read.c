/* core-ml-read.c - the messages of Core ML's model format become a MIL program; nothing in them is
 * believed. The place in errors is the operation's name. */
#include "io/core-ml.h"

#include "io/file.h"
#include "mil/read.h"

#include "mlmodel.pb-c.h"

#include <math.h>
#include <string.h>

#define BLOB_FOLDER "@model_path/"

typedef struct
{
  AnfMilProgram *program;
  GHashTable    *types;            /* name -> AnfMilType */
  AnfMilOpen     open;
  gpointer       data;
  const char    *place;            /* of what is being read, for messages */
  GError       **error;
} Unpacker;

static gboolean
bad (Unpacker *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
bad (Unpacker *self, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  return anf_bad_file (self->error, "%s: %s", self->place, what);
}

/* Strings of a message have no ends that are checked; names are words. */
static const char *
name_of (Unpacker *self, const char *name)
{
  gsize n = name != NULL ? strlen (name) : 0;

  if (n == 0 || n > 4096 || !g_utf8_validate (name, n, NULL))
    return bad (self, "something has no name"), NULL;
  return g_string_chunk_insert_const (self->program->words, name);
}

/* ---------------------------------------------------------------- types and values */

static gboolean
dtype_of (Unpacker *self, CoreMl__DataType type, AnfMilDtype *out)
{
  static const struct { CoreMl__DataType theirs; AnfMilDtype ours; } known[] = {
    { CORE_ML__DATA_TYPE__FLOAT16, ANF_MIL_FP16 }, { CORE_ML__DATA_TYPE__FLOAT32, ANF_MIL_FP32 },
    { CORE_ML__DATA_TYPE__INT8, ANF_MIL_INT8 }, { CORE_ML__DATA_TYPE__UINT8, ANF_MIL_UINT8 },
    { CORE_ML__DATA_TYPE__INT16, ANF_MIL_INT16 }, { CORE_ML__DATA_TYPE__UINT16, ANF_MIL_UINT16 },
    { CORE_ML__DATA_TYPE__INT32, ANF_MIL_INT32 }, { CORE_ML__DATA_TYPE__UINT32, ANF_MIL_UINT32 },
    { CORE_ML__DATA_TYPE__INT64, ANF_MIL_INT64 }, { CORE_ML__DATA_TYPE__UINT4, ANF_MIL_UINT4 },
    { CORE_ML__DATA_TYPE__INT4, ANF_MIL_INT4 }, { CORE_ML__DATA_TYPE__UINT1, ANF_MIL_UINT1 },
    { CORE_ML__DATA_TYPE__UINT2, ANF_MIL_UINT2 }, { CORE_ML__DATA_TYPE__UINT3, ANF_MIL_UINT3 },
    { CORE_ML__DATA_TYPE__UINT6, ANF_MIL_UINT6 }, { CORE_ML__DATA_TYPE__BOOL, ANF_MIL_BOOL },
    { CORE_ML__DATA_TYPE__STRING, ANF_MIL_STRING },
  };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (known[i].theirs == type)
      {
        *out = known[i].ours;
        return TRUE;
      }
  return bad (self, "number type %d is not known", type);
}

static gboolean
type_of (Unpacker *self, const CoreMl__ValueType *type, AnfMilType *out)
{
  const CoreMl__TensorType *tensor;

  if (type == NULL || type->type_case != CORE_ML__VALUE_TYPE__TYPE_TENSOR_TYPE)
    return bad (self, "a value that is no tensor");
  tensor = type->tensor_type;
  if (tensor->n_dimensions > ANF_MIL_MAX_RANK || tensor->rank != (gint64) tensor->n_dimensions)
    return bad (self, "a tensor of %" G_GSIZE_FORMAT " axes", tensor->n_dimensions);
  *out = (AnfMilType) { 0, tensor->n_dimensions };
  for (guint i = 0; i < out->rank; i++)
    {
      const CoreMl__Dimension *dim = tensor->dimensions[i];

      if (dim->dimension_case != CORE_ML__DIMENSION__DIMENSION_CONSTANT)
        return bad (self, "a size that is open until it runs");
      out->dim[i] = MIN (dim->constant->size, G_MAXINT64);
    }
  return dtype_of (self, tensor->data_type, &out->dtype)
         && (anf_mil_type_is_sane (out) || bad (self, "a size that no tensor has"));
}

static void
put_number (AnfMilDtype dtype, gint64 number, guint8 *out, gsize i)
{
  guint size = anf_mil_dtype_bits (dtype) / 8;

  number = GINT64_TO_LE (number);
  memcpy (out + i * size, &number, size);
}

/* Numbers of a field that has as many as @n; NULL: it has not. */
static GBytes *
numbers_of (const CoreMl__TensorValue *value, const AnfMilType *type, gsize n)
{
  gsize size = anf_mil_type_bytes (type), n_ints = 0;
  guint8 *data;

  if (value->value_case == CORE_ML__TENSOR_VALUE__VALUE_BYTES)
    return value->bytes->values.len == size
           ? g_bytes_new (value->bytes->values.data, size) : NULL;
  if (anf_mil_dtype_bits (type->dtype) < 8)
    return NULL;
  n_ints = value->value_case == CORE_ML__TENSOR_VALUE__VALUE_INTS ? value->ints->n_values
           : value->value_case == CORE_ML__TENSOR_VALUE__VALUE_LONG_INTS
             ? value->long_ints->n_values
           : value->value_case == CORE_ML__TENSOR_VALUE__VALUE_BOOLS ? value->bools->n_values
           : value->value_case == CORE_ML__TENSOR_VALUE__VALUE_FLOATS ? value->floats->n_values
                                                                     : 0;
  if (n_ints != n
      || (type->dtype == ANF_MIL_FP32) != (value->value_case
                                           == CORE_ML__TENSOR_VALUE__VALUE_FLOATS)
      || type->dtype == ANF_MIL_FP16)
    return NULL;
  data = g_malloc0 (MAX (size, 1));
  for (gsize i = 0; i < n; i++)
    if (type->dtype == ANF_MIL_FP32)
      memcpy (data + 4 * i, &value->floats->values[i], 4);
    else
      put_number (type->dtype, value->value_case == CORE_ML__TENSOR_VALUE__VALUE_INTS
                               ? value->ints->values[i]
                               : value->value_case == CORE_ML__TENSOR_VALUE__VALUE_LONG_INTS
                                 ? value->long_ints->values[i] : value->bools->values[i], data, i);
  return g_bytes_new_take (data, size);
}

static gboolean
immediate (Unpacker *self, const CoreMl__Value *value, AnfMilValue *out)
{
  const CoreMl__ImmediateValue *now = value->immediate_value;
  const CoreMl__TensorValue *tensor;
  gsize n = anf_mil_type_elements (&out->type);

  if (now->value_case != CORE_ML__IMMEDIATE_VALUE__VALUE_TENSOR)
    return bad (self, "a constant that is no tensor");
  tensor = now->tensor;
  if (out->type.dtype == ANF_MIL_STRING)
    {
      if (tensor->value_case != CORE_ML__TENSOR_VALUE__VALUE_STRINGS || out->type.rank != 0
          || tensor->strings->n_values != 1)
        return bad (self, "a constant of other than one string");
      out->text = g_string_chunk_insert_const (self->program->words, tensor->strings->values[0]);
      return TRUE;
    }
  out->bytes = numbers_of (tensor, &out->type, n);
  return out->bytes != NULL || bad (self, "a constant whose numbers are not those of its type");
}

static gboolean
stored (Unpacker *self, const CoreMl__Value *value, AnfMilValue *out)
{
  const char *path = value->blob_file_value->file_name;
  g_autoptr(GError) error = NULL;
  GBytes *file;

  if (!g_str_has_prefix (path, BLOB_FOLDER))
    return bad (self, "the weight file \"%s\" is not in the package", path);
  file = self->open (path + strlen (BLOB_FOLDER), self->data, &error);
  if (file == NULL
      || !anf_mil_value_stored (out, file, value->blob_file_value->offset, &error))
    return bad (self, "%s", error->message);
  return TRUE;
}

static gboolean
value_of (Unpacker *self, const CoreMl__Value *value, AnfMilValue *out)
{
  if (value == NULL)
    return bad (self, "a constant without a value");
  if (!type_of (self, value->type, &out->type))
    return FALSE;
  switch (value->value_case)
    {
    case CORE_ML__VALUE__VALUE_IMMEDIATE_VALUE: return immediate (self, value, out);
    case CORE_ML__VALUE__VALUE_BLOB_FILE_VALUE: return stored (self, value, out);
    default: return bad (self, "a constant without a value");
    }
}

/* ---------------------------------------------------------------- operations */

static gboolean
take_value (Unpacker *self, GArray *args, const char *key, const CoreMl__Value *from)
{
  AnfMilValue value = { 0 };

  if ((key = name_of (self, key)) == NULL || !value_of (self, from, &value))
    {
      g_clear_pointer (&value.bytes, g_bytes_unref);
      return FALSE;
    }
  anf_mil_op_take (args, key, &value);
  return TRUE;
}

static gboolean
take_argument (Unpacker *self, AnfMilOp *op, const CoreMl__Operation__InputsEntry *entry)
{
  const CoreMl__Argument *argument = entry->value;
  g_autoptr(GPtrArray) names = g_ptr_array_new ();
  const char *key = name_of (self, entry->key), *name;

  if (key == NULL)
    return FALSE;
  if (argument == NULL || argument->n_arguments == 0)
    return bad (self, "\"%s\" is bound to nothing", key);
  if (argument->n_arguments == 1
      && argument->arguments[0]->binding_case == CORE_ML__ARGUMENT__BINDING__BINDING_VALUE)
    return take_value (self, op->inputs, key, argument->arguments[0]->value);
  for (gsize i = 0; i < argument->n_arguments; i++)
    if (argument->arguments[i]->binding_case != CORE_ML__ARGUMENT__BINDING__BINDING_NAME)
      return bad (self, "\"%s\" is bound to nothing, or to a list of constants", key);
    else if ((name = name_of (self, argument->arguments[i]->name)) == NULL)
      return FALSE;
    else
      g_ptr_array_add (names, (gpointer) name);
  /* Several, and what is called like that, are a tuple though it has one. */
  anf_mil_op_bind (op->inputs, key, names->len > 1 || strcmp (key, "values") == 0 ? ANF_MIL_NAMES
                                                                                 : ANF_MIL_NAME,
                   names->len, (const char *const *) names->pdata);
  return TRUE;
}

static gboolean
take_ports (Unpacker *self, gsize n, CoreMl__NamedValueType *const *ports, GArray *out)
{
  for (gsize i = 0; i < n; i++)
    {
      AnfMilPort port;

      if ((port.name = name_of (self, ports[i]->name)) == NULL
          || !type_of (self, ports[i]->type, &port.type))
        return FALSE;
      g_array_append_val (out, port);
    }
  return TRUE;
}

static gboolean
take_operation (Unpacker *self, const CoreMl__Operation *operation)
{
  g_autoptr(AnfMilOp) op = anf_mil_op_new (NULL);
  g_autofree char *wrong = NULL;

  if (operation->n_outputs == 0)
    return bad (self, "an operation without result");
  self->place = operation->outputs[0]->name;
  if (operation->n_blocks > 0)
    return bad (self, "%s has blocks; control flow cannot be read", operation->type);
  if ((op->op = name_of (self, operation->type)) == NULL
      || !take_ports (self, operation->n_outputs, operation->outputs, op->outputs))
    return FALSE;
  for (gsize i = 0; i < operation->n_inputs; i++)
    if (!take_argument (self, op, operation->inputs[i]))
      return FALSE;
  for (gsize i = 0; i < operation->n_attributes; i++)
    if (strcmp (operation->attributes[i]->key, "name") != 0
        && !take_value (self, op->attrs, operation->attributes[i]->key,
                        operation->attributes[i]->value))
      return FALSE;
  if ((wrong = anf_mil_define (self->types, op)) != NULL)
    return bad (self, "%s", wrong);
  g_ptr_array_add (self->program->ops, g_steal_pointer (&op));
  return TRUE;
}

/* ---------------------------------------------------------------- the model */

static const CoreMl__Block *
find_block (Unpacker *self, const CoreMl__Function *function)
{
  for (gsize i = 0; i < function->n_block_specializations; i++)
    if (strcmp (function->block_specializations[i]->key, function->opset) == 0
        && function->block_specializations[i]->value != NULL)
      return function->block_specializations[i]->value;
  bad (self, "there is no block for \"%s\"", function->opset);
  return NULL;
}

/* "main", or the only one. */
static const CoreMl__Function *
find_function (Unpacker *self, const CoreMl__Model *model)
{
  const CoreMl__Program *program = model->type_case == CORE_ML__MODEL__TYPE_ML_PROGRAM
                                   ? model->ml_program : NULL;
  const char *wanted = model->description != NULL
                       ? model->description->default_function_name : "";

  self->place = "model";
  if (program == NULL)
    return bad (self, "this is no program, but a model of an older kind"), NULL;
  for (gsize i = 0; i < program->n_functions; i++)
    if (program->functions[i]->value != NULL
        && (program->n_functions == 1
            || strcmp (program->functions[i]->key, wanted[0] != '\0' ? wanted : "main") == 0))
      return program->functions[i]->value;
  return bad (self, "it has no function \"main\""), NULL;
}

static gboolean
take_outputs (Unpacker *self, const CoreMl__Block *block)
{
  self->place = "results";
  if (block->n_outputs == 0)
    return bad (self, "there are none");
  for (gsize i = 0; i < block->n_outputs; i++)
    {
      const char *name = name_of (self, block->outputs[i]);
      const AnfMilType *type = name != NULL ? g_hash_table_lookup (self->types, name) : NULL;

      if (type == NULL)
        return name == NULL ? FALSE : bad (self, "\"%s\" is defined nowhere", name);
      anf_mil_program_output (self->program, name, type);
    }
  return TRUE;
}

static gboolean
take_function (Unpacker *self, const CoreMl__Function *function)
{
  const CoreMl__Block *block = find_block (self, function);
  g_autoptr(AnfMilOp) fed = anf_mil_op_new ("input");
  g_autofree char *wrong = NULL;

  if (block == NULL)
    return FALSE;
  self->place = "inputs";
  if (!take_ports (self, function->n_inputs, function->inputs, fed->outputs))
    return FALSE;
  if ((wrong = anf_mil_define (self->types, fed)) != NULL)
    return bad (self, "%s", wrong);
  g_array_append_vals (self->program->inputs, fed->outputs->data, fed->outputs->len);
  for (gsize i = 0; i < block->n_operations; i++)
    {
      g_autofree char *place = g_strdup_printf ("operation %" G_GSIZE_FORMAT, i);

      self->place = place;
      if (!take_operation (self, block->operations[i]))
        return FALSE;
    }
  return take_outputs (self, block);
}

AnfMilProgram *
anf_core_ml_unpack (GBytes *bytes, AnfMilOpen open, gpointer data, char **title, GError **error)
{
  gsize size;
  const guint8 *start = g_bytes_get_data (bytes, &size);
  CoreMl__Model *model = core_ml__model__unpack (NULL, size, start);
  g_autoptr(AnfMilProgram) program = anf_mil_program_new ();
  g_autoptr(GHashTable) types = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  Unpacker self = { program, types, open, data, "model", error };
  const CoreMl__Function *function;
  gboolean ok;

  if (model == NULL)
    {
      anf_bad_file (error, "this is no model of Core ML, or it is damaged");
      return NULL;
    }
  program->core_ml = TRUE;
  function = find_function (&self, model);
  ok = function != NULL && take_function (&self, function);
  if (ok && title != NULL && model->description != NULL && model->description->metadata != NULL
      && g_utf8_validate (model->description->metadata->short_description, -1, NULL))
    *title = g_strdup (model->description->metadata->short_description);
  core_ml__model__free_unpacked (model, NULL);
  return ok ? g_steal_pointer (&program) : NULL;
}
