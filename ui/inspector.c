/* inspector.c - all there is to say and set about the selected node, or the document. */
#include "inspector.h"

#include <glib/gi18n-lib.h>

#include "edits.h"
#include "format.h"
#include "inspector-sections.h"

#define N_FAMILIES 5

struct _StudioInspector
{
  StudioPanel parent_instance;

  GtkWidget   *header, *glyph, *name, *op, *reason, *route, *tags, *several, *count, *common;
  GtkWidget   *body, *roles;
  AnfId        node;               /* in the header */
  const AnfOp *tagged;             /* whose availability the tags show */
  char        *shown;              /* the name that was put into the entry */
  gboolean     filling;
};

G_DEFINE_FINAL_TYPE (StudioInspector, studio_inspector, STUDIO_TYPE_PANEL)

/* ------------------------------------------------------------------------ the name */

static void
complain (StudioInspector *self, const char *reason)
{
  studio_label_show (self->reason, reason);
  if (reason != NULL)
    gtk_widget_add_css_class (self->name, "error");
  else
    gtk_widget_remove_css_class (self->name, "error");
  gtk_accessible_update_state (GTK_ACCESSIBLE (self->name), GTK_ACCESSIBLE_STATE_INVALID,
                               reason != NULL ? GTK_ACCESSIBLE_INVALID_TRUE
                               : GTK_ACCESSIBLE_INVALID_FALSE, -1);
}

static void
on_name_changed (GtkEntry *entry, StudioInspector *self)
{
  const AnfGraph *graph = studio_panel_view (STUDIO_PANEL (self))->graph;
  g_autofree char *reason = NULL;

  if (self->filling || graph == NULL || self->node == 0)
    return;
  reason = studio_name_reason (graph, self->node, gtk_editable_get_text (GTK_EDITABLE (entry)));
  complain (self, reason);
}

static void
on_name_activate (GtkEntry *entry, StudioInspector *self)
{
  g_autofree char *reason = NULL;

  if (self->node == 0)
    return;
  studio_rename (STUDIO_PANEL (self), self->node, gtk_editable_get_text (GTK_EDITABLE (entry)),
                 &reason);
  complain (self, reason);
}

static void
on_name_leave (GtkEventControllerFocus *focus, StudioInspector *self)
{
  on_name_activate (GTK_ENTRY (self->name), self);
}

/* ------------------------------------------------------------------------ the header */

/* "h13 h14 h15": the first architecture of each family where the operator is @availability. */
static char *
families_with (const AnfOp *op, AnfAvailability availability)
{
  GString *text = g_string_new (NULL);

  for (guint family = 1; family <= N_FAMILIES; family++)
    {
      if (anf_op_on (op, family) != availability)
        continue;
      for (guint i = 0; i < anf_arch_n (); i++)
        if (anf_arch_family (anf_arch_nth (i)) == family)
          {
            g_string_append_printf (text, "%s%s", text->len > 0 ? " " : "", anf_arch_nth (i));
            break;
          }
    }
  return g_string_free (text, FALSE);
}

static void
add_tag (StudioInspector *self, const char *words, const char *css, const char *tip)
{
  GtkWidget *tag = studio_label_new (words, "tag", css, NULL);
  GtkWidget *child = gtk_flow_box_child_new ();

  gtk_widget_set_tooltip_text (tag, tip);
  gtk_widget_set_halign (tag, GTK_ALIGN_START);
  gtk_flow_box_child_set_child (GTK_FLOW_BOX_CHILD (child), tag);
  gtk_widget_set_focusable (child, FALSE);
  gtk_flow_box_append (GTK_FLOW_BOX (self->tags), child);
}

