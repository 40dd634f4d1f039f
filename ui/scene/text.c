/* text.c - two generations of laid out texts: what none has used for a whole one is dropped. */
#include "text.h"

#include <math.h>

#include "glyph.h"

/* About two screens full of nodes; a layout is some 3 KiB. */
#define GENERATION 3000
#define MASK_MOST    32

struct _StudioPainter
{
  PangoContext         *context;
  PangoFontDescription *font[STUDIO_N_FONTS];
  GHashTable           *young, *old;       /* char * -> PangoLayout */
  cairo_path_t         *glyph[ANF_N_CATEGORIES];
  cairo_surface_t      *mask[ANF_N_CATEGORIES][MASK_MOST + 1];   /* by size in px */
  gboolean              vector;
  int                   factor;            /* px of the screen for one of the picture */
};

static const struct { const char *family; PangoWeight weight; double size; } fonts[] = {
  [STUDIO_FONT_NAME]      = { "Cantarell, Inter, sans", PANGO_WEIGHT_BOLD, 13 },
  [STUDIO_FONT_BODY]      = { "Cantarell, Inter, sans", PANGO_WEIGHT_NORMAL, 12 },
  [STUDIO_FONT_CAPTION]   = { "Cantarell, Inter, sans", PANGO_WEIGHT_NORMAL, 11.5 },
  [STUDIO_FONT_MONO]      = { "JetBrains Mono, DejaVu Sans Mono, monospace", PANGO_WEIGHT_NORMAL,
                              10.5 },
  [STUDIO_FONT_MONO_BOLD] = { "JetBrains Mono, DejaVu Sans Mono, monospace", PANGO_WEIGHT_BOLD,
                              10 },
};

static GHashTable *
generation_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
}

static void
set_hinting (StudioPainter *self, cairo_hint_style_t style, cairo_hint_metrics_t metrics)
{
  cairo_font_options_t *options = cairo_font_options_create ();

  cairo_font_options_set_hint_style (options, style);
  cairo_font_options_set_hint_metrics (options, metrics);
  cairo_font_options_set_antialias (options, CAIRO_ANTIALIAS_GRAY);
  pango_cairo_context_set_font_options (self->context, options);
  pango_context_set_round_glyph_positions (self->context, metrics == CAIRO_HINT_METRICS_ON);
  cairo_font_options_destroy (options);
}

StudioPainter *
studio_painter_new (void)
{
  StudioPainter *self = g_new0 (StudioPainter, 1);
  g_autoptr(PangoFontMap) map = pango_cairo_font_map_new ();

  self->context = pango_font_map_create_context (map);
  pango_cairo_context_set_resolution (self->context, 72);     /* a size is px */
  set_hinting (self, CAIRO_HINT_STYLE_SLIGHT, CAIRO_HINT_METRICS_ON);
  for (int i = 0; i < STUDIO_N_FONTS; i++)
    {
      self->font[i] = pango_font_description_new ();
      pango_font_description_set_family_static (self->font[i], fonts[i].family);
      pango_font_description_set_weight (self->font[i], fonts[i].weight);
      pango_font_description_set_size (self->font[i], fonts[i].size * PANGO_SCALE);
    }
  self->young = generation_new ();
  self->old = generation_new ();
  self->factor = 1;
  return self;
}

void
studio_painter_set_vector (StudioPainter *self)
{
  self->vector = TRUE;
  set_hinting (self, CAIRO_HINT_STYLE_NONE, CAIRO_HINT_METRICS_OFF);
  studio_painter_reset (self);
}

void
studio_painter_set_factor (StudioPainter *self,
                           int            factor)
{
  self->factor = factor;
}

void
studio_painter_free (StudioPainter *self)
{
  if (self == NULL)
    return;

  for (int i = 0; i < STUDIO_N_FONTS; i++)
    pango_font_description_free (self->font[i]);
  for (int i = 0; i < ANF_N_CATEGORIES; i++)
    {
      g_clear_pointer (&self->glyph[i], cairo_path_destroy);
      for (int px = 0; px <= MASK_MOST; px++)
        g_clear_pointer (&self->mask[i][px], cairo_surface_destroy);
    }
  g_hash_table_unref (self->young);
  g_hash_table_unref (self->old);
  g_object_unref (self->context);
  g_free (self);
}

void
studio_painter_reset (StudioPainter *self)
{
  g_hash_table_remove_all (self->young);
  g_hash_table_remove_all (self->old);
}

/* @scale: of the picture. A layout is made for its size in px, so that its letters stand on whole
 * px with even gaps: cairo 1.16 knows no positions between them. */
static PangoLayout *
layout_new (StudioPainter *self, StudioFont font, const char *text, double max_width, double scale)
{
  PangoLayout *layout = pango_layout_new (self->context);

  if (scale == 1)
    pango_layout_set_font_description (layout, self->font[font]);
  else
    {
      PangoFontDescription *scaled = pango_font_description_copy_static (self->font[font]);

      pango_font_description_set_size (scaled, fonts[font].size * scale * PANGO_SCALE);
      pango_layout_set_font_description (layout, scaled);
      pango_font_description_free (scaled);
    }
  pango_layout_set_text (layout, text, -1);
  pango_layout_set_single_paragraph_mode (layout, TRUE);
  if (max_width > 0)
    {
      pango_layout_set_width (layout, max_width * scale * PANGO_SCALE);
      pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_END);
    }
  return layout;
}

