/* terms.c - sums element by element, by their definitions: for whoever wants to see one. */
#include "ops/terms.h"

typedef struct
{
  const AnfNode         *node;
  const AnfType *const  *in;
  const AnfType         *out;
  AnfTensor *const      *weight;
  gsize                  at;
  AnfTermFacts          *facts;
  AnfTermFunc            func;
  gpointer               data;
} Terms;

static void
tell (const Terms *self, gint64 x, gint64 y)
{
  if (self->func != NULL)
    self->func (x, y, self->data);
}

/* ---- matrix products */

/* x [.., k] by W [n, k]. */
static void
by_rows (const Terms *self)
{
  gint64 k = anf_tensor_dim (self->weight[0], 1), n = anf_tensor_dim (self->weight[0], 0);
  gint64 row = self->at / n, column = self->at % n;

  self->facts->weighted = TRUE;
  self->facts->bias = self->weight[1] != NULL ? column : -1;
  for (gint64 i = 0; i < k; i++)
    tell (self, row * k + i, column * k + i);
}

/* x [.., k] by W [k, n], or batches of both. */
static void
by_columns (const Terms *self)
{
  const AnfTensor *w = self->weight[0];
  guint rank = anf_tensor_rank (w);
  gint64 k = anf_tensor_dim (w, rank - 2), n = anf_tensor_dim (w, rank - 1);
  gint64 row = self->at / n, column = self->at % n;
  gint64 rows = anf_type_elements (self->in[0]) / k;
  gint64 batch = rank == 3 ? row / (rows / anf_tensor_dim (w, 0)) : 0;

  self->facts->weighted = TRUE;
  for (gint64 i = 0; i < k; i++)
    tell (self, row * k + i, (batch * k + i) * n + column);
}

/* The first element of the matrix that batch @batch of the result reads in @in. */
static gint64
matrix_of (const AnfType *in, const AnfType *out, gsize batch)
{
  gint64 matrix = 0, step = 1;

  for (guint i = 3; i <= out->rank; i++)
    {
      gsize place = batch % out->dim[out->rank - i];

      batch /= out->dim[out->rank - i];
      if (i > in->rank)
        continue;
      matrix += (in->dim[in->rank - i] > 1 ? place : 0) * step;
      step *= in->dim[in->rank - i];
    }
  return matrix * in->dim[in->rank - 2] * in->dim[in->rank - 1];
}

static void
by_each_other (const Terms *self)
{
  const AnfType *x = self->in[0], *y = self->in[1], *out = self->out;
  gboolean x_turned = anf_node_flag (self->node, "transpose_x");
  gboolean y_turned = anf_node_flag (self->node, "transpose_y");
  gint64 n = out->dim[out->rank - 1], m = out->dim[out->rank - 2];
  gint64 k = x->dim[x->rank - (x_turned ? 2 : 1)];
  gint64 row = self->at / n % m, column = self->at % n;
  gint64 x_at = matrix_of (x, out, self->at / (n * m));
  gint64 y_at = matrix_of (y, out, self->at / (n * m));

  for (gint64 i = 0; i < k; i++)
    tell (self, x_at + (x_turned ? i * m + row : row * k + i),
          y_at + (y_turned ? column * k + i : i * n + column));
}

/* ---- convolutions */

/* One number for all of @want, or as many. */
static void
read_all (const AnfNode *node, const char *name, guint want, gint64 *out)
{
  guint n = anf_node_ints (node, name, out, want);

  for (guint i = n; i < want; i++)
    out[i] = out[0];
}

