/* canvas-overlay.c - what lies over the graph, and what is said of it in words. */
#include "canvas-private.h"

#include "draw-heat.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#define CARD_WIDTH 300.0

static void
draw_band (StudioCanvas *self, const StudioView *view, cairo_t *cr)
{
  StudioPoint a = studio_canvas_to_px (self, self->band.x, self->band.y);
  double width = self->band.width * view->zoom, height = self->band.height * view->zoom;
  gboolean touches = self->pointer_x < self->press_x;

  cairo_rectangle (cr, a.x + 0.5, a.y + 0.5, width, height);
  studio_colors_set_alpha (view->colors, cr, STUDIO_FOCUS, 0.12);
  cairo_fill_preserve (cr);
  studio_colors_set (view->colors, cr, STUDIO_FOCUS);
  cairo_set_line_width (cr, 1);
  if (touches)
    cairo_set_dash (cr, (double[]) { 4, 3 }, 2, 0);
  cairo_stroke (cr);
  cairo_set_dash (cr, NULL, 0, 0);
}

static void
draw_sign (const StudioView *view, cairo_t *cr, double x, double y)
{
  studio_colors_set (view->colors, cr, STUDIO_BAD);
  cairo_set_line_width (cr, 1.8);
  cairo_new_path (cr);
  cairo_arc (cr, x, y, 6.5, 0, 2 * G_PI);
  cairo_move_to (cr, x - 4.6, y - 4.6);
  cairo_line_to (cr, x + 4.6, y + 4.6);
  cairo_stroke (cr);
}

/* Below the port, or above it where the picture ends. */
static void
draw_refusal (StudioCanvas *self, const StudioView *view, cairo_t *cr)
{
  StudioPoint at = studio_canvas_to_px (self, self->refusal_at.x, self->refusal_at.y);
  double x = CLAMP (at.x - 20, 8, MAX (8, view->width - CARD_WIDTH - 8)), y = at.y + 22;
  double height = 44 + studio_painter_lines_height (view->painter, STUDIO_FONT_CAPTION,
                                                    self->refusal_why, CARD_WIDTH - 24, 8);

  if (y + height > view->height - 8)
    y = at.y - 22 - height;
  cairo_move_to (cr, at.x, at.y);
  cairo_line_to (cr, at.x, y > at.y ? y : y + height);
  studio_colors_set (view->colors, cr, STUDIO_BAD);
  cairo_set_line_width (cr, 1.25);
  cairo_stroke (cr);
  studio_rounded (cr, x + 0.5, y + 0.5, CARD_WIDTH, height, 8);
  studio_colors_set (view->colors, cr, STUDIO_POPOVER);
  cairo_fill_preserve (cr);
  studio_colors_set (view->colors, cr, STUDIO_BAD);
  cairo_stroke (cr);
  draw_sign (view, cr, x + 19, y + 19);
  studio_colors_set (view->colors, cr, STUDIO_TEXT);
  studio_painter_text (view->painter, cr, STUDIO_FONT_NAME, self->refusal_title, x + 33, y + 23.5,
                       0, CARD_WIDTH - 44);
  studio_colors_set (view->colors, cr, STUDIO_TEXT_DIM);
  studio_painter_lines (view->painter, cr, STUDIO_FONT_CAPTION, self->refusal_why, x + 12, y + 34,
                        CARD_WIDTH - 24, 8);
}

/* An empty graph says how to begin. */
static void
draw_hint (const StudioView *view, cairo_t *cr)
{
  double x = view->width / 2, y = view->height / 2;

  studio_colors_set (view->colors, cr, STUDIO_TEXT_DIM);
  studio_painter_text (view->painter, cr, STUDIO_FONT_NAME, _("Nothing here yet"), x, y - 6, 0.5,
                       view->width - 40);
  studio_painter_text (view->painter, cr, STUDIO_FONT_CAPTION,
                       _("Double-click or press Tab to add a node"), x, y + 16, 0.5,
                       view->width - 40);
}

void
studio_canvas_draw_overlay (StudioCanvas     *self,
                            const StudioView *view,
                            cairo_t          *cr)
{
  StudioScene *scene = studio_canvas_scene (self);

  if (scene == NULL)
    return;
  if (self->heat != NULL && scene->n_boxes > 0)
    {
      studio_draw_heat (scene, view, self->heat, cr);
      studio_draw_heat_legend (view, self->heat, cr);
    }
  if (self->drag == STUDIO_DRAG_BAND)
    draw_band (self, view, cr);
  if (self->drag == STUDIO_DRAG_MOVE || self->drag == STUDIO_DRAG_COPY)
    studio_canvas_draw_guides (self, view, cr);
  if (self->drag == STUDIO_DRAG_CUT)
    studio_canvas_draw_slash (self, view, cr);
  if (scene->n_boxes == 0)
    draw_hint (view, cr);
  if (scene->n_boxes > 0 && view->width > 420)
    studio_draw_legend (scene, view, cr);
  if (scene->n_boxes > 0 && self->minimap)
    studio_draw_minimap (scene, view, cr);
  if (self->refusal_why != NULL)
    draw_refusal (self, view, cr);
}

/* ---- words */

