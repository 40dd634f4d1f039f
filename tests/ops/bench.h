/* bench.h - one row of the operator table on its own: no document, no program. */
#pragma once

#include "core/op.h"

#include <math.h>

typedef struct
{
  AnfGraph      *graph;
  const AnfNode *node;
  guint          n_in, n_out;
  AnfType        in_type[ANF_MAX_PORTS], *out_type;
  const AnfType *in_types[ANF_MAX_PORTS];          /* NULL: not wired */
  double        *in[ANF_MAX_PORTS];
  AnfTensor     *weight[ANF_MAX_ROLES];
  double        *values[ANF_MAX_ROLES];
  AnfNumerics    numerics;
  guint          family;
  const char    *code, *field;                     /* of a refusal */
  char          *message;
} Bench;

/* Attributes as GVariant text: "stride", "[2, 1]", .., NULL. */
Bench   *bench_new      (const char *op, ...) G_GNUC_NULL_TERMINATED;
Bench   *bench_new_sample (const AnfOp *op, const char *const attr[][2]);
/* A row's sample, filled with random numbers. */
Bench   *bench_sample   (const AnfOp *op, AnfNumerics numerics);
/* The row as a graph: ports in0, in1, ..; weights called like the roles; outputs y0, y1, .. */
AnfGraph *bench_graph   (const Bench *self);
void     bench_free     (Bench *self);
void     bench_input    (Bench *self, AnfDtype dtype, guint rank, const int *dim,
                         const double *values);
/* The next port, of fp16 numbers. */
#define  BENCH_INPUT(self, values, ...) \
  bench_input (self, ANF_F16, G_N_ELEMENTS (((const int[]) { __VA_ARGS__ })), \
               (const int[]) { __VA_ARGS__ }, values)
void     bench_weight   (Bench *self, guint role, guint rank, const int *dim,
                         const double *values);
#define  BENCH_WEIGHT(self, role, values, ...) \
  bench_weight (self, role, G_N_ELEMENTS (((const int[]) { __VA_ARGS__ })), \
                (const int[]) { __VA_ARGS__ }, values)
/* Numbers between lo and hi, fp16 ones unless the numerics are fp32. */
double  *bench_random   (const Bench *self, guint64 seed, gsize n, AnfDtype dtype, double lo,
                         double hi);

gboolean bench_infer    (Bench *self);
void     bench_assert_shape (Bench *self, guint rank, ...);
void     bench_assert_refused (Bench *self, const char *code, const char *field);

/* All outputs one after the other. @piece: items at a time; 0: as the device would. */
float   *bench_run      (Bench *self, gsize piece);
double  *bench_exact    (Bench *self);
gsize    bench_n        (const Bench *self);
/* Infers, runs, and compares with numbers worked out by hand. */
void     bench_assert_values (Bench *self, const double *want, gsize n, double tolerance);
#define  BENCH_ASSERT(self, tolerance, ...) \
  bench_assert_values (self, (const double[]) { __VA_ARGS__ }, \
                       G_N_ELEMENTS (((const double[]) { __VA_ARGS__ })), tolerance)

/* Runs, and compares with the row's reference: what one rounding may do, some for composites. */
void     bench_compare  (Bench *self);

/* The distance to the next fp16 value from x on. */
double   half_step      (double x);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Bench, bench_free)
