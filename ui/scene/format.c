/* format.c - numbers as the window writes them. */
#include "format.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NOTHING "–"

/* Three significant digits of 1 <= |value| < 1000 after rounding; "%.3g" would drop zeros. */
static char *
three_digits (double value)
{
  double size = fabs (value);
  int decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;

  return g_strdup_printf ("%.*f", decimals, value);
}

/* The unit that keeps the rounded number below @step; the last one takes all that is larger. */
static char *
with_unit (double value, double step, const char *const *units)
{
  g_autofree char *digits = NULL;
  guint i = 0;

  while (units[i + 1] != NULL && fabs (value) >= step - 0.5)
    {
      value /= step;
      i++;
    }
  digits = three_digits (value);
  return units[i][0] == '\0' ? g_steal_pointer (&digits)
    : g_strdup_printf ("%s %s", digits, units[i]);
}

static const char *
not_finite (double value)
{
  if (isnan (value))
    return NOTHING;
  return value > 0 ? "inf" : "-inf";
}

char *
studio_format_time_us (double us)
{
  static const char *const units[] = { "µs", "ms", "s", NULL };

  if (!isfinite (us))
    return g_strdup (not_finite (us));
  if (us == 0)
    return g_strdup ("0 µs");
  if (fabs (us) < 0.995)
    return g_strdup_printf ("%.0f ns", us * 1e3);
  return with_unit (us, 1000, units);
}

char *
studio_format_bytes (gsize bytes)
{
  static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", NULL };

  if (bytes < 1024)
    return g_strdup_printf ("%" G_GSIZE_FORMAT " B", bytes);
  return with_unit (bytes / 1024.0, 1024, units);
}

char *
studio_format_count (double count)
{
  static const char *const units[] = { "", "k", "M", "G", "T", "P", NULL };

  if (!isfinite (count))
    return g_strdup (not_finite (count));
  if (fabs (count) < 1000 && count == rint (count))
    return g_strdup_printf ("%.0f", count);
  return with_unit (count, 1000, units);
}

char *
studio_format_real (double value)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE];
  double size = fabs (value);
  char *exponent;

  if (isnan (value))
    return g_strdup ("NaN");
  if (isinf (value))
    return g_strdup (not_finite (value));
  if (value == 0)
    return g_strdup ("0");
  if (size >= 0.9995 && size < 999.5)
    return three_digits (value);
  if (size >= 0.00995 && size < 0.9995)
    return g_strdup_printf ("%.*f", size >= 0.09995 ? 3 : 4, value);

  g_ascii_formatd (digits, sizeof digits, "%.2e", value);
  exponent = strchr (digits, 'e');
  *exponent = '\0';
  return g_strdup_printf ("%se%d", digits, atoi (exponent + 1));
}

char *
studio_format_percent (double fraction)
{
  if (!isfinite (fraction))
    return g_strdup (NOTHING);
  return g_strdup_printf (fabs (fraction) >= 0.9995 ? "%.0f %%" : "%.1f %%", fraction * 100);
}
