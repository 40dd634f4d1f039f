/* compare-tiles.h - the figures of two runs as wholes, from one to the other. */
#pragma once

#include <gtk/gtk.h>

#include "anf.h"

G_BEGIN_DECLS

#define STUDIO_TYPE_COMPARE_TILES (studio_compare_tiles_get_type ())
G_DECLARE_FINAL_TYPE (StudioCompareTiles, studio_compare_tiles, STUDIO, COMPARE_TILES, GtkBox)

GtkWidget *studio_compare_tiles_new  (void);
/* Either may be NULL: then there is nothing to tell. */
void       studio_compare_tiles_show (StudioCompareTiles *self, const AnfRecord *a,
                                      const AnfRecord *b);

G_END_DECLS
