/* run-log.c - the runs of a document that were measured, kept from one start to the next. */
#include "run-log.h"

#include <errno.h>

#include <glib/gstdio.h>

#define MOST 50                    /* runs kept */
#define LOOSE 65536                /* numbers in no file: more of them are not written down */

struct _StudioRunLog
{
  char   *file;
  GArray *runs;                    /* StudioRun */
};

static const struct { const char *key; gsize at; } numbers[] = {
  { "median", G_STRUCT_OFFSET (StudioRun, median) }, { "p10", G_STRUCT_OFFSET (StudioRun, p10) },
  { "p90", G_STRUCT_OFFSET (StudioRun, p90) }, { "p99", G_STRUCT_OFFSET (StudioRun, p99) },
  { "first", G_STRUCT_OFFSET (StudioRun, first) },
  { "compile", G_STRUCT_OFFSET (StudioRun, compile) },
  { "load", G_STRUCT_OFFSET (StudioRun, load) },
};

static void
run_clear (gpointer data)
{
  StudioRun *run = data;

  g_free (run->hash);
  g_free (run->label);
}

static char *
default_file (const AnfGraph *graph)
{
  const char *folder = anf_graph_folder (graph), *title = anf_graph_title (graph);
  g_autofree char *who = g_strdup_printf ("%s\n%s", folder != NULL ? folder : "",
                                          title != NULL ? title : "");
  g_autofree char *name = g_compute_checksum_for_string (G_CHECKSUM_SHA1, who, -1);
  g_autofree char *base = g_strconcat (name, ".runs", NULL);

  return g_build_filename (g_get_user_data_dir (), "aneforge-studio", "runs", base, NULL);
}

/* ------------------------------------------------------------------------ the file */

static gboolean
read_run (GKeyFile *keys, const char *group, StudioRun *run)
{
  *run = (StudioRun) { .when = g_ascii_strtoll (group, NULL, 10) };
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    G_STRUCT_MEMBER (double, run, numbers[i].at) = g_key_file_get_double (keys, group,
                                                                          numbers[i].key, NULL);
  run->n = g_key_file_get_integer (keys, group, "n", NULL);
  run->baseline = g_key_file_get_boolean (keys, group, "baseline", NULL);
  run->hash = g_key_file_get_string (keys, group, "graph", NULL);
  run->label = g_key_file_get_string (keys, group, "label", NULL);
  return run->when > 0 && run->median > 0 && run->hash != NULL && run->label != NULL;
}

static int
by_time (gconstpointer a, gconstpointer b)
{
  const StudioRun *one = a, *two = b;

  return (one->when > two->when) - (one->when < two->when);
}

StudioRunLog *
studio_run_log_open (const AnfGraph *graph, const char *file)
{
  StudioRunLog *self = g_new0 (StudioRunLog, 1);
  g_autoptr(GKeyFile) keys = g_key_file_new ();
  g_auto(GStrv) groups = NULL;

  self->file = file != NULL ? g_strdup (file) : default_file (graph);
  self->runs = g_array_new (FALSE, FALSE, sizeof (StudioRun));
  g_array_set_clear_func (self->runs, run_clear);
  if (!g_key_file_load_from_file (keys, self->file, G_KEY_FILE_NONE, NULL))
    return self;
  groups = g_key_file_get_groups (keys, NULL);
  for (guint i = 0; groups[i] != NULL; i++)
    {
      StudioRun run;

      if (read_run (keys, groups[i], &run))
        g_array_append_val (self->runs, run);
      else
        run_clear (&run);
    }
  g_array_sort (self->runs, by_time);
  return self;
}

static gboolean
save (StudioRunLog *self, GError **error)
{
  g_autoptr(GKeyFile) keys = g_key_file_new ();
  g_autofree char *folder = g_path_get_dirname (self->file);

  for (guint i = 0; i < self->runs->len; i++)
    {
      const StudioRun *run = &g_array_index (self->runs, StudioRun, i);
      g_autofree char *group = g_strdup_printf ("%" G_GINT64_FORMAT, run->when);

      for (guint j = 0; j < G_N_ELEMENTS (numbers); j++)
        g_key_file_set_double (keys, group, numbers[j].key,
                               G_STRUCT_MEMBER (double, run, numbers[j].at));
      g_key_file_set_integer (keys, group, "n", run->n);
      g_key_file_set_boolean (keys, group, "baseline", run->baseline);
      g_key_file_set_string (keys, group, "graph", run->hash);
      g_key_file_set_string (keys, group, "label", run->label);
    }
  if (g_mkdir_with_parents (folder, 0700) != 0)
    {
      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
                   "The folder %s cannot be made", folder);
      return FALSE;
    }
  return g_key_file_save_to_file (keys, self->file, error);
}

/* ------------------------------------------------------------------------ runs */

static char *
label_of (AnfProfile *profile)
{
  const AnfProgram *program = anf_profile_program (profile);
  const AnfOptions *options = anf_program_options (program);

  return g_strdup_printf ("%s, %s, %s, %s",
                          anf_encoding_name (options->settings.compress),
                          anf_report_target (anf_program_report (program)),
                          anf_program_device (program), anf_numerics_name (options->numerics));
}

/* "…/NAME.runs.d/WHEN.json" (transfer full) */
static char *
beside (const StudioRunLog *self, gint64 when, const char *suffix)
{
  return g_strdup_printf ("%s.d/%" G_GINT64_FORMAT "%s", self->file, when, suffix);
}

