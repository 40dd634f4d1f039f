/* outline.h - the nodes as a table: the graph's editor for keyboard and screen reader. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

/* Properties used: graph, report, selection (written too). Signal: edit. */
#define STUDIO_TYPE_OUTLINE (studio_outline_get_type ())
G_DECLARE_FINAL_TYPE (StudioOutline, studio_outline, STUDIO, OUTLINE, StudioPanel)

GtkWidget *studio_outline_new (void);
/* Renames the active node in its row, as F2 does. */
void       studio_outline_rename (StudioOutline *self);
/* Selects the next (1) or previous (-1) node that is shown, round the end. */
void       studio_outline_next (StudioOutline *self, int direction);

G_END_DECLS
