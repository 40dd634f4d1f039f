/* palette.h - the operator table as a searchable list. */
#pragma once

#include <gtk/gtk.h>

#include "anf.h"

G_BEGIN_DECLS

/* Property: compact (gboolean): without the groups' titles, for the popover.
 * Signal: chosen (const char *op_name): Enter in the search field, or a row activated. Rows can be
 * dragged; the drag carries the operator's name as a string. */
#define STUDIO_TYPE_PALETTE (studio_palette_get_type ())
G_DECLARE_FINAL_TYPE (StudioPalette, studio_palette, STUDIO, PALETTE, GtkWidget)

GtkWidget *studio_palette_new         (void);
void       studio_palette_set_compact (StudioPalette *self, gboolean compact);
/* Shows only operators that @accepts; NULL shows all. @destroy (nullable) frees @data. */
void       studio_palette_set_filter  (StudioPalette *self,
                                       gboolean (*accepts) (const AnfOp *op, gpointer data),
                                       gpointer data, GDestroyNotify destroy);
/* The line below a compact palette. */
void       studio_palette_set_note    (StudioPalette *self, const char *note);
/* Empties the search and puts the keyboard there. */
void       studio_palette_begin       (StudioPalette *self);
void       studio_palette_set_search  (StudioPalette *self, const char *words);
/* What is listed, best first (transfer full); for tests and for Enter. */
char     **studio_palette_dup_listed  (StudioPalette *self);
/* How well @words find @op: 0 not at all, else larger is better. */
guint      studio_palette_rank        (const AnfOp *op, const char *words);

G_END_DECLS
