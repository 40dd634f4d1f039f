/* settings.c - finds the settings' schema and the examples, installed or in a build folder. */
#include "settings.h"

#define SCHEMA "io.github.aneforge.Studio"

/* How far above the program the folder `resources` of a checkout or a build may be. */
#define LEVELS 4

static char *
program_folder (void)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);

  return program != NULL ? g_path_get_dirname (program) : g_strdup (".");
}

/* The nearest FOLDER/@name that holds @file, FOLDER being above the program (transfer full). */
static char *
find_above (const char *name, const char *file)
{
  g_autofree char *folder = program_folder ();

  for (guint i = 0; i < LEVELS; i++)
    {
      g_autofree char *found = g_build_filename (folder, name, NULL);
      g_autofree char *inside = g_build_filename (found, file, NULL);
      char *parent;

      if (g_file_test (inside, G_FILE_TEST_EXISTS))
        return g_steal_pointer (&found);
      parent = g_path_get_dirname (folder);
      g_free (folder);
      folder = parent;
    }
  return NULL;
}

GSettings *
studio_gsettings_new (void)
{
  GSettingsSchemaSource *source = g_settings_schema_source_get_default ();
  g_autoptr(GSettingsSchema) schema = NULL;
  g_autoptr(GSettingsSchemaSource) beside = NULL;
  g_autofree char *folder = NULL;

  if (source != NULL)
    schema = g_settings_schema_source_lookup (source, SCHEMA, TRUE);
  if (schema == NULL && (folder = find_above ("resources", "gschemas.compiled")) != NULL)
    {
      beside = g_settings_schema_source_new_from_directory (folder, source, FALSE, NULL);
      if (beside != NULL)
        schema = g_settings_schema_source_lookup (beside, SCHEMA, FALSE);
    }
  return schema != NULL ? g_settings_new_full (schema, NULL, NULL) : NULL;
}

char *
studio_examples_folder (void)
{
  if (g_file_test (EXAMPLES, G_FILE_TEST_IS_DIR))
    return g_strdup (EXAMPLES);
  return find_above ("resources/examples", "mnist-cnn.anf");
}
