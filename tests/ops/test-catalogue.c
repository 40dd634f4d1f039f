/* test-catalogue.c - every operator of the catalogue is a row, placed or walled, and says of each
 * family what the catalogue says. */
#include "core/op.h"

#include <string.h>

/* Rows that say otherwise than the catalogue, which speaks of the compiler's kernels. */
static const struct { const char *op, *ours, *why; } differs[] = {
  { "batch_to_space", "bbbb", "reached as a program of its own" },
  { "space_to_batch", "bbbb", "reached as a program of its own" },
  { "topk", "wbbb", "reached as a program of its own" },
  { "const", "nnnn", "baked into the program that reads it" },
  { "sin", "ddnn", "written by other rows where it is missing" },
  { "cos", "ddnn", "written by other rows where it is missing" },
  { "resize_bilinear", "nnnn", "preflight takes it from M1 on" },
  { "resize_nearest_neighbor", "nnnn", "preflight takes it from M1 on" },
  { "upsample_bilinear", "nnnn", "preflight takes it from M1 on" },
};

static const AnfOp *
find_row (const char *name)
{
  const AnfOp *op = anf_op_lookup (name);

  for (guint i = 0; op == NULL && (op = anf_op_nth_walled (i)) != NULL; i++)
    if (!g_str_equal (anf_op_name (op), name))
      op = NULL;
  return op;
}

static void
check_line (const char *name, const char *want)
{
  const AnfOp *op = find_row (name);
  char got[] = "....";

  if (op == NULL)
    g_error ("The catalogue has %s, the table has not", name);
  for (guint i = 0; i < G_N_ELEMENTS (differs); i++)
    if (g_str_equal (name, differs[i].op))
      {
        g_assert_cmpstr (differs[i].ours, !=, want);
        want = differs[i].ours;
      }
  for (guint family = 2; family <= 5; family++)
    got[family - 2] = "ndbw"[anf_op_on (op, family)];
  if (!g_str_equal (got, want))
    g_error ("%s: %s on families 2 to 5, not %s", name, got, want);
}

static void
test_catalogue_is_whole (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "catalogue.txt", NULL), *text = NULL;
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) lines = NULL;
  guint n = 0;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (lines[i][0] != '\0' && lines[i][0] != '#')
      {
        g_auto(GStrv) words = g_strsplit (lines[i], " ", 2);

        check_line (words[0], words[1]);
        n++;
      }
  g_assert_cmpuint (n, ==, 187);
}

static void
test_walled_rows_say_what_to_use (void)
{
  const AnfOp *op;

  for (guint i = 0; (op = anf_op_nth_walled (i)) != NULL; i++)
    {
      g_assert_true (anf_name_is_valid (op->name));
      g_assert_null (anf_op_lookup (op->name));
      g_assert_true (g_ascii_isupper (op->title[0]));
      g_assert_true (g_str_has_suffix (op->doc, "."));
      g_assert_true (g_str_has_suffix (anf_op_instead (op), "."));
      g_assert_cmpstr (anf_op_route (op), ==, "walled");
      g_assert_cmpint (anf_op_on (op, 1), ==, ANF_REJECT);
    }
  for (guint i = 0; (op = anf_op_nth (i)) != NULL; i++)
    g_assert_null (anf_op_instead (op));
}

/* The file keeps it; the finding says what to do. */
static void
test_graph_with_a_walled_operator_says_the_alternative (void)
{
  static const char text[] =
    "{ \"aneforge\": 1, \"nodes\": ["
    " { \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [4] } },"
    " { \"id\": 2, \"op\": \"one_hot\", \"name\": \"h\", \"in\": { \"indices\": \"x\" },"
    "   \"attrs\": { \"depth\": 7 } } ], \"outputs\": { \"h\": \"h\" } }";
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfGraph) graph = anf_document_parse (text, strlen (text), NULL, &error);
  g_autoptr(AnfReport) report = NULL;
  g_autofree char *kept = NULL;
  gboolean found = FALSE;

  g_assert_no_error (error);
  report = anf_check (graph, NULL);
  g_assert_false (anf_report_ok (report));
  for (guint i = 0; i < anf_report_n_findings (report); i++)
    {
      const AnfFinding *finding = anf_report_nth_finding (report, i);

      if (!g_str_equal (finding->code, "OP102"))
        continue;
      found = TRUE;
      g_assert_cmpint (finding->severity, ==, ANF_ERROR_FINDING);
      g_assert_cmpuint (finding->node, ==, 2);
      g_assert_nonnull (strstr (finding->hint, "gather"));
      g_assert_nonnull (strstr (finding->message, "one_hot"));
    }
  g_assert_true (found);
  kept = anf_document_text (graph, NULL);
  g_assert_nonnull (strstr (kept, "\"one_hot\""));
  g_assert_nonnull (strstr (kept, "\"depth\""));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/catalogue/is-whole", test_catalogue_is_whole);
  g_test_add_func ("/catalogue/walled-rows-say-what-to-use", test_walled_rows_say_what_to_use);
  g_test_add_func ("/catalogue/graph-with-a-walled-operator-says-the-alternative",
                   test_graph_with_a_walled_operator_says_the_alternative);
  return g_test_run ();
}
