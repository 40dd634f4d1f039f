/* mlpackage-read.c - opens a Core ML package: what its manifest names, and nothing outside it. */
#include "io/core-ml.h"
#include "io/file.h"
#include "io/json.h"
#include "io/mil-read.h"

#define MANIFEST "Manifest.json"

typedef struct
{
  const char *path;                /* of the package */
  char       *folder;              /* of the model in it, "Data/com.apple.CoreML" */
  GHashTable *files;               /* name -> GBytes */
} Package;

/* No way up and no links. */
static gboolean
is_inside (const char *root, const char *name)
{
  g_auto(GStrv) parts = g_strsplit (name, "/", -1);
  g_autofree char *path = g_strdup (root);

  for (guint i = 0; parts[i] != NULL; i++)
    {
      g_autofree char *next = g_build_filename (path, parts[i], NULL);

      if (parts[i][0] == '\0' || g_str_equal (parts[i], ".") || g_str_equal (parts[i], "..")
          || g_file_test (next, G_FILE_TEST_IS_SYMLINK))
        return FALSE;
      g_free (path);
      path = g_steal_pointer (&next);
    }
  return parts[0] != NULL;
}

/* (transfer full); the error says which file. */
static GBytes *
map (const Package *self, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (self->path, name, NULL);
  GBytes *bytes;

  if (!is_inside (self->path, name))
    {
      anf_bad_file (error, "%s: is no file inside the package", name);
      return NULL;
    }
  if ((bytes = anf_file_map (path, error)) == NULL)
    anf_bad_file_in (error, "%s", name);
  return bytes;
}

static GBytes *
open_weights (const char *name, gpointer data, GError **error)
{
  Package *self = data;
  g_autofree char *inner = g_build_filename (self->folder, name, NULL);
  GBytes *bytes = g_hash_table_lookup (self->files, name);

  if (bytes == NULL && (bytes = map (self, inner, error)) != NULL)
    g_hash_table_insert (self->files, g_strdup (name), bytes);
  return bytes;
}

static JsonNode *
member (JsonNode *node, const char *key)
{
  JsonObject *object = node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node)
                                                                     : NULL;

  return object != NULL && json_object_has_member (object, key)
         ? json_object_get_member (object, key) : NULL;
}

static const char *
word (JsonNode *node)
{
  return node != NULL && anf_json_is_string (node) ? json_node_get_string (node) : NULL;
}

/* The path of the model below Data. (transfer full) */
static char *
find_model (const Package *self, GError **error)
{
  g_autoptr(GBytes) bytes = map (self, MANIFEST, error);
  g_autoptr(JsonNode) root = NULL;
  const char *text, *id, *path, *version;
  gsize size;

  if (bytes == NULL)
    return NULL;
  text = g_bytes_get_data (bytes, &size);
  if ((root = anf_json_parse (size > 0 ? text : "", size, error)) == NULL)
    {
      anf_bad_file_in (error, MANIFEST);
      return NULL;
    }
  version = word (member (root, "fileFormatVersion"));
  if (version != NULL && !g_str_has_prefix (version, "1."))
    {
      anf_bad_file (error, MANIFEST ": version %s of the format is not known", version);
      return NULL;
    }
  id = word (member (root, "rootModelIdentifier"));
  path = id != NULL ? word (member (member (member (root, "itemInfoEntries"), id), "path")) : NULL;
  if (path != NULL)
    return g_build_filename ("Data", path, NULL);
  anf_bad_file (error, MANIFEST ": it does not say where the model is");
  return NULL;
}

static gboolean
read_package (AnfImport *self, Package *package, GError **error)
{
  g_autofree char *name = find_model (package, error), *title = NULL;
  g_autoptr(GBytes) bytes = name != NULL ? map (package, name, error) : NULL;
  g_autoptr(AnfMilProgram) program = NULL;

  if (bytes == NULL)
    return FALSE;
  package->folder = g_path_get_dirname (name);
  program = anf_core_ml_unpack (bytes, open_weights, package, &title, error);
  if (program != NULL && anf_mil_to_graph (self, program, title, error))
    return TRUE;
  return anf_bad_file_in (error, "%s", name);
}

gboolean
anf_import_mlpackage (AnfImport *self, const char *path, const char *const *shapes,
                      const AnfProgress *progress, GError **error)
{
  g_autofree char *folder = g_str_has_suffix (path, G_DIR_SEPARATOR_S MANIFEST)
                            ? g_path_get_dirname (path) : g_strdup (path);
  Package package = { folder, NULL, g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                                         (GDestroyNotify) g_bytes_unref) };
  gboolean ok = read_package (self, &package, error);

  g_free (package.folder);
  g_hash_table_unref (package.files);
  return ok || anf_bad_file_in (error, "%s", path);
}
