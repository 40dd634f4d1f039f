/* read.c - rows found again in MIL: what lower-*.c writes, and the other forms Core ML has. */
#include "ops/read.h"

#include "core/op.h"

#include <string.h>

const char anf_reads_softplus[] =
  "low = minimum (x = x, y = 10); soft = softplus (x = low); past = add (x = x, y = -10);"
  " high = relu (x = past); add (x = soft, y = high) | softplus (x = x)";

const char anf_reads_round[] =
  "size = abs (x = x); small = less (x = size, y = 1024); nearest = round (x = x);"
  " select (a = nearest, b = x, cond = small) | round (x = x)";

#define WINDOW "[strides = stride], [pad_type = pad_type], [pad = pad], [dilations = dilation]," \
  " [groups = groups]"
#define CONV(op) \
  "product = " op " (x = x, weight = weight, " WINDOW "); add (x = product, y = bias')" \
  " | " op " (x = x, weight = weight, [bias = bias'], " WINDOW ")"

const char anf_reads_conv[] = CONV ("conv");
const char anf_reads_conv_transpose[] = CONV ("conv_transpose");
const char anf_reads_dynamic_conv[] = "conv (x = x, weight = weight, " WINDOW ")";

const char anf_reads_pool[] =
  "* ([exclude_padding_from_average = exclude_pad], kernel_sizes = k, [strides = stride],"
  " [pad_type = pad_type], [pad = pad], [ceil_mode = ceil_mode], x = x)";

const char anf_reads_linear[] =
  "product = matmul ([transpose_x = false], transpose_y = true, x = x, y = weight);"
  " add (x = product, y = bias')"
  " | matmul ([transpose_x = false], transpose_y = true, x = x, y = weight)"
  " | linear (x = x, weight = weight, [bias = bias'])";

const char anf_reads_slice[] =
  "slice_by_size (begin = begin, size = size, x = x)"
  " | slice_by_index (x = x, begin = from, end = end, [stride = stride],"
  " [begin_mask = begin_mask], [end_mask = end_mask], [squeeze_mask = squeeze_mask])";

/* One slice per run of indices; along the last axis turned, a vector as a column; fed ones. */
const char anf_reads_gather[] =
  "concat (axis = at, [interleave = false], values = parts)"
  " | gathered = concat (axis = at, [interleave = false], values = parts);"
  " transpose (perm = perm, x = gathered)"
  " | rows = concat (axis = at, [interleave = false], values = parts);"
  " reshape (shape = shape, x = rows)"
  " | gather (axis = axis, indices = $indices, x = x, [batch_dims = 0],"
  " [validate_indices = false])"
  " | gather (axis = axis, indices = indices, x = x, [batch_dims = 0],"
  " [validate_indices = false])"
  " | least = maximum (x = indices, y = low); index = minimum (x = least, y = high);"
  " gather (axis = axis, indices = index, x = x)";

#define NORMALISED(input, one, two) \
  "mean = reduce_mean (axes = " one ", keep_dims = true, x = " input ");" \
  " centred = sub (x = " input ", y = mean); square = mul (x = centred, y = centred);" \
  " variance = reduce_mean (axes = " two ", keep_dims = true, x = square);" \
  " scale = rsqrt (epsilon = eps, x = variance); unit = mul (x = centred, y = scale);"
const char anf_reads_layer_norm[] =
  NORMALISED ("x", "axes", "other")
  " scaled = mul (x = unit, y = gamma'); add (x = scaled, y = beta')"
  " | layer_norm (x = x, axes = axes, gamma = gamma, beta = beta, [epsilon = eps])";
const char anf_reads_group_norm[] =
  "groups = reshape (shape = parts, x = x); " NORMALISED ("groups", "{2, 3}", "{2, 3}")
  " channels = reshape (shape = whole, x = unit);"
  " scaled = mul (x = channels, y = gamma'); add (x = scaled, y = beta')";

