/* test-choose.c - which encoding a weight gets and why; and the numbers the device is given. */
#include "weight/choose.h"

#include <string.h>

/* w: normal; by the rules of make-vectors.py its int4 is off by 0.09475 and its int8 by 0.00548.
 * Three quarters of s are zero. */
static AnfGraph *
make_graph (const char *compress, const char *target, double atol, const char *own)
{
  g_autofree char *text = g_strdup_printf (
    "{ \"aneforge\": 1, \"nodes\": ["
    " { \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [1, 64] } },"
    " { \"id\": 2, \"op\": \"linear\", \"name\": \"a\", \"in\": { \"x\": \"x\" },"
    "   \"weights\": { \"weight\": \"w\", \"bias\": \"b\" }%s },"
    " { \"id\": 3, \"op\": \"matmul_w\", \"name\": \"m\", \"in\": { \"x\": \"a\" },"
    "   \"weights\": { \"weight\": \"t\" } },"
    " { \"id\": 4, \"op\": \"linear\", \"name\": \"z\", \"in\": { \"x\": \"m\" },"
    "   \"weights\": { \"weight\": \"s\" } } ],"
    " \"outputs\": { \"y\": \"z\" },"
    " \"weights\": {"
    "  \"w\": { \"shape\": [32, 64], \"init\": \"normal\", \"scale\": 0.1, \"seed\": 4 },"
    "  \"b\": { \"shape\": [32], \"init\": \"normal\", \"scale\": 0.1, \"seed\": 5 },"
    "  \"t\": { \"shape\": [32, 4], \"init\": \"normal\", \"scale\": 0.1, \"seed\": 6 },"
    "  \"s\": { \"shape\": [2, 4], \"values\": [0, 0, 0, 1, 0, 0.5, 0, 0] } },"
    " \"compile\": { \"target\": \"%s\", \"opt\": \"routes\", \"compress\": \"%s\","
    "                \"atol\": %g, \"block_size\": 32 } }",
    own != NULL ? own : "", target, compress, atol);
  g_autoptr(GError) error = NULL;
  AnfGraph *graph = anf_document_parse (text, strlen (text), NULL, &error);

  g_assert_no_error (error);
  return graph;
}

static AnfWeights *
choose (AnfGraph *graph, AnfNumerics numerics)
{
  g_autoptr(GError) error = NULL;
  AnfWeights *weights = anf_weights_choose (graph, anf_graph_settings (graph), numerics, NULL,
                                            &error);

  g_assert_no_error (error);
  return weights;
}

/* @what: "w:int4 t:fp16 s:sparse" */
static void
assert_choice (const char *compress, const char *target, double atol, const char *own,
               const char *what, const char *why)
{
  g_autoptr(AnfGraph) graph = make_graph (compress, target, atol, own);
  g_autoptr(AnfWeights) weights = choose (graph, ANF_NUMERICS_ANE);
  g_autoptr(AnfWeights) survey = anf_weights_survey (graph, anf_graph_settings (graph), NULL, NULL,
                                                     NULL);
  GString *got = g_string_new (NULL);

  for (guint i = 0; i < anf_weights_n (weights); i++)
    {
      const AnfWeightFacts *facts = anf_weights_nth (weights, i);
      const AnfWeightFacts *seen = anf_weights_nth (survey, i);

      g_string_append_printf (got, "%s%s:%s", i > 0 ? " " : "", facts->name,
                              anf_encoding_name (facts->chosen));
      /* Both ways to the choice come to the same. */
      g_assert_cmpint (facts->chosen, ==, seen->chosen);
      g_assert_cmpstr (facts->why, ==, seen->why);
      g_assert_cmpfloat (facts->encoding[facts->chosen].error, ==,
                         seen->encoding[facts->chosen].error);
      g_assert_cmpuint (facts->encoding[facts->chosen].bytes, ==,
                        seen->encoding[facts->chosen].bytes);
    }
  g_assert_cmpstr (got->str, ==, what);
  g_assert_cmpstr (anf_weights_nth (weights, 0)->why, ==, why);
  g_string_free (got, TRUE);
}

static void
test_named_encodings_are_gated (void)
{
  assert_choice ("fp16", "h13", 0.05, NULL, "w:fp16 t:fp16 s:fp16", NULL);
  assert_choice ("int8", "h14", 0.05, NULL, "w:int8 t:int8 s:int8", NULL);
  assert_choice ("blockwise", "h15", 0.05, NULL, "w:blockwise t:blockwise s:blockwise", NULL);
  assert_choice ("int4", "h13", 0.2, NULL, "w:int4 t:int4 s:int4", NULL);
  assert_choice ("int8", "h14", 0.001, NULL, "w:fp16 t:fp16 s:int8",
                 "int8 misses the weight gate: 0.0055 > 0.001; so fp16");
}

