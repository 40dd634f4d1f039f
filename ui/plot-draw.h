/* plot-draw.h - what a plot is made of, for its two files. */
#pragma once

#include "plot.h"

G_BEGIN_DECLS

typedef struct
{
  StudioLayerKind kind;
  char           *name;
  const char     *color;           /* static */
  GArray         *points;          /* StudioPoint */
} StudioLayer;

typedef struct { double x, y, align; char *words; } StudioNote;

typedef struct
{
  StudioAxis         x, y;
  GArray            *layers, *notes;
  guint64            active;
  const StudioPoint *focus;        /* reached by keys (nullable) */
  gboolean           stale;
} StudioPlotScene;

typedef struct { double x, y, width, height; } StudioPlotArea;    /* inside the axes, px */

StudioPlotArea studio_plot_area     (GtkWidget *widget, const StudioPlotScene *scene, double width,
                                     double height);
void           studio_plot_draw     (GtkWidget *widget, cairo_t *cr, const StudioPlotScene *scene,
                                     double width, double height);
/* From (@x, @y) to what stands for a point, px; 0 inside it. */
double         studio_plot_distance (const StudioPlotScene *scene, const StudioPlotArea *area,
                                     const StudioLayer *layer, guint point, double x, double y);

G_END_DECLS
