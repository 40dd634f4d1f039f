/* dnnl.c - matrix products and convolutions through oneDNN; no other file includes its headers. */
#include "num/dnnl.h"

#include "num/threads.h"
#include "num/winograd.h"

#include <math.h>
#include <oneapi/dnnl/dnnl.h>
#include <string.h>

typedef enum { X, Y, OUT, BIAS, SCRATCH, N_MEMORIES } Place;

struct _AnfDnnl
{
  dnnl_stream_t    stream;
  dnnl_primitive_t main;
  dnnl_primitive_t reorder[3];     /* X and Y on the way in, OUT on the way out; NULL: none */
  dnnl_memory_t    outer[3];       /* as the caller has it: plain, handle set at each run */
  dnnl_memory_t    inner[N_MEMORIES];  /* as oneDNN wants it; equal to outer if that is plain */
  gboolean         y_known, winograd;
  double           flops;
};

/* Handing work to a second thread and waiting for it costs some 5 us when that thread is free, and
 * milliseconds when another program has its core; one core does some 100 GFLOP/s. */
#define ALONE 2e6                  /* flops that are not shared out */

static guint
enter (const AnfDnnl *self)
{
  guint n = anf_threads_get ();

  if (self->flops < ALONE)
    anf_threads_set (1);
  return n;
}

/* What the two kinds of primitive are made from. */
typedef struct
{
  const void        *op;           /* dnnl_matmul_desc_t or one of the convolutions' */
  dnnl_memory_desc_t outer[3];
  dnnl_memory_desc_t bias;
  const float       *y, *bias_values;
  gsize              n_bias;
  double             flops;
} Recipe;

static dnnl_engine_t
engine (void)
{
  static gsize once;
  static dnnl_engine_t cpu;

  if (g_once_init_enter (&once))
    {
      if (dnnl_engine_create (&cpu, dnnl_cpu, 0) != dnnl_success)
        g_error ("oneDNN has no CPU engine");
      g_once_init_leave (&once, 1);
    }
  return cpu;
}

static gboolean
fail (dnnl_status_t status, const char *what, GError **error)
{
  if (status == dnnl_success)
    return FALSE;
  g_set_error (error, ANF_ERROR, status == dnnl_out_of_memory ? ANF_ERROR_RUN : ANF_ERROR_COMPILE,
               "oneDNN cannot make the %s: %s", what,
               status == dnnl_out_of_memory ? "not enough memory"
               : status == dnnl_unimplemented ? "not implemented for these shapes"
               : "shapes refused");
  return TRUE;
}

static gboolean
new_memory (dnnl_memory_t *memory, const dnnl_memory_desc_t *desc, void *handle, GError **error)
{
  return !fail (dnnl_memory_create (memory, desc, engine (), handle), "buffers", error);
}

static gboolean
new_reorder (dnnl_primitive_t *reorder, const dnnl_memory_desc_t *from,
             const dnnl_memory_desc_t *to, GError **error)
{
  dnnl_primitive_desc_t desc;
  dnnl_status_t status;

  status = dnnl_reorder_primitive_desc_create (&desc, from, engine (), to, engine (), NULL);
  if (fail (status, "change of layout", error))
    return FALSE;
  status = dnnl_primitive_create (reorder, desc);
  dnnl_primitive_desc_destroy (desc);
  return !fail (status, "change of layout", error);
}

static void
execute (AnfDnnl *self, dnnl_primitive_t primitive, int n, const dnnl_exec_arg_t *args)
{
  /* Cannot fail once made: arguments and their sizes are ours. */
  if (dnnl_primitive_execute (primitive, self->stream, n, args) != dnnl_success
      || dnnl_stream_wait (self->stream) != dnnl_success)
    g_error ("oneDNN failed to run what it had accepted");
}

static void
move (AnfDnnl *self, Place place, dnnl_memory_t from, dnnl_memory_t to)
{
  const dnnl_exec_arg_t args[] = { { DNNL_ARG_FROM, from }, { DNNL_ARG_TO, to } };

  if (self->reorder[place] != NULL)
    execute (self, self->reorder[place], 2, args);
}

