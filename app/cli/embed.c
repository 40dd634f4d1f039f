/* embed.c - `aneforge embed`: sentences as vectors, by an encoder from a Hugging Face folder. */
#include "cli.h"

#include <stdio.h>

/* Numbers of a vector and characters of a text that people are shown. */
#define SHOWN 6
#define LONGEST 40

static void
say_json (StudioCli *self, const AnfTensor *vectors, const guint *n_tokens)
{
  gint64 n = anf_tensor_dim (vectors, 0), dim = anf_tensor_dim (vectors, 1);
  JsonBuilder *json = studio_json_begin ();
  g_autofree float *row = g_new (float, dim);

  studio_json_int (json, "dim", dim);
  studio_json_array (json, "vectors");
  for (gint64 i = 0; i < n; i++)
    {
      anf_tensor_read (vectors, i * dim, dim, row);
      json_builder_begin_array (json);
      for (gint64 j = 0; j < dim; j++)
        json_builder_add_double_value (json, row[j]);
      json_builder_end_array (json);
    }
  json_builder_end_array (json);
  studio_json_array (json, "tokens");
  for (gint64 i = 0; i < n; i++)
    json_builder_add_int_value (json, n_tokens[i]);
  json_builder_end_array (json);
  studio_json_end (self, json);
}

static double
dot (const AnfTensor *vectors, gint64 a, gint64 b)
{
  gint64 dim = anf_tensor_dim (vectors, 1);
  g_autofree double *x = g_new (double, dim), *y = g_new (double, dim);
  double sum = 0;

  anf_tensor_read_double (vectors, a * dim, dim, x);
  anf_tensor_read_double (vectors, b * dim, dim, y);
  for (gint64 i = 0; i < dim; i++)
    sum += x[i] * y[i];
  return sum;
}

/* On one line, and not all of it. */
static char *
shorten (const char *text)
{
  g_autofree char *line = g_utf8_substring (text, 0, MIN (g_utf8_strlen (text, -1), LONGEST));

  for (char *c = line; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      *c = ' ';
  return g_strconcat (line, g_utf8_strlen (text, -1) > LONGEST ? "…" : "", NULL);
}

static char *
begin_of (const AnfTensor *vectors, gint64 i)
{
  gint64 dim = anf_tensor_dim (vectors, 1);
  float first[SHOWN];
  GString *text = g_string_new (NULL);

  anf_tensor_read (vectors, i * dim, MIN (dim, SHOWN), first);
  for (gint64 j = 0; j < MIN (dim, SHOWN); j++)
    g_string_append_printf (text, "%s%.4f", j > 0 ? " " : "", first[j]);
  return g_string_free (g_string_append (text, dim > SHOWN ? " …" : ""), FALSE);
}

static void
print (StudioCli *self, const AnfTensor *vectors, const guint *n_tokens)
{
  gint64 n = anf_tensor_dim (vectors, 0);
  StudioTable *table = studio_table_new ("rlrl", "", "Text", "Tokens", "Vector", NULL);

  for (gint64 i = 0; i < n; i++)
    {
      g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, i + 1);
      g_autofree char *text = shorten (self->texts[i]), *begin = begin_of (vectors, i);
      g_autofree char *tokens = g_strdup_printf ("%u", n_tokens[i]);

      studio_table_add (table, number, text, tokens, begin, NULL);
    }
  studio_table_end (table);
  printf ("\n%" G_GINT64_FORMAT " numbers each, of length 1.\n", anf_tensor_dim (vectors, 1));
  if (n < 2)
    return;
  studio_heading ("Alike (cosine)");
  table = studio_table_new ("rrr", "Text", "Text", "Cosine", NULL);
  for (gint64 i = 0; i < n; i++)
    for (gint64 j = i + 1; j < n; j++)
      {
        g_autofree char *a = g_strdup_printf ("%" G_GINT64_FORMAT, i + 1);
        g_autofree char *b = g_strdup_printf ("%" G_GINT64_FORMAT, j + 1);
        g_autofree char *alike = g_strdup_printf ("%.4f", dot (vectors, i, j));

        studio_table_add (table, a, b, alike, NULL);
      }
  studio_table_end (table);
}

static StudioExit
embed (StudioCli *self)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfEmbedder) embedder = NULL;
  g_autoptr(AnfTensor) vectors = NULL;
  g_autofree guint *n_tokens = NULL;
  guint n = g_strv_length (self->texts);
  g_autoptr(AnfGraph) plain = anf_graph_builder_end (anf_graph_builder_new (NULL), NULL);
  AnfOptions options;

  if (self->device != NULL && !anf_device_is_here (self->device, &error))
    return studio_cli_fail (self, NULL, error);
  studio_cli_options (self, plain, &options);
  if ((embedder = anf_embedder_load (self->file, &options, &error)) == NULL)
    return studio_cli_fail (self, NULL, error);
  n_tokens = g_new0 (guint, n + 1);
  vectors = anf_embedder_run (embedder, n, (const char *const *) self->texts, n_tokens,
                              studio_cli_progress (), &error);
  studio_cli_progress_end ();
  if (vectors == NULL)
    return studio_cli_fail (self, NULL, error);
  if (self->json)
    say_json (self, vectors, n_tokens);
  else
    print (self, vectors, n_tokens);
  return STUDIO_EXIT_OK;
}

const StudioCommand studio_command_embed = {
  .name = "embed", .arguments = "DIR TEXT...",
  .summary = "Sentences as vectors, by an encoder from a Hugging Face folder.",
  .details = "DIR holds config.json, model.safetensors and tokenizer.json or vocab.txt of an "
             "encoder\nof the BERT family. Every vector has length 1, so that a product of two "
             "says how alike\nthey are.",
  .options = STUDIO_OPTION_TEXTS | STUDIO_OPTION_DEVICE | STUDIO_OPTION_TARGET
             | STUDIO_OPTION_COMPILE | STUDIO_OPTION_THREADS | STUDIO_OPTION_JSON,
  .run = embed,
};
