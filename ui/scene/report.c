/* report.c - a record as one HTML page: no script, no style, no picture from anywhere else. */
#include "report.h"

#include <math.h>
#include <string.h>

#include <glib/gstdio.h>

#include "export.h"
#include "format.h"

#define SLOWEST 20                 /* operators in the chart */

/* ---------------------------------------------------------------- cells */

static void
append_cell (GString *html, const char *css, const char *text)
{
  g_string_append_printf (html, "<td%s%s%s>", css != NULL ? " class=\"" : "",
                          css != NULL ? css : "", css != NULL ? "\"" : "");
  studio_report_escape (html, text);
  g_string_append (html, "</td>");
}

/* What is written is rounded; the number itself is beside it, for programs. */
static void
append_number (GString *html, double value, char *text)
{
  g_autofree char *own = text;
  char digits[G_ASCII_DTOSTR_BUF_SIZE];

  if (isfinite (value))
    g_string_append_printf (html, "<td class=\"number\" data-value=\"%s\">",
                            g_ascii_dtostr (digits, sizeof digits, value));
  else
    g_string_append (html, "<td class=\"number\">");
  studio_report_escape (html, isnan (value) ? "–" : own);
  g_string_append (html, "</td>");
}

static void
append_us (GString *html, double us)
{
  append_number (html, us, studio_format_time_us (us));
}

static void
append_bytes (GString *html, gsize bytes)
{
  append_number (html, bytes, studio_format_bytes (bytes));
}

/* @titles: separated by |, a number column begins with #. */
static void
begin_table (GString *html, const char *id, const char *titles)
{
  g_auto(GStrv) all = g_strsplit (titles, "|", -1);

  g_string_append_printf (html, "<table id=\"%s\"><thead><tr>", id);
  for (guint i = 0; all[i] != NULL; i++)
    if (all[i][0] == '#')
      g_string_append_printf (html, "<th class=\"number\">%s</th>", all[i] + 1);
    else
      g_string_append_printf (html, "<th>%s</th>", all[i]);
  g_string_append (html, "</tr></thead><tbody>\n");
}

static void
end_table (GString *html)
{
  g_string_append (html, "</tbody></table>\n");
}

/* ---------------------------------------------------------------- the head */

static const char style[] =
  ":root{--ground:#fff;--text:#1d1d20;--dim:#66666e;--line:#d9d9de;--bar:#3584e4;--before:#c9d9ee;"
  "--good:#1b7a43;--bad:#c01c28;--card:#f6f6f8;--axis:#8d8d96}\n"
  "@media (prefers-color-scheme:dark){:root{--ground:#1d1d20;--text:#ededf0;--dim:#a3a3ad;"
  "--line:#3b3b42;--bar:#62a0ea;--before:#33475f;--good:#6fdb9a;--bad:#ff938c;--card:#26262b;"
  "--axis:#7d7d87}}\n"
  "body{background:var(--ground);color:var(--text);font:14px/1.45 Cantarell,Inter,system-ui,"
  "sans-serif;max-width:1040px;margin:32px auto;padding:0 20px}\n"
  "h1{font-size:24px;margin:0}h2{font-size:16px;margin:32px 0 8px}p{margin:4px 0 12px}\n"
  ".dim,figcaption{color:var(--dim)}table{border-collapse:collapse;width:100%;font-size:13px}\n"
  "th{text-align:left;color:var(--dim);font-weight:400;border-bottom:1px solid var(--line)}\n"
  "th,td{padding:3px 8px}tbody tr:nth-child(even){background:var(--card)}\n"
  ".number{text-align:right;font-family:'JetBrains Mono','DejaVu Sans Mono',monospace;"
  "font-variant-numeric:tabular-nums;white-space:nowrap}tr.segment td{font-weight:600}\n"
  ".op td:first-child{padding-left:28px}.pass{color:var(--good)}.fail{color:var(--bad);"
  "font-weight:700}.tag{border:1px solid currentColor;border-radius:4px;padding:0 5px;"
  "font-size:11px;font-weight:700;color:var(--good)}.tag.estimated{color:var(--dim);"
  "border-style:dashed}\n"
  ".tiles{display:flex;gap:10px;flex-wrap:wrap;margin:18px 0}.tile{background:var(--card);"
  "border:1px solid var(--line);border-radius:8px;padding:10px 14px;flex:1;min-width:120px}"
  ".tile b{display:block;font:600 20px 'JetBrains Mono','DejaVu Sans Mono',monospace}\n"
  "figure{margin:12px 0}svg{width:100%;height:auto}svg text{font-size:11px;fill:var(--text)}"
  "svg .tick{fill:var(--dim)}.middle{text-anchor:middle}.end{text-anchor:end}"
  ".grid{stroke:var(--line)}.axis{stroke:var(--axis)}.bar{fill:var(--bar)}.before{"
  "fill:var(--before)}.estimated{fill-opacity:.35;stroke:var(--bar);stroke-dasharray:4 3}"
  ".whisker{stroke:var(--text)}.picture{border:1px solid var(--line);border-radius:8px;"
  "overflow:auto}.picture img{max-width:100%;display:block;margin:auto}\n";

