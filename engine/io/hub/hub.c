/* hub.c - which network a folder or a file of weights is, and how it is read as a document. */
#include "io/hub/hub.h"

#include "io/tensors.h"

#include <string.h>

/* Tokens of a document, where nothing else is asked for. */
#define LENGTH 128

/* ---------------------------------------------------------------- --shape NAME=1,3,8,8 */

gboolean
anf_hub_shape (const char *const *shapes, const char *name, guint rank, gint64 *dim,
               GError **error)
{
  for (guint i = 0; shapes != NULL && shapes[i] != NULL; i++)
    {
      const char *equals = strrchr (shapes[i], '=');
      g_auto(GStrv) parts = g_strsplit (equals != NULL ? equals + 1 : "", ",", -1);

      if (equals == NULL || strncmp (shapes[i], name, equals - shapes[i]) != 0
          || strlen (name) != (gsize) (equals - shapes[i]))
        return anf_bad_file (error, "--shape %s: the input of this network is \"%s\"", shapes[i],
                             name);
      if (g_strv_length (parts) != rank)
        return anf_bad_file (error, "--shape %s: \"%s\" has %u axes", shapes[i], name, rank);
      for (guint k = 0; k < rank; k++)
        if (!g_ascii_string_to_signed (parts[k], 10, 1, 1 << 24, &dim[k], NULL))
          return anf_bad_file (error, "--shape %s: \"%s\" is no size", shapes[i], parts[k]);
    }
  return TRUE;
}

/* ---------------------------------------------------------------- folders */

/* The folder that @path means: itself, or that of a file in it. */
static char *
folder_of (const char *path)
{
  return g_file_test (path, G_FILE_TEST_IS_DIR) ? g_strdup (path) : g_path_get_dirname (path);
}

static char *
title_of (const char *dir)
{
  g_autofree char *whole = g_canonicalize_filename (dir, NULL);
  g_autofree char *base = g_path_get_basename (whole);

  return g_utf8_make_valid (base, -1);
}

static gboolean
read_bert (AnfImport *self, const char *dir, const char *const *shapes, GError **error)
{
  g_autofree char *folder = NULL, *title = title_of (dir);
  g_autofree char *modules = g_build_filename (dir, "modules.json", NULL);
  g_autofree char *pooling = g_build_filename (dir, "1_Pooling", "config.json", NULL);
  g_autoptr(AnfBert) bert = NULL;
  gint64 dim[2] = { 1, LENGTH };
  AnfPool pool;

  if (!anf_bert_pooling (dir, &pool, &folder, error)
      || (bert = anf_bert_load (folder, error)) == NULL)
    return FALSE;
  /* Without a word on pooling it is an encoder of tokens. */
  if (!g_file_test (modules, G_FILE_TEST_EXISTS) && !g_file_test (pooling, G_FILE_TEST_EXISTS))
    pool = 0;
  dim[1] = MIN (dim[1], anf_bert_positions (bert));
  if (!anf_hub_shape (shapes, "input_ids", 2, dim, error))
    return FALSE;
  if (dim[0] != 1 || dim[1] > anf_bert_positions (bert))
    return anf_bad_file (error, "--shape input_ids=%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT
                         ": this network takes 1 text of at most %u tokens", dim[0], dim[1],
                         anf_bert_positions (bert));
  self->graph = anf_bert_document (bert, dim[1], pool, title, error);
  return self->graph != NULL;
}

/* By model_type; what no reader is named for is left to the names of the tensors. */
gboolean
anf_hub_read_folder (AnfImport *self, const char *path, const char *const *shapes,
                     const AnfProgress *progress, GError **error)
{
  static const char *const others[] = { "vit", "deit", "gpt2", "resnet", NULL };
  g_autofree char *dir = folder_of (path), *where = NULL;
  g_autofree char *weights = g_build_filename (dir, "model.safetensors", NULL);
  g_autofree char *config = NULL;
  g_autoptr(JsonNode) root = NULL;
  AnfPool pool;

  if (!anf_bert_pooling (dir, &pool, &where, error))
    return FALSE;
  config = g_build_filename (where, "config.json", NULL);
  if ((root = anf_hub_read_json (config, error)) == NULL)
    return FALSE;
  if (g_strv_contains (others, anf_hub_text (json_node_get_object (root), "model_type", "")))
    return anf_hub_read_weights (self, weights, shapes, progress, error);
  return read_bert (self, dir, shapes, error);
}

/* ---------------------------------------------------------------- weights alone */

typedef struct { const char *name; AnfArchitecture read; } Row;

static const Row rows[] = {
  { "ResNet", anf_resnet_read }, { "ViT", anf_vit_read }, { "GPT-2", anf_gpt2_read },
};

/* Training in several processes, or a model around the model, leaves such names. */
static const char *const prefixes[] = { "", "module.", "model.", "backbone." };

gboolean
anf_hub_read_weights (AnfImport *self, const char *path, const char *const *shapes,
                      const AnfProgress *progress, GError **error)
{
  g_autofree char *dir = g_path_get_dirname (path);
  g_autofree char *config = g_build_filename (dir, "config.json", NULL);
  g_autoptr(AnfTensors) tensors = anf_tensors_open_shared (path, error);
  g_autoptr(JsonNode) root = NULL;
  g_autoptr(GString) known = g_string_new (NULL);

  if (tensors == NULL)
    return FALSE;
  if (g_file_test (config, G_FILE_TEST_IS_REGULAR)
      && (root = anf_hub_read_json (config, error)) == NULL)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      for (guint k = 0; k < G_N_ELEMENTS (prefixes); k++)
        {
          AnfHubFile file = { tensors, path, prefixes[k], shapes,
                              root != NULL ? json_node_get_object (root) : NULL };
          gboolean mine = FALSE;

          self->graph = rows[i].read (&file, &mine, error);
          if (mine)
            return self->graph != NULL;
        }
      g_string_append_printf (known, "%s%s", i > 0 ? ", " : "", rows[i].name);
    }
  if (root != NULL && g_str_has_suffix (path, "model.safetensors"))
    return read_bert (self, dir, shapes, error);
  return anf_bad_file (error, "%s: its %u tensors (\"%s\", ...) are of no network that is known by "
                       "their names: %s; of the BERT family open the folder", path,
                       anf_tensors_n (tensors),
                       anf_tensors_n (tensors) > 0 ? anf_tensors_nth_name (tensors, 0) : "",
                       known->str);
}
