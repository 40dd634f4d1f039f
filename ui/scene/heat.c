/* heat.c - figures of nodes, and where each is between the least and the most. */
#include "heat.h"

#include <math.h>

StudioHeat *
studio_heat_new (const char *title, char *(*format) (double value))
{
  StudioHeat *self = g_new0 (StudioHeat, 1);

  self->title = g_strdup (title);
  self->format = format;
  self->least = INFINITY;
  self->most = -INFINITY;
  self->values = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  return self;
}

void
studio_heat_add (StudioHeat *self, AnfId id, double value)
{
  if (!isfinite (value))
    return;
  g_hash_table_insert (self->values, GSIZE_TO_POINTER (id), g_memdup2 (&value, sizeof value));
  self->least = MIN (self->least, value);
  self->most = MAX (self->most, value);
}

void
studio_heat_fit (StudioHeat *self)
{
  if (g_hash_table_size (self->values) == 0)
    self->least = self->most = 0;
  if (self->classes != NULL)
    {
      self->least = 0;
      self->most = g_strv_length ((char **) self->classes) - 1;
      return;
    }
  self->log = self->most > 0 && self->most > 8 * MAX (self->least, self->most * 1e-9);
  if (self->log)
    self->least = MAX (self->least, self->most * 1e-4);   /* four decades are told apart */
}

void
studio_heat_free (StudioHeat *self)
{
  g_free (self->title);
  g_hash_table_unref (self->values);
  g_free (self);
}

double
studio_heat_at (const StudioHeat *self, double value)
{
  double place;

  if (self->most <= self->least)
    return 1;
  place = self->log ? log (MAX (value, self->least) / self->least) / log (self->most / self->least)
                    : (value - self->least) / (self->most - self->least);
  return CLAMP (place, 0, 1);
}

gboolean
studio_heat_place (const StudioHeat *self, AnfId id, double *place)
{
  const double *value = g_hash_table_lookup (self->values, GSIZE_TO_POINTER (id));

  if (value != NULL)
    *place = studio_heat_at (self, *value);
  return value != NULL;
}
