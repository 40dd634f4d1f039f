/* import.c - models of other programs as documents: which reader takes a file, and how what it made
 * is saved. */
#include "io/import.h"

#include "core/graph.h"
#include "io/file.h"
#include "io/hub/hub.h"
#include "io/tensors.h"

#include <glib/gstdio.h>
#include <string.h>

/* Ends in a row without a reader. */
static const struct { const char *suffix; AnfImportRead read; } formats[] = {
  { ".mil", anf_import_mil },
  { ".mlpackage", anf_import_mlpackage },
  { "Manifest.json", anf_import_mlpackage },       /* what a file chooser finds of it */
  { ".onnx", anf_onnx_read_file },
  { "config.json", anf_hub_read_folder },          /* of Hugging Face, and the folder it is in */
  { ".safetensors", anf_hub_read_weights },
  { NULL }
};

static void
unmapped_free (gpointer data)
{
  AnfUnmapped *unmapped = data;

  g_free (unmapped->op);
  g_free (unmapped->name);
  g_free (unmapped->reason);
  g_free (unmapped);
}

void
anf_import_note (AnfImport *self, const char *op, const char *name, const char *format, ...)
{
  AnfUnmapped *unmapped = g_new0 (AnfUnmapped, 1);
  va_list args;

  va_start (args, format);
  unmapped->reason = g_strdup_vprintf (format, args);
  va_end (args);
  unmapped->op = g_strdup (op);
  unmapped->name = g_strdup (name);
  g_ptr_array_add (self->unmapped, unmapped);
}

/* A folder may be written with a slash behind it. */
static AnfImportRead
reader_of (const char *path)
{
  g_autofree char *base = path != NULL ? g_path_get_basename (path) : g_strdup ("");
  g_autofree char *config = path != NULL ? g_build_filename (path, "config.json", NULL) : NULL;
  g_autofree char *modules = path != NULL ? g_build_filename (path, "modules.json", NULL) : NULL;

  if (path != NULL && (g_file_test (config, G_FILE_TEST_EXISTS)
                       || g_file_test (modules, G_FILE_TEST_EXISTS)))
    return anf_hub_read_folder;
  for (guint i = 0; formats[i].read != NULL; i++)
    if (g_str_has_suffix (base, formats[i].suffix))
      return formats[i].read;
  return NULL;
}

gboolean
anf_import_knows (const char *path)
{
  return reader_of (path) != NULL;
}

/* The editor arranges anew when it is asked to. */
AnfGraph *
anf_import_arrange (AnfGraph *graph, GError **error)
{
  const double left = 40, top = 80, wide = 220, high = 120;
  g_autoptr(GHashTable) column = g_hash_table_new (NULL, NULL);
  g_autoptr(GArray) filled = g_array_new (FALSE, TRUE, sizeof (guint));
  AnfGraphBuilder *builder = anf_graph_builder_new (graph);

  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (graph->nodes, i);
      guint at = 0, *row;

      for (guint k = 0; k < node->n_in; k++)
        if (node->in[k].node != 0)
          at = MAX (at, 1 + GPOINTER_TO_UINT (g_hash_table_lookup (
                              column, GSIZE_TO_POINTER (node->in[k].node))));
      g_hash_table_insert (column, GSIZE_TO_POINTER (node->id), GUINT_TO_POINTER (at));
      if (filled->len <= at)
        g_array_set_size (filled, at + 1);
      row = &g_array_index (filled, guint, at);
      anf_graph_builder_set_position (builder, node->id, left + wide * at, top + high * (*row)++);
    }
  anf_graph_unref (graph);
  return anf_graph_builder_end (builder, error);
}

/* What fp16 has no room for. */
static void
put_on_host (AnfImport *self)
{
  AnfGraph *graph = anf_islands (self->graph, &self->remark);

  if (graph != NULL)
    {
      anf_graph_unref (self->graph);
      self->graph = graph;
    }
}

