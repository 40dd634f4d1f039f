/* test-plan.c - segments, borders and places of checked graphs, from documents written out here. */
#include "anf.h"

#include "pass/text.h"

#include <string.h>

#define NODE(id, op, name, rest) \
  "{ \"id\": " #id ", \"op\": \"" op "\", \"name\": \"" name "\"" rest " }"
#define INPUT(id, name, shape) NODE (id, "input", name, ", \"attrs\": { \"shape\": " shape " }")
#define ONE(x) ", \"in\": { \"x\": \"" x "\" }"
#define TWO(x, y) ", \"in\": { \"x\": \"" x "\", \"y\": \"" y "\" }"

static AnfPlan *
plan_of (const char *nodes, const char *outputs)
{
  /* As it is written: these tests are about cutting, not about rewriting. */
  g_autofree char *text = g_strdup_printf ("{ \"aneforge\": 1, \"nodes\": [ %s ], "
                                           "\"outputs\": { %s }, "
                                           "\"compile\": { \"opt\": \"0\" } }",
                                           nodes, outputs);
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfGraph) graph = anf_document_parse (text, strlen (text), NULL, &error);
  g_autoptr(AnfReport) report = NULL;
  AnfPlan *plan;

  g_assert_no_error (error);
  report = anf_check (graph, NULL);
  for (guint i = 0; i < anf_report_n_findings (report); i++)
    if (anf_report_nth_finding (report, i)->severity == ANF_ERROR_FINDING)
      g_error ("%s", anf_report_nth_finding (report, i)->message);
  plan = anf_plan (report, &error);
  g_assert_no_error (error);
  return plan;
}

static void
assert_segments (const AnfPlan *plan, const char *want)
{
  g_autofree char *got = anf_plan_text (plan);

  g_assert_cmpstr (got, ==, want);
}

static void
test_without_bridges_all_is_one_segment (void)
{
  g_autoptr(AnfPlan) plan = plan_of (INPUT (1, "x", "[4, 32]") ","
                                     NODE (2, "relu", "r", ONE ("x")) ","
                                     NODE (3, "add", "y", TWO ("r", "x")), "\"out\": \"y\"");
  const AnfSegment *segment = anf_plan_nth_segment (plan, 0);

  assert_segments (plan, "s0 fused: r y | in x | out y\n");
  g_assert_cmpuint (segment->n_reads, ==, 1);
  g_assert_cmpuint (segment->n_writes, ==, 1);
  g_assert_cmpuint (segment->bytes_in, ==, 4 * 32 * 2);
  g_assert_null (segment->reason);
  g_assert_cmpint (anf_plan_segment_of (plan, 1), ==, -1);
}

/* The trunk is computed once, and handed to the bridge and to what follows it. */
static void
test_a_shared_trunk_is_computed_once (void)
{
  g_autoptr(AnfPlan) plan = plan_of (INPUT (1, "x", "[4, 32]") ","
                                     NODE (2, "relu", "r", ONE ("x")) ","
                                     NODE (3, "argmax", "i", ONE ("r")) ","
                                     NODE (4, "add", "y", TWO ("r", "i")), "\"out\": \"y\"");
  const AnfSegment *trunk = anf_plan_nth_segment (plan, 0), *tail = anf_plan_nth_segment (plan, 2);

  assert_segments (plan, "s0 fused: r | in x | out r\n"
                         "b1 bridge: i | in r | out i\n"
                         "s2 fused: y | in r i | out y\n");
  g_assert_cmpuint (trunk->n_writes, ==, 1);
  g_assert_cmpuint (tail->n_reads, ==, 2);
  g_assert_nonnull (anf_plan_nth_segment (plan, 1)->reason);
  g_assert_nonnull (tail->reason);
}

/* Two operands of one bridge come out of one program with two outputs. */
static void
test_operands_of_a_bridge_come_from_one_program (void)
{
  g_autoptr(AnfPlan) plan =
    plan_of (INPUT (1, "x", "[1, 2, 8, 16]") ","
             NODE (2, "relu", "q", ONE ("x")) "," NODE (3, "tanh", "k", ONE ("x")) ","
             NODE (4, "sigmoid", "v", ONE ("x")) ","
             NODE (5, "sdpa", "a", ", \"in\": { \"q\": \"q\", \"k\": \"k\", \"v\": \"v\" }"),
             "\"out\": \"a\"");

  assert_segments (plan, "s0 fused: q k v | in x | out q k v\n"
                         "b1 bridge: a | in q k v | out a\n");
  g_assert_cmpuint (anf_plan_nth_segment (plan, 0)->n_writes, ==, 3);
}

