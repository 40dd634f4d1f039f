/* feed.c - arrays in (--input, --random) and out (--out, --dump-nodes). */
#include "cli.h"
#include "picture.h"

#include <errno.h>
#include <string.h>

static gboolean
open_picture (const AnfGraph *graph, const char *name, const char *path, AnfTensors *given,
              GError **error)
{
  const AnfNode *node = anf_graph_find_name (graph, name);
  g_autoptr(AnfTensor) tensor = NULL;

  if (node == NULL || anf_op_category (anf_node_op (node)) != ANF_CAT_IO)
    {
      g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_INPUT, "there is no input \"%s\"", name);
      return FALSE;
    }
  if ((tensor = studio_picture_feed (graph, node, path, error)) == NULL)
    return FALSE;
  anf_tensors_add (given, name, tensor);
  return TRUE;
}

/* NAME=F.npy: the one array of that file; or a picture. */
static gboolean
open_input (const AnfGraph *graph, const char *word, AnfTensors *given, GError **error)
{
  const char *equals = strchr (word, '=');
  g_autofree char *name = NULL;
  g_autoptr(AnfTensors) file = NULL;
  g_autoptr(AnfTensor) tensor = NULL;

  if (equals == NULL || equals == word || equals[1] == '\0')
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "--input %s: it takes NAME=F.npy", word);
      return FALSE;
    }
  name = g_strndup (word, equals - word);
  for (guint i = 0; i < anf_tensors_n (given); i++)
    if (g_str_equal (anf_tensors_nth_name (given, i), name))
      {
        g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                     "--input %s: %s is given twice", word, name);
        return FALSE;
      }
  if (studio_picture_is (equals + 1))
    return open_picture (graph, name, equals + 1, given, error);
  if ((file = anf_tensors_open (equals + 1, error)) == NULL)
    return FALSE;
  if (anf_tensors_n (file) != 1)
    {
      g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_INPUT, "%s holds %u arrays, one is wanted: "
                   "give an .npy file", equals + 1, anf_tensors_n (file));
      return FALSE;
    }
  if ((tensor = anf_tensors_get (file, anf_tensors_nth_name (file, 0), error)) == NULL)
    return FALSE;
  anf_tensors_add (given, name, tensor);
  return TRUE;
}

AnfTensors *
studio_cli_feed (StudioCli *self, const AnfProgram *program, GError **error)
{
  g_autoptr(AnfTensors) arrays = anf_tensors_new ();
  guint64 seed = self->random != NULL ? g_ascii_strtoull (self->random, NULL, 10) : 0;

  for (guint i = 0; self->inputs != NULL && self->inputs[i] != NULL; i++)
    if (!open_input (anf_program_graph (program), self->inputs[i], arrays, error))
      return NULL;
  return anf_feed (program, arrays, self->inputs == NULL || self->random != NULL, seed, error);
}

gsize
studio_cli_samples (const AnfProgram *program, AnfTensors *inputs)
{
  gint64 samples = 1;

  for (guint i = 0; i < anf_program_n_inputs (program); i++)
    {
      AnfType type;
      const char *name = anf_program_nth_input (program, i, &type);
      g_autoptr(AnfTensor) tensor = anf_tensors_get (inputs, name, NULL);

      if (tensor != NULL && type.rank > 0 && type.dim[0] > 0)
        samples = MAX (samples, anf_tensor_dim (tensor, 0) / type.dim[0]);
    }
  return samples;
}

static gboolean
save_all (AnfTensors *tensors, const char *folder, GError **error)
{
  if (g_mkdir_with_parents (folder, 0777) != 0)
    {
      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "%s: %s", folder,
                   g_strerror (errno));
      return FALSE;
    }
  for (guint i = 0; i < anf_tensors_n (tensors); i++)
    {
      const char *name = anf_tensors_nth_name (tensors, i);
      g_autofree char *file = g_strdup_printf ("%s.npy", name);
      g_autofree char *path = g_build_filename (folder, file, NULL);
      g_autoptr(AnfTensor) tensor = anf_tensors_get (tensors, name, error);

      if (tensor == NULL || !anf_npy_save (path, tensor, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
studio_cli_save (StudioCli *self, AnfTensors *outputs, AnfTensors *nodes, GError **error)
{
  g_autofree char *folder = NULL;

  if (!save_all (outputs, self->out, error))
    return FALSE;
  if (nodes == NULL)
    return TRUE;
  folder = g_build_filename (self->out, "nodes", NULL);
  return save_all (nodes, folder, error);
}