/* Borrowed until the next call. */
static PangoLayout *
find_layout (StudioPainter *self, StudioFont font, const char *text, double max_width,
             double scale)
{
  g_autofree char *key = g_strdup_printf ("%d %d %d %s", font, (int) max_width,
                                          (int) (scale * 256), text);
  PangoLayout *layout = g_hash_table_lookup (self->young, key);

  if (layout != NULL)
    return layout;

  if ((layout = g_hash_table_lookup (self->old, key)) != NULL)
    g_object_ref (layout);
  else
    layout = layout_new (self, font, text, max_width, scale);
  if (g_hash_table_size (self->young) >= GENERATION)
    {
      g_hash_table_unref (self->old);
      self->old = self->young;
      self->young = generation_new ();
    }
  g_hash_table_insert (self->young, g_steal_pointer (&key), layout);
  return layout;
}

double
studio_painter_width (StudioPainter *self,
                      StudioFont     font,
                      const char    *text)
{
  PangoRectangle logical;

  pango_layout_get_extents (find_layout (self, font, text, 0, 1), NULL, &logical);
  return (double) logical.width / PANGO_SCALE;
}

/* Sixteenths: while a picture is being zoomed most layouts are still at hand. */
static double
scale_of (StudioPainter *self, cairo_t *cr)
{
  double sx = 1, sy = 0;

  if (self->vector)
    return 1;
  cairo_user_to_device_distance (cr, &sx, &sy);
  return MAX (round (sx * self->factor * 16) / 16, 1 / 16.0);
}

/* Moves the origin to a whole px of the screen. */
static void
align_to_px (StudioPainter *self, cairo_t *cr)
{
  double dx = 0, dy = 0;

  cairo_user_to_device (cr, &dx, &dy);
  dx = round (dx * self->factor) / self->factor - dx;
  dy = round (dy * self->factor) / self->factor - dy;
  cairo_device_to_user_distance (cr, &dx, &dy);
  cairo_translate (cr, dx, dy);
}

static void
show (StudioPainter *self, cairo_t *cr, PangoLayout *layout, double x, double y, double scale)
{
  cairo_save (cr);
  cairo_translate (cr, x, y);
  cairo_scale (cr, 1 / scale, 1 / scale);
  if (!self->vector)
    align_to_px (self, cr);
  cairo_move_to (cr, 0, 0);
  pango_cairo_show_layout (cr, layout);
  cairo_restore (cr);
}

double
studio_painter_text (StudioPainter *self,
                     cairo_t       *cr,
                     StudioFont     font,
                     const char    *text,
                     double         x,
                     double         y,
                     double         align,
                     double         max_width)
{
  double scale = scale_of (self, cr), width;
  PangoLayout *layout = find_layout (self, font, text, max_width, scale);
  PangoRectangle logical;

  pango_layout_get_extents (layout, NULL, &logical);
  width = logical.width / scale / PANGO_SCALE;
  show (self, cr, layout, x - width * align - logical.x / scale / PANGO_SCALE,
        y - pango_layout_get_baseline (layout) / scale / PANGO_SCALE, scale);
  return width;
}

static PangoLayout *
lines_new (StudioPainter *self, StudioFont font, const char *text, double width, int lines,
           double scale)
{
  PangoLayout *layout = layout_new (self, font, text, width, scale);

  pango_layout_set_single_paragraph_mode (layout, FALSE);
  pango_layout_set_wrap (layout, PANGO_WRAP_WORD_CHAR);
  pango_layout_set_height (layout, -lines);
  return layout;
}

void
studio_painter_lines (StudioPainter *self,
                      cairo_t       *cr,
                      StudioFont     font,
                      const char    *text,
                      double         x,
                      double         y,
                      double         width,
                      int            lines)
{
  double scale = scale_of (self, cr);
  g_autoptr(PangoLayout) layout = lines_new (self, font, text, width, lines, scale);

  show (self, cr, layout, x, y, scale);
}

double
studio_painter_lines_height (StudioPainter *self,
                             StudioFont     font,
                             const char    *text,
                             double         width,
                             int            lines)
{
  g_autoptr(PangoLayout) layout = lines_new (self, font, text, width, lines, 1);
  int height;

  pango_layout_get_pixel_size (layout, NULL, &height);
  return height;
}

static void
fill_glyph (StudioPainter *self, cairo_t *cr, AnfCategory category, double size)
{
  if (self->glyph[category] == NULL)
    self->glyph[category] = studio_glyph_load (category);
  cairo_scale (cr, size / 16, size / 16);
  cairo_new_path (cr);
  cairo_append_path (cr, self->glyph[category]);
  cairo_fill (cr);
}

/* On a screen an icon of a few px is drawn once and stamped from then on. */
static cairo_surface_t *
glyph_mask (StudioPainter *self, AnfCategory category, int px)
{
  cairo_surface_t **mask = &self->mask[category][px];

  if (*mask == NULL)
    {
      cairo_t *cr;

      *mask = cairo_image_surface_create (CAIRO_FORMAT_A8, px, px);
      cr = cairo_create (*mask);
      fill_glyph (self, cr, category, px);
      cairo_destroy (cr);
    }
  return *mask;
}

void
studio_painter_glyph (StudioPainter *self,
                      cairo_t       *cr,
                      AnfCategory    category,
                      double         x,
                      double         y,
                      double         size)
{
  double scale = 1, none = 0;
  int px;

  cairo_user_to_device_distance (cr, &scale, &none);
  scale *= self->factor;
  px = round (size * scale);
  cairo_save (cr);
  cairo_translate (cr, x, y);
  if (self->vector || px < 1 || px > MASK_MOST)
    fill_glyph (self, cr, category, size);
  else
    {
      align_to_px (self, cr);
      cairo_scale (cr, 1 / scale, 1 / scale);
      cairo_mask_surface (cr, glyph_mask (self, category, px), 0, 0);
    }
  cairo_restore (cr);
}
