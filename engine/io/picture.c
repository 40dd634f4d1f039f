/* picture.c - PNG by its specification (W3C, 2003) and netpbm's formats, for data sets. */
#include "io/picture.h"

#include "io/file.h"

#include <stdlib.h>
#include <string.h>

#define MAX_SIDE 16384
#define MAX_PIXELS (1 << 26)

typedef struct
{
  guint         width, height, depth, colour, samples;   /* samples of a pixel in the file */
  guint8        palette[256][3];
  GByteArray   *data;              /* of all IDAT chunks */
} Png;

static guint32
big32 (const guint8 *at)
{
  return (guint32) at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

static gboolean
check_size (guint width, guint height, GError **error)
{
  if (width == 0 || height == 0 || width > MAX_SIDE || height > MAX_SIDE
      || (gsize) width * height > MAX_PIXELS)
    return anf_bad_file (error, "its size, %u by %u, cannot be right", width, height);
  return TRUE;
}

static gboolean
read_ihdr (Png *self, const guint8 *at, GError **error)
{
  static const guint samples[] = { 1, 0, 3, 1, 2, 0, 4 };

  self->width = big32 (at);
  self->height = big32 (at + 4);
  self->depth = at[8];
  self->colour = at[9];
  self->samples = self->colour < G_N_ELEMENTS (samples) ? samples[self->colour] : 0;
  if (!check_size (self->width, self->height, error))
    return FALSE;
  if (self->samples == 0 || at[10] != 0 || at[11] != 0
      || (self->depth != 8 && !(self->samples == 1 && (self->depth == 1 || self->depth == 2
                                                       || self->depth == 4))))
    return anf_bad_file (error, "this kind of PNG is not read: %u bits, colour type %u",
                         self->depth, self->colour);
  if (at[12] != 0)
    return anf_bad_file (error, "interlaced PNGs are not read");
  return TRUE;
}

static gboolean
read_chunks (Png *self, const guint8 *data, gsize size, GError **error)
{
  for (gsize at = 8; at + 12 <= size;)
    {
      gsize length = big32 (data + at);
      const guint8 *kind = data + at + 4, *body = data + at + 8;

      if (length > size - at - 12)
        return anf_bad_file (error, "it ends too early");
      if (at == 8 && (length != 13 || memcmp (kind, "IHDR", 4) != 0))
        return anf_bad_file (error, "it has no header");
      if (at == 8 && !read_ihdr (self, body, error))
        return FALSE;
      if (memcmp (kind, "PLTE", 4) == 0)
        memcpy (self->palette, body, MIN (length, sizeof self->palette));
      if (memcmp (kind, "IDAT", 4) == 0)
        g_byte_array_append (self->data, body, length);
      if (memcmp (kind, "IEND", 4) == 0)
        return TRUE;
      at += length + 12;
    }
  return anf_bad_file (error, "it ends too early");
}

static int
paeth (int a, int b, int c)
{
  int p = a + b - c, pa = abs (p - a), pb = abs (p - b), pc = abs (p - c);

  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/* One line of bytes, in place; @above NULL: the first. */
static gboolean
unfilter (guint8 kind, guint8 *line, const guint8 *above, gsize n, gsize step)
{
  for (gsize i = 0; i < n; i++)
    {
      int a = i >= step ? line[i - step] : 0, b = above != NULL ? above[i] : 0;
      int c = i >= step && above != NULL ? above[i - step] : 0;
      const int add[] = { 0, a, b, (a + b) / 2, paeth (a, b, c) };

      if (kind >= G_N_ELEMENTS (add))
        return FALSE;
      line[i] += add[kind];
    }
  return TRUE;
}

static guint
sample (const Png *self, const guint8 *line, gsize i)
{
  guint per = 8 / self->depth, shift = (per - 1 - i % per) * self->depth;

  return self->depth == 8 ? line[i] : (line[i / per] >> shift & ((1u << self->depth) - 1));
}

static void
take_line (const Png *self, const guint8 *line, guint row, AnfPicture *picture)
{
  gsize area = (gsize) picture->width * picture->height;
  guint most = (1u << self->depth) - 1;

  for (guint x = 0; x < picture->width; x++)
    for (guint c = 0; c < picture->channels; c++)
      {
        guint value = sample (self, line, x * self->samples + (self->colour == 3 ? 0 : c));

        picture->bytes[c * area + (gsize) row * picture->width + x] =
          self->colour == 3 ? self->palette[value][c] : value * 255 / most;
      }
}

static gboolean
read_lines (const Png *self, AnfPicture *picture, GError **error)
{
  gsize n = ((gsize) self->width * self->samples * self->depth + 7) / 8, got;
  gsize step = MAX (1, self->samples * self->depth / 8);
  g_autoptr(GZlibDecompressor) zlib = g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_ZLIB);
  g_autoptr(GInputStream) memory = g_memory_input_stream_new_from_data (self->data->data,
                                                                        self->data->len, NULL);
  g_autoptr(GInputStream) stream = g_converter_input_stream_new (memory, G_CONVERTER (zlib));
  g_autofree guint8 *lines = g_malloc0 (2 * (n + 1));

  for (guint row = 0; row < self->height; row++)
    {
      guint8 *line = lines + (row % 2) * (n + 1), *above = lines + (1 - row % 2) * (n + 1);

      if (!g_input_stream_read_all (stream, line, n + 1, &got, NULL, NULL) || got != n + 1
          || !unfilter (line[0], line + 1, row > 0 ? above + 1 : NULL, n, step))
        return anf_bad_file (error, "its pixels are damaged");
      take_line (self, line + 1, row, picture);
    }
  return TRUE;
}

static void
make_room (AnfPicture *picture, guint width, guint height, guint channels)
{
  *picture = (AnfPicture) { width, height, channels };
  picture->bytes = g_malloc0 ((gsize) width * height * channels);
}

static gboolean
open_png (const guint8 *data, gsize size, AnfPicture *picture, GError **error)
{
  g_autoptr(GByteArray) idat = g_byte_array_new ();
  Png self = { .data = idat };

  if (!read_chunks (&self, data, size, error))
    return FALSE;
  /* Deflate cannot shrink by more than 1032:1: what is promised must be there. */
  if ((gsize) self.width * self.height * self.samples * self.depth / 8 / 1032 > idat->len + 1024)
    return anf_bad_file (error, "it ends too early");
  make_room (picture, self.width, self.height, self.colour == 0 || self.colour == 4 ? 1 : 3);
  return read_lines (&self, picture, error);
}

/* ---- netpbm */

/* The next number of the header; comments go from # to the end of the line. */
static gboolean
header_number (const guint8 *data, gsize size, gsize *at, guint *value)
{
  while (*at < size && (g_ascii_isspace (data[*at]) || data[*at] == '#'))
    if (data[(*at)++] == '#')
      while (*at < size && data[*at] != '\n')
        (*at)++;
  if (*at >= size || !g_ascii_isdigit (data[*at]))
    return FALSE;
  for (*value = 0; *at < size && g_ascii_isdigit (data[*at]) && *value < 1000000; (*at)++)
    *value = *value * 10 + data[*at] - '0';
  return TRUE;
}

static gboolean
open_pnm (const guint8 *data, gsize size, AnfPicture *picture, GError **error)
{
  guint channels = data[1] == '5' ? 1 : 3, width, height, most;
  gsize at = 2, area;

  if (!header_number (data, size, &at, &width) || !header_number (data, size, &at, &height)
      || !header_number (data, size, &at, &most) || most != 255 || at >= size)
    return anf_bad_file (error, "its header is not that of 8 bits a channel");
  if (!check_size (width, height, error))
    return FALSE;
  at++;
  area = (gsize) width * height;
  if (size - at < area * channels)
    return anf_bad_file (error, "it ends too early");
  make_room (picture, width, height, channels);
  for (gsize i = 0; i < area; i++)
    for (guint c = 0; c < channels; c++)
      picture->bytes[c * area + i] = data[at + i * channels + c];
  return TRUE;
}

gboolean
anf_picture_open (const char *path, AnfPicture *picture, GError **error)
{
  static const guint8 png[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
  g_autoptr(GBytes) bytes = anf_file_map (path, error);
  const guint8 *data;
  gsize size;

  *picture = (AnfPicture) { 0 };
  if (bytes == NULL)
    return FALSE;
  data = g_bytes_get_data (bytes, &size);
  if (size > sizeof png && memcmp (data, png, sizeof png) == 0)
    return open_png (data, size, picture, error);
  if (size > 2 && data[0] == 'P' && (data[1] == '5' || data[1] == '6'))
    return open_pnm (data, size, picture, error);
  return anf_bad_file (error, "this is no PNG, PGM or PPM file");
}
