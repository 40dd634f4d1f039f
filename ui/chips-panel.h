/* chips-panel.h - the document on every chip: estimates, and what each family does with each op. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

#define STUDIO_TYPE_CHIPS_PANEL (studio_chips_panel_get_type ())
G_DECLARE_FINAL_TYPE (StudioChipsPanel, studio_chips_panel, STUDIO, CHIPS_PANEL, StudioPanel)

GtkWidget *studio_chips_panel_new (void);

G_END_DECLS
