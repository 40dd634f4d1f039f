/* images.c - a folder with one folder of images per class as a data set. */
#include "io/dataset.h"

#include "io/file.h"
#include "io/picture.h"

#include <string.h>

#define MAX_IMAGES 1000000
#define MAX_BYTES ((gsize) 1 << 32)

typedef struct
{
  GByteArray *bytes;
  GArray     *labels;              /* gint32 */
  AnfPicture  first;               /* without bytes: what all have to be like */
} Images;

static int
by_name (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

/* What is in a folder, sorted; hidden files are left out. (transfer full) */
static GPtrArray *
list (const char *folder, GError **error)
{
  g_autoptr(GError) cause = NULL;
  g_autoptr(GDir) dir = g_dir_open (folder, 0, &cause);
  GPtrArray *names;
  const char *name;

  if (dir == NULL)
    return anf_bad_file (error, "%s", cause->message), NULL;
  names = g_ptr_array_new_with_free_func (g_free);
  while ((name = g_dir_read_name (dir)) != NULL && names->len < MAX_IMAGES)
    if (name[0] != '.')
      g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, by_name);
  return names;
}

static gboolean
add_image (Images *self, const char *path, gint32 label, GError **error)
{
  AnfPicture picture;
  gboolean good = anf_picture_open (path, &picture, error);

  if (good && self->labels->len == 0)
    self->first = picture;
  if (good && (picture.width != self->first.width || picture.height != self->first.height
               || picture.channels != self->first.channels))
    good = anf_bad_file (error, "it is %u by %u with %u channels; others are %u by %u with %u",
                         picture.width, picture.height, picture.channels, self->first.width,
                         self->first.height, self->first.channels);
  if (good && self->bytes->len > MAX_BYTES / 2)
    good = anf_bad_file (error, "these are too many images");
  if (good)
    {
      g_byte_array_append (self->bytes, picture.bytes,
                           picture.width * picture.height * picture.channels);
      g_array_append_val (self->labels, label);
    }
  g_free (picture.bytes);
  return good || anf_bad_file_in (error, "%s", path);
}

static gboolean
add_class (Images *self, const char *folder, gint32 label, GError **error)
{
  g_autoptr(GPtrArray) names = list (folder, error);

  for (guint i = 0; names != NULL && i < names->len; i++)
    {
      g_autofree char *path = g_build_filename (folder, g_ptr_array_index (names, i), NULL);

      if (g_file_test (path, G_FILE_TEST_IS_REGULAR) && !add_image (self, path, label, error))
        return FALSE;
    }
  return names != NULL;
}

static AnfDataset *
make (const Images *self, GError **error)
{
  gint64 n = self->labels->len;
  gint64 shape[] = { n, self->first.channels, self->first.height, self->first.width };
  g_autoptr(GBytes) pixels = g_bytes_new (self->bytes->data, self->bytes->len);
  g_autoptr(GBytes) classes = g_bytes_new (self->labels->data, n * sizeof (gint32));
  g_autoptr(AnfTensor) x = anf_tensor_new (ANF_U8, 4, shape, pixels);
  g_autoptr(AnfTensor) y = anf_tensor_new (ANF_I32, 1, &n, classes);
  g_autoptr(AnfTensors) features = anf_tensors_new ();

  anf_tensors_add (features, "X", x);
  return anf_dataset_new (features, y, error);
}

AnfDataset *
anf_dataset_open_images (const char *path, GError **error)
{
  g_autoptr(GPtrArray) names = list (path, error), classes = g_ptr_array_new ();
  Images self = { 0 };
  AnfDataset *data = NULL;
  gboolean good = names != NULL;

  self.bytes = g_byte_array_new ();
  self.labels = g_array_new (FALSE, FALSE, sizeof (gint32));
  for (guint i = 0; good && i < names->len; i++)
    {
      g_autofree char *folder = g_build_filename (path, g_ptr_array_index (names, i), NULL);

      if (!g_file_test (folder, G_FILE_TEST_IS_DIR))
        continue;
      good = add_class (&self, folder, classes->len, error);
      g_ptr_array_add (classes, g_strdup (g_ptr_array_index (names, i)));
    }
  if (good && self.labels->len == 0)
    good = anf_bad_file (error, "no images are in folders of it, one for each class");
  g_ptr_array_add (classes, NULL);
  if (good && (data = make (&self, error)) != NULL)
    anf_dataset_set_classes (data, (char **) g_ptr_array_steal (classes, NULL));
  for (guint i = 0; i < classes->len; i++)
    g_free (g_ptr_array_index (classes, i));
  g_byte_array_unref (self.bytes);
  g_array_unref (self.labels);
  return data;
}