#define LENGTH \
  "norm = reduce_l2_norm (axes = axes, keep_dims = true, x = x);" \
  " larger = maximum (x = norm, y = root); smaller = minimum (x = norm, y = root);" \
  " ratio = real_div (x = smaller, y = larger); square = mul (x = ratio, y = ratio);" \
  " sum = add (x = square, y = 1); factor = sqrt (x = sum);" \
  " length = mul (x = larger, y = factor);"
const char anf_reads_l2_norm[] = LENGTH " real_div (x = x, y = length)";
const char anf_reads_rms_norm[] =
  LENGTH " unit = real_div (x = x, y = length); mul (x = unit, y = gamma')";

const char anf_reads_affine[] =
  "affine (align_corners = align_corners, coordinates_mode = \"normalized_minus_one_to_one\","
  " output_height = output_h, output_width = output_w, padding_mode = \"constant\","
  " padding_value = 0, sampling_mode = \"bilinear\", transform_matrix = transform, x = x)";

const char anf_reads_resize[] =
  "resize_bilinear ([sampling_mode = \"DEFAULT\"], target_size_height = target_h,"
  " target_size_width = target_w, x = x) & align_corners = false"
  " | resize_bilinear (sampling_mode = \"ALIGN_CORNERS\", target_size_height = target_h,"
  " target_size_width = target_w, x = x) & align_corners = true";

#define TOPK(rising) "topk (ascending = " rising ", axis = 1, k = "
const char anf_reads_topk[] =
  TOPK ("false") "k, x = x) & largest = true | " TOPK ("true") "k, x = x) & largest = false";
#define PLACES(rising) "ranked, places = " TOPK (rising) "count, x = x);" \
  " cast (dtype = \"fp16\", x = places) & return_indices = true"
const char anf_reads_sort[] =
  PLACES ("false") " & descending = true | " PLACES ("true") " & descending = false";

#define MINMAX(axis) \
  "least = reduce_min (axes = " axis ", keep_dims = true, x = x);" \
  " most = reduce_max (axes = " axis ", keep_dims = true, x = x);" \
  " range = sub (x = most, y = least); divisor = add (x = range, y = eps);" \
  " above = sub (x = x, y = least); real_div (x = above, y = divisor)"
const char anf_reads_minmax[] =
  MINMAX ("{2}") " & dimension = \"Height\" | " MINMAX ("{3}") " & dimension = \"Width\"";

const char anf_reads_image[] =
  "fp16 = cast (dtype = \"fp16\", x = fed); scaled = mul (x = fp16, y = scale);"
  " add (x = scaled, y = bias)";

/* ---------------------------------------------------------------- small ones */

static const AnfMilType *
wire_type (const AnfMilMatch *self, guint port)
{
  for (guint i = 0; i < self->wires->len; i++)
    {
      const AnfMilWire *wire = &g_array_index (self->wires, AnfMilWire, i);

      if (wire->port == port)
        return wire->operand.value != NULL ? &wire->operand.value->type
                                           : anf_match_type (self, wire->operand.name);
    }
  return NULL;
}

static guint
named_ints (const AnfMilMatch *self, const char *name, gint64 *out, guint max)
{
  return anf_match_ints (self, g_hash_table_lookup (self->named, name), out, max);
}

static const char *
named_word (const AnfMilMatch *self, const char *name, const char *preset)
{
  const AnfMilValue *value = anf_match_constant (self, name);

  return value != NULL && value->text != NULL ? value->text : preset;
}

static GVariant *
list (const gint64 *values, guint n)
{
  return g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, values, n, sizeof *values);
}

static const AnfMilType *
result (const AnfMilMatch *self)
{
  return &g_array_index (self->root->outputs, AnfMilPort, 0).type;
}

/* Behind rows that make integers the factor is written out in full. */
static gboolean
makes_integers (const AnfMilMatch *self, const char *value)
{
  static const char *const names[] = { "floor", "ceil", "round", NULL };
  const AnfMilOp *op = anf_match_maker (self, value);

  if (op != NULL && strcmp (op->op, "select") == 0)
    op = anf_match_maker (self, anf_match_operand (op, "a").name);
  return op != NULL && g_strv_contains (names, op->op);
}

