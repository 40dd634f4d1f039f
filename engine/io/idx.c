/* idx.c - the IDX files of MNIST and its kin, plain or gzipped: one array per file. */
#include "io/dataset.h"

#include "io/file.h"

#include <string.h>

#define MAX_BYTES ((gsize) 1 << 32)

static const struct { guint8 code; AnfDtype dtype; } dtypes[] = {
  { 0x08, ANF_U8 }, { 0x09, ANF_I8 }, { 0x0B, ANF_I16 }, { 0x0C, ANF_I32 }, { 0x0D, ANF_F32 },
  { 0x0E, ANF_F64 },
};

/* Exactly @size bytes. */
static gboolean
read_all (GInputStream *stream, guint8 *out, gsize size, GError **error)
{
  g_autoptr(GError) cause = NULL;
  gsize got;

  if (!g_input_stream_read_all (stream, out, size, &got, NULL, &cause))
    return anf_bad_file (error, "its gzipped data is damaged: %s", cause->message);
  return got == size || anf_bad_file (error, "it ends too early");
}

static gboolean
read_header (GInputStream *stream, AnfDtype *dtype, guint *rank, gint64 *shape, GError **error)
{
  guint8 head[4], dims[4 * ANF_MAX_TENSOR_RANK];
  gboolean known = FALSE;

  if (!read_all (stream, head, sizeof head, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (dtypes); i++)
    if (dtypes[i].code == head[2])
      {
        *dtype = dtypes[i].dtype;
        known = TRUE;
      }
  *rank = head[3];
  if (head[0] != 0 || head[1] != 0 || !known)
    return anf_bad_file (error, "it does not begin as an IDX file does");
  if (*rank == 0 || *rank > ANF_MAX_TENSOR_RANK)
    return anf_bad_file (error, "it has %u axes; 1 to %d can be read", *rank,
                         ANF_MAX_TENSOR_RANK);
  if (!read_all (stream, dims, 4 * *rank, error))
    return FALSE;
  for (guint i = 0; i < *rank; i++)
    shape[i] = (gint64) dims[4 * i] << 24 | dims[4 * i + 1] << 16 | dims[4 * i + 2] << 8
               | dims[4 * i + 3];
  return TRUE;
}

/* From big endian. */
static void
turn (guint8 *bytes, gsize size, gsize each)
{
  for (gsize at = 0; each > 1 && at < size; at += each)
    for (gsize i = 0; i < each / 2; i++)
      {
        guint8 other = bytes[at + i];

        bytes[at + i] = bytes[at + each - 1 - i];
        bytes[at + each - 1 - i] = other;
      }
}

static AnfTensor *
read_array (GInputStream *stream, gsize most, GError **error)
{
  gint64 shape[ANF_MAX_TENSOR_RANK];
  AnfDtype dtype;
  g_autoptr(GBytes) bytes = NULL;
  g_autofree guint8 *data = NULL;
  guint8 spare;
  gsize size, over;
  guint rank;

  if (!read_header (stream, &dtype, &rank, shape, error))
    return NULL;
  size = anf_dtype_size (dtype);
  for (guint i = 0; i < rank; i++)
    if (shape[i] == 0 || (gsize) shape[i] > MAX_BYTES / size)
      return anf_bad_file (error, shape[i] == 0 ? "it is empty" : "its size cannot be right"), NULL;
    else
      size *= shape[i];
  if (size > most)
    return anf_bad_file (error, "it ends too early"), NULL;
  if ((data = g_try_malloc (size)) == NULL)
    return anf_bad_file (error, "there is not enough memory for it"), NULL;
  if (!read_all (stream, data, size, error))
    return NULL;
  if (g_input_stream_read_all (stream, &spare, 1, &over, NULL, NULL) && over > 0)
    return anf_bad_file (error, "there is more in it than its header says"), NULL;
  turn (data, size, anf_dtype_size (dtype));
  bytes = g_bytes_new_take (g_steal_pointer (&data), size);
  return anf_tensor_new (dtype, rank, shape, bytes);
}

/* Deflate cannot shrink by more than 1032:1 (zlib's technical notes). */
static AnfTensor *
open_array (const char *path, GError **error)
{
  g_autoptr(GBytes) bytes = anf_file_map (path, error);
  g_autoptr(GInputStream) file = NULL, stream = NULL;
  g_autoptr(GZlibDecompressor) zlib = NULL;
  const guint8 *data;
  AnfTensor *tensor;
  gsize size;

  if (bytes == NULL)
    return NULL;
  data = g_bytes_get_data (bytes, &size);
  file = g_memory_input_stream_new_from_bytes (bytes);
  if (size > 2 && data[0] == 0x1f && data[1] == 0x8b)
    {
      zlib = g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP);
      stream = g_converter_input_stream_new (file, G_CONVERTER (zlib));
      size = size > MAX_BYTES / 1032 ? MAX_BYTES : size * 1032;
    }
  else
    stream = g_object_ref (file);
  tensor = read_array (stream, size, error);
  if (tensor == NULL)
    anf_bad_file_in (error, "%s", path);
  return tensor;
}

