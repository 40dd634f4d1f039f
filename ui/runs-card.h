/* runs-card.h - the runs of a document over time, and the one that others are held against. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

#define STUDIO_TYPE_RUNS_CARD (studio_runs_card_get_type ())
G_DECLARE_FINAL_TYPE (StudioRunsCard, studio_runs_card, STUDIO, RUNS_CARD, StudioPanel)

/* Every profile it is given for the first time is written down, in view or not. */
GtkWidget *studio_runs_card_new (void);

G_END_DECLS
