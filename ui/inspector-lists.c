/* inspector-lists.c - the document's outputs and gates, shown while no node is selected. */
#include <glib/gi18n-lib.h>

#include "attr-value.h"
#include "edits.h"
#include "gate-editor.h"
#include "inspector-sections.h"

#define STUDIO_TYPE_RESULTS (studio_results_get_type ())
G_DECLARE_FINAL_TYPE (StudioResults, studio_results, STUDIO, RESULTS, StudioPanel)
#define STUDIO_TYPE_GATE_LIST (studio_gate_list_get_type ())
G_DECLARE_FINAL_TYPE (StudioGateList, studio_gate_list, STUDIO, GATE_LIST, StudioPanel)

struct _StudioResults
{
  StudioPanel parent_instance;

  GtkWidget *rows, *empty;
};

struct _StudioGateList
{
  StudioPanel parent_instance;

  GtkWidget *rows, *empty;
  char      *shown;                /* what the rows say, to leave them alone while it is the same */
};

G_DEFINE_FINAL_TYPE (StudioResults, studio_results, STUDIO_TYPE_PANEL)
G_DEFINE_FINAL_TYPE (StudioGateList, studio_gate_list, STUDIO_TYPE_PANEL)

static void
clear (GtkWidget *box)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (box)) != NULL)
    gtk_box_remove (GTK_BOX (box), child);
}

/* ------------------------------------------------------------------------ outputs */

static void
on_show_node (GtkButton *button, StudioPanel *panel)
{
  AnfId *id = g_object_get_data (G_OBJECT (button), "studio-node");

  studio_panel_select (panel, *id);
}

static void
add_result (StudioResults *self, const StudioView *view, guint i)
{
  AnfRef from;
  const char *name = anf_graph_nth_output (view->graph, i, &from);
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *label = studio_label_new (name, "heading", NULL), *button;
  g_autofree char *source = studio_ref_text (view->graph, from);
  g_autofree char *shape = studio_shape_text (view->report, from.node, from.port);
  g_autofree char *words = g_strdup_printf (_("Select %s"), source != NULL ? source : "");

  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (label, TRUE);
  button = gtk_button_new_with_label (source != NULL ? source : "–");
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_add_css_class (button, "small");
  gtk_widget_set_sensitive (button, source != NULL);
  gtk_widget_set_tooltip_text (button, words);
  g_object_set_data_full (G_OBJECT (button), "studio-node", g_memdup2 (&from.node, sizeof (AnfId)),
                          g_free);
  g_signal_connect (button, "clicked", G_CALLBACK (on_show_node), self);
  gtk_box_append (GTK_BOX (line), label);
  gtk_box_append (GTK_BOX (line), studio_label_new (shape, "numeric", "dim", NULL));
  gtk_box_append (GTK_BOX (line), button);
  gtk_box_append (GTK_BOX (self->rows), line);
}

static void
studio_results_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  StudioResults *self = STUDIO_RESULTS (panel);
  gboolean shown = view->graph != NULL && studio_panel_n_selected (panel) == 0;

  gtk_widget_set_visible (GTK_WIDGET (self), shown);
  if (!shown || !(changed & (STUDIO_GRAPH | STUDIO_REPORT | STUDIO_SELECTION)))
    return;
  clear (self->rows);
  for (guint i = 0; i < anf_graph_n_outputs (view->graph); i++)
    add_result (self, view, i);
  gtk_widget_set_visible (self->empty, anf_graph_n_outputs (view->graph) == 0);
}

static void
studio_results_class_init (StudioResultsClass *klass)
{
  STUDIO_PANEL_CLASS (klass)->update = studio_results_update;
}

static void
studio_results_init (StudioResults *self)
{
  studio_section_begin (GTK_WIDGET (self), _("Outputs"));
  self->rows = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  self->empty = studio_label_new (_("None yet: select a node and make its value an output"),
                                  "caption", "dim", NULL);
  gtk_label_set_wrap (GTK_LABEL (self->empty), TRUE);
  gtk_box_append (GTK_BOX (self), self->rows);
  gtk_box_append (GTK_BOX (self), self->empty);
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

GtkWidget *
studio_results_new (void)
{
  return g_object_new (STUDIO_TYPE_RESULTS, NULL);
}

/* ------------------------------------------------------------------------ gates */

static char *
gate_words (const AnfGate *gate)
{
  g_autofree char *limit = studio_real_text (gate->limit);

  return g_strdup_printf ("%s %s %s", studio_metric_title (gate->metric),
                          studio_metric_is_floor (gate->metric) ? "≥" : "≤", limit);
}

static void
on_remove_gate (GtkButton *button, StudioPanel *panel)
{
  studio_gate_remove (panel, GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (button),
                                                                  "studio-index")));
}

