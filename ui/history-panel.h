/* history-panel.h - every state of the document since it was opened; one click goes there. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Property: steps (GListModel of StudioStep, nullable), the oldest first. A row activates
 * win.jump with its number. */
#define STUDIO_TYPE_HISTORY_PANEL (studio_history_panel_get_type ())
G_DECLARE_FINAL_TYPE (StudioHistoryPanel, studio_history_panel, STUDIO, HISTORY_PANEL, GtkWidget)

GtkWidget *studio_history_panel_new (void);

G_END_DECLS
