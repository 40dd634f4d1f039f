/* inspector-ports.c - where the active node's inputs come from, and what its outputs are called. */
#include <glib/gi18n-lib.h>

#include "edits.h"
#include "inspector-sections.h"

#define STUDIO_TYPE_PORTS (studio_ports_get_type ())
G_DECLARE_FINAL_TYPE (StudioPorts, studio_ports, STUDIO, PORTS, StudioPanel)

typedef struct { GtkWidget *box, *list, *shape, *reason; } InputRow;
typedef struct
{
  GtkWidget *box, *shape, *entry, *reason;
  AnfId      node;
  guint      port;
  char      *name;                 /* public name (nullable) */
} OutputRow;
typedef struct { guint port; const char *name; } Wanted;

struct _StudioPorts
{
  StudioPanel parent_instance;

  GtkWidget     *inputs, *outputs;
  AnfId          node;
  GArray        *input;            /* InputRow */
  GPtrArray     *output;           /* OutputRow */
  GtkStringList *sources;          /* shared by all rows; the first is "not connected" */
  GArray        *refs;             /* AnfRef of each source */
  gboolean       filling;
};

G_DEFINE_FINAL_TYPE (StudioPorts, studio_ports, STUDIO_TYPE_PANEL)

/* ------------------------------------------------------------------------ sources */

/* Nodes that @id feeds: a wire from them would close a loop. Producers come first: one pass. */
static GHashTable *
fed_by (const AnfGraph *graph, AnfId id)
{
  GHashTable *fed = g_hash_table_new (NULL, NULL);

  g_hash_table_add (fed, GSIZE_TO_POINTER (id));
  for (guint i = 0; i < anf_graph_n_nodes (graph); i++)
    {
      const AnfNode *node = anf_graph_nth (graph, i);

      for (guint j = 0; j < anf_node_n_inputs (node); j++)
        if (g_hash_table_contains (fed, GSIZE_TO_POINTER (anf_node_input (node, j).node)))
          g_hash_table_add (fed, GSIZE_TO_POINTER (anf_node_id (node)));
    }
  return fed;
}

static gboolean
same_strings (GtkStringList *list, GPtrArray *names)
{
  if (g_list_model_get_n_items (G_LIST_MODEL (list)) != names->len - 1)
    return FALSE;
  for (guint i = 0; i + 1 < names->len; i++)
    if (!g_str_equal (gtk_string_list_get_string (list, i), g_ptr_array_index (names, i)))
      return FALSE;
  return TRUE;
}

static void
collect_sources (StudioPorts *self, const AnfGraph *graph)
{
  g_autoptr(GHashTable) fed = fed_by (graph, self->node);
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  AnfRef none = { 0, 0 };

  g_array_set_size (self->refs, 0);
  g_array_append_val (self->refs, none);
  g_ptr_array_add (names, g_strdup (_("not connected")));
  for (guint i = 0; i < anf_graph_n_nodes (graph); i++)
    {
      const AnfNode *node = anf_graph_nth (graph, i);

      if (g_hash_table_contains (fed, GSIZE_TO_POINTER (anf_node_id (node))))
        continue;
      for (guint port = 0; port < anf_node_n_outputs (node); port++)
        {
          AnfRef ref = { anf_node_id (node), port };

          g_array_append_val (self->refs, ref);
          g_ptr_array_add (names, studio_ref_text (graph, ref));
        }
    }
  g_ptr_array_add (names, NULL);
  if (!same_strings (self->sources, names))
    gtk_string_list_splice (self->sources, 0,
                            g_list_model_get_n_items (G_LIST_MODEL (self->sources)),
                            (const char *const *) names->pdata);
}

static guint
source_of (StudioPorts *self, AnfRef ref)
{
  for (guint i = 0; ref.node != 0 && i < self->refs->len; i++)
    {
      AnfRef at = g_array_index (self->refs, AnfRef, i);

      if (at.node == ref.node && at.port == ref.port)
        return i;
    }
  return 0;
}

/* ------------------------------------------------------------------------ inputs */

