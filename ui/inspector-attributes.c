/* inspector-attributes.c - an editor for every attribute of the active node. */
#include <glib/gi18n-lib.h>

#include "attr-editor.h"
#include "attr-value.h"
#include "edits.h"
#include "inspector-sections.h"

#define STUDIO_TYPE_ATTRIBUTES (studio_attributes_get_type ())
G_DECLARE_FINAL_TYPE (StudioAttributes, studio_attributes, STUDIO, ATTRIBUTES, StudioPanel)

struct _StudioAttributes
{
  StudioPanel parent_instance;

  AnfId        node;
  const AnfOp *op;
  GPtrArray   *editors;            /* StudioAttrEditor, borrowed from the box */
};

G_DEFINE_FINAL_TYPE (StudioAttributes, studio_attributes, STUDIO_TYPE_PANEL)

static void
on_set (StudioAttrEditor *editor, GVariant *value, gboolean spinning, StudioAttributes *self)
{
  const StudioView *view = studio_panel_view (STUDIO_PANEL (self));
  const AnfAttr *attr = studio_attr_editor_attr (editor);
  const AnfNode *node = view->graph != NULL ? anf_graph_find (view->graph, self->node) : NULL;
  g_autofree char *text = studio_attr_text (value), *label = NULL, *merge = NULL;
  AnfGraphBuilder *b;

  if (node == NULL || (value == NULL && !anf_node_attr_is_set (node, attr->name)))
    return;

  b = anf_graph_builder_new (view->graph);
  anf_graph_builder_set_attr (b, self->node, attr->name, value);
  label = value == NULL
    ? g_strdup_printf (_("Reset %s of %s"), attr->name, anf_node_name (node))
    : g_strdup_printf (_("Set %s of %s to %s"), attr->name, anf_node_name (node), text);
  if (spinning)
    merge = g_strdup_printf ("attr:%" G_GUINT64_FORMAT ":%s", self->node, attr->name);
  studio_panel_edit (STUDIO_PANEL (self), b, label, merge, NULL);
}

static void
rebuild (StudioAttributes *self, const AnfNode *node)
{
  for (guint i = 0; i < self->editors->len; i++)
    {
      GtkWidget *editor = g_ptr_array_index (self->editors, i);

      g_signal_handlers_disconnect_by_data (editor, self);   /* it may yet lose the focus */
      gtk_box_remove (GTK_BOX (self), editor);
    }
  g_ptr_array_set_size (self->editors, 0);

  self->node = node != NULL ? anf_node_id (node) : 0;
  self->op = node != NULL ? anf_node_op (node) : NULL;
  for (guint i = 0; node != NULL && anf_op_attr (self->op, i) != NULL; i++)
    {
      GtkWidget *editor = studio_attr_editor_new (anf_op_attr (self->op, i));

      g_signal_connect (editor, "set", G_CALLBACK (on_set), self);
      gtk_box_append (GTK_BOX (self), editor);
      g_ptr_array_add (self->editors, editor);
    }
  gtk_widget_set_visible (GTK_WIDGET (self), self->editors->len > 0);
}

static void
studio_attributes_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  StudioAttributes *self = STUDIO_ATTRIBUTES (panel);
  const AnfNode *node = studio_panel_n_selected (panel) == 1 ? studio_panel_active (panel) : NULL;

  if (!(changed & (STUDIO_GRAPH | STUDIO_REPORT | STUDIO_SELECTION)))
    return;
  if ((node != NULL ? anf_node_id (node) : 0) != self->node
      || (node != NULL && anf_node_op (node) != self->op))
    rebuild (self, node);

  for (guint i = 0; i < self->editors->len; i++)
    {
      StudioAttrEditor *editor = g_ptr_array_index (self->editors, i);
      const AnfAttr *attr = studio_attr_editor_attr (editor);
      const AnfFinding *finding = studio_worst_finding (view->report, self->node, attr->name);
      g_autoptr(GVariant) value = anf_node_attr (node, attr->name);

      studio_attr_editor_show (editor, value, anf_node_attr_is_set (node, attr->name),
                               finding != NULL ? finding->message : NULL);
    }
}

static void
studio_attributes_finalize (GObject *object)
{
  g_ptr_array_unref (STUDIO_ATTRIBUTES (object)->editors);
  G_OBJECT_CLASS (studio_attributes_parent_class)->finalize (object);
}

static void
studio_attributes_class_init (StudioAttributesClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = studio_attributes_finalize;
  STUDIO_PANEL_CLASS (klass)->update = studio_attributes_update;
}

static void
studio_attributes_init (StudioAttributes *self)
{
  self->editors = g_ptr_array_new ();
  studio_section_begin (GTK_WIDGET (self), _("Attributes"));
  gtk_box_set_spacing (GTK_BOX (self), 4);
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

GtkWidget *
studio_attributes_new (void)
{
  return g_object_new (STUDIO_TYPE_ATTRIBUTES, NULL);
}
