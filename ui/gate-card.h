/* gate-card.h - one accuracy gate: its value against its limit, pass or fail. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

/* A panel (graph, gates, stale) for gate @index of the graph. Signal: edit. */
#define STUDIO_TYPE_GATE_CARD (studio_gate_card_get_type ())
G_DECLARE_FINAL_TYPE (StudioGateCard, studio_gate_card, STUDIO, GATE_CARD, StudioPanel)

GtkWidget *studio_gate_card_new    (guint index);
/* What is left to the limit, as a share of it: 0.7 passes with room, -0.4 fails; NAN: not known. */
double     studio_gate_margin      (const char *metric, double value, double limit);

G_END_DECLS
