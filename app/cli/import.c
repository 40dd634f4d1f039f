/* import.c - `aneforge import`: a model of another program as a document. */
#include "cli.h"

#include "anf-place.h"
#include "blocks.h"

#include <stdio.h>

static void
say_json (StudioCli *self, const AnfImport *import)
{
  const AnfGraph *graph = anf_import_graph (import);
  JsonBuilder *json = studio_json_begin ();
  const AnfUnmapped *unmapped;

  studio_json_int (json, "nodes", anf_graph_n_nodes (graph));
  studio_json_array (json, "unmapped");
  for (guint i = 0; (unmapped = anf_import_nth_unmapped (import, i)) != NULL; i++)
    {
      json_builder_begin_object (json);
      studio_json_text (json, "op", unmapped->op);
      studio_json_text (json, "name", unmapped->name);
      studio_json_text (json, "reason", unmapped->reason);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
  studio_json_array (json, "inputs");
  for (guint i = 0; i < anf_graph_n_nodes (graph); i++)
    {
      const AnfNode *node = anf_graph_nth (graph, i);

      if (anf_op_category (anf_node_op (node)) == ANF_CAT_IO)
        json_builder_add_string_value (json, anf_node_name (node));
    }
  json_builder_end_array (json);
  studio_json_array (json, "outputs");
  for (guint i = 0; i < anf_graph_n_outputs (graph); i++)
    json_builder_add_string_value (json, anf_graph_nth_output (graph, i, NULL));
  json_builder_end_array (json);
  if (anf_import_remark (import) != NULL)
    studio_json_text (json, "remark", anf_import_remark (import));
  studio_json_end (self, json);
}

static void
say_unmapped (StudioCli *self, const AnfImport *import)
{
  const AnfUnmapped *unmapped;

  for (guint i = 0; (unmapped = anf_import_nth_unmapped (import, i)) != NULL; i++)
    studio_cli_warn (self, "%s (%s): %s", unmapped->name, unmapped->op, unmapped->reason);
}

static StudioExit
import_model (StudioCli *self)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfImport) import = NULL;
  g_autoptr(AnfGraph) placed = NULL;
  g_autofree char *nodes = NULL, *weights = NULL;

  import = anf_import (self->file, (const char *const *) self->shapes, studio_cli_progress (),
                       &error);
  studio_cli_progress_end ();
  placed = import != NULL ? studio_blocks_arrange (anf_import_graph (import)) : NULL;
  if (import == NULL
      || !anf_graph_save_with_weights (placed != NULL ? placed : anf_import_graph (import),
                                       self->output, &error))
    return studio_cli_fail (self, NULL, error);

  say_unmapped (self, import);
  nodes = studio_words_many (anf_graph_n_nodes (anf_import_graph (import)), "node");
  weights = studio_words_many (anf_graph_n_weights (anf_import_graph (import)), "weight");
  if (self->json)
    say_json (self, import);
  else
    printf ("Written: %s (%s, %s)\n", self->output, nodes, weights);
  if (!self->json && anf_import_remark (import) != NULL)
    printf ("%s.\n", anf_import_remark (import));
  return anf_import_n_unmapped (import) > 0 ? STUDIO_EXIT_REFUSED : STUDIO_EXIT_OK;
}

const StudioCommand studio_command_import = {
  .name = "import", .arguments = "MODEL -o FILE.anf",
  .summary = "Read a model of another program.",
  .details = "Weights are written as safetensors beside the document. An operator that cannot be\n"
             "mapped stays as a placeholder and is told of; the exit code is 3 then.",
  .options = STUDIO_OPTION_OUTPUT | STUDIO_OPTION_SHAPE | STUDIO_OPTION_JSON,
  .run = import_model,
};
