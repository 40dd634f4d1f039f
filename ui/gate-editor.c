/* gate-editor.c - a form for one accuracy gate, in a popover: output, metric, limit, inputs. */
#include "gate-editor.h"


#include <glib/gi18n-lib.h>

#include "attr-value.h"
#include "edits.h"

static const struct { const char *name, *title, *limit; gboolean floor; } metrics[] = {
  { "rel_l2", N_("relative L2"), "0.01", FALSE }, { "max_abs", N_("max abs"), "0.01", FALSE },
  { "cosine", N_("cosine"), "0.999", TRUE }, { "psnr", N_("PSNR, dB"), "40", TRUE },
  { "top1", N_("top-1 agreement"), "0.99", TRUE },
};

struct _StudioGateEditor
{
  StudioPanel parent_instance;

  int            index;
  GtkStringList *names;
  GtkWidget     *output, *metric, *limit, *inputs, *reason, *apply, *compares;
  gboolean       filling;
};

G_DEFINE_FINAL_TYPE (StudioGateEditor, studio_gate_editor, STUDIO_TYPE_PANEL)

static guint
metric_at (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (metrics); i++)
    if (g_strcmp0 (metrics[i].name, name) == 0)
      return i;
  return GTK_INVALID_LIST_POSITION;
}

const char *
studio_metric_title (const char *metric)
{
  guint at = metric_at (metric);

  return at < G_N_ELEMENTS (metrics) ? _(metrics[at].title) : metric;
}

gboolean
studio_metric_is_floor (const char *metric)
{
  guint at = metric_at (metric);

  return at < G_N_ELEMENTS (metrics) && metrics[at].floor;
}

static GArray *
gates_of (const AnfGraph *graph)
{
  GArray *gates = g_array_new (FALSE, FALSE, sizeof (AnfGate));

  for (guint i = 0; graph != NULL && i < anf_graph_n_gates (graph); i++)
    g_array_append_vals (gates, anf_graph_nth_gate (graph, i), 1);
  return gates;
}

static void
ask (StudioPanel *panel, GArray *gates, const char *label, const char *merge)
{
  AnfGraphBuilder *b = anf_graph_builder_new (studio_panel_view (panel)->graph);

  anf_graph_builder_set_gates (b, gates->len, (const AnfGate *) gates->data);
  studio_panel_edit (panel, b, label, merge, NULL);
}

gboolean
studio_gate_set_limit (StudioPanel *panel, guint index, const char *text, char **reason)
{
  const AnfGraph *graph = studio_panel_view (panel)->graph;
  g_autoptr(GArray) gates = gates_of (graph);
  AnfGate *gate;
  double limit;
  g_autofree char *label = NULL, *shown = NULL;

  *reason = NULL;
  if (index >= gates->len)
    return FALSE;
  if (!studio_real_parse (text, &limit) || limit < 0)
    {
      *reason = g_strdup (_("A limit is a number, zero or more"));
      return FALSE;
    }
  gate = &g_array_index (gates, AnfGate, index);
  if (gate->limit == limit)
    return TRUE;
  gate->limit = limit;
  shown = studio_real_text (limit);
  label = g_strdup_printf (_("Set the limit of %s %s to %s"), gate->output, gate->metric, shown);
  ask (panel, gates, label, NULL);
  return TRUE;
}

void
studio_gate_remove (StudioPanel *panel, guint index)
{
  g_autoptr(GArray) gates = gates_of (studio_panel_view (panel)->graph);
  g_autofree char *label = NULL;

  if (index >= gates->len)
    return;
  label = g_strdup_printf (_("Remove the gate on %s"),
                           g_array_index (gates, AnfGate, index).output);
  g_array_remove_index (gates, index);
  ask (panel, gates, label, NULL);
}

/* ------------------------------------------------------------------------ the form */

static void
on_changed (StudioGateEditor *self)
{
  guint at = gtk_drop_down_get_selected (GTK_DROP_DOWN (self->metric));
  double limit;
  const char *why = NULL;

  if (self->filling || at >= G_N_ELEMENTS (metrics))
    return;
  gtk_label_set_text (GTK_LABEL (self->compares), metrics[at].floor ? _("≥ limit") : _("≤ limit"));
  if (g_list_model_get_n_items (G_LIST_MODEL (self->names)) == 0)
    why = _("The document has no output to compare");
  else if (!studio_real_parse (gtk_editable_get_text (GTK_EDITABLE (self->limit)), &limit)
           || limit < 0)
    why = _("A limit is a number, zero or more");
  studio_label_show (self->reason, why);
  gtk_widget_set_sensitive (self->apply, why == NULL);
}

