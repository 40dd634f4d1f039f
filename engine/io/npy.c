/* npy.c - NumPy's array file: a magic, a Python dictionary as text, the numbers. */
#include "io/file.h"
#include "io/tensors.h"

#include <string.h>

#define MAGIC "\x93NUMPY"
#define MAX_HEADER (1 << 20)       /* NumPy's own headers are below 64 KiB */

static const struct { const char *name; AnfDtype dtype; } dtypes[] = {
  { "f2", ANF_F16 }, { "f4", ANF_F32 }, { "f8", ANF_F64 }, { "b1", ANF_BOOL },
  { "i1", ANF_I8 }, { "i2", ANF_I16 }, { "i4", ANF_I32 }, { "i8", ANF_I64 },
  { "u1", ANF_U8 }, { "u2", ANF_U16 }, { "u4", ANF_U32 }, { "u8", ANF_U64 },
};

/* The text of the header; it ends in a 0. */
typedef struct { const char *at; GError **error; } Text;

static gboolean
take (Text *text, char c)
{
  text->at += strspn (text->at, " \t\n\r");
  if (*text->at != c)
    return FALSE;
  text->at++;
  return TRUE;
}

static gboolean
bad (Text *text)
{
  return anf_bad_file (text->error, "header: not a dictionary of descr, fortran_order and shape");
}

/* A Python string without escapes; NULL if none is here. */
static char *
read_string (Text *text)
{
  char quote = take (text, '\'') ? '\'' : take (text, '"') ? '"' : '\0';
  const char *begin = text->at, *end = quote != '\0' ? strchr (begin, quote) : NULL;

  if (end == NULL)
    return NULL;
  text->at = end + 1;
  return g_strndup (begin, end - begin);
}

static gboolean
read_descr (Text *text, AnfNpy *npy)
{
  g_autofree char *descr = read_string (text);

  if (descr == NULL)
    return anf_bad_file (text->error, "header: records of several fields are not supported");
  if (descr[0] == '\0' || strchr ("<>|=", descr[0]) == NULL)
    return anf_bad_file (text->error, "header: numbers of type \"%s\" are not supported", descr);
  npy->swapped = descr[0] == '>';
  for (guint i = 0; i < G_N_ELEMENTS (dtypes); i++)
    if (g_str_equal (descr + 1, dtypes[i].name))
      {
        npy->dtype = dtypes[i].dtype;
        return TRUE;
      }
  return anf_bad_file (text->error, "header: numbers of type \"%s\" are not supported", descr);
}

static gboolean
read_flag (Text *text, gboolean *flag)
{
  static const char *const words[] = { "False", "True" };

  text->at += strspn (text->at, " \t\n\r");
  for (int i = 0; i < 2; i++)
    if (g_str_has_prefix (text->at, words[i]))
      {
        text->at += strlen (words[i]);
        *flag = i;
        return TRUE;
      }
  return bad (text);
}

static gboolean
read_shape (Text *text, AnfNpy *npy)
{
  if (!take (text, '('))
    return bad (text);
  while (!take (text, ')'))
    {
      char *end;
      guint64 dim;

      text->at += strspn (text->at, " \t\n\r");
      if (!g_ascii_isdigit (*text->at))
        return bad (text);
      dim = g_ascii_strtoull (text->at, &end, 10);
      text->at = end;
      take (text, 'L');            /* as Python 2 wrote long integers */
      if (dim > G_MAXINT64)
        return anf_bad_file (text->error, "header: an axis is too long");
      if (npy->rank == ANF_MAX_TENSOR_RANK)
        return anf_bad_file (text->error, "header: more than %d axes", ANF_MAX_TENSOR_RANK);
      npy->shape[npy->rank++] = dim;
      if (!take (text, ',') && *text->at != ')')
        return bad (text);
    }
  return TRUE;
}

static gboolean
read_dictionary (Text *text, AnfNpy *npy)
{
  static const char *const keys[] = { "descr", "fortran_order", "shape" };
  guint seen = 0;

  if (!take (text, '{'))
    return bad (text);
  while (!take (text, '}'))
    {
      g_autofree char *key = read_string (text);
      guint i = 0;
      gboolean ok;

      while (i < G_N_ELEMENTS (keys) && g_strcmp0 (key, keys[i]) != 0)
        i++;
      if (i == G_N_ELEMENTS (keys) || (seen & 1 << i) || !take (text, ':'))
        return bad (text);
      ok = i == 0 ? read_descr (text, npy) : i == 1 ? read_flag (text, &npy->fortran)
                                                    : read_shape (text, npy);
      if (!ok)
        return FALSE;
      seen |= 1 << i;
      if (!take (text, ',') && *text->at != '}')
        return bad (text);
    }
  take (text, '\0');
  return seen == 7 && text->at[-1] == '\0' ? TRUE : bad (text);
}

gboolean
anf_npy_parse (const guint8 *data, gsize size, AnfNpy *npy, GError **error)
{
  g_autofree char *header = NULL;
  Text text = { NULL, error };
  guint32 length = 0;
  gsize field, bytes;

  *npy = (AnfNpy) { 0 };
  if (size < 12 || memcmp (data, MAGIC, 6) != 0)
    return anf_bad_file (error, "not a .npy file: its first bytes are not those of one");
  if (data[6] < 1 || data[6] > 3)
    return anf_bad_file (error, "version %u of the .npy format is not known", data[6]);

  field = data[6] == 1 ? 2 : 4;
  memcpy (&length, data + 8, field);
  npy->begin = 8 + field;
  if (length > size - npy->begin || length > MAX_HEADER)
    return anf_bad_file (error, "header: %u bytes long, more than there are", length);
  text.at = header = g_strndup ((const char *) data + npy->begin, length);
  if (!read_dictionary (&text, npy))
    return FALSE;

  npy->begin += length;
  npy->size = size - npy->begin;
  if (!anf_shape_bytes (npy->dtype, npy->rank, npy->shape, &bytes) || bytes != npy->size)
    return anf_bad_file (error, "its shape does not match its %" G_GSIZE_FORMAT " bytes",
                         npy->size);
  return TRUE;
}

