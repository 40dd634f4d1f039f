/* test-workspace.c - open, edit, check, run, undo, close: the whole wiring, without a hand on it.
 * on-screen.sh gives it a display and home folders of its own. */
#include "application.h"
#include "support.h"
#include "tabs.h"

#include <glib/gstdio.h>

/* There is one per process. */
static GtkApplication *application;

static void
start_application (void)
{
  g_autoptr(GError) error = NULL;

  application = studio_application_new ();
  g_application_set_flags (G_APPLICATION (application), G_APPLICATION_NON_UNIQUE);
  g_application_register (G_APPLICATION (application), NULL, &error);
  g_assert_no_error (error);
}

typedef struct { gboolean done; GError *error; } Opened;

static void
on_opened (StudioWorkspace *workspace, const GError *error, Opened *opened)
{
  opened->done = TRUE;
  opened->error = error != NULL ? g_error_copy (error) : NULL;
}

static gboolean
is_done (gpointer opened)
{
  return ((Opened *) opened)->done;
}

static gboolean
is_idle (gpointer workspace)
{
  return studio_checker_get_idle (studio_workspace_get_checker (workspace));
}

static gboolean
is_quiet (gpointer workspace)
{
  return !studio_worker_get_busy (studio_workspace_get_worker (workspace));
}

static GError *
open_and_wait (StudioWorkspace *workspace, const char *path)
{
  Opened opened = { 0 };

  g_signal_connect (workspace, "opened", G_CALLBACK (on_opened), &opened);
  studio_workspace_open (workspace, path);
  test_wait (is_done, &opened);
  g_signal_handlers_disconnect_by_data (workspace, &opened);
  if (opened.error == NULL)
    test_wait (is_idle, workspace);
  return opened.error;
}

static StudioWorkspace *
workspace_new (void)
{
  StudioWindow *window = studio_tabs_window_new (application, NULL);

  gtk_window_present (GTK_WINDOW (window));
  return studio_tabs_find_free (window);
}

static StudioWorkspace *
workspace_with (const char *path)
{
  StudioWorkspace *workspace = workspace_new ();

  g_assert_no_error (open_and_wait (workspace, path));
  return workspace;
}

static AnfGraph *
graph_of (StudioWorkspace *workspace)
{
  return studio_document_get_graph (studio_workspace_get_document (workspace));
}

/* As a widget would: by the sheet's signal. */
static void
edit (StudioWorkspace *workspace, AnfGraph *graph, const char *label)
{
  g_signal_emit_by_name (studio_workspace_get_sheet (workspace), "edit", graph, label, NULL);
}

static AnfGraph *
with_encoding (AnfGraph *graph, const char *node, AnfEncoding encoding)
{
  AnfGraphBuilder *builder = anf_graph_builder_new (graph);

  anf_graph_builder_set_encoding (builder, anf_node_id (anf_graph_find_name (graph, node)),
                                  "weight", encoding);
  return anf_graph_builder_end (builder, NULL);
}

/* Of the window: those of the sheet in front are there. */
static GActionGroup *
actions_of (StudioWorkspace *workspace)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (studio_workspace_get_sheet (workspace)));

  return G_ACTION_GROUP (root);
}

static void
act (StudioWorkspace *workspace, const char *action)
{
  g_action_group_activate_action (actions_of (workspace), action, NULL);
}

static gboolean
enabled (StudioWorkspace *workspace, const char *action)
{
  return g_action_group_get_action_enabled (actions_of (workspace), action);
}

static gboolean
stale (StudioWorkspace *workspace)
{
  gboolean is_stale;

  g_object_get (studio_workspace_get_sheet (workspace), "stale", &is_stale, NULL);
  return is_stale;
}

static void
close_and_check (StudioWorkspace *workspace)
{
  gpointer gone = workspace;

  g_object_add_weak_pointer (G_OBJECT (workspace), &gone);
  gtk_window_destroy (GTK_WINDOW (actions_of (workspace)));
  test_wait_gone (&gone);
}

