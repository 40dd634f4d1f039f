/* pipeline-panel.h - the steps of the last job, with their times, as they happen. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Property: stages (GListModel of StudioStage, nullable). */
#define STUDIO_TYPE_PIPELINE_PANEL (studio_pipeline_panel_get_type ())
G_DECLARE_FINAL_TYPE (StudioPipelinePanel, studio_pipeline_panel, STUDIO, PIPELINE_PANEL, GtkWidget)

GtkWidget *studio_pipeline_panel_new (void);

G_END_DECLS
