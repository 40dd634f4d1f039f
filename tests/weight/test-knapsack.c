/* test-knapsack.c - choices of encodings, held against trying every choice there is. */
#include "weight/knapsack.h"

#include "anf.h"

#include <math.h>
#include <string.h>

/* ---- the search alone, on numbers at random */

static GPtrArray *
make_items (GRand *rand, guint n)
{
  GPtrArray *items = g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);

  for (guint i = 0; i < n; i++)
    {
      GArray *own = g_array_new (FALSE, FALSE, sizeof (AnfOption));
      guint options = g_rand_int_range (rand, 1, 6);

      for (guint j = 0; j < options; j++)
        {
          /* Whole numbers: sums are exact, and ties come about. */
          AnfOption it = { g_rand_int_range (rand, -5, 40), g_rand_int_range (rand, 0, 40), j };

          g_array_append_val (own, it);
        }
      g_ptr_array_add (items, own);
    }
  return items;
}

/* The least cost over all choices; infinite: none keeps the limit. */
static double
by_force (const GPtrArray *items, guint at, double room, double cost)
{
  double best = INFINITY;

  if (at == items->len)
    return room >= 0 ? cost : INFINITY;
  for (guint i = 0; i < ((GArray *) g_ptr_array_index (items, at))->len; i++)
    {
      const AnfOption *it = &g_array_index ((GArray *) g_ptr_array_index (items, at), AnfOption, i);

      best = MIN (best, by_force (items, at + 1, room - it->load, cost + it->cost));
    }
  return best;
}

static void
test_no_choice_is_better (void)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (11);
  guint found = 0, refused = 0;

  for (guint round = 0; round < 300; round++)
    {
      guint n = g_rand_int_range (rand, 1, 7);
      g_autoptr(GPtrArray) items = make_items (rand, n);
      double limit = g_rand_int_range (rand, -10, 25 * n), bound = NAN;
      double want = by_force (items, 0, limit, 0), load = 0, cost = 0;
      guint picked[8] = { 0 };

      if (!anf_knapsack (items, limit, picked, &bound))
        {
          g_assert_true (isinf (want));
          refused++;
          continue;
        }
      for (guint i = 0; i < n; i++)
        {
          const AnfOption *it = &g_array_index ((GArray *) g_ptr_array_index (items, i), AnfOption,
                                                picked[i]);

          load += it->load;
          cost += it->cost;
        }
      g_assert_cmpfloat (load, <=, limit);
      g_assert_cmpfloat (cost, ==, want);
      g_assert_cmpfloat (bound, ==, want);
      found++;
    }
  g_assert_cmpuint (found, >, 100);
  g_assert_cmpuint (refused, >, 10);
}

/* Hundreds of items take no time to speak of, and the bound is one. */
static void
test_many_items_have_a_bound (void)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (3);
  g_autoptr(GPtrArray) items = make_items (rand, 300);
  g_autofree guint *picked = g_new0 (guint, 300);
  double bound, cost = 0, limit = 1000;

  for (guint i = 0; i < 300; i++)
    {
      const GArray *own = g_ptr_array_index (items, i);
      double least = INFINITY;

      for (guint j = 0; j < own->len; j++)
        least = MIN (least, g_array_index (own, AnfOption, j).load);
      limit += least;
    }
  g_assert_true (anf_knapsack (items, limit, picked, &bound));
  for (guint i = 0; i < 300; i++)
    cost += g_array_index ((GArray *) g_ptr_array_index (items, i), AnfOption, picked[i]).cost;
  g_assert_cmpfloat (bound, <=, cost);
  g_assert_cmpfloat (cost, <=, bound * 1.01);
}

/* ---- recipes of documents */

