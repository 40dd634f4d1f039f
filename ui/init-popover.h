/* init-popover.h - how a weight that has no file begins: initialiser, shape, seed. */
#pragma once

#include <gtk/gtk.h>

#include "anf.h"

G_BEGIN_DECLS

/* Signal: initialise (const char *init, guint rank, const gint64 *shape, double scale,
 * guint64 seed). Says while typing whether the shape fits. */
#define STUDIO_TYPE_INIT_POPOVER (studio_init_popover_get_type ())
G_DECLARE_FINAL_TYPE (StudioInitPopover, studio_init_popover, STUDIO, INIT_POPOVER, GtkPopover)

GtkWidget *studio_init_popover_new   (void);
/* For this role of the node; the shape starts as that of the weight there is. */
void       studio_init_popover_begin (StudioInitPopover *self, AnfGraph *graph, AnfReport *report,
                                      AnfId node, const char *role);

G_END_DECLS