static void
drop_oldest (StudioRunLog *self)
{
  for (guint i = 0; self->runs->len > MOST && i < self->runs->len; )
    if (g_array_index (self->runs, StudioRun, i).baseline)
      i++;
    else
      {
        gint64 when = g_array_index (self->runs, StudioRun, i).when;
        g_autofree char *record = beside (self, when, ".json");
        g_autofree char *graph = beside (self, when, ".anf");

        g_unlink (record);
        g_unlink (graph);
        g_array_remove_index (self->runs, i);
      }
}

static gboolean
write_record (StudioRunLog *self, AnfProfile *profile, const AnfGates *gates, gint64 when,
              GError **error)
{
  g_autoptr(AnfRecord) record = anf_record_new (profile, gates, when);
  g_autofree char *path = beside (self, when, ".json"), *text = anf_record_text (record);
  g_autofree char *folder = g_path_get_dirname (path);

  if (g_mkdir_with_parents (folder, 0700) != 0)
    {
      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
                   "The folder %s cannot be made", folder);
      return FALSE;
    }
  return g_file_set_contents (path, text, -1, error);
}

/* Weights are named by their files, so that this is small. */
static gboolean
write_graph (StudioRunLog *self, const AnfGraph *graph, gint64 when, GError **error)
{
  g_autofree char *path = beside (self, when, ".anf"), *text = NULL;

  if (anf_graph_loose_numbers (graph) > LOOSE)
    return TRUE;
  text = anf_document_text (graph, NULL);
  return g_file_set_contents (path, text, -1, error);
}

gboolean
studio_run_log_add (StudioRunLog *self, AnfProfile *profile, gint64 when, GError **error)
{
  AnfProgram *program = anf_profile_program (profile);
  AnfStats total = anf_profile_total (profile);
  StudioRun run = {
    .when = when != 0 ? when : g_get_real_time () / G_USEC_PER_SEC,
    .hash = g_strdup (anf_graph_hash (anf_program_graph (program))), .label = label_of (profile),
    .n = anf_profile_runs (profile), .median = total.median_us, .p10 = total.p10_us,
    .p90 = total.p90_us, .p99 = total.p99_us, .first = anf_profile_first_us (profile),
    .compile = anf_program_compile_us (program), .load = anf_program_load_us (program),
  };

  if (self->runs->len > 0)
    run.when = MAX (run.when,
                    g_array_index (self->runs, StudioRun, self->runs->len - 1).when + 1);
  g_array_append_val (self->runs, run);
  drop_oldest (self);
  return save (self, error) && write_record (self, profile, NULL, run.when, error)
         && write_graph (self, anf_program_graph (program), run.when, error);
}

gboolean
studio_run_log_has (const StudioRunLog *self, AnfProfile *profile)
{
  AnfStats total = anf_profile_total (profile);
  const char *hash = anf_graph_hash (anf_program_graph (anf_profile_program (profile)));

  for (guint i = 0; i < self->runs->len; i++)
    {
      const StudioRun *run = &g_array_index (self->runs, StudioRun, i);

      if (run->median == total.median_us && run->p99 == total.p99_us
          && run->first == anf_profile_first_us (profile) && g_str_equal (run->hash, hash))
        return TRUE;
    }
  return FALSE;
}

gboolean
studio_run_log_complete (StudioRunLog *self, AnfProfile *profile, const AnfGates *gates,
                         GError **error)
{
  const StudioRun *last = self->runs->len > 0
    ? &g_array_index (self->runs, StudioRun, self->runs->len - 1) : NULL;
  const char *hash = anf_graph_hash (anf_program_graph (anf_profile_program (profile)));

  return last == NULL || !g_str_equal (last->hash, hash)
         || write_record (self, profile, gates, last->when, error);
}

AnfRecord *
studio_run_log_record (const StudioRunLog *self, guint i)
{
  g_autofree char *path = beside (self, studio_run_log_nth (self, i)->when, ".json"), *text = NULL;
  gsize length;

  return g_file_get_contents (path, &text, &length, NULL) ? anf_record_read (text, length, NULL)
                                                          : NULL;
}

AnfGraph *
studio_run_log_graph (const StudioRunLog *self, guint i)
{
  g_autofree char *path = beside (self, studio_run_log_nth (self, i)->when, ".anf");

  return anf_document_load (path, NULL);
}

gboolean
studio_run_log_pin (StudioRunLog *self, guint i, GError **error)
{
  g_return_val_if_fail (i < self->runs->len, FALSE);

  for (guint j = 0; j < self->runs->len; j++)
    g_array_index (self->runs, StudioRun, j).baseline = j == i;
  return save (self, error);
}

guint
studio_run_log_n (const StudioRunLog *self)
{
  return self->runs->len;
}

const StudioRun *
studio_run_log_nth (const StudioRunLog *self, guint i)
{
  g_return_val_if_fail (i < self->runs->len, NULL);

  return &g_array_index (self->runs, StudioRun, i);
}

const StudioRun *
studio_run_log_baseline (const StudioRunLog *self)
{
  for (guint i = 0; i < self->runs->len; i++)
    if (g_array_index (self->runs, StudioRun, i).baseline)
      return &g_array_index (self->runs, StudioRun, i);
  return NULL;
}

static AnfStats
stats_of (const StudioRun *run)
{
  return (AnfStats) { run->median, run->p10, run->p90, run->p99, run->p10 };
}

StudioVerdict
studio_run_compare (const StudioRun *run, const StudioRun *baseline)
{
  AnfStats a = stats_of (baseline), b = stats_of (run);

  switch (anf_run_verdict (&a, baseline->n, &b, run->n))
    {
    case ANF_RUN_FASTER: return STUDIO_FASTER;
    case ANF_RUN_SLOWER: return STUDIO_SLOWER;
    default:             return STUDIO_SAME;
    }
}

void
studio_run_log_free (StudioRunLog *self)
{
  g_array_unref (self->runs);
  g_free (self->file);
  g_free (self);
}