static const char document[] =
  "{ \"aneforge\": 1, \"compile\": { \"target\": \"h16s\", \"atol\": 0.2, \"block_size\": 8 },"
  " \"nodes\": ["
  " { \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [4, 32] } },"
  " { \"id\": 2, \"op\": \"linear\", \"name\": \"a\", \"in\": { \"x\": \"x\" },"
  "   \"weights\": { \"weight\": \"a\" } },"
  " { \"id\": 3, \"op\": \"linear\", \"name\": \"b\", \"in\": { \"x\": \"a\" },"
  "   \"weights\": { \"weight\": \"b\" } },"
  " { \"id\": 4, \"op\": \"linear\", \"name\": \"c\", \"in\": { \"x\": \"b\" },"
  "   \"weights\": { \"weight\": \"c\" }, \"compress\": { \"weight\": \"int8\" } },"
  " { \"id\": 5, \"op\": \"matmul_w\", \"name\": \"d\", \"in\": { \"x\": \"c\" },"
  "   \"weights\": { \"weight\": \"d\" } } ],"
  " \"outputs\": { \"y\": \"d\" }, \"weights\": {"
  " \"a\": { \"init\": \"normal\", \"shape\": [48, 32], \"seed\": 1 },"
  " \"b\": { \"init\": \"uniform\", \"shape\": [64, 48], \"seed\": 2, \"scale\": 3 },"
  " \"c\": { \"init\": \"normal\", \"shape\": [16, 64], \"seed\": 3 },"
  " \"d\": { \"init\": \"normal\", \"shape\": [16, 24], \"seed\": 4, \"scale\": 0.1 } } }";

typedef struct
{
  AnfGraph   *graph;
  AnfReport  *report;
  AnfPlan    *plan;
  AnfWeights *survey;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr(GError) error = NULL;

  f->graph = anf_document_parse (document, strlen (document), NULL, &error);
  g_assert_no_error (error);
  f->report = anf_check (f->graph, NULL);
  f->plan = anf_plan (f->report, &error);
  g_assert_no_error (error);
  f->survey = anf_weights_survey (f->graph, anf_graph_settings (f->graph), NULL, NULL, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  anf_weights_unref (f->survey);
  anf_plan_unref (f->plan);
  anf_report_unref (f->report);
  anf_graph_unref (f->graph);
}

/* Error over all weights, counted from what each encoding is said to be off by. */
static double
error_of (Fixture *f, const AnfEncoding *chosen)
{
  double error = 0, all = 0;

  for (guint i = 0; i < anf_weights_n (f->survey); i++)
    {
      const AnfWeightFacts *facts = anf_weights_nth (f->survey, i);
      AnfTensor *w = anf_weight_tensor (anf_graph_find_weight (f->graph, facts->name));
      gsize n = anf_tensor_elements (w);
      g_autofree double *values = g_new (double, n);
      double norm = 0, own = facts->encoding[chosen[i]].error;

      anf_tensor_read_double (w, 0, n, values);
      for (gsize k = 0; k < n; k++)
        norm += values[k] * values[k];
      error += own * own * norm;
      all += norm;
    }
  return sqrt (error / all);
}

static double
bytes_of (Fixture *f, const AnfEncoding *chosen)
{
  double bytes = 0;

  for (guint i = 0; i < anf_weights_n (f->survey); i++)
    bytes += anf_weights_nth (f->survey, i)->encoding[chosen[i]].bytes;
  return bytes;
}

static double
us_of (Fixture *f, const AnfEncoding *chosen)
{
  g_autoptr(AnfWeights) weights = anf_weights_chosen (f->survey, chosen);
  g_autoptr(AnfEstimate) estimate = anf_estimate (f->plan, weights, "h16s");

  return anf_estimate_us (estimate, NULL, NULL);
}

/* Of all 5^4 choices that may be made, the least cost; infinite: none keeps the limit. */
static double
best_of_all (Fixture *f, AnfSolve what, double limit)
{
  double best = INFINITY;

  for (guint code = 0; code < 625; code++)
    {
      AnfEncoding chosen[4];
      gboolean may = TRUE;
      double load, cost;

      for (guint i = 0, rest = code; i < 4; i++, rest /= 5)
        {
          const AnfWeightFacts *facts = anf_weights_nth (f->survey, i);

          chosen[i] = rest % 5;
          may &= facts->pinned ? chosen[i] == facts->chosen
                               : facts->encoding[chosen[i]].applies
                                 && facts->encoding[chosen[i]].ok;
        }
      if (!may)
        continue;
      load = what == ANF_SOLVE_ERROR ? error_of (f, chosen)
             : what == ANF_SOLVE_BYTES ? bytes_of (f, chosen) : us_of (f, chosen);
      cost = what == ANF_SOLVE_ERROR ? bytes_of (f, chosen) : error_of (f, chosen);
      if (load <= limit * (1 + 1e-9))
        best = MIN (best, cost);
    }
  return best;
}

static void
assert_best (Fixture *f, AnfSolve what, double limit)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfRecipe) recipe = anf_recipe_solve (f->plan, f->survey, what, limit, &error);
  double want = best_of_all (f, what, limit);
  AnfEncoding chosen[4];

  if (isinf (want))
    {
      g_assert_error (error, ANF_ERROR, ANF_ERROR_REFUSED);
      return;
    }
  g_assert_no_error (error);
  for (guint i = 0; i < 4; i++)
    chosen[i] = anf_recipe_nth (recipe, i);
  g_assert_cmpfloat_with_epsilon (anf_recipe_totals (recipe).error, error_of (f, chosen), 1e-9);
  g_assert_cmpfloat (anf_recipe_totals (recipe).bytes, ==, bytes_of (f, chosen));
  g_assert_cmpfloat (anf_recipe_gap (recipe), ==, 0);
  g_assert_cmpfloat_with_epsilon (what == ANF_SOLVE_ERROR ? anf_recipe_totals (recipe).bytes
                                                          : anf_recipe_totals (recipe).error,
                                  want, 1e-9 + want * 1e-9);
}