static void
append_tile (GString *html, const char *name, char *value, char *note)
{
  g_autofree char *own_value = value, *own_note = note;

  g_string_append (html, "<div class=\"tile\"><span class=\"dim\">");
  studio_report_escape (html, name);
  g_string_append (html, "</span><b>");
  studio_report_escape (html, own_value);
  g_string_append (html, "</b><span class=\"dim\">");
  studio_report_escape (html, own_note);
  g_string_append (html, "</span></div>");
}

static void
append_head (GString *html, const AnfRecord *record)
{
  g_autoptr(GDateTime) when = g_date_time_new_from_unix_utc (record->when);
  g_autofree char *time = g_date_time_format (when, "%Y-%m-%d %H:%M:%S UTC");
  const char *title = record->title != NULL && *record->title != '\0' ? record->title : "Untitled";
  g_autofree char *p10 = studio_format_time_us (record->total.p10_us);
  g_autofree char *p90 = studio_format_time_us (record->total.p90_us);
  guint held = 0;

  for (guint i = 0; i < record->gates->len; i++)
    held += g_array_index (record->gates, AnfRecordGate, i).ok;
  g_string_append (html, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                   "<meta name=\"viewport\" content=\"width=device-width\">"
                   "<meta name=\"color-scheme\" content=\"light dark\"><title>");
  studio_report_escape (html, title);
  g_string_append_printf (html, "</title><style>%s</style></head><body>\n<h1>", style);
  studio_report_escape (html, title);
  g_string_append_printf (html, "</h1><p class=\"dim\">ANEForge Studio %s, %s, graph %.12s</p>\n",
                          record->version, time, record->hash);
  g_string_append_printf (html, "<p><span class=\"tag\">measured</span> on the %s device, %s "
                          "numerics, %u threads, n = %u; times are those of this device, not of an "
                          "Apple Neural Engine.</p>\n<div class=\"tiles\">", record->device,
                          record->numerics, record->threads, record->runs);
  append_tile (html, "Median of a run", studio_format_time_us (record->total.median_us),
               g_strdup_printf ("p10 %s, p90 %s", p10, p90));
  append_tile (html, "First run", studio_format_time_us (record->first_us), g_strdup (""));
  append_tile (html, "Compile", studio_format_time_us (record->compile_us), g_strdup (""));
  append_tile (html, "Load", studio_format_time_us (record->load_us), g_strdup (""));
  append_tile (html, "Weights", studio_format_bytes (anf_record_weight_bytes (record)),
               g_strdup (record->compress));
  append_tile (html, "Gates held", g_strdup_printf ("%u/%u", held, record->gates->len),
               g_strdup (""));
  g_string_append (html, "</div>\n");
}

/* ---------------------------------------------------------------- the graph */

