/* rig.c - see rig.h. */
#include "rig.h"

#include "pass/lower.h"
#include "pass/rewrite.h"
#include "run/program.h"
#include "weight/choose.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

char *
rig_begin_cache (void)
{
  char *dir = g_dir_make_tmp ("aneforge-XXXXXX", NULL);

  g_assert_nonnull (dir);
  g_setenv ("ANEFORGE_CACHE_DIR", dir, TRUE);
  return dir;
}

int
rig_end_cache (char *dir, int result)
{
  g_autofree char *path = g_build_filename (dir, "autotune.json", NULL);

  g_unlink (path);
  g_rmdir (dir);
  g_free (dir);
  return result;
}

AnfGraph *
rig_graph (const Doc *doc)
{
  g_autofree char *text =
    g_strdup_printf ("{ \"aneforge\": 1, \"nodes\": [ %s ], \"outputs\": { %s }, "
                     "\"weights\": { %s } }", doc->nodes, doc->outputs,
                     doc->weights != NULL ? doc->weights : "");
  g_autoptr(GError) error = NULL;
  AnfGraph *graph = anf_document_parse (text, strlen (text), NULL, &error);

  g_assert_no_error (error);
  return graph;
}

AnfProgram *
rig_compile (AnfGraph *graph, const char *opt, const char *target, AnfNumerics numerics)
{
  g_autoptr(GError) error = NULL;
  AnfOptions options;
  AnfProgram *program;

  anf_options_init (&options, graph);
  options.settings.opt = opt;
  options.settings.target = target;
  options.numerics = numerics;
  options.threads = 1;
  program = anf_compile (graph, &options, NULL, &error);
  g_assert_no_error (error);
  return program;
}

AnfProgram *
rig_program (const Doc *doc, const char *opt)
{
  g_autoptr(AnfGraph) graph = rig_graph (doc);

  return rig_compile (graph, opt, NULL, ANF_NUMERICS_ANE);
}

char *
rig_steps (const AnfProgram *program)
{
  const AnfPlan *plan = anf_program_plan (program);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < anf_plan_n_segments (plan); i++)
    {
      const AnfSteps *steps = anf_plan_steps (plan, i);

      g_string_append (text, i > 0 ? " |" : "");
      for (guint j = 0; j < steps->n_nodes; j++)
        {
          const AnfNode *node = anf_graph_find (plan->report->graph, steps->nodes[j]);

          g_string_append_printf (text, "%s%s:%s", text->len > 0 ? " " : "", node->name,
                                  node->op->name);
        }
    }
  return g_string_free (text, FALSE);
}

void
rig_assert_steps (const Doc *doc, const char *opt, const char *want)
{
  g_autoptr(AnfProgram) program = rig_program (doc, opt);
  g_autofree char *got = rig_steps (program);

  g_assert_cmpstr (got, ==, want);
}

guint
rig_count (const AnfProgram *program, const char *op)
{
  const AnfPlan *plan = anf_program_plan (program);
  guint n = 0;

  for (guint i = 0; i < anf_plan_n_segments (plan); i++)
    for (guint j = 0; j < anf_plan_steps (plan, i)->n_nodes; j++)
      {
        AnfId id = anf_plan_steps (plan, i)->nodes[j];

        n += g_str_equal (anf_graph_find (plan->report->graph, id)->op->name, op);
      }
  return n;
}

AnfGraph *
rig_lowered (const AnfProgram *program)
{
  return anf_program_plan (program)->report->graph;
}

char *
rig_rewrites (const AnfProgram *program)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < anf_program_n_rewrites (program); i++)
    {
      const AnfRewrite *rewrite = anf_program_nth_rewrite (program, i);

      g_assert_cmpuint (strlen (rewrite->what), >, 0);
      g_assert_cmpuint (strlen (rewrite->why), >, 0);
      g_string_append_printf (text, "%s%s", i > 0 ? "; " : "", rewrite->rule);
      for (guint j = 0; j < rewrite->n_nodes; j++)
        {
          const AnfNode *node = anf_graph_find (anf_program_graph (program), rewrite->nodes[j]);

          g_assert_nonnull (node);
          g_string_append_printf (text, " %s", anf_node_name (node));
        }
    }
  return g_string_free (text, FALSE);
}