static void
on_metric (StudioGateEditor *self)
{
  guint at = gtk_drop_down_get_selected (GTK_DROP_DOWN (self->metric));

  if (self->filling || at >= G_N_ELEMENTS (metrics))
    return;
  gtk_editable_set_text (GTK_EDITABLE (self->limit), metrics[at].limit);
  on_changed (self);
}

static void
on_apply (StudioGateEditor *self)
{
  const AnfGraph *graph = studio_panel_view (STUDIO_PANEL (self))->graph;
  g_autoptr(GArray) gates = gates_of (graph);
  guint output = gtk_drop_down_get_selected (GTK_DROP_DOWN (self->output));
  guint metric = gtk_drop_down_get_selected (GTK_DROP_DOWN (self->metric));
  const char *inputs = gtk_editable_get_text (GTK_EDITABLE (self->inputs));
  GtkWidget *popover = gtk_widget_get_ancestor (GTK_WIDGET (self), GTK_TYPE_POPOVER);
  g_autofree char *label = NULL;
  AnfGate gate = { 0 };

  if (graph == NULL || metric >= G_N_ELEMENTS (metrics)
      || output >= g_list_model_get_n_items (G_LIST_MODEL (self->names))
      || !studio_real_parse (gtk_editable_get_text (GTK_EDITABLE (self->limit)), &gate.limit))
    return;

  gate.output = g_intern_string (gtk_string_list_get_string (self->names, output));
  gate.metric = metrics[metric].name;
  gate.inputs = *inputs != '\0' ? g_intern_string (inputs) : NULL;
  if (popover != NULL)
    gtk_popover_popdown (GTK_POPOVER (popover));
  if (self->index >= 0 && (guint) self->index < gates->len)
    {
      g_array_index (gates, AnfGate, self->index) = gate;
      label = g_strdup_printf (_("Change the gate on %s"), gate.output);
    }
  else
    {
      g_array_append_val (gates, gate);
      label = g_strdup_printf (_("Add a gate on %s"), gate.output);
    }
  ask (STUDIO_PANEL (self), gates, label, NULL);
}

static void
fill_outputs (StudioGateEditor *self, const AnfGraph *graph, const char *chosen)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->names)), at = 0;

  gtk_string_list_splice (self->names, 0, n, NULL);
  for (guint i = 0; graph != NULL && i < anf_graph_n_outputs (graph); i++)
    {
      AnfRef from;
      const char *name = anf_graph_nth_output (graph, i, &from);

      gtk_string_list_append (self->names, name);
      if (g_strcmp0 (name, chosen) == 0)
        at = i;
    }
  gtk_drop_down_set_selected (GTK_DROP_DOWN (self->output), at);
}

void
studio_gate_editor_begin (StudioGateEditor *self, int index)
{
  const AnfGraph *graph = studio_panel_view (STUDIO_PANEL (self))->graph;
  const AnfGate *gate = graph != NULL && index >= 0 && (guint) index < anf_graph_n_gates (graph)
    ? anf_graph_nth_gate (graph, index) : NULL;
  g_autofree char *limit = studio_real_text (gate != NULL ? gate->limit : 0.01);

  g_return_if_fail (STUDIO_IS_GATE_EDITOR (self));

  self->index = index;
  self->filling = TRUE;
  fill_outputs (self, graph, gate != NULL ? gate->output : NULL);
  gtk_drop_down_set_selected (GTK_DROP_DOWN (self->metric),
                              gate != NULL ? metric_at (gate->metric) : 0);
  gtk_editable_set_text (GTK_EDITABLE (self->limit), limit);
  gtk_editable_set_text (GTK_EDITABLE (self->inputs),
                         gate != NULL && gate->inputs != NULL ? gate->inputs : "");
  gtk_button_set_label (GTK_BUTTON (self->apply), gate != NULL ? _("Change Gate") : _("Add Gate"));
  self->filling = FALSE;
  on_changed (self);
}

static void
add_line (StudioGateEditor *self, const char *name, GtkWidget *control, GtkWidget *extra)
{
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  GtkWidget *label = studio_label_new (name, NULL);

  gtk_label_set_width_chars (GTK_LABEL (label), 8);
  gtk_widget_set_hexpand (control, TRUE);
  studio_name_widget (control, name);
  gtk_box_append (GTK_BOX (line), label);
  gtk_box_append (GTK_BOX (line), control);
  if (extra != NULL)
    gtk_box_append (GTK_BOX (line), extra);
  gtk_box_append (GTK_BOX (self), line);
}

static void
studio_gate_editor_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
}

