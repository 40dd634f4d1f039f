/* control.c - If and Loop, where what they depend on is known: the branch alone, or every turn. */
#include "io/onnx/onnx.h"

#include <string.h>

#define MAX_TURNS 1024

static Onnx__GraphProto *
body_of (const AnfOnnxNode *node, const char *name)
{
  const Onnx__AttributeProto *attr = anf_onnx_attr (node, name);

  return attr != NULL ? attr->g : NULL;
}

static AnfOnnxValue *
read_if (AnfOnnx *self, AnfOnnxNode *node)
{
  Onnx__GraphProto *body;
  g_autofree AnfOnnxValue **out = NULL;
  double truth;

  if (!anf_onnx_number (self, anf_onnx_in (node, 0), "cond", &truth))
    return NULL;
  body = body_of (node, truth != 0 ? "then_branch" : "else_branch");
  if (body == NULL || body->n_output < node->n_out)
    return anf_onnx_refuse (self, "no branch with as many outputs");
  out = g_new0 (AnfOnnxValue *, body->n_output + 1);
  if (!anf_onnx_body (self, body, 0, NULL, out))
    return NULL;
  for (guint i = 0; i < node->n_out; i++)
    node->out[i] = out[i];
  return out[0];
}

/* What each turn gives besides the values carried on, one after the other on a new first axis. */
static AnfOnnxValue *
stacked (AnfOnnx *self, GPtrArray *turns, guint i, guint each)
{
  guint n = turns->len / each;
  g_autofree AnfOnnxValue **parts = g_new (AnfOnnxValue *, n + 1);
  gint64 dim[ANF_MAX_TENSOR_RANK];

  for (guint t = 0; t < n; t++)
    {
      AnfOnnxValue *x = g_ptr_array_index (turns, t * each + i);

      if (x->rank + 1 > ANF_MAX_TENSOR_RANK)
        return anf_onnx_refuse (self, "a value with %u axes", x->rank + 1);
      dim[0] = 1;
      memcpy (dim + 1, x->dim, x->rank * sizeof *dim);
      parts[t] = anf_onnx_reshape (self, x, x->rank + 1, dim);
    }
  return n > 0 ? anf_onnx_concat (self, n, parts, 0)
               : anf_onnx_refuse (self, "a loop without a turn, whose results have no shape");
}

/* One turn. FALSE after a refusal; @on: whether there is to be another. */
static gboolean
turn (AnfOnnx *self, Onnx__GraphProto *body, gint64 t, AnfOnnxValue **carried, guint n,
      GPtrArray *turns, gboolean *on)
{
  g_autofree AnfOnnxValue **in = g_new0 (AnfOnnxValue *, n + 2);
  g_autofree AnfOnnxValue **out = g_new0 (AnfOnnxValue *, body->n_output + 1);
  double truth;

  in[0] = anf_onnx_doubles (self, ONNX_INT64, 0, NULL, (double[]) { t });
  in[1] = anf_onnx_doubles (self, ONNX_BOOL, 0, NULL, (double[]) { 1 });
  memcpy (in + 2, carried, n * sizeof *in);
  if (!anf_onnx_body (self, body, n + 2, in, out)
      || !anf_onnx_number (self, out[0], "the condition of another turn", &truth))
    return FALSE;
  memcpy (carried, out + 1, n * sizeof *out);
  for (gsize i = n + 1; i < body->n_output; i++)
    g_ptr_array_add (turns, out[i]);
  *on = truth != 0;
  return TRUE;
}

static AnfOnnxValue *
read_loop (AnfOnnx *self, AnfOnnxNode *node)
{
  Onnx__GraphProto *body = body_of (node, "body");
  guint n = node->n_in > 2 ? node->n_in - 2 : 0;
  g_autofree AnfOnnxValue **carried = g_new0 (AnfOnnxValue *, n + 1);
  g_autoptr(GPtrArray) turns = g_ptr_array_new ();
  double limit = G_MAXINT, truth = 1;
  gboolean on;

  if (body == NULL || body->n_output < n + 1)
    return anf_onnx_refuse (self, "no body with as many outputs");
  if ((anf_onnx_in (node, 0) != NULL
       && !anf_onnx_number (self, node->in[0], "the number of turns", &limit))
      || (anf_onnx_in (node, 1) != NULL && !anf_onnx_number (self, node->in[1], "cond", &truth)))
    return NULL;
  for (guint i = 0; i < n; i++)
    if ((carried[i] = node->in[i + 2]) == NULL)
      return anf_onnx_refuse (self, "an input is missing");
  on = truth != 0;
  for (gint64 t = 0; on && t < limit; t++)
    if (t >= MAX_TURNS)
      return anf_onnx_refuse (self, "more than %d turns", MAX_TURNS);
    else if (!turn (self, body, t, carried, n, turns, &on))
      return NULL;
  for (guint i = 0; i < node->n_out; i++)
    if (i < n)
      node->out[i] = carried[i];
    else if (i + 1 < body->n_output)
      node->out[i] = stacked (self, turns, i - n, body->n_output - 1 - n);
  return node->n_out > 0 ? node->out[0] : NULL;
}

const AnfOnnxOp anf_onnx_control_ops[] = {
  { "If", read_if }, { "Loop", read_loop },
  { NULL }
};