AnfImport *
anf_import (const char *path, const char *const *shapes, const AnfProgress *progress,
            GError **error)
{
  AnfImportRead read = reader_of (path);
  g_autoptr(AnfImport) self = NULL;
  g_autoptr(GString) known = g_string_new (NULL);

  if (read == NULL)
    {
      for (guint i = 0; formats[i].read != NULL; i++)
        g_string_append_printf (known, " %s", formats[i].suffix);
      anf_bad_file (error, "%s: no model that can be imported; their names end in%s", path,
                    known->str);
      return NULL;
    }
  self = g_new0 (AnfImport, 1);
  self->unmapped = g_ptr_array_new_with_free_func (unmapped_free);
  if (!read (self, path, shapes, progress, error))
    return NULL;
  put_on_host (self);
  if ((self->graph = anf_import_arrange (self->graph, error)) == NULL)
    return NULL;
  return g_steal_pointer (&self);
}

void
anf_import_free (AnfImport *self)
{
  g_clear_pointer (&self->graph, anf_graph_unref);
  g_ptr_array_unref (self->unmapped);
  g_free (self->remark);
  g_free (self);
}

AnfGraph *anf_import_graph      (const AnfImport *self) { return self->graph; }

const char *
anf_import_remark (const AnfImport *self)
{
  return self->remark;
}

guint     anf_import_n_unmapped (const AnfImport *self) { return self->unmapped->len; }

const AnfUnmapped *
anf_import_nth_unmapped (const AnfImport *self, guint i)
{
  return i < self->unmapped->len ? g_ptr_array_index (self->unmapped, i) : NULL;
}

/* ---------------------------------------------------------------- saving */

/* net.anf -> net.safetensors; if that is a file that numbers are being read from, net-2 and so on:
 * the file that was imported, or one that holds other weights of the same document. */
static char *
weights_path (const char *path)
{
  gsize stem = g_str_has_suffix (path, ".anf") ? strlen (path) - strlen (".anf") : strlen (path);
  char *file = g_strdup_printf ("%.*s.safetensors", (int) stem, path);

  for (guint i = 2; anf_tensors_is_open (file); i++)
    {
      g_free (file);
      file = g_strdup_printf ("%.*s-%u.safetensors", (int) stem, path, i);
    }
  return file;
}

/* Of the weights that are in no file yet. */
static AnfTensors *
loose_weights (const AnfGraph *graph)
{
  AnfTensors *tensors = anf_tensors_new ();

  for (guint i = 0; i < graph->weights->len; i++)
    {
      const AnfWeight *weight = g_ptr_array_index (graph->weights, i);

      if (weight->file == NULL && weight->init == NULL && weight->tensor != NULL)
        anf_tensors_add (tensors, weight->name, weight->tensor);
    }
  return tensors;
}

gsize
anf_graph_loose_numbers (const AnfGraph *graph)
{
  g_autoptr(AnfTensors) tensors = loose_weights (graph);
  gsize n = 0;

  for (guint i = 0; i < anf_tensors_n (tensors); i++)
    {
      g_autoptr(AnfTensor) tensor = anf_tensors_get (tensors, anf_tensors_nth_name (tensors, i),
                                                     NULL);

      n += anf_tensor_elements (tensor);
    }
  return n;
}

gboolean
anf_graph_save_with_weights (AnfGraph *graph, const char *path, GError **error)
{
  g_autofree char *file = weights_path (path);
  g_autoptr(AnfTensors) tensors = loose_weights (graph);
  g_autoptr(AnfGraph) bound = NULL;
  AnfGraphBuilder *builder;

  if (anf_tensors_n (tensors) == 0)
    return anf_document_save (graph, path, error);
  if (!anf_safetensors_save (file, tensors, error))
    return FALSE;
  builder = anf_graph_builder_new (graph);
  for (guint i = 0; i < anf_tensors_n (tensors); i++)
    {
      const char *name = anf_tensors_nth_name (tensors, i);
      g_autoptr(AnfWeight) weight = anf_weight_new_file (name, file, name);

      weight->trainable = anf_weight_trainable (anf_graph_find_weight (graph, name));
      anf_graph_builder_put_weight (builder, weight);
    }
  bound = anf_graph_builder_end (builder, error);
  if (bound != NULL && anf_document_save (bound, path, error))
    return TRUE;
  g_unlink (file);
  return FALSE;
}
