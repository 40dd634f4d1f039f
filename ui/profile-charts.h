/* profile-charts.h - a profile as pictures: time by segment, and the run on a time axis. */
#pragma once

#include <gtk/gtk.h>

#include "anf.h"

G_BEGIN_DECLS

typedef enum
{
  STUDIO_CHART_SEGMENTS, STUDIO_CHART_TIMELINE, STUDIO_CHART_SLOWEST
} StudioProfileChartKind;

/* Signal: pick (guint64 node): a block of the timeline was clicked. */
#define STUDIO_TYPE_PROFILE_CHART (studio_profile_chart_get_type ())
G_DECLARE_FINAL_TYPE (StudioProfileChart, studio_profile_chart, STUDIO, PROFILE_CHART, GtkWidget)

GtkWidget  *studio_profile_chart_new  (StudioProfileChartKind kind);
/* @profile (nullable); bars are hatched while @stale; @active is outlined (0: none). */
void        studio_profile_chart_show (StudioProfileChart *self, AnfProfile *profile,
                                       gboolean stale, AnfId active);
/* The colour of a segment, by its place: "anf_seg_0"; bridges have their own. */
const char *studio_segment_color      (const AnfSegment *segment, guint i);

G_END_DECLS
