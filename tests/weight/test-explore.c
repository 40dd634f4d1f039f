/* test-explore.c - what there is to choose from: frontier, recipes as text, one weight's numbers,
 * the sweep, and what is kept from one compile to the next. */
#include "anf.h"

#include "weight/cache.h"

#include <math.h>
#include <string.h>

/* Two layers and a gate; b's weight has only four values. */
#define DOCUMENT \
  "{ \"aneforge\": 1, \"nodes\": [" \
  " { \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [1, 32] } }," \
  " { \"id\": 2, \"op\": \"linear\", \"name\": \"a_up\", \"in\": { \"x\": \"x\" }," \
  "   \"weights\": { \"weight\": \"w\" } }," \
  " { \"id\": 3, \"op\": \"matmul_w\", \"name\": \"b_up\", \"in\": { \"x\": \"a_up\" }," \
  "   \"weights\": { \"weight\": \"t\" } }," \
  " { \"id\": 4, \"op\": \"linear\", \"name\": \"c\", \"in\": { \"x\": \"b_up\" }," \
  "   \"weights\": { \"weight\": \"s\" } } ]," \
  " \"outputs\": { \"y\": \"c\" }," \
  " \"weights\": {" \
  "  \"w\": { \"shape\": [64, 32], \"init\": \"normal\", \"scale\": 0.1, \"seed\": 4 }," \
  "  \"t\": { \"shape\": [64, 32], \"init\": \"normal\", \"scale\": 0.1, \"seed\": 5 }," \
  "  \"s\": { \"shape\": [2, 32], \"init\": \"normal\", \"scale\": 0.1, \"seed\": 6 } }," \
  " \"compile\": { \"target\": \"h16s\", \"opt\": \"0\", \"compress\": \"fp16\"," \
  "                \"atol\": 0.2 }," \
  " \"gates\": [ { \"output\": \"y\", \"metric\": \"rel_l2\", \"limit\": 0.02 } ] }"

typedef struct
{
  AnfGraph   *graph;
  AnfReport  *report;
  AnfPlan    *plan;
  AnfWeights *survey;
  AnfOptions  options;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr(GError) error = NULL;

  f->graph = anf_document_parse (DOCUMENT, strlen (DOCUMENT), NULL, &error);
  g_assert_no_error (error);
  f->report = anf_check (f->graph, NULL);
  f->plan = anf_plan (f->report, &error);
  g_assert_no_error (error);
  f->survey = anf_weights_survey (f->graph, anf_graph_settings (f->graph), NULL, NULL, &error);
  g_assert_no_error (error);
  anf_options_init (&f->options, f->graph);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  anf_weights_unref (f->survey);
  anf_plan_unref (f->plan);
  anf_report_unref (f->report);
  anf_graph_unref (f->graph);
}

/* ---- recipes */

static void
test_no_recipe_of_the_frontier_beats_another (Fixture *f, gconstpointer data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) frontier = anf_recipe_frontier (f->plan, f->survey, ANF_SOLVE_BYTES, 24,
                                                       NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (frontier->len, >=, 3);
  for (guint i = 0; i < frontier->len; i++)
    {
      const AnfRecipe *it = g_ptr_array_index (frontier, i);
      AnfTotals totals = anf_recipe_totals (it);
      g_autoptr(AnfRecipe) best = anf_recipe_solve (f->plan, f->survey, ANF_SOLVE_BYTES,
                                                    totals.bytes, &error);

      g_assert_no_error (error);
      /* The solver, which is held against trying everything, finds nothing more accurate. */
      g_assert_cmpfloat (anf_recipe_totals (best).error, >=, totals.error * (1 - 1e-12));
      if (i > 0)
        {
          AnfTotals before = anf_recipe_totals (g_ptr_array_index (frontier, i - 1));

          g_assert_cmpuint (totals.bytes, >, before.bytes);
          g_assert_cmpfloat (totals.error, <, before.error);
        }
    }
}

