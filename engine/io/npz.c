/* npz.c - NumPy's archive: a ZIP file whose members are .npy files, stored or deflated. */
#include "io/file.h"
#include "io/tensors.h"

#include <string.h>

/* Sizes and signatures of the ZIP format (APPNOTE.TXT of PKWARE, sections 4.3 and 4.4). */
#define LOCAL_SIZE 30
#define CENTRAL_SIZE 46
#define END_SIZE 22
#define END64_SIZE 56
#define LOCATOR_SIZE 20
#define LOCAL_MARK 0x04034b50
#define CENTRAL_MARK 0x02014b50
#define END_MARK 0x06054b50
#define END64_MARK 0x06064b50
#define LOCATOR_MARK 0x07064b50
#define ENCRYPTED 1                /* bit of the flags */

/* Deflate cannot shrink by more than 1032:1 (zlib's technical notes): a larger size is a lie. */
#define MAX_RATIO 1032
#define MAX_INFLATED ((gsize) 1 << 31)

typedef struct
{
  guint   method;                  /* 0 stored, 8 deflated */
  guint   flags;
  guint32 crc;
  guint64 packed, size;            /* bytes in the file, and of the .npy */
  guint64 local;                   /* where its local header is */
  guint16 name_length;
} Place;

static guint16
get16 (const guint8 *at)
{
  return at[0] | at[1] << 8;
}

static guint32
get32 (const guint8 *at)
{
  return get16 (at) | (guint32) get16 (at + 2) << 16;
}

static guint64
get64 (const guint8 *at)
{
  return get32 (at) | (guint64) get32 (at + 4) << 32;
}

/* CRC-32 as ZIP and Ethernet have it, reflected polynomial 0xEDB88320. */
static guint32
crc32_of (const guint8 *data, gsize size)
{
  static guint32 table[256];
  static gsize ready;
  guint32 crc = 0xFFFFFFFF;

  if (g_once_init_enter (&ready))
    {
      for (guint32 i = 0; i < 256; i++)
        {
          guint32 c = i;

          for (int bit = 0; bit < 8; bit++)
            c = c & 1 ? 0xEDB88320 ^ c >> 1 : c >> 1;
          table[i] = c;
        }
      g_once_init_leave (&ready, 1);
    }
  for (gsize i = 0; i < size; i++)
    crc = table[(crc ^ data[i]) & 0xFF] ^ crc >> 8;
  return ~crc;
}

/* Inflates all of @data into exactly @size bytes. */
static gboolean
inflate (const guint8 *data, gsize packed, guint8 *out, gsize size, GError **error)
{
  g_autoptr(GZlibDecompressor) zlib = g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_RAW);
  g_autoptr(GError) cause = NULL;
  GConverterResult result = G_CONVERTER_CONVERTED;
  guint8 spare;                    /* zlib wants room even when nothing is to come */
  gsize in = 0, made = 0;

  while (result == G_CONVERTER_CONVERTED)
    {
      gsize took = 0, gave = 0;
      gboolean full = made == size;

      result = g_converter_convert (G_CONVERTER (zlib), data + in, packed - in,
                                    full ? &spare : out + made, full ? 1 : size - made,
                                    G_CONVERTER_INPUT_AT_END, &took, &gave, &cause);
      if (full && gave > 0)
        return anf_bad_file (error, "it inflates to more than its %" G_GSIZE_FORMAT " bytes",
                             size);
      in += took;
      made += gave;
      if (result == G_CONVERTER_CONVERTED && took == 0 && gave == 0)
        break;
    }
  if (result == G_CONVERTER_ERROR)
    return anf_bad_file (error, "its deflated data is damaged: %s", cause->message);
  if (result != G_CONVERTER_FINISHED || made != size)
    return anf_bad_file (error, "its deflated data ends too early");
  return TRUE;
}

