/* node.c - what a row of the operator table calls to write the statements of its node. */
#include "mil/mil.h"

#include "num/half.h"

#include <string.h>

/* The largest fp16. Constants beyond it are held there: infinities have no literal. */
#define LARGEST 65504

static void
add_names (GArray *args, const char *key, AnfMilArgKind kind, guint n, const char *const *names)
{
  AnfMilArg arg = { .key = key, .kind = kind, .n = n };

  arg.names = g_memdup2 (names, n * sizeof *names);
  g_array_append_val (args, arg);
}

/* Takes the bytes of @value. */
static void
add_value (GArray *args, const char *key, const AnfMilValue *value)
{
  AnfMilArg arg = { .key = key, .kind = ANF_MIL_VALUE };

  arg.value = g_memdup2 (value, sizeof *value);
  g_array_append_val (args, arg);
}

static AnfMilValue
number (AnfMilDtype dtype, gconstpointer data, gsize size)
{
  return (AnfMilValue) { .type = { dtype, 0 }, .bytes = g_bytes_new (data, size) };
}

void
anf_mil_begin (AnfMilNode *self, const char *op)
{
  g_assert (self->call == NULL);
  self->call = anf_mil_op_new (op);
}

void
anf_mil_name (AnfMilNode *self, const char *key, const char *value)
{
  g_assert (value != NULL);
  add_names (self->call->inputs, key, ANF_MIL_NAME, 1, &value);
}

void
anf_mil_names (AnfMilNode *self, const char *key, guint n, const char *const *values)
{
  add_names (self->call->inputs, key, ANF_MIL_NAMES, n, values);
}

static void
put_number (AnfMilNode *self, const char *key, AnfMilDtype dtype, gconstpointer data)
{
  AnfMilValue value = number (dtype, data, anf_mil_dtype_bits (dtype) / 8);

  add_value (self->call->inputs, key, &value);
}

void
anf_mil_flag (AnfMilNode *self, const char *key, gboolean value)
{
  guint8 byte = value != FALSE;

  put_number (self, key, ANF_MIL_BOOL, &byte);
}

void
anf_mil_int (AnfMilNode *self, const char *key, gint64 value)
{
  gint32 number32 = GINT32_TO_LE ((gint32) value);

  put_number (self, key, ANF_MIL_INT32, &number32);
}

void
anf_mil_uint (AnfMilNode *self, const char *key, guint64 value)
{
  guint32 number32 = GUINT32_TO_LE ((guint32) value);

  put_number (self, key, ANF_MIL_UINT32, &number32);
}

/* Held within what fp16 has; NaN, which cannot come from a document, would be 0. */
static guint16
half_of (double value)
{
  return GUINT16_TO_LE (anf_half_from_double (value == value ? CLAMP (value, -LARGEST, LARGEST)
                                                             : 0));
}

void
anf_mil_half (AnfMilNode *self, const char *key, double value)
{
  guint16 half = half_of (value);

  put_number (self, key, ANF_MIL_FP16, &half);
}

void
anf_mil_float (AnfMilNode *self, const char *key, double value)
{
  float single = value;

  put_number (self, key, ANF_MIL_FP32, &single);
}

/* ---------------------------------------------------------------- constants, results */

static const char *
inner_name (AnfMilNode *self, const char *suffix)
{
  g_autofree char *stem = g_strdup_printf ("%s_%s", self->node != NULL ? self->node->name
                                                                      : self->out[0], suffix);

  return anf_mil_program_name (self->program, stem);
}

static void
add_output (AnfMilOp *op, const char *name, const AnfMilType *type)
{
  AnfMilPort port = { name, *type };

  g_array_append_val (op->outputs, port);
}

/* A statement of its own, before the one that is being built. Takes the bytes of @value. */
static const char *
add_const (AnfMilNode *self, const char *name, const AnfMilValue *value)
{
  AnfMilOp *op = anf_mil_op_new ("const");

  add_output (op, name, &value->type);
  add_value (op->attrs, "val", value);
  g_ptr_array_add (self->program->ops, op);
  return name;
}

static AnfMilValue
blob_value (AnfMilNode *self, const AnfMilData *data)
{
  return (AnfMilValue) { .type = data->type,
                         .offset = anf_mil_blob_add (self->program->blob, data) };
}

void
anf_mil_word (AnfMilNode *self, const char *key, const char *value)
{
  AnfMilValue text = { .type = { ANF_MIL_STRING, 0 },
                       .text = g_string_chunk_insert_const (self->program->words, value) };

  anf_mil_name (self, key, add_const (self, inner_name (self, key), &text));
}

void
anf_mil_ints (AnfMilNode *self, const char *key, guint n, const gint64 *values)
{
  AnfMilValue list = { .type = { ANF_MIL_INT32, 1, { n } } };
  gint32 *numbers = g_new (gint32, n);

  for (guint i = 0; i < n; i++)
    numbers[i] = GINT32_TO_LE ((gint32) values[i]);
  list.bytes = g_bytes_new_take (numbers, n * sizeof *numbers);
  anf_mil_name (self, key, add_const (self, inner_name (self, key), &list));
}