/* One operand: the caller's layout, oneDNN's, and the way between them. */
static gboolean
bind_operand (AnfDnnl *self, Place place, const_dnnl_primitive_desc_t desc, const Recipe *recipe,
              GError **error)
{
  static const dnnl_query_t queries[] = { dnnl_query_src_md, dnnl_query_weights_md,
                                          dnnl_query_dst_md };
  const dnnl_memory_desc_t *outer = &recipe->outer[place];
  const dnnl_memory_desc_t *inner = dnnl_primitive_desc_query_md (desc, queries[place], 0);
  gboolean packed = place == Y && recipe->y != NULL;

  if (!new_memory (&self->outer[place], outer, DNNL_MEMORY_NONE, error))
    return FALSE;
  if (dnnl_memory_desc_equal (outer, inner) && !packed)
    {
      self->inner[place] = self->outer[place];
      return TRUE;
    }
  return new_memory (&self->inner[place], inner, DNNL_MEMORY_ALLOCATE, error)
         && new_reorder (&self->reorder[place], place == OUT ? inner : outer,
                         place == OUT ? outer : inner, error);
}

/* FALSE: a way of packing that is not known, or not for this machine. */
static gboolean
describe_pack (const dnnl_memory_desc_t *desc, AnfWinogradPack *pack)
{
  static const struct { dnnl_wino_memory_format_t format; AnfWinogradOrder order; } orders[] = {
    { dnnl_wino_wei_aaOio, ANF_WINOGRAD_PLANES }, { dnnl_wino_wei_aaOBiOo, ANF_WINOGRAD_TWINS },
    { dnnl_wino_wei_OBaaIBOIio, ANF_WINOGRAD_BLOCKS },
  };
  const dnnl_wino_desc_t *wino = &desc->format_desc.wino_desc;

  if (desc->format_kind != dnnl_format_kind_wino || wino->r != 3 || wino->ic_block != 16
      || wino->oc_block != 16 || wino->adj_scale != 1 || !anf_winograd_is_here ()
      || (wino->alpha != 4 && wino->alpha != 6))
    return FALSE;
  *pack = (AnfWinogradPack) { 0, wino->alpha, wino->ic, wino->oc, wino->ic2_block,
                              wino->oc2_block };
  if (wino->ic % (16 * pack->ins) != 0 || wino->oc % (16 * pack->outs) != 0
      || wino->size != sizeof (float) * pack->alpha * pack->alpha * pack->in * pack->out)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (orders); i++)
    if (orders[i].format == wino->wino_format)
      {
        pack->order = orders[i].order;
        return TRUE;
      }
  return FALSE;
}

static float *
numbers_of (dnnl_memory_t memory)
{
  void *numbers;

  dnnl_memory_get_data_handle (memory, &numbers);
  return numbers;
}

static gboolean
packs_alike (const AnfWinogradPack *pack, const float *from, const float *packed)
{
  gsize n = pack->alpha * pack->alpha * pack->in * pack->out;
  g_autofree float *own = g_new (float, n);
  gboolean alike = TRUE;

  anf_winograd_pack (pack, from, own);
  for (gsize i = 0; alike && i < n; i++)
    alike = fabsf (own[i] - packed[i]) <= 1e-5f * (1 + fabsf (packed[i]));
  return alike;
}

/* How oneDNN packs is a matter of its version. So the first weight of each way is packed by both;
 * if the two agree but for the last digits, ours, which is the quicker, is taken from then on. */
static void
pack_weight (AnfDnnl *self, const dnnl_memory_desc_t *desc, const float *from)
{
  static GMutex lock;
  static GHashTable *known;        /* way -> whether it is ours too, plus 1 */
  AnfWinogradPack pack;
  g_autofree char *way = NULL;
  guint alike;

  if (!describe_pack (desc, &pack))
    {
      move (self, Y, self->outer[Y], self->inner[Y]);
      return;
    }
  way = g_strdup_printf ("%d %u %" G_GSIZE_FORMAT " %" G_GSIZE_FORMAT, pack.order, pack.alpha,
                         pack.ins, pack.outs);
  g_mutex_lock (&lock);
  if (known == NULL)
    known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  alike = GPOINTER_TO_UINT (g_hash_table_lookup (known, way));
  g_mutex_unlock (&lock);
  if (alike != TRUE + 1)
    move (self, Y, self->outer[Y], self->inner[Y]);
  if (alike == 0)
    {
      alike = packs_alike (&pack, from, numbers_of (self->inner[Y])) + 1;
      g_mutex_lock (&lock);
      g_hash_table_replace (known, g_steal_pointer (&way), GUINT_TO_POINTER (alike));
      g_mutex_unlock (&lock);
    }
  if (alike == TRUE + 1)           /* even the first: the same weight gives the same numbers */
    anf_winograd_pack (&pack, from, numbers_of (self->inner[Y]));
}

