/* picture.h - small images as bytes: PNG (not interlaced, up to 8 bits a channel), PGM and PPM. */
#pragma once

#include <gio/gio.h>

typedef struct { guint width, height, channels; guint8 *bytes; } AnfPicture;   /* C, H, W */

/* FALSE with an error whose message is the cause alone. @bytes is to be freed. */
gboolean anf_picture_open (const char *path, AnfPicture *picture, GError **error);
