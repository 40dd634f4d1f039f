/* files.h - keeping a document: saving with a backup, and copies that survive a crash. */
#pragma once

#include "anf.h"

G_BEGIN_DECLS

/* These fit StudioLoad and StudioSave of worker.h; they block, so call them there. */

/* The former contents of @path stay as PATH~. @origin is not used. */
gboolean   studio_file_save         (AnfGraph    *graph,
                                     const char  *path,
                                     const char  *origin,
                                     GError     **error);

/* A recovery file holds a document, the path it came from (@origin, nullable), and the folder that
 * its relative file names are meant from. */
gboolean   studio_recovery_save     (AnfGraph    *graph,
                                     const char  *path,
                                     const char  *origin,
                                     GError     **error);
AnfGraph  *studio_recovery_load     (const char  *path,
                                     GError     **error);
/* Where it came from (transfer full); NULL: never saved, or not readable. */
char      *studio_recovery_origin   (const char  *path);

/* A place for a recovery file that belongs to this process as long as it lives. */
typedef struct _StudioRecovery StudioRecovery;
StudioRecovery *studio_recovery_new  (void);
const char     *studio_recovery_path (StudioRecovery *self);
/* Deletes the file: the document was saved, or left on purpose. */
void            studio_recovery_clear (StudioRecovery *self);
/* Lets go of the place; a file that is there waits for the next start. */
void            studio_recovery_free (StudioRecovery *self);

/* Takes over what crashed processes left; the array holds StudioRecovery. */
GPtrArray      *studio_recovery_orphans (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StudioRecovery, studio_recovery_free)

G_END_DECLS
