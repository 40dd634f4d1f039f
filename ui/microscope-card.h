/* microscope-card.h - one number of the active operator, followed back through its sum. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

#define STUDIO_TYPE_MICROSCOPE_CARD (studio_microscope_card_get_type ())
G_DECLARE_FINAL_TYPE (StudioMicroscopeCard, studio_microscope_card, STUDIO, MICROSCOPE_CARD,
                      StudioPanel)

GtkWidget *studio_microscope_card_new  (void);
/* Which element; past the end: the last. */
void       studio_microscope_card_look (StudioMicroscopeCard *self, gsize element);

G_END_DECLS
