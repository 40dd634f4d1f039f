/* test-suite.c - the ONNX project's cases of single operators: each model is imported, compiled and
 * run under the ane profile, and compared with the outputs that come with it.
 *
 * A case passes if every output is within LIMIT of the stored one, in relative L2. One that cannot
 * be mapped, or that the target refuses, must say so; one that gives other numbers is a failure of
 * this test, whatever the rates are. The table at the end counts by operator. */
#include "anf.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LIMIT 2e-2

typedef enum { PASSED, REFUSED, WRONG } Verdict;
typedef struct { guint n[3]; } Count;

static GHashTable *by_op;
static gboolean talk;

/* "case/in/x" is stored as "in/x"; names of the document are made of the model's. */
static char *
clean (const char *name)
{
  GString *text = g_string_new (NULL);

  while (*name == '/')
    name++;
  if (*name == '\0' || g_ascii_isdigit (*name))
    g_string_append_c (text, '_');
  for (; *name != '\0'; name++)
    g_string_append_c (text, g_ascii_isalnum (*name) ? *name : '_');
  return g_string_free (text, FALSE);
}

static AnfTensors *
inputs_of (AnfProgram *program, AnfTensors *data)
{
  AnfTensors *inputs = anf_tensors_new ();

  for (guint i = 0; i < anf_tensors_n (data); i++)
    {
      const char *name = anf_tensors_nth_name (data, i);
      g_autofree char *port = g_str_has_prefix (name, "in/") ? clean (name + 3) : NULL;

      for (guint k = 0; port != NULL && k < anf_program_n_inputs (program); k++)
        if (g_str_equal (anf_program_nth_input (program, k, NULL), port))
          {
            g_autoptr(AnfTensor) tensor = anf_tensors_get (data, name, NULL);

            anf_tensors_add (inputs, port, tensor);
          }
    }
  return inputs;
}

static double
distance (const AnfTensor *got, const AnfTensor *want)
{
  gsize n = anf_tensor_elements (want);
  g_autofree double *a = g_new (double, n + 1), *b = g_new (double, n + 1);
  double off = 0, size = 0;

  if (anf_tensor_elements (got) != n || anf_tensor_rank (got) != anf_tensor_rank (want))
    return INFINITY;
  for (guint i = 0; i < anf_tensor_rank (want); i++)
    if (anf_tensor_dim (got, i) != anf_tensor_dim (want, i))
      return INFINITY;
  anf_tensor_read_double (got, 0, n, a);
  anf_tensor_read_double (want, 0, n, b);
  for (gsize i = 0; i < n; i++)
    {
      if (a[i] == b[i])
        continue;
      off += (a[i] - b[i]) * (a[i] - b[i]);
      size += b[i] * b[i];
    }
  for (gsize i = 0; i < n; i++)
    if (a[i] == b[i] && isfinite (b[i]))
      size += b[i] * b[i];
  return off == 0 ? 0 : sqrt (off) / fmax (sqrt (size), 1e-6);
}

static Verdict
compare (AnfTensors *outputs, AnfTensors *data, char **why)
{
  for (guint i = 0; i < anf_tensors_n (data); i++)
    {
      const char *name = anf_tensors_nth_name (data, i);
      g_autofree char *port = g_str_has_prefix (name, "out/") ? clean (name + 4) : NULL;
      g_autoptr(AnfTensor) want = NULL, got = NULL;
      double off;

      if (port == NULL)
        continue;
      want = anf_tensors_get (data, name, NULL);
      got = anf_tensors_get (outputs, port, NULL);
      off = got != NULL ? distance (got, want) : INFINITY;
      if (!(off <= LIMIT))
        {
          g_autofree char *a = got != NULL ? anf_tensor_shape_text (got) : g_strdup ("none");
          g_autofree char *b = anf_tensor_shape_text (want);

          *why = g_strdup_printf ("output %s is off by %.3g (%s, stored %s)", port, off, a, b);
          return WRONG;
        }
    }
  return PASSED;
}

