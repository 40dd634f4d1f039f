/* compare-panel.h - two runs side by side: times, operators, gates, changes of the graph. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

/* Runs come from the log of the document, and are there at the next start, too. It activates
 * win.measure-variant (string: an encoding), win.compare-with and win.report. */
#define STUDIO_TYPE_COMPARE_PANEL (studio_compare_panel_get_type ())
G_DECLARE_FINAL_TYPE (StudioComparePanel, studio_compare_panel, STUDIO, COMPARE_PANEL, StudioPanel)

GtkWidget *studio_compare_panel_new   (void);
/* Another document, to be held against this one; @name is shown. */
void       studio_compare_panel_other (StudioComparePanel *self, AnfGraph *graph, const char *name);
/* Which runs are compared, counted from the last; FALSE: there are not so many. */
gboolean   studio_compare_panel_pick  (StudioComparePanel *self, guint a, guint b);

G_END_DECLS
