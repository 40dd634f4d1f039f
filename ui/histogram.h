/* histogram.h - the distribution of a weight, as bars over its range. */
#pragma once

#include <gtk/gtk.h>

#include "tensor-stats.h"

G_BEGIN_DECLS

#define STUDIO_TYPE_HISTOGRAM (studio_histogram_get_type ())
G_DECLARE_FINAL_TYPE (StudioHistogram, studio_histogram, STUDIO, HISTOGRAM, GtkWidget)

GtkWidget *studio_histogram_new  (int height);
/* NULL: nothing to draw. The numbers are copied. */
void       studio_histogram_show (StudioHistogram *self, const StudioTensorStats *stats);
/* Before and after an encoding, with the values of its table; copied. */
void       studio_histogram_show_both (StudioHistogram *self, const AnfWeightNumbers *numbers);

G_END_DECLS