static void
test_what_no_output_needs_is_left_out (void)
{
  g_autoptr(AnfPlan) plan = plan_of (INPUT (1, "x", "[4, 32]") ","
                                     NODE (2, "relu", "r", ONE ("x")) ","
                                     NODE (3, "argmax", "i", ONE ("r")), "\"out\": \"r\"");

  assert_segments (plan, "s0 fused: r | in x | out r\n");
}

/* Values alive at the same step never share a place, unless one is written over the other element
 * by element; a long chain needs room for two. */
static void
test_a_chain_lives_in_two_places (void)
{
  GString *nodes = g_string_new (INPUT (1, "x", "[1, 1024]"));
  g_autoptr(AnfPlan) plan = NULL;

  for (guint i = 2; i < 50; i++)
    g_string_append_printf (nodes, ", { \"id\": %u, \"op\": \"softmax\", \"name\": \"r%u\","
                            " \"in\": { \"x\": \"%s%u\" } }", i, i, i > 2 ? "r" : "x", i - 1);
  g_string_replace (nodes, "\"x1\"", "\"x\"", 0);
  plan = plan_of (nodes->str, "\"out\": \"r49\"");
  g_assert_cmpuint (anf_plan_workspace (plan), ==, 2 * 1024 * sizeof (float));
  for (guint i = 2; i < 49; i++)
    g_assert_cmpint (anf_plan_offset (plan, (AnfRef) { i, 0 }), !=,
                     anf_plan_offset (plan, (AnfRef) { i + 1, 0 }));
  g_string_free (nodes, TRUE);
}

static void
test_fault_is_reported_once_and_upstream (void)
{
  static const char text[] =
    "{ \"aneforge\": 1, \"nodes\": [ { \"id\": 1, \"op\": \"relu\", \"name\": \"a\" },"
    NODE (2, "relu", "b", ONE ("a")) "], \"outputs\": { \"y\": \"b\" } }";
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfGraph) graph = anf_document_parse (text, sizeof text - 1, NULL, &error);
  g_autoptr(AnfReport) report = NULL;
  guint n_errors = 0;

  g_assert_no_error (error);
  report = anf_check (graph, NULL);
  for (guint i = 0; i < anf_report_n_findings (report); i++)
    {
      const AnfFinding *finding = anf_report_nth_finding (report, i);

      if (finding->node == 0)
        continue;
      n_errors += finding->severity == ANF_ERROR_FINDING;
      g_assert_cmpuint (finding->node, ==, 1);
      g_assert_cmpstr (finding->field, ==, "x");
    }
  g_assert_cmpuint (n_errors, ==, 1);
  g_assert_false (anf_report_ok (report));
}

#define TOKENS "{ \"id\": 1, \"op\": \"input\", \"name\": \"t\", \"attrs\": " \
               "{ \"shape\": [3], \"dtype\": \"int32\" } }"
#define PICK(id, name, x, t) \
  NODE (id, "gather", name, ", \"in\": { \"x\": \"" x "\", \"indices\": \"" t "\" }")

static void
test_gathering_by_fed_numbers_is_the_hosts (void)
{
  g_autoptr(AnfPlan) plan = plan_of (TOKENS "," INPUT (2, "x", "[8, 4]") ","
                                     NODE (3, "relu", "r", ONE ("x")) ","
                                     PICK (4, "g", "r", "t") ","
                                     NODE (5, "abs", "y", ONE ("g")), "\"out\": \"y\"");
  const AnfSegment *host = anf_plan_nth_segment (plan, 1);

  assert_segments (plan, "s0 fused: r | in x | out r\n"
                         "h1 host: g | in r t | out g\n"
                         "s2 fused: y | in g | out y\n");
  g_assert_cmpint (host->kind, ==, ANF_SEGMENT_HOST);
  g_assert_nonnull (strstr (host->reason, "host gathers"));
  g_assert_nonnull (strstr (anf_plan_nth_segment (plan, 2)->reason, "reads g"));
}

static void
test_gathering_by_known_numbers_is_fused (void)
{
  g_autoptr(AnfPlan) plan =
    plan_of (INPUT (1, "x", "[8, 4]") ","
             NODE (2, "gather", "g", ONE ("x") ", \"attrs\": { \"indices\": [3, 0] }"),
             "\"out\": \"g\"");

  assert_segments (plan, "s0 fused: g | in x | out g\n");
}

