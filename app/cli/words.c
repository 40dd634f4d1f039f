/* words.c - times, sizes and counts as people read them. */
#include "cli.h"

#include <math.h>

/* Three significant digits. */
static char *
scaled (double value, const char *unit)
{
  return g_strdup_printf ("%.*f %s", value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value, unit);
}

char *
studio_words_us (double us)
{
  if (us < 999.5)
    return scaled (us, "µs");
  if (us < 999500)
    return scaled (us / 1e3, "ms");
  return scaled (us / 1e6, "s");
}

char *
studio_words_bytes (gsize bytes)
{
  if (bytes < 1024)
    return g_strdup_printf ("%" G_GSIZE_FORMAT " B", bytes);
  if (bytes < 1000 * 1024)
    return scaled (bytes / 1024.0, "KiB");
  if (bytes < (gsize) 1000 * 1024 * 1024)
    return scaled (bytes / 1048576.0, "MiB");
  return scaled (bytes / 1073741824.0, "GiB");
}

char *
studio_words_count (guint64 n)
{
  g_autofree char *digits = g_strdup_printf ("%" G_GUINT64_FORMAT, n);
  GString *text = g_string_new (digits);

  for (gssize i = (gssize) text->len - 3; i > 0; i -= 3)
    g_string_insert_c (text, i, ',');
  return g_string_free (text, FALSE);
}

char *
studio_words_flops (double flops)
{
  static const char *const unit[] = { "FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP" };
  guint i = 0;

  for (; flops >= 999.5 && i + 1 < G_N_ELEMENTS (unit); i++)
    flops /= 1e3;
  if (i == 0)
    return g_strdup_printf ("%.0f %s", flops, unit[i]);
  return scaled (flops, unit[i]);
}

char *
studio_words_real (double value)
{
  if (isnan (value))
    return g_strdup ("NaN");
  if (isinf (value))
    return g_strdup (value < 0 ? "-∞" : "∞");
  return g_strdup_printf ("%.4g", value);
}

char *
studio_words_many (guint64 n, const char *what)
{
  g_autofree char *count = studio_words_count (n);

  return g_strdup_printf ("%s %s%s", count, what, n == 1 ? "" : "s");
}

char *
studio_words_basis (const AnfProgram *program)
{
  const AnfOptions *options = anf_program_options (program);
  guint n = options->threads > 0 ? options->threads : g_get_num_processors ();
  g_autofree char *device = g_ascii_strup (anf_program_device (program), -1);
  g_autofree char *threads = studio_words_many (n, "thread");

  return g_strdup_printf ("%s device, %s numerics, %s, %s", device,
                          anf_numerics_name (options->numerics),
                          anf_report_target (anf_program_report (program)), threads);
}