static gboolean
bind_rest (AnfDnnl *self, const_dnnl_primitive_desc_t desc, const Recipe *recipe, GError **error)
{
  const dnnl_memory_desc_t *scratch;

  scratch = dnnl_primitive_desc_query_md (desc, dnnl_query_scratchpad_md, 0);
  if (!new_memory (&self->inner[SCRATCH], scratch, DNNL_MEMORY_ALLOCATE, error))
    return FALSE;
  if (recipe->bias_values != NULL)
    {
      if (!new_memory (&self->inner[BIAS], &recipe->bias, DNNL_MEMORY_ALLOCATE, error))
        return FALSE;
      memcpy (numbers_of (self->inner[BIAS]), recipe->bias_values,
              recipe->n_bias * sizeof (float));
    }
  if (recipe->y != NULL)
    {
      dnnl_memory_set_data_handle (self->outer[Y], (void *) recipe->y);
      pack_weight (self, dnnl_primitive_desc_query_md (desc, dnnl_query_weights_md, 0), recipe->y);
      self->y_known = TRUE;
    }
  return TRUE;
}

static AnfDnnl *
anf_dnnl_new (const Recipe *recipe, const char *what, GError **error)
{
  AnfDnnl *self = g_new0 (AnfDnnl, 1);
  dnnl_primitive_attr_t attr = NULL;
  dnnl_primitive_desc_t desc = NULL;
  gboolean ok;
  guint threads;

  self->flops = recipe->flops;
  threads = enter (self);

  dnnl_primitive_attr_create (&attr);
  dnnl_primitive_attr_set_scratchpad_mode (attr, dnnl_scratchpad_mode_user);
  ok = !fail (dnnl_stream_create (&self->stream, engine (), dnnl_stream_default_flags), what, error)
       && !fail (dnnl_primitive_desc_create (&desc, recipe->op, attr, engine (), NULL), what, error)
       && !fail (dnnl_primitive_create (&self->main, desc), what, error)
       && bind_operand (self, X, desc, recipe, error)
       && bind_operand (self, Y, desc, recipe, error)
       && bind_operand (self, OUT, desc, recipe, error)
       && bind_rest (self, desc, recipe, error);
  anf_threads_set (threads);
  dnnl_primitive_attr_destroy (attr);
  if (desc != NULL)
    dnnl_primitive_desc_destroy (desc);
  if (ok)
    return self;
  anf_dnnl_free (self);
  return NULL;
}

/* @strides NULL: row-major. oneDNN wants all twelve places of its arrays to exist. */
static void
describe (dnnl_memory_desc_t *desc, int rank, const gint64 *dim, const gint64 *stride)
{
  dnnl_dims_t dims = { 0 }, strides = { 0 };

  strides[rank - 1] = 1;
  for (int i = rank - 1; i >= 0; i--)
    {
      dims[i] = dim[i];
      if (i < rank - 1)
        strides[i] = strides[i + 1] * dim[i + 1];
    }
  if (stride != NULL)
    memcpy (strides, stride, rank * sizeof *stride);
  dnnl_memory_desc_init_by_strides (desc, rank, dims, dnnl_f32, strides);
}

/* The same dimensions in whatever layout oneDNN likes best. */
static dnnl_memory_desc_t
any_layout (const dnnl_memory_desc_t *outer)
{
  dnnl_memory_desc_t desc;

  dnnl_memory_desc_init_by_tag (&desc, outer->ndims, outer->dims, dnnl_f32, dnnl_format_tag_any);
  return desc;
}

