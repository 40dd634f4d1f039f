/* test-train.c - training: weights as values, modes that agree, checkpoints, steps that are not
 * finite, and nets that learn. */
#include "exact.h"

#include "anf-train.h"
#include "bench.h"
#include "run/program.h"
#include "train/objective.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* ---- rows with their weights as values compute what they did */

static void
test_unbaked (gconstpointer data)
{
  const AnfOp *op = data;
  Bench *bench = bench_sample (op, ANF_NUMERICS_FP32);
  g_autoptr(AnfGraph) graph = bench_graph (bench), inner = NULL;
  g_autoptr(Exact) exact = NULL;
  g_autofree double *want = NULL;
  AnfShapes shapes = { .node = bench->node, .n_in = bench->n_in, .in = bench->in_types,
                       .weight = bench->weight, .n_out = bench->n_out, .out = bench->out_type };
  const double *got;
  AnfGraphBuilder *b;
  gsize n;

  want = bench_exact (bench);
  inner = op->unbaked (&shapes);
  g_assert_nonnull (inner);
  b = anf_graph_builder_new (inner);
  for (guint i = 0; i < anf_op_n_roles (op); i++)
    if (bench->weight[i] != NULL)
      {
        g_autoptr(AnfWeight) weight = anf_weight_new_values (op->role[i].name, bench->weight[i]);

        anf_graph_builder_put_weight (b, weight);
      }
  anf_graph_unref (g_steal_pointer (&inner));
  inner = anf_graph_builder_end (b, NULL);
  for (guint i = 0; i < inner->nodes->len; i++)   /* only "parameter" reads what is trained */
    {
      const AnfNode *node = g_ptr_array_index (inner->nodes, i);

      if (!node->op->source && anf_op_n_roles (node->op) > 0)
        g_assert_null (anf_node_weight (node, "bias"));
    }
  exact = exact_new (inner);
  for (guint i = 0; i < bench->n_in; i++)
    {
      g_autofree char *name = g_strdup_printf ("%s%u", op->in[i].name, i);

      exact_set (exact, name, anf_type_elements (bench->in_types[i]), bench->in[i]);
    }
  exact_run (exact);
  got = exact_output (exact, "y", &n);
  g_assert_cmpuint (n, ==, bench_n (bench));
  for (gsize i = 0; i < n; i++)
    if (!(fabs (got[i] - want[i]) <= 1e-9 * fmax (1, fabs (want[i]))))
      g_error ("%s, element %" G_GSIZE_FORMAT ": %.12g, not %.12g", op->name, i, got[i], want[i]);
  bench_free (bench);
}

/* ---- nets and data, written out */

static AnfGraph *
parse (const char *nodes, const char *weights)
{
  g_autofree char *text = g_strdup_printf ("{ \"aneforge\": 1, \"nodes\": [%s], \"outputs\": "
                                           "{ \"y\": \"y\" }, \"weights\": { %s } }", nodes,
                                           weights);
  g_autoptr(GError) error = NULL;
  AnfGraph *graph = anf_document_parse (text, strlen (text), NULL, &error);

  g_assert_no_error (error);
  return graph;
}

#define TRAINED ", \"trainable\": true"
#define DRAWN(name, shape, seed) "\"" name "\": { \"shape\": " shape ", \"init\": \"he\", " \
  "\"seed\": " seed TRAINED " }"

static AnfGraph *
mlp (void)
{
  return parse ("{ \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": "
                "{ \"shape\": [1, 6] } }, "
                "{ \"id\": 2, \"op\": \"linear\", \"name\": \"h\", \"in\": { \"x\": \"x\" }, "
                "\"weights\": { \"weight\": \"a\", \"bias\": \"b\" } }, "
                "{ \"id\": 3, \"op\": \"tanh\", \"name\": \"t\", \"in\": { \"x\": \"h\" } }, "
                "{ \"id\": 4, \"op\": \"linear\", \"name\": \"y\", \"in\": { \"x\": \"t\" }, "
                "\"weights\": { \"weight\": \"c\" } }",
                DRAWN ("a", "[8, 6]", "1") ", \"b\": { \"shape\": [8], \"init\": \"zeros\"" TRAINED
                " }, " DRAWN ("c", "[3, 8]", "2"));
}

