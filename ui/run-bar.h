/* run-bar.h - what to compile for, what computes, Run and Stop. */
#pragma once

#include <gtk/gtk.h>

#include "anf.h"

G_BEGIN_DECLS

/* Properties: graph (boxed), busy (boolean), stage (string, nullable), fraction (double).
 * Signal: edit (AnfGraph *graph, const char *label, const char *merge): another target was chosen.
 * The buttons activate win.run and win.stop. */
#define STUDIO_TYPE_RUN_BAR (studio_run_bar_get_type ())
G_DECLARE_FINAL_TYPE (StudioRunBar, studio_run_bar, STUDIO, RUN_BAR, GtkWidget)

GtkWidget *studio_run_bar_new (void);

G_END_DECLS
