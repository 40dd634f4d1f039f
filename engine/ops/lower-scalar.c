/* lower-scalar.c - rows that work element by element, as MIL; and constants. */
#include "ops/lower.h"

#include "ops/family.h"

#include <string.h>

gboolean
anf_mil_gelu (AnfMilNode *mil)
{
  anf_mil_begin (mil, "gelu");
  anf_mil_word (mil, "mode", "EXACT");
  anf_mil_name (mil, "x", mil->in[0]);
  anf_mil_end (mil, 0);
  return TRUE;
}

gboolean
anf_mil_clip (AnfMilNode *mil)
{
  anf_mil_begin (mil, "clip");
  anf_mil_half (mil, "alpha", anf_node_real (mil->node, "lo"));
  anf_mil_half (mil, "beta", anf_node_real (mil->node, "hi"));
  anf_mil_name (mil, "x", mil->in[0]);
  anf_mil_end (mil, 0);
  return TRUE;
}

/* Always written: the operators' own defaults are not 0. */
gboolean
anf_mil_epsilon (AnfMilNode *mil)
{
  anf_mil_begin (mil, anf_op_name (anf_node_op (mil->node)));
  anf_mil_half (mil, "epsilon", anf_node_real (mil->node, "eps"));
  anf_mil_name (mil, "x", mil->in[0]);
  anf_mil_end (mil, 0);
  return TRUE;
}

gboolean
anf_mil_square (AnfMilNode *mil)
{
  anf_mil_binary (mil, NULL, NULL, "mul", mil->in[0], mil->in[0]);
  return TRUE;
}

/* The hardware's own softplus returns 0 above ln 65504 = 11.09, so only what lies below 10 goes
 * through it; the rest is added as it is. */
gboolean
anf_mil_softplus (AnfMilNode *mil)
{
  const AnfType *type = mil->out_type;
  const char *low, *high;

  low = anf_mil_binary (mil, "low", type, "minimum", mil->in[0], anf_mil_scalar (mil, "ten", 10));
  low = anf_mil_unary (mil, "soft", type, "softplus", low);
  high = anf_mil_binary (mil, "past", type, "add", mil->in[0],
                         anf_mil_scalar (mil, "minus_ten", -10));
  high = anf_mil_unary (mil, "high", type, "relu", high);
  anf_mil_binary (mil, NULL, NULL, "add", low, high);
  return TRUE;
}

/* The hardware's round is wrong from 1024 on; there every second fp16 is an integer and from 2048
 * all are, so the value itself is nearer. */
gboolean
anf_mil_round (AnfMilNode *mil)
{
  AnfType truth = mil->out_type[0];
  const char *size, *small, *rounded;

  truth.dtype = ANF_BOOL;
  size = anf_mil_unary (mil, "size", mil->out_type, "abs", mil->in[0]);
  small = anf_mil_binary (mil, "small", &truth, "less", size,
                          anf_mil_scalar (mil, "limit", 1024));
  rounded = anf_mil_unary (mil, "nearest", mil->out_type, "round", mil->in[0]);
  anf_mil_begin (mil, "select");
  anf_mil_name (mil, "cond", small);
  anf_mil_name (mil, "a", rounded);
  anf_mil_name (mil, "b", mil->in[0]);
  anf_mil_end (mil, 0);
  return TRUE;
}

gboolean
anf_mil_prelu (AnfMilNode *mil)
{
  const char *alpha = anf_mil_weight (mil, 0);

  anf_mil_begin (mil, "prelu");
  anf_mil_name (mil, "alpha", alpha);
  anf_mil_name (mil, "x", mil->in[0]);
  anf_mil_end (mil, 0);
  return TRUE;
}

gboolean
anf_mil_cast (AnfMilNode *mil)
{
  anf_mil_begin (mil, "cast");
  anf_mil_word (mil, "dtype", anf_dtype_name (mil->out_type[0].dtype));
  anf_mil_name (mil, "x", mil->in[0]);
  anf_mil_end (mil, 0);
  return TRUE;
}

/* After these a multiplication by one number is merged wrongly, so the number is written out as a
 * tensor: found by the aneforge package. */
static gboolean
makes_integers (const AnfNode *node)
{
  static const char *const names[] = { "floor", "ceil", "round", NULL };

  return node != NULL && g_strv_contains (names, anf_op_name (anf_node_op (node)));
}

gboolean
anf_mil_mul (AnfMilNode *mil)
{
  for (guint i = 0; i < 2; i++)
    if (mil->constant[i] != NULL && anf_type_elements (mil->in_type[i]) == 1
        && makes_integers (mil->from[1 - i]))
      {
        anf_mil_binary (mil, NULL, NULL, "mul", mil->in[1 - i],
                        anf_mil_filled (mil, "k", mil->in_type[1 - i], mil->constant[i][0]));
        return TRUE;
      }
  return anf_mil_plain (mil);
}

gboolean
anf_mil_muls (AnfMilNode *mil)
{
  double k = anf_node_real (mil->node, "k");
  const char *factor;

  if (k == 0)
    anf_mil_binary (mil, NULL, NULL, "sub", mil->in[0], mil->in[0]);
  else
    {
      factor = makes_integers (mil->from[0]) ? anf_mil_filled (mil, "k", mil->out_type, k)
                                             : anf_mil_scalar (mil, "k", k);
      anf_mil_binary (mil, NULL, NULL, "mul", mil->in[0], factor);
    }
  return TRUE;
}

gboolean
anf_mil_adds (AnfMilNode *mil)
{
  const char *k = anf_mil_scalar (mil, "k", anf_node_real (mil->node, "k"));

  anf_mil_binary (mil, NULL, NULL, "add", mil->in[0], k);
  return TRUE;
}

gboolean
anf_mil_constant (AnfMilNode *mil)
{
  anf_mil_weight_out (mil, 0);
  return TRUE;
}

/* One number for all channels, or one per channel as [1, C, 1, 1]. */
static const char *
channel_values (AnfMilNode *mil, const char *attr)
{
  g_autoptr(GVariant) value = anf_node_attr (mil->node, attr);
  g_autofree float *values = NULL;
  const double *list;
  AnfType type = { ANF_F16, 4, { 1, 1, 1, 1 } };
  gsize n;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_DOUBLE))
    return anf_mil_scalar (mil, attr, g_variant_get_double (value));
  list = g_variant_get_fixed_array (value, &n, sizeof *list);
  if (n == 1)
    return anf_mil_scalar (mil, attr, list[0]);
  values = g_new (float, n);
  for (gsize i = 0; i < n; i++)
    values[i] = list[i];
  type.dim[1] = n;
  return anf_mil_values (mil, attr, &type, values);
}

gboolean
anf_mil_image (AnfMilNode *mil)
{
  const AnfType *type = mil->out_type;
  const char *x = mil->in[0];

  /* Core ML has no port for bytes: there the numbers come as fp16. */
  if (mil->in_type[0]->dtype == ANF_U8)
    {
      anf_mil_begin (mil, "cast");
      anf_mil_word (mil, "dtype", "fp16");
      anf_mil_name (mil, "x", x);
      x = anf_mil_end_as (mil, "fp16", type);
    }
  x = anf_mil_binary (mil, "scaled", type, "mul", x, channel_values (mil, "scale"));
  anf_mil_binary (mil, NULL, NULL, "add", x, channel_values (mil, "bias"));
  return TRUE;
}
