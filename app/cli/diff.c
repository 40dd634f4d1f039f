/* diff.c - `aneforge diff`: what differs between two documents or bundles. */
#include "cli.h"

#include <stdio.h>

static void
add_names (JsonBuilder *json, const char *name, const AnfDiff *diff, AnfChangeKind kind)
{
  studio_json_array (json, name);
  for (guint i = 0; i < anf_diff_n (diff); i++)
    if (anf_diff_nth (diff, i)->kind == kind)
      json_builder_add_string_value (json, anf_diff_nth (diff, i)->node);
  json_builder_end_array (json);
}

static void
add_value (JsonBuilder *json, const char *name, GVariant *value)
{
  json_builder_set_member_name (json, name);
  if (value != NULL)
    json_builder_add_value (json, json_gvariant_serialize (value));
  else
    json_builder_add_null_value (json);
}

static void
answer (StudioCli *cli, const AnfDiff *diff)
{
  JsonBuilder *json = studio_json_begin ();

  add_names (json, "added", diff, ANF_ADDED);
  add_names (json, "removed", diff, ANF_REMOVED);
  studio_json_array (json, "changed");
  for (guint i = 0; i < anf_diff_n (diff); i++)
    {
      const AnfChange *change = anf_diff_nth (diff, i);

      if (change->kind != ANF_CHANGED)
        continue;
      json_builder_begin_object (json);
      studio_json_text (json, "node", change->node);
      studio_json_text (json, "field", change->field);
      add_value (json, "a", change->a);
      add_value (json, "b", change->b);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
  studio_json_end (cli, json);
}

static void
print (const AnfDiff *diff)
{
  for (guint i = 0; i < anf_diff_n (diff); i++)
    {
      const AnfChange *change = anf_diff_nth (diff, i);
      g_autofree char *a = anf_change_text (change->a), *b = anf_change_text (change->b);

      if (change->kind == ANF_CHANGED)
        printf ("  %s%s%s: %s → %s\n", change->node != NULL ? change->node : "",
                change->node != NULL ? "." : "", change->field, a, b);
      else
        printf ("%c %s\n", change->kind == ANF_ADDED ? '+' : '-', change->node);
    }
  if (anf_diff_n (diff) == 0)
    puts ("No difference.");
}

/* A document or a bundle; NULL after an error. */
static AnfGraph *
load (StudioCli *cli, const char *path, gboolean *packed, StudioExit *code)
{
  g_autofree char *manifest = g_build_filename (path, "manifest.json", NULL);
  g_autoptr(GError) error = NULL;
  gboolean bundle = g_file_test (manifest, G_FILE_TEST_EXISTS);
  AnfGraph *graph = bundle ? anf_bundle_load (path, NULL, &error)
                           : anf_document_load (path, &error);

  *packed = *packed || bundle;
  if (graph == NULL)
    {
      g_free (cli->file);          /* the one that the error is about */
      cli->file = g_strdup (path);
      *code = studio_cli_fail (cli, NULL, error);
    }
  return graph;
}

static StudioExit
run (StudioCli *cli)
{
  StudioExit code = STUDIO_EXIT_OK;
  gboolean packed = FALSE;
  g_autofree char *path = g_strdup (cli->file);
  g_autoptr(AnfGraph) a = load (cli, path, &packed, &code);
  g_autoptr(AnfGraph) b = a != NULL ? load (cli, cli->other, &packed, &code) : NULL;
  g_autoptr(AnfDiff) diff = b != NULL ? anf_diff (a, b, cli->tol, packed) : NULL;

  if (diff == NULL)
    return code;
  if (cli->json)
    answer (cli, diff);
  else
    print (diff);
  return anf_diff_n (diff) == 0 ? STUDIO_EXIT_OK : STUDIO_EXIT_FAILED;
}

const StudioCommand studio_command_diff = {
  .name = "diff",
  .arguments = "A B",
  .summary = "Tell what differs between two documents or bundles.",
  .details = "Nodes are known by their names. Places on the canvas and titles do not count. "
             "--tol is relative: of\nnumbers among the attributes, and of weights as a whole. Exit "
             "status: 1 if they differ.",
  .options = STUDIO_OPTION_TWO | STUDIO_OPTION_JSON,
  .run = run,
};
