/* profile-panel.h - what a run took: tiles, table, bars, timeline. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

/* Properties used: graph, plan, profile, stale, selection (written too).
 * Signal: show-node (guint64 id). The empty state's button activates "win.run". */
#define STUDIO_TYPE_PROFILE_PANEL (studio_profile_panel_get_type ())
G_DECLARE_FINAL_TYPE (StudioProfilePanel, studio_profile_panel, STUDIO, PROFILE_PANEL, StudioPanel)

GtkWidget *studio_profile_panel_new (void);
/* The table as tab separated values, as Ctrl+C copies it (transfer full). */
char      *studio_profile_panel_dup_tsv (StudioProfilePanel *self);

G_END_DECLS
