/* mlpackage.c - a program as a Core ML package: a folder of manifest, model and weights. */
#include "io/core-ml.h"

#include "io/file.h"
#include "io/folder.h"
#include "io/json.h"
#include "io/mil-file.h"

#include <string.h>

#define MANIFEST "Manifest.json"
#define MODEL    "com.apple.CoreML/model.mlmodel"
#define WEIGHTS  "com.apple.CoreML/weights"

/* Any word that is unique will do; derived from the contents, the same model is the same files. */
static char *
item_id (const char *path, const char *digest)
{
  g_autofree char *text = g_strconcat (path, ":", digest, NULL);
  g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);

  return g_strdup_printf ("%.8s-%.4s-%.4s-%.4s-%.12s", sum, sum + 8, sum + 12, sum + 16, sum + 20);
}

static char *
add_item (JsonObject *entries, const char *path, const char *description, const char *digest)
{
  char *id = item_id (path, digest);
  JsonObject *item = json_object_new ();

  json_object_set_string_member (item, "author", "com.apple.CoreML");
  json_object_set_string_member (item, "description", description);
  json_object_set_string_member (item, "name", strrchr (path, '/') + 1);
  json_object_set_string_member (item, "path", path);
  json_object_set_object_member (entries, id, item);
  return id;
}

static gboolean
save_manifest (AnfFolder *folder, GBytes *model, gboolean has_weights, GError **error)
{
  g_autofree char *digest = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, model);
  JsonObject *manifest = json_object_new (), *entries = json_object_new ();
  g_autoptr(JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *id = NULL, *text = NULL;

  json_node_take_object (root, manifest);
  json_object_set_string_member (manifest, "fileFormatVersion", "1.0.0");
  json_object_set_object_member (manifest, "itemInfoEntries", entries);
  id = add_item (entries, MODEL, "CoreML Model Specification", digest);
  if (has_weights)
    g_free (add_item (entries, WEIGHTS, "CoreML Model Weights", digest));
  json_object_set_string_member (manifest, "rootModelIdentifier", id);
  text = anf_json_print (root);
  return anf_folder_put (folder, MANIFEST, text, strlen (text), error);
}

static gboolean
save_all (AnfFolder *folder, GBytes *model, const AnfMilBlob *blob, GError **error)
{
  g_autofree char *weights = NULL;
  gsize size;
  const char *data = g_bytes_get_data (model, &size);

  if (anf_mil_blob_n (blob) > 0
      && ((weights = anf_folder_path (folder, "Data/" WEIGHTS "/weight.bin", error)) == NULL
          || !anf_blob_save (blob, weights, error)))
    return FALSE;
  return anf_folder_put (folder, "Data/" MODEL, data, size, error)
         && save_manifest (folder, model, weights != NULL, error);
}

/* Any package is replaced, whoever wrote it. */
static gboolean
is_package (const char *path)
{
  return anf_folder_has_manifest (path, MANIFEST, "fileFormatVersion", "itemInfoEntries");
}

gboolean
anf_mlpackage_save (const AnfProgram *program, const char *path, GError **error)
{
  const AnfPlan *plan = anf_program_plan (program);
  g_autoptr(AnfValueNames) names = NULL;
  g_autoptr(AnfMilProgram) mil = NULL;
  g_autoptr(AnfMilBlob) blob = anf_mil_blob_new ();
  g_autoptr(GBytes) model = NULL;
  g_autoptr(AnfFolder) folder = NULL;

  if (anf_program_options (program)->numerics == ANF_NUMERICS_FP32)
    {
      g_set_error (error, ANF_ERROR, ANF_ERROR_COMPILE,
                   "The fp32 profile is no program for the engine; compile under \"ane\"");
      return FALSE;
    }
  names = anf_value_names_new (plan->report->graph);
  mil = anf_mil_build_whole (plan, anf_program_weights (program), names, error);
  if (mil == NULL)
    return FALSE;
  model = anf_core_ml_pack (mil, anf_graph_title (anf_program_graph (program)), blob);
  if ((folder = anf_folder_new (path, is_package, error)) == NULL
      || !save_all (folder, model, blob, error))
    return FALSE;
  return anf_folder_end (g_steal_pointer (&folder), error);
}
