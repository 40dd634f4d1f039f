/* walk.c - how kernels go through tensors: broadcast runs, lanes around an axis, plain copies. */
#include "ops/family.h"

#include <string.h>

/* Stride of each input along an axis of the output, 0 where it is broadcast. */
static void
own_strides (const AnfType *in, guint rank, gsize *stride)
{
  gsize step = 1;

  for (guint i = 1; i <= rank; i++)
    {
      int own = i <= in->rank ? in->dim[in->rank - i] : 1;

      stride[rank - i] = own == 1 ? 0 : step;
      step *= own;
    }
}

/* Two neighbouring axes are one if in every input the outer one steps over the whole inner one. */
static gboolean
merges (const AnfWalk *self, guint axis)
{
  for (guint t = 0; t < self->n; t++)
    if (self->stride[t][axis] != self->stride[t][axis + 1] * self->dim[axis + 1])
      return FALSE;
  return TRUE;
}

void
anf_walk_init (AnfWalk *self, guint n, const AnfType *const *in, const AnfType *out)
{
  *self = (AnfWalk) { .rank = MAX (out->rank, 1), .n = n, .dim = { 1 } };
  for (guint i = 0; i < out->rank; i++)
    self->dim[i] = out->dim[i];
  for (guint t = 0; t < n; t++)
    own_strides (in[t], out->rank, self->stride[t]);

  for (guint i = self->rank - 1; i-- > 0;)
    if (self->dim[i] == 1 || merges (self, i) || self->dim[i + 1] == 1)
      {
        for (guint t = 0; t < n; t++)
          {
            if (self->dim[i + 1] == 1)
              self->stride[t][i + 1] = self->stride[t][i];
            memmove (&self->stride[t][i], &self->stride[t][i + 1],
                     (self->rank - 1 - i) * sizeof (gsize));
          }
        self->dim[i + 1] *= self->dim[i];
        memmove (&self->dim[i], &self->dim[i + 1], (self->rank - 1 - i) * sizeof (gsize));
        self->rank--;
      }
}

gsize
anf_walk_run (const AnfWalk *self, gsize at, gsize *offset)
{
  gsize left = self->dim[self->rank - 1] - at % self->dim[self->rank - 1];

  for (guint t = 0; t < self->n; t++)
    offset[t] = 0;
  for (guint i = self->rank; i-- > 0;)
    {
      for (guint t = 0; t < self->n; t++)
        offset[t] += at % self->dim[i] * self->stride[t][i];
      at /= self->dim[i];
    }
  return left;
}

AnfLanes
anf_lanes (const AnfType *type, guint axis)
{
  AnfLanes lanes = { 1, type->dim[axis], 1 };

  for (guint i = 0; i < axis; i++)
    lanes.outer *= type->dim[i];
  for (guint i = axis + 1; i < type->rank; i++)
    lanes.inner *= type->dim[i];
  return lanes;
}

/* Neighbouring lanes are gathered together, so that each cache line is fetched once. */
#define GATHER 16

typedef struct { float *lane, *result; } Scratch;

static void
scratch_init (Scratch *self, gsize n, gsize n_out, gsize lanes)
{
  self->lane = anf_scratch (ANF_SCRATCH_LANES, (n + n_out) * lanes * sizeof *self->lane);
  self->result = self->lane + n * lanes;
}

static void
one_lane (const AnfCall *call, const float *in, gsize n, float *clean, gsize n_out, float *out,
          AnfLaneMap map, AnfFinish finish)
{
  if (finish != 0 && anf_edge_any_nan (in, n))
    {
      anf_edge_fix_nan (in, n, clean);
      in = clean;
    }
  map (call, in, n, out);
  anf_finish (out, n_out, finish);
}

/* Lanes [begin, end) that lie side by side around the same outer index. */
static void
side_by_side (const AnfCall *call, AnfLanes lanes, gsize n_out, AnfLaneMap map, AnfFinish finish,
              gsize begin, gsize end, Scratch *scratch)
{
  gsize outer = begin / lanes.inner, first = begin % lanes.inner, count = end - begin;
  const float *in = call->in[0] + outer * lanes.n * lanes.inner + first;
  float *out = call->out[0] + outer * n_out * lanes.inner + first;

  for (gsize i = 0; i < lanes.n; i++)
    for (gsize k = 0; k < count; k++)
      scratch->lane[k * lanes.n + i] = in[i * lanes.inner + k];
  for (gsize k = 0; k < count; k++)
    one_lane (call, scratch->lane + k * lanes.n, lanes.n, scratch->lane + k * lanes.n, n_out,
              scratch->result + k * n_out, map, finish);
  for (gsize i = 0; i < n_out; i++)
    for (gsize k = 0; k < count; k++)
      out[i * lanes.inner + k] = scratch->result[k * n_out + i];
}

void
anf_kernel_lanes (const AnfCall *call, AnfLanes lanes, gsize n_out, AnfLaneMap map,
                  AnfFinish finish, gsize begin, gsize end)
{
  Scratch scratch;

  scratch_init (&scratch, lanes.n, n_out, lanes.inner == 1 ? 1 : GATHER);
  if (lanes.inner == 1)
    for (gsize i = begin; i < end; i++)
      one_lane (call, call->in[0] + i * lanes.n, lanes.n, scratch.lane, n_out,
                call->out[0] + i * n_out, map, finish);
  else
    for (gsize i = begin; i < end;)
      {
        gsize stop = MIN (MIN (end, i + GATHER), (i / lanes.inner + 1) * lanes.inner);

        side_by_side (call, lanes, n_out, map, finish, i, stop, &scratch);
        i = stop;
      }
}

void
anf_settle (const AnfCall *call, AnfFinish how,
            void (*repair) (const AnfCall *call, gsize begin, gsize end), gsize begin, gsize end)
{
  float *out = call->out[0];

  for (gsize at = begin, n; at < end; at += n)
    {
      n = MIN (ANF_BLOCK, end - at);
      for (gsize i = 0; (i += anf_finish_to_nan (out + at + i, n - i, how)) < n; )
        {
          repair (call, at + i, at + MIN (i + 16, n));
          /* What is NaN even so becomes 0. */
          anf_finish (out + at + i, MIN (16, n - i), how);
          i = MIN (i + 16, n);
        }
      if (call->settled != NULL)
        call->settled (call, at, at + n);
    }
}

void
anf_kernel_copy (const AnfCall *call, gsize begin, gsize end)
{
  if (call->numerics == ANF_NUMERICS_FP32)
    memcpy (call->out[0] + begin, call->in[0] + begin, (end - begin) * sizeof (float));
  else
    anf_edge_fix_nan (call->in[0] + begin, end - begin, call->out[0] + begin);
}

void
anf_reference_copy (const AnfExact *exact)
{
  memcpy (exact->out[0], exact->in[0], anf_type_elements (&exact->out_type[0]) * sizeof (double));
}

AnfType
anf_type_last (const AnfType *type)
{
  AnfType last = *type;

  last.dim[1] = type->dim[2];
  last.dim[2] = type->dim[3];
  last.dim[3] = type->dim[1];
  return last;
}

AnfLayout
anf_layout_elements (const AnfCall *call)
{
  for (guint i = 0; i < call->n_in; i++)
    if (call->in_type[i] == NULL || call->in_type[i]->rank != 4)
      return ANF_LAYOUT_PLAIN;
  return ANF_LAYOUT_ALIKE;
}
