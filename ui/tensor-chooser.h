/* tensor-chooser.h - a window to pick one tensor of a weight file by name. */
#pragma once

#include <gtk/gtk.h>

#include "anf.h"

G_BEGIN_DECLS

/* Signal: chosen (const char *name): Enter, a double click, or the button. Closes itself after. */
#define STUDIO_TYPE_TENSOR_CHOOSER (studio_tensor_chooser_get_type ())
G_DECLARE_FINAL_TYPE (StudioTensorChooser, studio_tensor_chooser, STUDIO, TENSOR_CHOOSER, GtkWindow)

/* Marks what fits @role of the node of @id; what does not stays listed and says why. */
GtkWidget *studio_tensor_chooser_new (AnfTensors *file, const char *path, AnfGraph *graph,
                                      AnfReport *report, AnfId id, const char *role);

G_END_DECLS
