/* encoding-cell.h - one encoding of one weight: colour is the error, text is error and bytes. */
#pragma once

#include <gtk/gtk.h>

#include "anf.h"

G_BEGIN_DECLS

/* Signal: choose (): clicked, or Enter or Space on it. Not while the encoding does not apply. */
#define STUDIO_TYPE_ENCODING_CELL (studio_encoding_cell_get_type ())
G_DECLARE_FINAL_TYPE (StudioEncodingCell, studio_encoding_cell, STUDIO, ENCODING_CELL, GtkWidget)

GtkWidget *studio_encoding_cell_new  (void);
/* @facts: borrowed while shown, NULL clears. @words: "c1 weight" for the accessible name. @effect
 * (nullable): what it does to the outputs alone. */
void       studio_encoding_cell_show (StudioEncodingCell *self, const AnfWeightFacts *facts,
                                      AnfEncoding encoding, const char *words,
                                      const AnfEffect *effect);

/* The marks, for the legend. */
typedef enum { STUDIO_MARK_CHOSEN, STUDIO_MARK_OVER, STUDIO_MARK_FOLDS,
               STUDIO_MARK_PINNED } StudioMark;
void       studio_encoding_mark_draw (cairo_t *cr, StudioMark mark, double x, double y);

G_END_DECLS
