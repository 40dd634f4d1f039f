/* test-rows.c - what every row of the operator table writes as MIL, held against tests/golden.
 *
 * With --update the golden files are written anew: read the difference as if someone else had
 * written it. miltext.py parses the same files by the grammar. */
#include "run/lower.h"
#include "sample.h"

static gboolean update;

static char *
row_text (const AnfOp *op)
{
  g_autoptr(AnfGraph) graph = sample_graph (op, "ones");
  g_autoptr(AnfProgram) program = NULL;
  g_autoptr(GError) error = NULL;
  AnfOptions options;
  char *text;

  if (op->source && op->feed == NULL)
    graph = read_by_sum (graph);
  anf_options_init (&options, graph);
  program = anf_compile (graph, &options, NULL, &error);
  g_assert_no_error (error);
  text = anf_program_mil (program, 0, &error);
  g_assert_no_error (error);
  return text;
}

static void
test_row (gconstpointer data)
{
  const AnfOp *op = data;
  g_autofree char *file = g_strconcat (op->name, ".mil", NULL), *text = row_text (op);
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "golden", file, NULL);
  g_autofree char *golden = NULL;
  g_autoptr(GError) error = NULL;

  if (update)
    g_file_set_contents (path, text, -1, &error);
  else
    g_file_get_contents (path, &golden, NULL, &error);
  g_assert_no_error (error);
  if (!update)
    g_assert_cmpstr (text, ==, golden);
}

/* A fused row that cannot be written would fail only at export. */
static void
test_every_fused_row_is_written (void)
{
  const AnfOp *op;

  for (guint i = 0; (op = anf_op_nth (i)) != NULL; i++)
    if (op->kind == ANF_SEGMENT_FUSED && !(op->source && op->feed != NULL) && op->mil == NULL
        && op->expand == NULL)     /* what it is made of is written */
      g_error ("%s has no form in MIL", op->name);
}

int
main (int argc, char **argv)
{
  const AnfOp *op;

  if (argc > 1 && g_str_equal (argv[1], "--update"))
    {
      update = TRUE;
      argv[1] = argv[0];
      argc--;
      argv++;
    }
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; (op = anf_op_nth (i)) != NULL; i++)
    if (op->mil != NULL)
      {
        g_autofree char *name = g_strconcat ("/mil/row/", op->name, NULL);

        g_test_add_data_func (name, op, test_row);
      }
  g_test_add_func ("/mil/every-fused-row-is-written", test_every_fused_row_is_written);
  return g_test_run ();
}
