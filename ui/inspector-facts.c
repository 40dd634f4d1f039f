/* inspector-facts.c - what the active node costs, and what is known about its operator. */
#include <glib/gi18n-lib.h>

#include "edits.h"
#include "format.h"
#include "inspector-sections.h"

#define STUDIO_TYPE_COST (studio_cost_get_type ())
G_DECLARE_FINAL_TYPE (StudioCost, studio_cost, STUDIO, COST, StudioPanel)
#define STUDIO_TYPE_DOCS (studio_docs_get_type ())
G_DECLARE_FINAL_TYPE (StudioDocs, studio_docs, STUDIO, DOCS, StudioPanel)

struct _StudioCost
{
  StudioPanel parent_instance;

  GtkWidget *work, *params, *in, *out, *time, *share, *basis, *tag, *timed;
};

struct _StudioDocs
{
  StudioPanel parent_instance;

  GtkWidget *doc, *quirk, *limits;
};

G_DEFINE_FINAL_TYPE (StudioCost, studio_cost, STUDIO_TYPE_PANEL)
G_DEFINE_FINAL_TYPE (StudioDocs, studio_docs, STUDIO_TYPE_PANEL)

GtkWidget *
studio_section_begin (GtkWidget *section, const char *title)
{
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *label = studio_label_new (title, "heading", NULL);

  gtk_widget_set_hexpand (label, TRUE);
  gtk_widget_add_css_class (line, "section-title");
  gtk_box_append (GTK_BOX (line), label);
  gtk_box_append (GTK_BOX (section), line);
  gtk_widget_add_css_class (section, "section");
  gtk_widget_add_css_class (section, "dense");
  return line;
}

GtkWidget *
studio_section_value (GtkWidget *section, const char *name)
{
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  GtkWidget *label = studio_label_new (name, "dim", NULL);
  GtkWidget *value = studio_label_new ("–", "numeric", NULL);

  gtk_widget_set_hexpand (label, TRUE);
  gtk_label_set_xalign (GTK_LABEL (value), 1);
  gtk_box_append (GTK_BOX (line), label);
  gtk_box_append (GTK_BOX (line), value);
  gtk_box_append (GTK_BOX (section), line);
  return value;
}

/* ------------------------------------------------------------------------ cost */

static gsize
n_params (const AnfGraph *graph, const AnfNode *node)
{
  const AnfPort *role;
  gsize n = 0;

  for (guint i = 0; (role = anf_op_role (anf_node_op (node), i)) != NULL; i++)
    {
      AnfTensor *tensor = anf_graph_tensor_of (graph, node, role->name);

      n += tensor != NULL ? anf_tensor_elements (tensor) : 0;
    }
  return n;
}

static void
add_bytes (const AnfReport *report, AnfRef ref, gsize *bytes)
{
  const AnfType *type = report != NULL && ref.node != 0
    ? anf_report_type (report, ref.node, ref.port) : NULL;

  *bytes += type != NULL ? anf_type_bytes (type) : 0;
}

static void
show_work (StudioCost *self, const StudioView *view, const AnfNode *node)
{
  double flops = view->report != NULL ? anf_report_flops (view->report, anf_node_id (node)) : 0;
  g_autofree char *count = studio_format_count (flops), *work = NULL;
  g_autofree char *params = studio_format_count (n_params (view->graph, node));
  g_autofree char *in = NULL, *out = NULL;
  gsize read = 0, written = 0;

  for (guint i = 0; i < anf_node_n_inputs (node); i++)
    add_bytes (view->report, anf_node_input (node, i), &read);
  for (guint i = 0; i < anf_node_n_outputs (node); i++)
    add_bytes (view->report, (AnfRef) { anf_node_id (node), i }, &written);
  in = studio_format_bytes (read);
  out = studio_format_bytes (written);
  work = flops > 0 ? g_strdup_printf (_("%s FLOP"), count) : g_strdup ("–");
  gtk_label_set_text (GTK_LABEL (self->work), work);
  gtk_label_set_text (GTK_LABEL (self->params), params);
  gtk_label_set_text (GTK_LABEL (self->in), in);
  gtk_label_set_text (GTK_LABEL (self->out), out);
}

static void
show_time (StudioCost *self, const StudioView *view, const AnfNode *node)
{
  const AnfOpProfile *op = view->profile != NULL
    ? anf_profile_op (view->profile, anf_node_id (node)) : NULL;
  g_autofree char *time = NULL, *share = NULL, *basis = NULL;
  double total;

  gtk_widget_set_visible (self->timed, op != NULL);
  gtk_widget_set_visible (self->tag, op != NULL);
  if (op == NULL)
    return;

  total = anf_profile_total (view->profile).median_us;
  time = studio_format_time_us (op->us.median_us);
  share = studio_format_percent (total > 0 ? op->us.median_us / total : 0);
  basis = g_strdup_printf (_("median of %u runs on the CPU, %u threads%s"),
                           anf_profile_runs (view->profile), anf_profile_threads (view->profile),
                           view->stale ? _("; stale: the graph has changed since") : "");
  gtk_label_set_text (GTK_LABEL (self->time), time);
  gtk_label_set_text (GTK_LABEL (self->share), share);
  studio_label_show (self->basis, basis);
  gtk_label_set_text (GTK_LABEL (self->tag), view->stale ? _("measured, stale") : _("measured"));
  if (view->stale)
    gtk_widget_add_css_class (self->timed, "stale");
  else
    gtk_widget_remove_css_class (self->timed, "stale");
}

