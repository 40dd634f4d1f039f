/* card.h - a titled box of a workspace, with a line of small print beside the title. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define STUDIO_TYPE_CARD (studio_card_get_type ())
G_DECLARE_FINAL_TYPE (StudioCard, studio_card, STUDIO, CARD, GtkBox)

/* @note (nullable): small print, as studio_card_set_note () sets it. */
GtkWidget *studio_card_new      (const char *title, const char *note);
void       studio_card_set_note (StudioCard *self, const char *note);
/* "measured", "estimated", "extrapolated" (nullable): where its numbers come from. */
void       studio_card_set_basis (StudioCard *self, const char *basis);
/* A widget at the end of the title line. */
void       studio_card_add_end  (StudioCard *self, GtkWidget *widget);

G_END_DECLS