gboolean
anf_take_muls (AnfMilMatch *self)
{
  const AnfMilOperand *filled = g_hash_table_lookup (self->named, "filled");
  const AnfMilValue *value = anf_match_constant (self, "filled");
  gsize n;

  if (filled == NULL)
    return TRUE;
  if (value == NULL || value->bytes == NULL || value->type.dtype != ANF_MIL_FP16
      || !makes_integers (self, g_array_index (self->wires, AnfMilWire, 0).operand.name))
    return FALSE;
  n = anf_mil_type_elements (&value->type);
  for (gsize i = 1; i < n; i++)
    if (anf_mil_value_number (value, i) != anf_mil_value_number (value, 0))
      return FALSE;
  anf_match_stem (self, filled->name, "k");
  anf_match_set_real (self, "k", anf_mil_value_number (value, 0), ANF_MIL_FP16);
  self->score++;
  return TRUE;
}

gboolean
anf_take_reduce (AnfMilMatch *self)
{
  const AnfMilType *type = wire_type (self, 0);
  gint64 axes[ANF_MIL_MAX_RANK];

  if (self->attr[anf_op_find_attr (self->op, "axes")] != NULL)
    return TRUE;
  for (guint i = 0; i < type->rank; i++)
    axes[i] = i;
  anf_match_set (self, "axes", list (axes, type->rank));
  return TRUE;
}

gboolean
anf_take_reshape (AnfMilMatch *self)
{
  const AnfMilType *type = result (self);
  const gint64 one = 1;

  anf_match_set (self, "shape", type->rank > 0 ? list (type->dim, type->rank) : list (&one, 1));
  return TRUE;
}

/* A flag per axis; FALSE where there are none. */
static gboolean
mask (const AnfMilMatch *self, const char *name, guint axis)
{
  const AnfMilValue *value = anf_match_constant (self, name);

  return value != NULL && value->type.rank == 1 && axis < value->type.dim[0]
         && anf_mil_value_number (value, axis) != 0;
}

/* Steps of 1 alone; axes squeezed away come back by a reshape. */
gboolean
anf_take_slice (AnfMilMatch *self)
{
  const AnfMilType *type = wire_type (self, 0);
  gint64 begin[ANF_MIL_MAX_RANK], end[ANF_MIL_MAX_RANK], step[ANF_MIL_MAX_RANK];
  guint n = named_ints (self, "from", begin, ANF_MIL_MAX_RANK), n_steps;

  if (!g_hash_table_contains (self->named, "from"))
    {
      n = type->rank;
      if (result (self)->rank == n)          /* -1: all that is left */
        anf_match_set (self, "size", list (result (self)->dim, n));
      return TRUE;
    }
  n_steps = named_ints (self, "stride", step, ANF_MIL_MAX_RANK);
  if (n == 0 || n != type->rank || named_ints (self, "end", end, ANF_MIL_MAX_RANK) != n)
    return FALSE;
  for (guint i = 0; i < n; i++)
    {
      gboolean one = mask (self, "squeeze_mask", i);

      if (i < n_steps && step[i] != 1)
        return FALSE;
      begin[i] = mask (self, "begin_mask", i) ? 0 : begin[i] < 0 ? begin[i] + type->dim[i]
                                                                 : begin[i];
      end[i] = one ? begin[i] + 1 : mask (self, "end_mask", i) ? type->dim[i]
               : end[i] < 0 ? end[i] + type->dim[i] : MIN (end[i], type->dim[i]);
      end[i] -= begin[i];
    }
  anf_match_set (self, "begin", list (begin, n));
  anf_match_set (self, "size", list (end, n));
  return TRUE;
}

/* ---------------------------------------------------------------- windows */

