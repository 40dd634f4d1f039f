/* message.c - what goes to stderr: one line per error, warnings, a bar on a terminal. */
#include "cli.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static gboolean bar_is_drawn;

/* Names and texts come from files that may be hostile: one line, no escape sequences. */
static char *
one_line (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *line = g_string_new (NULL);

  for (const char *c = valid; *c != '\0'; c = g_utf8_next_char (c))
    {
      gunichar u = g_utf8_get_char (c);

      g_string_append_unichar (line, g_unichar_iscntrl (u) ? ' ' : u);
    }
  return g_string_free (line, FALSE);
}

static StudioExit
complain (StudioCli *self, const char *text, StudioExit code)
{
  g_autofree char *line = one_line (text);

  studio_cli_progress_end ();
  fprintf (stderr, "aneforge: %s\n", line);
  if (self->json && !self->answered)
    {
      JsonBuilder *json = studio_json_begin ();

      studio_json_text (json, "error", line);
      studio_json_int (json, "exit", code);
      studio_json_end (self, json);
    }
  return code;
}

StudioExit
studio_cli_wrong (StudioCli *self, const char *file, const char *format, ...)
{
  g_autofree char *text = NULL, *line = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  line = file != NULL ? g_strdup_printf ("%s: %s", file, text) : g_strdup (text);
  return complain (self, line, STUDIO_EXIT_WRONG);
}

char *
studio_words_place (const AnfGraph *graph, AnfId id, const char *field, const char *message)
{
  const char *node = graph != NULL ? studio_cli_node (graph, id) : NULL;

  if (node == NULL)
    return g_strdup (message);
  if (field != NULL)
    return g_strdup_printf ("%s.%s: %s", node, field, message);
  /* Many sentences begin with the node they are about. */
  if (g_str_has_prefix (message, node) && !g_ascii_isalnum (message[strlen (node)]))
    return g_strdup (message);
  return g_strdup_printf ("%s: %s", node, message);
}

static StudioExit
exit_of (const GError *error)
{
  if (g_error_matches (error, ANF_ERROR, ANF_ERROR_REFUSED)
      || g_error_matches (error, ANF_ERROR, ANF_ERROR_COMPILE))
    return STUDIO_EXIT_REFUSED;
  if (g_error_matches (error, ANF_ERROR, ANF_ERROR_RUN))
    return STUDIO_EXIT_DEVICE;
  return STUDIO_EXIT_WRONG;
}

StudioExit
studio_cli_fail (StudioCli *self, const AnfGraph *graph, const GError *error)
{
  g_autoptr(GString) line = g_string_new (NULL);
  g_autofree char *text = studio_words_place (graph, anf_error_get_node (error),
                                              anf_error_get_field (error), error->message);
  g_autofree char *base = self->file != NULL ? g_path_get_basename (self->file) : NULL;

  /* Files other than the document are named by the message itself. */
  if (self->file != NULL && !g_str_has_prefix (error->message, self->file)
      && !g_str_has_prefix (error->message, base))
    g_string_append_printf (line, "%s: ", self->file);
  g_string_append (line, text);
  return complain (self, line->str, exit_of (error));
}

void
studio_cli_warn (StudioCli *self, const char *format, ...)
{
  g_autofree char *text = NULL, *line = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  line = one_line (text);
  studio_cli_progress_end ();
  fprintf (stderr, "aneforge: warning: %s\n", line);
}

/* ---------------------------------------------------------------- progress */

/* Called from any thread, far more often than anyone can look. */
static void
on_progress (const char *stage, double fraction, gpointer data)
{
  static GMutex mutex;
  static gint64 drawn;
  gint64 now = g_get_monotonic_time ();
  char bar[] = "                        ";
  guint full = CLAMP (fraction, 0, 1) * (sizeof bar - 1);

  g_mutex_lock (&mutex);
  if (now - drawn > 50000)
    {
      for (guint i = 0; i < full; i++)
        bar[i] = '#';
      fprintf (stderr, "\r\033[K%-12s [%s] %3.0f %%", stage, bar, CLAMP (fraction, 0, 1) * 100);
      fflush (stderr);
      drawn = now;
      bar_is_drawn = TRUE;
    }
  g_mutex_unlock (&mutex);
}

const AnfProgress *
studio_cli_progress (void)
{
  static const AnfProgress bar = { .notify = on_progress };
  static const AnfProgress none = { NULL };

  return isatty (STDERR_FILENO) ? &bar : &none;
}

void
studio_cli_progress_end (void)
{
  if (bar_is_drawn)
    fputs ("\r\033[K", stderr);
  bar_is_drawn = FALSE;
}
