/* dnnl.h - sums of products through oneDNN, all fp32. Made once, at load; weights are packed then.
 * Threads itself. One thread at a time may run one.
 *
 * Same bits for one and two threads. With four or more, oneDNN cuts the sums of some convolutions
 * otherwise (seen: 256 channels on 4x4 pixels), which shows as one fp16 step here and there. */
#pragma once

#include "anf.h"

typedef struct _AnfDnnl AnfDnnl;

/* out[b, m, n] = sum over k of x[b, m, k] y[b, k, n], + bias[n] */
typedef struct
{
  gint64       batch, m, n, k;
  gboolean     x_transposed;       /* x is [b, k, m] */
  gboolean     y_transposed;       /* y is [b, n, k] */
  gboolean     y_shared;           /* one y for all of the batch: y is [1, ..] */
  gboolean     x_shared;           /* one x for all of the batch */
  const float *y;                  /* known now, and packed (nullable: given at each run) */
  const float *bias;               /* [n] (nullable); copied */
} AnfProductSpec;

/* NCHW cross-correlation; weight [cout, cin / groups, kh, kw]. */
typedef struct
{
  gint64       n, cin, h, w, cout, kh, kw, out_h, out_w;
  gint64       stride[2], dilation[2], pad[4];   /* top, bottom, left, right */
  gint64       groups;
  gboolean     transposed;         /* deconvolution; weight [cin, cout / groups, kh, kw] */
  gboolean     x_last, out_last;   /* NHWC */
  gboolean     winograd;           /* by sums of fewer products, if the shape allows; infinities
                                    * and NaN may then spread to neighbours */
  const float *weight;             /* (nullable: given at each run) */
  const float *bias;               /* [cout] (nullable); copied */
} AnfConvSpec;

AnfDnnl *anf_dnnl_product_new (const AnfProductSpec *spec, GError **error);
AnfDnnl *anf_dnnl_conv_new    (const AnfConvSpec *spec, GError **error);
/* Whether it came to sums of fewer products. */
gboolean anf_dnnl_is_winograd (const AnfDnnl *self);
/* @y: the second operand where it was not known at load, else ignored. */
void     anf_dnnl_run         (AnfDnnl *self, const float *x, const float *y, float *out);
void     anf_dnnl_free        (AnfDnnl *self);