/* Pads so that the result is the input's size by the step, rounded up. */
static gboolean
pad_same (AnfMilMatch *self, const gint64 *kernel, const gint64 *stride, const gint64 *dilation,
          gboolean lower)
{
  const AnfMilType *type = wire_type (self, 0);
  gint64 pad[4];

  for (guint i = 0; i < 2; i++)
    {
      gint64 in = type->dim[2 + i], out = (in + stride[i] - 1) / stride[i];
      gint64 all = MAX (0, (out - 1) * stride[i] + (kernel[i] - 1) * dilation[i] + 1 - in);

      pad[2 * i] = lower ? all - all / 2 : all / 2;
      pad[2 * i + 1] = all - pad[2 * i];
    }
  anf_match_set (self, "pad", list (pad, 4));
  return TRUE;
}

/* Two of an attribute that is set, or 1, 1. */
static void
pair (const AnfMilMatch *self, const char *attr, gint64 *out)
{
  int i = anf_op_find_attr (self->op, attr);
  GVariant *value = i >= 0 ? self->attr[i] : NULL;
  gsize n = 0;

  out[0] = out[1] = 1;
  if (value != NULL && g_variant_is_of_type (value, G_VARIANT_TYPE ("ax")))
    {
      const gint64 *values = g_variant_get_fixed_array (value, &n, sizeof *values);

      if (n == 2 && values[0] > 0 && values[1] > 0)
        memcpy (out, values, 2 * sizeof *out);
    }
}

static gboolean
take_pad (AnfMilMatch *self, const gint64 *kernel, gboolean spreads)
{
  const char *kind = named_word (self, "pad_type", "valid");
  gint64 stride[2], dilation[2];
  const gint64 none = 0;

  if (strcmp (kind, "custom") == 0)
    return TRUE;
  if (strcmp (kind, "valid") == 0)
    {
      anf_match_set (self, "pad", g_variant_new_int64 (none));
      return TRUE;
    }
  if (wire_type (self, 0)->rank != 4 || spreads
      || (strcmp (kind, "same") != 0 && strcmp (kind, "same_lower") != 0))
    return FALSE;
  pair (self, "stride", stride);
  pair (self, "dilation", dilation);
  return pad_same (self, kernel, stride, dilation, strcmp (kind, "same_lower") == 0);
}

/* Whether the constant of a role is 1 on all axes but one, counted from the end. */
static gboolean
lies_along (const AnfMilMatch *self, guint role, guint from_end)
{
  const AnfMilType *type = anf_match_type (self, self->role[role]);

  for (guint i = 0; i < type->rank; i++)
    if (type->dim[i] != 1 && type->rank - 1 - i != from_end)
      return FALSE;
  return TRUE;
}

gboolean
anf_take_window (AnfMilMatch *self)
{
  gboolean baked = anf_op_n_roles (self->op) > 0;
  const AnfMilType *weight = baked ? anf_match_type (self, self->role[0]) : wire_type (self, 1);
  const AnfMilType *bias = baked && self->role[1] != NULL ? anf_match_type (self, self->role[1])
                                                          : NULL;

  if (weight == NULL || weight->rank != 4
      || (bias != NULL && !lies_along (self, 1, bias->rank == 1 && self->used->len == 1 ? 0 : 2)))
    return FALSE;
  return take_pad (self, weight->dim + 2, strcmp (self->root->op, "conv_transpose") == 0
                                          || strcmp (self->op->name, "conv_transpose") == 0);
}

gboolean
anf_take_pool (AnfMilMatch *self)
{
  gint64 kernel[2];

  if (self->attr[anf_op_find_attr (self->op, "stride")] == NULL)
    anf_match_set (self, "stride", g_variant_new_int64 (1));
  pair (self, "k", kernel);
  return take_pad (self, kernel, FALSE);
}

gboolean
anf_take_linear (AnfMilMatch *self)
{
  return self->role[1] == NULL || lies_along (self, 1, 0);
}

gboolean
anf_take_matrix (AnfMilMatch *self)
{
  return anf_match_type (self, self->role[0])->rank == 2;
}

/* ---------------------------------------------------------------- along an axis */

