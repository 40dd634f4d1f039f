/* anf-tune.h - the part of anf.h that chooses: encodings within a limit, ways to compile. */
#pragma once

#include "anf.h"

G_BEGIN_DECLS

/* ---------------------------------------------------------------- recipes */

/* The same facts with other choices, one per weight; for estimates. */
AnfWeights        *anf_weights_chosen  (const AnfWeights *survey, const AnfEncoding *chosen);

/* What is to be kept: the smallest with error <= limit, or the most accurate with bytes <= limit or
 * microseconds <= limit. The error is ||decoded - w|| / ||w|| over all weights taken together, the
 * time is what the estimate for the plan's target says. */
typedef enum { ANF_SOLVE_ERROR, ANF_SOLVE_BYTES, ANF_SOLVE_TIME } AnfSolve;
typedef struct { double error, us; gsize bytes; } AnfTotals;

#define ANF_TYPE_RECIPE (anf_recipe_get_type ())
typedef struct _AnfRecipe AnfRecipe;
GType              anf_recipe_get_type (void);
/* An encoding for every weight of @survey (made of the plan's graph as the user has it). Weights
 * that choose themselves keep their choice; others take what applies and passes the weight gate.
 * ANF_ERROR_REFUSED: no choice keeps @limit. */
AnfRecipe         *anf_recipe_solve    (const AnfPlan *plan, const AnfWeights *survey,
                                        AnfSolve what, double limit, GError **error);
AnfRecipe         *anf_recipe_ref      (AnfRecipe *self);
void               anf_recipe_unref    (AnfRecipe *self);
AnfEncoding        anf_recipe_nth      (const AnfRecipe *self, guint i);  /* of the survey's nth */
AnfTotals          anf_recipe_totals   (const AnfRecipe *self);
AnfTotals          anf_recipe_plain    (const AnfRecipe *self);           /* as chosen without it */
/* How much better the best one may be, as a share of what is made small; 0: this is the best. */
double             anf_recipe_gap      (const AnfRecipe *self);
/* The document with these choices at its nodes. */
AnfGraph          *anf_recipe_apply    (const AnfRecipe *self, const AnfWeights *survey,
                                        AnfGraph *graph, GError **error);

/* ---------------------------------------------------------------- tune */

/* One way to compile a document, tried on the device at hand. */
typedef struct
{
  const char *opt;          /* level */
  AnfEncoding compress;     /* of weights that choose nothing themselves */
  gboolean    recipe;       /* weights choose themselves; see anf_recipe_solve */
  guint       n_rewrites;
  char      **rewrites;     /* labels of fixes that make numbers safer; NULL-terminated */
  gboolean    lossy;        /* an encoding changes weights */
  double      us;           /* least of all runs; INFINITY: not run, see @why */
  double      estimate_us;  /* for the target; NAN: none */
  double      error;        /* largest rel_l2 of an output against the fp32 profile */
  double      change;       /* max |y - y0| / max |y0| against level 0 as the document is */
  gboolean    ok;
  char       *why;          /* one sentence: what speaks against it, or for it */
} AnfVariant;

typedef struct
{
  double error;             /* most that is allowed; below 0: no encoding is tried */
  double us;                /* 0: the quickest; else the most accurate within so many */
  guint  warmup, runs;      /* 0: 5 and 20 */
} AnfBudget;

#define ANF_TYPE_TUNING (anf_tuning_get_type ())
typedef struct _AnfTuning AnfTuning;
GType             anf_tuning_get_type (void);
/* Tries ways to compile @graph: levels, safer forms of what its check warns of, encodings. @inputs
 * (nullable): what is run, by input; else random with seed 0. */
AnfTuning        *anf_tune            (AnfGraph *graph, const AnfOptions *options,
                                       const AnfBudget *budget, AnfTensors *inputs,
                                       const AnfProgress *progress, GError **error);
AnfTuning        *anf_tuning_ref      (AnfTuning *self);
void              anf_tuning_unref    (AnfTuning *self);
guint             anf_tuning_n        (const AnfTuning *self);
const AnfVariant *anf_tuning_nth      (const AnfTuning *self, guint i);
int               anf_tuning_winner   (const AnfTuning *self);             /* -1: none is ok */
/* The document as a variant has it, with its settings (borrowed). */
AnfGraph         *anf_tuning_graph    (const AnfTuning *self, guint i);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfRecipe, anf_recipe_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfTuning, anf_tuning_unref)

G_END_DECLS
