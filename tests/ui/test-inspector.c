/* test-inspector.c - what is typed and chosen becomes the right edit, or a reason and no edit. */
#include "inspector.h"

#include <glib/gstdio.h>

#include "attr-editor.h"
#include "panels-support.h"
#include "tensor-chooser.h"

typedef struct { PanelTest at; AnfGraph *graph; AnfReport *report; } Fixture;

static void
begin (Fixture *f, const char *node)
{
  f->graph = test_small_graph ();
  f->report = anf_check (f->graph, NULL);
  panel_test_begin (&f->at, studio_inspector_new ());
  g_object_set (f->at.panel, "graph", f->graph, "report", f->report, NULL);
  panel_test_select (&f->at, f->graph, node);
}

static void
end (Fixture *f)
{
  panel_test_end (&f->at);
  anf_report_unref (f->report);
  anf_graph_unref (f->graph);
}

static const AnfNode *
edited (Fixture *f, const char *name)
{
  const AnfNode *node = anf_graph_find_name (f->at.edited, name);

  g_assert_nonnull (node);
  return node;
}

static void
test_an_attribute_typed_becomes_one_edit (void)
{
  Fixture f;
  gint64 ints[2];

  begin (&f, "c1");
  test_enter (test_find (f.at.panel, GTK_TYPE_ENTRY, "stride"), "2, 1");
  g_assert_cmpuint (f.at.n_edits, ==, 1);
  g_assert_cmpstr (f.at.label, ==, "Set stride of c1 to 2, 1");
  g_assert_null (f.at.merge);
  g_assert_cmpuint (anf_node_ints (edited (&f, "c1"), "stride", ints, 2), ==, 2);
  g_assert_cmpint (ints[0], ==, 2);
  g_assert_cmpint (ints[1], ==, 1);
  end (&f);
}

static void
test_a_refused_attribute_says_why_and_asks_nothing (void)
{
  Fixture f;
  GtkWidget *entry;

  begin (&f, "c1");
  entry = test_find (f.at.panel, GTK_TYPE_ENTRY, "stride");
  test_enter (entry, "two");
  g_assert_cmpuint (f.at.n_edits, ==, 0);
  g_assert_true (test_says (f.at.panel, "“two” is not a whole number"));
  g_assert_true (gtk_widget_has_css_class (entry, "error"));
  test_enter (entry, "1");
  g_assert_cmpuint (f.at.n_edits, ==, 0);       /* the value there is */
  g_assert_false (gtk_widget_has_css_class (entry, "error"));
  end (&f);
}

static void
test_stepping_is_one_undo_step (void)
{
  Fixture f;

  begin (&f, "c1");
  g_signal_emit_by_name (test_find (f.at.panel, GTK_TYPE_BUTTON, "More pad"), "clicked");
  g_assert_cmpuint (f.at.n_edits, ==, 1);
  g_assert_cmpstr (f.at.merge, ==, "attr:2:pad");
  g_assert_cmpint (anf_node_int (edited (&f, "c1"), "pad"), ==, 2);
  end (&f);
}

static void
test_reset_gives_the_default_back (void)
{
  Fixture f;

  begin (&f, "c1");
  g_signal_emit_by_name (test_find (f.at.panel, GTK_TYPE_BUTTON, "Reset pad to its default"),
                         "clicked");
  g_assert_cmpuint (f.at.n_edits, ==, 1);
  g_assert_false (anf_node_attr_is_set (edited (&f, "c1"), "pad"));
  end (&f);
}

static void
test_what_is_being_typed_survives_a_new_report (void)
{
  Fixture f;
  AnfReport *report;
  GtkWidget *entry;

  begin (&f, "c1");
  entry = test_find (f.at.panel, GTK_TYPE_ENTRY, "stride");
  gtk_widget_grab_focus (entry);
  gtk_editable_set_text (GTK_EDITABLE (entry), "2, ");
  report = anf_check (f.graph, NULL);
  g_object_set (f.at.panel, "report", report, NULL);
  g_assert_true (test_find (f.at.panel, GTK_TYPE_ENTRY, "stride") == entry);
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (entry)), ==, "2, ");
  g_assert_cmpuint (f.at.n_edits, ==, 0);
  gtk_editable_set_text (GTK_EDITABLE (entry), "1");
  anf_report_unref (report);
  end (&f);
}

