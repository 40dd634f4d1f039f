/* solver.h - recipes for the weights of a document, found in threads: by a limit, all that no other
 * beats, and what each encoding does to the outputs. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

/* Signal: changed (): something that the getters tell is different. */
#define STUDIO_TYPE_SOLVER (studio_solver_get_type ())
G_DECLARE_FINAL_TYPE (StudioSolver, studio_solver, STUDIO, SOLVER, GObject)

StudioSolver    *studio_solver_new          (void);
/* What is known now (all nullable); plan and weights may be of an older graph than @graph. */
void             studio_solver_show         (StudioSolver *self, const StudioView *view);

/* ---- by a limit */
void             studio_solver_solve        (StudioSolver *self, AnfSolve what, double limit);
gboolean         studio_solver_get_busy     (StudioSolver *self);
/* The last one found or picked (nullable; borrowed), and why there is none (nullable). */
const AnfRecipe *studio_solver_get_recipe   (StudioSolver *self);
const char      *studio_solver_get_problem  (StudioSolver *self);
/* What a tenth more of the limit would gain: bytes if an error was kept to, else error; NAN. */
double           studio_solver_get_price    (StudioSolver *self);

/* ---- the frontier, by bytes or time; of AnfRecipe (nullable; borrowed) */
void             studio_solver_set_axis     (StudioSolver *self, AnfSolve by);
AnfSolve         studio_solver_get_axis     (StudioSolver *self);
const GPtrArray *studio_solver_get_frontier (StudioSolver *self);
void             studio_solver_pick         (StudioSolver *self, guint i);

/* ---- the sweep */
void             studio_solver_sweep        (StudioSolver *self);
void             studio_solver_stop         (StudioSolver *self);
gboolean         studio_solver_is_sweeping  (StudioSolver *self);
AnfSweep        *studio_solver_get_sweep    (StudioSolver *self);       /* (nullable; borrowed) */
/* What the outputs would lose by @recipe; NAN: not swept yet. */
double           studio_solver_predict      (StudioSolver *self, const AnfRecipe *recipe);

/* ---- weights and documents */

/* The survey that recipes are of: what an earlier recipe chose is free again (nullable). */
const AnfWeights *studio_solver_get_weights (StudioSolver *self);
/* Whether the node's own choice is one that a recipe made and nobody has changed since. */
gboolean         studio_weight_by_recipe    (const AnfGraph *graph, const AnfWeightFacts *facts);
/* The document with these choices, noting that a recipe made them (transfer full) (nullable). */
AnfGraph        *studio_solver_apply        (StudioSolver *self, const AnfRecipe *recipe);
/* "4 int4, 9 int8, 1 fp16" (transfer full). */
char            *studio_recipe_counts       (const AnfRecipe *recipe, guint n);
/* "c1 fp16 → int8, fc int8 → int4", what differs from now; "" if nothing does (transfer full). */
char            *studio_solver_changes      (StudioSolver *self, const AnfRecipe *recipe);

G_END_DECLS
