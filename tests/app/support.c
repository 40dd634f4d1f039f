/* support.c - a scratch folder, and waiting without guessing how long. */
#include "support.h"

#include <glib/gstdio.h>

#define LIMIT_S 60

AnfGraph *
test_with_relu (AnfGraph *graph)
{
  AnfGraphBuilder *builder = anf_graph_builder_new (graph);
  AnfGraph *edited;

  anf_graph_builder_add (builder, anf_op_lookup ("relu"));
  edited = anf_graph_builder_end (builder, NULL);
  g_assert_nonnull (edited);
  return edited;
}

char *
test_copy_example (const char *name)
{
  const char *folder = g_getenv ("STUDIO_EXAMPLES");
  g_autofree char *scratch = g_dir_make_tmp ("aneforge-test-XXXXXX", NULL);
  g_autoptr(GDir) dir = NULL;
  const char *file;

  g_assert_nonnull (folder);
  dir = g_dir_open (folder, 0, NULL);
  g_assert_nonnull (dir);
  while ((file = g_dir_read_name (dir)) != NULL)
    if (g_str_equal (file, name) || !g_str_has_suffix (file, ".anf"))
      {
        g_autofree char *from = g_build_filename (folder, file, NULL);
        g_autofree char *to = g_build_filename (scratch, file, NULL);
        g_autofree char *data = NULL;
        g_autoptr(GError) error = NULL;
        gsize length;

        if (!g_file_test (from, G_FILE_TEST_IS_REGULAR))
          continue;
        g_assert_true (g_file_get_contents (from, &data, &length, &error));
        g_assert_true (g_file_set_contents (to, data, length, &error));
      }
  return g_build_filename (scratch, name, NULL);
}

static gboolean
on_limit (gpointer data)
{
  g_error ("what the test waits for did not happen within %d s", LIMIT_S);
  return G_SOURCE_REMOVE;
}

void
test_wait (gboolean (*done) (gpointer data), gpointer data)
{
  guint limit = g_timeout_add_seconds (LIMIT_S, on_limit, NULL);

  while (!done (data))
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (limit);
}

static gboolean
on_tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static gboolean
is_gone (gpointer gone)
{
  return g_atomic_pointer_get ((gpointer *) gone) == NULL;
}

void
test_wait_gone (gpointer *gone)
{
  guint tick = g_timeout_add (10, on_tick, NULL);

  test_wait (is_gone, gone);
  g_source_remove (tick);
}

void
test_settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

void
test_own_folders (void)
{
  g_autofree char *scratch = g_dir_make_tmp ("aneforge-home-XXXXXX", NULL);

  g_assert_nonnull (scratch);
  g_setenv ("XDG_STATE_HOME", scratch, TRUE);
  g_setenv ("XDG_DATA_HOME", scratch, TRUE);
  g_setenv ("XDG_CONFIG_HOME", scratch, TRUE);
  g_setenv ("XDG_CACHE_HOME", scratch, TRUE);
}