static gboolean
append_picture (GString *html, AnfGraph *graph, StudioTheme theme, const char *path, GError **error)
{
  g_autoptr(AnfReport) report = anf_check (graph, NULL);
  g_autoptr(AnfPlan) plan = anf_report_ok (report) ? anf_plan (report, NULL) : NULL;
  g_autofree char *svg = NULL, *code = NULL;
  gsize length;

  if (!studio_scene_export (graph, report, plan, path, STUDIO_FORMAT_SVG, theme, error)
      || !g_file_get_contents (path, &svg, &length, error))
    return FALSE;
  code = g_base64_encode ((const guchar *) svg, length);
  if (theme == STUDIO_THEME_DARK)
    g_string_append_printf (html, "<source media=\"(prefers-color-scheme:dark)\" srcset=\""
                            "data:image/svg+xml;base64,%s\">", code);
  else
    g_string_append_printf (html, "<img alt=\"The graph, its operators by segment\" src=\""
                            "data:image/svg+xml;base64,%s\">", code);
  return TRUE;
}

/* In two coats, of which the reader sees one. */
static gboolean
append_graph (GString *html, AnfGraph *graph, GError **error)
{
  g_autofree char *path = NULL;
  int file = g_file_open_tmp ("aneforge-report-XXXXXX.svg", &path, error);
  gboolean good;

  if (file < 0)
    return FALSE;
  g_close (file, NULL);
  g_string_append (html, "<h2>Graph</h2><div class=\"picture\"><picture>");
  good = append_picture (html, graph, STUDIO_THEME_DARK, path, error)
         && append_picture (html, graph, STUDIO_THEME_LIGHT, path, error);
  g_string_append (html, "</picture></div>\n");
  g_unlink (path);
  return good;
}

/* ---------------------------------------------------------------- times */

static void
append_op (GString *html, const AnfRecordOp *op)
{
  g_string_append (html, "<tr class=\"op\">");
  append_cell (html, NULL, op->name);
  append_cell (html, "dim", op->op);
  append_us (html, op->us.median_us);
  append_us (html, op->us.p10_us);
  append_us (html, op->us.p90_us);
  append_us (html, NAN);
  append_number (html, op->flops, studio_format_count (op->flops));
  append_bytes (html, op->bytes);
  g_string_append (html, "</tr>\n");
}

static void
append_segments (GString *html, const AnfRecord *record)
{
  g_string_append (html, "<h2>Segments and operators</h2>\n");
  begin_table (html, "segments", "Segment, op|Kind|#Median|#p10|#p90|#Estimate|#FLOP|#Bytes");
  for (guint i = 0; i < record->segments->len; i++)
    {
      const AnfRecordSegment *segment = &g_array_index (record->segments, AnfRecordSegment, i);

      g_string_append_printf (html, "<tr class=\"segment\" title=\"");
      studio_report_escape (html, segment->reason);
      g_string_append (html, "\">");
      append_cell (html, NULL, segment->name);
      append_cell (html, NULL, segment->kind);
      append_us (html, segment->us.median_us);
      append_us (html, segment->us.p10_us);
      append_us (html, segment->us.p90_us);
      append_us (html, segment->estimate_us);
      append_cell (html, NULL, "");
      append_bytes (html, segment->bytes_in + segment->bytes_out);
      g_string_append (html, "</tr>\n");
      for (guint k = 0; k < record->ops->len; k++)
        if (g_array_index (record->ops, AnfRecordOp, k).segment == (int) i)
          append_op (html, &g_array_index (record->ops, AnfRecordOp, k));
    }
  end_table (html);
  g_string_append_printf (html, "<p class=\"dim\">Estimates are for %s; an operator at 0 is done "
                          "with the one before it.</p>\n", record->target);
}

static int
by_time (gconstpointer a, gconstpointer b)
{
  double x = ((const StudioReportBar *) a)->value, y = ((const StudioReportBar *) b)->value;

  return (x < y) - (x > y);
}

static void
bar_clear (gpointer data)
{
  g_free (((StudioReportBar *) data)->label);
}