gboolean
anf_take_cumsum (AnfMilMatch *self)
{
  const AnfMilValue *ones = anf_match_constant (self, "ones");
  gint64 n;

  if (!g_hash_table_contains (self->named, "ones"))
    return TRUE;
  if (ones == NULL || ones->type.rank != 2 || ones->type.dim[0] != ones->type.dim[1]
      || ones->bytes == NULL)
    return FALSE;
  n = ones->type.dim[0];
  for (gint64 i = 0; i < n * n; i++)
    if (anf_mil_value_number (ones, i) != (i / n <= i % n))
      return FALSE;
  self->score++;
  return TRUE;
}

/* A slice of full width but on @axis; its indices are added. */
static const char *
slice_run (AnfMilMatch *self, const AnfMilOp *op, guint axis, GArray *indices)
{
  AnfMilOperand x = anf_match_operand (op, "x"), from = anf_match_operand (op, "begin"),
                to = anf_match_operand (op, "size");
  const AnfMilType *type = anf_match_type (self, x.name);
  gint64 begin[ANF_MIL_MAX_RANK], size[ANF_MIL_MAX_RANK];

  if (strcmp (op->op, "slice_by_size") != 0 || type == NULL
      || anf_match_ints (self, &from, begin, ANF_MIL_MAX_RANK) != type->rank
      || anf_match_ints (self, &to, size, ANF_MIL_MAX_RANK) != type->rank
      || axis >= type->rank || size[axis] < 1 || size[axis] > type->dim[axis])
    return NULL;
  for (guint i = 0; i < type->rank; i++)
    if (i != axis && (begin[i] != 0 || size[i] != type->dim[i]))
      return NULL;
  for (gint64 i = 0; i < size[axis]; i++)
    {
      gint64 index = begin[axis] + i;

      g_array_append_val (indices, index);
    }
  anf_match_use (self, op);
  return x.name;
}

/* Behind what turned the last axis, or made a column of a vector; NULL: not so. */
static const char *
behind (AnfMilMatch *self, const char *x, const char *by)
{
  const AnfMilOp *op = anf_match_maker (self, x);

  if (op == NULL || strcmp (op->op, by) != 0)
    return NULL;
  anf_match_use (self, op);
  return anf_match_operand (op, "x").name;
}

static gboolean
joined_slices (AnfMilMatch *self, const AnfMilOp *join, gint64 *axis, GArray *indices,
               const char **x)
{
  const AnfMilArg *parts = anf_mil_op_input (join, "values");
  gint64 at[1];

  if (named_ints (self, "at", at, 1) != 1 || at[0] < 0)
    return FALSE;
  *axis = at[0];
  for (guint i = 0; i < parts->n; i++)
    {
      const AnfMilOp *op = anf_match_maker (self, parts->names[i]);
      const char *from = op != NULL ? slice_run (self, op, *axis, indices) : NULL;

      if (from == NULL || (*x != NULL && !g_str_equal (*x, from)))
        return FALSE;
      *x = from;
    }
  anf_match_stem (self, parts->names[0], "part");
  return *x != NULL;
}

gboolean
anf_take_gather (AnfMilMatch *self)
{
  g_autoptr(GArray) indices = g_array_new (FALSE, FALSE, sizeof (gint64));
  gboolean turned = g_hash_table_contains (self->named, "gathered");
  gboolean column = g_hash_table_contains (self->named, "rows");
  const AnfMilOp *join = self->root;
  const char *x = NULL;
  const AnfMilType *type;
  gint64 axis;

  if (!g_hash_table_contains (self->named, "parts"))
    return TRUE;
  if (turned || column)
    join = anf_match_maker (self, anf_match_operand (self->root, "x").name);
  if (!joined_slices (self, join, &axis, indices, &x)
      || ((turned || column)
          && (x = behind (self, x, turned ? "transpose" : "reshape")) == NULL))
    return FALSE;
  type = anf_match_type (self, x);
  if (type == NULL || (turned && axis + 2 != type->rank) || (column && type->rank != 1))
    return FALSE;
  anf_match_wire (self, 0, x);
  anf_match_set (self, "axis", g_variant_new_int64 (axis + turned));
  anf_match_set (self, "indices", list ((gint64 *) indices->data, indices->len));
  return TRUE;
}