static void
test_open_edit_check_run_undo (void)
{
  g_autofree char *path = test_copy_example ("mnist-cnn.anf");
  StudioWorkspace *workspace = workspace_with (path);
  StudioSheet *sheet = studio_workspace_get_sheet (workspace);
  g_autoptr(AnfGraph) edited = with_encoding (graph_of (workspace), "fc1", ANF_INT4);
  StudioChecker *checker;
  AnfProfile *shown = NULL;

  g_assert_cmpint (studio_sheet_get_page (sheet), ==, STUDIO_PAGE_DOCUMENT);
  g_assert_false (enabled (workspace, "undo"));
  edit (workspace, edited, "Change the encoding");
  g_assert_true (graph_of (workspace) == edited);
  g_assert_true (enabled (workspace, "undo"));
  test_wait (is_idle, workspace);
  checker = studio_workspace_get_checker (workspace);
  g_assert_true (anf_report_graph (studio_checker_get_report (checker)) == edited);

  act (workspace, "run");
  g_assert_false (enabled (workspace, "run"));
  g_assert_true (enabled (workspace, "stop"));
  test_wait (is_quiet, workspace);
  g_assert_true (enabled (workspace, "run"));
  g_object_get (sheet, "profile", &shown, NULL);
  g_assert_true (anf_program_graph (anf_profile_program (shown)) == edited);
  anf_profile_unref (shown);
  g_assert_false (stale (workspace));

  /* Results are of one state of the document, and known as such wherever undo goes. */
  act (workspace, "undo");
  g_assert_true (stale (workspace));
  g_assert_true (studio_banner_get_shown (studio_sheet_get_bar (sheet, STUDIO_BAR_STALE)));
  act (workspace, "redo");
  g_assert_false (stale (workspace));
  g_assert_false (studio_banner_get_shown (studio_sheet_get_bar (sheet, STUDIO_BAR_STALE)));
  close_and_check (workspace);
}

static void
test_moving_a_node_makes_nothing_stale (void)
{
  g_autofree char *path = test_copy_example ("mnist-cnn.anf");
  StudioWorkspace *workspace = workspace_with (path);
  AnfGraphBuilder *builder;
  g_autoptr(AnfGraph) moved = NULL;

  act (workspace, "run");
  test_wait (is_quiet, workspace);
  builder = anf_graph_builder_new (graph_of (workspace));
  anf_graph_builder_set_position (builder, anf_node_id (anf_graph_nth (graph_of (workspace), 0)),
                                  1, 2);
  moved = anf_graph_builder_end (builder, NULL);
  edit (workspace, moved, "Move");
  g_assert_false (stale (workspace));
  close_and_check (workspace);
}

static void
test_selection_forgets_nodes_that_are_gone (void)
{
  g_autofree char *path = test_copy_example ("mnist-cnn.anf");
  StudioWorkspace *workspace = workspace_with (path);
  StudioSheet *sheet = studio_workspace_get_sheet (workspace);
  AnfId kept = anf_node_id (anf_graph_find_name (graph_of (workspace), "c1"));
  AnfId gone = anf_node_id (anf_graph_find_name (graph_of (workspace), "r1"));
  g_autoptr(GArray) selection = g_array_new (FALSE, FALSE, sizeof (AnfId));
  g_autoptr(GArray) left = NULL;
  AnfGraphBuilder *builder = anf_graph_builder_new (graph_of (workspace));
  g_autoptr(AnfGraph) edited = NULL;

  g_array_append_val (selection, kept);
  g_array_append_val (selection, gone);
  g_object_set (sheet, "selection", selection, NULL);
  anf_graph_builder_remove (builder, gone);
  edited = anf_graph_builder_end (builder, NULL);
  edit (workspace, edited, "Delete");
  g_object_get (sheet, "selection", &left, NULL);
  g_assert_cmpuint (left->len, ==, 1);
  g_assert_cmpuint (g_array_index (left, AnfId, 0), ==, kept);
  test_wait (is_idle, workspace);
  close_and_check (workspace);
}

static gboolean
is_saved (gpointer workspace)
{
  return !studio_document_get_modified (studio_workspace_get_document (workspace));
}

