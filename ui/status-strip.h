/* status-strip.h - the document in numbers, along the lower edge. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

/* Properties used: graph, report, plan, profile, weights, gates, stale, zoom. */
#define STUDIO_TYPE_STATUS_STRIP (studio_status_strip_get_type ())
G_DECLARE_FINAL_TYPE (StudioStatusStrip, studio_status_strip, STUDIO, STATUS_STRIP, StudioPanel)

GtkWidget *studio_status_strip_new (void);

G_END_DECLS
