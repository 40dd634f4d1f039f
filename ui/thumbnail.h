/* thumbnail.h - a whole graph on the size of a card: boxes by category, wires, nothing to click. */
#pragma once

#include <gtk/gtk.h>

#include "anf.h"

G_BEGIN_DECLS

GtkWidget *studio_thumbnail_new (AnfGraph *graph);

G_END_DECLS