static void
test_whole_numbers_go_to_lookup_and_cast_alone (void)
{
  static const struct { const char *node, *code, *field; } cases[] = {
    { NODE (3, "cast", "y", ONE ("t")), NULL, NULL },
    { PICK (3, "y", "x", "t"), NULL, NULL },
    { PICK (3, "y", "x", "x"), "SHP109", "indices" },
    { PICK (3, "y", "t", "t"), "SHP109", "x" },
    { NODE (3, "relu", "y", ONE ("t")), "SHP109", "x" },
    { NODE (3, "flatten2d", "y", ONE ("t")), "SHP109", "x" },
    { NODE (3, "concat", "y", ", \"in\": { \"values\": [\"t\", \"t\"] }"), "SHP109", "values" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text =
        g_strdup_printf ("{ \"aneforge\": 1, \"nodes\": [ " TOKENS "," INPUT (2, "x", "[8, 4]")
                         ", %s ], \"outputs\": { \"y\": \"y\" } }", cases[i].node);
      g_autoptr(GError) error = NULL;
      g_autoptr(AnfGraph) graph = anf_document_parse (text, strlen (text), NULL, &error);
      g_autoptr(AnfReport) report = NULL;
      const AnfFinding *found = NULL;

      g_assert_no_error (error);
      report = anf_check (graph, NULL);
      for (guint k = 0; k < anf_report_n_findings (report); k++)
        if (anf_report_nth_finding (report, k)->severity == ANF_ERROR_FINDING)
          found = anf_report_nth_finding (report, k);
      g_assert_cmpstr (found != NULL ? found->code : NULL, ==, cases[i].code);
      g_assert_cmpstr (found != NULL ? found->field : NULL, ==, cases[i].field);
    }
}

/* A composite is one node of the user's and several of the program's. */
static void
test_a_composite_is_taken_apart (void)
{
  g_autoptr(AnfPlan) plan =
    plan_of (INPUT (1, "a", "[4, 8]") "," INPUT (2, "b", "[8, 6]") ","
             NODE (3, "einsum", "e", ", \"in\": { \"values\": [\"a\", \"b\"] },"
                   " \"attrs\": { \"equation\": \"ij,jk->ki\" }") ","
             NODE (4, "relu", "e_bmm", ONE ("e")), "\"out\": \"e_bmm\"");
  const AnfSteps *steps = anf_plan_steps (plan, 0);
  const AnfGraph *lowered = anf_report_graph (plan->report);

  assert_segments (plan, "s0 fused: e e_bmm | in a b | out e_bmm\n");
  g_assert_cmpuint (steps->n_nodes, >, 2);
  g_assert_nonnull (anf_graph_find (lowered, 3));
  for (guint i = 0; i < steps->n_nodes; i++)
    {
      const AnfNode *node = anf_graph_find (lowered, steps->nodes[i]);

      g_assert_true (node->origin == 0 || node->origin == 3);
      g_assert_null (node->op->expand);
      g_assert_cmpint (anf_plan_segment_of (plan, node->id), ==, 0);
    }
  /* The user's name stays his; the inner product gets another. */
  g_assert_cmpuint (anf_node_id (anf_graph_find_name (lowered, "e_bmm")), ==, 4);
}

static void
test_families_refuse_what_is_too_large (void)
{
  g_autoptr(AnfPlan) plan = plan_of (INPUT (1, "x", "[1, 70000]") ","
                                     NODE (2, "relu", "y", ONE ("x")), "\"out\": \"y\"");
  static const struct { const char *arch; guint reject, oversize; } want[] = {
    { "h11", 2, 0 }, { "h13", 0, 2 }, { "h16s", 0, 2 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (want); i++)
    {
      g_autoptr(AnfVerdict) verdict = anf_preflight (plan->report, want[i].arch);

      g_assert_cmpuint (verdict->reject->len, ==, want[i].reject);
      g_assert_cmpuint (verdict->oversize->len, ==, want[i].oversize);
      g_assert_false (verdict->ok);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plan/without-bridges-all-is-one-segment",
                   test_without_bridges_all_is_one_segment);
  g_test_add_func ("/plan/a-shared-trunk-is-computed-once", test_a_shared_trunk_is_computed_once);
  g_test_add_func ("/plan/operands-of-a-bridge-come-from-one-program",
                   test_operands_of_a_bridge_come_from_one_program);
  g_test_add_func ("/plan/what-no-output-needs-is-left-out",
                   test_what_no_output_needs_is_left_out);
  g_test_add_func ("/plan/a-chain-lives-in-two-places", test_a_chain_lives_in_two_places);
  g_test_add_func ("/check/fault-is-reported-once-and-upstream",
                   test_fault_is_reported_once_and_upstream);
  g_test_add_func ("/plan/gathering-by-fed-numbers-is-the-hosts",
                   test_gathering_by_fed_numbers_is_the_hosts);
  g_test_add_func ("/plan/gathering-by-known-numbers-is-fused",
                   test_gathering_by_known_numbers_is_fused);
  g_test_add_func ("/check/whole-numbers-go-to-lookup-and-cast-alone",
                   test_whole_numbers_go_to_lookup_and_cast_alone);
  g_test_add_func ("/plan/a-composite-is-taken-apart", test_a_composite_is_taken_apart);
  g_test_add_func ("/check/families-refuse-what-is-too-large",
                   test_families_refuse_what_is_too_large);
  return g_test_run ();
}
