/* gradient.h - how rows say what the gradient of their inputs is; a row's column "vjp" is one of
 * these: the product of a vector, the gradient that arrives at the outputs, with the Jacobian.
 *
 * They stand apart from the families, which are long enough. A rule appends ordinary nodes to the
 * graph that is built, so that the gradient runs wherever the row runs. */
#pragma once

#include "core/op.h"

/* A value of the graph that is built; node 0: there is none. */
typedef struct { AnfRef ref; AnfType type; } AnfFlow;

struct _AnfGradient
{
  const AnfNode    *node;
  guint             n_in, n_out;
  const AnfFlow    *in, *out;      /* what the node reads and what it gives */
  const AnfFlow    *up;            /* what arrives, by output; of the output's type */
  AnfTensor *const *weight;        /* by role; NULL: none */
  guint64           wants;         /* bit by input: its gradient is asked for */
  guint32           wants_role;    /* bit by role */
  AnfFlow          *to_in, *to_role;   /* the answer: of the type of what it belongs to; none: 0 */

  AnfGraphBuilder  *b;
  AnfId             origin;        /* named by every node that is made */
  GHashTable       *numbers;       /* scalars there are already: double -> AnfFlow */
  char             *message;       /* of a refusal */
};

/* Refuses this node: one sentence. Returns FALSE, so that a rule can end with it. */
gboolean anf_gradient_refuse    (AnfGradient *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
gboolean anf_gradient_wants     (const AnfGradient *self, guint input);
gboolean anf_gradient_wants_role (const AnfGradient *self, guint role);

/* ---- nodes. Types are worked out here; the finished graph is checked as any other. */

/* A node of row @op on x and y (node 0: none), whose type is @type. */
AnfFlow  anf_grad_node      (AnfGradient *self, const char *op, AnfFlow x, AnfFlow y,
                             const AnfType *type);
void     anf_grad_int       (AnfGradient *self, AnfFlow node, const char *attr, gint64 value);
void     anf_grad_ints      (AnfGradient *self, AnfFlow node, const char *attr, guint n,
                             const gint64 *values);
void     anf_grad_real      (AnfGradient *self, AnfFlow node, const char *attr, double value);
AnfFlow  anf_grad_unary     (AnfGradient *self, const char *op, AnfFlow x);
AnfFlow  anf_grad_binary    (AnfGradient *self, const char *op, AnfFlow x, AnfFlow y);
AnfFlow  anf_grad_mul       (AnfGradient *self, AnfFlow x, AnfFlow y);
AnfFlow  anf_grad_add       (AnfGradient *self, AnfFlow x, AnfFlow y);
AnfFlow  anf_grad_sub       (AnfGradient *self, AnfFlow x, AnfFlow y);
AnfFlow  anf_grad_div       (AnfGradient *self, AnfFlow x, AnfFlow y);
AnfFlow  anf_grad_scale     (AnfGradient *self, AnfFlow x, double factor);
AnfFlow  anf_grad_shift     (AnfGradient *self, AnfFlow x, double summand);
/* x where "x op y" of @of and @than holds, else y. @op: greater, less, .. */
AnfFlow  anf_grad_compare   (AnfGradient *self, const char *op, AnfFlow x, AnfFlow y);
AnfFlow  anf_grad_select    (AnfGradient *self, AnfFlow condition, AnfFlow x, AnfFlow y);
/* 1 where x = y, shared evenly along @axis by all that are equal there: they add up to 1. */
AnfFlow  anf_grad_share     (AnfGradient *self, AnfFlow x, AnfFlow y, guint n,
                             const gint64 *axes);

AnfFlow  anf_grad_number    (AnfGradient *self, double value);     /* of rank 0 */
AnfFlow  anf_grad_const     (AnfGradient *self, const AnfType *type, const float *values);
AnfFlow  anf_grad_zeros     (AnfGradient *self, const AnfType *type);
/* A weight of the node as a value; and as the weight of another node. */
AnfFlow  anf_grad_role      (AnfGradient *self, guint role);
void     anf_grad_take_role (AnfGradient *self, AnfFlow node, const char *role, guint from);
void     anf_grad_own_role  (AnfGradient *self, AnfFlow node, const char *role, guint rank,
                             const gint64 *shape, const float *values);

AnfFlow  anf_grad_reduce    (AnfGradient *self, const char *op, AnfFlow x, guint n,
                             const gint64 *axes);
/* Summed, and reshaped, to what was broadcast to the type of @x. */
AnfFlow  anf_grad_unbroadcast (AnfGradient *self, AnfFlow x, const AnfType *type);
AnfFlow  anf_grad_broadcast (AnfGradient *self, AnfFlow x, const AnfType *type);
AnfFlow  anf_grad_reshape   (AnfGradient *self, AnfFlow x, const AnfType *type);
AnfFlow  anf_grad_shape     (AnfGradient *self, AnfFlow x, guint rank, ...);   /* gint64 each */
AnfFlow  anf_grad_transpose (AnfGradient *self, AnfFlow x, const guint *perm);
AnfFlow  anf_grad_slice     (AnfGradient *self, AnfFlow x, guint axis, gint64 begin, gint64 size);
AnfFlow  anf_grad_pad       (AnfGradient *self, AnfFlow x, guint axis, gint64 before,
                             gint64 after);
AnfFlow  anf_grad_concat    (AnfGradient *self, guint axis, guint n, const AnfFlow *x);
AnfFlow  anf_grad_swap      (AnfGradient *self, AnfFlow x);            /* the last two axes */
AnfFlow  anf_grad_bmm       (AnfGradient *self, AnfFlow x, AnfFlow y);
/* The same with x or y, or both, read the other way round. */
AnfFlow  anf_grad_product   (AnfGradient *self, AnfFlow x, gboolean x_turned, AnfFlow y,
                             gboolean y_turned);
/* Along an axis: @rows sums over it, weighted by a [rows, extent] matrix. */
AnfFlow  anf_grad_matrix    (AnfGradient *self, AnfFlow x, guint axis, guint rows,
                             const float *values);

AnfType  anf_grad_type      (guint rank, const gint64 *dim);

/* ---- the rules, by the family of their rows */

typedef gboolean AnfVjp (AnfGradient *self);

/* gradient-scalar.c */
AnfVjp anf_vjp_relu, anf_vjp_gelu, anf_vjp_sigmoid, anf_vjp_tanh, anf_vjp_silu, anf_vjp_relu6,
       anf_vjp_leaky_relu, anf_vjp_elu, anf_vjp_softplus, anf_vjp_softsign, anf_vjp_clip,
       anf_vjp_clamped_relu, anf_vjp_sigmoid_hard, anf_vjp_scaled_tanh, anf_vjp_threshold,
       anf_vjp_thresholded_relu, anf_vjp_linear_activation, anf_vjp_prelu, anf_vjp_exp,
       anf_vjp_exp2, anf_vjp_log, anf_vjp_sqrt, anf_vjp_rsqrt, anf_vjp_inverse, anf_vjp_square,
       anf_vjp_abs, anf_vjp_sin, anf_vjp_cos, anf_vjp_atan, anf_vjp_erf, anf_vjp_cast,
       anf_vjp_add, anf_vjp_sub, anf_vjp_mul, anf_vjp_real_div, anf_vjp_pow, anf_vjp_maximum,
       anf_vjp_minimum, anf_vjp_muls, anf_vjp_adds, anf_vjp_select, anf_vjp_baked;
/* gradient-norm.c */
AnfVjp anf_vjp_reduce_mean, anf_vjp_reduce_sum, anf_vjp_reduce_extreme, anf_vjp_reduce_l1_norm,
       anf_vjp_reduce_l2_norm, anf_vjp_reduce_sum_square, anf_vjp_reduce_log_sum,
       anf_vjp_reduce_log_sum_exp, anf_vjp_softmax, anf_vjp_layer_norm, anf_vjp_rms_norm,
       anf_vjp_l2_norm, anf_vjp_group_norm, anf_vjp_instance_norm, anf_vjp_batch_norm,
       anf_vjp_local_response_norm, anf_vjp_sdpa;
/* gradient-product.c */
AnfVjp anf_vjp_linear, anf_vjp_matmul_w, anf_vjp_bmm, anf_vjp_bmm_w, anf_vjp_conv,
       anf_vjp_conv_transpose, anf_vjp_dynamic_conv, anf_vjp_max_pool, anf_vjp_avg_pool,
       anf_vjp_cross_correlation;
/* gradient-shape.c */
AnfVjp anf_vjp_reshape, anf_vjp_transpose, anf_vjp_slice, anf_vjp_crop, anf_vjp_reverse,
       anf_vjp_tile, anf_vjp_concat, anf_vjp_stack, anf_vjp_split, anf_vjp_gather,
       anf_vjp_cumsum, anf_vjp_rearrange;
/* gradient-bridge.c */
AnfVjp anf_vjp_ranked, anf_vjp_cross_product, anf_vjp_scaled_elementwise, anf_vjp_part,
       anf_vjp_cost_volume, anf_vjp_fps;
/* resize.c */
AnfVjp anf_vjp_resize, anf_vjp_affine;
