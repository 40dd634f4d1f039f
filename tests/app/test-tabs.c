/* test-tabs.c - several documents in a window: each its own; closing, history, the session.
 * on-screen.sh gives it a display and home folders of its own. */
#include "application.h"
#include "cache.h"
#include "command-palette.h"
#include "commands.h"
#include "session.h"
#include "step.h"
#include "support.h"
#include "tabs.h"

#include <glib/gstdio.h>

/* There is one per process. */
static GtkApplication *application;

static gboolean
is_open (gpointer workspace)
{
  return studio_workspace_get_document (workspace) != NULL &&
         studio_checker_get_idle (studio_workspace_get_checker (workspace));
}

static gboolean
is_quiet (gpointer workspace)
{
  return !studio_worker_get_busy (studio_workspace_get_worker (workspace));
}

static gboolean
is_saved (gpointer workspace)
{
  return !studio_document_get_modified (studio_workspace_get_document (workspace));
}

static StudioWindow *
window_with (const char *path)
{
  StudioWindow *window = studio_tabs_window_new (application, NULL);
  StudioWorkspace *workspace = studio_tabs_find_free (window);

  gtk_window_present (GTK_WINDOW (window));
  studio_workspace_open (workspace, path);
  test_wait (is_open, workspace);
  return window;
}

static StudioWorkspace *
add (StudioWindow *window, const char *path)
{
  StudioWorkspace *workspace = studio_tabs_add (window, NULL);

  studio_workspace_open (workspace, path);
  test_wait (is_open, workspace);
  return workspace;
}

static StudioWorkspace *
nth (StudioWindow *window, guint i)
{
  return studio_workspace_of (studio_window_nth_sheet (window, i));
}

static AnfGraph *
graph_of (StudioWorkspace *workspace)
{
  return studio_document_get_graph (studio_workspace_get_document (workspace));
}

static void
act (StudioWindow *window, const char *action)
{
  g_action_group_activate_action (G_ACTION_GROUP (window), action, NULL);
}

/* As a widget would: by the sheet's signal. */
static void
edit (StudioWorkspace *workspace)
{
  g_autoptr(AnfGraph) graph = test_with_relu (graph_of (workspace));

  g_signal_emit_by_name (studio_workspace_get_sheet (workspace), "edit", graph, "Add", NULL);
}

/* An edit after which it still runs. */
static void
encode (StudioWorkspace *workspace, AnfEncoding encoding)
{
  AnfGraphBuilder *builder = anf_graph_builder_new (graph_of (workspace));
  g_autoptr(AnfGraph) graph = NULL;

  anf_graph_builder_set_encoding (builder,
                                  anf_node_id (anf_graph_find_name (graph_of (workspace), "fc1")),
                                  "weight", encoding);
  graph = anf_graph_builder_end (builder, NULL);
  g_signal_emit_by_name (studio_workspace_get_sheet (workspace), "edit", graph, "Encode", NULL);
}

static void
close_and_check (StudioWindow *window)
{
  gpointer gone = window;

  g_object_add_weak_pointer (G_OBJECT (window), &gone);
  gtk_window_destroy (GTK_WINDOW (window));
  test_wait_gone (&gone);
}

static void
test_each_tab_undoes_its_own (void)
{
  g_autofree char *a = test_copy_example ("mnist-cnn.anf");
  g_autofree char *b = test_copy_example ("encoder-block.anf");
  StudioWindow *window = window_with (a);
  StudioWorkspace *first = nth (window, 0), *second = add (window, b);
  guint n = anf_graph_n_nodes (graph_of (first)), m = anf_graph_n_nodes (graph_of (second));
  GActionGroup *actions = G_ACTION_GROUP (window);

  g_assert_cmpuint (studio_window_n_sheets (window), ==, 2);
  g_assert_true (studio_window_get_sheet (window) == studio_workspace_get_sheet (second));
  edit (first);
  edit (second);
  g_assert_cmpuint (anf_graph_n_nodes (graph_of (second)), ==, m + 1);
  act (window, "undo");
  g_assert_cmpuint (anf_graph_n_nodes (graph_of (second)), ==, m);
  g_assert_cmpuint (anf_graph_n_nodes (graph_of (first)), ==, n + 1);
  g_assert_false (g_action_group_get_action_enabled (actions, "undo"));

  act (window, "next-tab");
  g_assert_true (studio_window_get_sheet (window) == studio_workspace_get_sheet (first));
  g_assert_true (g_action_group_get_action_enabled (actions, "undo"));
  act (window, "undo");
  g_assert_cmpuint (anf_graph_n_nodes (graph_of (first)), ==, n);
  test_wait (is_open, first);
  test_wait (is_open, second);
  close_and_check (window);
}

