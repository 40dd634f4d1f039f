/* test-watchdog.c - with a large model open nothing keeps the main thread busy for long.
 *
 * What is measured is the processor's time of the main thread, not the clock on the wall: it is the
 * same on a machine that is busy with other things. */
#include "application.h"
#include "support.h"
#include "tabs.h"

#include <time.h>

#define NODES 2000

/* The sanitized build takes several times as long for the same work. */
#ifdef __SANITIZE_ADDRESS__
# define SLOWER 5
#else
# define SLOWER 1
#endif
#define MOST_MS (100.0 * SLOWER)

static GtkApplication *application;
static double          longest;
static const char     *doing;

static double
thread_ms (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

/* One turn of the main loop: until it is over no key and no click is answered. */
static void
turn (void)
{
  double begin = thread_ms (), took;

  g_main_context_iteration (NULL, TRUE);
  took = thread_ms () - begin;
  if (took > longest)
    {
      longest = took;
      g_test_message ("%.1f ms while %s", took, doing);
    }
}

static void
turn_while (gboolean (*go_on) (gpointer data), gpointer data, guint at_least)
{
  gint64 until = g_get_monotonic_time () + 120 * G_USEC_PER_SEC;

  for (guint i = 0; i < at_least || go_on (data); i++)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, until);
      turn ();
    }
}

static gboolean
is_at_work (gpointer workspace)
{
  return studio_workspace_get_document (workspace) == NULL
         || !studio_checker_get_idle (studio_workspace_get_checker (workspace));
}

static gboolean
tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* A chain of products and activations, some of it encoded. */
static char *
write_document (void)
{
  g_autoptr(GString) text = g_string_new ("{ \"aneforge\": 1, \"title\": \"Large\", \"nodes\": ["
    " { \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [1, 32] } }");
  g_autofree char *folder = g_dir_make_tmp ("watchdog-XXXXXX", NULL);
  char *path = g_build_filename (folder, "large.anf", NULL);
  g_autofree char *last = g_strdup ("x");

  for (guint i = 2; i <= NODES; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u", i);

      if (i % 10 == 0)
        g_string_append_printf (text, ", { \"id\": %u, \"op\": \"linear\", \"name\": \"%s\","
                                " \"in\": { \"x\": \"%s\" },"
                                " \"weights\": { \"weight\": \"w%u\" } }",
                                i, name, last, i % 50);
      else
        g_string_append_printf (text, ", { \"id\": %u, \"op\": \"%s\", \"name\": \"%s\","
                                " \"in\": { \"x\": \"%s\" } }", i, i % 3 == 0 ? "tanh" : "relu",
                                name, last);
      g_free (last);
      last = g_steal_pointer (&name);
    }
  g_string_append_printf (text, "], \"outputs\": { \"y\": \"%s\" }, \"weights\": {", last);
  for (guint i = 0; i < 50; i += 10)
    g_string_append_printf (text, "%s \"w%u\": { \"shape\": [32, 32], \"init\": \"he\","
                            " \"seed\": %u }", i > 0 ? "," : "", i, i);
  g_string_append (text, "}, \"compile\": { \"target\": \"h16s\", \"compress\": \"int8\" } }");
  g_assert_true (g_file_set_contents (path, text->str, text->len, NULL));
  return path;
}

static void
do_action (StudioWorkspace *workspace, const char *name)
{
  doing = name;
  g_action_group_activate_action
    (G_ACTION_GROUP (gtk_widget_get_root (GTK_WIDGET (studio_workspace_get_sheet (workspace)))),
     name, NULL);
  turn_while (is_at_work, workspace, 50);
}

static void
test_nothing_keeps_the_main_thread (void)
{
  static const char *const pages[] = { "compress", "chips", "profile", "accuracy", "build" };
  g_autofree char *path = write_document ();
  StudioWindow *window = studio_tabs_window_new (application, NULL);
  StudioWorkspace *workspace;
  g_autoptr(AnfGraph) edited = NULL;
  guint source = g_timeout_add (10, tick, NULL);

  gtk_window_present (GTK_WINDOW (window));
  workspace = studio_tabs_find_free (window);
  studio_workspace_open (workspace, path);
  doing = "opening";
  turn_while (is_at_work, workspace, 50);
  longest = 0;                     /* what counts is a model that is open */

  edited = test_with_relu (studio_document_get_graph (studio_workspace_get_document (workspace)));
  doing = "editing";
  g_signal_emit_by_name (studio_workspace_get_sheet (workspace), "edit", edited, "Add", NULL);
  turn_while (is_at_work, workspace, 50);
  do_action (workspace, "undo");
  do_action (workspace, "redo");
  for (guint i = 0; i < G_N_ELEMENTS (pages); i++)
    {
      doing = pages[i];
      studio_sheet_set_workspace (studio_workspace_get_sheet (workspace), pages[i]);
      turn_while (is_at_work, workspace, 100);
    }
  g_source_remove (source);
  gtk_window_destroy (GTK_WINDOW (window));
  test_settle ();
  g_test_message ("longest: %.1f ms of at most %.0f", longest, MOST_MS);
  g_assert_cmpfloat (longest, <, MOST_MS);
}

int
main (int argc, char **argv)
{
  g_autoptr(GError) error = NULL;
  int status;

  gtk_test_init (&argc, &argv, NULL);
  application = studio_application_new ();
  g_application_set_flags (G_APPLICATION (application), G_APPLICATION_NON_UNIQUE);
  g_application_register (G_APPLICATION (application), NULL, &error);
  g_assert_no_error (error);
  g_test_add_func ("/watchdog/turns", test_nothing_keeps_the_main_thread);
  status = g_test_run ();
  test_settle ();
  g_object_unref (application);
  return status;
}
