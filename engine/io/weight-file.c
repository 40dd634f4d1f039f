/* weight-file.c - weights whose numbers are in a file: they exist even if the file does not. */
#include "core/graph.h"
#include "io/tensors.h"

/* Without a name the file must leave no choice. */
static AnfTensor *
get_tensor (AnfTensors *tensors, const char *path, const char *name, GError **error)
{
  if (name == NULL && anf_tensors_n (tensors) == 1)
    name = anf_tensors_nth_name (tensors, 0);
  if (name == NULL)
    {
      g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_FILE,
                   "%s: holds %u tensors: \"tensor\" must say which", path,
                   anf_tensors_n (tensors));
      return NULL;
    }
  return anf_tensors_get (tensors, name, error);
}

static gboolean
goes_up (const char *path)
{
  g_auto(GStrv) parts = g_strsplit (path, "/", -1);

  return g_strv_contains ((const char *const *) parts, "..");
}

AnfWeight *
anf_weight_new_file (const char *name, const char *path, const char *tensor)
{
  AnfWeight *self = g_atomic_rc_box_new0 (AnfWeight);
  g_autoptr(AnfTensors) tensors = NULL;
  g_autoptr(GError) error = NULL;

  self->name = g_strdup (name);
  self->path = g_canonicalize_filename (path, NULL);
  self->file = g_strdup (path);
  self->member = g_strdup (tensor);
  self->strays = goes_up (path) || g_file_test (self->path, G_FILE_TEST_IS_SYMLINK);
  if ((tensors = anf_tensors_open_shared (self->path, &error)) != NULL)
    self->tensor = get_tensor (tensors, self->path, tensor, &error);
  if (self->tensor == NULL)
    self->problem = g_strdup (error->message);
  return self;
}