static void
on_source (GtkDropDown *list, GParamSpec *pspec, StudioPorts *self)
{
  const StudioView *view = studio_panel_view (STUDIO_PANEL (self));
  guint in = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (list), "studio-port"));
  guint at = gtk_drop_down_get_selected (list);
  const AnfNode *node = view->graph != NULL ? anf_graph_find (view->graph, self->node) : NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *from = NULL, *label = NULL;
  AnfRef ref;
  AnfGraphBuilder *b;

  if (self->filling || node == NULL || at >= self->refs->len)
    return;

  ref = g_array_index (self->refs, AnfRef, at);
  b = anf_graph_builder_new (view->graph);
  anf_graph_builder_connect (b, ref, self->node, in);
  from = studio_ref_text (view->graph, ref);
  label = from == NULL ? g_strdup_printf (_("Disconnect an input of %s"), anf_node_name (node))
    : g_strdup_printf (_("Connect %s to %s"), from, anf_node_name (node));
  if (!studio_panel_edit (STUDIO_PANEL (self), b, label, NULL, &error))
    studio_label_show (g_array_index (self->input, InputRow, in).reason, error->message);
}

static InputRow
make_input (StudioPorts *self, guint i)
{
  InputRow row = { gtk_box_new (GTK_ORIENTATION_VERTICAL, 0) };
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *name = studio_label_new (NULL, NULL);
  GtkExpression *expression = gtk_property_expression_new (GTK_TYPE_STRING_OBJECT, NULL, "string");

  row.list = gtk_drop_down_new (G_LIST_MODEL (g_object_ref (self->sources)), expression);
  row.shape = studio_label_new (NULL, "numeric", "dim", NULL);
  row.reason = studio_label_new (NULL, "caption", "bad", NULL);
  gtk_drop_down_set_enable_search (GTK_DROP_DOWN (row.list), TRUE);
  gtk_widget_set_hexpand (row.list, TRUE);
  gtk_label_set_width_chars (GTK_LABEL (name), 7);
  gtk_label_set_max_width_chars (GTK_LABEL (name), 7);
  gtk_label_set_ellipsize (GTK_LABEL (name), PANGO_ELLIPSIZE_END);
  gtk_label_set_wrap (GTK_LABEL (row.reason), TRUE);
  gtk_box_append (GTK_BOX (line), name);
  gtk_box_append (GTK_BOX (line), row.list);
  gtk_box_append (GTK_BOX (line), row.shape);
  gtk_box_append (GTK_BOX (row.box), line);
  gtk_box_append (GTK_BOX (row.box), row.reason);
  gtk_box_append (GTK_BOX (self->inputs), row.box);
  g_object_set_data (G_OBJECT (row.list), "studio-port", GUINT_TO_POINTER (i));
  g_object_set_data (G_OBJECT (row.box), "studio-name", name);
  g_signal_connect (row.list, "notify::selected", G_CALLBACK (on_source), self);
  return row;
}

/* Ports, and after the wires of a variadic port one more to add the next. */
static guint
n_input_rows (const AnfNode *node)
{
  const AnfOp *op = anf_node_op (node);
  guint ports = 0;

  while (anf_op_input (op, ports) != NULL)
    ports++;
  if (ports > 0 && anf_op_input (op, ports - 1)->flags & ANF_VARIADIC)
    return anf_node_n_inputs (node) + 1;
  return anf_node_n_inputs (node);
}

static void
show_input (StudioPorts *self, const StudioView *view, const AnfNode *node, guint i)
{
  const InputRow *row = &g_array_index (self->input, InputRow, i);
  gboolean adds = i >= anf_node_n_inputs (node);
  AnfRef ref = adds ? (AnfRef) { 0, 0 } : anf_node_input (node, i);
  const char *port = adds ? _("add") : anf_node_input_name (node, i);
  const AnfFinding *finding = adds ? NULL
    : studio_worst_finding (view->report, self->node, anf_node_input_name (node, i));
  g_autofree char *shape = ref.node == 0 ? g_strdup ("")
    : studio_shape_text (view->report, ref.node, ref.port);
  g_autofree char *words = g_strdup_printf (_("Source of input %s"), port);

  gtk_label_set_text (g_object_get_data (G_OBJECT (row->box), "studio-name"), port);
  gtk_drop_down_set_selected (GTK_DROP_DOWN (row->list), source_of (self, ref));
  studio_set_tip (row->list, words);
  studio_name_widget (row->list, words);
  studio_label_show (row->shape, shape);
  studio_label_show (row->reason, finding != NULL ? finding->message : NULL);
}