static GArray *
new_bars (void)
{
  GArray *bars = g_array_new (FALSE, TRUE, sizeof (StudioReportBar));

  g_array_set_clear_func (bars, bar_clear);
  return bars;
}

static void
append_slowest (GString *html, const AnfRecord *record)
{
  g_autoptr(GArray) bars = new_bars ();

  for (guint i = 0; i < record->ops->len; i++)
    {
      const AnfRecordOp *op = &g_array_index (record->ops, AnfRecordOp, i);
      StudioReportBar bar = { NULL, op->us.median_us, op->us.p10_us, op->us.p90_us, NAN, FALSE };

      if (!(op->us.median_us > 0))
        continue;
      bar.label = g_strdup_printf ("%.24s", op->name);
      g_array_append_val (bars, bar);
    }
  g_array_sort (bars, by_time);
  if (bars->len > SLOWEST)
    g_array_set_size (bars, SLOWEST);
  studio_report_bars (html, "Slowest operators, median with p10 to p90", bars,
                      STUDIO_REPORT_LINEAR, studio_format_time_us);
}

/* ---------------------------------------------------------------- weights, gates, chips */

static char *
format_bytes (double bytes)
{
  return studio_format_bytes (bytes);
}

static void
append_weights (GString *html, const AnfRecord *record)
{
  g_autoptr(GArray) bars = new_bars ();

  if (record->weights->len == 0)
    return;
  g_string_append (html, "<h2>Weights</h2>\n");
  begin_table (html, "weights", "Weight|Encoding|#Bytes|#As fp16|#Error|On the target|Why");
  for (guint i = 0; i < record->weights->len; i++)
    {
      const AnfRecordWeight *weight = &g_array_index (record->weights, AnfRecordWeight, i);
      g_autofree char *name = g_strdup_printf ("%s.%s", weight->node, weight->role);
      StudioReportBar bar = { NULL, weight->bytes, NAN, NAN, weight->plain_bytes, FALSE };

      g_string_append (html, "<tr>");
      append_cell (html, NULL, name);
      append_cell (html, NULL, weight->encoding);
      append_bytes (html, weight->bytes);
      append_bytes (html, weight->plain_bytes);
      append_number (html, weight->error, studio_format_real (weight->error));
      append_cell (html, NULL, weight->streams ? "streams" : "folds");
      append_cell (html, "dim", weight->why);
      g_string_append (html, "</tr>\n");
      bar.label = g_strdup_printf ("%.24s", name);
      g_array_append_val (bars, bar);
    }
  end_table (html);
  g_array_sort (bars, by_time);
  if (bars->len > SLOWEST)
    g_array_set_size (bars, SLOWEST);
  studio_report_bars (html, "Largest weights as encoded, and behind them as fp16", bars,
                      STUDIO_REPORT_BINARY, format_bytes);
}

static void
append_gates (GString *html, const AnfRecord *record)
{
  if (record->gates->len == 0)
    return;
  g_string_append (html, "<h2>Accuracy gates</h2>\n");
  begin_table (html, "gates", "Output|Metric|#Value|#Limit|Verdict|Measured on");
  for (guint i = 0; i < record->gates->len; i++)
    {
      const AnfRecordGate *gate = &g_array_index (record->gates, AnfRecordGate, i);
      g_autofree char *samples = gate->random ? g_strdup ("one random sample, seed 0")
        : g_strdup_printf ("%u samples of %s", gate->samples, gate->inputs);

      g_string_append (html, "<tr>");
      append_cell (html, NULL, gate->output);
      append_cell (html, NULL, gate->metric);
      append_number (html, gate->value, studio_format_real (gate->value));
      append_number (html, gate->limit, studio_format_real (gate->limit));
      append_cell (html, gate->ok ? "pass" : "fail", gate->problem != NULL ? "not measured"
                   : gate->ok ? "pass" : "fail");
      append_cell (html, "dim", gate->problem != NULL ? gate->problem : samples);
      g_string_append (html, "</tr>\n");
    }
  end_table (html);
  g_string_append (html, "<p class=\"dim\">Against fp32 with the original weights.</p>\n");
}

