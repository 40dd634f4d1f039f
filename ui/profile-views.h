/* profile-views.h - a profile on a roofline, and as memory over the steps of the run. */
#pragma once

#include "anf.h"
#include "plot.h"

G_BEGIN_DECLS

/* Measured operators as dots, the estimate's (nullable) as rings under the roof of its target. */
void       studio_show_roofline (StudioPlot *plot, AnfProfile *profile,
                                 const AnfEstimate *estimate);
/* Bytes alive at each step. Returns the step of the peak; @bytes (nullable) of it. */
guint      studio_show_memory   (StudioPlot *plot, AnfProfile *profile, gsize *bytes);

/* Bytes alive at each step; of gsize (transfer full). */
GArray    *studio_live_bytes    (const AnfPlan *plan);
/* Who holds memory at @step, most first: AnfLifetime (transfer full). */
GArray    *studio_live_owners   (const AnfPlan *plan, guint step);

/* "GFLOP/s" and the like from FLOP per microsecond (transfer full). */
char      *studio_format_rate   (double flop_per_us);

G_END_DECLS
