/* weight-side.h - one weight in detail: its numbers, and what each encoding makes of them. */
#pragma once

#include <gtk/gtk.h>

#include "anf.h"

G_BEGIN_DECLS

#define STUDIO_TYPE_WEIGHT_SIDE (studio_weight_side_get_type ())
G_DECLARE_FINAL_TYPE (StudioWeightSide, studio_weight_side, STUDIO, WEIGHT_SIDE, GtkBox)

GtkWidget *studio_weight_side_new  (void);
/* @facts NULL: nothing is selected. */
void       studio_weight_side_show (StudioWeightSide *self, const AnfGraph *graph,
                                    const AnfReport *report, const AnfWeightFacts *facts);

G_END_DECLS