static void
test_a_new_name_is_asked_for_and_a_taken_one_is_not (void)
{
  Fixture f;
  GtkWidget *entry;

  begin (&f, "c1");
  entry = test_find (f.at.panel, GTK_TYPE_ENTRY, "Name of the node");
  test_enter (entry, "r1");
  g_assert_cmpuint (f.at.n_edits, ==, 0);
  g_assert_true (test_says (f.at.panel, "“r1” is taken by a node of operator relu"));
  test_enter (entry, "1st");
  g_assert_true (test_says (f.at.panel, "Only letters, digits and _"));
  g_assert_cmpuint (f.at.n_edits, ==, 0);
  test_enter (entry, "first");
  g_assert_cmpuint (f.at.n_edits, ==, 1);
  g_assert_cmpstr (f.at.label, ==, "Rename c1 to first");
  g_assert_cmpuint (anf_node_id (edited (&f, "first")), ==, 2);
  end (&f);
}

static void
test_an_input_is_wired_by_its_list (void)
{
  Fixture f;
  GtkWidget *list;

  begin (&f, "r1");
  list = test_find (f.at.panel, GTK_TYPE_DROP_DOWN, "Source of input x");
  g_assert_cmpuint (gtk_drop_down_get_selected (GTK_DROP_DOWN (list)), ==, 2);   /* c1 */
  gtk_drop_down_set_selected (GTK_DROP_DOWN (list), 1);
  g_assert_cmpstr (f.at.label, ==, "Connect x to r1");
  g_assert_cmpuint (anf_node_input (edited (&f, "r1"), 0).node, ==, 1);
  gtk_drop_down_set_selected (GTK_DROP_DOWN (list), 0);
  g_assert_cmpuint (anf_node_input (edited (&f, "r1"), 0).node, ==, 0);
  end (&f);
}

static void
test_sources_leave_out_what_the_node_feeds (void)
{
  Fixture f;
  GListModel *sources;
  GtkWidget *list;

  begin (&f, "c1");
  list = test_find (f.at.panel, GTK_TYPE_DROP_DOWN, "Source of input x");
  sources = gtk_drop_down_get_model (GTK_DROP_DOWN (list));
  g_assert_cmpuint (g_list_model_get_n_items (sources), ==, 2);
  g_assert_cmpstr (gtk_string_list_get_string (GTK_STRING_LIST (sources), 1), ==, "x");
  end (&f);
}

static void
test_an_output_is_renamed_and_removed (void)
{
  Fixture f;
  AnfRef from;

  begin (&f, "r1");
  test_enter (test_find (f.at.panel, GTK_TYPE_ENTRY, "Public name of this output"), "probs");
  g_assert_cmpstr (f.at.label, ==, "Rename output y to probs");
  g_assert_cmpstr (anf_graph_nth_output (f.at.edited, 0, &from), ==, "probs");
  g_signal_emit_by_name (test_find (f.at.panel, GTK_TYPE_BUTTON, "No longer an output"), "clicked");
  g_assert_cmpuint (anf_graph_n_outputs (f.at.edited), ==, 0);
  end (&f);
}

/* Writes two tensors, of which the second fits c1; the file's path (transfer full). */
static char *
write_weights (const char *folder)
{
  const float values[18] = { 1, 2, 3 };
  const gint64 wrong[] = { 3, 3 }, right[] = { 2, 1, 3, 3 };
  char *path = g_build_filename (folder, "w.safetensors", NULL);
  g_autoptr(AnfTensors) tensors = anf_tensors_new ();
  g_autoptr(AnfTensor) small = anf_tensor_new_floats (2, wrong, values);
  g_autoptr(AnfTensor) fits = anf_tensor_new_floats (4, right, values);

  anf_tensors_add (tensors, "a.small", small);
  anf_tensors_add (tensors, "b.fits", fits);
  g_assert_true (anf_safetensors_save (path, tensors, NULL));
  return path;
}

