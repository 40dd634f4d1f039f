/* table.c - columns that line up, for reading; always UTF-8, whatever the locale. */
#include "cli.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct _StudioTable
{
  char      *align;
  guint      n;
  GPtrArray *rows;                 /* of char **, the titles first */
};

static gboolean
is_plain (void)
{
  const char *term = g_getenv ("TERM");

  return !isatty (STDOUT_FILENO) || g_getenv ("NO_COLOR") != NULL
         || g_strcmp0 (term, "dumb") == 0;
}

static char **
collect (const char *first, va_list *args, guint n)
{
  char **cells = g_new0 (char *, n + 1);
  const char *cell = first;

  for (guint i = 0; i < n; i++)
    {
      cells[i] = g_strdup (cell != NULL ? cell : "");
      if (cell != NULL)
        cell = va_arg (*args, const char *);
    }
  return cells;
}

StudioTable *
studio_table_new (const char *align, ...)
{
  StudioTable *self = g_new0 (StudioTable, 1);
  va_list args;

  self->align = g_strdup (align);
  self->n = strlen (align);
  self->rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  va_start (args, align);
  g_ptr_array_add (self->rows, collect (va_arg (args, const char *), &args, self->n));
  va_end (args);
  return self;
}

void
studio_table_add (StudioTable *self, ...)
{
  va_list args;

  va_start (args, self);
  g_ptr_array_add (self->rows, collect (va_arg (args, const char *), &args, self->n));
  va_end (args);
}

static void
put (GString *line, const char *cell, gsize width, char align)
{
  gsize space = width - g_utf8_strlen (cell, -1);

  if (align == 'l')
    g_string_append (line, cell);
  for (gsize i = 0; i < space; i++)
    g_string_append_c (line, ' ');
  if (align != 'l')
    g_string_append (line, cell);
}

void
studio_table_free (StudioTable *self)
{
  g_ptr_array_unref (self->rows);
  g_free (self->align);
  g_free (self);
}

void
studio_table_end (StudioTable *self)
{
  g_autofree gsize *width = g_new0 (gsize, self->n);

  for (guint r = 0; r < self->rows->len; r++)
    for (guint i = 0; i < self->n; i++)
      {
        char **cells = g_ptr_array_index (self->rows, r);
        gsize wide = g_utf8_strlen (cells[i], -1);

        width[i] = MAX (width[i], wide);
      }
  for (guint r = 0; r < self->rows->len; r++)
    {
      g_autoptr(GString) line = g_string_new ("  ");
      char **cells = g_ptr_array_index (self->rows, r);

      for (guint i = 0; i < self->n; i++)
        {
          if (i > 0)
            g_string_append (line, "  ");
          put (line, cells[i], width[i], self->align[i]);
        }
      g_strchomp (line->str);
      /* Titles are faint: the numbers are what one came for. */
      if (r == 0 && !is_plain ())
        printf ("\033[2m%s\033[0m\n", line->str);
      else
        puts (line->str);
    }
  studio_table_free (self);
}

void
studio_heading (const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  if (is_plain ())
    printf ("%s\n", text);
  else
    printf ("\033[1m%s\033[0m\n", text);
}
