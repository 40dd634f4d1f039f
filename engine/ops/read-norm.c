/* read-norm.c - norms found again in MIL: which axis they work along, and what they add. */
#include "ops/read.h"

#include "mil/constexpr.h"
#include "num/half.h"

#include <math.h>

static const AnfMilType *
input_type (const AnfMilMatch *self)
{
  return anf_match_type (self, g_array_index (self->wires, AnfMilWire, 0).operand.name);
}

/* The one axis, counted from the front; -1: none or several. */
static gint64
only_axis (const AnfMilMatch *self, const char *name)
{
  const AnfMilType *type = input_type (self);
  gint64 axis[1];

  if (type == NULL || anf_match_ints (self, g_hash_table_lookup (self->named, name), axis, 1) != 1)
    return -1;
  return axis[0] < 0 ? axis[0] + type->rank : axis[0];
}

/* A role that is written over all axes has its numbers on @axis alone. */
static gboolean
lies_on (const AnfMilMatch *self, guint role, gint64 axis)
{
  const AnfMilType *type = anf_match_type (self, self->role[role]), *x = input_type (self);
  gint64 shift = (gint64) x->rank - type->rank;

  if (!self->flat[role])
    return TRUE;
  for (guint i = 0; i < type->rank; i++)
    if (type->dim[i] != 1 && i + shift != axis)
      return FALSE;
  return TRUE;
}

/* Both rows that are written so: over the features of rows, and over channels. */
gboolean
anf_take_layer_norm (AnfMilMatch *self)
{
  gint64 axis = only_axis (self, "axes");
  const AnfMilType *type = input_type (self);

  if (type == NULL || axis != (type->rank == 4 ? 1 : (gint64) type->rank - 1)
      || (g_hash_table_contains (self->named, "other") && only_axis (self, "other") != axis))
    return FALSE;
  return lies_on (self, 0, axis) && lies_on (self, 1, axis);
}

gboolean
anf_take_group_norm (AnfMilMatch *self)
{
  gint64 parts[4];
  const AnfMilType *type = input_type (self);

  if (type == NULL || type->rank != 4
      || anf_match_ints (self, g_hash_table_lookup (self->named, "parts"), parts, 4) != 4
      || parts[0] != 1)
    return FALSE;
  anf_match_set (self, "groups", g_variant_new_int64 (parts[1]));
  return lies_on (self, 0, 1) && lies_on (self, 1, 1);
}

/* The plainest eps of which @d times is written as this root. */
static gboolean
take_root (AnfMilMatch *self, double d)
{
  const AnfMilValue *root = anf_match_constant (self, "root");
  double value, eps;

  if (root == NULL || root->type.rank != 0 || root->type.dtype != ANF_MIL_FP16)
    return FALSE;
  value = anf_mil_value_number (root, 0);
  eps = value * value / d;
  for (int digits = 1; digits < 17 && value > 0; digits++)
    {
      double scale = pow (10, digits - 1 - floor (log10 (eps)));
      double plain = round (eps * scale) / scale;

      if (anf_half_round (sqrt (d * plain)) != (float) value)
        continue;
      eps = plain;
      break;
    }
  anf_match_set (self, "eps", g_variant_new_double (eps));
  return TRUE;
}

gboolean
anf_take_l2_norm (AnfMilMatch *self)
{
  gint64 axis = only_axis (self, "axes");

  if (axis < 0 || !take_root (self, 1))
    return FALSE;
  anf_match_set (self, "axis", g_variant_new_int64 (axis));
  return TRUE;
}

/* gamma is written times the root of the number of features. */
gboolean
anf_take_rms_norm (AnfMilMatch *self)
{
  gint64 axis = only_axis (self, "axes");
  const AnfMilType *type = input_type (self);
  AnfMilWeightRead gamma;
  g_autofree char *why = NULL;
  g_autofree float *values = NULL;
  gint64 d;

  if (type == NULL || axis < 0 || axis + 1 != type->rank || !lies_on (self, 0, axis)
      || !take_root (self, d = type->dim[axis])
      || !anf_mil_read_weight (self->index, self->role[0], &gamma, &why))
    return FALSE;
  if (anf_tensor_elements (gamma.tensor) == (gsize) d)
    {
      values = g_new (float, d);
      anf_tensor_read (gamma.tensor, 0, d, values);
      for (gint64 i = 0; i < d; i++)
        {
          float half = anf_half_round (values[i] / sqrtf (d));

          /* The fp16 number that is written so, if there is one. */
          values[i] = anf_half_round (half * sqrtf (d)) == values[i] ? half
                                                                     : values[i] / sqrtf (d);
        }
      self->tensor[0] = anf_tensor_new_floats (1, &d, values);
    }
  anf_tensor_unref (gamma.tensor);
  return self->tensor[0] != NULL;
}
