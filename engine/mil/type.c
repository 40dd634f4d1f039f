/* type.c - the number types of MIL: names, widths and codes (public format of MIL and MILBlob). */
#include "mil/type.h"

#include <string.h>

static const struct { const char *name; guint bits, code; } dtypes[ANF_MIL_N_DTYPES] = {
  [ANF_MIL_FP16] = { "fp16", 16, 1 }, [ANF_MIL_FP32] = { "fp32", 32, 2 },
  [ANF_MIL_UINT8] = { "uint8", 8, 3 }, [ANF_MIL_INT8] = { "int8", 8, 4 },
  [ANF_MIL_INT16] = { "int16", 16, 6 }, [ANF_MIL_UINT16] = { "uint16", 16, 7 },
  [ANF_MIL_UINT1] = { "uint1", 1, 9 }, [ANF_MIL_UINT4] = { "uint4", 4, 11 },
  [ANF_MIL_INT32] = { "int32", 32, 14 }, [ANF_MIL_UINT32] = { "uint32", 32, 15 },
  [ANF_MIL_BOOL] = { "bool", 8, 0 }, [ANF_MIL_STRING] = { "string", 0, 0 },
  [ANF_MIL_INT4] = { "int4", 4, 8 }, [ANF_MIL_UINT2] = { "uint2", 2, 10 },
  [ANF_MIL_UINT3] = { "uint3", 3, 12 }, [ANF_MIL_UINT6] = { "uint6", 6, 13 },
  [ANF_MIL_INT64] = { "int64", 64, 0 },
};

const char *anf_mil_dtype_name (AnfMilDtype dtype) { return dtypes[dtype].name; }
guint       anf_mil_dtype_bits (AnfMilDtype dtype) { return dtypes[dtype].bits; }
guint       anf_mil_dtype_code (AnfMilDtype dtype) { return dtypes[dtype].code; }

gboolean
anf_mil_dtype_from_code (guint code, AnfMilDtype *dtype)
{
  for (guint i = 0; code != 0 && i < ANF_MIL_N_DTYPES; i++)
    if (dtypes[i].code == code)
      {
        *dtype = i;
        return TRUE;
      }
  return FALSE;
}

gboolean
anf_mil_dtype_from_name (const char *name, AnfMilDtype *dtype)
{
  for (guint i = 0; i < ANF_MIL_N_DTYPES; i++)
    if (strcmp (dtypes[i].name, name) == 0)
      {
        *dtype = i;
        return TRUE;
      }
  return FALSE;
}

AnfMilDtype
anf_mil_dtype_of (AnfDtype dtype)
{
  static const AnfMilDtype of[ANF_N_DTYPES] = {
    [ANF_F16] = ANF_MIL_FP16, [ANF_F32] = ANF_MIL_FP32, [ANF_U8] = ANF_MIL_UINT8,
    [ANF_I32] = ANF_MIL_INT32, [ANF_BOOL] = ANF_MIL_BOOL,
  };

  g_assert (dtype <= ANF_BOOL);
  return of[dtype];
}

void
anf_mil_type_init (AnfMilType *self, AnfMilDtype dtype, guint rank, const gint64 *dim)
{
  g_assert (rank <= ANF_MIL_MAX_RANK);
  *self = (AnfMilType) { dtype, rank };
  for (guint i = 0; i < rank; i++)
    self->dim[i] = dim[i];
}

void
anf_mil_type_from (AnfMilType *self, const AnfType *type)
{
  *self = (AnfMilType) { anf_mil_dtype_of (type->dtype), type->rank };
  for (guint i = 0; i < type->rank; i++)
    self->dim[i] = type->dim[i];
}

gboolean
anf_mil_type_equal (const AnfMilType *a, const AnfMilType *b)
{
  return a->dtype == b->dtype && a->rank == b->rank
         && memcmp (a->dim, b->dim, a->rank * sizeof *a->dim) == 0;
}

char *
anf_mil_type_text (const AnfMilType *self)
{
  GString *text = g_string_new (dtypes[self->dtype].name);

  for (guint i = 0; i < self->rank; i++)
    g_string_append_printf (text, "%s%" G_GINT64_FORMAT "%s", i == 0 ? " [" : ", ", self->dim[i],
                            i + 1 == self->rank ? "]" : "");
  return g_string_free (text, FALSE);
}

gsize
anf_mil_type_elements (const AnfMilType *self)
{
  gsize n = 1;

  for (guint i = 0; i < self->rank; i++)
    n *= self->dim[i];
  return n;
}

gsize
anf_mil_type_bytes (const AnfMilType *self)
{
  return (anf_mil_type_elements (self) * dtypes[self->dtype].bits + 7) / 8;
}
