/* text.c - two generations of laid out texts: what none has used for a whole one is dropped. */
#include "text.h"

#include "glyph.h"

/* About two screens full of nodes; a layout is some 3 KiB. */
#define GENERATION 3000

struct _StudioPainter
{
  PangoContext         *context;
  PangoFontDescription *font[STUDIO_N_FONTS];
  GHashTable           *young, *old;       /* char * -> PangoLayout */
  cairo_path_t         *glyph[ANF_N_CATEGORIES];
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

StudioPainter *
studio_painter_new (void)
{
  StudioPainter *self = g_new0 (StudioPainter, 1);
  g_autoptr(PangoFontMap) map = pango_cairo_font_map_new ();
  cairo_font_options_t *options = cairo_font_options_create ();

  self->context = pango_font_map_create_context (map);
  /* Sizes are px in canvas units and are scaled: hinted metrics would make texts jump. */
  pango_cairo_context_set_resolution (self->context, 72);
  pango_context_set_round_glyph_positions (self->context, FALSE);
  cairo_font_options_set_hint_metrics (options, CAIRO_HINT_METRICS_OFF);
  cairo_font_options_set_hint_style (options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_antialias (options, CAIRO_ANTIALIAS_GRAY);
  pango_cairo_context_set_font_options (self->context, options);
  cairo_font_options_destroy (options);

  for (int i = 0; i < STUDIO_N_FONTS; i++)
    {
      self->font[i] = pango_font_description_new ();
      pango_font_description_set_family_static (self->font[i], fonts[i].family);
      pango_font_description_set_weight (self->font[i], fonts[i].weight);
      pango_font_description_set_size (self->font[i], fonts[i].size * PANGO_SCALE);
    }
  self->young = generation_new ();
  self->old = generation_new ();
  return self;
}

void
studio_painter_free (StudioPainter *self)
{
  if (self == NULL)
    return;

  for (int i = 0; i < STUDIO_N_FONTS; i++)
    pango_font_description_free (self->font[i]);
  for (int i = 0; i < ANF_N_CATEGORIES; i++)
    g_clear_pointer (&self->glyph[i], cairo_path_destroy);
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

static PangoLayout *
layout_new (StudioPainter *self, StudioFont font, const char *text, double max_width)
{
  PangoLayout *layout = pango_layout_new (self->context);

  pango_layout_set_font_description (layout, self->font[font]);
  pango_layout_set_text (layout, text, -1);
  pango_layout_set_single_paragraph_mode (layout, TRUE);
  if (max_width > 0)
    {
      pango_layout_set_width (layout, max_width * PANGO_SCALE);
      pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_END);
    }
  return layout;
}

PangoLayout *
studio_painter_layout (StudioPainter *self,
                       StudioFont     font,
                       const char    *text,
                       double         max_width)
{
  g_autofree char *key = g_strdup_printf ("%d %d %s", font, (int) max_width, text);
  PangoLayout *layout = g_hash_table_lookup (self->young, key);

  if (layout != NULL)
    return layout;

  if ((layout = g_hash_table_lookup (self->old, key)) != NULL)
    g_object_ref (layout);
  else
    layout = layout_new (self, font, text, max_width);
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

  pango_layout_get_extents (studio_painter_layout (self, font, text, 0), NULL, &logical);
  return (double) logical.width / PANGO_SCALE;
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
  PangoLayout *layout = studio_painter_layout (self, font, text, max_width);
  PangoRectangle logical;
  double width;

  pango_layout_get_extents (layout, NULL, &logical);
  width = (double) logical.width / PANGO_SCALE;
  cairo_move_to (cr, x - width * align - (double) logical.x / PANGO_SCALE,
                 y - (double) pango_layout_get_baseline (layout) / PANGO_SCALE);
  pango_cairo_show_layout (cr, layout);
  return width;
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
  g_autoptr(PangoLayout) layout = layout_new (self, font, text, width);

  pango_layout_set_single_paragraph_mode (layout, FALSE);
  pango_layout_set_wrap (layout, PANGO_WRAP_WORD_CHAR);
  pango_layout_set_height (layout, -lines);
  cairo_move_to (cr, x, y);
  pango_cairo_show_layout (cr, layout);
}

void
studio_painter_glyph (StudioPainter *self,
                      cairo_t       *cr,
                      AnfCategory    category,
                      double         x,
                      double         y,
                      double         size)
{
  if (self->glyph[category] == NULL)
    self->glyph[category] = studio_glyph_load (category);

  cairo_save (cr);
  cairo_translate (cr, x, y);
  cairo_scale (cr, size / 16, size / 16);
  cairo_new_path (cr);
  cairo_append_path (cr, self->glyph[category]);
  cairo_fill (cr);
  cairo_restore (cr);
}
