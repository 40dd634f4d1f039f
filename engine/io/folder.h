/* folder.h - folders that appear whole or not at all. */
#pragma once

#include <gio/gio.h>

/* A folder beside @path that takes its place at the end. What is at @path may be nothing, an empty
 * folder, or a folder that @is_ours knows; else an error. */
typedef struct _AnfFolder AnfFolder;

AnfFolder  *anf_folder_new    (const char *path, gboolean (*is_ours) (const char *path),
                               GError **error);
/* Where to write a file of that name, subfolders made; (transfer full). */
char       *anf_folder_path   (AnfFolder *self, const char *name, GError **error);
gboolean    anf_folder_put    (AnfFolder *self, const char *name, const char *text, gsize length,
                               GError **error);
/* Frees the folder, and on failure everything that was written. */
gboolean    anf_folder_end    (AnfFolder *self, GError **error);
void        anf_folder_free   (AnfFolder *self);               /* gives up */

/* Whether the folder at @path holds a JSON object in the file @name that has both keys. */
gboolean    anf_folder_has_manifest (const char *path, const char *name, const char *key,
                                     const char *other);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfFolder, anf_folder_free)