static void
show_inputs (StudioPorts *self, const StudioView *view, const AnfNode *node)
{
  guint n = n_input_rows (node);

  self->filling = TRUE;
  while (self->input->len > n)
    {
      InputRow *last = &g_array_index (self->input, InputRow, self->input->len - 1);

      gtk_box_remove (GTK_BOX (self->inputs), last->box);
      g_array_set_size (self->input, self->input->len - 1);
    }
  while (self->input->len < n)
    {
      InputRow row = make_input (self, self->input->len);

      g_array_append_val (self->input, row);
    }
  if (n > 0)
    collect_sources (self, view->graph);
  for (guint i = 0; i < n; i++)
    show_input (self, view, node, i);
  self->filling = FALSE;
  gtk_widget_set_visible (self->inputs, n > 0);
}

/* ------------------------------------------------------------------------ outputs */

static gboolean
has_output (const AnfGraph *graph, const char *name)
{
  AnfRef from;

  for (guint i = 0; i < anf_graph_n_outputs (graph); i++)
    if (g_str_equal (anf_graph_nth_output (graph, i, &from), name))
      return TRUE;
  return FALSE;
}

static void
rename_output (StudioPorts *self, OutputRow *row)
{
  const StudioView *view = studio_panel_view (STUDIO_PANEL (self));
  const char *name = gtk_editable_get_text (GTK_EDITABLE (row->entry));
  g_autofree char *label = NULL;
  AnfGraphBuilder *b;

  if (self->filling || view->graph == NULL || g_str_equal (name, row->name))
    {
      studio_label_show (row->reason, NULL);
      return;
    }
  if (!anf_name_is_valid (name) || has_output (view->graph, name))
    {
      studio_label_show (row->reason, anf_name_is_valid (name)
                         ? _("Another output has this name")
                         : _("Only letters, digits and _, not beginning with a digit"));
      return;
    }
  studio_label_show (row->reason, NULL);
  b = anf_graph_builder_new (view->graph);
  label = g_strdup_printf (_("Rename output %s to %s"), row->name, name);
  if (anf_graph_builder_rename_output (b, row->name, name))
    studio_panel_edit (STUDIO_PANEL (self), b, label, NULL, NULL);
  else
    anf_graph_builder_free (b);
}

static OutputRow *
output_row_of (StudioPorts *self, gpointer widget)
{
  for (guint i = 0; i < self->output->len; i++)
    {
      OutputRow *row = g_ptr_array_index (self->output, i);

      if (gtk_widget_is_ancestor (widget, row->box))
        return row;
    }
  return NULL;
}

static void
on_output_activate (GtkEntry *entry, StudioPorts *self)
{
  OutputRow *row = output_row_of (self, entry);

  if (row != NULL)
    rename_output (self, row);
}

static void
on_output_leave (GtkEventController *focus, StudioPorts *self)
{
  on_output_activate (GTK_ENTRY (gtk_event_controller_get_widget (focus)), self);
}