static void
test_recipes_are_the_best (Fixture *f, gconstpointer data)
{
  static const double errors[] = { 1e-5, 0.003, 0.005, 0.006, 0.01, 0.05, 0.1, 0.2 };
  static const double bytes[] = { 100, 3000, 4000, 5000, 6000, 7000, 8000, 20000 };
  AnfEncoding plain[4] = { ANF_FP16 };
  double most = us_of (f, plain);

  g_assert_cmpuint (anf_weights_n (f->survey), ==, 4);
  for (guint i = 0; i < G_N_ELEMENTS (errors); i++)
    assert_best (f, ANF_SOLVE_ERROR, errors[i]);
  for (guint i = 0; i < G_N_ELEMENTS (bytes); i++)
    assert_best (f, ANF_SOLVE_BYTES, bytes[i]);
  for (double share = 0.9; share < 1.01; share += 0.01)
    assert_best (f, ANF_SOLVE_TIME, most * share);
}

static void
test_recipe_is_written_at_the_nodes (Fixture *f, gconstpointer data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfRecipe) recipe = anf_recipe_solve (f->plan, f->survey, ANF_SOLVE_BYTES, 5000,
                                                  &error);
  g_autoptr(AnfGraph) graph = anf_recipe_apply (recipe, f->survey, f->graph, &error);
  g_autoptr(AnfProgram) program = NULL;
  AnfOptions options;

  g_assert_no_error (error);
  anf_options_init (&options, graph);
  program = anf_compile (graph, &options, NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 4; i++)
    {
      const AnfWeightFacts *facts = anf_weights_nth (anf_program_weights (program), i);

      g_assert_true (facts->pinned);
      g_assert_cmpint (facts->chosen, ==, anf_recipe_nth (recipe, i));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/knapsack/no-choice-is-better", test_no_choice_is_better);
  g_test_add_func ("/knapsack/many-items", test_many_items_have_a_bound);
  g_test_add ("/recipe/best", Fixture, NULL, set_up, test_recipes_are_the_best, tear_down);
  g_test_add ("/recipe/at-the-nodes", Fixture, NULL, set_up, test_recipe_is_written_at_the_nodes,
              tear_down);
  return g_test_run ();
}