/* Where the member's data begins: behind the local header, whose name and extra may differ. */
static gboolean
find_data (AnfTensors *self, const Place *place, gsize *begin, GError **error)
{
  gsize size;
  const guint8 *data = anf_tensors_data (self, &size), *local;
  guint64 room;

  if (size < LOCAL_SIZE || place->local > size - LOCAL_SIZE
      || get32 (data + place->local) != LOCAL_MARK)
    return anf_bad_file (error, "its header is not where the table says");
  local = data + place->local;
  if (get16 (local + 8) != place->method || get16 (local + 26) != place->name_length)
    return anf_bad_file (error, "its header and the table do not agree");
  *begin = place->local + LOCAL_SIZE + get16 (local + 26) + get16 (local + 28);
  room = *begin <= size ? size - *begin : 0;
  if (*begin > size || place->packed > room)
    return anf_bad_file (error, "its data goes past the end of the file");
  return TRUE;
}

static GBytes *
unpack (AnfTensors *self, const Place *place, gsize begin, GError **error)
{
  gsize size = place->size;
  const guint8 *data = anf_tensors_data (self, NULL) + begin;
  g_autofree guint8 *out = NULL;

  if (size > MAX_INFLATED || size / MAX_RATIO > place->packed + 1)
    return anf_bad_file (error, "%" G_GSIZE_FORMAT " bytes are too many for its deflated data",
                         size), NULL;
  if ((out = g_try_malloc (MAX (size, 1))) == NULL)
    return anf_bad_file (error, "no memory for its %" G_GSIZE_FORMAT " bytes", size), NULL;
  if (!inflate (data, place->packed, out, size, error))
    return NULL;
  if (crc32_of (out, size) != place->crc)
    return anf_bad_file (error, "its checksum is wrong: the file is damaged"), NULL;
  return g_bytes_new_take (g_steal_pointer (&out), size);
}

static AnfTensor *
load (AnfTensors *self, gconstpointer data, GError **error)
{
  const Place *place = data;
  g_autoptr(GBytes) member = NULL, numbers = NULL;
  AnfNpy npy;
  gsize begin = 0;

  if (place->flags & ENCRYPTED)
    return anf_bad_file (error, "it is encrypted"), NULL;
  if (place->method != 0 && place->method != 8)
    return anf_bad_file (error, "it is packed by method %u; only stored and deflated members "
                         "are read", place->method), NULL;
  if (place->method == 0 && place->packed != place->size)
    return anf_bad_file (error, "it is stored but has two sizes"), NULL;
  if (!find_data (self, place, &begin, error))
    return NULL;
  member = place->method == 0 ? anf_tensors_slice (self, begin, place->size)
                              : unpack (self, place, begin, error);
  if (member == NULL
      || !anf_npy_parse (g_bytes_get_data (member, NULL), g_bytes_get_size (member), &npy, error))
    return NULL;
  numbers = g_bytes_new_from_bytes (member, npy.begin, npy.size);
  return anf_npy_tensor (&npy, numbers, error);
}

/* Sizes too wide for 32 bits stand in the extra field 1, in this order, only those that are -1. */
static gboolean
read_zip64 (const guint8 *extra, gsize size, Place *place)
{
  guint64 *const wide[] = { &place->size, &place->packed, &place->local };

  while (size >= 4 && get16 (extra) != 1)
    {
      gsize skip = 4 + get16 (extra + 2);

      if (skip > size)
        return FALSE;
      extra += skip;
      size -= skip;
    }
  if (size < 4)
    return place->size != G_MAXUINT32 && place->packed != G_MAXUINT32
           && place->local != G_MAXUINT32;

  size = MIN (size - 4, get16 (extra + 2));
  extra += 4;
  for (guint i = 0; i < G_N_ELEMENTS (wide); i++)
    if (*wide[i] == G_MAXUINT32)
      {
        if (size < 8)
          return FALSE;
        *wide[i] = get64 (extra);
        extra += 8;
        size -= 8;
      }
  return TRUE;
}

