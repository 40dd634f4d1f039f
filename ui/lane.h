/* lane.h - a panel's own questions, answered in a thread: a newer one replaces an older. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Main thread only, but for @ask. */
typedef struct _StudioLane StudioLane;

/* In a thread: works on @job until it is done or @cancellable says so. */
typedef void (*StudioAsk)    (gpointer job, GCancellable *cancellable);
/* On the main thread, unless the question was dropped meanwhile. */
typedef void (*StudioAnswer) (gpointer owner, gpointer job);

/* @owner is handed to answers; it frees the lane before it goes itself. */
StudioLane *studio_lane_new  (gpointer owner);
/* Drops what was asked before. @job is given to @free when nobody needs it any more. */
void        studio_lane_ask  (StudioLane *self, gpointer job, GDestroyNotify free, StudioAsk ask,
                              StudioAnswer answer);
void        studio_lane_drop (StudioLane *self);
gboolean    studio_lane_busy (StudioLane *self);
void        studio_lane_free (StudioLane *self);

G_END_DECLS
