/* recurrent.c - LSTM, GRU and RNN, unrolled: as many steps as the sequence has. */
#include "io/onnx/onnx.h"

#include <string.h>

#define MAX_STEPS 512

typedef struct
{
  guint         gates;             /* rows of W per unit: 4, 3, 1 */
  gint64        steps, batch, size, directions;
  AnfOnnxValue *x;                 /* [T, B, I] */
  AnfOnnxValue *w, *r, *b;         /* of all directions; b nullable */
  const char   *f[6];              /* rows of the activations, three per direction */
  double        clip;
  gboolean      reset_after;       /* linear_before_reset */
} Cell;

/* Names of the format to rows; alpha and beta other than the usual are refused. */
static const char *
activation (const char *name, gsize length)
{
  static const char *const names[][2] = {
    { "Sigmoid", "sigmoid" }, { "Tanh", "tanh" }, { "Relu", "relu" }, { "Softsign", "softsign" },
    { "Softplus", "softplus" }, { "HardSigmoid", "sigmoid_hard" }, { "Elu", "elu" },
    { "LeakyRelu", "leaky_relu" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (strlen (names[i][0]) == length && g_ascii_strncasecmp (names[i][0], name, length) == 0)
      return names[i][1];
  return NULL;
}

static gboolean
read_activations (AnfOnnx *self, const AnfOnnxNode *node, Cell *cell)
{
  static const char *const usual[][3] = { { "tanh", NULL, NULL }, { NULL },
                                          { "sigmoid", "tanh", NULL },
                                          { "sigmoid", "tanh", "tanh" } };
  const Onnx__AttributeProto *attr = anf_onnx_attr (node, "activations");
  guint each = cell->gates == 4 ? 3 : cell->gates == 3 ? 2 : 1;

  for (guint d = 0; d < 2; d++)
    for (guint i = 0; i < 3; i++)
      cell->f[3 * d + i] = usual[cell->gates - 1][i];
  if (attr != NULL && ((gint64) attr->n_strings != each * cell->directions
                       || anf_onnx_attr (node, "activation_alpha") != NULL
                       || anf_onnx_attr (node, "activation_beta") != NULL))
    return anf_onnx_refuse (self, "activations with parameters, or not %u per direction", each)
           != NULL;
  for (gsize i = 0; attr != NULL && i < attr->n_strings; i++)
    {
      const char *row = activation ((const char *) attr->strings[i].data, attr->strings[i].len);

      if (row == NULL)
        return anf_onnx_refuse (self, "an activation that is not known here") != NULL;
      cell->f[3 * (i / each) + i % each] = row;
    }
  return TRUE;
}

/* One direction of [D, ..]. */
static AnfOnnxValue *
of_direction (AnfOnnx *self, AnfOnnxValue *x, guint d)
{
  AnfOnnxValue *one;

  if (x == NULL)
    return NULL;
  one = anf_onnx_slice (self, x, 0, d, 1);
  return one != NULL ? anf_onnx_reshape (self, one, x->rank - 1, one->dim + 1) : NULL;
}

static AnfOnnxValue *
activate (AnfOnnx *self, const Cell *cell, const char *row, AnfOnnxValue *x)
{
  if (cell->clip > 0)
    {
      anf_onnx_set_real (self, "lo", -cell->clip);
      anf_onnx_set_real (self, "hi", cell->clip);
      x = anf_onnx_row1 (self, "clip", x);
    }
  return anf_onnx_row1 (self, row, x);
}

static AnfOnnxValue *
gate (AnfOnnx *self, const Cell *cell, AnfOnnxValue *x, guint i)
{
  return anf_onnx_slice (self, x, 1, i * cell->size, cell->size);
}

/* @weight [rows, K] in this direction, turned for a product from the left. */
static AnfOnnxValue *
times (AnfOnnx *self, AnfOnnxValue *x, AnfOnnxValue *weight)
{
  return weight != NULL ? anf_onnx_matmul (self, x, anf_onnx_swap (self, weight, 0, 1)) : NULL;
}

typedef struct { AnfOnnxValue *h, *c, *peep; } State;

static AnfOnnxValue *
peeped (AnfOnnx *self, const Cell *cell, AnfOnnxValue *x, const State *s, AnfOnnxValue *c, guint i)
{
  if (s->peep == NULL)
    return x;
  return anf_onnx_row2 (self, "add", x, anf_onnx_row2 (self, "mul", c,
                                                       anf_onnx_slice (self, s->peep, 0,
                                                                       i * cell->size,
                                                                       cell->size)));
}

/* Gates in the order i o f c. @x: already times W, with both biases. */
static void
lstm_step (AnfOnnx *self, const Cell *cell, const char *const *f, AnfOnnxValue *x, AnfOnnxValue *r,
           State *s)
{
  AnfOnnxValue *all = anf_onnx_row2 (self, "add", x, times (self, s->h, r));
  AnfOnnxValue *i, *o, *forget, *new;

  i = activate (self, cell, f[0], peeped (self, cell, gate (self, cell, all, 0), s, s->c, 0));
  forget = activate (self, cell, f[0], peeped (self, cell, gate (self, cell, all, 2), s, s->c, 2));
  new = activate (self, cell, f[1], gate (self, cell, all, 3));
  s->c = anf_onnx_row2 (self, "add", anf_onnx_row2 (self, "mul", forget, s->c),
                        anf_onnx_row2 (self, "mul", i, new));
  o = activate (self, cell, f[0], peeped (self, cell, gate (self, cell, all, 1), s, s->c, 1));
  s->h = anf_onnx_row2 (self, "mul", o, anf_onnx_row1 (self, f[2], s->c));
}

/* Gates in the order z r h; @rb: the biases of the recurrent side, which the reset gate scales. */
static void
gru_step (AnfOnnx *self, const Cell *cell, const char *const *f, AnfOnnxValue *x, AnfOnnxValue *r,
          AnfOnnxValue *rb, State *s)
{
  gint64 n = cell->size;
  AnfOnnxValue *upper = anf_onnx_slice (self, r, 0, 0, 2 * n);
  AnfOnnxValue *lower = anf_onnx_slice (self, r, 0, 2 * n, n), *zr, *z, *reset, *new, *side;

  zr = anf_onnx_row2 (self, "add", anf_onnx_slice (self, x, 1, 0, 2 * n),
                      times (self, s->h, upper));
  if (rb != NULL)
    zr = anf_onnx_row2 (self, "add", zr, anf_onnx_slice (self, rb, 0, 0, 2 * n));
  z = activate (self, cell, f[0], gate (self, cell, zr, 0));
  reset = activate (self, cell, f[0], gate (self, cell, zr, 1));
  side = times (self, cell->reset_after ? s->h : anf_onnx_row2 (self, "mul", reset, s->h), lower);
  if (rb != NULL)
    side = anf_onnx_row2 (self, "add", side, anf_onnx_slice (self, rb, 0, 2 * n, n));
  if (cell->reset_after)
    side = anf_onnx_row2 (self, "mul", reset, side);
  new = activate (self, cell, f[1], anf_onnx_row2 (self, "add", gate (self, cell, x, 2), side));
  /* z h + (1 - z) new */
  s->h = anf_onnx_row2 (self, "add", new,
                        anf_onnx_row2 (self, "mul", z, anf_onnx_row2 (self, "sub", s->h, new)));
}

/* All steps of one direction: the states one after the other in @out. */
static gboolean
unroll (AnfOnnx *self, const Cell *cell, guint d, gboolean back, State *s, AnfOnnxValue **out)
{
  AnfOnnxValue *w = of_direction (self, cell->w, d), *r = of_direction (self, cell->r, d);
  gint64 rows = cell->gates * cell->size;
  AnfOnnxValue *x = cell->x, *b = of_direction (self, cell->b, d), *rb = NULL;

  x = anf_onnx_reshape (self, x, 2, (gint64[]) { cell->steps * cell->batch, x->dim[2] });
  x = times (self, x, w);
  if (b != NULL)
    {
      x = anf_onnx_row2 (self, "add", x, anf_onnx_slice (self, b, 0, 0, rows));
      rb = anf_onnx_slice (self, b, 0, rows, rows);
      if (cell->gates != 3)
        x = anf_onnx_row2 (self, "add", x, rb);
    }
  for (gint64 t = 0; t < cell->steps && x != NULL; t++)
    {
      gint64 at = back ? cell->steps - 1 - t : t;
      AnfOnnxValue *now = anf_onnx_slice (self, x, 0, at * cell->batch, cell->batch);

      if (cell->gates == 4)
        lstm_step (self, cell, cell->f + 3 * d, now, r, s);
      else if (cell->gates == 3)
        gru_step (self, cell, cell->f + 3 * d, now, r, rb, s);
      else
        s->h = activate (self, cell, cell->f[3 * d],
                         anf_onnx_row2 (self, "add", now, times (self, s->h, r)));
      out[at] = s->h;
      if (s->h == NULL)
        return FALSE;
    }
  return x != NULL;
}

static AnfOnnxValue *
start_of (AnfOnnx *self, const Cell *cell, AnfOnnxValue *given, guint d, gboolean batch_first)
{
  gint64 dim[2] = { cell->batch, cell->size };

  if (given == NULL)
    return anf_onnx_filled (self, ONNX_FLOAT, 2, dim, 0);
  if (batch_first)
    given = anf_onnx_swap (self, given, 0, 1);
  return of_direction (self, anf_onnx_plain (self, given), d);
}

static gboolean
read_cell (AnfOnnx *self, const AnfOnnxNode *node, Cell *cell)
{
  AnfOnnxValue *x = anf_onnx_plain (self, anf_onnx_in (node, 0)), *lengths = anf_onnx_in (node, 4);
  g_autofree double *number = NULL;

  cell->w = anf_onnx_in (node, 1);
  cell->r = anf_onnx_in (node, 2);
  cell->b = anf_onnx_in (node, 3);
  cell->clip = anf_onnx_real (node, "clip", 0);
  cell->reset_after = anf_onnx_int (node, "linear_before_reset", 0) != 0;
  if (x != NULL && x->rank == 3 && anf_onnx_int (node, "layout", 0))
    x = anf_onnx_swap (self, x, 0, 1);
  if (x == NULL || x->rank != 3 || cell->w == NULL || cell->r == NULL || cell->r->rank != 3
      || cell->w->rank != 3 || anf_onnx_int (node, "input_forget", 0))
    return anf_onnx_refuse (self, "inputs that do not fit, or coupled gates") != NULL;
  cell->x = x;
  cell->steps = x->dim[0];
  cell->batch = x->dim[1];
  cell->size = cell->r->dim[2];
  cell->directions = cell->w->dim[0];
  if (cell->steps > MAX_STEPS || cell->directions > 2)
    return anf_onnx_refuse (self, "%" G_GINT64_FORMAT " steps; %d are unrolled at most",
                            cell->steps, MAX_STEPS) != NULL;
  if (lengths != NULL && lengths->tensor == NULL)
    return anf_onnx_refuse (self, "lengths of sequences that are known in a run only") != NULL;
  number = lengths != NULL ? anf_onnx_read (lengths) : NULL;
  for (gsize i = 0; lengths != NULL && i < anf_onnx_elements (lengths); i++)
    if (number[i] != cell->steps)
      return anf_onnx_refuse (self, "sequences of different lengths") != NULL;
  return read_activations (self, node, cell);
}

/* [B, H] of each direction -> [D, B, H], or [B, D, H] if batches come first. */
static AnfOnnxValue *
last_of (AnfOnnx *self, const Cell *cell, AnfOnnxValue **state, gboolean batch_first)
{
  AnfOnnxValue *part[2] = { NULL }, *y;

  for (guint d = 0; d < cell->directions; d++)
    part[d] = anf_onnx_reshape (self, state[d], 3, (gint64[]) { 1, cell->batch, cell->size });
  y = anf_onnx_concat (self, cell->directions, part, 0);
  return batch_first ? anf_onnx_swap (self, y, 0, 1) : y;
}

static AnfOnnxValue *
read_recurrent (AnfOnnx *self, AnfOnnxNode *node)
{
  gboolean first = anf_onnx_int (node, "layout", 0) != 0;
  gboolean reverse = anf_onnx_text_is (node, "direction", "reverse", "forward");
  Cell cell = { .gates = g_str_equal (node->op, "LSTM") ? 4
                         : g_str_equal (node->op, "GRU") ? 3 : 1 };
  g_autofree AnfOnnxValue **out = NULL, **step = NULL;
  AnfOnnxValue *h[2], *c[2], *part[2], *y;

  if (!read_cell (self, node, &cell))
    return NULL;
  out = g_new0 (AnfOnnxValue *, 2 * cell.steps);
  step = g_new0 (AnfOnnxValue *, cell.steps);
  for (guint d = 0; d < cell.directions; d++)
    {
      State s = { start_of (self, &cell, anf_onnx_in (node, 5), d, first), NULL,
                  of_direction (self, cell.gates == 4 ? anf_onnx_in (node, 7) : NULL, d) };

      s.c = cell.gates == 4 ? start_of (self, &cell, anf_onnx_in (node, 6), d, first) : NULL;
      if (!unroll (self, &cell, d, d == 1 || reverse, &s, out + d * cell.steps))
        return NULL;
      h[d] = s.h;
      c[d] = s.c;
    }
  for (gint64 t = 0; t < cell.steps; t++)
    {
      for (guint d = 0; d < cell.directions; d++)
        part[d] = anf_onnx_reshape (self, out[d * cell.steps + t], 4,
                                    (gint64[]) { 1, 1, cell.batch, cell.size });
      step[t] = anf_onnx_concat (self, cell.directions, part, 1);
    }
  y = anf_onnx_concat (self, cell.steps, step, 0);
  if (first)
    y = anf_onnx_transpose (self, y, (guint[]) { 2, 0, 1, 3 });
  if (node->n_out > 1)
    node->out[1] = last_of (self, &cell, h, first);
  if (node->n_out > 2 && cell.gates == 4)
    node->out[2] = last_of (self, &cell, c, first);
  return y;
}

const AnfOnnxOp anf_onnx_recurrent_ops[] = {
  { "LSTM", read_recurrent }, { "GRU", read_recurrent }, { "RNN", read_recurrent },
  { NULL }
};
