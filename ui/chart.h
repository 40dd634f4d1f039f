/* chart.h - small parts for drawing charts with Cairo in the colours of the style. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* @name is "anf_bar" or the like; NULL and unknown names give the colour of the text. */
void    studio_chart_color     (GtkWidget *widget, const char *name, GdkRGBA *color);
void    studio_chart_set_color (GtkWidget *widget, cairo_t *cr, const char *name);
/* Adds a path: a bar with slightly rounded corners, at least 1 px long. */
void    studio_chart_bar       (cairo_t *cr, double x, double y, double width, double height);
/* Strokes 45 degree lines inside the current clip over a rectangle. */
void    studio_chart_hatch     (cairo_t *cr, double x, double y, double width, double height,
                                double pitch);
/* Text at a point; @align 0: starts there, 0.5: centred, 1: ends there. @y is its middle. */
void    studio_chart_text      (GtkWidget *widget, cairo_t *cr, const char *text, double x,
                                double y, double align, gboolean numeric);
double  studio_chart_text_width (GtkWidget *widget, const char *text, gboolean numeric);
/* Ticks and labels below a horizontal axis from 0 to @range, over @width px at (@x, @y); grid lines
 * of @rise px go up from it. @format makes the label of a value (transfer full). */
void    studio_chart_axis      (GtkWidget *widget, cairo_t *cr, double x, double y, double width,
                                double rise, double range, char *(*format) (double value));
/* Colour of relative error on the log ramp from 0.002 to 0.2, and of text that is read on it. */
void    studio_chart_error_color (double error, GdkRGBA *cell, GdkRGBA *text);

G_END_DECLS
