/* tensor-view.h - a tensor as pictures of its last two axes, one for each index before. */
#pragma once

#include <gtk/gtk.h>

#include "anf.h"

G_BEGIN_DECLS

/* Where the numbers of a tensor are in its pictures. */
typedef struct { gsize maps, rows, columns; } StudioSlices;

StudioSlices studio_tensor_slices (const AnfTensor *tensor);
/* "(0, 5, 3, 9)": the indices of element @at (transfer full). */
char        *studio_tensor_place  (const AnfTensor *tensor, gsize at);

#define STUDIO_TYPE_TENSOR_VIEW (studio_tensor_view_get_type ())
G_DECLARE_FINAL_TYPE (StudioTensorView, studio_tensor_view, STUDIO, TENSOR_VIEW, GtkWidget)

typedef enum { STUDIO_RAMP_HEAT, STUDIO_RAMP_DIFFERENCE } StudioRamp;

GtkWidget *studio_tensor_view_new  (const char *name, StudioRamp ramp);
/* Of @tensor (nullable), or of @tensor minus @minus (nullable), from @low to @high in colour. */
void       studio_tensor_view_show (StudioTensorView *self, AnfTensor *tensor, AnfTensor *minus,
                                    double low, double high);

G_END_DECLS
