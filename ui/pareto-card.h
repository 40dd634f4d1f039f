/* pareto-card.h - size or time against error: what no other recipe beats, a click applies it. */
#pragma once

#include "solver.h"

G_BEGIN_DECLS

#define STUDIO_TYPE_PARETO_CARD (studio_pareto_card_get_type ())
G_DECLARE_FINAL_TYPE (StudioParetoCard, studio_pareto_card, STUDIO, PARETO_CARD, StudioPanel)

/* Holds a reference on @solver. */
GtkWidget *studio_pareto_card_new (StudioSolver *solver);

G_END_DECLS
