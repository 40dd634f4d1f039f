/* level.c - what the levels 1 and 2 choose: int8 where bounds prove that nothing overflows by it,
 * and the quickest of all levels as measured. */
#include "pass/rewrite.h"
#include "run/program.h"
#include "tune.h"
#include "weight/choose.h"

#include <json-glib/json-glib.h>

#include <math.h>

/* ---- int8 by bound */

/* What meets a weight may not be larger, so that int8 may be taken unasked. */
#define SAFE 4094

static gboolean
may_encode (const AnfNode *node)
{
  for (guint r = 0; r < anf_op_n_roles (node->op); r++)
    if ((node->op->role[r].flags & ANF_ENCODABLE) && node->slot[r].weight != NULL
        && node->slot[r].encoding < 0)
      return TRUE;
  return FALSE;
}

/* The largest magnitude that meets a weight which may be encoded, if all of them are: bounds count
 * on weights that are off by what int8 may do to them. Infinite: not known; below 0: no weight. */
static double
bound_with_int8 (const AnfPlan *plan)
{
  AnfGraphBuilder *b = anf_graph_builder_new (plan->report->graph);
  AnfSettings settings = plan->report->graph->settings;
  g_autoptr(AnfGraph) graph = NULL;
  g_autoptr(AnfReport) report = NULL;
  double most = -1;

  settings.compress = ANF_INT8;
  anf_graph_builder_set_settings (b, &settings);
  if ((graph = anf_graph_builder_end (b, NULL)) == NULL)
    return INFINITY;
  report = anf_check_plain (graph, plan->report->target);
  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (graph->nodes, i);

      if (!report->live[i] || !may_encode (node))
        continue;
      for (guint j = 0; j < node->n_in; j++)
        if (node->in[j].node != 0)
          most = MAX (most, anf_report_bound (report, node->in[j].node, node->in[j].port));
    }
  return most;
}

static double
estimate_us (const AnfPlan *plan, const AnfWeights *weights)
{
  g_autoptr(AnfEstimate) estimate = anf_estimate (plan, weights, plan->report->target);

  return anf_estimate_why (estimate) == NULL ? anf_estimate_us (estimate, NULL, NULL) : INFINITY;
}

static void
note_int8 (AnfPlan *plan, const AnfWeights *weights, double bound, double before, double after)
{
  g_autofree char *what = NULL;

  for (guint i = 0; i < anf_weights_n (weights); i++)
    {
      const AnfWeightFacts *facts = anf_weights_nth (weights, i);
      const AnfNode *node = anf_graph_find (plan->report->graph, facts->node);

      if (facts->chosen != ANF_INT8 || facts->pinned || node == NULL)
        continue;
      anf_rewrites_note (plan->rewrites, "int8",
                         "No value that meets a weight can exceed 4094, and the estimate for the "
                         "whole is lower.", node, NULL,
                         "\"%s\" of %s is stored as int8, off by %.2g: about %.1f us instead of "
                         "%.1f; values are at most %.4g.", facts->role, node->name,
                         facts->encoding[ANF_INT8].error, after, before, bound);
    }
}

gboolean
anf_choose_int8 (AnfPlan *plan, const AnfOptions *options, AnfWeights **weights,
                 const AnfProgress *progress, GError **error)
{
  AnfSettings settings = options->settings;
  g_autoptr(AnfWeights) packed = NULL;
  double bound, before, after;

  if (options->numerics == ANF_NUMERICS_FP32 || settings.compress != ANF_FP16
      || !anf_family_streams (plan->report->family, ANF_INT8))
    return TRUE;
  bound = bound_with_int8 (plan);
  if (!(bound >= 0 && bound <= SAFE))
    return TRUE;
  settings.compress = ANF_INT8;
  packed = anf_weights_choose (plan->report->graph, &settings, options->numerics, progress, error);
  if (packed == NULL)
    return FALSE;
  before = estimate_us (plan, *weights);
  after = estimate_us (plan, packed);
  if (!(after < before))
    return TRUE;
  note_int8 (plan, packed, bound, before, after);
  anf_weights_unref (*weights);
  *weights = g_steal_pointer (&packed);
  return TRUE;
}

/* ---- the quickest, measured */

#define WARMUP 5
#define RUNS   20
#define ALIKE  5e-3                /* of the largest output: more is not the same function */
#define WORTH  1.10                /* how much quicker what loses numbers has to be */
#define NOISE  1.03                /* and anything else than routes */

static const struct { const char *name, *opt; gboolean lossy; } ways[] = {
  { "0", "0", FALSE }, { "routes", "routes", FALSE }, { "1", "1", FALSE },
  { "1 int8", "1", TRUE },
};
#define ROUTES 1

static char *
cache_path (void)
{
  const char *dir = g_getenv ("ANEFORGE_CACHE_DIR");

  return dir != NULL ? g_build_filename (dir, "autotune.json", NULL)
                     : g_build_filename (g_get_user_cache_dir (), "aneforge-studio",
                                         "autotune.json", NULL);
}