AnfDnnl *
anf_dnnl_product_new (const AnfProductSpec *spec, GError **error)
{
  gint64 batch = spec->batch, m = spec->m, n = spec->n, k = spec->k;
  gboolean fold = spec->y_shared && !spec->x_shared && !spec->x_transposed;
  Recipe recipe = { .y = spec->y, .bias_values = spec->bias, .n_bias = n };
  dnnl_memory_desc_t y;
  dnnl_matmul_desc_t op;
  int rank, skip;

  if (fold)                        /* a shared right side makes it one tall product */
    {
      m *= batch;
      batch = 1;
    }
  rank = batch > 1 ? 3 : 2;
  skip = 3 - rank;
  describe (&recipe.outer[X], rank, (gint64[]) { spec->x_shared ? 1 : batch, m, k } + skip,
            spec->x_transposed ? (gint64[]) { m * k, 1, m } + skip : NULL);
  describe (&recipe.outer[OUT], rank, (gint64[]) { batch, m, n } + skip, NULL);
  describe (&recipe.bias, rank, (gint64[]) { 1, 1, n } + skip, NULL);
  describe (&recipe.outer[Y], rank, (gint64[]) { spec->y_shared ? 1 : batch, k, n } + skip,
            spec->y_transposed ? (gint64[]) { n * k, 1, k } + skip : NULL);
  y = spec->y != NULL ? any_layout (&recipe.outer[Y]) : recipe.outer[Y];
  if (fail (dnnl_matmul_desc_init (&op, &recipe.outer[X], &y, spec->bias ? &recipe.bias : NULL,
                                   &recipe.outer[OUT]), "matrix product", error))
    return NULL;
  recipe.op = &op;
  recipe.flops = 2.0 * batch * m * n * k;
  return anf_dnnl_new (&recipe, "matrix product", error);
}

/* NCHW or NHWC. */
static void
describe_image (dnnl_memory_desc_t *desc, gint64 n, gint64 c, gint64 h, gint64 w, gboolean last)
{
  const gint64 dims[] = { n, c, h, w }, strides[] = { h * w * c, 1, w * c, c };

  describe (desc, 4, dims, last ? strides : NULL);
}

/* Logical order (group,) out, in, row, column; ours in memory is [cout, cin / g, kh, kw], and for
 * the transposed one [cin, cout / g, kh, kw]. */
static void
weight_layout (const AnfConvSpec *spec, dnnl_memory_desc_t *desc)
{
  gint64 g = spec->groups, out = spec->cout / g, in = spec->cin / g, area = spec->kh * spec->kw;
  const gint64 dims[] = { g, out, in, spec->kh, spec->kw };
  const gint64 straight[] = { out * in * area, in * area, area, spec->kw, 1 };
  const gint64 turned[] = { out * in * area, area, out * area, spec->kw, 1 };
  int skip = g == 1;

  describe (desc, 5 - skip, dims + skip, (spec->transposed ? turned : straight) + skip);
}

/* Shapes for which oneDNN's Winograd kernels are the quicker ones, the changes of layout they need
 * included: measured for 64 to 512 channels on 56x56 to 7x7 pixels, where they take 0.4 to 0.8 of
 * the time. */
static gboolean
suits_winograd (const AnfConvSpec *spec)
{
  return spec->winograd && !spec->transposed && spec->weight != NULL && spec->groups == 1
         && spec->kh == 3 && spec->kw == 3 && spec->stride[0] == 1 && spec->stride[1] == 1
         && spec->dilation[0] == 1 && spec->dilation[1] == 1
         && spec->cin >= 64 && spec->cout >= 64 && spec->cin % 16 == 0 && spec->cout % 16 == 0;
}

gboolean
anf_dnnl_is_winograd (const AnfDnnl *self)
{
  return self->winograd;
}