static void
studio_cost_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  StudioCost *self = STUDIO_COST (panel);
  const AnfNode *node = studio_panel_n_selected (panel) == 1 ? studio_panel_active (panel) : NULL;

  gtk_widget_set_visible (GTK_WIDGET (self), node != NULL);
  if (node == NULL)
    return;
  show_work (self, view, node);
  show_time (self, view, node);
}

static void
studio_cost_class_init (StudioCostClass *klass)
{
  STUDIO_PANEL_CLASS (klass)->update = studio_cost_update;
}

static void
studio_cost_init (StudioCost *self)
{
  GtkWidget *line = studio_section_begin (GTK_WIDGET (self), _("Cost"));

  self->tag = studio_label_new (NULL, "tag", "measured", NULL);
  gtk_box_append (GTK_BOX (line), self->tag);
  self->timed = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  self->time = studio_section_value (self->timed, _("time"));
  self->share = studio_section_value (self->timed, _("share of the run"));
  self->basis = studio_label_new (NULL, "caption", "faint", NULL);
  gtk_label_set_wrap (GTK_LABEL (self->basis), TRUE);
  gtk_box_append (GTK_BOX (self->timed), self->basis);
  gtk_box_append (GTK_BOX (self), self->timed);
  self->work = studio_section_value (GTK_WIDGET (self), _("work"));
  self->params = studio_section_value (GTK_WIDGET (self), _("parameters"));
  self->in = studio_section_value (GTK_WIDGET (self), _("values read"));
  self->out = studio_section_value (GTK_WIDGET (self), _("values written"));
  gtk_box_set_spacing (GTK_BOX (self), 2);
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

GtkWidget *
studio_cost_new (void)
{
  return g_object_new (STUDIO_TYPE_COST, NULL);
}

/* ------------------------------------------------------------------------ docs */

/* "x: feature map" for every port and weight role. */
static char *
ports_of (const AnfOp *op)
{
  g_autoptr(GString) text = g_string_new (NULL);
  const AnfPort *port;

  for (guint i = 0; (port = anf_op_input (op, i)) != NULL; i++)
    g_string_append_printf (text, "%s%s: %s%s", text->len > 0 ? "\n" : "", port->name,
                            port->doc != NULL ? port->doc : _("input"),
                            port->flags & ANF_VARIADIC ? _(" (any number)")
                            : port->flags & ANF_OPTIONAL ? _(" (optional)") : "");
  for (guint i = 0; (port = anf_op_role (op, i)) != NULL; i++)
    g_string_append_printf (text, "%s%s: %s%s", text->len > 0 ? "\n" : "", port->name,
                            port->doc != NULL ? port->doc : _("weight"),
                            port->flags & ANF_OPTIONAL ? _(" (optional)") : "");
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
studio_docs_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  StudioDocs *self = STUDIO_DOCS (panel);
  const AnfNode *node = studio_panel_n_selected (panel) == 1 ? studio_panel_active (panel) : NULL;
  const AnfOp *op = node != NULL ? anf_node_op (node) : NULL;
  g_autofree char *quirk = NULL, *limits = NULL;

  gtk_widget_set_visible (GTK_WIDGET (self), op != NULL);
  if (op == NULL)
    return;
  if (anf_op_quirk (op) != NULL)
    quirk = g_strdup_printf (_("On the hardware: %s"), anf_op_quirk (op));
  limits = ports_of (op);
  studio_label_show (self->doc, anf_op_doc (op));
  studio_label_show (self->quirk, quirk);
  studio_label_show (self->limits, limits);
}

static void
studio_docs_class_init (StudioDocsClass *klass)
{
  STUDIO_PANEL_CLASS (klass)->update = studio_docs_update;
}

static void
studio_docs_init (StudioDocs *self)
{
  GtkWidget **labels[] = { &self->doc, &self->quirk, &self->limits };

  studio_section_begin (GTK_WIDGET (self), _("About this operator"));
  for (guint i = 0; i < G_N_ELEMENTS (labels); i++)
    {
      *labels[i] = studio_label_new (NULL, "caption", i == 1 ? "warn" : "dim", NULL);
      gtk_label_set_wrap (GTK_LABEL (*labels[i]), TRUE);
      gtk_label_set_selectable (GTK_LABEL (*labels[i]), TRUE);
      gtk_widget_set_can_focus (*labels[i], FALSE);
      gtk_box_append (GTK_BOX (self), *labels[i]);
    }
  gtk_box_set_spacing (GTK_BOX (self), 4);
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

GtkWidget *
studio_docs_new (void)
{
  return g_object_new (STUDIO_TYPE_DOCS, NULL);
}
