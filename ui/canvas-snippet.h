/* canvas-snippet.h - snippets go into the graph beside the active node, and are wired to it. */
#pragma once

#include "canvas.h"

G_BEGIN_DECLS

/* One of snippet.h's own by its name, or text as the clipboard has it, called @name. One step. */
void  studio_canvas_insert_snippet      (StudioCanvas *self,
                                         const char   *name);
void  studio_canvas_insert_snippet_text (StudioCanvas *self,
                                         const char   *text);
/* The chosen nodes as text (transfer full); NULL: none is chosen. */
char *studio_canvas_dup_snippet_text    (StudioCanvas *self);

G_END_DECLS
