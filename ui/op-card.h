/* op-card.h - all that is to be known of an operator before it is added. */
#pragma once

#include <gtk/gtk.h>

#include "anf.h"

G_BEGIN_DECLS

/* (transfer floating) */
GtkWidget *studio_op_card_new (const AnfOp *op);

G_END_DECLS