/* Points around one centre per class. */
static AnfDataset *
clusters (guint n, guint each, guint classes, double spread)
{
  g_autofree float *x = g_new (float, n * each), *centre = g_new (float, classes * each);
  guint8 *y = g_new (guint8, n);
  g_autoptr(GBytes) bytes = g_bytes_new_take (y, n);
  g_autoptr(AnfTensors) features = anf_tensors_new ();
  g_autoptr(AnfTensor) a = NULL, b = NULL;
  g_autoptr(GError) error = NULL;
  AnfDataset *data;

  anf_random_normal (5, spread, n * each, x);
  anf_random_normal (6, 1, classes * each, centre);
  for (guint i = 0; i < n; i++)
    {
      y[i] = i % classes;
      for (guint k = 0; k < each; k++)
        x[i * each + k] += centre[y[i] * each + k];
    }
  a = anf_tensor_new_floats (2, (const gint64[]) { n, each }, x);
  b = anf_tensor_new (ANF_U8, 1, (const gint64[]) { n }, bytes);
  anf_tensors_add (features, "X", a);
  data = anf_dataset_new (features, b, &error);
  g_assert_no_error (error);
  return data;
}

static AnfTrainer *
trainer_of (AnfGraph *graph, AnfDataset *data, const AnfTrainSettings *settings,
            AnfNumerics numerics)
{
  g_autoptr(GError) error = NULL;
  AnfTrainer *trainer;
  AnfOptions options;

  anf_options_init (&options, graph);
  options.numerics = numerics;
  options.threads = 1;
  trainer = anf_trainer_new (graph, data, settings, &options, NULL, &error);
  g_assert_no_error (error);
  return trainer;
}

static AnfTrainStep
go (AnfTrainer *trainer, guint steps)
{
  g_autoptr(GError) error = NULL;
  guint64 end = anf_trainer_done (trainer) + steps;
  AnfTrainStep step = { 0 };

  while (anf_trainer_done (trainer) < end)
    {
      gboolean good = anf_trainer_step (trainer, &step, NULL, &error);

      g_assert_no_error (error);
      g_assert_true (good);
    }
  return step;
}

static float *
numbers_of (AnfTrainer *trainer, gsize *n)
{
  g_autoptr(AnfTensors) weights = anf_trainer_weights (trainer);
  float *all = g_new (float, anf_trainer_n_params (trainer));

  *n = 0;
  for (guint i = 0; i < anf_tensors_n (weights); i++)
    {
      g_autoptr(AnfTensor) one = anf_tensors_get (weights, anf_tensors_nth_name (weights, i), NULL);

      anf_tensor_read (one, 0, anf_tensor_elements (one), all + *n);
      *n += anf_tensor_elements (one);
    }
  return all;
}

static float *
train (const AnfTrainSettings *settings, AnfNumerics numerics, guint steps, gsize *n)
{
  g_autoptr(AnfGraph) graph = mlp ();
  g_autoptr(AnfDataset) data = clusters (96, 6, 3, 0.5);
  g_autoptr(AnfTrainer) trainer = trainer_of (graph, data, settings, numerics);

  go (trainer, steps);
  return numbers_of (trainer, n);
}

/* ---- modes */

/* An update is off by some roundings of fp16, of the gradient, of the direction and of the rate:
 * each at most 2^-11 of it, ten in a row at most. A step moves a weight by the rate and little
 * more (Adam), so after @steps weights differ by at most rate steps 10 2^-11. In fp32 a hundredth
 * of that is more than its own roundings. */
static void
assert_agree (AnfOptimizer optimizer, double clip, AnfNumerics numerics)
{
  AnfTrainSettings settings;
  g_autofree float *host = NULL, *start = NULL;
  double limit = 0.01 * 24 * 10 * 0x1p-11, moved = 0;
  gsize n;

  anf_train_settings_init (&settings);
  settings.optimizer = optimizer;
  settings.rate = 0.01;
  settings.batch = 16;
  settings.clip = clip;
  settings.decay = optimizer == ANF_OPTIMIZER_ADAM ? 0 : 0.1;
  settings.unroll = 4;
  if (numerics == ANF_NUMERICS_FP32)
    limit /= 100;
  host = train (&settings, numerics, 24, &n);
  start = train (&settings, numerics, 0, &n);
  for (gsize i = 0; i < n; i++)
    moved = fmax (moved, fabs (host[i] - start[i]));
  g_assert_cmpfloat (moved, >, 0.05);
  for (guint mode = ANF_TRAIN_EACH; mode < ANF_N_TRAIN_MODES; mode++)
    {
      g_autofree float *own = NULL;

      settings.mode = mode;
      own = train (&settings, numerics, 24, &n);
      for (gsize i = 0; i < n; i++)
        if (!(fabs (own[i] - host[i]) <= limit))
          g_error ("%s, %s: weight %" G_GSIZE_FORMAT " is %g, not %g",
                   anf_optimizer_name (optimizer), anf_train_mode_name (mode), i, own[i], host[i]);
    }
}

