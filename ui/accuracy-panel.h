/* accuracy-panel.h - the document's gates, measured against their limits. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

/* Properties used: graph, gates, stale, selection.
 * Signals: edit; run (): the gates are to be measured. */
#define STUDIO_TYPE_ACCURACY_PANEL (studio_accuracy_panel_get_type ())
G_DECLARE_FINAL_TYPE (StudioAccuracyPanel, studio_accuracy_panel, STUDIO, ACCURACY_PANEL,
                      StudioPanel)

GtkWidget *studio_accuracy_panel_new (void);

G_END_DECLS