static AnfTensors *
as_features (AnfTensor *tensor)
{
  AnfTensors *features = anf_tensors_new ();

  anf_tensors_add (features, "X", tensor);
  return features;
}

/* The file of a folder whose name begins and goes on like that (nullable). */
static char *
find_file (const char *folder, const char *const *stems, const char *kind)
{
  static const char *const endings[] = { "ubyte", "ubyte.gz" };

  for (guint i = 0; stems[i] != NULL; i++)
    for (guint k = 0; k < G_N_ELEMENTS (endings); k++)
      for (guint dot = 0; dot < 2; dot++)
        {
          g_autofree char *name = g_strdup_printf ("%s-%s%c%s-%s", stems[i],
                                                   kind[0] == 'i' ? "images" : "labels",
                                                   dot ? '.' : '-',
                                                   kind[0] == 'i' ? "idx3" : "idx1", endings[k]);
          g_autofree char *path = g_build_filename (folder, name, NULL);

          if (g_file_test (path, G_FILE_TEST_EXISTS))
            return g_steal_pointer (&path);
        }
  return NULL;
}

static gboolean
add_held (AnfDataset *self, const char *folder, GError **error)
{
  static const char *const stems[] = { "t10k", "test", "val", NULL };
  g_autofree char *images = find_file (folder, stems, "images");
  g_autofree char *labels = find_file (folder, stems, "labels");
  g_autoptr(AnfTensor) x = NULL, y = NULL;
  g_autoptr(AnfTensors) features = NULL;

  if (images == NULL || labels == NULL)
    return TRUE;
  if ((x = open_array (images, error)) == NULL || (y = open_array (labels, error)) == NULL)
    return FALSE;
  features = as_features (x);
  return anf_dataset_add_held (self, features, y, error);
}

/* Labels are beside images, called alike. */
static char *
labels_beside (const char *images)
{
  g_autoptr(GString) path = g_string_new (images);

  g_string_replace (path, "images", "labels", 1);
  g_string_replace (path, "idx3", "idx1", 1);
  return g_strdup (path->str);
}

AnfDataset *
anf_dataset_open_idx (const char *path, GError **error)
{
  static const char *const stems[] = { "train", NULL };
  gboolean folder = g_file_test (path, G_FILE_TEST_IS_DIR);
  g_autofree char *images = folder ? find_file (path, stems, "images") : g_strdup (path);
  g_autofree char *labels = folder ? find_file (path, stems, "labels") : labels_beside (path);
  g_autoptr(AnfDataset) self = NULL;
  g_autoptr(AnfTensors) features = NULL;
  g_autoptr(AnfTensor) x = NULL, y = NULL;

  if (folder && images == NULL)
    return anf_dataset_open_images (path, error);
  if (labels == NULL || g_str_equal (labels, images))
    return anf_bad_file (error, "no file of labels is beside the images"), NULL;
  if ((x = open_array (images, error)) == NULL || (y = open_array (labels, error)) == NULL)
    return NULL;
  features = as_features (x);
  if ((self = anf_dataset_new (features, y, error)) == NULL
      || (folder && !add_held (self, path, error)))
    return NULL;
  return g_steal_pointer (&self);
}
