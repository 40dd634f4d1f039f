/* weights.c - encodings of weights for reading. */
#include "cli.h"

void
studio_print_weights (const AnfGraph *graph, const AnfWeights *weights)
{
  StudioTable *table = studio_table_new ("lllrrll", "Weight", "Shape", "Encoding", "Bytes",
                                         "Error", "On target", "Why", NULL);

  for (guint i = 0; i < anf_weights_n (weights); i++)
    {
      const AnfWeightFacts *facts = anf_weights_nth (weights, i);
      const AnfEncodingFacts *chosen = &facts->encoding[facts->chosen];
      g_autofree char *name = g_strdup_printf ("%s.%s", studio_cli_node (graph, facts->node),
                                               facts->role);
      g_autofree char *bytes = studio_words_bytes (chosen->bytes);
      g_autofree char *error = studio_words_real (chosen->error);
      g_autoptr(GString) shape = g_string_new (NULL);

      for (guint d = 0; d < facts->rank; d++)
        g_string_append_printf (shape, "%s%" G_GINT64_FORMAT, d > 0 ? "×" : "", facts->shape[d]);
      studio_table_add (table, name, shape->str, anf_encoding_name (facts->chosen), bytes, error,
                        chosen->streams ? "streams" : "folds",
                        facts->why != NULL ? facts->why : "", NULL);
    }
  studio_table_end (table);
}
