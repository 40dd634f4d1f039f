/* picture.h - pictures in files as what an input of a graph is fed with. */
#pragma once

#include <gdk-pixbuf/gdk-pixbuf.h>

#include "anf.h"

/* Whether a file of that name is a picture that can be read here: PNG, JPEG, WebP and others. */
gboolean   studio_picture_is       (const char *path);
/* Whether the input @node takes a picture: [N, C, H, W], [N, H, W, C] or [C, H, W], of 1, 3 or 4
 * channels. @width, @height (nullable): what it is scaled to. */
gboolean   studio_picture_fits     (const AnfGraph *graph, const AnfNode *node, int *width,
                                    int *height);
/* The picture at @path, upright, scaled until it just covers @width times @height, and its middle
 * cut out. (transfer full) */
GdkPixbuf *studio_picture_load     (const char *path, int width, int height, GError **error);
/* As the input takes it: bytes as they are (RGB, or their luma), numbers from 0 to 1, and these
 * less "mean" and divided by "std" where the node says so. (transfer full) */
AnfTensor *studio_picture_tensor   (const AnfGraph *graph, const AnfNode *node,
                                    const GdkPixbuf *picture, GError **error);
/* Both at once. */
AnfTensor *studio_picture_feed     (const AnfGraph *graph, const AnfNode *node, const char *path,
                                    GError **error);
