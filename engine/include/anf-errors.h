/* anf-errors.h - a part of anf.h, which includes it: where memory goes, what bounds a chip, where
 * errors come from. */
#pragma once

/* A value on a wire, from the step that makes it to the last that reads it; steps are the nodes of
 * all segments in the order they run. Bytes are those of its type; weights are not among them. */
typedef struct { AnfRef value; gsize bytes; guint from, to; } AnfLifetime;
GArray     *anf_plan_lifetimes (const AnfPlan *self);        /* of AnfLifetime (transfer full) */

/* The greatest rates the estimates know of a chip: arithmetic, weights and ports on their way in,
 * and what a program costs that does nothing. FALSE: nothing is known of it. */
typedef struct
{
  double      tflops, weight_gbs, port_gbs, floor_us;
  AnfBasis    basis;
  const char *from;                /* the measured machine they come from */
} AnfRoof;
gboolean    anf_target_roof    (const char *target, AnfRoof *roof);

/* Absolute errors of single numbers. Bin i holds those from 10^(LEAST_DECADE + i / PER_DECADE) up
 * to where the next begins; the first and last hold all that is below or above, too. */
#define ANF_ERROR_LEAST_DECADE (-8)
#define ANF_ERROR_BINS_PER_DECADE 4
#define ANF_ERROR_BINS 48
typedef struct
{
  gsize  n, exact, bin[ANF_ERROR_BINS];
  double rms, rms_reference;       /* root of the mean square of errors; of the exact numbers */
} AnfErrorSpread;

/* One value of a run under some options against the exact one: fp32 with the original weights. */
typedef struct
{
  AnfRef value;
  double local, total;        /* relative L2: of the operator alone, given exact inputs (NAN: not
                               * known); with the errors of all before it */
  double max_abs, largest;    /* of the differences; of the value's finite magnitudes */
  gsize  worst;               /* element with the largest difference */
  gsize  n, n_nan, n_inf, n_saturated, n_subnormal, n_zero;   /* saturated: 65504 and above */
  gsize  first_bad;           /* element: the first NaN or infinity, if there are any */
} AnfValueError;

#define ANF_TYPE_ERRORS (anf_errors_get_type ())
typedef struct _AnfErrors AnfErrors;
GType                anf_errors_get_type (void);
/* Of every operator, in the order of the graph, with no rewrites, on the CPU. @inputs (nullable:
 * those of the first gate with a file, else at random, seed 0): their first sample is run. */
AnfErrors           *anf_errors_measure (AnfGraph *graph, const AnfOptions *options,
                                         AnfTensors *inputs, const AnfProgress *progress,
                                         GError **error);
AnfErrors           *anf_errors_ref     (AnfErrors *self);
void                 anf_errors_unref   (AnfErrors *self);
AnfGraph            *anf_errors_graph   (const AnfErrors *self);
guint                anf_errors_n       (const AnfErrors *self);
const AnfValueError *anf_errors_nth     (const AnfErrors *self, guint i);
/* The first whose total error is above @limit, or no number (nullable). */
const AnfValueError *anf_errors_first_over (const AnfErrors *self, double limit);
/* Both values of one wire, fp32 (transfer full); FALSE: they were not kept. */
gboolean             anf_errors_values  (const AnfErrors *self, AnfRef value, AnfTensor **y,
                                         AnfTensor **exact);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfErrors, anf_errors_unref)
