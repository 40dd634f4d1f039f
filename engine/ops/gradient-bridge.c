/* gradient-bridge.c - gradients of rows that are programs of their own on the device. */
#include "ops/gradient.h"

#include "ops/family.h"

#define X  (self->in[0])
#define Y  (self->out[0])
#define UP (self->up[0])

/* topk, sort: each of a row's results goes back to where it was; equal numbers share. */
gboolean
anf_vjp_ranked (AnfGradient *self)
{
  gint64 rows = X.type.dim[0], width = X.type.dim[1], k = Y.type.dim[1], axis = 1;
  AnfFlow share;

  if (anf_op_find_attr (self->node->op, "return_indices") >= 0
      && anf_node_flag (self->node, "return_indices"))
    return anf_gradient_refuse (self, "%s gives places, which do not move with the numbers.",
                                self->node->name);
  share = anf_grad_share (self, anf_grad_shape (self, X, 3, rows, width, (gint64) 1),
                          anf_grad_shape (self, Y, 3, rows, (gint64) 1, k), 1, &axis);
  share = anf_grad_bmm (self, share, anf_grad_shape (self, UP, 3, rows, k, (gint64) 1));
  self->to_in[0] = anf_grad_reshape (self, share, &X.type);
  return TRUE;
}

/* (a x b) g = a (b x g) = b (g x a) */
gboolean
anf_vjp_cross_product (AnfGradient *self)
{
  AnfFlow a = self->in[0], b = self->in[1];

  if (anf_gradient_wants (self, 0))
    self->to_in[0] = anf_grad_reshape (self, anf_grad_node (self, "cross_product", b, UP,
                                                            &Y.type), &a.type);
  if (anf_gradient_wants (self, 1))
    self->to_in[1] = anf_grad_reshape (self, anf_grad_node (self, "cross_product", UP, a,
                                                            &Y.type), &b.type);
  return TRUE;
}

gboolean
anf_vjp_scaled_elementwise (AnfGradient *self)
{
  const char *op = anf_node_text (self->node, "op");
  AnfFlow up = anf_grad_scale (self, UP, anf_node_real (self->node, "scale"));
  AnfFlow pair[2], zero = anf_grad_number (self, 0), first = { { 0 } };

  for (guint i = 0; i < 2; i++)
    pair[i] = anf_grad_reshape (self, self->in[i], &Y.type);
  if (g_str_equal (op, "Max"))
    first = anf_grad_compare (self, "greater_equal", pair[0], pair[1]);
  else if (g_str_equal (op, "Min"))
    first = anf_grad_compare (self, "less_equal", pair[0], pair[1]);
  for (guint i = 0; i < 2; i++)
    {
      AnfFlow own = up;

      if (!anf_gradient_wants (self, i))
        continue;
      if (g_str_equal (op, "Mult"))
        own = anf_grad_mul (self, up, pair[1 - i]);
      else if (first.ref.node != 0)
        own = anf_grad_select (self, first, i == 0 ? up : zero, i == 0 ? zero : up);
      self->to_in[i] = anf_grad_reshape (self, own, &self->in[i].type);
    }
  return TRUE;
}

/* dynamic_slice, input_view: zeros around what was taken. */
gboolean
anf_vjp_part (AnfGradient *self)
{
  const char *first = anf_op_find_attr (self->node->op, "start") >= 0 ? "start" : "offset";
  gint64 begin = anf_node_int (self->node, first), all = anf_type_elements (&X.type);
  AnfFlow up = anf_grad_pad (self, UP, 0, begin, all - begin - Y.type.dim[0]);

  self->to_in[0] = anf_grad_reshape (self, up, &X.type);
  return TRUE;
}

/* |aux[x] - ref[x + d]|, a row for each d. */
gboolean
anf_vjp_cost_volume (AnfGradient *self)
{
  gint64 rows = Y.type.dim[0], width = Y.type.dim[1], all = self->in[1].type.dim[0];
  AnfFlow aux = { { 0 } }, ref = { { 0 } };

  for (gint64 d = 0; d < rows; d++)
    {
      AnfFlow seen = anf_grad_slice (self, self->in[1], 0, d, width);
      AnfFlow sign = anf_grad_unary (self, "sign", anf_grad_sub (self, X, seen));
      AnfFlow up = anf_grad_shape (self, anf_grad_slice (self, UP, 0, d, 1), 1, width), back;

      up = anf_grad_mul (self, up, sign);
      back = anf_grad_pad (self, anf_grad_scale (self, up, -1), 0, d, all - width - d);
      aux = d == 0 ? up : anf_grad_add (self, aux, up);
      ref = d == 0 ? back : anf_grad_add (self, ref, back);
    }
  if (anf_gradient_wants (self, 0))
    self->to_in[0] = aux;
  if (anf_gradient_wants (self, 1))
    self->to_in[1] = ref;
  return TRUE;
}

/* Each picked point is one of those that lie there: [k, 1, 3] against [1, N, 3]. */
gboolean
anf_vjp_fps (AnfGradient *self)
{
  gint64 n = X.type.dim[0], k = Y.type.dim[0], last = 2, among = 1;
  AnfFlow same = anf_grad_compare (self, "equal",
                                   anf_grad_shape (self, Y, 3, k, (gint64) 1, (gint64) 3),
                                   anf_grad_shape (self, X, 3, (gint64) 1, n, (gint64) 3));
  AnfFlow share = anf_grad_select (self, same, anf_grad_number (self, 1),
                                   anf_grad_number (self, 0));

  share = anf_grad_shape (self, anf_grad_reduce (self, "reduce_min", share, 1, &last), 2, k, n);
  share = anf_grad_div (self, share, anf_grad_reduce (self, "reduce_sum", share, 1, &among));
  self->to_in[0] = anf_grad_bmm (self, anf_grad_swap (self, share), UP);
  return TRUE;
}