static void
show_tags (StudioInspector *self, const AnfOp *op)
{
  static const struct { const char *css, *words, *tip; } kinds[] = {
    [ANF_NATIVE] = { "passed", N_("native %s"), N_("Eligible: these families have the operator") },
    [ANF_DECOMPOSE] = { "warning", N_("decomposed %s"), N_("Rewritten into other operators") },
    [ANF_BRIDGE] = { "bridge", N_("bridge %s"), N_("Runs between two programs, outside of them") },
    [ANF_REJECT] = { "failed", N_("refused %s"), N_("These families do not take the operator") },
  };
  GtkWidget *child;

  if (op == self->tagged)
    return;
  self->tagged = op;
  while ((child = gtk_widget_get_first_child (self->tags)) != NULL)
    gtk_flow_box_remove (GTK_FLOW_BOX (self->tags), child);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *families = families_with (op, i), *words = NULL;

      if (*families == '\0')
        continue;
      words = g_strdup_printf (_(kinds[i].words), families);
      add_tag (self, words, kinds[i].css, _(kinds[i].tip));
    }
}

static const char *
route_words (const AnfOp *op)
{
  static const struct { const char *route, *words; } routes[] = {
    { "fused", N_("Eligible to run fused with its neighbours. Where it is placed, the chip's "
                  "compiler decides.") },
    { "bridge", N_("Eligible as a bridge: it cuts the graph and runs between two programs.") },
    { "host", N_("Runs on the host.") },
    { "source", N_("Brings a value in; it is not run itself.") },
  };

  for (guint i = 0; i < G_N_ELEMENTS (routes); i++)
    if (g_strcmp0 (anf_op_route (op), routes[i].route) == 0)
      return _(routes[i].words);
  return anf_op_route (op);
}

static void
show_header (StudioInspector *self, const AnfNode *node)
{
  const AnfOp *op = anf_node_op (node);
  g_autofree char *icon = studio_category_icon (anf_op_category (op));
  g_autofree char *css = studio_category_class (anf_op_category (op));
  gboolean other = self->node != anf_node_id (node)
                   || g_strcmp0 (self->shown, anf_node_name (node)) != 0;

  self->node = anf_node_id (node);
  gtk_image_set_from_icon_name (GTK_IMAGE (self->glyph), icon);
  gtk_widget_set_css_classes (self->glyph, (const char *[]) { css, NULL });
  studio_set_tip (self->glyph, anf_category_title (anf_op_category (op)));
  gtk_label_set_text (GTK_LABEL (self->op), anf_node_op_name (node));
  studio_set_tip (self->op, anf_op_title (op));
  gtk_label_set_text (GTK_LABEL (self->route), route_words (op));
  show_tags (self, op);
  if (!other)
    return;                        /* a name that is being typed stays */

  g_free (self->shown);
  self->shown = g_strdup (anf_node_name (node));
  self->filling = TRUE;
  if (g_strcmp0 (gtk_editable_get_text (GTK_EDITABLE (self->name)), self->shown) != 0)
    gtk_editable_set_text (GTK_EDITABLE (self->name), self->shown);
  self->filling = FALSE;
  complain (self, NULL);
}

/* ------------------------------------------------------------------------ several nodes */

static void
show_several (StudioInspector *self, const StudioView *view, guint n)
{
  const AnfNode *first = NULL;
  gboolean same = TRUE;
  double flops = 0;
  g_autofree char *count = g_strdup_printf (ngettext ("%u node selected", "%u nodes selected", n),
                                            n);
  g_autofree char *work = NULL, *common = NULL;

  for (guint i = 0; i < view->selection->len; i++)
    {
      const AnfNode *node = anf_graph_find (view->graph, g_array_index (view->selection, AnfId, i));

      if (node == NULL)
        continue;
      first = first != NULL ? first : node;
      same &= anf_node_op (node) == anf_node_op (first);
      flops += view->report != NULL ? anf_report_flops (view->report, anf_node_id (node)) : 0;
    }
  work = studio_format_count (flops);
  if (same && first != NULL)
    common = g_strdup_printf (_("All of operator %s, %s FLOP together"), anf_node_op_name (first),
                              work);
  else
    common = g_strdup_printf (_("Of several operators, %s FLOP together"), work);
  gtk_label_set_text (GTK_LABEL (self->count), count);
  gtk_label_set_text (GTK_LABEL (self->common), common);
}