static void
test_save_writes_what_is_shown (void)
{
  g_autofree char *path = test_copy_example ("mnist-cnn.anf");
  StudioWorkspace *workspace = workspace_with (path);
  g_autoptr(AnfGraph) edited = with_encoding (graph_of (workspace), "fc1", ANF_INT4);
  g_autoptr(AnfGraph) again = NULL;
  AnfEncoding encoding = ANF_FP16;

  edit (workspace, edited, "Change the encoding");
  act (workspace, "save");
  test_wait (is_saved, workspace);
  again = anf_document_load (path, NULL);
  g_assert_nonnull (again);
  g_assert_true (anf_node_encoding (anf_graph_find_name (again, "fc1"), "weight", &encoding));
  g_assert_cmpint (encoding, ==, ANF_INT4);
  g_assert_cmpstr (anf_graph_hash (again), ==, anf_graph_hash (edited));
  close_and_check (workspace);
}

static gboolean
file_bar_is_shown (gpointer workspace)
{
  StudioSheet *sheet = studio_workspace_get_sheet (workspace);

  return studio_banner_get_shown (studio_sheet_get_bar (sheet, STUDIO_BAR_FILE));
}

static gboolean
has_thirteen_nodes (gpointer workspace)
{
  return anf_graph_n_nodes (graph_of (workspace)) == 13;
}

static void
test_change_by_another_program_is_noticed (void)
{
  g_autofree char *path = test_copy_example ("mnist-cnn.anf");
  StudioWorkspace *workspace = workspace_with (path);
  g_autoptr(AnfGraph) other = test_with_relu (graph_of (workspace));
  g_autoptr(GError) error = NULL;

  g_assert_cmpuint (anf_graph_n_nodes (other), ==, 13);
  g_assert_true (anf_document_save (other, path, &error));
  test_wait (file_bar_is_shown, workspace);
  act (workspace, "reload");
  test_wait (has_thirteen_nodes, workspace);
  g_assert_true (is_saved (workspace));
  g_assert_true (enabled (workspace, "undo"));
  close_and_check (workspace);
}

/* Our own writing is no news. */
static void
test_saving_raises_no_alarm (void)
{
  g_autofree char *path = test_copy_example ("mnist-cnn.anf");
  StudioWorkspace *workspace = workspace_with (path);
  g_autoptr(AnfGraph) other = test_with_relu (graph_of (workspace));
  g_autoptr(AnfGraph) third = test_with_relu (other);

  edit (workspace, other, "Add");
  act (workspace, "save");
  test_wait (is_saved, workspace);
  g_assert_false (file_bar_is_shown (workspace));
  /* The monitor speaks after us: another program's change must be the first it speaks of. */
  g_assert_true (anf_document_save (third, path, NULL));
  test_wait (file_bar_is_shown, workspace);
  close_and_check (workspace);
}

static void
test_damaged_document_is_named_and_the_window_stays (void)
{
  g_autofree char *path = test_copy_example ("mnist-cnn.anf");
  StudioWorkspace *workspace = workspace_new ();
  StudioSheet *sheet = studio_workspace_get_sheet (workspace);
  g_autoptr(GError) error = NULL;
  const char *words;

  g_assert_true (g_file_set_contents (path, "{ \"aneforge\": 1, \"nodes\": [ {", -1, NULL));
  error = open_and_wait (workspace, path);
  g_assert_error (error, ANF_ERROR, ANF_ERROR_BAD_FILE);
  words = studio_banner_get_words (studio_sheet_get_bar (sheet, STUDIO_BAR_FILE));
  g_assert_nonnull (strstr (words, "mnist-cnn.anf"));
  g_assert_null (strchr (words, '\n'));
  g_assert_true (studio_workspace_is_free (workspace));
  g_assert_cmpint (studio_sheet_get_page (sheet), ==, STUDIO_PAGE_START);
  close_and_check (workspace);
}

static void
test_missing_weights_are_findings (void)
{
  g_autofree char *path = test_copy_example ("mnist-cnn.anf");
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *weights = g_build_filename (folder, "mnist-cnn.safetensors", NULL);
  StudioWorkspace *workspace;
  AnfReport *report;
  guint named = 0;

  g_assert_cmpint (g_unlink (weights), ==, 0);
  workspace = workspace_with (path);
  report = studio_checker_get_report (studio_workspace_get_checker (workspace));
  g_assert_false (anf_report_ok (report));
  for (guint i = 0; i < anf_report_n_findings (report); i++)
    named += strstr (anf_report_nth_finding (report, i)->message, "mnist-cnn.safetensors") != NULL;
  /* Four nodes with a weight and a bias each. */
  g_assert_cmpuint (named, >=, 4);
  g_assert_cmpuint (anf_graph_n_nodes (graph_of (workspace)), ==, 12);
  close_and_check (workspace);
}

