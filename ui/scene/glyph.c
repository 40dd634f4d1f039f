/* glyph.c - reads the path data of the category icons, to draw them in any colour and size. */
#include "glyph.h"

#include <math.h>
#include <string.h>

#include "scene-resources.h"

/* Arguments that each command takes, upper case. */
static int
n_arguments (char command)
{
  switch (g_ascii_toupper (command))
    {
    case 'M': case 'L': return 2;
    case 'H': case 'V': return 1;
    case 'C': return 6;
    case 'A': return 7;
    case 'Z': return 0;
    default: return -1;
    }
}

static gboolean
read_numbers (const char **p, int n, double *out)
{
  for (int i = 0; i < n; i++)
    {
      char *end;

      *p += strspn (*p, " ,\t\n\r");
      out[i] = g_ascii_strtod (*p, &end);
      if (end == *p)
        return FALSE;
      *p = end;
    }
  return TRUE;
}

/* From end points to the centre, SVG 1.1 appendix F.6; radii that are too small grow to fit. */
static void
add_arc (cairo_t *cr, double x1, double y1, const double a[7], double x2, double y2)
{
  double rx = fabs (a[0]), ry = fabs (a[1]), phi = a[2] * G_PI / 180, k;
  double dx = (x1 - x2) / 2, dy = (y1 - y2) / 2;
  double u = (cos (phi) * dx + sin (phi) * dy) / rx, v = (cos (phi) * dy - sin (phi) * dx) / ry;
  double fit = u * u + v * v, cu, cv;
  cairo_matrix_t saved;

  if (fit > 1)
    {
      rx *= sqrt (fit);
      ry *= sqrt (fit);
      u /= sqrt (fit);
      v /= sqrt (fit);
      fit = 1;
    }
  k = fit > 0 ? sqrt (MAX (0, 1 / fit - 1)) : 0;
  if ((a[3] != 0) == (a[4] != 0))
    k = -k;
  cu = k * v;
  cv = -k * u;

  cairo_get_matrix (cr, &saved);
  cairo_translate (cr, (x1 + x2) / 2, (y1 + y2) / 2);
  cairo_rotate (cr, phi);
  cairo_scale (cr, rx, ry);
  if (a[4] != 0)
    cairo_arc (cr, cu, cv, 1, atan2 (v - cv, u - cu), atan2 (-v - cv, -u - cu));
  else
    cairo_arc_negative (cr, cu, cv, 1, atan2 (v - cv, u - cu), atan2 (-v - cv, -u - cu));
  cairo_set_matrix (cr, &saved);
}

static void
add_segment (cairo_t *cr, char command, double a[7])
{
  double x, y;
  double ox = 0, oy = 0;

  cairo_get_current_point (cr, &x, &y);
  if (g_ascii_islower (command))
    ox = x, oy = y;
  switch (g_ascii_toupper (command))
    {
    case 'M': cairo_move_to (cr, ox + a[0], oy + a[1]); break;
    case 'L': cairo_line_to (cr, ox + a[0], oy + a[1]); break;
    case 'H': cairo_line_to (cr, ox + a[0], y); break;
    case 'V': cairo_line_to (cr, x, oy + a[0]); break;
    case 'C':
      cairo_curve_to (cr, ox + a[0], oy + a[1], ox + a[2], oy + a[3], ox + a[4], oy + a[5]);
      break;
    case 'A': add_arc (cr, x, y, a, ox + a[5], oy + a[6]); break;
    default: cairo_close_path (cr); break;
    }
}

gboolean
studio_svg_path (cairo_t    *cr,
                 const char *d)
{
  char command = 0;
  double a[7];

  while (d += strspn (d, " ,\t\n\r"), *d != '\0')
    {
      if (g_ascii_isalpha (*d))
        command = *d++;
      else if (command == 0 || n_arguments (command) == 0)
        return FALSE;
      if (n_arguments (command) < 0 || !read_numbers (&d, n_arguments (command), a))
        return FALSE;
      add_segment (cr, command, a);
      if (command == 'M' || command == 'm')      /* pairs that follow are lines */
        command += 'L' - 'M';
    }
  return TRUE;
}

cairo_path_t *
studio_glyph_load (AnfCategory category)
{
  g_autofree char *name = g_strconcat ("/io/github/aneforge/Studio/scene/",
                                       anf_category_name (category), NULL);
  g_autoptr(GBytes) icon = g_resource_lookup_data (studio_scene_get_resource (), name,
                                                   G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  cairo_surface_t *surface = cairo_recording_surface_create (CAIRO_CONTENT_ALPHA, NULL);
  cairo_t *cr = cairo_create (surface);
  const char *text = icon != NULL ? g_bytes_get_data (icon, NULL) : "";
  cairo_path_t *path;

  for (const char *p = text; (p = strstr (p, " d=\"")) != NULL;)
    {
      g_autofree char *d = g_strndup (p + 4, strcspn (p + 4, "\""));

      studio_svg_path (cr, d);
      p += 4;
    }
  path = cairo_copy_path (cr);
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
  return path;
}