static void
by_window (const Terms *self)
{
  const AnfType *x = self->in[0], *out = self->out;
  gboolean weighted = self->weight[0] != NULL;
  gint64 stride[2], pad[4], dilation[2], dim[4];
  gint64 groups = anf_node_int (self->node, "groups");
  gint64 column = self->at % out->dim[3], row = self->at / out->dim[3] % out->dim[2];
  gint64 c = self->at / out->dim[3] / out->dim[2] % out->dim[1];
  gint64 sample = self->at / out->dim[3] / out->dim[2] / out->dim[1];

  read_all (self->node, "stride", 2, stride);
  read_all (self->node, "pad", 4, pad);
  read_all (self->node, "dilation", 2, dilation);
  for (guint i = 0; i < 4; i++)
    dim[i] = weighted ? anf_tensor_dim (self->weight[0], i) : self->in[1]->dim[i];
  self->facts->weighted = weighted;
  self->facts->bias = weighted && self->weight[1] != NULL ? c : -1;
  self->facts->cliff = dim[1] * dim[2] * dim[3] > 1;
  for (gint64 i = 0; i < dim[2]; i++)
    for (gint64 j = 0; j < dim[3]; j++)
      for (gint64 k = 0; k < dim[1]; k++)
        {
          gint64 h = row * stride[0] - pad[0] + i * dilation[0];
          gint64 w = column * stride[1] - pad[2] + j * dilation[1];
          gint64 channel = c / (out->dim[1] / groups) * dim[1] + k;
          gboolean inside = h >= 0 && h < x->dim[2] && w >= 0 && w < x->dim[3];

          gint64 pixel = ((sample * x->dim[1] + channel) * x->dim[2] + h) * x->dim[3] + w;

          tell (self, inside ? pixel : -1, ((c * dim[1] + k) * dim[2] + i) * dim[3] + j);
        }
}

/* ---- sums along axes */

static void
along_axes (const Terms *self)
{
  const AnfType *x = self->in[0];
  gint64 axes[ANF_MAX_RANK], begin = 0, n = 1;
  guint n_axes = anf_node_ints (self->node, "axes", axes, ANF_MAX_RANK), reduced = 0;
  gsize step[ANF_MAX_RANK], own = 1, rest = self->at;

  for (guint i = 0; i < n_axes; i++)
    reduced |= 1u << (axes[i] < 0 ? axes[i] + x->rank : axes[i]);
  for (guint i = x->rank; i-- > 0; own *= x->dim[i])
    step[i] = own;
  for (guint i = x->rank; i-- > 0; )
    if (reduced & 1u << i)
      n *= x->dim[i];
    else
      {
        begin += rest % x->dim[i] * step[i];
        rest /= x->dim[i];
      }
  self->facts->cliff = FALSE;
  for (gint64 k = 0; k < n; k++)
    {
      gsize at = begin, left = k;

      for (guint i = x->rank; i-- > 0; )
        if (reduced & 1u << i)
          {
            at += left % x->dim[i] * step[i];
            left /= x->dim[i];
          }
      tell (self, at, -1);
    }
  if (g_str_equal (self->node->op->name, "reduce_mean"))
    self->facts->scale = 1.0 / n;
}

/* ---- */

static const struct { const char *name; void (*each) (const Terms *self); } known[] = {
  { "linear", by_rows }, { "matmul_w", by_columns }, { "bmm_w", by_columns },
  { "bmm", by_each_other }, { "conv", by_window }, { "dynamic_conv", by_window },
  { "reduce_sum", along_axes }, { "reduce_mean", along_axes },
};

gboolean
anf_terms_known (const AnfOp *op)
{
  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_str_equal (known[i].name, op->name))
      return TRUE;
  return FALSE;
}

gboolean
anf_terms_each (const AnfNode *node, const AnfType *const *in, const AnfType *out,
                AnfTensor *const *weight, gsize at, AnfTermFacts *facts, AnfTermFunc func,
                gpointer data)
{
  Terms self = { node, in, out, weight, at, facts, func, data };

  *facts = (AnfTermFacts) { .cliff = TRUE, .bias = -1, .scale = 1 };
  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_str_equal (known[i].name, node->op->name))
      {
        known[i].each (&self);
        return TRUE;
      }
  return FALSE;
}
