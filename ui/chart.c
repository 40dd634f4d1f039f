/* chart.c - axis, bars, hatches and colours that the panels draw with. */
#include "chart.h"

#include <math.h>

#include "axis.h"

void
studio_chart_color (GtkWidget *widget, const char *name, GdkRGBA *color)
{
  GtkStyleContext *context = gtk_widget_get_style_context (widget);

  if (name == NULL || !gtk_style_context_lookup_color (context, name, color))
    gtk_style_context_get_color (context, color);
}

void
studio_chart_set_color (GtkWidget *widget, cairo_t *cr, const char *name)
{
  GdkRGBA color;

  studio_chart_color (widget, name, &color);
  gdk_cairo_set_source_rgba (cr, &color);
}

void
studio_chart_bar (cairo_t *cr, double x, double y, double width, double height)
{
  double w = MAX (width, 1), r = MIN (2, MIN (w, height) / 2);

  cairo_new_sub_path (cr);
  cairo_arc (cr, x + w - r, y + r, r, -G_PI / 2, 0);
  cairo_arc (cr, x + w - r, y + height - r, r, 0, G_PI / 2);
  cairo_arc (cr, x + r, y + height - r, r, G_PI / 2, G_PI);
  cairo_arc (cr, x + r, y + r, r, G_PI, 3 * G_PI / 2);
  cairo_close_path (cr);
}

void
studio_chart_hatch (cairo_t *cr, double x, double y, double width, double height, double pitch)
{
  cairo_save (cr);
  cairo_rectangle (cr, x, y, width, height);
  cairo_clip (cr);
  cairo_set_line_width (cr, 1);
  for (double at = x - height; at < x + width; at += pitch)
    {
      cairo_move_to (cr, at, y + height);
      cairo_line_to (cr, at + height, y);
    }
  cairo_stroke (cr);
  cairo_restore (cr);
}

static PangoLayout *
layout_of (GtkWidget *widget, const char *text, gboolean numeric)
{
  PangoLayout *layout = gtk_widget_create_pango_layout (widget, text);
  PangoFontDescription *font =
    pango_font_description_copy (pango_context_get_font_description
                                   (gtk_widget_get_pango_context (widget)));

  if (numeric)
    pango_font_description_set_family (font, "JetBrains Mono, DejaVu Sans Mono, monospace");
  pango_font_description_set_absolute_size (font, (numeric ? 10.5 : 11) * PANGO_SCALE);
  pango_layout_set_font_description (layout, font);
  pango_font_description_free (font);
  return layout;
}

void
studio_chart_text (GtkWidget *widget, cairo_t *cr, const char *text, double x, double y,
                   double align, gboolean numeric)
{
  g_autoptr(PangoLayout) layout = layout_of (widget, text, numeric);
  int width, height;

  pango_layout_get_pixel_size (layout, &width, &height);
  cairo_move_to (cr, floor (x - align * width), floor (y - height / 2.0));
  pango_cairo_show_layout (cr, layout);
}

double
studio_chart_text_width (GtkWidget *widget, const char *text, gboolean numeric)
{
  g_autoptr(PangoLayout) layout = layout_of (widget, text, numeric);
  int width;

  pango_layout_get_pixel_size (layout, &width, NULL);
  return width;
}

void
studio_chart_axis (GtkWidget *widget, cairo_t *cr, double x, double y, double width, double rise,
                   double range, char *(*format) (double value))
{
  double step = studio_axis_step (range, MAX (3, width / 72));

  cairo_set_line_width (cr, 1);
  for (guint i = 0; i * step <= range * 1.0001; i++)
    {
      g_autofree char *text = format (i * step);
      double at = floor (x + i * step / range * width) + 0.5;

      studio_chart_set_color (widget, cr, "anf_gridline");
      cairo_move_to (cr, at, y);
      cairo_line_to (cr, at, y - rise);
      cairo_stroke (cr);
      studio_chart_set_color (widget, cr, "anf_text_dim");
      studio_chart_text (widget, cr, text, at, y + 10, i == 0 ? 0 : at > x + width - 24 ? 1 : 0.5,
                         TRUE);
    }
  studio_chart_set_color (widget, cr, "anf_axis");
  cairo_move_to (cr, x, y + 0.5);
  cairo_line_to (cr, x + width, y + 0.5);
  cairo_stroke (cr);
}

static double
luminance (const GdkRGBA *c)
{
  const float part[] = { c->red, c->green, c->blue };
  const double weight[] = { 0.2126, 0.7152, 0.0722 };
  double sum = 0;

  for (guint i = 0; i < 3; i++)
    sum += weight[i] * (part[i] <= 0.04045 ? part[i] / 12.92
                        : pow ((part[i] + 0.055) / 1.055, 2.4));
  return sum;
}

void
studio_chart_error_color (double error, GdkRGBA *cell, GdkRGBA *text)
{
  /* Light is small; the same in both themes. */
  static const guint32 ramp[] = { 0xf7f6d8, 0xd3e6c0, 0x9fcfbb, 0x62aab8, 0x4a90bf, 0x3b5596,
                                  0x3c2f74 };
  const guint last = G_N_ELEMENTS (ramp) - 1;
  double at = error > 0.002 ? log10 (error / 0.002) / 2 * last : 0, part;
  guint i;
  float mix[3], ink;

  at = CLAMP (at, 0, last);
  i = MIN ((guint) at, last - 1);
  part = at - i;
  for (guint c = 0; c < 3; c++)
    {
      guint shift = 16 - 8 * c;

      mix[c] = ((ramp[i] >> shift & 255) * (1 - part) + (ramp[i + 1] >> shift & 255) * part) / 255;
    }
  *cell = (GdkRGBA) { mix[0], mix[1], mix[2], 1 };
  /* Black or white, whichever has the higher contrast: they meet at luminance 0.179. */
  ink = luminance (cell) > 0.179 ? 0 : 1;
  *text = (GdkRGBA) { ink, ink, ink, 1 };
}
