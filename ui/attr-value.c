/* attr-value.c - attribute values to text and back, without a widget. */
#include "attr-value.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <glib/gi18n-lib.h>

static gboolean
has_low (const AnfAttr *attr)
{
  return attr->min != 0 || attr->max != 0;
}

static gboolean
has_high (const AnfAttr *attr)
{
  return has_low (attr) && attr->max >= attr->min;
}

char *
studio_real_text (double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  for (int digits = 6; digits <= 17; digits++)
    {
      char form[8];

      g_snprintf (form, sizeof form, "%%.%dg", digits);
      g_ascii_formatd (text, sizeof text, form, value);
      if (g_ascii_strtod (text, NULL) == value)
        break;
    }
  return g_strdup (text);
}

gboolean
studio_real_parse (const char *text, double *value)
{
  g_autofree char *trimmed = g_strstrip (g_strdup (text));
  char *end;

  *value = g_ascii_strtod (trimmed, &end);
  return *trimmed != '\0' && *end == '\0' && isfinite (*value);
}

static gboolean
parse_int (const char *text, gint64 *value)
{
  char *end;

  errno = 0;
  *value = g_ascii_strtoll (text, &end, 10);
  return *text != '\0' && *end == '\0' && errno == 0;
}

char *
studio_attr_range (const AnfAttr *attr)
{
  g_autofree char *low = studio_real_text (attr->min), *high = studio_real_text (attr->max);

  if (!has_low (attr))
    return NULL;
  /* Limits that only say "what an integer holds" tell nobody anything. */
  if (!has_high (attr) || attr->max >= 1e9)
    return g_strdup_printf (_("%s or more"), low);
  return g_strdup_printf (_("%s to %s"), low, high);
}

static char *
out_of_range (const AnfAttr *attr, const char *text)
{
  g_autofree char *range = studio_attr_range (attr);

  return g_strdup_printf (_("%s is out of range: %s"), text, range);
}

static gboolean
is_within (const AnfAttr *attr, double value)
{
  return (!has_low (attr) || value >= attr->min) && (!has_high (attr) || value <= attr->max);
}

/* Numbers parted by commas, spaces or ×, without empty ones; brackets round them are dropped. */
static char **
split_numbers (const char *text)
{
  g_autofree char *plain = g_strdup (text);
  g_auto(GStrv) parts = NULL;
  g_autoptr(GStrvBuilder) kept = g_strv_builder_new ();
  char *cross;

  while ((cross = strstr (plain, "×")) != NULL)
    memset (cross, ' ', strlen ("×"));
  g_strdelimit (plain, ",;[]()x\t", ' ');
  parts = g_strsplit (plain, " ", -1);
  for (guint i = 0; parts[i] != NULL; i++)
    if (*parts[i] != '\0')
      g_strv_builder_add (kept, parts[i]);
  return g_strv_builder_end (kept);
}

static GVariant *
parse_one_int (const AnfAttr *attr, const char *text, char **reason)
{
  gint64 value;

  if (!parse_int (text, &value))
    *reason = g_strdup_printf (_("“%s” is not a whole number"), text);
  else if (!is_within (attr, value))
    *reason = out_of_range (attr, text);
  else
    return g_variant_new_int64 (value);
  return NULL;
}

static GVariant *
parse_one_real (const AnfAttr *attr, const char *text, char **reason)
{
  double value;

  if (!studio_real_parse (text, &value))
    *reason = g_strdup_printf (_("“%s” is not a number"), text);
  else if (!is_within (attr, value))
    *reason = out_of_range (attr, text);
  else
    return g_variant_new_double (value);
  return NULL;
}

/* One number stands for itself ("x"), several make an array ("ax"). */
static GVariant *
parse_list (const AnfAttr *attr, const char *text, char **reason,
            GVariant *(*parse_one) (const AnfAttr *, const char *, char **))
{
  g_auto(GStrv) parts = split_numbers (text);
  guint n = g_strv_length (parts);
  g_autoptr(GVariant) first = NULL;
  GVariantBuilder list;

  if (n == 0)
    {
      *reason = g_strdup (_("At least one number is needed"));
      return NULL;
    }
  if (n == 1 && strpbrk (text, ",[") == NULL)
    return parse_one (attr, parts[0], reason);

  if ((first = parse_one (attr, parts[0], reason)) == NULL)
    return NULL;
  g_variant_ref_sink (first);
  g_variant_builder_init (&list, g_variant_is_of_type (first, G_VARIANT_TYPE_INT64)
                          ? G_VARIANT_TYPE ("ax") : G_VARIANT_TYPE ("ad"));
  for (guint i = 0; i < n; i++)
    {
      GVariant *value = parse_one (attr, parts[i], reason);

      if (value == NULL)
        {
          g_variant_builder_clear (&list);
          return NULL;
        }
      g_variant_builder_add_value (&list, value);
    }
  return g_variant_builder_end (&list);
}

