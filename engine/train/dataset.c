/* dataset.c - samples and labels: that they belong together, and which are held out. */
#include "train/dataset.h"

#include <math.h>
#include <string.h>

AnfDataset *
anf_dataset_ref (AnfDataset *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
anf_dataset_clear (AnfDataset *self)
{
  for (guint i = 0; i < ANF_N_PARTS; i++)
    {
      g_clear_pointer (&self->part[i].features, anf_tensors_unref);
      g_clear_pointer (&self->part[i].labels, anf_tensor_unref);
      g_free (self->part[i].index);
    }
  g_strfreev (self->classes);
}

void
anf_dataset_unref (AnfDataset *self)
{
  g_atomic_rc_box_release_full (self, (GDestroyNotify) anf_dataset_clear);
}

static gboolean
wrong (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
wrong (GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_INPUT, "%s", text);
  return FALSE;
}

static gboolean
is_integer (AnfDtype dtype)
{
  return dtype != ANF_F16 && dtype != ANF_F32 && dtype != ANF_F64 && dtype != ANF_BF16;
}

/* Names the first sample with a number that is none. */
static gboolean
all_finite (const char *name, const AnfTensor *tensor, GError **error)
{
  gsize n = anf_tensor_elements (tensor), each = n / anf_tensor_dim (tensor, 0);
  float block[4096];

  if (is_integer (anf_tensor_dtype (tensor)))
    return TRUE;
  for (gsize at = 0, count; at < n; at += count)
    {
      count = MIN (G_N_ELEMENTS (block), n - at);
      anf_tensor_read (tensor, at, count, block);
      for (gsize i = 0; i < count; i++)
        if (!isfinite (block[i]))
          return wrong (error, "%s of sample %" G_GSIZE_FORMAT " holds %s", name, (at + i) / each,
                        isnan (block[i]) ? "NaN" : "an infinity");
    }
  return TRUE;
}

static gboolean
scan_labels (AnfDataset *self, const AnfTensor *labels, GError **error)
{
  gsize n = anf_tensor_elements (labels);
  double block[1024];

  self->integers = is_integer (anf_tensor_dtype (labels));
  if (!self->integers)
    return all_finite ("The label", labels, error);
  for (gsize at = 0, count; at < n; at += count)
    {
      count = MIN (G_N_ELEMENTS (block), n - at);
      anf_tensor_read_double (labels, at, count, block);
      for (gsize i = 0; i < count; i++)
        {
          if (block[i] < 0 || block[i] > G_MAXINT32)
            return wrong (error, "Label %.0f of sample %" G_GSIZE_FORMAT " is no class", block[i],
                          (at + i) / (n / anf_tensor_dim (labels, 0)));
          self->n_classes = MAX (self->n_classes, (guint) block[i] + 1);
        }
    }
  return TRUE;
}

static gboolean
take_part (AnfDataset *self, AnfPart part, AnfTensors *features, AnfTensor *labels, GError **error)
{
  gsize n = anf_tensor_rank (labels) > 0 ? anf_tensor_dim (labels, 0) : 0;

  if (anf_tensors_n (features) == 0)
    return wrong (error, "There are no samples");
  for (guint i = 0; i < anf_tensors_n (features); i++)
    {
      const char *name = anf_tensors_nth_name (features, i);
      g_autoptr(AnfTensor) tensor = anf_tensors_get (features, name, error);
      gsize own;

      if (tensor == NULL)
        return FALSE;
      own = anf_tensor_rank (tensor) > 0 ? anf_tensor_dim (tensor, 0) : 0;
      if (own == 0 || anf_tensor_elements (tensor) == 0)
        return wrong (error, "\"%s\" is empty", name);
      if (own != n)
        return wrong (error, "\"%s\" has %" G_GSIZE_FORMAT " samples and there are %"
                      G_GSIZE_FORMAT " labels", name, own, n);
      if (!all_finite (name, tensor, error))
        return FALSE;
    }
  if (anf_tensor_elements (labels) == 0)
    return wrong (error, "There are no labels");
  if (n > G_MAXINT32)
    return wrong (error, "These are too many samples");
  self->part[part].features = anf_tensors_ref (features);
  self->part[part].labels = anf_tensor_ref (labels);
  self->part[part].n = n;
  return scan_labels (self, labels, error);
}

AnfDataset *
anf_dataset_new (AnfTensors *features, AnfTensor *labels, GError **error)
{
  g_autoptr(AnfDataset) self = g_atomic_rc_box_new0 (AnfDataset);

  return take_part (self, ANF_PART_TRAIN, features, labels, error) ? g_steal_pointer (&self)
                                                                   : NULL;
}

gboolean
anf_dataset_add_held (AnfDataset *self, AnfTensors *features, AnfTensor *labels, GError **error)
{
  gboolean integers = self->integers;

  if (!take_part (self, ANF_PART_HELD, features, labels, error))
    return FALSE;
  if (integers != self->integers)
    return wrong (error, "Labels held out are not of the kind of those to train with");
  return TRUE;
}

void
anf_dataset_set_classes (AnfDataset *self, char **classes)
{
  g_strfreev (self->classes);
  self->classes = classes;
  self->n_classes = MAX (self->n_classes, g_strv_length (classes));
}

gsize
anf_dataset_n (const AnfDataset *self)
{
  return self->part[ANF_PART_TRAIN].n;
}

gsize
anf_dataset_n_held (const AnfDataset *self)
{
  return self->part[ANF_PART_HELD].n;
}

guint
anf_dataset_n_classes (const AnfDataset *self)
{
  return self->integers ? self->n_classes : 0;
}

const char *
anf_dataset_class (const AnfDataset *self, guint i)
{
  return self->classes != NULL && i < g_strv_length (self->classes) ? self->classes[i] : NULL;
}

/* Fisher and Yates. */
guint *
anf_shuffled (gsize n, guint64 seed)
{
  guint *order = g_new (guint, MAX (n, 1));
  g_autofree double *draw = g_new (double, MAX (n, 1));

  anf_random_uniform01 (seed, n, draw);
  for (gsize i = 0; i < n; i++)
    order[i] = i;
  for (gsize i = n; i > 1; i--)
    {
      gsize k = MIN ((gsize) (draw[i - 1] * i), i - 1);
      guint other = order[i - 1];

      order[i - 1] = order[k];
      order[k] = other;
    }
  return order;
}

void
anf_dataset_hold_out (AnfDataset *self, double fraction, guint64 seed)
{
  gsize n = self->part[ANF_PART_TRAIN].n, held = MIN ((gsize) llrint (n * fraction), n - 1);
  guint *order;

  if (self->part[ANF_PART_HELD].n > 0 || held == 0)
    return;
  order = anf_shuffled (n, seed);
  self->part[ANF_PART_HELD].features = anf_tensors_ref (self->part[ANF_PART_TRAIN].features);
  self->part[ANF_PART_HELD].labels = anf_tensor_ref (self->part[ANF_PART_TRAIN].labels);
  self->part[ANF_PART_HELD].n = held;
  self->part[ANF_PART_HELD].index = g_memdup2 (order, held * sizeof *order);
  self->part[ANF_PART_TRAIN].n = n - held;
  self->part[ANF_PART_TRAIN].index = g_memdup2 (order + held, (n - held) * sizeof *order);
  g_free (order);
}
