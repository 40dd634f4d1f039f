/* report-chart.c - the charts of a report: SVG whose colours are the page's, so that they follow
 * light and dark. */
#include "report.h"

#include <math.h>

#include "axis.h"

#define WIDTH  860.0
#define LEFT   190.0
#define RIGHT  84.0
#define PITCH  20.0
#define FOOT   26.0

void
studio_report_escape (GString *html, const char *text)
{
  g_autofree char *escaped = g_markup_escape_text (text != NULL ? text : "", -1);

  g_string_append (html, escaped);
}

/* SVG has its point in every language. */
static const char *
number (double value, char *buffer)
{
  return g_ascii_formatd (buffer, G_ASCII_DTOSTR_BUF_SIZE, "%.2f", value);
}

static double
place (const StudioAxis *axis, double value)
{
  return LEFT + (WIDTH - LEFT - RIGHT) * CLAMP (studio_axis_place (axis, value), 0, 1);
}

static void
append_rect (GString *html, const char *css, double x, double y, double width, double height)
{
  char a[G_ASCII_DTOSTR_BUF_SIZE], b[G_ASCII_DTOSTR_BUF_SIZE], c[G_ASCII_DTOSTR_BUF_SIZE];
  char d[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_printf (html, "<rect class=\"%s\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" "
                          "rx=\"2\"/>", css, number (x, a), number (y, b),
                          number (MAX (width, 1), c), number (height, d));
}

static void
append_line (GString *html, const char *css, double x1, double y1, double x2, double y2)
{
  char a[G_ASCII_DTOSTR_BUF_SIZE], b[G_ASCII_DTOSTR_BUF_SIZE], c[G_ASCII_DTOSTR_BUF_SIZE];
  char d[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_printf (html, "<line class=\"%s\" x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\"/>", css,
                          number (x1, a), number (y1, b), number (x2, c), number (y2, d));
}

static void
append_text (GString *html, const char *css, double x, double y, const char *text)
{
  char a[G_ASCII_DTOSTR_BUF_SIZE], b[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_printf (html, "<text class=\"%s\" x=\"%s\" y=\"%s\">", css, number (x, a),
                          number (y, b));
  studio_report_escape (html, text);
  g_string_append (html, "</text>");
}

static StudioAxis
axis_of (const GArray *bars, StudioReportScale scale, char *(*format) (double value))
{
  gboolean log = scale == STUDIO_REPORT_LOG;
  StudioAxis axis = { log ? INFINITY : 0, log ? -INFINITY : 0, log, scale == STUDIO_REPORT_BINARY,
                      NULL, format };

  for (guint i = 0; i < bars->len; i++)
    {
      const StudioReportBar *bar = &g_array_index (bars, StudioReportBar, i);
      const double values[] = { bar->value, bar->low, bar->high, bar->before };

      for (guint k = 0; k < G_N_ELEMENTS (values); k++)
        if (isfinite (values[k]) && (!log || values[k] > 0))
          studio_axis_include (&axis, values[k]);
    }
  studio_axis_round (&axis);
  return axis;
}

static void
append_axis (GString *html, const StudioAxis *axis, double height)
{
  g_autoptr(GArray) ticks = studio_axis_ticks (axis, 6);

  for (guint i = 0; i < ticks->len; i++)
    {
      double value = g_array_index (ticks, double, i), x = place (axis, value);
      g_autofree char *text = axis->format (value);

      append_line (html, "grid", x, 4, x, height - FOOT + 4);
      append_text (html, "tick middle", x, height - 8, text);
    }
  append_line (html, "axis", LEFT, height - FOOT + 4, WIDTH - RIGHT, height - FOOT + 4);
}

static void
append_bar (GString *html, const StudioAxis *axis, const StudioReportBar *bar, double y)
{
  double x = place (axis, bar->value), middle = y + PITCH / 2;
  g_autofree char *value = axis->format (bar->value);

  append_text (html, "label end", LEFT - 8, middle + 4, bar->label);
  if (isfinite (bar->before))
    append_rect (html, "before", LEFT, y + 3, place (axis, bar->before) - LEFT, PITCH - 6);
  if (isfinite (bar->value))
    append_rect (html, bar->estimated ? "bar estimated" : "bar", LEFT, y + 5, x - LEFT, PITCH - 10);
  if (isfinite (bar->low) && isfinite (bar->high))
    {
      double low = place (axis, bar->low), high = place (axis, bar->high);

      append_line (html, "whisker", low, middle, high, middle);
      append_line (html, "whisker", low, middle - 4, low, middle + 4);
      append_line (html, "whisker", high, middle - 4, high, middle + 4);
      x = MAX (x, high);
    }
  if (isfinite (bar->before))
    x = MAX (x, place (axis, bar->before));
  append_text (html, "value", x + 6, middle + 4, value);
}

void
studio_report_bars (GString *html, const char *title, const GArray *bars, StudioReportScale scale,
                    char *(*format) (double value))
{
  StudioAxis axis = axis_of (bars, scale, format);
  double height = 4 + bars->len * PITCH + FOOT;
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  if (bars->len == 0)
    return;
  g_string_append (html, "<figure><figcaption>");
  studio_report_escape (html, title);
  g_string_append_printf (html, "</figcaption><svg viewBox=\"0 0 %d %s\" role=\"img\" "
                          "xmlns=\"http://www.w3.org/2000/svg\" aria-label=\"", (int) WIDTH,
                          number (height, buffer));
  studio_report_escape (html, title);
  g_string_append (html, "\">");
  append_axis (html, &axis, height);
  for (guint i = 0; i < bars->len; i++)
    append_bar (html, &axis, &g_array_index (bars, StudioReportBar, i), 4 + i * PITCH);
  g_string_append (html, "</svg></figure>\n");
}