static void
append_estimates (GString *html, const AnfRecord *record)
{
  g_autoptr(GArray) bars = new_bars ();

  g_string_append (html, "<h2>Chips</h2><p><span class=\"tag estimated\">estimated</span> from "
                   "published measurements; in four of five cases the time is expected within the "
                   "interval.</p>\n");
  begin_table (html, "estimates", "Chip|Name|#Estimate|#From|#To|Basis|Rates of");
  for (guint i = 0; i < record->estimates->len; i++)
    {
      const AnfRecordEstimate *it = &g_array_index (record->estimates, AnfRecordEstimate, i);
      StudioReportBar bar = { NULL, it->us, it->low, it->high, NAN, TRUE };

      g_string_append (html, "<tr>");
      append_cell (html, NULL, it->target);
      append_cell (html, NULL, it->title);
      append_us (html, it->us);
      append_us (html, it->low);
      append_us (html, it->high);
      append_cell (html, "dim", it->why != NULL ? it->why : it->basis);
      append_cell (html, "dim", it->from);
      g_string_append (html, "</tr>\n");
      if (!(it->us > 0))
        continue;
      bar.label = g_strdup_printf ("%s  %s", it->title != NULL ? it->title : "", it->target);
      g_array_append_val (bars, bar);
    }
  end_table (html);
  studio_report_bars (html, "Estimated time of a run, with its interval", bars, STUDIO_REPORT_LOG,
                      studio_format_time_us);
}

static void
append_environment (GString *html, const AnfRecord *record)
{
  const char *const rows[][2] = {
    { "Version", record->version }, { "Graph", record->hash }, { "Device", record->device },
    { "Numerics", record->numerics }, { "Target", record->target },
    { "Optimisation level", record->opt }, { "Compression", record->compress },
  };
  g_autofree char *peak = studio_format_bytes (record->peak_bytes);

  g_string_append (html, "<h2>Environment</h2>\n<table id=\"environment\"><tbody>");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_string_append_printf (html, "<tr><td class=\"dim\">%s</td>", rows[i][0]);
      append_cell (html, NULL, rows[i][1]);
      g_string_append (html, "</tr>\n");
    }
  g_string_append_printf (html, "<tr><td class=\"dim\">Threads</td><td>%u</td></tr>\n"
                          "<tr><td class=\"dim\">Runs</td><td>%u</td></tr>\n"
                          "<tr><td class=\"dim\">Peak memory</td><td>%s</td></tr>\n",
                          record->threads, record->runs, peak);
  end_table (html);
}

/* "</" ends a script wherever it stands. */
static void
append_record (GString *html, const AnfRecord *record)
{
  g_autofree char *text = anf_record_text (record);
  g_auto(GStrv) parts = g_strsplit (text, "</", -1);
  g_autofree char *safe = g_strjoinv ("<\\/", parts);

  g_string_append_printf (html, "<script type=\"application/json\" id=\"record\">\n%s\n</script>\n",
                          safe);
}

/* ---------------------------------------------------------------- the whole */

char *
studio_report_text (const AnfRecord *record, AnfGraph *graph, GError **error)
{
  g_autoptr(GString) html = g_string_new (NULL);

  append_head (html, record);
  if (graph != NULL && !append_graph (html, graph, error))
    return NULL;
  append_gates (html, record);
  append_segments (html, record);
  append_slowest (html, record);
  append_weights (html, record);
  append_estimates (html, record);
  append_environment (html, record);
  append_record (html, record);
  g_string_append (html, "</body></html>\n");
  return g_string_free (g_steal_pointer (&html), FALSE);
}

gboolean
studio_report_save (const AnfRecord *record, AnfGraph *graph, const char *path, GError **error)
{
  g_autofree char *text = studio_report_text (record, graph, error);

  return text != NULL && g_file_set_contents (path, text, -1, error);
}
