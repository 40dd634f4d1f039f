/* checker.h - what the engine says of the latest graph, kept up to date in the background. */
#pragma once

#include "anf.h"

G_BEGIN_DECLS

/* Properties, all readable and notified: report, plan, weights (boxed, NULL until known). They come
 * one after another and are all of the latest graph, or still of an earlier one. idle (boolean):
 * everything that can be said of the latest graph has been. */
#define STUDIO_TYPE_CHECKER (studio_checker_get_type ())
G_DECLARE_FINAL_TYPE (StudioChecker, studio_checker, STUDIO, CHECKER, GObject)

StudioChecker *studio_checker_new         (void);
void           studio_checker_set_graph   (StudioChecker *self,
                                           AnfGraph      *graph);
/* Borrowed (nullable). */
AnfReport     *studio_checker_get_report  (StudioChecker *self);
AnfPlan       *studio_checker_get_plan    (StudioChecker *self);
AnfWeights    *studio_checker_get_weights (StudioChecker *self);
gboolean       studio_checker_get_idle    (StudioChecker *self);
/* Gives up what is running; what is known stays. */
void           studio_checker_stop        (StudioChecker *self);

G_END_DECLS