static guint
n_recovery_files (void)
{
  g_autofree char *folder = g_build_filename (g_get_user_state_dir (), "aneforge-studio",
                                              "recovery", NULL);
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  guint n = 0;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    n += g_str_has_suffix (name, ".anf");
  return n;
}

static gboolean
has_recovery_file (gpointer data)
{
  return n_recovery_files () > 0;
}

static gboolean
has_no_recovery_file (gpointer data)
{
  return n_recovery_files () == 0;
}

static void
test_edit_is_in_a_recovery_file_until_it_is_undone (void)
{
  g_autofree char *path = test_copy_example ("mnist-cnn.anf");
  StudioWorkspace *workspace = workspace_with (path);
  g_autoptr(AnfGraph) edited = test_with_relu (graph_of (workspace));
  gint64 begin = g_get_monotonic_time ();

  g_assert_cmpuint (n_recovery_files (), ==, 0);
  edit (workspace, edited, "Add");
  test_wait (has_recovery_file, NULL);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 5 * G_USEC_PER_SEC);
  act (workspace, "undo");
  test_wait (has_no_recovery_file, NULL);
  close_and_check (workspace);
}

static void
test_closing_a_window_at_work_is_clean (void)
{
  g_autofree char *path = test_copy_example ("encoder-block.anf");
  StudioWorkspace *workspace = workspace_with (path);

  act (workspace, "run");
  close_and_check (workspace);
}

static void
test_model_opens_as_a_document_without_a_file (void)
{
  static const char program[] =
    "program(1.3)\n[buildInfo = dict<string, string>({{\"a\", \"b\"}})]\n{\n"
    "func main<ios18>(tensor<fp16, [2, 3]> x) {\n"
    "tensor<fp16, [2, 3]> y = tanh(x = x)[name = string(\"y\")];\n} -> (y);\n}\n";
  g_autofree char *example = test_copy_example ("mnist-cnn.anf");
  g_autofree char *folder = g_path_get_dirname (example);
  g_autofree char *path = g_build_filename (folder, "small.mil", NULL);
  g_autoptr(GError) error = NULL;
  StudioWorkspace *workspace;

  g_file_set_contents (path, program, -1, &error);
  g_assert_no_error (error);
  workspace = workspace_with (path);
  g_assert_nonnull (anf_graph_find_name (graph_of (workspace), "y"));
  g_assert_null (studio_document_get_path (studio_workspace_get_document (workspace)));
  close_and_check (workspace);
}

int
main (int argc, char **argv)
{
  int status;

  gtk_test_init (&argc, &argv, NULL);
  start_application ();
  g_test_add_func ("/workspace/open-edit-check-run-undo", test_open_edit_check_run_undo);
  g_test_add_func ("/workspace/moving-a-node-makes-nothing-stale",
                   test_moving_a_node_makes_nothing_stale);
  g_test_add_func ("/workspace/selection-forgets-nodes-that-are-gone",
                   test_selection_forgets_nodes_that_are_gone);
  g_test_add_func ("/workspace/save-writes-what-is-shown", test_save_writes_what_is_shown);
  g_test_add_func ("/workspace/change-by-another-program-is-noticed",
                   test_change_by_another_program_is_noticed);
  g_test_add_func ("/workspace/saving-raises-no-alarm", test_saving_raises_no_alarm);
  g_test_add_func ("/workspace/damaged-document-is-named-and-the-window-stays",
                   test_damaged_document_is_named_and_the_window_stays);
  g_test_add_func ("/workspace/missing-weights-are-findings", test_missing_weights_are_findings);
  g_test_add_func ("/workspace/edit-is-in-a-recovery-file-until-it-is-undone",
                   test_edit_is_in_a_recovery_file_until_it_is_undone);
  g_test_add_func ("/workspace/closing-a-window-at-work-is-clean",
                   test_closing_a_window_at_work_is_clean);
  g_test_add_func ("/workspace/model-opens-as-a-document-without-a-file",
                   test_model_opens_as_a_document_without_a_file);
  status = g_test_run ();
  test_settle ();
  g_object_unref (application);
  return status;
}