static GtkWidget *
find_chooser (void)
{
  GListModel *tops = gtk_window_get_toplevels ();

  for (guint i = 0; i < g_list_model_get_n_items (tops); i++)
    {
      g_autoptr(GtkWidget) window = g_list_model_get_item (tops, i);

      if (STUDIO_IS_TENSOR_CHOOSER (window))
        return window;
    }
  return NULL;
}

static void
test_a_weight_is_attached_by_name (void)
{
  g_autofree char *folder = g_dir_make_tmp ("panels-XXXXXX", NULL);
  g_autofree char *path = write_weights (folder), *source = NULL;
  GtkWidget *chooser, *attach;
  AnfWeight *weight;
  Fixture f;

  begin (&f, "c1");
  studio_inspector_attach (STUDIO_INSPECTOR (f.at.panel), "weight", path);
  chooser = find_chooser ();
  g_assert_nonnull (chooser);
  /* What fits is selected; what does not is listed all the same. */
  test_await_says (chooser, "a.small");
  test_await_says (chooser, "b.fits");
  attach = test_find (chooser, GTK_TYPE_BUTTON, "Attaches the selected tensor");
  g_signal_emit_by_name (attach, "clicked");
  for (guint i = 0; i < 1000 && find_chooser () != NULL; i++)
    test_wait_ms (5);
  g_assert_null (find_chooser ());
  g_assert_cmpuint (f.at.n_edits, ==, 1);
  g_assert_cmpstr (f.at.label, ==, "Attach weight of c1");
  weight = anf_graph_find_weight (f.at.edited, anf_node_weight (edited (&f, "c1"), "weight"));
  source = anf_weight_source (weight);
  g_assert_true (g_str_has_suffix (source, "w.safetensors: b.fits"));
  g_assert_cmpuint (anf_tensor_elements (anf_weight_tensor (weight)), ==, 18);
  end (&f);
  g_remove (path);
  g_rmdir (folder);
}

static void
test_a_weight_is_initialised (void)
{
  GtkWidget *button, *popover, *shape;
  AnfWeight *weight;
  Fixture f;

  begin (&f, "c1");
  button = test_find (f.at.panel, GTK_TYPE_MENU_BUTTON, "Initialise weight");
  gtk_menu_button_popup (GTK_MENU_BUTTON (button));
  popover = GTK_WIDGET (gtk_menu_button_get_popover (GTK_MENU_BUTTON (button)));
  shape = test_await (popover, GTK_TYPE_ENTRY, "shape");
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (shape)), ==, "2, 1, 3, 3");
  gtk_editable_set_text (GTK_EDITABLE (test_find (popover, GTK_TYPE_ENTRY, "seed")), "11");
  test_enter (shape, "4, one");
  g_assert_cmpuint (f.at.n_edits, ==, 0);
  test_enter (shape, "4, 1, 3, 3");
  g_assert_cmpuint (f.at.n_edits, ==, 1);
  g_assert_cmpstr (f.at.label, ==, "Initialise weight of c1");
  weight = anf_graph_find_weight (f.at.edited, anf_node_weight (edited (&f, "c1"), "weight"));
  g_assert_cmpint (anf_tensor_dim (anf_weight_tensor (weight), 0), ==, 4);
  end (&f);
}

static void
test_a_file_that_cannot_be_read_says_so (void)
{
  Fixture f;

  begin (&f, "c1");
  studio_inspector_attach (STUDIO_INSPECTOR (f.at.panel), "weight", "/nonexistent/w.npy");
  test_settle ();
  g_assert_cmpuint (f.at.n_edits, ==, 0);
  g_assert_null (find_chooser ());
  g_assert_true (test_says (f.at.panel, "/nonexistent/w.npy"));
  end (&f);
}