static void
test_fall_backs_stream_on_the_target (void)
{
  assert_choice ("int4", "h15", 0.05, NULL, "w:blockwise t:blockwise s:int4",
                 "int4 misses the weight gate: 0.0948 > 0.05; so blockwise");
  assert_choice ("int4", "h14", 0.05, NULL, "w:int8 t:int8 s:int4",
                 "int4 misses the weight gate: 0.0948 > 0.05; "
                 "blockwise does not stream on h14; so int8");
  assert_choice ("int4", "h13", 0.05, NULL, "w:fp16 t:fp16 s:int4",
                 "int4 misses the weight gate: 0.0948 > 0.05; "
                 "blockwise does not stream on h13; int8 does not stream on h13; so fp16");
}

static void
test_named_encoding_may_fold (void)
{
  assert_choice ("int8", "h13", 0.05, NULL, "w:int8 t:int8 s:int8",
                 "int8 folds: it does not stream on h13 and is unpacked before use");
}

static void
test_sparse_needs_zeros (void)
{
  assert_choice ("sparse", "h13", 0.05, NULL, "w:fp16 t:fp16 s:sparse",
                 "sparse needs half of the numbers to be zero; here 0 % are; so fp16");
}

static void
test_auto_takes_the_smallest_that_passes (void)
{
  assert_choice ("auto", "h15", 0.05, NULL, "w:int8 t:int8 s:sparse",
                 "int8 is the smallest that streams and passes: "
                 "int4 misses the weight gate: 0.0948 > 0.05; "
                 "sparse needs half of the numbers to be zero; here 0 % are");
  assert_choice ("auto", "h15", 0.2, NULL, "w:int4 t:int4 s:sparse",
                 "int4 is the smallest that streams and passes: "
                 "sparse needs half of the numbers to be zero; here 0 % are");
}

static void
test_own_choice_wins (void)
{
  const char *own = ", \"compress\": { \"weight\": \"int8\" }";
  g_autoptr(AnfGraph) graph = make_graph ("int4", "h14", 0.2, own);
  g_autoptr(AnfWeights) weights = choose (graph, ANF_NUMERICS_ANE);

  assert_choice ("int4", "h14", 0.2, own, "w:int8 t:int4 s:int4", NULL);
  g_assert_true (anf_weights_nth (weights, 0)->pinned);
  g_assert_false (anf_weights_nth (weights, 1)->pinned);
}

static void
test_survey_lists_every_encoding (void)
{
  g_autoptr(AnfGraph) graph = make_graph ("fp16", "h13", 0.05, NULL);
  g_autoptr(AnfWeights) first = anf_weights_survey (graph, anf_graph_settings (graph), NULL, NULL,
                                                    NULL);
  AnfSettings settings = *anf_graph_settings (graph);
  const AnfWeightFacts *facts = anf_weights_nth (first, 0);

  g_assert_cmpuint (anf_weights_n (first), ==, 3);
  g_assert_cmpuint (facts->encoding[ANF_FP16].bytes, ==, 2 * 32 * 64);
  g_assert_cmpuint (facts->encoding[ANF_INT8].bytes, ==, 32 * 64 + 2 * 32);
  g_assert_cmpuint (facts->encoding[ANF_INT4].bytes, ==, 32 * 64 / 2 + 2 * 16);
  g_assert_cmpuint (facts->encoding[ANF_BLOCKWISE].bytes, ==, 32 * 64 + 2 * 32 * 2);
  g_assert_false (facts->encoding[ANF_SPARSE].applies);
  g_assert_false (facts->encoding[ANF_INT8].streams);
  g_assert_true (facts->encoding[ANF_INT8].ok);
  g_assert_false (facts->encoding[ANF_INT4].ok);
  /* Mask of eight bits and two numbers. */
  g_assert_cmpuint (anf_weights_nth (first, 2)->encoding[ANF_SPARSE].bytes, ==, 1 + 2 * 2);

  /* Other settings, the same tensors: figures stay, judgements and block figures do not. */
  settings.atol = 0.2;
  settings.target = "h15";
  settings.block_size = 16;
  g_autoptr(AnfWeights) next = anf_weights_survey (graph, &settings, first, NULL, NULL);
  g_autoptr(AnfWeights) fresh = anf_weights_survey (graph, &settings, NULL, NULL, NULL);
  for (guint i = 0; i < 3; i++)
    for (guint e = 0; e < ANF_N_ENCODINGS; e++)
      {
        const AnfEncodingFacts *a = &anf_weights_nth (next, i)->encoding[e];
        const AnfEncodingFacts *b = &anf_weights_nth (fresh, i)->encoding[e];

        g_assert_cmpint (a->applies, ==, b->applies);
        g_assert_cmpstr (a->why, ==, b->why);
        g_assert_cmpint (a->ok, ==, b->ok);
        g_assert_cmpint (a->streams, ==, b->streams);
        g_assert_cmpuint (a->bytes, ==, b->bytes);
        g_assert_cmpfloat (a->error, ==, b->error);
      }
  g_assert_cmpuint (anf_weights_nth (next, 0)->encoding[ANF_BLOCKWISE].bytes, ==,
                    32 * 64 + 2 * 32 * 4);
}

