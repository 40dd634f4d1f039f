/* backend-e5rt-library.c - finds Espresso and its functions by their names. */
#include "run/backend-e5rt-library.h"

#include "anf.h"

#include <dlfcn.h>
#include <stddef.h>
#include <unistd.h>

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
  self->said = tmpfile ();         /* without it, reasons go where they always went */
  self->was = -1;
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
  if (self->said != NULL)
    fclose (self->said);
  g_free (self);
}

void
anf_e5rt_listen (AnfE5rt *self)
{
  if (self->said == NULL)
    return;
  fflush (stderr);
  if ((self->was = dup (STDERR_FILENO)) >= 0)
    dup2 (fileno (self->said), STDERR_FILENO);
}

/* Words with one space between. */
static char *
join_words (const char *text)
{
  g_auto(GStrv) words = g_strsplit_set (text, " \t\r\n", -1);
  GString *line = g_string_new (NULL);

  for (guint i = 0; words[i] != NULL; i++)
    if (words[i][0] != '\0')
      g_string_append_printf (line, "%s%s", line->len > 0 ? " " : "", words[i]);
  return g_string_free (line, FALSE);
}

char *
anf_e5rt_heard (AnfE5rt *self)
{
  g_autofree char *text = NULL;
  char bytes[4096];
  gssize length;
  int file;

  if (self->was < 0)
    return g_strdup ("");
  fflush (stderr);
  dup2 (self->was, STDERR_FILENO);
  close (self->was);
  self->was = -1;
  file = fileno (self->said);
  if (lseek (file, 0, SEEK_CUR) == 0)
    return g_strdup ("");
  length = pread (file, bytes, sizeof bytes, 0);
  if (lseek (file, 0, SEEK_SET) < 0 || ftruncate (file, 0) < 0 || length < 0)
    return g_strdup ("");
  text = g_utf8_make_valid (bytes, length);
  return join_words (text);
}