AnfDnnl *
anf_dnnl_conv_new (const AnfConvSpec *spec, GError **error)
{
  gboolean winograd = suits_winograd (spec);
  Recipe recipe = { .y = spec->weight, .bias_values = spec->bias, .n_bias = spec->cout };
  const char *what = spec->transposed ? "transposed convolution" : "convolution";
  const dnnl_dims_t strides = { spec->stride[0], spec->stride[1] };
  const dnnl_dims_t dilates = { spec->dilation[0] - 1, spec->dilation[1] - 1 };
  const dnnl_dims_t before = { spec->pad[0], spec->pad[2] }, after = { spec->pad[1], spec->pad[3] };
  dnnl_memory_desc_t any[3];
  dnnl_convolution_desc_t conv;
  dnnl_deconvolution_desc_t deconv;
  dnnl_status_t status;
  AnfDnnl *self;

  describe_image (&recipe.outer[X], spec->n, spec->cin, spec->h, spec->w, spec->x_last);
  describe_image (&recipe.outer[OUT], spec->n, spec->cout, spec->out_h, spec->out_w,
                  spec->out_last);
  describe (&recipe.bias, 1, &spec->cout, NULL);
  weight_layout (spec, &recipe.outer[Y]);
  for (guint i = 0; i < 3; i++)
    any[i] = any_layout (&recipe.outer[i]);
  if (spec->transposed)
    status = dnnl_dilated_deconvolution_forward_desc_init (
        &deconv, dnnl_forward_inference, dnnl_deconvolution_direct, &any[X], &any[Y],
        spec->bias ? &recipe.bias : NULL, &any[OUT], strides, dilates, before, after);
  else
    status = dnnl_dilated_convolution_forward_desc_init (
        &conv, dnnl_forward_inference,
        winograd ? dnnl_convolution_winograd : dnnl_convolution_direct, &any[X], &any[Y],
        spec->bias ? &recipe.bias : NULL, &any[OUT], strides, dilates, before, after);
  if (fail (status, what, error))
    return NULL;
  recipe.op = spec->transposed ? (const void *) &deconv : &conv;
  recipe.flops = 2.0 * spec->n * spec->cin * spec->kh * spec->kw * spec->cout / spec->groups
                 * (spec->transposed ? spec->h * spec->w : spec->out_h * spec->out_w);
  self = anf_dnnl_new (&recipe, what, winograd ? NULL : error);
  if (self != NULL)
    self->winograd = winograd;
  else if (winograd)               /* this machine has no kernel for it */
    {
      AnfConvSpec direct = *spec;

      direct.winograd = FALSE;
      return anf_dnnl_conv_new (&direct, error);
    }
  return self;
}

void
anf_dnnl_run (AnfDnnl *self, const float *x, const float *y, float *out)
{
  const dnnl_exec_arg_t args[] = {
    { DNNL_ARG_SRC, self->inner[X] }, { DNNL_ARG_WEIGHTS, self->inner[Y] },
    { DNNL_ARG_DST, self->inner[OUT] }, { DNNL_ARG_SCRATCHPAD, self->inner[SCRATCH] },
    { DNNL_ARG_BIAS, self->inner[BIAS] },
  };
  guint threads = enter (self);

  dnnl_memory_set_data_handle (self->outer[X], (void *) x);
  dnnl_memory_set_data_handle (self->outer[OUT], out);
  move (self, X, self->outer[X], self->inner[X]);
  if (!self->y_known)
    {
      dnnl_memory_set_data_handle (self->outer[Y], (void *) y);
      move (self, Y, self->outer[Y], self->inner[Y]);
    }
  execute (self, self->main, self->inner[BIAS] != NULL ? 5 : 4, args);
  move (self, OUT, self->inner[OUT], self->outer[OUT]);
  anf_threads_set (threads);
}

void
anf_dnnl_free (AnfDnnl *self)
{
  if (self == NULL)
    return;

  for (guint i = 0; i < N_MEMORIES; i++)
    if (self->inner[i] != NULL && (i >= 3 || self->inner[i] != self->outer[i]))
      dnnl_memory_destroy (self->inner[i]);
  for (guint i = 0; i < 3; i++)
    {
      if (self->outer[i] != NULL)
        dnnl_memory_destroy (self->outer[i]);
      if (self->reorder[i] != NULL)
        dnnl_primitive_destroy (self->reorder[i]);
    }
  if (self->main != NULL)
    dnnl_primitive_destroy (self->main);
  if (self->stream != NULL)
    dnnl_stream_destroy (self->stream);
  g_free (self);
}