static void
test_modes_agree (void)
{
  for (guint optimizer = 0; optimizer < ANF_N_OPTIMIZERS; optimizer++)
    assert_agree (optimizer, 0, ANF_NUMERICS_ANE);
}

static void
test_modes_agree_when_clipped (void)
{
  assert_agree (ANF_OPTIMIZER_SGD, 0.5, ANF_NUMERICS_ANE);
}

static void
test_modes_agree_in_fp32 (void)
{
  assert_agree (ANF_OPTIMIZER_ADAM, 0, ANF_NUMERICS_FP32);
}

/* Steps that do not fit into a program run in one of their own. */
static void
test_unrolled_steps_that_do_not_divide_an_epoch (void)
{
  AnfTrainSettings settings;
  g_autofree float *one = NULL, *many = NULL;
  gsize n;

  anf_train_settings_init (&settings);
  settings.batch = 16;
  settings.mode = ANF_TRAIN_RESIDENT;
  one = train (&settings, ANF_NUMERICS_ANE, 12, &n);
  settings.mode = ANF_TRAIN_UNROLLED;
  settings.unroll = 5;
  many = train (&settings, ANF_NUMERICS_ANE, 12, &n);
  g_assert_cmpmem (one, n * sizeof *one, many, n * sizeof *many);
}

/* ---- checkpoints */

