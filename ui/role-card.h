/* role-card.h - one weight of a node: where it comes from, how it looks, how it is stored. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

/* A panel for one role of the active node. Signal: edit. */
#define STUDIO_TYPE_ROLE_CARD (studio_role_card_get_type ())
G_DECLARE_FINAL_TYPE (StudioRoleCard, studio_role_card, STUDIO, ROLE_CARD, StudioPanel)

GtkWidget  *studio_role_card_new    (AnfId node, const AnfPort *role);
const char *studio_role_card_role   (StudioRoleCard *self);
/* As after choosing @path in the dialog: attaches the only tensor, or offers those there are. */
void        studio_role_card_attach (StudioRoleCard *self, const char *path);

G_END_DECLS