static void
test_without_a_selection_the_document_is_set (void)
{
  Fixture f;
  GtkWidget *list;

  begin (&f, NULL);
  list = test_find (f.at.panel, GTK_TYPE_DROP_DOWN, "compress");
  g_assert_cmpuint (gtk_drop_down_get_selected (GTK_DROP_DOWN (list)), ==, ANF_INT8);
  gtk_drop_down_set_selected (GTK_DROP_DOWN (list), ANF_INT4);
  g_assert_cmpstr (f.at.label, ==, "Encode weights as int4");
  g_assert_cmpint (anf_graph_settings (f.at.edited)->compress, ==, ANF_INT4);
  test_enter (test_find (f.at.panel, GTK_TYPE_ENTRY, "weight error"), "-1");
  g_assert_cmpuint (f.at.n_edits, ==, 1);
  g_assert_true (test_says (f.at.panel, "The weight error limit is a number above 0"));
  test_enter (test_find (f.at.panel, GTK_TYPE_ENTRY, "title"), "Other");
  g_assert_cmpstr (anf_graph_title (f.at.edited), ==, "Other");
  end (&f);
}

static void
test_a_finding_is_said_at_its_attribute (void)
{
  Fixture f;
  AnfGraphBuilder *b;
  g_autoptr(AnfGraph) broken = NULL;
  AnfReport *report;
  const AnfFinding *finding = NULL;

  begin (&f, "c1");
  b = anf_graph_builder_new (f.graph);
  anf_graph_builder_set_attr (b, 2, "groups", g_variant_new_int64 (2));
  broken = anf_graph_builder_end (b, NULL);
  report = anf_check (broken, NULL);
  for (guint i = 0; i < anf_report_n_findings (report) && finding == NULL; i++)
    if (anf_report_nth_finding (report, i)->node == 2)
      finding = anf_report_nth_finding (report, i);
  g_assert_nonnull (finding);
  g_object_set (f.at.panel, "graph", broken, "report", report, NULL);
  g_assert_true (test_says (f.at.panel, finding->message));
  anf_report_unref (report);
  end (&f);
}

int
main (int argc, char **argv)
{
  static const struct { const char *name; void (*run) (void); } tests[] = {
    { "an-attribute-typed-becomes-one-edit", test_an_attribute_typed_becomes_one_edit },
    { "a-refused-attribute-says-why-and-asks-nothing",
      test_a_refused_attribute_says_why_and_asks_nothing },
    { "stepping-is-one-undo-step", test_stepping_is_one_undo_step },
    { "reset-gives-the-default-back", test_reset_gives_the_default_back },
    { "what-is-being-typed-survives-a-new-report",
      test_what_is_being_typed_survives_a_new_report },
    { "a-new-name-is-asked-for-and-a-taken-one-is-not",
      test_a_new_name_is_asked_for_and_a_taken_one_is_not },
    { "an-input-is-wired-by-its-list", test_an_input_is_wired_by_its_list },
    { "sources-leave-out-what-the-node-feeds", test_sources_leave_out_what_the_node_feeds },
    { "an-output-is-renamed-and-removed", test_an_output_is_renamed_and_removed },
    { "a-weight-is-attached-by-name", test_a_weight_is_attached_by_name },
    { "a-weight-is-initialised", test_a_weight_is_initialised },
    { "a-file-that-cannot-be-read-says-so", test_a_file_that_cannot_be_read_says_so },
    { "without-a-selection-the-document-is-set", test_without_a_selection_the_document_is_set },
    { "a-finding-is-said-at-its-attribute", test_a_finding_is_said_at_its_attribute },
  };

  gtk_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/inspector/", tests[i].name, NULL);

      g_test_add_func (path, tests[i].run);
    }
  return g_test_run ();
}