static void
studio_inspector_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  StudioInspector *self = STUDIO_INSPECTOR (panel);
  guint n = studio_panel_n_selected (panel);
  const AnfNode *node = n == 1 ? studio_panel_active (panel) : NULL;

  if (!(changed & (STUDIO_GRAPH | STUDIO_REPORT | STUDIO_SELECTION)))
    return;
  gtk_widget_set_visible (self->header, node != NULL);
  gtk_widget_set_visible (self->several, n > 1);
  if (node != NULL)
    show_header (self, node);
  else
    self->node = 0;
  if (n > 1)
    show_several (self, view, n);
}

void
studio_inspector_attach (StudioInspector *self, const char *role, const char *path)
{
  g_return_if_fail (STUDIO_IS_INSPECTOR (self));

  studio_roles_attach (self->roles, role, path);
}

/* ------------------------------------------------------------------------ the widget */

static void
studio_inspector_dispose (GObject *object)
{
  StudioInspector *self = STUDIO_INSPECTOR (object);

  self->node = 0;
  g_clear_pointer (&self->shown, g_free);
  gtk_widget_dispose_template (GTK_WIDGET (self), STUDIO_TYPE_INSPECTOR);
  G_OBJECT_CLASS (studio_inspector_parent_class)->dispose (object);
}

static void
studio_inspector_class_init (StudioInspectorClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = studio_inspector_dispose;
  STUDIO_PANEL_CLASS (klass)->update = studio_inspector_update;

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/aneforge/Studio/ui/inspector.ui");
  gtk_widget_class_bind_template_child (widget_class, StudioInspector, header);
  gtk_widget_class_bind_template_child (widget_class, StudioInspector, glyph);
  gtk_widget_class_bind_template_child (widget_class, StudioInspector, name);
  gtk_widget_class_bind_template_child (widget_class, StudioInspector, op);
  gtk_widget_class_bind_template_child (widget_class, StudioInspector, reason);
  gtk_widget_class_bind_template_child (widget_class, StudioInspector, route);
  gtk_widget_class_bind_template_child (widget_class, StudioInspector, tags);
  gtk_widget_class_bind_template_child (widget_class, StudioInspector, several);
  gtk_widget_class_bind_template_child (widget_class, StudioInspector, count);
  gtk_widget_class_bind_template_child (widget_class, StudioInspector, common);
  gtk_widget_class_bind_template_child (widget_class, StudioInspector, body);
  gtk_widget_class_bind_template_callback (widget_class, on_name_activate);
  gtk_widget_class_bind_template_callback (widget_class, on_name_changed);
}

static void
studio_inspector_init (StudioInspector *self)
{
  GtkEventController *focus = gtk_event_controller_focus_new ();
  GtkWidget *sections[] = {
    studio_attributes_new (), studio_ports_new (), self->roles = studio_roles_new (),
    studio_cost_new (), studio_docs_new (), studio_settings_new (), studio_results_new (),
    studio_gate_list_new (),
  };

  gtk_widget_init_template (GTK_WIDGET (self));
  for (guint i = 0; i < G_N_ELEMENTS (sections); i++)
    {
      gtk_box_append (GTK_BOX (self->body), sections[i]);
      studio_panel_adopt (STUDIO_PANEL (self), STUDIO_PANEL (sections[i]));
    }
  g_signal_connect (focus, "leave", G_CALLBACK (on_name_leave), self);
  gtk_widget_add_controller (self->name, focus);
}

GtkWidget *
studio_inspector_new (void)
{
  return g_object_new (STUDIO_TYPE_INSPECTOR, NULL);
}
