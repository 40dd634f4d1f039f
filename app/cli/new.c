/* new.c - `aneforge new`: a network that is known by name as a document, its weights drawn. */
#include "cli.h"

#include <stdio.h>

static StudioExit
make (StudioCli *self)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfGraph) graph = anf_template_build (self->file, &error);
  g_autofree char *nodes = NULL;
  JsonBuilder *json;

  if (graph == NULL || !anf_graph_save_with_weights (graph, self->output, &error))
    return studio_cli_fail (self, NULL, error);
  nodes = studio_words_many (anf_graph_n_nodes (graph), "node");
  if (!self->json)
    {
      printf ("Written: %s (%s, %s; weights are drawn)\n", self->output, anf_graph_title (graph),
              nodes);
      return STUDIO_EXIT_OK;
    }
  json = studio_json_begin ();
  studio_json_text (json, "title", anf_graph_title (graph));
  studio_json_int (json, "nodes", anf_graph_n_nodes (graph));
  studio_json_end (self, json);
  return STUDIO_EXIT_OK;
}

const StudioCommand studio_command_new = {
  .name = "new", .arguments = "TEMPLATE -o FILE.anf",
  .summary = "Write down a network that is known by name.",
  .details = "Templates: resnet18 resnet34 resnet50 resnet101 vit-b-16 gpt2. Their weights are\n"
             "drawn; import reads trained ones under the same names of tensors.",
  .options = STUDIO_OPTION_OUTPUT | STUDIO_OPTION_JSON,
  .run = make,
};