static void
test_a_frontier_stops_when_told (Fixture *f, gconstpointer data)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  AnfProgress progress = { .cancellable = cancellable };
  g_autoptr(GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_null (anf_recipe_frontier (f->plan, f->survey, ANF_SOLVE_BYTES, 8, &progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static AnfEncoding
encoding_at (const AnfGraph *graph, const char *node)
{
  AnfEncoding encoding = ANF_AUTO;

  anf_node_encoding (anf_graph_find_name (graph, node), "weight", &encoding);
  return encoding;
}

static void
test_a_recipe_comes_back_from_its_text (Fixture *f, gconstpointer data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfRecipe) recipe = anf_recipe_solve (f->plan, f->survey, ANF_SOLVE_BYTES, 5000,
                                                  &error);
  g_autoptr(AnfGraph) applied = anf_recipe_apply (recipe, f->survey, f->graph, &error);
  g_autofree char *text = anf_recipe_text (recipe, f->survey, f->graph);
  guint n = 0;
  g_autoptr(AnfGraph) read = anf_recipe_read (text, strlen (text), f->graph, &n, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (n, ==, 3);
  g_assert_cmpstr (anf_graph_hash (read), ==, anf_graph_hash (applied));
}

static void
test_a_recipe_fits_other_documents_by_pattern (Fixture *f, gconstpointer data)
{
  static const char text[] =
    "{ \"weights\": [ { \"node\": \"*_up\", \"role\": \"weight\", \"encoding\": \"int8\" } ] }";
  g_autoptr(GError) error = NULL;
  guint n = 0;
  g_autoptr(AnfGraph) read = anf_recipe_read (text, strlen (text), f->graph, &n, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (n, ==, 2);
  g_assert_cmpint (encoding_at (read, "a_up"), ==, ANF_INT8);
  g_assert_cmpint (encoding_at (read, "b_up"), ==, ANF_INT8);
  g_assert_cmpint (encoding_at (read, "c"), ==, ANF_AUTO);
}

static void
test_what_is_no_recipe_says_so (Fixture *f, gconstpointer data)
{
  static const char *const wrong[] = {
    "", "[]", "{}", "{ \"recipe\": 3 }", "{ \"weights\": {} }", "{ \"weights\": [3] }",
    "{ \"weights\": [] }",
    "{ \"weights\": [ { \"node\": \"c\", \"role\": \"weight\", \"encoding\": \"int5\" } ] }",
    "{ \"weights\": [ { \"node\": \"nobody\", \"role\": \"weight\", \"encoding\": \"int8\" } ] }",
    "{ \"weights\": [ { \"node\": \"c\", \"role\": 1, \"encoding\": \"int8\" } ] }",
  };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_null (anf_recipe_read (wrong[i], strlen (wrong[i]), f->graph, NULL, &error));
      g_assert_error (error, ANF_ERROR, ANF_ERROR_BAD_FILE);
    }
}

static void
test_loosed_weights_may_be_chosen_for (Fixture *f, gconstpointer data)
{
  AnfGraphBuilder *b = anf_graph_builder_new (f->graph);
  gboolean keep[3] = { FALSE };
  g_autoptr(AnfGraph) pinned = NULL;
  g_autoptr(AnfReport) report = NULL;
  g_autoptr(AnfPlan) plan = NULL;
  g_autoptr(AnfWeights) survey = NULL, loosed = NULL;

  for (AnfId id = 2; id <= 4; id++)
    anf_graph_builder_set_encoding (b, id, "weight", ANF_FP16);
  pinned = anf_graph_builder_end (b, NULL);
  report = anf_check (pinned, NULL);
  plan = anf_plan (report, NULL);
  survey = anf_weights_survey (pinned, anf_graph_settings (pinned), NULL, NULL, NULL);
  loosed = anf_weights_loosed (survey, keep);
  g_assert_null (anf_recipe_solve (plan, survey, ANF_SOLVE_BYTES, 5000, NULL));
  {
    g_autoptr(AnfRecipe) recipe = anf_recipe_solve (plan, loosed, ANF_SOLVE_BYTES, 5000, NULL);

    g_assert_nonnull (recipe);
    g_assert_cmpuint (anf_recipe_totals (recipe).bytes, <=, 5000);
  }
}

/* ---- one weight */

static void
test_the_numbers_of_a_weight_add_up (Fixture *f, gconstpointer data)
{
  for (AnfId id = 2; id <= 3; id++)      /* one is stored as it is, one transposed */
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(AnfWeightNumbers) it = anf_weight_numbers (f->graph, id, "weight", ANF_INT4, NULL,
                                                           &error);
      const AnfWeightFacts *facts = anf_weights_nth (f->survey, id - 2);
      guint before = 0, after = 0, bins = 0;

      g_assert_no_error (error);
      g_assert_cmpfloat_with_epsilon (it->error, facts->encoding[ANF_INT4].error, 1e-6);
      g_assert_cmpfloat_with_epsilon (it->snr_all, -20 * log10 (it->error), 1e-6);
      g_assert_cmpuint (it->n_table, ==, 16);
      for (guint i = 0; i < it->n_bins; i++)
        {
          before += it->before[i];
          after += it->after[i];
          bins += it->after[i] > 0;
        }
      g_assert_cmpuint (before, ==, 64 * 32);
      g_assert_cmpuint (after, ==, 64 * 32);
      g_assert_cmpuint (bins, <=, 16);
      g_assert_cmpuint (it->n_channels, ==, id == 2 ? 64 : 32);
      for (guint i = 0; i < it->n_channels; i++)
        g_assert_cmpfloat (it->snr[i], >=, it->snr[it->worst]);
    }
}

/* The ratio of one channel by hand: row 0 of w, int8 with its own scale. */
static void
test_the_ratio_of_a_channel_is_its_own (Fixture *f, gconstpointer data)
{
  g_autoptr(AnfWeightNumbers) it = anf_weight_numbers (f->graph, 2, "weight", ANF_INT8, NULL, NULL);
  AnfTensor *tensor = anf_weight_tensor (anf_graph_find_weight (f->graph, "w"));
  float row[32], most = 0;
  double signal = 0, noise = 0;

  anf_tensor_read (tensor, 0, 32, row);
  for (guint i = 0; i < 32; i++)
    most = MAX (most, fabsf (row[i]));
  for (guint i = 0; i < 32; i++)
    {
      double scale = most / 127, back = rint (row[i] / scale) * scale;

      signal += (double) row[i] * row[i];
      noise += (row[i] - back) * (row[i] - back);
    }
  /* The scale and the product are fp16: not more than a tenth of a decibel. */
  g_assert_cmpfloat_with_epsilon (it->snr[0], 10 * log10 (signal / noise), 0.5);
}

static void
test_what_does_not_apply_has_no_numbers (Fixture *f, gconstpointer data)
{
  g_autoptr(GError) sparse = NULL, nobody = NULL;

  g_assert_null (anf_weight_numbers (f->graph, 2, "weight", ANF_SPARSE, NULL, &sparse));
  g_assert_error (sparse, ANF_ERROR, ANF_ERROR_BAD_INPUT);
  g_assert_null (anf_weight_numbers (f->graph, 99, "weight", ANF_INT8, NULL, &nobody));
  g_assert_error (nobody, ANF_ERROR, ANF_ERROR_BAD_INPUT);
}

/* ---- the sweep */

static AnfSweep *
sweep_new (Fixture *f)
{
  g_autoptr(GError) error = NULL;
  AnfSweep *sweep = anf_sweep_new (f->graph, &f->options, f->survey, &error);

  g_assert_no_error (error);
  return sweep;
}

/* What the gates say of the document with this one encoding is what the sweep has found. */
static void
test_a_cell_is_what_a_gate_measures (Fixture *f, gconstpointer data)
{
  g_autoptr(AnfSweep) sweep = sweep_new (f);
  g_autoptr(GError) error = NULL;
  AnfEffect base;

  g_assert_true (anf_sweep_run (sweep, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (anf_sweep_base (sweep, &base));
  for (guint i = 0; i < 3; i++)
    for (guint e = 0; e < ANF_N_ENCODINGS; e++)
      {
        AnfGraphBuilder *b = anf_graph_builder_new (f->graph);
        g_autoptr(AnfGraph) graph = NULL;
        g_autoptr(AnfGates) gates = NULL;
        AnfEffect effect;

        anf_graph_builder_set_encoding (b, 2 + i, "weight", e);
        graph = anf_graph_builder_end (b, NULL);
        if (!anf_weights_nth (f->survey, i)->encoding[e].applies)
          {
            g_assert_false (anf_sweep_cell (sweep, i, e, &effect));
            continue;
          }
        gates = anf_gates_measure (graph, &f->options, NULL, &error);
        g_assert_no_error (error);
        g_assert_true (anf_sweep_cell (sweep, i, e, &effect));
        g_assert_cmpfloat_with_epsilon (effect.error, anf_gates_nth (gates, 0)->value, 1e-9);
        g_assert_cmpuint (effect.n_failed, ==, !anf_gates_nth (gates, 0)->ok);
        g_assert_cmpfloat (effect.error, >=, e == ANF_FP16 ? base.error : 0);
      }
}

static void
stop_soon (const char *stage, double fraction, gpointer cancellable)
{
  if (fraction > 0.3)
    g_cancellable_cancel (cancellable);
}

static void
test_a_sweep_goes_on_where_it_was (Fixture *f, gconstpointer data)
{
  g_autoptr(AnfSweep) sweep = sweep_new (f), again = sweep_new (f);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  AnfProgress progress = { cancellable, stop_soon, cancellable };
  g_autoptr(GError) stopped = NULL, error = NULL;
  g_autofree char *half = NULL, *whole = NULL;
  guint known, n;

  g_assert_false (anf_sweep_run (sweep, &progress, &stopped));
  g_assert_error (stopped, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  n = anf_sweep_n_cells (sweep, &known);
  g_assert_cmpuint (known, >, 0);
  g_assert_cmpuint (known, <, n);

  half = anf_sweep_text (sweep);
  g_assert_true (anf_sweep_read (again, half));
  g_assert_cmpuint (anf_sweep_n_cells (again, &known), ==, n);
  g_assert_cmpuint (known, >, 0);
  g_assert_true (anf_sweep_run (again, NULL, &error));
  anf_sweep_n_cells (again, &known);
  g_assert_cmpuint (known, ==, n);

  whole = anf_sweep_text (again);
  g_assert_true (anf_sweep_read (sweep, whole));
  anf_sweep_n_cells (sweep, &known);
  g_assert_cmpuint (known, ==, n);
  g_assert_false (anf_sweep_read (sweep, "no key file"));
  g_assert_false (anf_sweep_read (sweep, "[sweep]\nkey=other\n"));
}

static void
test_predictions_start_from_what_is_known (Fixture *f, gconstpointer data)
{
  g_autoptr(AnfSweep) sweep = sweep_new (f);
  AnfEncoding chosen[3] = { ANF_FP16, ANF_FP16, ANF_FP16 };
  AnfEffect base, one;

  g_assert_true (isnan (anf_sweep_predict (sweep, chosen)));
  g_assert_true (anf_sweep_run (sweep, NULL, NULL));
  anf_sweep_base (sweep, &base);
  g_assert_cmpfloat_with_epsilon (anf_sweep_predict (sweep, chosen), base.error, 1e-12);
  chosen[1] = ANF_INT8;
  anf_sweep_cell (sweep, 1, ANF_INT8, &one);
  g_assert_cmpfloat_with_epsilon (anf_sweep_predict (sweep, chosen), MAX (one.error, base.error),
                                  1e-12);
}

/* ---- reuse */

static AnfReuse
compile (AnfGraph *graph)
{
  AnfOptions options;
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfProgram) program = NULL;

  anf_options_init (&options, graph);
  options.settings.compress = ANF_INT8;
  program = anf_compile (graph, &options, NULL, &error);
  g_assert_no_error (error);
  return anf_program_reuse (program);
}

static void
test_an_edit_leaves_the_other_weights_kept (Fixture *f, gconstpointer data)
{
  g_autoptr(AnfGraph) edited = NULL;
  AnfGraphBuilder *b = anf_graph_builder_new (f->graph);
  const gint64 shape[] = { 2, 32 };
  g_autoptr(AnfTensor) other = anf_tensor_new_init ("normal", 2, shape, 0.1, 77, NULL);
  g_autoptr(AnfWeight) weight = anf_weight_new_values ("s", other);
  AnfReuse first, again, after;

  anf_cache_forget ();
  first = compile (f->graph);
  again = compile (f->graph);
  anf_graph_builder_put_weight (b, weight);
  edited = anf_graph_builder_end (b, NULL);
  after = compile (edited);
  g_assert_cmpuint (first.n_weights, ==, 3);
  g_assert_cmpuint (first.n_weights_kept, ==, 0);
  g_assert_cmpuint (first.n_segments_kept, ==, 0);
  g_assert_cmpuint (again.n_weights_kept, ==, 3);
  g_assert_cmpuint (again.n_segments_kept, ==, again.n_segments);
  g_assert_cmpuint (after.n_weights_kept, ==, 2);
  g_assert_cmpuint (after.n_segments_kept, ==, 0);
}

static void
test_gates_of_a_program_are_those_of_its_document (Fixture *f, gconstpointer data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfProgram) program = anf_compile (f->graph, &f->options, NULL, &error);
  g_autoptr(AnfGates) of = anf_gates_of (program, NULL, &error);
  g_autoptr(AnfGates) measured = anf_gates_measure (f->graph, &f->options, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (anf_gates_n (of), ==, 1);
  g_assert_cmpfloat (anf_gates_nth (of, 0)->value, ==, anf_gates_nth (measured, 0)->value);
  g_assert_true (anf_gates_graph (of) == f->graph);
}

int
main (int argc, char **argv)
{
  static const struct { const char *path; void (*run) (Fixture *, gconstpointer); } tests[] = {
    { "/recipe/frontier", test_no_recipe_of_the_frontier_beats_another },
    { "/recipe/frontier-stops", test_a_frontier_stops_when_told },
    { "/recipe/text", test_a_recipe_comes_back_from_its_text },
    { "/recipe/pattern", test_a_recipe_fits_other_documents_by_pattern },
    { "/recipe/wrong", test_what_is_no_recipe_says_so },
    { "/recipe/loosed", test_loosed_weights_may_be_chosen_for },
    { "/numbers/add-up", test_the_numbers_of_a_weight_add_up },
    { "/numbers/channel", test_the_ratio_of_a_channel_is_its_own },
    { "/numbers/none", test_what_does_not_apply_has_no_numbers },
    { "/sweep/gates", test_a_cell_is_what_a_gate_measures },
    { "/sweep/resumed", test_a_sweep_goes_on_where_it_was },
    { "/sweep/predict", test_predictions_start_from_what_is_known },
    { "/reuse/edit", test_an_edit_leaves_the_other_weights_kept },
    { "/reuse/gates", test_gates_of_a_program_are_those_of_its_document },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].run, tear_down);
  return g_test_run ();
}