static gint
by_key (gconstpointer a, gconstpointer b)
{
  return strcmp (((const AnfMilArg *) a)->key, ((const AnfMilArg *) b)->key);
}

static AnfMilOp *
end (AnfMilNode *self)
{
  AnfMilOp *op = g_steal_pointer (&self->call);

  g_array_sort (op->inputs, by_key);
  g_ptr_array_add (self->program->ops, op);
  return op;
}

static void
add_node_output (AnfMilNode *self, AnfMilOp *op, guint port)
{
  AnfMilType type;

  anf_mil_type_from (&type, &self->out_type[port]);
  add_output (op, self->out[port], &type);
}

const char *
anf_mil_end (AnfMilNode *self, guint port)
{
  add_node_output (self, end (self), port);
  return self->out[port];
}

void
anf_mil_end_all (AnfMilNode *self)
{
  AnfMilOp *op = end (self);

  for (guint i = 0; i < self->n_out; i++)
    add_node_output (self, op, i);
}

const char *
anf_mil_end_as (AnfMilNode *self, const char *suffix, const AnfType *type)
{
  const char *name = inner_name (self, suffix);
  AnfMilType mil;

  anf_mil_type_from (&mil, type);
  add_output (end (self), name, &mil);
  return name;
}

const char *
anf_mil_scalar (AnfMilNode *self, const char *suffix, double value)
{
  guint16 half = half_of (value);
  AnfMilValue constant = number (ANF_MIL_FP16, &half, sizeof half);

  return add_const (self, inner_name (self, suffix), &constant);
}

const char *
anf_mil_values (AnfMilNode *self, const char *suffix, const AnfType *type, const float *values)
{
  gsize n = anf_type_elements (type);
  guint16 *halves = g_new (guint16, n);
  AnfMilData data;
  AnfMilValue constant;

  for (gsize i = 0; i < n; i++)
    halves[i] = half_of (values[i]);
  anf_mil_type_from (&data.type, type);
  data.bytes = g_bytes_new_take (halves, n * sizeof *halves);
  constant = blob_value (self, &data);
  g_bytes_unref (data.bytes);
  return add_const (self, inner_name (self, suffix), &constant);
}

const char *
anf_mil_filled (AnfMilNode *self, const char *suffix, const AnfType *type, double value)
{
  gsize n = anf_type_elements (type);
  g_autofree float *values = g_new (float, n);

  for (gsize i = 0; i < n; i++)
    values[i] = value;
  return anf_mil_values (self, suffix, type, values);
}

/* ---------------------------------------------------------------- weights */

static const char *
stored (AnfMilNode *self, const char *name, const AnfMilData *data)
{
  AnfMilValue constant = blob_value (self, data);

  return add_const (self, name, &constant);
}

static const char *
end_weight (AnfMilNode *self, const char *name, const AnfMilWeight *weight)
{
  add_output (end (self), name, &weight->type);
  return name;
}

static const char *
weight_fp16 (AnfMilNode *self, const char *name, const AnfMilWeight *weight)
{
  return stored (self, name, &weight->part[0]);
}

/* The form with attributes: one scale per row of axis 0, zero point 0. */
static const char *
weight_int8 (AnfMilNode *self, const char *name, const AnfMilWeight *weight)
{
  const gint32 axis = 0;
  const gint8 zero = 0;
  AnfMilValue value;

  anf_mil_begin (self, "constexpr_affine_dequantize");
  value = number (ANF_MIL_INT32, &axis, sizeof axis);
  add_value (self->call->attrs, "axis", &value);
  value = blob_value (self, &weight->part[0]);
  add_value (self->call->attrs, "quantized_data", &value);
  value = blob_value (self, &weight->part[1]);
  add_value (self->call->attrs, "scale", &value);
  value = number (ANF_MIL_INT8, &zero, sizeof zero);
  add_value (self->call->attrs, "zero_point", &value);
  return end_weight (self, name, weight);
}

static const char *
part_of (AnfMilNode *self, const char *name, const char *suffix, const AnfMilData *data)
{
  g_autofree char *stem = g_strdup_printf ("%s_%s", name, suffix);

  return stored (self, anf_mil_program_name (self->program, stem), data);
}

static const char *
weight_int4 (AnfMilNode *self, const char *name, const AnfMilWeight *weight)
{
  const char *indices = part_of (self, name, "indices", &weight->part[0]);
  const char *table = part_of (self, name, "lut", &weight->part[1]);

  anf_mil_begin (self, "constexpr_lut_to_dense");
  anf_mil_name (self, "indices", indices);
  anf_mil_name (self, "lut", table);
  return end_weight (self, name, weight);
}

static const char *
weight_sparse (AnfMilNode *self, const char *name, const AnfMilWeight *weight)
{
  const char *values = part_of (self, name, "nonzero", &weight->part[0]);
  const char *mask = part_of (self, name, "mask", &weight->part[1]);

  anf_mil_begin (self, "constexpr_sparse_to_dense");
  anf_mil_name (self, "mask", mask);
  anf_mil_name (self, "nonzero_data", values);
  return end_weight (self, name, weight);
}