/* @from holds elements with the first axis fastest; row-major order comes out. */
static void
transpose (const AnfNpy *npy, gsize n, const guint8 *from, guint8 *to)
{
  gsize width = anf_dtype_size (npy->dtype), stride[ANF_MAX_TENSOR_RANK], at = 0, step = width;
  gint64 index[ANF_MAX_TENSOR_RANK] = { 0 };

  for (guint i = 0; i < npy->rank; step *= npy->shape[i++])
    stride[i] = step;
  for (gsize k = 0; k < n; k++)
    {
      memcpy (to + k * width, from + at, width);
      for (guint i = npy->rank; i-- > 0; )
        {
          at += stride[i];
          if (++index[i] < npy->shape[i])
            break;
          at -= stride[i] * npy->shape[i];
          index[i] = 0;
        }
    }
}

static void
swap (gsize width, gsize n, guint8 *data)
{
  for (gsize k = 0; k < n; k++, data += width)
    for (gsize i = 0; i < width / 2; i++)
      {
        guint8 byte = data[i];

        data[i] = data[width - 1 - i];
        data[width - 1 - i] = byte;
      }
}

AnfTensor *
anf_npy_tensor (const AnfNpy *npy, GBytes *bytes, GError **error)
{
  g_autoptr(GBytes) ordered = NULL;
  gsize size, width = anf_dtype_size (npy->dtype);
  const guint8 *data = g_bytes_get_data (bytes, &size);
  guint8 *copy;

  if (size == 0 || !((npy->fortran && npy->rank > 1) || (npy->swapped && width > 1)))
    return anf_tensor_new (npy->dtype, npy->rank, npy->shape, bytes);
  if ((copy = g_try_malloc (size)) == NULL)
    return anf_bad_file (error, "no memory for its %" G_GSIZE_FORMAT " bytes", size), NULL;
  ordered = g_bytes_new_take (copy, size);
  if (npy->fortran)
    transpose (npy, size / width, data, copy);
  else
    memcpy (copy, data, size);
  if (npy->swapped)
    swap (width, size / width, copy);
  return anf_tensor_new (npy->dtype, npy->rank, npy->shape, ordered);
}

static AnfTensor *
load (AnfTensors *self, gconstpointer place, GError **error)
{
  const AnfNpy *npy = place;
  g_autoptr(GBytes) bytes = anf_tensors_slice (self, npy->begin, npy->size);

  return anf_npy_tensor (npy, bytes, error);
}

gboolean
anf_npy_scan (AnfTensors *self, GError **error)
{
  g_autofree AnfNpy *npy = g_new0 (AnfNpy, 1);
  gsize size;
  const guint8 *data = anf_tensors_data (self, &size);

  return anf_npy_parse (data, size, npy, error)
         && anf_tensors_expect (self, "", load, g_steal_pointer (&npy));
}

GByteArray *
anf_npy_header (const AnfTensor *tensor)
{
  AnfDtype dtype = anf_tensor_dtype (tensor) == ANF_BF16 ? ANF_F32 : anf_tensor_dtype (tensor);
  guint rank = anf_tensor_rank (tensor);
  g_autoptr(GString) text = g_string_new (NULL);
  GByteArray *header = g_byte_array_new ();
  guint16 length;

  for (guint i = 0; i < G_N_ELEMENTS (dtypes); i++)
    if (dtypes[i].dtype == dtype)
      g_string_printf (text, "{'descr': '%c%s', 'fortran_order': False, 'shape': (",
                       anf_dtype_size (dtype) > 1 ? '<' : '|', dtypes[i].name);
  for (guint i = 0; i < rank; i++)
    g_string_append_printf (text, "%s%" G_GINT64_FORMAT "%s", i > 0 ? " " : "",
                            anf_tensor_dim (tensor, i), i + 1 < rank || rank == 1 ? "," : "");
  g_string_append (text, "), }");
  while ((10 + text->len + 1) % 64 != 0)
    g_string_append_c (text, ' ');
  g_string_append_c (text, '\n');

  length = text->len;
  g_byte_array_append (header, (const guint8 *) MAGIC "\1\0", 8);
  g_byte_array_append (header, (const guint8 *) &length, sizeof length);
  g_byte_array_append (header, (const guint8 *) text->str, text->len);
  return header;
}

GBytes *
anf_npy_payload (const AnfTensor *tensor)
{
  gsize n = anf_tensor_elements (tensor);
  float *wide;

  if (anf_tensor_dtype (tensor) != ANF_BF16)
    return g_bytes_ref (anf_tensor_bytes (tensor));
  wide = g_new (float, n);
  anf_tensor_read (tensor, 0, n, wide);
  return g_bytes_new_take (wide, n * sizeof *wide);
}

gboolean
anf_npy_save (const char *path, const AnfTensor *tensor, GError **error)
{
  g_autoptr(GByteArray) header = anf_npy_header (tensor);
  g_autoptr(GBytes) bytes = anf_npy_payload (tensor);
  AnfFileWriter *writer = anf_file_writer_new (path, error);

  if (writer == NULL)
    return FALSE;
  anf_file_writer_put (writer, header->data, header->len);
  anf_file_writer_put (writer, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  return anf_file_writer_end (writer, error);
}
