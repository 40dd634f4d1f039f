/* stage-detail.c - the words beside and below a stage of the pipeline. */
#include "stage-detail.h"

#include <glib/gi18n-lib.h>

#include "format.h"

static char *
list_findings (const AnfProgram *program)
{
  const AnfReport *report = anf_program_report (program);
  g_autoptr(GString) text = g_string_new (NULL);

  for (guint i = 0; i < anf_report_n_findings (report); i++)
    {
      const AnfFinding *finding = anf_report_nth_finding (report, i);

      g_string_append_printf (text, "%s%s %s: %s", i > 0 ? "\n" : "",
                              anf_severity_name (finding->severity), finding->code,
                              finding->message);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
describe_check (StudioStage *stage, const AnfProgram *program)
{
  guint n = anf_report_n_findings (anf_program_report (program));
  g_autofree char *brief = n == 0 ? g_strdup (_("no findings"))
    : g_strdup_printf (ngettext ("%u finding", "%u findings", n), n);
  g_autofree char *detail = list_findings (program);

  studio_stage_describe (stage, brief, detail);
}

static void
describe_segment (StudioStage *stage, const AnfProgram *program)
{
  const AnfPlan *plan = anf_program_plan (program);
  guint n = anf_plan_n_segments (plan), rewrites = anf_plan_n_rewrites (plan);
  g_autofree char *segments = g_strdup_printf (ngettext ("%u segment", "%u segments", n), n);
  g_autofree char *done = g_strdup_printf (ngettext ("%u rewrite", "%u rewrites", rewrites),
                                           rewrites);
  g_autofree char *brief = g_strdup_printf ("%s, %s", segments, done);
  g_autoptr(GString) text = g_string_new (NULL);

  for (guint i = 0; i < rewrites; i++)
    g_string_append_printf (text, "%s%s: %s", i > 0 ? "\n" : "",
                            anf_plan_nth_rewrite (plan, i)->rule,
                            anf_plan_nth_rewrite (plan, i)->what);
  for (guint i = 0; i < n; i++)
    {
      const AnfSegment *segment = anf_plan_nth_segment (plan, i);

      g_string_append_printf (text, "%s%s %s%s%s", text->len > 0 ? "\n" : "", segment->name,
                              anf_segment_kind_name (segment->kind),
                              segment->reason != NULL ? ": " : "",
                              segment->reason != NULL ? segment->reason : "");
    }
  studio_stage_describe (stage, brief, text->str);
}

static void
describe_weights (StudioStage *stage, const AnfProgram *program)
{
  AnfReuse reuse = anf_program_reuse (program);
  const AnfWeights *weights = anf_program_weights (program);
  g_autofree char *brief = reuse.n_weights == 0 ? g_strdup (_("no weights"))
    : g_strdup_printf (_("%u of %u weights kept"), reuse.n_weights_kept, reuse.n_weights);
  g_autoptr(GString) text = g_string_new (NULL);

  for (guint i = 0; i < anf_weights_n (weights); i++)
    {
      const AnfWeightFacts *facts = anf_weights_nth (weights, i);
      g_autofree char *bytes = studio_format_bytes (facts->encoding[facts->chosen].bytes);

      g_string_append_printf (text, "%s%s: %s, %s", i > 0 ? "\n" : "", facts->name,
                              anf_encoding_name (facts->chosen), bytes);
    }
  studio_stage_describe (stage, brief, text->str);
}

static void
describe_load (StudioStage *stage, const AnfProgram *program)
{
  AnfReuse reuse = anf_program_reuse (program);
  AnfDeviceTimes times = anf_program_device_times (program);
  g_autofree char *brief = g_strdup_printf (_("%u of %u segments unchanged"),
                                            reuse.n_segments_kept, reuse.n_segments);
  g_autofree char *room = studio_format_bytes (anf_plan_workspace (anf_program_plan (program)));
  g_autofree char *detail = g_strdup_printf
    (_("device %s, %s for values; compiled on the device: %u cold, %u warm"),
     anf_program_device (program), room, times.n_cold, times.n_warm);

  studio_stage_describe (stage, brief, detail);
}

/* By the names that the engine gives its stages. */
static const struct
{
  const char *name;
  void      (*describe) (StudioStage *stage, const AnfProgram *program);
} stages_of_compile[] = {
  { "Check", describe_check }, { "Segment", describe_segment }, { "Encode", describe_weights },
  { "Weights", describe_weights }, { "Load", describe_load },
};

void
studio_stages_describe (GListModel *stages, const AnfProgram *program)
{
  for (guint i = 0; i < g_list_model_get_n_items (stages); i++)
    {
      g_autoptr(StudioStage) stage = g_list_model_get_item (stages, i);

      for (guint j = 0; j < G_N_ELEMENTS (stages_of_compile); j++)
        if (g_strcmp0 (studio_stage_get_title (stage), stages_of_compile[j].name) == 0)
          stages_of_compile[j].describe (stage, program);
    }
}