static void
on_output_toggle (GtkButton *button, StudioPorts *self)
{
  const StudioView *view = studio_panel_view (STUDIO_PANEL (self));
  OutputRow *row = output_row_of (self, button);
  const AnfNode *node = anf_graph_find (view->graph, self->node);
  g_autofree char *name = NULL, *label = NULL;
  AnfGraphBuilder *b;

  if (row == NULL || node == NULL)
    return;

  b = anf_graph_builder_new (view->graph);
  if (row->name != NULL)
    {
      anf_graph_builder_set_output (b, row->name, (AnfRef) { 0, 0 });
      label = g_strdup_printf (_("Remove output %s"), row->name);
    }
  else
    {
      name = g_strdup (anf_node_name (node));
      for (guint i = 2; has_output (view->graph, name); i++)
        {
          g_free (name);
          name = g_strdup_printf ("%s_%u", anf_node_name (node), i);
        }
      anf_graph_builder_set_output (b, name, (AnfRef) { self->node, row->port });
      label = g_strdup_printf (_("Make %s an output"), anf_node_name (node));
    }
  studio_panel_edit (STUDIO_PANEL (self), b, label, NULL, NULL);
}

static void
output_row_free (gpointer data)
{
  OutputRow *row = data;

  g_free (row->name);
  g_free (row);
}

static GtkWidget *
make_output_entry (StudioPorts *self, const char *name)
{
  GtkWidget *entry = gtk_entry_new ();
  GtkEventController *focus = gtk_event_controller_focus_new ();

  gtk_editable_set_text (GTK_EDITABLE (entry), name);
  gtk_editable_set_width_chars (GTK_EDITABLE (entry), 8);
  gtk_widget_set_hexpand (entry, TRUE);
  gtk_widget_set_tooltip_text (entry, _("Public name of this output"));
  studio_name_widget (entry, _("Public name of this output"));
  g_signal_connect (entry, "activate", G_CALLBACK (on_output_activate), self);
  g_signal_connect (focus, "leave", G_CALLBACK (on_output_leave), self);
  gtk_widget_add_controller (entry, focus);
  return entry;
}

/* @name (nullable): the public name; without one a button offers to give it. */
static void
add_output (StudioPorts *self, guint port, const char *name)
{
  OutputRow *row = g_new0 (OutputRow, 1);
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6), *button;

  row->node = self->node;
  row->port = port;
  row->name = g_strdup (name);
  row->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  row->shape = studio_label_new (NULL, "numeric", NULL);
  row->reason = studio_label_new (NULL, "caption", "bad", NULL);
  gtk_label_set_wrap (GTK_LABEL (row->reason), TRUE);
  gtk_widget_set_visible (row->reason, FALSE);
  gtk_widget_set_hexpand (row->shape, name == NULL);
  gtk_box_append (GTK_BOX (line), row->shape);
  if (name != NULL)
    {
      row->entry = make_output_entry (self, name);
      gtk_box_append (GTK_BOX (line), row->entry);
      button = studio_button_new ("list-remove-symbolic", _("No longer an output"));
    }
  else
    {
      button = gtk_button_new_with_label (_("Make Output"));
      gtk_widget_add_css_class (button, "small");
      gtk_widget_set_tooltip_text (button, _("Gives this value a public name"));
    }
  gtk_box_append (GTK_BOX (line), button);
  gtk_box_append (GTK_BOX (row->box), line);
  gtk_box_append (GTK_BOX (row->box), row->reason);
  gtk_box_append (GTK_BOX (self->outputs), row->box);
  g_ptr_array_add (self->output, row);
  g_signal_connect (button, "clicked", G_CALLBACK (on_output_toggle), self);
}

/* Every public name of every port, or the port alone. */
static GArray *
wanted_outputs (const AnfGraph *graph, const AnfNode *node)
{
  GArray *wanted = g_array_new (FALSE, FALSE, sizeof (Wanted));

  for (guint port = 0; port < anf_node_n_outputs (node); port++)
    {
      guint before = wanted->len;
      Wanted one = { port, NULL };

      for (guint i = 0; i < anf_graph_n_outputs (graph); i++)
        {
          AnfRef from;

          one.name = anf_graph_nth_output (graph, i, &from);
          if (from.node == anf_node_id (node) && from.port == port)
            g_array_append_val (wanted, one);
        }
      one.name = NULL;
      if (wanted->len == before)
        g_array_append_val (wanted, one);
    }
  return wanted;
}