/* What the choice depends on: the program and where it runs. */
static char *
cache_key (AnfGraph *graph, const AnfOptions *options)
{
  g_autofree char *text =
    g_strdup_printf ("%s %s %s %s %u %u %s", ANF_VERSION, anf_graph_hash (graph),
                     options->settings.target != NULL ? options->settings.target : "",
                     anf_numerics_name (options->numerics), options->threads,
                     g_get_num_processors (), options->device != NULL ? options->device : "cpu");

  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
}

/* An object; an empty one if the file is not there or is no such thing. */
static JsonNode *
cache_load (void)
{
  g_autofree char *path = cache_path ();
  g_autoptr(JsonParser) parser = json_parser_new ();
  g_autoptr(JsonObject) empty = json_object_new ();

  if (json_parser_load_from_file (parser, path, NULL)
      && JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser)))
    return json_parser_steal_root (parser);
  return json_node_init_object (json_node_alloc (), empty);
}

/* -1: not known. */
static int
recall (const char *key)
{
  g_autoptr(JsonNode) root = cache_load ();
  JsonNode *it = json_object_get_member (json_node_get_object (root), key);
  const char *name = it != NULL && JSON_NODE_HOLDS_VALUE (it) ? json_node_get_string (it) : NULL;

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    if (g_strcmp0 (ways[i].name, name) == 0)
      return i;
  return -1;
}

/* A choice that cannot be written down is made again the next time. */
static void
remember (const char *key, guint way)
{
  g_autofree char *path = cache_path (), *dir = g_path_get_dirname (path), *text = NULL;
  g_autoptr(JsonNode) root = cache_load ();
  g_autoptr(JsonGenerator) generator = json_generator_new ();

  json_object_set_string_member (json_node_get_object (root), key, ways[way].name);
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  text = json_generator_to_data (generator, NULL);
  if (g_mkdir_with_parents (dir, 0700) == 0)
    g_file_set_contents (path, text, -1, NULL);
}

static AnfProgram *
compile_as (AnfGraph *graph, const AnfOptions *options, guint way, const AnfProgress *progress,
            GError **error)
{
  AnfOptions own = *options;

  own.settings.opt = g_intern_string (ways[way].opt);
  return ways[way].lossy ? anf_compile_bounded (graph, &own, progress, error)
                         : anf_compile_lossless (graph, &own, progress, error);
}

static AnfTensors *
run (AnfProgram *program, const AnfProgress *progress, GError **error)
{
  g_autoptr(AnfTensors) inputs = anf_feed (program, NULL, TRUE, 0, error);

  return inputs != NULL ? anf_program_run (program, inputs, NULL, progress, error) : NULL;
}

static gboolean
chose_int8 (const AnfProgram *program)
{
  guint n = anf_program_n_rewrites (program);

  return n > 0 && g_str_equal (anf_program_nth_rewrite (program, n - 1)->rule, "int8");
}

typedef struct { double us, estimate; } Time;

/* Tries one way: @time is infinite if it is not the same function as level 0, whose outputs @plain
 * receives, or the same as another way. FALSE with an error. */
static gboolean
try_way (AnfGraph *graph, const AnfOptions *options, guint way, AnfTensors **plain, Time *time,
         const AnfProgress *progress, GError **error)
{
  g_autoptr(AnfProgram) program = compile_as (graph, options, way, progress, error);
  g_autoptr(AnfTensors) outputs = NULL;

  *time = (Time) { INFINITY, INFINITY };
  if (program == NULL)
    return FALSE;
  time->estimate = estimate_us (anf_program_plan (program), anf_program_weights (program));
  if (ways[way].lossy && !chose_int8 (program))
    return TRUE;
  if ((outputs = run (program, progress, error)) == NULL
      || !anf_program_least_us (program, NULL, WARMUP, RUNS, &time->us, progress, error))
    return FALSE;
  if (*plain == NULL)
    *plain = anf_tensors_ref (outputs);
  if (!(anf_outputs_apart (outputs, *plain, FALSE) <= ALIKE))
    time->us = INFINITY;
  return TRUE;
}

/* Routes, unless something is quicker beyond doubt. What is so on this device need not be so on the
 * target: what is slower there by its estimate is not taken. */
static guint
find_best (const Time *time)
{
  guint best = ROUTES;

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    if (time[i].us * (ways[i].lossy ? WORTH : NOISE) < time[best].us
        && !(time[i].estimate > NOISE * time[ROUTES].estimate))
      best = i;
  return best;
}

AnfProgram *
anf_compile_measured (AnfGraph *graph, const AnfOptions *options, const AnfProgress *progress,
                      GError **error)
{
  g_autofree char *key = cache_key (graph, options);
  g_autoptr(AnfTensors) plain = NULL;
  Time time[G_N_ELEMENTS (ways)];
  int known = recall (key);
  AnfProgram *program;

  for (guint i = 0; known < 0 && i < G_N_ELEMENTS (ways); i++)
    if (!anf_progress_step (progress, "Measure", i / (double) G_N_ELEMENTS (ways), error)
        || !try_way (graph, options, i, &plain, &time[i], progress, error))
      return NULL;
  if (known < 0)
    {
      known = find_best (time);
      remember (key, known);
    }
  program = compile_as (graph, options, known, progress, error);
  if (program != NULL)
    anf_program_set_level (program, options->settings.opt);
  return program;
}
