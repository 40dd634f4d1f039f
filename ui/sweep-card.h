/* sweep-card.h - which weights the outputs feel most: one at a time in one encoding, sorted. */
#pragma once

#include "solver.h"

G_BEGIN_DECLS

#define STUDIO_TYPE_SWEEP_CARD (studio_sweep_card_get_type ())
G_DECLARE_FINAL_TYPE (StudioSweepCard, studio_sweep_card, STUDIO, SWEEP_CARD, StudioPanel)

/* Holds a reference on @solver. */
GtkWidget *studio_sweep_card_new (StudioSolver *solver);

G_END_DECLS
