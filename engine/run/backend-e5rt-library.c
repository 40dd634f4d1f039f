/* backend-e5rt-library.c - finds Espresso and its functions by their names. */
#include "run/backend-e5rt-library.h"

#include "anf.h"

#include <dlfcn.h>
#include <stddef.h>

#ifdef __APPLE__
#define SYSTEM_PATH "/System/Library/PrivateFrameworks/Espresso.framework/Espresso"
#else
#define SYSTEM_PATH NULL
#endif

typedef struct { const char *name; gsize at; } Function;

static const Function functions[] = {
#define FUNCTION(name, arguments) { "e5rt_" #name, offsetof (AnfE5rt, name) },
  ANF_E5RT_FUNCTIONS (FUNCTION)
#undef FUNCTION
};

static gboolean
find_functions (AnfE5rt *self, const char *path, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (functions); i++)
    {
      void *found = dlsym (self->handle, functions[i].name);

      if (found == NULL)
        {
          g_set_error (error, ANF_ERROR, ANF_ERROR_RUN,
                       "%s has no %s: this system's runtime is not the one that is known", path,
                       functions[i].name);
          return FALSE;
        }
      *(void **) ((char *) self + functions[i].at) = found;
    }
  return TRUE;
}

AnfE5rt *
anf_e5rt_open (const char *path, GError **error)
{
  AnfE5rt *self;

  if (path == NULL)
    path = SYSTEM_PATH;
  if (path == NULL)
    {
      g_set_error (error, ANF_ERROR, ANF_ERROR_RUN,
                   "The engine itself (e5rt) is only on macOS; the CPU device runs anywhere");
      return NULL;
    }
  self = g_new0 (AnfE5rt, 1);
  if ((self->handle = dlopen (path, RTLD_NOW | RTLD_LOCAL)) == NULL)
    g_set_error (error, ANF_ERROR, ANF_ERROR_RUN,
                 "The engine's runtime could not be loaded: %s", dlerror ());
  else if (find_functions (self, path, error))
    return self;
  anf_e5rt_close (self);
  return NULL;
}

void
anf_e5rt_close (AnfE5rt *self)
{
  if (self->handle != NULL)
    dlclose (self->handle);
  g_free (self);
}