static void
test_closing_a_tab_leaves_the_others (void)
{
  g_autofree char *a = test_copy_example ("mnist-cnn.anf");
  g_autofree char *b = test_copy_example ("encoder-block.anf");
  StudioWindow *window = window_with (a);
  gpointer gone = add (window, b);

  g_object_add_weak_pointer (gone, &gone);
  act (window, "move-tab-left");
  g_assert_true (nth (window, 0) == gone);
  act (window, "close-tab");
  test_wait_gone (&gone);
  g_assert_cmpuint (studio_window_n_sheets (window), ==, 1);
  g_assert_cmpstr (studio_workspace_get_path (nth (window, 0)), ==, a);
  g_assert_true (g_action_group_get_action_enabled (G_ACTION_GROUP (window), "save"));
  g_assert_true (studio_tabs_find_path (application, a) == nth (window, 0));
  g_assert_null (studio_tabs_find_path (application, b));
  close_and_check (window);
}

static void
test_session_comes_back_as_it_was (void)
{
  g_autofree char *a = test_copy_example ("mnist-cnn.anf");
  g_autofree char *b = test_copy_example ("encoder-block.anf");
  StudioWindow *window = window_with (a);
  g_autoptr(GArray) selection = g_array_new (FALSE, FALSE, sizeof (AnfId));
  g_autoptr(GPtrArray) kept = NULL, without = NULL;
  GPtrArray *tabs;
  StudioSessionTab *tab;
  AnfId id = anf_node_id (anf_graph_find_name (graph_of (nth (window, 0)), "c2")), selected = 0;
  g_autoptr(GVariant) ids = NULL;

  g_array_append_val (selection, id);
  g_object_set (studio_window_nth_sheet (window, 0), "selection", selection, NULL);
  studio_sheet_set_workspace (studio_window_nth_sheet (window, 0), "compress");
  add (window, b);
  studio_session_save (application);
  close_and_check (window);

  kept = studio_session_load ();
  g_assert_cmpuint (kept->len, ==, 1);
  tabs = g_ptr_array_index (kept, 0);
  g_assert_cmpuint (tabs->len, ==, 2);
  tab = g_ptr_array_index (tabs, 0);
  g_assert_cmpstr (tab->path, ==, a);
  g_assert_cmpstr (tab->workspace, ==, "compress");
  g_assert_false (tab->front);
  ids = g_variant_lookup_value (tab->view, "selection", G_VARIANT_TYPE ("at"));
  g_assert_cmpuint (g_variant_n_children (ids), ==, 1);
  g_variant_get_child (ids, 0, "t", &selected);
  g_assert_cmpuint (selected, ==, id);
  tab = g_ptr_array_index (tabs, 1);
  g_assert_cmpstr (tab->path, ==, b);
  g_assert_true (tab->front);

  /* A file that is gone is no reason to open an empty tab. */
  g_assert_cmpint (g_remove (a), ==, 0);
  without = studio_session_load ();
  g_assert_cmpuint (((GPtrArray *) g_ptr_array_index (without, 0))->len, ==, 1);
}

static gboolean
is_at_half (gpointer workspace)
{
  g_autoptr(GVariant) shown = studio_sheet_dup_view (studio_workspace_get_sheet (workspace));
  double zoom = 0;

  return g_variant_lookup (shown, "zoom", "d", &zoom) && ABS (zoom - 0.5) < 1e-9;
}

