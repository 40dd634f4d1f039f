/* treemap.h - a whole cut into areas as large as its parts: segments, and in them operators. */
#pragma once

#include <gtk/gtk.h>

#include "anf.h"

G_BEGIN_DECLS

/* Can be focused: Left and Right go from part to part, Enter picks.
 * Signal: pick (guint64 node): a part was clicked, or chosen by key. */
#define STUDIO_TYPE_TREEMAP (studio_treemap_get_type ())
G_DECLARE_FINAL_TYPE (StudioTreemap, studio_treemap, STUDIO, TREEMAP, GtkWidget)

GtkWidget *studio_treemap_new  (int height);
/* @profile (nullable); hatched while @stale; @active is outlined (0: none). */
void       studio_treemap_show (StudioTreemap *self, AnfProfile *profile, gboolean stale,
                                AnfId active);

/* Cuts @whole into areas that are as @value to their sum, as square as can be, the largest first;
 * @value falls. @area gets one for each. */
void       studio_squarify     (const graphene_rect_t *whole, const double *value, guint n,
                                graphene_rect_t *area);

G_END_DECLS
