/* advice-card.h - advice by the time it saves, each with a button that follows it. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

#define STUDIO_TYPE_ADVICE_CARD (studio_advice_card_get_type ())
G_DECLARE_FINAL_TYPE (StudioAdviceCard, studio_advice_card, STUDIO, ADVICE_CARD, StudioPanel)

GtkWidget *studio_advice_card_new (void);

G_END_DECLS
