/* dataset.c - data sets from files: .npz by the names people give its members; others by format. */
#include "train/dataset.h"

#include "io/dataset.h"
#include "io/file.h"

#include <string.h>

/* What samples and labels are called, to train with and held out. */
static const char *const samples[][14] = {
  { "X", "x", "X_train", "x_train", "Xtr", "train_x", "train_images", "images", "data", "inputs" },
  { "X_test", "x_test", "Xte", "test_x", "test_images", "X_val", "x_val", "Xva" },
};
static const char *const labels[][14] = {
  { "y", "Y", "y_train", "Y_train", "ytr", "train_y", "train_labels", "labels", "targets",
    "target" },
  { "y_test", "Y_test", "yte", "test_y", "test_labels", "y_val", "Y_val", "yva" },
};

static const char *
find_member (AnfTensors *tensors, const char *const *names)
{
  for (guint i = 0; names[i] != NULL; i++)
    for (guint k = 0; k < anf_tensors_n (tensors); k++)
      if (g_str_equal (anf_tensors_nth_name (tensors, k), names[i]))
        return names[i];
  return NULL;
}

/* The one of the known names; or else all that are no labels, by the names of inputs. */
static AnfTensors *
find_features (AnfTensors *tensors, AnfPart part, GError **error)
{
  const char *name = find_member (tensors, samples[part]);
  g_autoptr(AnfTensors) found = anf_tensors_new ();

  for (guint i = 0; i < anf_tensors_n (tensors); i++)
    {
      const char *own = anf_tensors_nth_name (tensors, i);
      g_autoptr(AnfTensor) tensor = NULL;

      if (name != NULL ? !g_str_equal (own, name)
                       : g_strv_contains (labels[0], own) || g_strv_contains (labels[1], own))
        continue;
      if ((tensor = anf_tensors_get (tensors, own, error)) == NULL)
        return NULL;
      anf_tensors_add (found, own, tensor);
    }
  return g_steal_pointer (&found);
}

static AnfDataset *
from_members (AnfTensors *tensors, GError **error)
{
  const char *own = find_member (tensors, labels[0]), *held = find_member (tensors, labels[1]);
  g_autoptr(AnfDataset) self = NULL;
  g_autoptr(AnfTensors) features = NULL, others = NULL;
  g_autoptr(AnfTensor) y = NULL, other = NULL;

  if (own == NULL)
    return anf_bad_file (error, "it has no labels: a member y, y_train or labels"), NULL;
  if ((features = find_features (tensors, ANF_PART_TRAIN, error)) == NULL
      || (y = anf_tensors_get (tensors, own, error)) == NULL)
    return NULL;
  if (anf_tensors_n (features) == 0)
    return anf_bad_file (error, "it has no samples: a member X, x_train or images"), NULL;
  if ((self = anf_dataset_new (features, y, error)) == NULL)
    return NULL;
  if (held == NULL || find_member (tensors, samples[1]) == NULL)
    return g_steal_pointer (&self);
  if ((others = find_features (tensors, ANF_PART_HELD, error)) == NULL
      || (other = anf_tensors_get (tensors, held, error)) == NULL
      || !anf_dataset_add_held (self, others, other, error))
    return NULL;
  return g_steal_pointer (&self);
}

static AnfDataset *
open_npz (const char *path, GError **error)
{
  g_autoptr(AnfTensors) tensors = anf_tensors_open (path, error);
  AnfDataset *self;

  if (tensors == NULL)
    return NULL;
  self = from_members (tensors, error);
  if (self == NULL && error != NULL && *error != NULL
      && !g_str_has_prefix ((*error)->message, path))
    anf_bad_file_in (error, "%s", path);
  return self;
}

AnfDataset *
anf_dataset_open (const char *path, GError **error)
{
  g_autofree char *lower = g_ascii_strdown (path, -1);
  AnfDataset *self;

  if (g_str_has_suffix (lower, ".npz") || g_str_has_suffix (lower, ".safetensors"))
    return open_npz (path, error);
  if (g_str_has_suffix (lower, ".csv") || g_str_has_suffix (lower, ".tsv"))
    self = anf_dataset_open_csv (path, error);
  else if (g_file_test (path, G_FILE_TEST_IS_DIR) || strstr (lower, "-idx") != NULL
           || strstr (lower, ".idx") != NULL)
    self = anf_dataset_open_idx (path, error);
  else if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return anf_bad_file (error, "%s: no such file", path), NULL;
  else
    return anf_bad_file (error, "%s: a data set is .npz, .csv, IDX, or a folder of those or of "
                         "images", path), NULL;
  if (self == NULL && error != NULL && !g_str_has_prefix ((*error)->message, path))
    anf_bad_file_in (error, "%s", path);
  return self;
}
