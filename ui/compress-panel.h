/* compress-panel.h - every weight by every encoding, and the choice. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

/* Properties used: graph, report, weights, selection (written too). Signal: edit. */
#define STUDIO_TYPE_COMPRESS_PANEL (studio_compress_panel_get_type ())
G_DECLARE_FINAL_TYPE (StudioCompressPanel, studio_compress_panel, STUDIO, COMPRESS_PANEL,
                      StudioPanel)

GtkWidget *studio_compress_panel_new (void);

G_END_DECLS