static gboolean
shows_outputs (StudioPorts *self, GArray *wanted)
{
  if (self->output->len != wanted->len)
    return FALSE;
  for (guint i = 0; i < wanted->len; i++)
    {
      const OutputRow *row = g_ptr_array_index (self->output, i);
      const Wanted *one = &g_array_index (wanted, Wanted, i);

      if (row->node != self->node || row->port != one->port
          || g_strcmp0 (row->name, one->name) != 0)
        return FALSE;
    }
  return TRUE;
}

static void
show_outputs (StudioPorts *self, const StudioView *view, const AnfNode *node)
{
  g_autoptr(GArray) wanted = wanted_outputs (view->graph, node);

  self->filling = TRUE;            /* an entry that goes loses the focus */
  if (!shows_outputs (self, wanted))
    {
      for (guint i = 0; i < self->output->len; i++)
        gtk_box_remove (GTK_BOX (self->outputs),
                        ((OutputRow *) g_ptr_array_index (self->output, i))->box);
      g_ptr_array_set_size (self->output, 0);
      for (guint i = 0; i < wanted->len; i++)
        add_output (self, g_array_index (wanted, Wanted, i).port,
                    g_array_index (wanted, Wanted, i).name);
    }
  for (guint i = 0; i < self->output->len; i++)
    {
      const OutputRow *row = g_ptr_array_index (self->output, i);
      g_autofree char *shape = studio_shape_text (view->report, self->node, row->port);

      gtk_label_set_text (GTK_LABEL (row->shape), shape);
    }
  self->filling = FALSE;
}

static void
studio_ports_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  StudioPorts *self = STUDIO_PORTS (panel);
  const AnfNode *node = studio_panel_n_selected (panel) == 1 ? studio_panel_active (panel) : NULL;

  if (!(changed & (STUDIO_GRAPH | STUDIO_REPORT | STUDIO_SELECTION)))
    return;
  gtk_widget_set_visible (GTK_WIDGET (self), node != NULL);
  self->node = node != NULL ? anf_node_id (node) : 0;
  if (node == NULL)
    return;
  show_inputs (self, view, node);
  show_outputs (self, view, node);
}

static void
studio_ports_dispose (GObject *object)
{
  StudioPorts *self = STUDIO_PORTS (object);

  self->filling = TRUE;
  G_OBJECT_CLASS (studio_ports_parent_class)->dispose (object);
}

static void
studio_ports_finalize (GObject *object)
{
  StudioPorts *self = STUDIO_PORTS (object);

  g_array_unref (self->input);
  g_ptr_array_unref (self->output);
  g_array_unref (self->refs);
  g_object_unref (self->sources);
  G_OBJECT_CLASS (studio_ports_parent_class)->finalize (object);
}

static void
studio_ports_class_init (StudioPortsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = studio_ports_dispose;
  G_OBJECT_CLASS (klass)->finalize = studio_ports_finalize;
  STUDIO_PANEL_CLASS (klass)->update = studio_ports_update;
}

static void
studio_ports_init (StudioPorts *self)
{
  self->input = g_array_new (FALSE, FALSE, sizeof (InputRow));
  self->output = g_ptr_array_new_with_free_func (output_row_free);
  self->refs = g_array_new (FALSE, FALSE, sizeof (AnfRef));
  self->sources = gtk_string_list_new (NULL);
  self->inputs = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4);
  self->outputs = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4);
  gtk_box_append (GTK_BOX (self->inputs), studio_label_new (_("Inputs"), "section-title",
                                                            "heading", NULL));
  gtk_box_append (GTK_BOX (self->outputs), studio_label_new (_("Outputs"), "section-title",
                                                             "heading", NULL));
  gtk_box_append (GTK_BOX (self), self->inputs);
  gtk_box_append (GTK_BOX (self), self->outputs);
  gtk_box_set_spacing (GTK_BOX (self), 8);
  gtk_widget_add_css_class (GTK_WIDGET (self), "section");
  gtk_widget_add_css_class (GTK_WIDGET (self), "dense");
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

GtkWidget *
studio_ports_new (void)
{
  return g_object_new (STUDIO_TYPE_PORTS, NULL);
}