static void
assert_resumes (AnfTrainMode mode)
{
  AnfTrainSettings settings;
  g_autoptr(AnfGraph) graph = mlp ();
  g_autoptr(AnfDataset) data = clusters (96, 6, 3, 0.5);
  g_autoptr(AnfTrainer) whole = NULL, first = NULL, second = NULL;
  g_autofree char *folder = g_dir_make_tmp ("train-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "a.safetensors", NULL);
  g_autofree float *want = NULL, *got = NULL;
  g_autoptr(GError) error = NULL;
  gsize n;

  anf_train_settings_init (&settings);
  settings.batch = 16;
  settings.mode = mode;
  settings.unroll = 2;
  whole = trainer_of (graph, data, &settings, ANF_NUMERICS_ANE);
  first = trainer_of (graph, data, &settings, ANF_NUMERICS_ANE);
  second = trainer_of (graph, data, &settings, ANF_NUMERICS_ANE);
  go (whole, 20);
  want = numbers_of (whole, &n);
  go (first, 8);                   /* in the second epoch */
  anf_trainer_save (first, path, &error);
  g_assert_no_error (error);
  go (first, 4);                   /* what is lost */
  anf_trainer_load (second, path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (anf_trainer_done (second), ==, 8);
  go (second, 12);
  got = numbers_of (second, &n);
  g_assert_cmpmem (got, n * sizeof *got, want, n * sizeof *want);
  g_unlink (path);
  g_rmdir (folder);
}

static void
test_resumed_equals_uninterrupted (void)
{
  for (guint mode = 0; mode < ANF_N_TRAIN_MODES; mode++)
    assert_resumes (mode);
}

static void
test_checkpoint_of_another_run_is_refused (void)
{
  AnfTrainSettings settings;
  g_autoptr(AnfGraph) graph = mlp ();
  g_autoptr(AnfDataset) data = clusters (96, 6, 3, 0.5);
  g_autoptr(AnfTrainer) one = NULL, other = NULL;
  g_autofree char *folder = g_dir_make_tmp ("train-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "a.safetensors", NULL);
  g_autoptr(GError) error = NULL;

  anf_train_settings_init (&settings);
  one = trainer_of (graph, data, &settings, ANF_NUMERICS_ANE);
  settings.rate = 0.5;
  other = trainer_of (graph, data, &settings, ANF_NUMERICS_ANE);
  anf_trainer_save (one, path, &error);
  g_assert_no_error (error);
  g_assert_false (anf_trainer_load (other, path, &error));
  g_assert_error (error, ANF_ERROR, ANF_ERROR_BAD_FILE);
  g_unlink (path);
  g_rmdir (folder);
}

/* ---- steps that are not finite */

static void
test_steps_that_are_not_finite_change_nothing (void)
{
  for (guint mode = 0; mode < ANF_N_TRAIN_MODES; mode++)
    {
      AnfTrainSettings settings;
      g_autoptr(AnfGraph) graph = mlp ();
      g_autoptr(AnfDataset) data = clusters (96, 6, 3, 0.5);
      g_autoptr(AnfTrainer) trainer = NULL;
      g_autofree float *before = NULL, *after = NULL;
      AnfTrainStep step;
      gsize n;

      anf_train_settings_init (&settings);
      settings.batch = 16;
      settings.mode = mode;
      settings.unroll = 3;
      settings.dynamic = FALSE;
      settings.loss_scale = 0x1p19;        /* products from 2^-4 on are past fp16 */
      trainer = trainer_of (graph, data, &settings, ANF_NUMERICS_ANE);
      before = numbers_of (trainer, &n);
      step = go (trainer, 3);
      after = numbers_of (trainer, &n);
      g_assert_cmpuint (step.skipped, ==, 3);
      g_assert_cmpmem (before, n * sizeof *before, after, n * sizeof *after);
    }
}

/* The scale is halved until steps count, and they do. */
static void
test_dynamic_scale_recovers (void)
{
  AnfTrainSettings settings;
  g_autoptr(AnfGraph) graph = mlp ();
  g_autoptr(AnfDataset) data = clusters (96, 6, 3, 0.5);
  g_autoptr(AnfTrainer) trainer = NULL;
  g_autoptr(GError) error = NULL;
  AnfTrainScore score;
  AnfTrainStep step;

  anf_train_settings_init (&settings);
  settings.batch = 16;
  settings.rate = 0.02;
  settings.loss_scale = 0x1p18;
  settings.epochs = 12;
  trainer = trainer_of (graph, data, &settings, ANF_NUMERICS_ANE);
  step = go (trainer, 72);
  g_assert_cmpuint (step.skipped, >, 0);
  g_assert_cmpuint (step.skipped, <, 12);
  g_assert_cmpfloat (step.scale, <, 0x1p18);
  anf_trainer_score (trainer, FALSE, &score, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (score.accuracy, >, 0.95);
}

/* ---- objectives: the loss of the graph against the one in double */

static void
test_losses (void)
{
  static const float z[] = { 2, -1, 0.5, -3, 0, 4 }, t[] = { 1, 0, 0, 0, 0, 1 };
  /* Worked out with 50 digits from the definitions: log sum exp - own, log (1 + e^z) - t z. */
  g_assert_cmpfloat_with_epsilon (anf_objective_loss (ANF_OBJECTIVE_SOFTMAX, z, t, 2, 3, NULL),
                                  0.130178152268, 1e-9);
  g_assert_cmpfloat_with_epsilon (anf_objective_loss (ANF_OBJECTIVE_BINARY, z, t, 2, 3, NULL),
                                  0.362358523799, 1e-9);
  g_assert_cmpfloat_with_epsilon (anf_objective_loss (ANF_OBJECTIVE_MSE, z, t, 2, 3, NULL),
                                  (1 + 1 + 0.25 + 9 + 0 + 9) / 6, 1e-9);
}

/* ---- nets that learn */

static void
assert_learns (AnfGraph *graph, guint each, guint classes, guint epochs, double rate)
{
  AnfTrainSettings settings;
  g_autoptr(AnfDataset) data = clusters (96, each, classes, 0.3);
  g_autoptr(AnfTrainer) trainer = NULL;
  g_autoptr(GError) error = NULL;
  AnfTrainScore before, after;

  anf_train_settings_init (&settings);
  settings.batch = 8;
  settings.rate = rate;
  settings.epochs = epochs;
  trainer = trainer_of (graph, data, &settings, ANF_NUMERICS_ANE);
  anf_trainer_score (trainer, FALSE, &before, NULL, &error);
  go (trainer, anf_trainer_n_steps (trainer));
  anf_trainer_score (trainer, FALSE, &after, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (after.accuracy, >=, 0.95);
  g_assert_cmpfloat (after.loss, <, before.loss / 4);
  anf_graph_unref (graph);
}

static void
test_small_cnn_learns (void)
{
  assert_learns (parse (
    "{ \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [1, 1, 8, 8] } }, "
    "{ \"id\": 2, \"op\": \"conv\", \"name\": \"c\", \"in\": { \"x\": \"x\" }, \"attrs\": "
    "{ \"pad\": 1, \"stride\": 2 }, \"weights\": { \"weight\": \"c.w\", \"bias\": \"c.b\" } }, "
    "{ \"id\": 3, \"op\": \"relu\", \"name\": \"r\", \"in\": { \"x\": \"c\" } }, "
    "{ \"id\": 4, \"op\": \"max_pool\", \"name\": \"p\", \"in\": { \"x\": \"r\" }, \"attrs\": "
    "{ \"k\": 2 } }, "
    "{ \"id\": 5, \"op\": \"reshape\", \"name\": \"f\", \"in\": { \"x\": \"p\" }, \"attrs\": "
    "{ \"shape\": [1, 16] } }, "
    "{ \"id\": 6, \"op\": \"linear\", \"name\": \"y\", \"in\": { \"x\": \"f\" }, \"weights\": "
    "{ \"weight\": \"l.w\" } }",
    DRAWN ("c.w", "[4, 1, 3, 3]", "1") ", \"c.b\": { \"shape\": [4], \"init\": \"zeros\"" TRAINED
    " }, " DRAWN ("l.w", "[4, 16]", "2")), 64, 4, 8, 0.01);
}

#define NODE(id, op, name, x, more) ", { \"id\": " id ", \"op\": \"" op "\", \"name\": \"" name \
  "\", \"in\": { \"x\": \"" x "\" }" more " }"
#define PAIR(id, op, name, a, b) ", { \"id\": " id ", \"op\": \"" op "\", \"name\": \"" name \
  "\", \"in\": { \"x\": \"" a "\", \"y\": \"" b "\" } }"
#define ONES(name) "\"" name "\": { \"shape\": [8], \"init\": \"ones\"" TRAINED " }, "
#define ZEROS(name) "\"" name "\": { \"shape\": [8], \"init\": \"zeros\"" TRAINED " }, "

/* A sample is five tokens of eight numbers: the whole input. */
static void
test_transformer_block_learns (void)
{
  assert_learns (parse (
    "{ \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [5, 8] } }"
    NODE ("2", "layer_norm", "n1", "x", ", \"weights\": { \"gamma\": \"g1\", \"beta\": \"b1\" }")
    NODE ("3", "mha", "h", "n1", ", \"attrs\": { \"n_heads\": 2 }, \"weights\": { \"wq\": \"wq\", "
          "\"bq\": \"z\", \"wk\": \"wk\", \"bk\": \"z\", \"wv\": \"wv\", \"bv\": \"z\", "
          "\"wo\": \"wo\", \"bo\": \"z\" }")
    PAIR ("4", "add", "r1", "x", "h")
    NODE ("5", "layer_norm", "n2", "r1", ", \"weights\": { \"gamma\": \"g2\", \"beta\": \"b2\" }")
    NODE ("6", "linear", "up", "n2", ", \"weights\": { \"weight\": \"wu\" }")
    NODE ("7", "gelu", "act", "up", "")
    NODE ("8", "linear", "down", "act", ", \"weights\": { \"weight\": \"wd\" }")
    PAIR ("9", "add", "r2", "r1", "down")
    NODE ("10", "reduce_mean", "m", "r2", ", \"attrs\": { \"axes\": [0] }")
    NODE ("11", "linear", "y", "m", ", \"weights\": { \"weight\": \"head\" }"),
    ONES ("g1") ZEROS ("b1") ONES ("g2") ZEROS ("b2") ZEROS ("z") DRAWN ("wq", "[8, 8]", "1") ", "
    DRAWN ("wk", "[8, 8]", "2") ", " DRAWN ("wv", "[8, 8]", "3") ", " DRAWN ("wo", "[8, 8]", "4")
    ", " DRAWN ("wu", "[16, 8]", "5") ", " DRAWN ("wd", "[8, 16]", "6") ", "
    DRAWN ("head", "[4, 8]", "7")), 40, 4, 5, 0.01);
}

#define HEADS(a, b, from, to) \
  NODE (a, "reshape", to "3", from, ", \"attrs\": { \"shape\": [1, 5, 2, 4] }") \
  NODE (b, "transpose", to "4", to "3", ", \"attrs\": { \"perm\": [0, 2, 1, 3] }")

static void
test_llama_block_learns (void)
{
  assert_learns (parse (
    "{ \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [5, 8] } }"
    NODE ("2", "rms_norm", "n1", "x", ", \"weights\": { \"gamma\": \"g1\" }")
    NODE ("3", "linear", "q", "n1", ", \"weights\": { \"weight\": \"wq\" }")
    HEADS ("4", "5", "q", "q") NODE ("6", "rope", "qr", "q4", "")
    NODE ("7", "linear", "k", "n1", ", \"weights\": { \"weight\": \"wk\" }")
    HEADS ("8", "9", "k", "k") NODE ("10", "rope", "kr", "k4", "")
    NODE ("11", "linear", "v", "n1", ", \"weights\": { \"weight\": \"wv\" }")
    HEADS ("12", "13", "v", "v")
    ", { \"id\": 14, \"op\": \"sdpa\", \"name\": \"att\", \"in\": { \"q\": \"qr\", \"k\": \"kr\", "
    "\"v\": \"v4\" }, \"attrs\": { \"causal\": true } }"
    NODE ("15", "transpose", "back", "att", ", \"attrs\": { \"perm\": [0, 2, 1, 3] }")
    NODE ("16", "reshape", "rows", "back", ", \"attrs\": { \"shape\": [5, 8] }")
    NODE ("17", "linear", "o", "rows", ", \"weights\": { \"weight\": \"wo\" }")
    PAIR ("18", "add", "r1", "x", "o")
    NODE ("19", "rms_norm", "n2", "r1", ", \"weights\": { \"gamma\": \"g2\" }")
    ", { \"id\": 20, \"op\": \"swiglu\", \"name\": \"ff\", \"in\": { \"x\": \"n2\", \"residual\": "
    "\"r1\" }, \"weights\": { \"gate\": \"wg\", \"up\": \"wu\", \"down\": \"wd\" } }"
    NODE ("21", "reduce_mean", "m", "ff", ", \"attrs\": { \"axes\": [0] }")
    NODE ("22", "linear", "y", "m", ", \"weights\": { \"weight\": \"head\" }"),
    ONES ("g1") ONES ("g2") DRAWN ("wq", "[8, 8]", "1") ", " DRAWN ("wk", "[8, 8]", "2") ", "
    DRAWN ("wv", "[8, 8]", "3") ", " DRAWN ("wo", "[8, 8]", "4") ", "
    DRAWN ("wg", "[12, 8]", "5") ", " DRAWN ("wu", "[12, 8]", "6") ", "
    DRAWN ("wd", "[8, 12]", "7") ", " DRAWN ("head", "[4, 8]", "8")), 40, 4, 5, 0.01);
}

int
main (int argc, char **argv)
{
  const AnfOp *op;

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; (op = anf_op_nth (i)) != NULL; i++)
    if (op->unbaked != NULL)
      {
        g_autofree char *path = g_strdup_printf ("/train/weights-as-values/%s", op->name);

        g_test_add_data_func (path, op, test_unbaked);
      }
  g_test_add_func ("/train/modes-agree", test_modes_agree);
  g_test_add_func ("/train/modes-agree-when-clipped", test_modes_agree_when_clipped);
  g_test_add_func ("/train/modes-agree-in-fp32", test_modes_agree_in_fp32);
  g_test_add_func ("/train/unrolled-steps-that-do-not-divide-an-epoch",
                   test_unrolled_steps_that_do_not_divide_an_epoch);
  g_test_add_func ("/train/resumed-equals-uninterrupted", test_resumed_equals_uninterrupted);
  g_test_add_func ("/train/checkpoint-of-another-run-is-refused",
                   test_checkpoint_of_another_run_is_refused);
  g_test_add_func ("/train/steps-that-are-not-finite-change-nothing",
                   test_steps_that_are_not_finite_change_nothing);
  g_test_add_func ("/train/dynamic-scale-recovers", test_dynamic_scale_recovers);
  g_test_add_func ("/train/losses", test_losses);
  g_test_add_func ("/train/small-cnn-learns", test_small_cnn_learns);
  g_test_add_func ("/train/transformer-block-learns", test_transformer_block_learns);
  g_test_add_func ("/train/llama-block-learns", test_llama_block_learns);
  return g_test_run ();
}