AnfTensors *
rig_run (AnfProgram *program, guint64 seed)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfTensors) inputs = anf_feed (program, NULL, TRUE, seed, &error);
  AnfTensors *outputs;

  g_assert_no_error (error);
  outputs = anf_program_run (program, inputs, NULL, NULL, &error);
  g_assert_no_error (error);
  return outputs;
}

/* Calls @each with the values of both, by output. */
static double
compare (AnfTensors *one, AnfTensors *other, double (*each) (float a, float b))
{
  double worst = 0;

  g_assert_cmpuint (anf_tensors_n (one), ==, anf_tensors_n (other));
  for (guint i = 0; i < anf_tensors_n (one); i++)
    {
      const char *name = anf_tensors_nth_name (one, i);
      g_autoptr(AnfTensor) a = anf_tensors_get (one, name, NULL);
      g_autoptr(AnfTensor) b = anf_tensors_get (other, name, NULL);
      gsize n = anf_tensor_elements (a);
      g_autofree float *x = g_new (float, n), *y = g_new (float, n);

      g_assert_nonnull (b);
      g_assert_cmpuint (anf_tensor_elements (b), ==, n);
      g_assert_cmpuint (anf_tensor_rank (b), ==, anf_tensor_rank (a));
      anf_tensor_read (a, 0, n, x);
      anf_tensor_read (b, 0, n, y);
      for (gsize k = 0; k < n; k++)
        worst = MAX (worst, each (x[k], y[k]));
    }
  return worst;
}

static double
differs (float a, float b)
{
  return a == b || (a != a && b != b) ? 0 : 1;
}

/* In steps of fp16 at the larger of the two. */
static double
steps_apart (float a, float b)
{
  int exponent;

  if (a == b)
    return 0;
  frexpf (MAX (fabsf (a), fabsf (b)), &exponent);
  return fabs ((double) a - b) / ldexp (1, MAX (exponent, -13) - 11);
}

void
rig_assert_same (AnfTensors *one, AnfTensors *other)
{
  g_assert_cmpfloat (compare (one, other, differs), ==, 0);
}

double
rig_distance (AnfTensors *one, AnfTensors *other)
{
  return compare (one, other, steps_apart);
}

void
rig_assert_unchanged (const Doc *doc, const char *opt)
{
  g_autoptr(AnfProgram) plain = rig_program (doc, "0"), better = rig_program (doc, opt);

  for (guint seed = 0; seed < 3; seed++)
    {
      g_autoptr(AnfTensors) one = rig_run (plain, seed), other = rig_run (better, seed);

      rig_assert_same (one, other);
    }
}

static AnfExpand
pick_route (const AnfReport *report, guint at, gpointer data)
{
  return ((const AnfNode *) g_ptr_array_index (report->graph->nodes, at))->op->route;
}

AnfProgram *
rig_routed (const Doc *doc)
{
  g_autoptr(AnfGraph) graph = rig_graph (doc);
  g_autoptr(AnfReport) report = anf_check (graph, NULL), lowered = NULL;
  g_autoptr(GError) error = NULL;
  AnfWeights *weights;
  AnfOptions options;
  AnfProgram *program;

  anf_options_init (&options, graph);
  options.threads = 1;
  lowered = anf_lower (report, pick_route, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (lowered != report);
  weights = anf_weights_choose (lowered->graph, &options.settings, ANF_NUMERICS_ANE, NULL, &error);
  g_assert_no_error (error);
  program = anf_program_load (anf_plan_cut (report, lowered, anf_rewrites_new ()), weights,
                              &options, 0, NULL, &error);
  g_assert_no_error (error);
  return program;
}
