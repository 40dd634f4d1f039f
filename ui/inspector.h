/* inspector.h - all there is to say and set about the selected node, or the document. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

/* Properties used: graph, report, plan, weights, profile, stale, selection. Signal: edit. */
#define STUDIO_TYPE_INSPECTOR (studio_inspector_get_type ())
G_DECLARE_FINAL_TYPE (StudioInspector, studio_inspector, STUDIO, INSPECTOR, StudioPanel)

GtkWidget *studio_inspector_new (void);
/* Offers the tensors of @path for @role of the active node, as after choosing it in the dialog. */
void       studio_inspector_attach (StudioInspector *self, const char *role, const char *path);

G_END_DECLS
