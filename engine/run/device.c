/* device.c - the devices there are, by name, and whether they can be had here. */
#include "run/backend-e5rt.h"

static const AnfBackend *const devices[] = { &anf_backend_cpu, &anf_backend_e5rt };

static const AnfBackend *
find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (devices); i++)
    if (g_strcmp0 (devices[i]->name, name) == 0)
      return devices[i];
  return NULL;
}

const AnfBackend *
anf_backend_find (const char *name, GError **error)
{
  const AnfBackend *found = name != NULL ? find (name) : &anf_backend_cpu;

  if (found == NULL)
    g_set_error (error, ANF_ERROR, ANF_ERROR_RUN, "There is no device \"%s\"", name);
  return found != NULL && found->probe (error) ? found : NULL;
}

const char *
anf_device_nth (guint i)
{
  return i < G_N_ELEMENTS (devices) ? devices[i]->name : NULL;
}

const char *
anf_device_title (const char *name)
{
  const AnfBackend *found = find (name);

  return found != NULL ? found->title : NULL;
}

gboolean
anf_device_is_here (const char *name, GError **error)
{
  return anf_backend_find (name, error) != NULL;
}