static void
test_reopened_tab_shows_what_it_showed (void)
{
  g_autofree char *a = test_copy_example ("mnist-cnn.anf");
  StudioWindow *window = studio_tabs_window_new (application, NULL);
  StudioWorkspace *workspace = studio_tabs_find_free (window);
  g_autoptr(GVariant) view = g_variant_ref_sink (
    g_variant_new_parsed ("{'selection': <[@t 5, 99999]>, 'x': <10.0>, 'y': <20.0>, "
                          "'zoom': <0.5>}"));
  g_autoptr(GArray) selection = NULL;

  gtk_window_present (GTK_WINDOW (window));
  studio_workspace_reopen (workspace, a, "build", view);
  test_wait (is_open, workspace);
  g_object_get (studio_workspace_get_sheet (workspace), "selection", &selection, NULL);
  g_assert_cmpuint (selection->len, ==, 1);         /* a node that is not there is left out */
  g_assert_cmpuint (g_array_index (selection, AnfId, 0), ==, 5);
  test_wait (is_at_half, workspace);                /* as soon as it has a size */
  close_and_check (window);
}

static void
test_history_tells_labels_place_and_the_saved_state (void)
{
  g_autofree char *a = test_copy_example ("mnist-cnn.anf");
  StudioWindow *window = window_with (a);
  StudioWorkspace *workspace = nth (window, 0);
  g_autoptr(GListModel) steps = NULL;
  static const struct { const char *title; StudioStepPlace place; gboolean saved; } wanted[] = {
    { NULL, STUDIO_STEP_PAST, FALSE }, { "Add", STUDIO_STEP_NOW, TRUE },
    { "Add", STUDIO_STEP_UNDONE, FALSE },
  };

  g_object_get (studio_workspace_get_sheet (workspace), "steps", &steps, NULL);
  g_assert_cmpuint (g_list_model_get_n_items (steps), ==, 1);
  edit (workspace);
  act (window, "save");
  test_wait (is_saved, workspace);
  edit (workspace);
  g_assert_false (is_saved (workspace));
  g_action_group_activate_action (G_ACTION_GROUP (window), "jump", g_variant_new_uint32 (1));
  g_assert_true (is_saved (workspace));             /* the dirty mark goes with the saved state */
  g_assert_cmpuint (g_list_model_get_n_items (steps), ==, G_N_ELEMENTS (wanted));
  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++)
    {
      g_autoptr(StudioStep) step = g_list_model_get_item (steps, i);

      g_assert_cmpstr (studio_step_get_title (step), ==, wanted[i].title);
      g_assert_cmpuint (studio_step_get_place (step), ==, wanted[i].place);
      g_assert_cmpint (studio_step_get_saved (step), ==, wanted[i].saved);
    }
  test_wait (is_open, workspace);
  close_and_check (window);
}

static void
test_undo_brings_results_and_selection_back (void)
{
  g_autofree char *a = test_copy_example ("mnist-cnn.anf");
  StudioWindow *window = window_with (a);
  StudioWorkspace *workspace = nth (window, 0);
  StudioSheet *sheet = studio_workspace_get_sheet (workspace);
  AnfId id = anf_node_id (anf_graph_find_name (graph_of (workspace), "c2"));
  g_autoptr(GArray) selection = g_array_new (FALSE, FALSE, sizeof (AnfId));
  g_autoptr(GArray) none = g_array_new (FALSE, FALSE, sizeof (AnfId)), back = NULL;
  g_autoptr(StudioCache) large = studio_cache_new (G_MAXSIZE), small = studio_cache_new (1);
  g_autoptr(AnfGraph) first = anf_graph_ref (graph_of (workspace));
  StudioWorker *worker = studio_workspace_get_worker (workspace);
  AnfProfile *before;
  gboolean stale;

  g_array_append_val (selection, id);
  act (window, "run");
  test_wait (is_quiet, workspace);
  before = studio_worker_get_profile (worker);
  studio_cache_note (large, worker);
  studio_cache_note (small, worker);
  g_object_set (sheet, "selection", selection, NULL);
  encode (workspace, ANF_INT4);
  g_object_set (sheet, "selection", none, NULL);
  g_object_get (sheet, "stale", &stale, NULL);
  g_assert_true (stale);
  act (window, "run");
  test_wait (is_quiet, workspace);
  g_assert_true (studio_worker_get_profile (worker) != before);
  studio_cache_note (large, worker);
  studio_cache_note (large, worker);                /* known already: counted once */
  studio_cache_note (small, worker);

  act (window, "undo");
  g_assert_true (studio_worker_get_profile (worker) == before);
  g_object_get (sheet, "stale", &stale, "selection", &back, NULL);
  g_assert_false (stale);
  g_assert_cmpuint (back->len, ==, 1);
  g_assert_cmpuint (g_array_index (back, AnfId, 0), ==, id);

  g_assert_cmpuint (studio_cache_n (large), ==, 2);
  g_assert_cmpuint (studio_cache_n (small), ==, 1);       /* the last one, whatever its size */
  g_assert_cmpuint (studio_cache_bytes (large), >, studio_cache_bytes (small));
  g_assert_false (studio_cache_restore (small, first, worker));
  g_assert_true (studio_cache_restore (large, first, worker));
  test_wait (is_open, workspace);
  close_and_check (window);
}

