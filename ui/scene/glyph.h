/* glyph.h - the category icons as cairo paths. */
#pragma once

#include <cairo.h>

#include "anf.h"

G_BEGIN_DECLS

/* Adds the outline of an SVG path's `d` to the path of @cr. FALSE at the first thing that is no
 * path data; what came before it is kept. Known: M L H V C A Z, absolute and relative. */
gboolean      studio_svg_path    (cairo_t *cr, const char *d);
/* The icon of a category, 16 by 16 from (0, 0); cairo_path_destroy () frees it. */
cairo_path_t *studio_glyph_load  (AnfCategory category);

G_END_DECLS