static void
studio_gate_editor_dispose (GObject *object)
{
  StudioGateEditor *self = STUDIO_GATE_EDITOR (object);

  self->filling = TRUE;
  g_clear_object (&self->names);
  G_OBJECT_CLASS (studio_gate_editor_parent_class)->dispose (object);
}

static void
studio_gate_editor_class_init (StudioGateEditorClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = studio_gate_editor_dispose;
  STUDIO_PANEL_CLASS (klass)->update = studio_gate_editor_update;
}

static GtkWidget *
metric_list (void)
{
  g_autoptr(GtkStringList) titles = gtk_string_list_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (metrics); i++)
    gtk_string_list_append (titles, _(metrics[i].title));
  return gtk_drop_down_new (G_LIST_MODEL (g_steal_pointer (&titles)), NULL);
}

static void
studio_gate_editor_init (StudioGateEditor *self)
{
  self->filling = TRUE;
  self->index = STUDIO_NEW_GATE;
  self->names = gtk_string_list_new (NULL);
  self->output = gtk_drop_down_new (G_LIST_MODEL (g_object_ref (self->names)), NULL);
  self->metric = metric_list ();
  self->limit = gtk_entry_new ();
  self->inputs = gtk_entry_new ();
  self->compares = studio_label_new (NULL, "caption", "dim", NULL);
  self->reason = studio_label_new (NULL, "caption", "bad", NULL);
  self->apply = gtk_button_new_with_label (_("Add Gate"));
  gtk_entry_set_placeholder_text (GTK_ENTRY (self->inputs), _("one random sample"));
  gtk_widget_set_tooltip_text (self->inputs, _("An .npz beside the document, with an array for "
                                               "each input; empty: one random sample, seed 0"));
  gtk_widget_set_tooltip_text (self->limit, _("Where the gate closes"));
  gtk_widget_set_tooltip_text (self->metric, _("How outputs are compared with fp32"));
  gtk_widget_set_tooltip_text (self->output, _("The output that is compared"));
  gtk_widget_add_css_class (self->apply, "suggested-action");
  gtk_widget_add_css_class (GTK_WIDGET (self), "dense");
  gtk_widget_set_size_request (GTK_WIDGET (self), 260, -1);
  gtk_box_set_spacing (GTK_BOX (self), 6);
  add_line (self, _("output"), self->output, NULL);
  add_line (self, _("metric"), self->metric, NULL);
  add_line (self, _("limit"), self->limit, self->compares);
  add_line (self, _("inputs"), self->inputs, NULL);
  gtk_box_append (GTK_BOX (self), self->reason);
  gtk_box_append (GTK_BOX (self), self->apply);
  g_signal_connect_swapped (self->metric, "notify::selected", G_CALLBACK (on_metric), self);
  g_signal_connect_swapped (self->limit, "changed", G_CALLBACK (on_changed), self);
  g_signal_connect_swapped (self->limit, "activate", G_CALLBACK (on_apply), self);
  g_signal_connect_swapped (self->inputs, "activate", G_CALLBACK (on_apply), self);
  g_signal_connect_swapped (self->apply, "clicked", G_CALLBACK (on_apply), self);
  self->filling = FALSE;
  on_changed (self);
}

GtkWidget *
studio_gate_editor_new (void)
{
  return g_object_new (STUDIO_TYPE_GATE_EDITOR, NULL);
}

/* ------------------------------------------------------------------------ the button */

static void
on_shown (GtkPopover *popover, gpointer index)
{
  studio_gate_editor_begin (STUDIO_GATE_EDITOR (gtk_popover_get_child (popover)),
                            GPOINTER_TO_INT (index));
}

GtkWidget *
studio_gate_button_new (StudioPanel *owner, int index)
{
  GtkWidget *button = gtk_menu_button_new (), *popover = gtk_popover_new ();
  GtkWidget *editor = studio_gate_editor_new ();
  const char *words = index >= 0 ? _("Change this gate") : _("Add a gate");

  gtk_popover_set_child (GTK_POPOVER (popover), editor);
  gtk_menu_button_set_popover (GTK_MENU_BUTTON (button), popover);
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (button), index >= 0 ? "document-edit-symbolic"
                                 : "list-add-symbolic");
  gtk_widget_add_css_class (gtk_widget_get_first_child (button), "small");
  gtk_widget_add_css_class (gtk_widget_get_first_child (button), "flat");
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_set_tooltip_text (button, words);
  studio_name_widget (button, words);
  studio_panel_adopt (owner, STUDIO_PANEL (editor));
  g_signal_connect (popover, "show", G_CALLBACK (on_shown), GINT_TO_POINTER (index));
  return button;
}
