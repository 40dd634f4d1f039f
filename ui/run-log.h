/* run-log.h - the runs of a document that were measured, kept from one start to the next. */
#pragma once

#include "anf.h"

G_BEGIN_DECLS

/* One measured run; times in microseconds. */
typedef struct
{
  gint64   when;                   /* seconds of Unix time; no two of a log are equal */
  char    *hash, *label;           /* of the graph; "int8, h16s, cpu, 2 threads" */
  guint    n;                      /* iterations */
  double   median, p10, p90, p99, first, compile, load;
  gboolean baseline;
} StudioRun;

typedef enum { STUDIO_SAME, STUDIO_FASTER, STUDIO_SLOWER } StudioVerdict;

/* Of the document that @graph is: by its folder and title. Never fails: what cannot be read is an
 * empty log. @file (nullable): instead of the one in the user's data. */
typedef struct _StudioRunLog StudioRunLog;
StudioRunLog    *studio_run_log_open     (const AnfGraph *graph, const char *file);
void             studio_run_log_free     (StudioRunLog *self);
guint            studio_run_log_n        (const StudioRunLog *self);
const StudioRun *studio_run_log_nth      (const StudioRunLog *self, guint i);   /* oldest first */
const StudioRun *studio_run_log_baseline (const StudioRunLog *self);            /* (nullable) */
/* Both write the file at once; FALSE with an error if that failed. The oldest runs go, but not the
 * baseline. @when 0: now. */
gboolean         studio_run_log_add      (StudioRunLog *self, AnfProfile *profile, gint64 when,
                                          GError **error);
gboolean         studio_run_log_pin      (StudioRunLog *self, guint i, GError **error);

/* Whether this very run is in it already: results come back when changes are undone. */
gboolean         studio_run_log_has      (const StudioRunLog *self, AnfProfile *profile);
/* All that run @i showed, and the document it was of; from files beside the log (transfer full)
 * (nullable: not kept, or not readable). */
AnfRecord       *studio_run_log_record   (const StudioRunLog *self, guint i);
AnfGraph        *studio_run_log_graph    (const StudioRunLog *self, guint i);
/* The gates of the last run have been measured, too: its record is written anew. */
gboolean         studio_run_log_complete (StudioRunLog *self, AnfProfile *profile,
                                          const AnfGates *gates, GError **error);

/* As anf_run_verdict () has it, of @run against @baseline. */
StudioVerdict    studio_run_compare      (const StudioRun *run, const StudioRun *baseline);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StudioRunLog, studio_run_log_free)

G_END_DECLS
