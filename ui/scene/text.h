/* text.h - words on the canvas: laid out once, drawn often. */
#pragma once

#include <pango/pangocairo.h>

#include "anf.h"

G_BEGIN_DECLS

/* The type scale of the canvas, sizes in px at 100 %. */
typedef enum
{
  STUDIO_FONT_NAME,       /* bold 13 */
  STUDIO_FONT_BODY,       /* 12 */
  STUDIO_FONT_CAPTION,    /* 11.5 */
  STUDIO_FONT_MONO,       /* mono 10.5 */
  STUDIO_FONT_MONO_BOLD,  /* mono bold 10 */
  STUDIO_N_FONTS
} StudioFont;

/* Keeps the most recently used layouts and the icons' outlines; one for each thread that draws. */
typedef struct _StudioPainter StudioPainter;

StudioPainter *studio_painter_new     (void);
void           studio_painter_free    (StudioPainter *self);
/* A new default size or family of the desktop: everything is laid out afresh. */
void           studio_painter_reset   (StudioPainter *self);
/* For SVG and PDF: letters may stand anywhere; on a screen they stand on whole px. */
void           studio_painter_set_vector (StudioPainter *self);
/* Px of the screen for one of the picture: what is drawn is recorded first and scaled later. */
void           studio_painter_set_factor (StudioPainter *self, int factor);
double         studio_painter_width   (StudioPainter *self, StudioFont font, const char *text);

/* Draws in the current source with the baseline at @y, and answers the width. The text keeps to the
 * side of @x that @align says: 0 starts there, 0.5 is centred, 1 ends there. */
double         studio_painter_text    (StudioPainter *self, cairo_t *cr, StudioFont font,
                                       const char *text, double x, double y, double align,
                                       double max_width);
/* Several lines, at most @lines, the first one's top at @y. */
void           studio_painter_lines   (StudioPainter *self, cairo_t *cr, StudioFont font,
                                       const char *text, double x, double y, double width,
                                       int lines);
/* Height of that many lines. */
double         studio_painter_lines_height (StudioPainter *self, StudioFont font, const char *text,
                                            double width, int lines);
void           studio_painter_glyph   (StudioPainter *self, cairo_t *cr, AnfCategory category,
                                       double x, double y, double size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StudioPainter, studio_painter_free)

G_END_DECLS
