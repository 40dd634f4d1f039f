/* rewrites-card.h - what the optimiser did to the graph and why; which nodes became which. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

#define STUDIO_TYPE_REWRITES_CARD (studio_rewrites_card_get_type ())
G_DECLARE_FINAL_TYPE (StudioRewritesCard, studio_rewrites_card, STUDIO, REWRITES_CARD,
                      StudioPanel)

GtkWidget *studio_rewrites_card_new (void);

G_END_DECLS
