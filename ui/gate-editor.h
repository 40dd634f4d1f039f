/* gate-editor.h - a form for one accuracy gate, in a popover: output, metric, limit, inputs. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

/* A panel (graph); signal edit. */
#define STUDIO_TYPE_GATE_EDITOR (studio_gate_editor_get_type ())
G_DECLARE_FINAL_TYPE (StudioGateEditor, studio_gate_editor, STUDIO, GATE_EDITOR, StudioPanel)

#define STUDIO_NEW_GATE (-1)

GtkWidget  *studio_gate_editor_new    (void);
/* Fills the form with gate @index of the graph, or for a new one. */
void        studio_gate_editor_begin  (StudioGateEditor *self, int index);
/* A menu button of class "small" that opens an editor of its own; @owner adopts it. */
GtkWidget  *studio_gate_button_new    (StudioPanel *owner, int index);

/* What both the form and the cards say of a metric. */
const char *studio_metric_title       (const char *metric);    /* "relative L2" */
gboolean    studio_metric_is_floor    (const char *metric);    /* value >= limit passes */
/* Asks for another limit; FALSE with @reason (transfer full) where @text is none. */
gboolean    studio_gate_set_limit     (StudioPanel *panel, guint index, const char *text,
                                       char **reason);
void        studio_gate_remove        (StudioPanel *panel, guint index);

G_END_DECLS