/* One row of the table; its length, 0 if it does not fit into @room. */
static gsize
read_row (AnfTensors *self, const guint8 *row, gsize room, GError **error)
{
  g_autofree Place *place = g_new0 (Place, 1);
  g_autofree char *name = NULL;
  gsize n_name, n_extra, length;

  if (room < CENTRAL_SIZE || get32 (row) != CENTRAL_MARK)
    return anf_bad_file (error, "the table of members is damaged");
  n_name = get16 (row + 28);
  n_extra = get16 (row + 30);
  length = CENTRAL_SIZE + n_name + n_extra + get16 (row + 32);
  if (length > room)
    return anf_bad_file (error, "the table of members is damaged");

  name = g_strndup ((const char *) row + CENTRAL_SIZE, n_name);
  *place = (Place) { .flags = get16 (row + 8), .method = get16 (row + 10), .crc = get32 (row + 16),
                     .packed = get32 (row + 20), .size = get32 (row + 24),
                     .local = get32 (row + 42), .name_length = n_name };
  if (!read_zip64 (row + CENTRAL_SIZE + n_name, n_extra, place))
    return anf_bad_file (error, "member \"%s\": its 64-bit sizes are damaged", name);
  if (strlen (name) != n_name || !g_utf8_validate (name, -1, NULL))
    return anf_bad_file (error, "member \"%s\": this is no name", name);
  if (!g_str_has_suffix (name, ".npy"))
    return length;                 /* not an array; NumPy does not name it either */
  name[n_name - 4] = '\0';
  if (!anf_tensors_expect (self, name, load, g_steal_pointer (&place)))
    return anf_bad_file (error, "member \"%s.npy\" is there twice", name);
  return length;
}

/* The end record: the last one, as a comment may follow it. NULL: none. */
static const guint8 *
find_end (const guint8 *data, gsize size)
{
  if (size < END_SIZE)
    return NULL;
  for (gsize back = END_SIZE; back <= MIN (size, END_SIZE + G_MAXUINT16); back++)
    {
      const guint8 *end = data + size - back;

      if (get32 (end) == END_MARK && get16 (end + 20) == back - END_SIZE)
        return end;
    }
  return NULL;
}

/* Place, bytes and rows of the table, from the end record or, where it is too narrow, from the
 * 64-bit one. */
static gboolean
find_table (const guint8 *data, gsize size, guint64 *at, guint64 *bytes, guint64 *n,
            GError **error)
{
  const guint8 *end = find_end (data, size);
  guint64 wide;

  if (end == NULL)
    return anf_bad_file (error, "not a .npz archive, or its end is missing");
  *n = get16 (end + 10);
  *bytes = get32 (end + 12);
  *at = get32 (end + 16);
  if (*n == G_MAXUINT16 || *bytes == G_MAXUINT32 || *at == G_MAXUINT32)
    {
      gsize before = end - data;

      if (before < LOCATOR_SIZE + END64_SIZE || get32 (end - LOCATOR_SIZE) != LOCATOR_MARK)
        return anf_bad_file (error, "its 64-bit end record is missing");
      wide = get64 (end - LOCATOR_SIZE + 8);
      if (wide > before - LOCATOR_SIZE - END64_SIZE || get32 (data + wide) != END64_MARK)
        return anf_bad_file (error, "its 64-bit end record is missing");
      *n = get64 (data + wide + 32);
      *bytes = get64 (data + wide + 40);
      *at = get64 (data + wide + 48);
    }
  if (*at > (gsize) (end - data) || *bytes > (gsize) (end - data) - *at)
    return anf_bad_file (error, "the table of members lies outside the file");
  return TRUE;
}

gboolean
anf_npz_scan (AnfTensors *self, GError **error)
{
  gsize size;
  const guint8 *data = anf_tensors_data (self, &size);
  guint64 at = 0, bytes = 0, n = 0;

  if (!find_table (data, size, &at, &bytes, &n, error))
    return FALSE;
  for (guint64 i = 0; i < n; i++)
    {
      gsize length = read_row (self, data + at, bytes, error);

      if (length == 0)
        return FALSE;
      at += length;
      bytes -= length;
    }
  if (bytes != 0)
    return anf_bad_file (error, "the table of members is longer than its %" G_GUINT64_FORMAT
                         " rows", n);
  return TRUE;
}

/* ---------------------------------------------------------------- writing */

typedef struct { AnfFileWriter *file; GByteArray *table; gsize at; guint n; } Writer;

