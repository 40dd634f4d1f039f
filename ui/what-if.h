/* what-if.h - what the selected operator could be instead, and what that would change. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

/* Nothing happens to the document before a row is applied: then it asks for an edit. */
#define STUDIO_TYPE_WHAT_IF (studio_what_if_get_type ())
G_DECLARE_FINAL_TYPE (StudioWhatIf, studio_what_if, STUDIO, WHAT_IF, StudioPanel)

GtkWidget *studio_what_if_new     (void);
/* The document without these nodes: who reads one gets what its first input reads (transfer full).
 * NULL with an error: a node has no input, or the rest is no graph. */
AnfGraph  *studio_graph_without   (AnfGraph *graph, const GArray *ids, GError **error);
/* Applies the row that stands first, second…; FALSE: there is none, or it cannot be. */
gboolean   studio_what_if_apply   (StudioWhatIf *self, guint row);

G_END_DECLS
