/* compile.c - the corridor, one stage after another: graph, report, plan, weights, program. */
#include "pass/text.h"
#include "run/program.h"
#include "tune.h"
#include "weight/choose.h"

/* The first thing that is wrong, in one sentence; the findings have the rest. */
static void
refuse (const AnfReport *report, GError **error)
{
  guint n = 0;
  const AnfFinding *first = NULL;

  for (guint i = 0; i < report->findings->len; i++)
    {
      const AnfFinding *finding = &g_array_index (report->findings, AnfFinding, i);

      if (finding->severity != ANF_ERROR_FINDING)
        continue;
      first = first != NULL ? first : finding;
      n++;
    }
  if (first == NULL)
    anf_error_set_node (error, ANF_ERROR_REFUSED, 0, NULL, "The graph is empty");
  else if (n == 1)
    anf_error_set_node (error, ANF_ERROR_REFUSED, first->node, first->field, "%s",
                        first->message);
  else
    anf_error_set_node (error, ANF_ERROR_REFUSED, first->node, first->field,
                        "%s (and %u more)", first->message, n - 1);
}

/* A target's refusal concerns what would run on it; the fp32 profile is nobody's hardware. */
static gboolean
accepted (const AnfReport *report, const AnfOptions *options, GError **error)
{
  g_autoptr(AnfVerdict) verdict = anf_preflight (report, report->target);
  const GArray *why = verdict->reject->len > 0 ? verdict->reject : verdict->oversize;
  const AnfNode *node;

  if (verdict->ok || options->numerics == ANF_NUMERICS_FP32)
    return TRUE;
  node = anf_graph_find (report->graph, g_array_index (why, AnfId, 0));
  anf_error_set_node (error, ANF_ERROR_REFUSED, node->origin != 0 ? node->origin : node->id,
                      "target",
                      why == verdict->reject ? "%s cannot run %s (%s)"
                                             : "%s cannot hold a tensor of the size of %s (%s)",
                      report->target, node->name, anf_node_op_name (node));
  return FALSE;
}

static char *report_text (gconstpointer report) { return anf_report_text (report); }
static char *plan_text   (gconstpointer plan)   { return anf_plan_text (plan); }

/* FALSE with an error: cannot be compiled. */
static gboolean
make_plan (AnfGraph *graph, const AnfOptions *options, AnfPlan **plan,
           const AnfProgress *progress, GError **error)
{
  g_autoptr(AnfReport) report = NULL;

  if (!anf_progress_step (progress, "Check", 0, error))
    return FALSE;
  report = anf_check (graph, options->settings.target);
  anf_debug ("check", report_text, report);
  if (!anf_report_ok (report) || anf_graph_n_outputs (graph) == 0)
    {
      refuse (report, error);
      return FALSE;
    }
  if (!anf_progress_step (progress, "Segment", 0, error))
    return FALSE;
  if ((*plan = anf_plan_with (report, options, error)) == NULL
      || !accepted ((*plan)->report, options, error))
    return FALSE;
  anf_debug ("plan", plan_text, *plan);
  return TRUE;
}

/* @may_lose: level 1 may choose int8. */
static AnfProgram *
compile (AnfGraph *graph, const AnfOptions *options, gboolean may_lose, guint n_keeps,
         AnfKeep *keeps, const AnfProgress *progress, GError **error)
{
  g_autoptr(AnfPlan) plan = NULL;
  g_autoptr(AnfWeights) weights = NULL;
  gint64 begin = anf_now_ns ();
  double us;

  if (!make_plan (graph, options, &plan, progress, error)
      || !anf_progress_step (progress, "Encode", 0, error))
    return NULL;
  if (n_keeps > 0)
    anf_plan_keep (plan, n_keeps, keeps);
  weights = anf_weights_choose (plan->report->graph, &options->settings, options->numerics,
                                progress, error);
  if (weights == NULL
      || (may_lose && !anf_choose_int8 (plan, options, &weights, progress, error)))
    return NULL;

  us = (anf_now_ns () - begin) / 1e3;
  return anf_program_load (g_steal_pointer (&plan), g_steal_pointer (&weights), options, us,
                           progress, error);
}

AnfProgram *
anf_compile_lossless (AnfGraph *graph, const AnfOptions *options, const AnfProgress *progress,
                      GError **error)
{
  return compile (graph, options, FALSE, 0, NULL, progress, error);
}

AnfProgram *
anf_compile_resident (AnfGraph *graph, const AnfOptions *options, guint n_keeps, AnfKeep *keeps,
                      const AnfProgress *progress, GError **error)
{
  AnfProgram *self = compile (graph, options, FALSE, n_keeps, keeps, progress, error);

  for (guint i = 0; self != NULL && i < n_keeps; i++)
    if (keeps[i].output != NULL && !keeps[i].shared)
      anf_program_carry (self, keeps[i].output, keeps[i].input);
  return self;
}

AnfProgram *
anf_compile_bounded (AnfGraph *graph, const AnfOptions *options, const AnfProgress *progress,
                     GError **error)
{
  return compile (graph, options, TRUE, 0, NULL, progress, error);
}

AnfProgram *
anf_compile (AnfGraph *graph, const AnfOptions *options, const AnfProgress *progress,
             GError **error)
{
  const char *opt = options->settings.opt != NULL ? options->settings.opt : "routes";

  if (options->numerics == ANF_NUMERICS_FP32 || g_str_equal (opt, "0")
      || g_str_equal (opt, "routes"))
    return anf_compile_lossless (graph, options, progress, error);
  if (g_str_equal (opt, "1"))
    return anf_compile_bounded (graph, options, progress, error);
  return anf_compile_measured (graph, options, progress, error);
}