static void
append_type (GString *text, StudioCanvas *self, AnfId id, guint port)
{
  const AnfType *type = self->report != NULL ? anf_report_type (self->report, id, port) : NULL;

  if (type == NULL)
    g_string_append (text, _("shape not known yet"));
  else
    {
      g_autofree char *shape = anf_type_to_string (type);
      g_autofree char *bytes = studio_scene_bytes (anf_type_bytes (type));

      g_string_append_printf (text, "%s %s, %s", shape, anf_dtype_name (type->dtype), bytes);
    }
}

static void
append_escaped (GString *text, const char *format, const char *words)
{
  g_autofree char *escaped = g_markup_escape_text (words, -1);

  g_string_append_printf (text, format, escaped);
}

static void
append_findings (GString *text, StudioCanvas *self, AnfId id)
{
  for (guint i = 0; self->report != NULL && i < anf_report_n_findings (self->report); i++)
    {
      const AnfFinding *finding = anf_report_nth_finding (self->report, i);

      if (finding->node != id)
        continue;
      append_escaped (text, "\n<b>%s</b> ", finding->code);
      append_escaped (text, "%s", finding->message);
      if (finding->hint != NULL)
        append_escaped (text, " %s", finding->hint);
    }
}

/* A time never goes without what it was measured on. */
static void
append_cost (GString *text, StudioCanvas *self, AnfId id)
{
  const AnfOpProfile *cost = self->profile != NULL ? anf_profile_op (self->profile, id) : NULL;
  g_autofree char *time = cost != NULL ? studio_scene_time (cost->us.median_us) : NULL;

  if (cost == NULL)
    return;
  g_string_append_printf (text, _("\n%s measured on the %s device, median of %u runs, %u threads"),
                          time, anf_program_device (anf_profile_program (self->profile)),
                          anf_profile_runs (self->profile), anf_profile_threads (self->profile));
  if (self->stale)
    g_string_append (text, _("; the graph has changed since"));
}

static void
append_node (GString *text, StudioCanvas *self, const AnfNode *node)
{
  append_escaped (text, "<b>%s</b>  ", anf_node_name (node));
  append_escaped (text, "%s\n", anf_op_title (anf_node_op (node)));
  append_type (text, self, anf_node_id (node), 0);
  append_cost (text, self, anf_node_id (node));
  append_findings (text, self, anf_node_id (node));
}

static void
append_wire (GString *text, StudioCanvas *self, int w)
{
  const StudioWire *wire = &self->scene->wires[w];
  const AnfNode *from = anf_graph_find (self->graph, wire->from.node);
  const AnfNode *to = anf_graph_find (self->graph, wire->to);

  append_escaped (text, "<b>%s</b> → ", anf_node_name (from));
  append_escaped (text, "<b>%s</b>", anf_node_name (to));
  append_escaped (text, ".%s\n", anf_node_input_name (to, wire->in));
  append_type (text, self, wire->from.node, wire->from.port);
}

char *
studio_canvas_tip (StudioCanvas    *self,
                   const StudioHit *hit)
{
  const AnfNode *node = hit->node != 0 ? anf_graph_find (self->graph, hit->node) : NULL;
  int wire = hit->kind == STUDIO_HIT_INPUT
             ? studio_scene_wire_at (self->scene, hit->node, hit->port) : hit->wire;
  GString *text = g_string_new (NULL);

  if (wire >= 0)
    append_wire (text, self, wire);
  else if (hit->kind == STUDIO_HIT_INPUT)
    {
      append_escaped (text, "<b>%s</b>\n",
                      hit->port < anf_node_n_inputs (node)
                      ? anf_node_input_name (node, hit->port) : _("next input"));
      g_string_append (text, _("Not connected: drag a wire here"));
    }
  else if (hit->kind == STUDIO_HIT_OUTPUT)
    append_type (text, self, hit->node, hit->port);
  else if (node != NULL)
    append_node (text, self, node);
  if (text->len == 0)
    {
      g_string_free (text, TRUE);
      return NULL;
    }
  return g_string_free (text, FALSE);
}

/* GTK 4.8 lets nobody expose what is drawn as children: the canvas itself tells the focus. */
void
studio_canvas_tell (StudioCanvas *self)
{
  AnfId id = studio_canvas_active (self) != 0 ? studio_canvas_active (self) : self->cursor;
  const AnfNode *node = self->graph != NULL ? anf_graph_find (self->graph, id) : NULL;
  g_autoptr(GString) words = g_string_new (NULL);
  guint n = self->selection != NULL ? self->selection->len : 0;

  if (node != NULL)
    {
      g_string_append_printf (words, "%s, %s, ", anf_node_name (node),
                              anf_op_title (anf_node_op (node)));
      append_type (words, self, id, 0);
      g_string_append_printf (words, "; ");
    }
  if (self->graph != NULL)
    g_string_append_printf (words, _("%u of %u nodes selected"), n,
                            anf_graph_n_nodes (self->graph));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, _("Graph"),
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, words->str, -1);
}

void
studio_canvas_set_heat (StudioCanvas *self, StudioHeat *heat)
{
  g_return_if_fail (STUDIO_IS_CANVAS (self));

  g_clear_pointer (&self->heat, studio_heat_free);
  self->heat = heat;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}
