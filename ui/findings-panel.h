/* findings-panel.h - the report as a list. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

/* Properties used: graph, report, selection. Signals: show-node (guint64 id), edit. */
#define STUDIO_TYPE_FINDINGS_PANEL (studio_findings_panel_get_type ())
G_DECLARE_FINAL_TYPE (StudioFindingsPanel, studio_findings_panel, STUDIO, FINDINGS_PANEL,
                      StudioPanel)

GtkWidget *studio_findings_panel_new (void);
/* Goes to the next (1) or previous (-1) problem that is shown, round the end, and activates it. */
void       studio_findings_panel_next (StudioFindingsPanel *self, int direction);
/* Does what mends the problem in that line, as one step. FALSE: nothing is known that does. */
gboolean   studio_findings_panel_fix  (StudioFindingsPanel *self,
                                       guint                position,
                                       GError             **error);
/* The problem that was gone to last. */
void       studio_findings_panel_fix_selected (StudioFindingsPanel *self);

G_END_DECLS
