/* trial.h - one picture through a model: the window that asks for it and shows the answer. */
#pragma once

#include <gtk/gtk.h>

#include "anf.h"

G_BEGIN_DECLS

/* A window over @parent. @input: the node that takes the picture (0: the first that can); @path
 * (nullable): the first picture. */
void      studio_trial_show  (GtkWindow  *parent,
                              AnfGraph   *graph,
                              AnfId       input,
                              const char *path);
/* The input a picture goes to: @input if it takes one, else the first; 0: none does. */
AnfId     studio_trial_input (AnfGraph   *graph,
                              AnfId       input);

G_END_DECLS