/* e5rt does not take this constexpr as the weight of a product, so 0 is added to it: found by the
 * aneforge package. */
static const char *
weight_blockwise (AnfMilNode *self, const char *name, const AnfMilWeight *weight)
{
  const char *data = part_of (self, name, "data", &weight->part[0]);
  const char *scale = part_of (self, name, "scale", &weight->part[1]);
  gboolean as_it_is = self->program->core_ml;
  g_autofree char *stem = g_strdup_printf ("%s_blocks", name);
  const char *blocks = as_it_is ? name : anf_mil_program_name (self->program, stem);
  g_autofree char *zero_stem = g_strdup_printf ("%s_zero", name);
  const char *zero = as_it_is ? NULL : anf_mil_program_name (self->program, zero_stem);
  const guint16 none = 0;
  AnfMilValue constant;

  anf_mil_begin (self, "constexpr_blockwise_shift_scale");
  anf_mil_name (self, "data", data);
  anf_mil_name (self, "scale", scale);
  end_weight (self, blocks, weight);
  if (as_it_is)
    return name;

  constant = number (ANF_MIL_FP16, &none, sizeof none);
  add_const (self, zero, &constant);
  anf_mil_begin (self, "add");
  anf_mil_name (self, "x", blocks);
  anf_mil_name (self, "y", zero);
  return end_weight (self, name, weight);
}

/* Says where the weight is, for those who read the blob again. */
static void
note_place (AnfMilNode *self, guint role)
{
  const AnfMilWeight *weight = self->weight[role];
  AnfMilPlace place = { .node = anf_node_id (self->node),
                        .role = anf_op_role (anf_node_op (self->node), role)->name };

  for (; place.n_parts < ANF_MIL_MAX_PARTS && weight->part[place.n_parts].bytes != NULL;
       place.n_parts++)
    place.offset[place.n_parts] = anf_mil_blob_add (self->program->blob,
                                                    &weight->part[place.n_parts]);
  g_array_append_val (self->program->places, place);
}

void
anf_mil_keep (AnfMilNode *self, guint role)
{
  note_place (self, role);
}

static const char *
role_name (AnfMilNode *self, guint role)
{
  return inner_name (self, anf_op_role (anf_node_op (self->node), role)->name);
}

const char *
anf_mil_weight (AnfMilNode *self, guint role)
{
  static const char *(*const writers[ANF_N_ENCODINGS]) (AnfMilNode *, const char *,
                                                       const AnfMilWeight *) = {
    [ANF_FP16] = weight_fp16, [ANF_INT8] = weight_int8, [ANF_INT4] = weight_int4,
    [ANF_SPARSE] = weight_sparse, [ANF_BLOCKWISE] = weight_blockwise,
  };
  const AnfMilWeight *weight = self->weight[role];

  if (weight == NULL)
    return NULL;
  g_assert (self->call == NULL);
  note_place (self, role);
  return writers[weight->encoding] (self, role_name (self, role), weight);
}

void
anf_mil_weight_out (AnfMilNode *self, guint role)
{
  const AnfMilWeight *weight = self->weight[role];

  g_assert (weight != NULL && weight->encoding == ANF_FP16);
  note_place (self, role);
  stored (self, self->out[0], &weight->part[0]);
}

const char *
anf_mil_weight_as (AnfMilNode *self, guint role, guint rank, const gint64 *dim)
{
  const AnfMilWeight *weight = self->weight[role];
  AnfMilData data;

  if (weight == NULL)
    return NULL;
  g_assert (weight->encoding == ANF_FP16);
  note_place (self, role);
  data.bytes = weight->part[0].bytes;
  anf_mil_type_init (&data.type, ANF_MIL_FP16, rank, dim);
  return stored (self, role_name (self, role), &data);
}

/* ---------------------------------------------------------------- whole rows */

const char *
anf_mil_unary (AnfMilNode *self, const char *suffix, const AnfType *type, const char *op,
               const char *x)
{
  anf_mil_begin (self, op);
  anf_mil_name (self, "x", x);
  return suffix != NULL ? anf_mil_end_as (self, suffix, type) : anf_mil_end (self, 0);
}

const char *
anf_mil_binary (AnfMilNode *self, const char *suffix, const AnfType *type, const char *op,
                const char *x, const char *y)
{
  anf_mil_begin (self, op);
  anf_mil_name (self, "x", x);
  anf_mil_name (self, "y", y);
  return suffix != NULL ? anf_mil_end_as (self, suffix, type) : anf_mil_end (self, 0);
}

gboolean
anf_mil_plain (AnfMilNode *self)
{
  const AnfOp *op = anf_node_op (self->node);
  const AnfPort *port;
  const AnfAttr *attr;

  anf_mil_begin (self, anf_op_name (op));
  for (guint i = 0; (port = anf_op_input (op, i)) != NULL; i++)
    anf_mil_name (self, port->name, self->in[i]);
  for (guint i = 0; (attr = anf_op_attr (op, i)) != NULL; i++)
    if (attr->kind == ANF_ATTR_REAL)
      anf_mil_half (self, attr->name, anf_node_real (self->node, attr->name));
  anf_mil_end (self, 0);
  return TRUE;
}
