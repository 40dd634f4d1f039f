/* panes.h - keeps the sizes of panes between sessions. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

typedef enum { STUDIO_PANE_START, STUDIO_PANE_END } StudioPane;

/* That child of @paned gets the size under @key, or @size without @settings (nullable), and what
 * the user makes of it is written back. */
void studio_panes_remember (GtkPaned   *paned,
                            StudioPane  pane,
                            GSettings  *settings,
                            const char *key,
                            int         size);

G_END_DECLS