static Verdict
run (AnfGraph *graph, const char *folder, char **why)
{
  g_autofree char *path = g_build_filename (folder, "data.npz", NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfTensors) data = anf_tensors_open (path, &error), given = NULL, inputs = NULL;
  g_autoptr(AnfTensors) outputs = NULL;
  g_autoptr(AnfProgram) program = NULL;
  AnfOptions options;
  Verdict verdict = WRONG;

  g_assert_no_error (error);
  anf_options_init (&options, graph);
  options.threads = 1;
  program = anf_compile (graph, &options, NULL, &error);
  if (program == NULL)
    {
      g_autoptr(AnfReport) report = anf_check (graph, NULL);

      for (guint i = 0; i < anf_report_n_findings (report) && *why == NULL; i++)
        if (anf_report_nth_finding (report, i)->severity == ANF_ERROR_FINDING)
          *why = g_strdup (anf_report_nth_finding (report, i)->message);
      if (*why == NULL)
        *why = g_strdup (error->message);
      return REFUSED;
    }
  given = inputs_of (program, data);
  inputs = anf_feed (program, given, FALSE, 0, &error);
  outputs = inputs != NULL ? anf_program_run (program, inputs, NULL, NULL, &error) : NULL;
  if (outputs != NULL)
    verdict = compare (outputs, data, why);
  else
    *why = g_strdup (error->message);
  return verdict;
}

/* The operator is what the case is called after: its first node's. */
static Verdict
one_case (const char *root, const char *name, char **why)
{
  g_autofree char *folder = g_build_filename (root, "node", name, NULL);
  g_autofree char *model = g_build_filename (folder, "model_const.onnx", NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfImport) import = anf_import (model, NULL, NULL, &error);
  const AnfUnmapped *first;

  if (import == NULL)
    {
      g_assert_error (error, ANF_ERROR, ANF_ERROR_BAD_FILE);
      g_assert_null (strchr (error->message, '\n'));
      *why = g_strdup (error->message);
      return REFUSED;
    }
  first = anf_import_nth_unmapped (import, 0);
  if (first != NULL)
    {
      *why = g_strdup_printf ("%s: %s", first->op, first->reason);
      return REFUSED;
    }
  return run (anf_import_graph (import), folder, why);
}

/* test_argmax_default_axis -> argmax */
static char *
operator_of (const char *name)
{
  const char *start = g_str_has_prefix (name, "pt_test_operator_") ? name + 17
                      : g_str_has_prefix (name, "pt_test_") ? name + 8 : name + 5;

  return g_ascii_strdown (start, strcspn (start, "_"));
}

static void
run_list (const char *root, const char *list, double least)
{
  g_autofree char *path = g_build_filename (root, list, NULL), *text = NULL;
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) names = NULL;
  Count all = { { 0 } };
  guint total;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  names = g_strsplit (g_strstrip (text), "\n", -1);
  total = g_strv_length (names);
  for (guint i = 0; i < total; i++)
    {
      g_autofree char *why = NULL, *op = operator_of (names[i]);
      Verdict verdict = one_case (root, names[i], &why);
      Count *count = g_hash_table_lookup (by_op, op);

      if (count == NULL)
        g_hash_table_insert (by_op, g_strdup (op), count = g_new0 (Count, 1));
      count->n[verdict]++;
      all.n[verdict]++;
      if (verdict == WRONG || (verdict == REFUSED && talk))
        g_printerr ("# %s %s: %s\n", verdict == WRONG ? "WRONG" : "refused", names[i], why);
      g_assert_true (verdict == PASSED || why != NULL);
    }
  g_test_message ("%s: %u of %u pass, %u are refused, %u are wrong", list, all.n[PASSED], total,
                  all.n[REFUSED], all.n[WRONG]);
  if (all.n[WRONG] > 0 || all.n[PASSED] < least * total)
    g_test_fail ();
}

static void
test_list (gconstpointer data)
{
  const char *list = data;

  run_list (g_getenv ("NODE_SUITE"), list, g_str_equal (list, "node_suite.txt") ? 0.9 : 0.85);
}

static void
print_table (void)
{
  g_autoptr(GList) ops = g_list_sort (g_hash_table_get_keys (by_op), (GCompareFunc) strcmp);

  printf ("# %-28s pass refused wrong\n", "operator");
  for (GList *l = ops; l != NULL; l = l->next)
    {
      const Count *count = g_hash_table_lookup (by_op, l->data);

      printf ("# %-28s %4u %7u %5u\n", (const char *) l->data, count->n[PASSED],
              count->n[REFUSED], count->n[WRONG]);
    }
}

int
main (int argc, char **argv)
{
  int code;

  g_test_init (&argc, &argv, NULL);
  talk = g_test_verbose ();
  by_op = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_test_add_data_func ("/onnx/single-operators", "node_suite.txt", test_list);
  g_test_add_data_func ("/onnx/expanded-operators", "node_expanded_suite.txt", test_list);
  g_test_add_data_func ("/onnx/converted-from-pytorch", "pt_suite.txt", test_list);
  code = g_test_run ();
  print_table ();
  g_hash_table_unref (by_op);
  return code;
}
