/* type.c - dtypes, and the type of a value on a wire: dtype and shape. */
#include "anf.h"

static const struct { const char *name; gsize size; } dtypes[ANF_N_DTYPES] = {
  [ANF_F16] = { "fp16", 2 }, [ANF_F32] = { "fp32", 4 }, [ANF_U8] = { "uint8", 1 },
  [ANF_I32] = { "int32", 4 }, [ANF_BOOL] = { "bool", 1 }, [ANF_F64] = { "fp64", 8 },
  [ANF_BF16] = { "bf16", 2 }, [ANF_I8] = { "int8", 1 }, [ANF_I16] = { "int16", 2 },
  [ANF_U16] = { "uint16", 2 }, [ANF_U32] = { "uint32", 4 }, [ANF_I64] = { "int64", 8 },
  [ANF_U64] = { "uint64", 8 },
};

const char *
anf_dtype_name (AnfDtype dtype)
{
  g_return_val_if_fail (dtype < ANF_N_DTYPES, NULL);

  return dtypes[dtype].name;
}

gboolean
anf_dtype_from_name (const char *name, AnfDtype *dtype)
{
  for (guint i = 0; i < ANF_N_DTYPES; i++)
    if (g_str_equal (dtypes[i].name, name))
      {
        *dtype = i;
        return TRUE;
      }
  return FALSE;
}

gsize
anf_dtype_size (AnfDtype dtype)
{
  g_return_val_if_fail (dtype < ANF_N_DTYPES, 0);

  return dtypes[dtype].size;
}

gsize
anf_type_elements (const AnfType *type)
{
  gsize n = 1;

  for (guint i = 0; i < type->rank; i++)
    n *= type->dim[i];
  return n;
}

gsize
anf_type_bytes (const AnfType *type)
{
  return anf_type_elements (type) * dtypes[type->dtype].size;
}

gboolean
anf_type_equal (const AnfType *a, const AnfType *b)
{
  if (a->dtype != b->dtype || a->rank != b->rank)
    return FALSE;
  for (guint i = 0; i < a->rank; i++)
    if (a->dim[i] != b->dim[i])
      return FALSE;
  return TRUE;
}

char *
anf_type_to_string (const AnfType *type)
{
  GString *text = g_string_new (type->rank == 0 ? "scalar" : NULL);

  for (guint i = 0; i < type->rank; i++)
    g_string_append_printf (text, "%s%d", i > 0 ? "×" : "", type->dim[i]);
  return g_string_free (text, FALSE);
}
