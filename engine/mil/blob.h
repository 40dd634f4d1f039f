/* blob.h - BLOBFILE version 2, where MIL programs keep their weights. */
#pragma once

#include "mil/type.h"

/* Records in the order they were added; the bytes are not copied. */
typedef struct _AnfMilBlob AnfMilBlob;

AnfMilBlob *anf_mil_blob_new   (void);
void        anf_mil_blob_free  (AnfMilBlob *self);
/* The offset to name the record by. The same bytes added again are the same record. */
guint64     anf_mil_blob_add   (AnfMilBlob *self, const AnfMilData *data);
/* What was added there; it must have been. */
const AnfMilData *anf_mil_blob_find (const AnfMilBlob *self, guint64 offset);
guint       anf_mil_blob_n     (const AnfMilBlob *self);
guint64     anf_mil_blob_size  (const AnfMilBlob *self);       /* of the file */
gboolean    anf_mil_blob_write (const AnfMilBlob *self, GOutputStream *stream,
                                GCancellable *cancellable, GError **error);

/* One record of a file in memory; nothing of the file is believed unchecked. */
typedef struct
{
  AnfMilDtype   dtype;
  const guint8 *data;
  gsize         size, n_elements;
  guint64       next;              /* where the next record would be */
} AnfMilRecord;

gboolean    anf_mil_blob_read  (GBytes *file, guint64 offset, AnfMilRecord *record,
                                GError **error);
/* Header and every record; @n (nullable) receives their number. */
gboolean    anf_mil_blob_check (GBytes *file, guint *n, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfMilBlob, anf_mil_blob_free)
