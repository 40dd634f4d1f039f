/* colors.h - the named colours of the stylesheet for whoever draws with cairo. */
#pragma once

#include <cairo.h>
#include <glib.h>

G_BEGIN_DECLS

/* In the order of color_names in colors.c; the name in the stylesheet is anf_ and the rest in lower
 * case. Those with a number after them are runs: CAT by AnfCategory, SEG and SEGFILL 0..5. */
typedef enum
{
  STUDIO_CANVAS_BG, STUDIO_GRID, STUDIO_GRID_MAJOR, STUDIO_NODE, STUDIO_NODE_BORDER,
  STUDIO_NODE_TEXT, STUDIO_TEXT, STUDIO_TEXT_DIM, STUDIO_TEXT_FAINT, STUDIO_BORDER,
  STUDIO_BORDER_STRONG, STUDIO_POPOVER, STUDIO_CARD, STUDIO_PANEL, STUDIO_FOCUS, STUDIO_ACCENT,
  STUDIO_GOOD, STUDIO_WARN, STUDIO_BAD, STUDIO_INFO, STUDIO_BAD_BG,
  STUDIO_WIRE_MAP, STUDIO_WIRE_VEC, STUDIO_WIRE_IMAGE, STUDIO_WIRE_INDEX, STUDIO_WIRE_MASK,
  STUDIO_WIRE_CONST,
  STUDIO_ENC_FP16, STUDIO_ENC_INT8, STUDIO_ENC_INT4, STUDIO_ENC_SPARSE, STUDIO_ENC_BLOCK,
  STUDIO_ENCBG_FP16, STUDIO_ENCBG_INT8, STUDIO_ENCBG_INT4, STUDIO_ENCBG_SPARSE, STUDIO_ENCBG_BLOCK,
  STUDIO_SEG_0, STUDIO_SEG_LAST = STUDIO_SEG_0 + 5, STUDIO_SEG_BRIDGE,
  STUDIO_SEGFILL_0, STUDIO_SEGFILL_LAST = STUDIO_SEGFILL_0 + 5, STUDIO_SEGFILL_BRIDGE,
  STUDIO_CAT_0, STUDIO_CAT_LAST = STUDIO_CAT_0 + 11,
  STUDIO_HEAD_0, STUDIO_HEAD_LAST = STUDIO_HEAD_0 + 11,
  STUDIO_N_COLORS
} StudioColorName;

typedef struct { double red, green, blue, alpha; } StudioColor;
typedef struct { StudioColor of[STUDIO_N_COLORS]; } StudioColors;

typedef enum { STUDIO_THEME_LIGHT, STUDIO_THEME_DARK } StudioTheme;

/* "anf_canvas": as in the stylesheet. */
const char *studio_color_css_name (StudioColorName name);
/* Takes over every `@define-color anf_NAME #rrggbb;` of @css; returns how many it knew. */
guint       studio_colors_parse   (StudioColors *self, const char *css);
/* The stylesheet's own, which are built in. */
void        studio_colors_load    (StudioColors *self, StudioTheme theme);
void        studio_colors_set     (const StudioColors *self, cairo_t *cr, StudioColorName name);
void        studio_colors_set_alpha (const StudioColors *self, cairo_t *cr, StudioColorName name,
                                     double alpha);

G_END_DECLS
