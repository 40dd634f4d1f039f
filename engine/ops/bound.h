/* bound.h - how large results can get: the column "bound" of the rows.
 *
 * A bound holds for every profile, family and encoding; INFINITY says that none is known, or that a
 * result may overflow. NaN is fed to nothing that was promised a bound. */
#pragma once

#include "ops/family.h"

/* What the row says, as the next fp16 number up; INFINITY where that is none. */
double anf_bound_of        (const AnfBounds *bounds);

double anf_bound_unknown   (const AnfBounds *bounds);      /* poles, or no limit worth telling */
double anf_bound_same      (const AnfBounds *bounds);      /* numbers moved, mixed, or chosen */
double anf_bound_average   (const AnfBounds *bounds);      /* the same, with sums rounded */
double anf_bound_slice     (const AnfBounds *bounds);
double anf_bound_largest   (const AnfBounds *bounds);      /* of all inputs */
double anf_bound_one       (const AnfBounds *bounds);
/* Scalar functions whose magnitude is largest at the ends of -bound to bound, or at 0. */
double anf_bound_ends      (const AnfBounds *bounds);
double anf_bound_waves     (const AnfBounds *bounds);      /* sin, cos */
double anf_bound_branches  (const AnfBounds *bounds);      /* select */
double anf_bound_cast      (const AnfBounds *bounds);
double anf_bound_slopes    (const AnfBounds *bounds);      /* prelu */
double anf_bound_sum       (const AnfBounds *bounds);      /* add, sub, cost_volume */
double anf_bound_product   (const AnfBounds *bounds);      /* mul */
double anf_bound_scaled    (const AnfBounds *bounds);      /* muls */
double anf_bound_shifted   (const AnfBounds *bounds);      /* adds */
double anf_bound_total     (const AnfBounds *bounds);      /* sums along axes, of magnitudes too */
double anf_bound_length    (const AnfBounds *bounds);
double anf_bound_squares   (const AnfBounds *bounds);
double anf_bound_log_sum_exp (const AnfBounds *bounds);
double anf_bound_running   (const AnfBounds *bounds);      /* cumsum */
double anf_bound_weighted  (const AnfBounds *bounds);      /* with a weight [out, ..], and bias */
double anf_bound_turned    (const AnfBounds *bounds);      /* with a weight [in, out, ..] */
double anf_bound_dot       (const AnfBounds *bounds);      /* rows by columns */
double anf_bound_window    (const AnfBounds *bounds);      /* by a filter that is a value */
double anf_bound_normal    (const AnfBounds *bounds);      /* norms by statistics of the input */
double anf_bound_batch     (const AnfBounds *bounds);      /* batch_norm */
double anf_bound_response  (const AnfBounds *bounds);      /* response norms */
double anf_bound_place     (const AnfBounds *bounds);      /* argmax */
double anf_bound_ranked    (const AnfBounds *bounds);      /* topk, sort */
double anf_bound_mixed     (const AnfBounds *bounds);      /* sdpa: of the values */
double anf_bound_pairs     (const AnfBounds *bounds);      /* scaled_elementwise */
double anf_bound_input     (const AnfBounds *bounds);
double anf_bound_image     (const AnfBounds *bounds);
double anf_bound_constant  (const AnfBounds *bounds);
