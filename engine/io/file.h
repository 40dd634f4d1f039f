/* file.h - files as the readers and writers see them: mapped in, replaced in one step out. */
#pragma once

#include <gio/gio.h>

/* Sets ANF_ERROR_BAD_FILE; always FALSE, so that a check can end with it. */
gboolean       anf_bad_file        (GError **error, const char *format, ...)
                                    G_GNUC_PRINTF (2, 3);
/* Puts the file or a place in it before the cause, and keeps the message one clean line. */
gboolean       anf_bad_file_in     (GError **error, const char *format, ...)
                                    G_GNUC_PRINTF (2, 3);

/* The bytes of a regular file. All else (FIFO, device, folder) is refused, never waited for. */
GBytes        *anf_file_map        (const char *path, GError **error);

/* Writes beside @path and takes its place at the end: readers see the old file or the new one. What
 * goes wrong while writing is told by anf_file_writer_end. */
typedef struct _AnfFileWriter AnfFileWriter;
AnfFileWriter *anf_file_writer_new (const char *path, GError **error);
void           anf_file_writer_put (AnfFileWriter *self, gconstpointer data, gsize size);
gboolean       anf_file_writer_end (AnfFileWriter *self, GError **error);   /* frees the writer */
void           anf_file_writer_free (AnfFileWriter *self);                  /* gives up */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfFileWriter, anf_file_writer_free)
