/* test-document.c - undo, merging, the saved mark. */
#include "document.h"
#include "support.h"

/* A document with @n edits, each one relu more. */
static StudioDocument *
edited_document (guint n)
{
  StudioDocument *document = studio_document_new (NULL, NULL);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr(AnfGraph) edited = test_with_relu (studio_document_get_graph (document));

      studio_document_apply (document, edited, "Add ReLU", NULL);
    }
  return document;
}

static void
test_undo_returns_the_same_graph (void)
{
  g_autoptr(StudioDocument) document = studio_document_new (NULL, NULL);
  AnfGraph *empty = studio_document_get_graph (document);
  g_autoptr(AnfGraph) edited = test_with_relu (empty);

  studio_document_apply (document, edited, "Add ReLU", NULL);
  g_assert_true (studio_document_get_modified (document));
  g_assert_cmpstr (studio_document_get_undo_label (document), ==, "Add ReLU");
  g_assert_null (studio_document_get_redo_label (document));

  g_assert_true (studio_document_undo (document));
  g_assert_true (studio_document_get_graph (document) == empty);
  g_assert_false (studio_document_get_modified (document));
  g_assert_null (studio_document_get_undo_label (document));
  g_assert_cmpstr (studio_document_get_redo_label (document), ==, "Add ReLU");

  g_assert_true (studio_document_redo (document));
  g_assert_true (studio_document_get_graph (document) == edited);
  g_assert_false (studio_document_redo (document));
}

static void
test_undo_stops_at_the_beginning (void)
{
  g_autoptr(StudioDocument) document = edited_document (1);

  g_assert_true (studio_document_undo (document));
  g_assert_false (studio_document_undo (document));
}

static void
test_edit_after_undo_drops_what_was_undone (void)
{
  g_autoptr(StudioDocument) document = edited_document (3);
  g_autoptr(AnfGraph) other = NULL;

  studio_document_undo (document);
  studio_document_undo (document);
  other = test_with_relu (studio_document_get_graph (document));
  studio_document_apply (document, other, "Other", NULL);
  g_assert_cmpuint (studio_document_n_steps (document), ==, 3);
  g_assert_null (studio_document_get_redo_label (document));
  g_assert_cmpstr (studio_document_get_undo_label (document), ==, "Other");
}

static void
apply (StudioDocument *document, const char *merge)
{
  g_autoptr(AnfGraph) edited = test_with_relu (studio_document_get_graph (document));

  studio_document_apply (document, edited, "Slide", merge);
}

static void
test_edits_of_one_merge_key_are_one_step (void)
{
  g_autoptr(StudioDocument) document = studio_document_new (NULL, NULL);
  AnfGraph *empty = studio_document_get_graph (document);

  apply (document, "slider");
  apply (document, "slider");
  apply (document, "slider");
  g_assert_cmpuint (anf_graph_n_nodes (studio_document_get_graph (document)), ==, 3);
  g_assert_cmpuint (studio_document_n_steps (document), ==, 2);

  apply (document, "other slider");
  apply (document, NULL);
  apply (document, NULL);
  g_assert_cmpuint (studio_document_n_steps (document), ==, 5);

  for (guint i = 0; i < 4; i++)
    g_assert_true (studio_document_undo (document));
  g_assert_true (studio_document_get_graph (document) == empty);
}

static void
test_stepping_ends_a_merge (void)
{
  g_autoptr(StudioDocument) document = studio_document_new (NULL, NULL);

  apply (document, "slider");
  studio_document_undo (document);
  studio_document_redo (document);
  apply (document, "slider");
  g_assert_cmpuint (studio_document_n_steps (document), ==, 3);
}

static void
test_saving_ends_a_merge (void)
{
  g_autoptr(StudioDocument) document = studio_document_new (NULL, NULL);

  apply (document, "slider");
  studio_document_mark_saved (document, studio_document_get_graph (document), "/a.anf");
  apply (document, "slider");
  g_assert_true (studio_document_get_modified (document));
  g_assert_true (studio_document_undo (document));
  g_assert_false (studio_document_get_modified (document));
}

