/* anf-explore.h - the part of anf.h that shows what there is to choose from: recipes that no other
 * beats, what one weight's encoding does to the outputs, what becomes of a weight's numbers. */
#pragma once

#include "anf-tune.h"

G_BEGIN_DECLS

/* ---------------------------------------------------------------- recipes */

/* The same facts, by weight pinned where @keep says so and free elsewhere. */
AnfWeights *anf_weights_loosed  (const AnfWeights *survey, const gboolean *keep);

/* Recipes that no other beats in both error and size (@by ANF_SOLVE_BYTES) or time
 * (ANF_SOLVE_TIME): at most @n AnfRecipe, the smallest first (transfer full). All pass the weight
 * gate. */
GPtrArray  *anf_recipe_frontier (const AnfPlan *plan, const AnfWeights *survey, AnfSolve by,
                                 guint n, const AnfProgress *progress, GError **error);

/* { "recipe": { ..., "weights": [ { "node", "role", "encoding" } ] } }, as `aneforge compress
 * --solve ... -o recipe.json` writes it (transfer full). */
char       *anf_recipe_text     (const AnfRecipe *self, const AnfWeights *survey,
                                 const AnfGraph *graph);
/* The document with the choices that @text makes; its nodes may be patterns, "block*_up". @n_set
 * (nullable): weights it chose for. NULL with ANF_ERROR_BAD_FILE if it is no recipe, or fits no
 * weight of @graph. */
AnfGraph   *anf_recipe_read     (const char *text, gsize length, AnfGraph *graph, guint *n_set,
                                 GError **error);

/* ---------------------------------------------------------------- one weight */

#define ANF_WEIGHT_BINS 64
#define ANF_WEIGHT_TABLE 16
typedef struct
{
  double   min, max;               /* of the finite numbers, before and after */
  guint    n_bins, before[ANF_WEIGHT_BINS], after[ANF_WEIGHT_BINS];   /* counts from min to max */
  guint    n_table;
  float    table[ANF_WEIGHT_TABLE];      /* of int4: the values there are, rising */
  guint    n_channels, worst;      /* of the output; the one with the least ratio */
  double  *snr;                    /* of each, dB: sum of squares to that of differences; INFINITY:
                                    * exact */
  double   error, snr_all, max_abs;      /* relative, Frobenius; dB; the largest difference */
} AnfWeightNumbers;
/* Reads all numbers: not for the main thread. NULL with an error: cancelled, no such weight, or the
 * encoding does not apply to it. */
AnfWeightNumbers *anf_weight_numbers      (AnfGraph *graph, AnfId node, const char *role,
                                           AnfEncoding encoding, GCancellable *cancellable,
                                           GError **error);
void              anf_weight_numbers_free (AnfWeightNumbers *self);

/* ---------------------------------------------------------------- sensitivity */

/* What the outputs lose when one weight alone is encoded. */
typedef struct
{
  double error;                    /* worst relative L2 of an output against the fp32 profile */
  guint  n_failed;                 /* gates that would not hold */
} AnfEffect;

/* Every weight in every encoding that applies, one at a time, the others fp16. May be run, read and
 * written by several threads. */
#define ANF_TYPE_SWEEP (anf_sweep_get_type ())
typedef struct _AnfSweep AnfSweep;
GType       anf_sweep_get_type (void);
/* @survey: of @graph. */
AnfSweep   *anf_sweep_new      (AnfGraph *graph, const AnfOptions *options,
                                const AnfWeights *survey, GError **error);
AnfSweep   *anf_sweep_ref      (AnfSweep *self);
void        anf_sweep_unref    (AnfSweep *self);
/* Measures what is not known yet, on the samples of the first gate that has a file (64 at most),
 * else on one at random, seed 0. Cancelled, it keeps what it has, and goes on from there when it is
 * run again. */
gboolean    anf_sweep_run      (AnfSweep *self, const AnfProgress *progress, GError **error);
guint       anf_sweep_n        (AnfSweep *self);             /* weights, as in the survey */
guint       anf_sweep_n_cells  (AnfSweep *self, guint *known);
gboolean    anf_sweep_cell     (AnfSweep *self, guint i, AnfEncoding encoding, AnfEffect *effect);
/* With all weights in fp16; FALSE: not known yet. */
gboolean    anf_sweep_base     (AnfSweep *self, AnfEffect *effect);
/* What the outputs would lose with one encoding per weight, if errors are independent of each
 * other: the root of the sum of their squares. NAN: a cell is not known. */
double      anf_sweep_predict  (AnfSweep *self, const AnfEncoding *chosen);
/* Names all that the cells depend on, fit for a file's name. Not for the main thread. */
const char *anf_sweep_key      (AnfSweep *self);
/* All that is known (transfer full), and back; FALSE: it is of another sweep, or damaged. */
char       *anf_sweep_text     (AnfSweep *self);
gboolean    anf_sweep_read     (AnfSweep *self, const char *text);

/* ---------------------------------------------------------------- reuse */

/* What was there already when a program was compiled: weights whose encoded numbers were kept, and
 * segments that compute the same as one compiled before with all weights kept. */
typedef struct { guint n_weights, n_weights_kept, n_segments, n_segments_kept; } AnfReuse;
AnfReuse    anf_program_reuse  (const AnfProgram *self);
/* As anf_gates_measure, with a program that is there already. */
AnfGates   *anf_gates_of       (AnfProgram *program, const AnfProgress *progress, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfWeightNumbers, anf_weight_numbers_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfSweep, anf_sweep_unref)

G_END_DECLS