static void
put16 (GByteArray *out, guint value)
{
  g_byte_array_append (out, (const guint8[]) { value, value >> 8 }, 2);
}

static void
put32 (GByteArray *out, guint32 value)
{
  put16 (out, value & 0xFFFF);
  put16 (out, value >> 16);
}

/* What a local header and a row of the table have in common. */
static void
put_member (GByteArray *out, guint32 crc, gsize size, gsize n_name)
{
  put16 (out, 20);                 /* version needed */
  put16 (out, 1 << 11);            /* the name is UTF-8 */
  put16 (out, 0);                  /* stored */
  put32 (out, 0x00210000);         /* 1980-01-01, so that equal numbers make equal files */
  put32 (out, crc);
  put32 (out, size);
  put32 (out, size);
  put16 (out, n_name);
  put16 (out, 0);
}

static void
write_member (Writer *self, const char *name, const AnfTensor *tensor)
{
  g_autofree char *file = g_strconcat (name, ".npy", NULL);
  g_autoptr(GByteArray) body = anf_npy_header (tensor), local = g_byte_array_new ();
  g_autoptr(GBytes) bytes = anf_npy_payload (tensor);
  guint32 crc;

  g_byte_array_append (body, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  crc = crc32_of (body->data, body->len);

  put32 (local, LOCAL_MARK);
  put_member (local, crc, body->len, strlen (file));
  g_byte_array_append (local, (const guint8 *) file, strlen (file));
  anf_file_writer_put (self->file, local->data, local->len);
  anf_file_writer_put (self->file, body->data, body->len);

  put32 (self->table, CENTRAL_MARK);
  put16 (self->table, 20);         /* version made by */
  put_member (self->table, crc, body->len, strlen (file));
  put16 (self->table, 0);          /* comment */
  put16 (self->table, 0);          /* disk */
  put16 (self->table, 0);          /* attributes */
  put32 (self->table, 0);
  put32 (self->table, self->at);
  g_byte_array_append (self->table, (const guint8 *) file, strlen (file));
  self->at += local->len + body->len;
  self->n++;
}

static gboolean
check_fits (const char *path, AnfTensors *tensors, GError **error)
{
  guint64 total = 0;

  if (anf_tensors_n (tensors) >= G_MAXUINT16)
    return anf_bad_file (error, "%s: more tensors than an .npz holds; use .safetensors", path);
  for (guint i = 0; i < anf_tensors_n (tensors); i++)
    {
      const char *name = anf_tensors_nth_name (tensors, i);
      g_autoptr(AnfTensor) tensor = anf_tensors_get (tensors, name, error);

      if (tensor == NULL)
        return FALSE;
      /* bf16 doubles; headers and names are far below 256 bytes and 64 KiB. */
      total += 2 * (guint64) g_bytes_get_size (anf_tensor_bytes (tensor)) + (1 << 17);
      if (total > G_MAXUINT32)
        return anf_bad_file (error, "%s: too large for an .npz; use .safetensors", path);
    }
  return TRUE;
}

gboolean
anf_npz_save (const char *path, AnfTensors *tensors, GError **error)
{
  g_autoptr(GByteArray) table = g_byte_array_new (), end = g_byte_array_new ();
  Writer self = { NULL, table, 0, 0 };

  if (!check_fits (path, tensors, error) || !(self.file = anf_file_writer_new (path, error)))
    return FALSE;
  for (guint i = 0; i < anf_tensors_n (tensors); i++)
    {
      const char *name = anf_tensors_nth_name (tensors, i);
      g_autoptr(AnfTensor) tensor = anf_tensors_get (tensors, name, error);

      if (tensor == NULL)
        {
          anf_file_writer_free (self.file);
          return FALSE;
        }
      write_member (&self, name, tensor);
    }
  put32 (end, END_MARK);
  put32 (end, 0);                  /* disks */
  put16 (end, self.n);
  put16 (end, self.n);
  put32 (end, table->len);
  put32 (end, self.at);
  put16 (end, 0);                  /* comment */
  anf_file_writer_put (self.file, table->data, table->len);
  anf_file_writer_put (self.file, end->data, end->len);
  return anf_file_writer_end (self.file, error);
}
