/* structure-card.h - what differs between two documents: a list, and both as pictures. */
#pragma once

#include <gtk/gtk.h>

#include "anf.h"

G_BEGIN_DECLS

/* Signal: pick (guint64 node of the second document, or 0; guint64 node of the first, or 0). */
#define STUDIO_TYPE_STRUCTURE_CARD (studio_structure_card_get_type ())
G_DECLARE_FINAL_TYPE (StudioStructureCard, studio_structure_card, STUDIO, STRUCTURE_CARD, GtkBox)

GtkWidget *studio_structure_card_new  (void);
/* NULL: not known. @same: both are known to compute the same. */
void       studio_structure_card_show (StudioStructureCard *self, AnfGraph *a, AnfGraph *b);
guint      studio_structure_card_n    (StudioStructureCard *self);         /* changes */
/* The next change, or with @step -1 the one before; goes round. */
void       studio_structure_card_step (StudioStructureCard *self, int step);

G_END_DECLS