static void
test_saved_mark_follows_undo (void)
{
  g_autoptr(StudioDocument) document = edited_document (2);

  studio_document_mark_saved (document, studio_document_get_graph (document), "/a.anf");
  g_assert_cmpstr (studio_document_get_path (document), ==, "/a.anf");
  g_assert_false (studio_document_get_modified (document));
  g_assert_true (studio_document_nth_is_saved (document, 2));

  studio_document_undo (document);
  g_assert_true (studio_document_get_modified (document));
  studio_document_redo (document);
  g_assert_false (studio_document_get_modified (document));
}

/* The user goes on editing while the file is being written. */
static void
test_an_earlier_state_can_be_what_was_saved (void)
{
  g_autoptr(StudioDocument) document = edited_document (1);
  AnfGraph *written = studio_document_get_graph (document);

  apply (document, NULL);
  studio_document_mark_saved (document, written, "/a.anf");
  g_assert_true (studio_document_get_modified (document));
  studio_document_undo (document);
  g_assert_false (studio_document_get_modified (document));
}

static void
test_jump_goes_anywhere (void)
{
  g_autoptr(StudioDocument) document = edited_document (4);

  studio_document_jump (document, 1);
  g_assert_cmpuint (studio_document_now (document), ==, 1);
  g_assert_cmpuint (anf_graph_n_nodes (studio_document_get_graph (document)), ==, 1);
  studio_document_jump (document, 4);
  g_assert_cmpuint (anf_graph_n_nodes (studio_document_get_graph (document)), ==, 4);
  g_assert_null (studio_document_get_redo_label (document));
}

static void
count (GObject *object, GParamSpec *pspec, guint *n)
{
  (*n)++;
}

static void
test_one_edit_notifies_once (void)
{
  g_autoptr(StudioDocument) document = studio_document_new (NULL, NULL);
  guint n = 0;

  g_signal_connect (document, "notify::graph", G_CALLBACK (count), &n);
  apply (document, NULL);
  g_assert_cmpuint (n, ==, 1);
  studio_document_apply (document, studio_document_get_graph (document), "Nothing", NULL);
  g_assert_cmpuint (n, ==, 1);
  studio_document_undo (document);
  g_assert_cmpuint (n, ==, 2);
}

static void
test_oldest_steps_are_dropped (void)
{
  g_autoptr(StudioDocument) document = studio_document_new (NULL, NULL);
  AnfGraph *empty = studio_document_get_graph (document);
  g_autoptr(AnfGraph) other = test_with_relu (empty);
  guint undone = 0;

  for (guint i = 0; i < 700; i++)
    studio_document_apply (document, i % 2 == 0 ? other : empty, "Toggle", NULL);
  g_assert_cmpuint (studio_document_n_steps (document), ==, 500);
  g_assert_cmpuint (studio_document_now (document), ==, 499);
  while (studio_document_undo (document))
    undone++;
  g_assert_cmpuint (undone, ==, 499);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/document/undo-returns-the-same-graph", test_undo_returns_the_same_graph);
  g_test_add_func ("/document/undo-stops-at-the-beginning", test_undo_stops_at_the_beginning);
  g_test_add_func ("/document/edit-after-undo-drops-what-was-undone",
                   test_edit_after_undo_drops_what_was_undone);
  g_test_add_func ("/document/edits-of-one-merge-key-are-one-step",
                   test_edits_of_one_merge_key_are_one_step);
  g_test_add_func ("/document/stepping-ends-a-merge", test_stepping_ends_a_merge);
  g_test_add_func ("/document/saving-ends-a-merge", test_saving_ends_a_merge);
  g_test_add_func ("/document/saved-mark-follows-undo", test_saved_mark_follows_undo);
  g_test_add_func ("/document/an-earlier-state-can-be-what-was-saved",
                   test_an_earlier_state_can_be_what_was_saved);
  g_test_add_func ("/document/jump-goes-anywhere", test_jump_goes_anywhere);
  g_test_add_func ("/document/one-edit-notifies-once", test_one_edit_notifies_once);
  g_test_add_func ("/document/oldest-steps-are-dropped", test_oldest_steps_are_dropped);
  return g_test_run ();
}
