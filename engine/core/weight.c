/* weight.c - an entry of the weight table: where its numbers come from, and the numbers. */
#include "core/graph.h"

static void
anf_weight_clear (AnfWeight *self)
{
  g_free (self->name);
  g_free (self->path);
  g_free (self->file);
  g_free (self->member);
  g_free (self->init);
  g_free (self->problem);
  g_free (self->extra);
  g_clear_pointer (&self->tensor, anf_tensor_unref);
}

AnfWeight *
anf_weight_ref (AnfWeight *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
anf_weight_unref (AnfWeight *self)
{
  g_atomic_rc_box_release_full (self, (GDestroyNotify) anf_weight_clear);
}

AnfWeight *
anf_weight_new_values (const char *name, AnfTensor *tensor)
{
  AnfWeight *self = g_atomic_rc_box_new0 (AnfWeight);

  self->name = g_strdup (name);
  self->tensor = anf_tensor_ref (tensor);
  return self;
}

AnfWeight *
anf_weight_new_init (const char *name, const char *init, guint rank, const gint64 *shape,
                     double scale, guint64 seed)
{
  AnfWeight *self = g_atomic_rc_box_new0 (AnfWeight);
  g_autoptr(GError) error = NULL;

  self->name = g_strdup (name);
  self->init = g_strdup (init);
  self->scale = scale;
  self->seed = seed;
  self->tensor = anf_tensor_new_init (init, rank, shape, scale, seed, &error);
  if (error != NULL)
    self->problem = g_strdup (error->message);
  return self;
}

const char *anf_weight_name      (const AnfWeight *self) { return self->name; }
AnfTensor  *anf_weight_tensor    (const AnfWeight *self) { return self->tensor; }
const char *anf_weight_problem   (const AnfWeight *self) { return self->problem; }
gboolean    anf_weight_trainable (const AnfWeight *self) { return self->trainable; }

char *
anf_weight_source (const AnfWeight *self)
{
  if (self->init != NULL)
    return g_strdup_printf ("%s, seed %" G_GUINT64_FORMAT, self->init, self->seed);
  if (self->file == NULL)
    return g_strdup ("values in the document");
  if (self->member == NULL)
    return g_strdup (self->file);
  return g_strdup_printf ("%s: %s", self->file, self->member);
}