/* matmul_w is encoded as [out, in], one scale per output, and comes back as [in, out]. */
static void
test_transposed_weight_keeps_its_layout (void)
{
  g_autoptr(AnfGraph) graph = make_graph ("int8", "h14", 0.05, NULL);
  g_autoptr(AnfWeights) weights = choose (graph, ANF_NUMERICS_ANE);
  const AnfNode *node = anf_graph_find_name (graph, "m");
  AnfTensor *tensor = anf_graph_tensor_of (graph, node, "weight");
  g_autoptr(AnfEncoded) encoded = anf_weights_encoded (weights, node, 0);
  gsize n;
  const float *values = anf_weights_values (weights, node, 0, &n);
  float exact[32 * 4];

  g_assert_cmpuint (n, ==, 32 * 4);
  g_assert_cmpint (encoded->payload.type.dim[0], ==, 4);
  g_assert_cmpint (encoded->payload.type.dim[1], ==, 32);
  g_assert_cmpint (encoded->payload.part[1].type.dim[0], ==, 4);
  anf_tensor_read (tensor, 0, n, exact);
  for (guint i = 0; i < n; i++)
    g_assert_cmpfloat_with_epsilon (values[i], exact[i], 0.002);
}

static void
test_fp32_takes_the_numbers_as_they_are (void)
{
  g_autoptr(AnfGraph) graph = make_graph ("int4", "h13", 0.5, NULL);
  g_autoptr(AnfWeights) exact = choose (graph, ANF_NUMERICS_FP32);
  g_autoptr(AnfWeights) ane = choose (graph, ANF_NUMERICS_ANE);
  const AnfNode *node = anf_graph_find_name (graph, "a");

  for (guint role = 0; role < 2; role++)
    {
      AnfTensor *tensor = anf_graph_tensor_of (graph, node, role == 0 ? "weight" : "bias");
      gsize n;
      const float *values = anf_weights_values (exact, node, role, &n);
      const float *rounded = anf_weights_values (ane, node, role, NULL);
      g_autofree float *want = g_new (float, n);
      gboolean differs = FALSE;

      anf_tensor_read (tensor, 0, n, want);
      for (gsize i = 0; i < n; i++)
        {
          g_assert_cmpfloat (values[i], ==, want[i]);
          g_assert_cmpfloat ((float) (_Float16) rounded[i], ==, rounded[i]);
          differs |= rounded[i] != want[i];
        }
      g_assert_true (differs);
    }
}

static void
test_cancelled_choice_is_an_error (void)
{
  g_autoptr(AnfGraph) graph = make_graph ("auto", "h15", 0.05, NULL);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  AnfProgress progress = { .cancellable = cancellable };
  g_autoptr(GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_null (anf_weights_choose (graph, anf_graph_settings (graph), ANF_NUMERICS_ANE,
                                     &progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/choose/named-encodings-are-gated", test_named_encodings_are_gated);
  g_test_add_func ("/choose/fall-backs-stream-on-the-target",
                   test_fall_backs_stream_on_the_target);
  g_test_add_func ("/choose/named-encoding-may-fold", test_named_encoding_may_fold);
  g_test_add_func ("/choose/sparse-needs-zeros", test_sparse_needs_zeros);
  g_test_add_func ("/choose/auto-takes-the-smallest-that-passes",
                   test_auto_takes_the_smallest_that_passes);
  g_test_add_func ("/choose/own-choice-wins", test_own_choice_wins);
  g_test_add_func ("/choose/survey-lists-every-encoding", test_survey_lists_every_encoding);
  g_test_add_func ("/choose/transposed-weight-keeps-its-layout",
                   test_transposed_weight_keeps_its_layout);
  g_test_add_func ("/choose/fp32-takes-the-numbers-as-they-are",
                   test_fp32_takes_the_numbers_as_they_are);
  g_test_add_func ("/choose/cancelled-choice-is-an-error", test_cancelled_choice_is_an_error);
  return g_test_run ();
}
