/* plot.h - a chart of two axes and layers upon them: lines, dots, steps, bars, bands, limits. */
#pragma once

#include <gtk/gtk.h>

#include "axis.h"

G_BEGIN_DECLS

typedef enum
{
  STUDIO_LAYER_LINE,        /* through its points */
  STUDIO_LAYER_DASHES,      /* the same, dashed: what is extrapolated */
  STUDIO_LAYER_DOTS,        /* size is the area in px; can be picked */
  STUDIO_LAYER_RINGS,       /* dots that are not filled: estimates */
  STUDIO_LAYER_STEPS,       /* a level from each x to the next, filled down to the axis; picked */
  STUDIO_LAYER_BARS,        /* from x to x + size, filled down to the axis; can be picked */
  STUDIO_LAYER_BAND,        /* the area inside its points, hatched */
  STUDIO_LAYER_LIMIT,       /* one point: a level across at y, hatched on the side of size's sign */
  STUDIO_LAYER_WALL,        /* one point: an upright at x, hatched to the right if size > 0 */
} StudioLayerKind;

typedef struct
{
  double      x, y, size;
  guint64     key;                 /* of what it stands for; 0: nothing to be picked */
  const char *label;               /* spoken, and shown as a tip (nullable); copied */
} StudioPoint;

/* Can be focused: Left and Right go from point to point, Enter picks, Ctrl+C copies the numbers.
 * Signal: pick (guint64 key): a point was clicked, or chosen by key. */
#define STUDIO_TYPE_PLOT (studio_plot_get_type ())
G_DECLARE_FINAL_TYPE (StudioPlot, studio_plot, STUDIO, PLOT, GtkWidget)

/* @title names it; @height is the least, px. */
GtkWidget *studio_plot_new        (const char *title, int height);
/* Takes all layers away; what follows is shown at the next frame. */
void       studio_plot_begin      (StudioPlot *self, const StudioAxis *x, const StudioAxis *y);
/* A layer above the others; @color as "anf_bar"; @name goes into its CSV. Returns its number. */
guint      studio_plot_add_layer  (StudioPlot *self, StudioLayerKind kind, const char *name,
                                   const char *color);
void       studio_plot_add_point  (StudioPlot *self, guint layer, const StudioPoint *point);
/* Words in the plane, beside a point: @align 0 begins there, 1 ends there. */
void       studio_plot_add_note   (StudioPlot *self, double x, double y, double align,
                                   const char *words);
/* Points of this key are ringed; 0: none. */
void       studio_plot_set_active (StudioPlot *self, guint64 key);
/* Drawn hatched and dim: of an earlier state. */
void       studio_plot_set_stale  (StudioPlot *self, gboolean stale);
guint      studio_plot_n_points   (StudioPlot *self);      /* that can be picked */
/* layer,x,y,label (transfer full). */
char      *studio_plot_dup_csv    (StudioPlot *self);
/* The picture as it would be drawn at this size (transfer full). */
char      *studio_plot_dup_svg    (StudioPlot *self, int width, int height);

G_END_DECLS
