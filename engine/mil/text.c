/* text.c - MIL text as e5rt reads it: program (1.3), opset ios18, constants exact. */
#include "mil/mil.h"

#include "num/half.h"

#include <math.h>
#include <string.h>

#define BUILD_INFO \
  "[buildInfo = dict<string, string>({{\"coremlc-component-MIL\", \"3520.4.1\"}, " \
  "{\"coremlc-version\", \"3520.5.1\"}})]"

static void
put_type (GString *out, const AnfMilType *type)
{
  if (type->rank == 0)
    {
      g_string_append (out, anf_mil_dtype_name (type->dtype));
      return;
    }
  g_string_append_printf (out, "tensor<%s, [", anf_mil_dtype_name (type->dtype));
  for (guint i = 0; i < type->rank; i++)
    g_string_append_printf (out, "%s%" G_GINT64_FORMAT, i > 0 ? ", " : "", type->dim[i]);
  g_string_append (out, "]>");
}

/* C99's "%a" whatever the locale, so that every bit of the number is there. */
static void
put_hex_float (GString *out, double value)
{
  guint64 bits, fraction;
  int exponent;

  memcpy (&bits, &value, sizeof bits);
  fraction = bits & ((G_GUINT64_CONSTANT (1) << 52) - 1);
  exponent = (int) (bits >> 52 & 2047) - 1023;
  if (bits >> 63)
    g_string_append_c (out, '-');
  if (value == 0)
    {
      g_string_append (out, "0x0p+0");
      return;
    }
  /* fp16 and fp32 are normal numbers as doubles, the smallest too. */
  g_string_append (out, fraction != 0 ? "0x1." : "0x1");
  for (; fraction != 0; fraction = fraction << 4 & ((G_GUINT64_CONSTANT (1) << 52) - 1))
    g_string_append_c (out, "0123456789abcdef"[fraction >> 48]);
  g_string_append_printf (out, "p%+d", exponent);
}

static void
put_number (GString *out, AnfMilDtype dtype, const guint8 *at)
{
  gint32 i32;
  guint16 half;
  float single;

  switch (dtype)
    {
    case ANF_MIL_FP16:
      memcpy (&half, at, sizeof half);
      put_hex_float (out, anf_half_to_float (GUINT16_FROM_LE (half)));
      break;
    case ANF_MIL_FP32:
      memcpy (&single, at, sizeof single);
      put_hex_float (out, single);
      break;
    case ANF_MIL_INT32:
      memcpy (&i32, at, sizeof i32);
      g_string_append_printf (out, "%d", GINT32_FROM_LE (i32));
      break;
    case ANF_MIL_UINT32:
      memcpy (&i32, at, sizeof i32);
      g_string_append_printf (out, "%u", GUINT32_FROM_LE ((guint32) i32));
      break;
    case ANF_MIL_INT8:
      g_string_append_printf (out, "%d", (gint8) *at);
      break;
    case ANF_MIL_UINT8:
      g_string_append_printf (out, "%u", *at);
      break;
    case ANF_MIL_BOOL:
      g_string_append (out, *at ? "true" : "false");
      break;
    default:
      /* The others are only ever in the blob. */
      g_assert_not_reached ();
    }
}

static void
put_value (GString *out, const AnfMilValue *value, const char *blob)
{
  gsize n = anf_mil_type_elements (&value->type);
  gsize size = anf_mil_dtype_bits (value->type.dtype) / 8;

  put_type (out, &value->type);
  g_string_append_c (out, '(');
  if (value->text != NULL)
    g_string_append_printf (out, "\"%s\"", value->text);
  else if (value->bytes == NULL)
    g_string_append_printf (out, "BLOBFILE(path = string(\"@model_path/%s\"), offset = uint64(%"
                            G_GUINT64_FORMAT "))", blob, value->offset);
  else
    {
      const guint8 *data = g_bytes_get_data (value->bytes, NULL);

      g_string_append (out, value->type.rank > 0 ? "[" : "");
      for (gsize i = 0; i < n; i++)
        {
          g_string_append (out, i > 0 ? ", " : "");
          put_number (out, value->type.dtype, data + i * size);
        }
      g_string_append (out, value->type.rank > 0 ? "]" : "");
    }
  g_string_append_c (out, ')');
}

static void
put_args (GString *out, const GArray *args, const char *blob)
{
  for (guint i = 0; i < args->len; i++)
    {
      const AnfMilArg *arg = &g_array_index (args, AnfMilArg, i);

      g_string_append_printf (out, "%s%s = ", i > 0 ? ", " : "", arg->key);
      if (arg->kind == ANF_MIL_VALUE)
        {
          put_value (out, arg->value, blob);
          continue;
        }
      g_string_append (out, arg->kind == ANF_MIL_NAMES ? "(" : "");
      for (guint j = 0; j < arg->n; j++)
        g_string_append_printf (out, "%s%s", j > 0 ? ", " : "", arg->names[j]);
      g_string_append (out, arg->kind == ANF_MIL_NAMES ? ")" : "");
    }
}

static void
put_ports (GString *out, const GArray *ports)
{
  for (guint i = 0; i < ports->len; i++)
    {
      const AnfMilPort *port = &g_array_index (ports, AnfMilPort, i);

      g_string_append (out, i > 0 ? ", " : "");
      put_type (out, &port->type);
      g_string_append_printf (out, " %s", port->name);
    }
}

static void
put_op (GString *out, const AnfMilOp *op, const char *blob)
{
  g_string_append (out, "        ");
  put_ports (out, op->outputs);
  g_string_append_printf (out, " = %s(", op->op);
  put_args (out, op->inputs, blob);
  g_string_append_printf (out, ")[name = string(\"%s\")%s",
                          g_array_index (op->outputs, AnfMilPort, 0).name,
                          op->attrs->len > 0 ? ", " : "");
  put_args (out, op->attrs, blob);
  g_string_append (out, "];\n");
}

char *
anf_mil_text (const AnfMilProgram *self, const char *blob_name)
{
  GString *out = g_string_new ("program(1.3)\n" BUILD_INFO "\n{\n    func main<ios18>(");

  put_ports (out, self->inputs);
  g_string_append (out, ") {\n");
  for (guint i = 0; i < self->ops->len; i++)
    put_op (out, g_ptr_array_index (self->ops, i), blob_name);
  g_string_append (out, "    } -> (");
  for (guint i = 0; i < self->outputs->len; i++)
    g_string_append_printf (out, "%s%s", i > 0 ? ", " : "",
                            g_array_index (self->outputs, AnfMilPort, i).name);
  g_string_append (out, ");\n}\n");
  return g_string_free (out, FALSE);
}
