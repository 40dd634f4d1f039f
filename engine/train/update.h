/* update.h - the optimiser as graph: what of a weight stays in the device, and a step of it.
 *
 * fp16 is too coarse for sums of many small steps, so weights, and the roots of Adam's second
 * moments, are kept as two numbers, a high part and what rounding left of it (Kahan). Adam's second
 * moment is kept as its root: squares of gradients would leave fp16's range at either end, and an
 * epsilon of 1e-8 with them. Gradients come in units of 1 / ANF_UNIT. */
#pragma once

#include "ops/gradient.h"
#include "train/trainer.h"

#define ANF_UNIT 1024              /* what gradients and moments are multiplied by inside */

/* Of one weight; those that the optimiser has no use for stay empty. */
enum { ANF_KEPT_W, ANF_KEPT_LOW, ANF_KEPT_M, ANF_KEPT_ROOT, ANF_KEPT_ROOT_LOW, ANF_N_KEPT };
typedef struct { AnfFlow flow[ANF_N_KEPT]; } AnfKept;

/* Numbers of one step, fed as [1]. */
enum { ANF_STEP_GAIN, ANF_STEP_RATE, ANF_STEP_ROOT, ANF_STEP_EPSILON, ANF_STEP_DECAY,
       ANF_N_STEP };
typedef struct { AnfFlow flow[ANF_N_STEP]; } AnfStepFlows;

/* Which parts of a kept weight this optimiser has. */
gboolean anf_kept_has     (const AnfTrainSettings *settings, guint part);
/* Names of the inputs of a param's parts, and of the outputs that take their place; (transfer
 * full). @suffix: of the step, where there are several. */
char    *anf_kept_input   (const AnfTrainer *self, guint param, guint part);
char    *anf_kept_output  (guint param, guint part);
char    *anf_step_input   (guint number, const char *suffix);

/* Inputs for all numbers of a step. */
void     anf_step_flows   (AnfGradient *g, const char *suffix, AnfStepFlows *flows);
/* The gradient as it comes out of the program, in units. */
AnfFlow  anf_update_units (AnfGradient *g, const AnfStepFlows *step, AnfFlow gradient);
/* A step with a gradient in units. */
void     anf_update_build (AnfGradient *g, const AnfTrainSettings *settings,
                           const AnfStepFlows *step, const AnfKept *from, AnfFlow gradient,
                           AnfKept *to);
/* An input of that name. */
AnfFlow  anf_update_input (AnfGradient *g, const char *name, const AnfType *type);
/* Feeds the numbers of a step. @scale: what gradients are over what they should be. */
void     anf_step_feed    (const AnfTrainer *self, AnfProgram *program, const char *suffix,
                           const AnfUpdate *update);
/* A state to and from the places of a param's parts; @place by part, NULL: none. */
void     anf_kept_store   (const AnfTrainer *self, const AnfState *state, float *const *place);
void     anf_kept_fetch   (const AnfTrainer *self, AnfState *state, float *const *place);

/* One weight's update as a program of its own. */
typedef struct _AnfUpdater AnfUpdater;
AnfUpdater *anf_updater_new   (AnfTrainer *self, guint param, const AnfProgress *progress,
                               GError **error);
/* @out receives the new weight. */
gboolean    anf_updater_run   (AnfUpdater *self, const AnfUpdate *update, const float *gradient,
                               float *out, const AnfProgress *progress, GError **error);
void        anf_updater_fetch (AnfUpdater *self, AnfState *state);
void        anf_updater_store (AnfUpdater *self, const AnfState *state);
/* By part; NULL: none. */
void        anf_updater_places (AnfUpdater *self, float **place);
void        anf_updater_free  (AnfUpdater *self);