static StudioCommandPalette *
palette_of (StudioWindow *window)
{
  GtkWidget *child = gtk_widget_get_last_child (GTK_WIDGET (studio_window_get_sheet (window)));

  return STUDIO_IS_COMMAND_PALETTE (child) ? STUDIO_COMMAND_PALETTE (child) : NULL;
}

static gboolean
has_no_palette (gpointer window)
{
  return palette_of (window) == NULL;
}

static void
test_commands_are_found_by_letters_and_done (void)
{
  g_autofree char *a = test_copy_example ("mnist-cnn.anf");
  StudioWindow *window = window_with (a);
  g_auto(GStrv) all = NULL, found = NULL;
  StudioCommandPalette *palette;
  guint n = 0;

  act (window, "commands");
  palette = palette_of (window);
  g_assert_nonnull (palette);
  all = studio_command_palette_dup_listed (palette);
  /* Nothing that can be done by an action without a parameter is missing. */
  for (guint group = 0; group < 2; group++)
    {
      StudioSheet *sheet = studio_window_get_sheet (window);
      g_auto(GStrv) names = g_action_group_list_actions (
        group == 0 ? G_ACTION_GROUP (studio_sheet_get_actions (sheet))
                   : studio_sheet_get_canvas_actions (sheet));

      n += g_strv_length (names);
    }
  g_assert_cmpuint (g_strv_length (all), >=, n);
  studio_command_palette_set_search (palette, "strai");
  found = studio_command_palette_dup_listed (palette);
  g_assert_cmpstr (found[0], ==, "Straighten wires");
  gtk_popover_popdown (GTK_POPOVER (palette));
  test_wait (has_no_palette, window);
  close_and_check (window);
}

static void
test_words_rank_titles (void)
{
  g_assert_cmpuint (studio_command_rank ("Align left", ""), >, 0);
  g_assert_cmpuint (studio_command_rank ("Align left", "al"), >,
                    studio_command_rank ("Delete all", "al"));
  g_assert_cmpuint (studio_command_rank ("Align left", "left al"), >, 0);
  g_assert_cmpuint (studio_command_rank ("Align left", "algn"), >, 0);
  g_assert_cmpuint (studio_command_rank ("Align left", "algn"), <,
                    studio_command_rank ("Align left", "alig"));
  g_assert_cmpuint (studio_command_rank ("Align left", "right"), ==, 0);
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
  g_test_add_func ("/tabs/each-tab-undoes-its-own", test_each_tab_undoes_its_own);
  g_test_add_func ("/tabs/closing-a-tab-leaves-the-others", test_closing_a_tab_leaves_the_others);
  g_test_add_func ("/tabs/session-comes-back-as-it-was", test_session_comes_back_as_it_was);
  g_test_add_func ("/tabs/reopened-tab-shows-what-it-showed",
                   test_reopened_tab_shows_what_it_showed);
  g_test_add_func ("/tabs/history-tells-labels-place-and-the-saved-state",
                   test_history_tells_labels_place_and_the_saved_state);
  g_test_add_func ("/tabs/undo-brings-results-and-selection-back",
                   test_undo_brings_results_and_selection_back);
  g_test_add_func ("/commands/found-by-letters-and-done",
                   test_commands_are_found_by_letters_and_done);
  g_test_add_func ("/commands/words-rank-titles", test_words_rank_titles);
  status = g_test_run ();
  test_settle ();
  g_object_unref (application);
  return status;
}
