/* solver-bar.h - "smallest with error <= E": a limit in, a recipe out, applied in one step. */
#pragma once

#include "solver.h"

G_BEGIN_DECLS

#define STUDIO_TYPE_SOLVER_BAR (studio_solver_bar_get_type ())
G_DECLARE_FINAL_TYPE (StudioSolverBar, studio_solver_bar, STUDIO, SOLVER_BAR, StudioPanel)

/* Holds a reference on @solver. */
GtkWidget *studio_solver_bar_new  (StudioSolver *solver);

/* "0.02", "3.5 MiB", "400 us": in no unit, bytes, microseconds. Without a unit a size is in MiB and
 * a time in us. FALSE: it is no such number. */
gboolean   studio_parse_limit     (const char *text, AnfSolve what, double *limit);

/* The recipe that is there, as JSON; FALSE: there is none, or @error. */
gboolean   studio_solver_bar_save (StudioSolverBar *self, const char *path, GError **error);
/* Asks for the document with the recipe at @path. */
gboolean   studio_solver_bar_load (StudioSolverBar *self, const char *path, GError **error);

G_END_DECLS
