/* report.h - what a run showed as one HTML file that needs nothing else. */
#pragma once

#include "anf.h"

G_BEGIN_DECLS

/* Tables, charts as inline SVG, the graph as a picture (@graph, nullable: none), and the record
 * itself as JSON in the element "record". Light or dark as the reader's desktop is. Replaces the
 * file at @path atomically. */
gboolean studio_report_save (const AnfRecord *record, AnfGraph *graph, const char *path,
                             GError **error);
char    *studio_report_text (const AnfRecord *record, AnfGraph *graph, GError **error);

/* ---- its charts (report-chart.c): each an SVG element */

typedef struct
{
  char       *label;
  double      value, low, high;    /* @low and @high NAN: no whisker */
  double      before;              /* a second, paler bar behind it; NAN: none */
  gboolean    estimated;           /* hatched */
} StudioReportBar;

typedef enum { STUDIO_REPORT_LINEAR, STUDIO_REPORT_LOG, STUDIO_REPORT_BINARY } StudioReportScale;

/* Horizontal bars of one axis. @format makes its ticks (transfer full). */
void     studio_report_bars (GString *html, const char *title, const GArray *bars,
                             StudioReportScale scale, char *(*format) (double value));
/* @text with what HTML reads as its own taken care of, appended. */
void     studio_report_escape (GString *html, const char *text);

G_END_DECLS