static GVariant *
parse_flag (const char *text, char **reason)
{
  if (g_ascii_strcasecmp (text, "true") == 0)
    return g_variant_new_boolean (TRUE);
  if (g_ascii_strcasecmp (text, "false") == 0)
    return g_variant_new_boolean (FALSE);
  *reason = g_strdup_printf (_("“%s” is neither true nor false"), text);
  return NULL;
}

static GVariant *
parse_choice (const AnfAttr *attr, const char *text, char **reason)
{
  g_autofree char *all = NULL;

  if (attr->choices == NULL || g_strv_contains (attr->choices, text))
    return g_variant_new_string (text);
  all = g_strjoinv (", ", (char **) attr->choices);
  *reason = g_strdup_printf (_("“%s” is not one of %s"), text, all);
  return NULL;
}

GVariant *
studio_attr_parse (const AnfAttr *attr, const char *text, char **reason)
{
  g_autofree char *trimmed = g_strstrip (g_strdup (text));

  *reason = NULL;
  switch (attr->kind)
    {
    case ANF_ATTR_INT:
      return parse_one_int (attr, trimmed, reason);

    case ANF_ATTR_REAL:
      return parse_one_real (attr, trimmed, reason);

    case ANF_ATTR_INTS:
      return parse_list (attr, trimmed, reason, parse_one_int);

    case ANF_ATTR_REALS:
      return parse_list (attr, trimmed, reason, parse_one_real);

    case ANF_ATTR_FLAG:
      return parse_flag (trimmed, reason);

    case ANF_ATTR_CHOICE:
      return parse_choice (attr, trimmed, reason);

    case ANF_ATTR_TEXT:
      break;
    }
  return g_variant_new_string (trimmed);
}

char *
studio_attr_text (GVariant *value)
{
  g_autoptr(GString) text = g_string_new (NULL);

  if (value == NULL)
    return g_strdup ("");
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT64))
    return g_strdup_printf ("%" G_GINT64_FORMAT, g_variant_get_int64 (value));
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_DOUBLE))
    return studio_real_text (g_variant_get_double (value));
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    return g_strdup (g_variant_get_boolean (value) ? "true" : "false");
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return g_variant_dup_string (value, NULL);
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_ARRAY))
    return g_variant_print (value, FALSE);

  for (gsize i = 0; i < g_variant_n_children (value); i++)
    {
      g_autoptr(GVariant) child = g_variant_get_child_value (value, i);
      g_autofree char *one = studio_attr_text (child);

      g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", one);
    }
  /* An array of one is not the same as the number for all axes. */
  if (g_variant_n_children (value) == 1)
    g_string_append_c (text, ',');
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Steps of 0.1 would pile up binary dust: 12 digits are more than anyone steps through. */
static double
round_off (double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  return g_ascii_strtod (g_ascii_formatd (text, sizeof text, "%.12g", value), NULL);
}

static GVariant *
step_one (const AnfAttr *attr, GVariant *value, int direction)
{
  double real, next;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT64))
    {
      gint64 whole = g_variant_get_int64 (value);

      return g_variant_new_int64 (is_within (attr, whole + direction) ? whole + direction : whole);
    }
  real = g_variant_get_double (value);
  /* A tenth of the leading digit's place, so that ten steps change the leading digit. */
  next = real + direction * (real != 0 ? pow (10, floor (log10 (fabs (real)) + 1e-9) - 1) : 0.01);
  if (has_low (attr))
    next = MAX (next, attr->min);
  if (has_high (attr))
    next = MIN (next, attr->max);
  return g_variant_new_double (round_off (next));
}

GVariant *
studio_attr_step (const AnfAttr *attr, GVariant *value, int direction)
{
  GVariantBuilder list;

  if (value == NULL)
    return NULL;
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT64)
      || g_variant_is_of_type (value, G_VARIANT_TYPE_DOUBLE))
    return step_one (attr, value, direction);
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE ("ax"))
      && !g_variant_is_of_type (value, G_VARIANT_TYPE ("ad")))
    return NULL;

  g_variant_builder_init (&list, g_variant_get_type (value));
  for (gsize i = 0; i < g_variant_n_children (value); i++)
    {
      g_autoptr(GVariant) child = g_variant_get_child_value (value, i);

      g_variant_builder_add_value (&list, step_one (attr, child, direction));
    }
  return g_variant_builder_end (&list);
}

guint
studio_shape_parse (const char *text, guint max, gint64 *shape)
{
  g_auto(GStrv) parts = split_numbers (text);
  guint n = g_strv_length (parts);

  if (n > max)
    return 0;
  for (guint i = 0; i < n; i++)
    if (!parse_int (parts[i], &shape[i]) || shape[i] < 1)
      return 0;
  return n;
}
