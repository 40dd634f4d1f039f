/* canvas-state.c - what a node is besides its operator: muted, collapsed, a composite. */
#include "canvas-private.h"

#include <glib/gi18n-lib.h>

/* Why the value of its first input cannot stand for that of the node (transfer full); NULL: it
 * can. */
static char *
mute_refusal (StudioCanvas *self, const AnfNode *node)
{
  AnfRef from = anf_node_n_inputs (node) > 0 ? anf_node_input (node, 0) : (AnfRef) { 0 };
  const AnfType *in = self->report != NULL && from.node != 0
                      ? anf_report_type (self->report, from.node, from.port) : NULL;
  const AnfType *out = self->report != NULL
                       ? anf_report_type (self->report, anf_node_id (node), 0) : NULL;
  g_autofree char *a = in != NULL ? anf_type_to_string (in) : NULL;
  g_autofree char *b = out != NULL ? anf_type_to_string (out) : NULL;

  if (anf_node_n_inputs (node) == 0)
    return g_strdup (_("Nothing comes in that could go through instead."));
  if (anf_node_n_outputs (node) != 1)
    return g_strdup (_("It has several outputs; one value cannot stand for all of them."));
  if (in != NULL && out != NULL && !anf_type_equal (in, out))
    return g_strdup_printf (_("It makes %s of %s: what follows could not take the input."), b, a);
  if (in != NULL && in->dtype != ANF_F16)
    return g_strdup (_("Only fp16 values can go through."));
  return NULL;
}

static void
refuse (StudioCanvas *self, const AnfNode *node, char *why)
{
  const StudioBox *box = studio_scene_box (studio_canvas_scene (self), anf_node_id (node));

  g_free (self->refusal_title);
  g_free (self->refusal_why);
  self->refusal_title = g_strdup_printf (_("%s cannot be muted"), anf_node_name (node));
  self->refusal_why = why;
  self->refusal_stays = TRUE;
  self->refusal_at = (StudioPoint) { box->box.x, box->box.y + box->box.height };
  gtk_widget_error_bell (GTK_WIDGET (self));
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* All are muted, or, if all are muted already, none. */
void
studio_canvas_mute (StudioCanvas *self)
{
  g_autoptr(GArray) ids = studio_canvas_dup_chosen (self);
  gboolean all = TRUE;
  g_autofree char *what = studio_canvas_describe (self, ids), *label = NULL;
  AnfGraphBuilder *b;
  guint n = 0;

  for (guint i = 0; i < ids->len; i++)
    {
      const AnfNode *node = anf_graph_find (self->graph, g_array_index (ids, AnfId, i));
      char *why;

      if (anf_node_muted (node) != NULL)
        continue;
      all = FALSE;
      if ((why = mute_refusal (self, node)) != NULL)
        {
          refuse (self, node, why);
          return;
        }
    }
  b = studio_canvas_begin_edit (self);
  for (guint i = 0; i < ids->len; i++)
    {
      AnfId id = g_array_index (ids, AnfId, i);

      if ((anf_node_muted (anf_graph_find (self->graph, id)) != NULL) == all)
        n += anf_graph_builder_mute (b, id);
    }
  label = g_strdup_printf (all ? _("Unmute %s") : _("Mute %s"), what);
  if (n == 0)
    anf_graph_builder_free (b);
  else if (!studio_canvas_ask (self, b, label, NULL))
    gtk_widget_error_bell (GTK_WIDGET (self));
}

/* All to their titles, or, if all are that already, none. */
void
studio_canvas_collapse (StudioCanvas *self)
{
  g_autoptr(GArray) ids = studio_canvas_dup_chosen (self);
  StudioScene *scene = studio_canvas_scene (self);
  g_autofree char *what = studio_canvas_describe (self, ids), *label = NULL;
  AnfGraphBuilder *b;
  gboolean all = TRUE;

  if (studio_canvas_chosen_group (self) >= 0)
    {
      studio_canvas_fold (self, studio_canvas_chosen_group (self));
      return;
    }
  for (guint i = 0; i < ids->len; i++)
    all = all && studio_scene_box (scene, g_array_index (ids, AnfId, i))->collapsed;
  if (ids->len == 0)
    return;
  b = studio_canvas_begin_edit (self);
  for (guint i = 0; i < ids->len; i++)
    anf_graph_builder_set_note (b, g_array_index (ids, AnfId, i), "collapsed",
                                all ? NULL : g_variant_new_boolean (TRUE));
  label = g_strdup_printf (all ? _("Expand %s") : _("Collapse %s"), what);
  studio_canvas_ask (self, b, label, NULL);
}

/* Composites become the nodes they stand for; the graph computes the same. */
void
studio_canvas_unfold (StudioCanvas *self)
{
  g_autoptr(GArray) ids = studio_canvas_dup_chosen (self);
  g_autofree char *what = studio_canvas_describe (self, ids), *label = NULL;
  gboolean known = self->report != NULL && anf_report_graph (self->report) == self->graph;
  AnfGraphBuilder *b = studio_canvas_begin_edit (self);
  guint n = 0;

  for (guint i = 0; known && i < ids->len; i++)
    n += anf_graph_builder_unfold (b, self->report, g_array_index (ids, AnfId, i));
  label = g_strdup_printf (_("Unfold %s"), what);
  if (n == 0)
    anf_graph_builder_free (b);
  if (n == 0 || !studio_canvas_ask (self, b, label, NULL))
    gtk_widget_error_bell (GTK_WIDGET (self));
}
