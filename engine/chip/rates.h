/* rates.h - how fast chips are: fitted to measurements, or scaled from the nearest measured one. */
#pragma once

#include "anf.h"

/* Elements that cost more than reading and writing them. */
typedef enum
{
  ANF_ELEMENT_SOFTMAX, ANF_ELEMENT_LAYER_NORM, ANF_ELEMENT_RMS_NORM, ANF_ELEMENT_GROUP_NORM,
  ANF_N_ELEMENTS, ANF_ELEMENT_PLAIN = ANF_N_ELEMENTS
} AnfElement;

/* Terms of a program's time; docs/latency-model.md says what each stands for. */
typedef struct
{
  const char *key, *title;         /* as a target: "m5-pro"; of the machine: "M5 Pro" */
  double      error;               /* geometric mean over rows that were left out */
  double      floor;               /* us: a program that does nothing */
  double      read, write;         /* GB/s of the program's own inputs and outputs */
  double      weight, reload;      /* GB/s of weights: once; again for each TILE of rows */
  double      inside;              /* GB/s of values that do not stay in the engine */
  double      peak;                /* TFLOP/s */
  double      element[ANF_N_ELEMENTS];   /* ns */
  double      single[2], chain[2]; /* measured / predicted, 80 %: one operator, and several */
  guint       folds;               /* encodings measured to be no faster than fp16, by bit */
} AnfRates;

typedef struct
{
  AnfRates    rates;
  const char *arch;                /* whose limits apply */
  gboolean    measured;            /* else @rates are scaled from @rates.title's */
} AnfChipRates;

#define ANF_TILE 1e6               /* bytes of one value that the engine keeps to itself */
#define ANF_BRIDGE_MACHINE "m5-pro" /* the one bridges were measured on */

/* @target: an architecture, or a measured machine ("m5-pro"). FALSE with @why (static) if it is
 * none of them, or has no way in for MIL. */
gboolean   anf_rates_find     (const char *target, AnfChipRates *found, const char **why);
/* An interval, as factors, if the rates are another chip's. */
void       anf_band_widen     (double *band);
AnfElement anf_rates_element  (const char *op);

/* How the size of a bridge's task is found, so that measured points can be compared with it. */
typedef enum
{
  ANF_WORK_ONE,                    /* always the same */
  ANF_WORK_INPUT, ANF_WORK_OUTPUT, /* elements */
  ANF_WORK_BOTH_INPUTS,            /* elements of one times those of the other */
  ANF_WORK_ROWS,                   /* rows of the input times rows of the output */
  ANF_WORK_ATTENTION,              /* heads by queries by keys by width */
} AnfWorkKind;

typedef struct
{
  const char *op;
  AnfWorkKind kind;
  guint       n;
  /* Of an M5 Pro; @even never falls as work grows, @us is as measured. */
  struct { double work, us, even; } point[5];
} AnfBridgeRate;

const AnfBridgeRate *anf_rates_bridge (const char *op);        /* (nullable) */
/* Between the evened points, past the last in proportion; the least scales with the floor. */
double     anf_bridge_us      (const AnfBridgeRate *self, double work, const AnfRates *rates);

/* The die an architecture's curve is of: cores, clock in MHz it runs at (0.8 of its greatest), and
 * the clock it is worth there. Cores 0: no curve. */
typedef struct { double cores, clock, effective; } AnfDie;
AnfDie     anf_arch_die       (const char *arch);