static void
add_gate (StudioGateList *self, const AnfGate *gate, guint i)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *name = studio_label_new (gate->output, "heading", NULL);
  g_autofree char *words = gate_words (gate);
  GtkWidget *text = studio_label_new (words, NULL), *inputs;
  GtkWidget *remove = studio_button_new ("list-remove-symbolic", _("Remove this gate"));

  gtk_widget_set_hexpand (text, TRUE);
  gtk_label_set_ellipsize (GTK_LABEL (text), PANGO_ELLIPSIZE_END);
  inputs = studio_label_new (gate->inputs != NULL ? gate->inputs : _("one random sample"),
                             "caption", "dim", NULL);
  gtk_label_set_ellipsize (GTK_LABEL (inputs), PANGO_ELLIPSIZE_MIDDLE);
  gtk_box_append (GTK_BOX (line), name);
  gtk_box_append (GTK_BOX (line), text);
  gtk_box_append (GTK_BOX (line), studio_gate_button_new (STUDIO_PANEL (self), i));
  gtk_box_append (GTK_BOX (line), remove);
  gtk_box_append (GTK_BOX (row), line);
  gtk_box_append (GTK_BOX (row), inputs);
  gtk_box_append (GTK_BOX (self->rows), row);
  g_object_set_data (G_OBJECT (remove), "studio-index", GUINT_TO_POINTER (i));
  g_signal_connect (remove, "clicked", G_CALLBACK (on_remove_gate), self);
}

static char *
all_gates (const AnfGraph *graph)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < anf_graph_n_gates (graph); i++)
    {
      const AnfGate *gate = anf_graph_nth_gate (graph, i);
      g_autofree char *words = gate_words (gate);

      g_string_append_printf (text, "%s %s %s\n", gate->output, words,
                              gate->inputs != NULL ? gate->inputs : "");
    }
  return g_string_free (text, FALSE);
}

static void
studio_gate_list_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  StudioGateList *self = STUDIO_GATE_LIST (panel);
  g_autofree char *words = NULL;

  gtk_widget_set_visible (GTK_WIDGET (self),
                          view->graph != NULL && studio_panel_n_selected (panel) == 0);
  if (view->graph == NULL || !(changed & STUDIO_GRAPH))
    return;
  words = all_gates (view->graph);
  if (g_strcmp0 (words, self->shown) == 0)
    return;
  g_free (self->shown);
  self->shown = g_steal_pointer (&words);
  clear (self->rows);
  for (guint i = 0; i < anf_graph_n_gates (view->graph); i++)
    add_gate (self, anf_graph_nth_gate (view->graph, i), i);
  gtk_widget_set_visible (self->empty, anf_graph_n_gates (view->graph) == 0);
}

static void
studio_gate_list_finalize (GObject *object)
{
  g_free (STUDIO_GATE_LIST (object)->shown);
  G_OBJECT_CLASS (studio_gate_list_parent_class)->finalize (object);
}

static void
studio_gate_list_class_init (StudioGateListClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = studio_gate_list_finalize;
  STUDIO_PANEL_CLASS (klass)->update = studio_gate_list_update;
}

static void
studio_gate_list_init (StudioGateList *self)
{
  GtkWidget *line = studio_section_begin (GTK_WIDGET (self), _("Accuracy gates"));

  self->rows = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4);
  self->empty = studio_label_new (_("None yet: a gate holds the compressed outputs to a limit"),
                                  "caption", "dim", NULL);
  gtk_label_set_wrap (GTK_LABEL (self->empty), TRUE);
  gtk_box_append (GTK_BOX (line), studio_gate_button_new (STUDIO_PANEL (self), STUDIO_NEW_GATE));
  gtk_box_append (GTK_BOX (self), self->rows);
  gtk_box_append (GTK_BOX (self), self->empty);
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

GtkWidget *
studio_gate_list_new (void)
{
  return g_object_new (STUDIO_TYPE_GATE_LIST, NULL);
}
