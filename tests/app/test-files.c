/* test-files.c - backups, recovery files, and whose they are. */
#include "files.h"
#include "support.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static AnfGraph *
load (const char *path)
{
  g_autoptr(GError) error = NULL;
  AnfGraph *graph = anf_document_load (path, &error);

  g_assert_no_error (error);
  return graph;
}

static void
test_saving_keeps_the_former_version (void)
{
  g_autofree char *path = test_copy_example ("mnist-cnn.anf");
  g_autofree char *backup = g_strconcat (path, "~", NULL);
  g_autofree char *before = NULL;
  g_autofree char *kept = NULL;
  g_autoptr(AnfGraph) graph = load (path);
  g_autoptr(AnfGraph) edited = test_with_relu (graph);
  g_autoptr(AnfGraph) again = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_true (g_file_get_contents (path, &before, NULL, NULL));
  g_assert_true (studio_file_save (edited, path, NULL, &error));
  g_assert_true (g_file_get_contents (backup, &kept, NULL, NULL));
  g_assert_cmpstr (kept, ==, before);
  again = load (path);
  g_assert_cmpuint (anf_graph_n_nodes (again), ==, anf_graph_n_nodes (graph) + 1);
}

static void
test_failed_save_leaves_the_file_alone (void)
{
  g_autofree char *path = test_copy_example ("mnist-cnn.anf");
  g_autofree char *backup = g_strconcat (path, "~", NULL);
  g_autofree char *inside = g_build_filename (backup, "x", NULL);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autoptr(AnfGraph) graph = load (path);
  g_autoptr(AnfGraph) edited = test_with_relu (graph);
  g_autoptr(GError) error = NULL;

  /* A folder in the way of the backup; root could write past mere permissions. */
  g_assert_cmpint (g_mkdir (backup, 0700), ==, 0);
  g_assert_true (g_file_set_contents (inside, "x", 1, NULL));
  g_assert_true (g_file_get_contents (path, &before, NULL, NULL));
  g_assert_false (studio_file_save (edited, path, NULL, &error));
  g_assert_nonnull (error);
  g_assert_true (g_file_get_contents (path, &after, NULL, NULL));
  g_assert_cmpstr (after, ==, before);
}

static void
test_recovery_brings_everything_back (void)
{
  g_autofree char *path = test_copy_example ("mnist-cnn.anf");
  g_autoptr(AnfGraph) graph = load (path);
  g_autoptr(AnfGraph) edited = test_with_relu (graph);
  g_autoptr(StudioRecovery) recovery = studio_recovery_new ();
  g_autoptr(AnfGraph) again = NULL;
  g_autofree char *origin = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_nonnull (recovery);
  g_assert_true (studio_recovery_save (edited, studio_recovery_path (recovery), path, &error));
  again = studio_recovery_load (studio_recovery_path (recovery), &error);
  g_assert_no_error (error);
  origin = studio_recovery_origin (studio_recovery_path (recovery));
  g_assert_cmpstr (origin, ==, path);
  g_assert_cmpstr (anf_graph_hash (again), ==, anf_graph_hash (edited));
  /* The hash covers the weights' numbers only if their file was found again. */
  g_assert_nonnull (anf_weight_tensor (anf_graph_nth_weight (again, 0)));
  studio_recovery_clear (recovery);
  g_assert_false (g_file_test (studio_recovery_path (recovery), G_FILE_TEST_EXISTS));
}

static void
test_odd_names_survive (void)
{
  g_autoptr(AnfGraph) graph = anf_graph_builder_end (anf_graph_builder_new (NULL), NULL);
  g_autoptr(StudioRecovery) recovery = studio_recovery_new ();
  g_autofree char *origin = NULL;
  const char *odd = "/tmp/a\nb \"c\" \\ \xc3\xa4 \xff.anf";

  g_assert_true (studio_recovery_save (graph, studio_recovery_path (recovery), odd, NULL));
  origin = studio_recovery_origin (studio_recovery_path (recovery));
  g_assert_cmpstr (origin, ==, odd);
  studio_recovery_clear (recovery);
}

static void
test_damaged_recovery_file_is_an_error (void)
{
  g_autoptr(StudioRecovery) recovery = studio_recovery_new ();
  g_autoptr(GError) error = NULL;

  g_assert_true (g_file_set_contents (studio_recovery_path (recovery), "aneforge-recovery 1\n\n",
                                      -1, NULL));
  g_assert_null (studio_recovery_load (studio_recovery_path (recovery), &error));
  g_assert_error (error, ANF_ERROR, ANF_ERROR_BAD_FILE);
  studio_recovery_clear (recovery);
}

/* A process that dies with a document open leaves it to the next one; a living one does not. */
static void
test_only_a_dead_process_leaves_orphans (void)
{
  g_autoptr(StudioRecovery) mine = studio_recovery_new ();
  g_autoptr(GPtrArray) orphans = NULL;
  g_autoptr(GPtrArray) again = NULL;
  g_autofree char *origin = NULL;
  pid_t child;
  int status;

  g_assert_true (g_file_set_contents (studio_recovery_path (mine), "aneforge-recovery 1\n\n\n", -1,
                                      NULL));
  child = fork ();
  if (child == 0)
    {
      StudioRecovery *its = studio_recovery_new ();

      g_file_set_contents (studio_recovery_path (its), "aneforge-recovery 1\n/lost.anf\n\n{}", -1,
                           NULL);
      _exit (0);
    }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);

  orphans = studio_recovery_orphans ();
  g_assert_cmpuint (orphans->len, ==, 1);
  origin = studio_recovery_origin (studio_recovery_path (orphans->pdata[0]));
  g_assert_cmpstr (origin, ==, "/lost.anf");

  /* Taken, so nobody else gets it. */
  again = studio_recovery_orphans ();
  g_assert_cmpuint (again->len, ==, 0);
  studio_recovery_clear (orphans->pdata[0]);
  studio_recovery_clear (mine);
}

int
main (int argc, char **argv)
{
  test_own_folders ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/files/saving-keeps-the-former-version", test_saving_keeps_the_former_version);
  g_test_add_func ("/files/failed-save-leaves-the-file-alone",
                   test_failed_save_leaves_the_file_alone);
  g_test_add_func ("/files/recovery-brings-everything-back", test_recovery_brings_everything_back);
  g_test_add_func ("/files/odd-names-survive", test_odd_names_survive);
  g_test_add_func ("/files/damaged-recovery-file-is-an-error",
                   test_damaged_recovery_file_is_an_error);
  g_test_add_func ("/files/only-a-dead-process-leaves-orphans",
                   test_only_a_dead_process_leaves_orphans);
  return g_test_run ();
}
