/* blob.c - writes and reads BLOBFILE version 2 as Apple's own writer lays it out: a header, then
 * records and their data, each at a multiple of 64. */
#include "mil/blob.h"

#include <string.h>

#define ALIGN 64
#define SENTINEL 0xDEADBEEFu
#define VERSION 2

typedef struct { AnfMilData data; guint64 offset; } Record;

struct _AnfMilBlob
{
  GArray  *records;                /* Record */
  guint64  end;                    /* of the last record's data */
};

static void
record_clear (Record *record)
{
  g_bytes_unref (record->data.bytes);
}

AnfMilBlob *
anf_mil_blob_new (void)
{
  AnfMilBlob *self = g_new0 (AnfMilBlob, 1);

  self->records = g_array_new (FALSE, FALSE, sizeof (Record));
  g_array_set_clear_func (self->records, (GDestroyNotify) record_clear);
  self->end = ALIGN;
  return self;
}

void
anf_mil_blob_free (AnfMilBlob *self)
{
  g_array_unref (self->records);
  g_free (self);
}

static guint64
aligned (guint64 offset)
{
  return (offset + ALIGN - 1) & ~(guint64) (ALIGN - 1);
}

guint64
anf_mil_blob_add (AnfMilBlob *self, const AnfMilData *data)
{
  Record record = { *data, aligned (self->end) };

  g_assert (anf_mil_dtype_code (data->type.dtype) != 0);
  g_assert (g_bytes_get_size (data->bytes) == anf_mil_type_bytes (&data->type));

  for (guint i = 0; i < self->records->len; i++)
    {
      const Record *old = &g_array_index (self->records, Record, i);

      if (old->data.bytes == data->bytes && old->data.type.dtype == data->type.dtype
          && anf_mil_type_elements (&old->data.type) == anf_mil_type_elements (&data->type))
        return old->offset;
    }
  g_bytes_ref (data->bytes);
  g_array_append_val (self->records, record);
  self->end = record.offset + ALIGN + g_bytes_get_size (data->bytes);
  return record.offset;
}

const AnfMilData *
anf_mil_blob_find (const AnfMilBlob *self, guint64 offset)
{
  for (guint i = 0; i < self->records->len; i++)
    if (g_array_index (self->records, Record, i).offset == offset)
      return &g_array_index (self->records, Record, i).data;
  g_assert_not_reached ();
}

guint   anf_mil_blob_n    (const AnfMilBlob *self) { return self->records->len; }
guint64 anf_mil_blob_size (const AnfMilBlob *self) { return self->end; }

static void
put32 (guint8 *at, guint32 value)
{
  value = GUINT32_TO_LE (value);
  memcpy (at, &value, sizeof value);
}

static void
put64 (guint8 *at, guint64 value)
{
  value = GUINT64_TO_LE (value);
  memcpy (at, &value, sizeof value);
}

static guint32
get32 (const guint8 *at)
{
  guint32 value;

  memcpy (&value, at, sizeof value);
  return GUINT32_FROM_LE (value);
}

static guint64
get64 (const guint8 *at)
{
  guint64 value;

  memcpy (&value, at, sizeof value);
  return GUINT64_FROM_LE (value);
}

static void
describe (const Record *record, guint8 *out)
{
  gsize size = g_bytes_get_size (record->data.bytes);
  guint bits = anf_mil_dtype_bits (record->data.type.dtype);

  memset (out, 0, ALIGN);
  put32 (out, SENTINEL);
  put32 (out + 4, anf_mil_dtype_code (record->data.type.dtype));
  put64 (out + 8, size);
  put64 (out + 16, record->offset + ALIGN);
  put64 (out + 24, size * 8 - anf_mil_type_elements (&record->data.type) * bits);
}

gboolean
anf_mil_blob_write (const AnfMilBlob *self, GOutputStream *stream, GCancellable *cancellable,
                    GError **error)
{
  static const guint8 zeros[ALIGN];
  guint8 head[ALIGN] = { 0 };
  guint64 at = ALIGN;

  put32 (head, self->records->len);
  put32 (head + 4, VERSION);
  if (!g_output_stream_write_all (stream, head, ALIGN, NULL, cancellable, error))
    return FALSE;

  for (guint i = 0; i < self->records->len; i++)
    {
      const Record *record = &g_array_index (self->records, Record, i);
      gsize size;
      const guint8 *data = g_bytes_get_data (record->data.bytes, &size);

      describe (record, head);
      if (!g_output_stream_write_all (stream, zeros, record->offset - at, NULL, cancellable, error)
          || !g_output_stream_write_all (stream, head, ALIGN, NULL, cancellable, error)
          || !g_output_stream_write_all (stream, data, size, NULL, cancellable, error))
        return FALSE;
      at = record->offset + ALIGN + size;
    }
  return TRUE;
}

static gboolean
damaged (GError **error, guint64 offset, const char *what)
{
  g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_FILE,
               "Weight record at byte %" G_GUINT64_FORMAT ": %s", offset, what);
  return FALSE;
}

gboolean
anf_mil_blob_read (GBytes *file, guint64 offset, AnfMilRecord *record, GError **error)
{
  gsize total;
  const guint8 *bytes = g_bytes_get_data (file, &total);
  const guint8 *at;
  guint64 size, where, padding;
  guint bits;

  if (offset > total || total - offset < ALIGN)
    return damaged (error, offset, "lies outside the file");
  at = bytes + offset;
  if (get32 (at) != SENTINEL)
    return damaged (error, offset, "does not begin with the mark of a record");
  if (!anf_mil_dtype_from_code (get32 (at + 4), &record->dtype))
    return damaged (error, offset, "holds numbers of an unknown type");

  size = get64 (at + 8);
  where = get64 (at + 16);
  bits = anf_mil_dtype_bits (record->dtype);
  /* Files of iOS 15 have anything there: what is as wide as bytes needs none. */
  padding = bits < 8 ? get64 (at + 24) : 0;
  if (where > total || total - where < size)
    return damaged (error, offset, "its data lie outside the file");
  if (padding >= 8 || padding > size * 8 || (size * 8 - padding) % bits != 0)
    return damaged (error, offset, "holds no whole number of elements");

  record->data = bytes + where;
  record->size = size;
  record->n_elements = (size * 8 - padding) / bits;
  record->next = aligned (where + size);
  return TRUE;
}

gboolean
anf_mil_blob_check (GBytes *file, guint *n, GError **error)
{
  gsize total;
  const guint8 *bytes = g_bytes_get_data (file, &total);
  guint64 offset = ALIGN;
  guint32 count;

  if (total < ALIGN || get32 (bytes + 4) != VERSION)
    {
      g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_FILE, "This is no weight file of version %d",
                   VERSION);
      return FALSE;
    }
  count = get32 (bytes);
  for (guint32 i = 0; i < count; i++)
    {
      AnfMilRecord record;

      if (!anf_mil_blob_read (file, offset, &record, error))
        return FALSE;
      if (record.data != bytes + offset + ALIGN)
        return damaged (error, offset, "its data do not follow it");
      offset = record.next;
    }
  if (n != NULL)
    *n = count;
  return TRUE;
}
