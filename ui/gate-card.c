/* gate-card.c - one accuracy gate: its value against its limit, pass or fail. */
#include "gate-card.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "attr-value.h"
#include "chart.h"
#include "edits.h"
#include "format.h"
#include "gate-editor.h"

struct _StudioGateCard
{
  StudioPanel parent_instance;

  guint      index;
  double     used;                 /* of the limit: 1 is at the limit; NAN: not measured */
  double     limit;                /* as the entry shows it */
  GtkWidget *icon, *name, *metric, *tag, *value, *compares, *entry, *samples, *bar, *margin;
  GtkWidget *reason, *inputs, *problem;
};

G_DEFINE_FINAL_TYPE (StudioGateCard, studio_gate_card, STUDIO_TYPE_PANEL)

/* The part of the limit that is used up. Cosine and top-1 count from a perfect 1 down. */
static double
used_of (const char *metric, double value, double limit)
{
  if (!isfinite (value))
    return isnan (value) ? NAN : studio_metric_is_floor (metric) == (value > 0) ? 0 : INFINITY;
  if (!studio_metric_is_floor (metric))
    return limit > 0 ? value / limit : value > 0 ? INFINITY : 0;
  if (limit > 1)
    return value > 0 ? limit / value : INFINITY;
  return limit < 1 ? (1 - value) / (1 - limit) : value >= 1 ? 0 : INFINITY;
}

double
studio_gate_margin (const char *metric, double value, double limit)
{
  return 1 - used_of (metric, value, limit);
}

static const AnfGate *
gate_of (StudioGateCard *self)
{
  const AnfGraph *graph = studio_panel_view (STUDIO_PANEL (self))->graph;

  return graph != NULL && self->index < anf_graph_n_gates (graph)
    ? anf_graph_nth_gate (graph, self->index) : NULL;
}

/* A value stays good for another limit: it is looked up by what was compared, and how. */
static const AnfGateResult *
result_of (const AnfGates *gates, const AnfGate *gate)
{
  for (guint i = 0; gates != NULL && i < anf_gates_n (gates); i++)
    {
      const AnfGateResult *result = anf_gates_nth (gates, i);

      if (g_strcmp0 (result->gate.output, gate->output) == 0
          && g_strcmp0 (result->gate.metric, gate->metric) == 0
          && g_strcmp0 (result->gate.inputs, gate->inputs) == 0)
        return result;
    }
  return NULL;
}

/* Near 1 three digits say nothing. */
static char *
metric_text (const char *metric, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  if (!isfinite (value) || !studio_metric_is_floor (metric))
    return studio_format_real (value);
  return g_strdup (g_ascii_formatd (text, sizeof text, "%.5g", value));
}

/* ------------------------------------------------------------------------ showing */

static void
wear (StudioGateCard *self, const char *css, gboolean on)
{
  if (on)
    gtk_widget_add_css_class (GTK_WIDGET (self), css);
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self), css);
}

static void
show_verdict (StudioGateCard *self, gboolean measured, gboolean ok)
{
  gtk_image_set_from_icon_name (GTK_IMAGE (self->icon), !measured ? "anf-gate-symbolic"
                                : ok ? "object-select-symbolic" : "dialog-error-symbolic");
  gtk_widget_set_css_classes (self->icon, (const char *[])
    { !measured ? "dim" : ok ? "good" : "bad", NULL });
  gtk_label_set_text (GTK_LABEL (self->tag), !measured ? _("not measured") : ok ? _("pass")
                      : _("fail"));
  gtk_widget_set_css_classes (self->tag, (const char *[])
    { "tag", !measured ? "plain" : ok ? "passed" : "failed", NULL });
  wear (self, "failed", measured && !ok);
  wear (self, "unmeasured", !measured);
}

static char *
samples_text (const AnfGateResult *result)
{
  if (result == NULL || result->problem != NULL)
    return g_strdup ("");
  return g_strdup_printf (ngettext ("%u sample%s", "%u samples%s", result->n_samples),
                          result->n_samples, result->random_inputs ? _(", random") : "");
}

static char *
margin_text (double margin)
{
  if (isnan (margin))
    return g_strdup ("");
  if (isinf (margin))
    return g_strdup (_("no margin"));
  return g_strdup_printf (_("margin %+.0f %%"), margin * 100);
}

static void
show_result (StudioGateCard *self, const AnfGate *gate, const AnfGateResult *result)
{
  gboolean measured = result != NULL && result->problem == NULL;
  double value = measured ? result->value : NAN;
  gboolean ok = measured && (studio_metric_is_floor (gate->metric) ? value >= gate->limit
                             : value <= gate->limit);
  g_autofree char *text = measured ? metric_text (gate->metric, value) : g_strdup ("–");
  g_autofree char *samples = samples_text (result), *margin = NULL, *words = NULL;
  g_autofree char *limit = studio_real_text (gate->limit);

  self->used = measured ? used_of (gate->metric, value, gate->limit) : NAN;
  margin = margin_text (measured ? 1 - self->used : NAN);
  show_verdict (self, measured, ok);
  gtk_label_set_text (GTK_LABEL (self->value), text);
  gtk_label_set_text (GTK_LABEL (self->samples), samples);
  gtk_label_set_text (GTK_LABEL (self->margin), margin);
  studio_label_show (self->problem, result != NULL ? result->problem : NULL);
  words = g_strdup_printf (_("gate %s, %s %s, limit %s, %s"), gate->output,
                           studio_metric_title (gate->metric), text, limit,
                           gtk_label_get_text (GTK_LABEL (self->tag)));
  studio_name_widget (GTK_WIDGET (self), words);
  gtk_widget_queue_draw (self->bar);
}

static void
show_gate (StudioGateCard *self, const AnfGate *gate)
{
  g_autofree char *limit = studio_real_text (gate->limit);

  gtk_label_set_text (GTK_LABEL (self->name), gate->output);
  gtk_label_set_text (GTK_LABEL (self->metric), studio_metric_title (gate->metric));
  gtk_label_set_text (GTK_LABEL (self->compares),
                      studio_metric_is_floor (gate->metric) ? "≥" : "≤");
  gtk_label_set_text (GTK_LABEL (self->inputs),
                      gate->inputs != NULL ? gate->inputs : _("one random sample, seed 0"));
  if (self->limit == gate->limit)
    return;                        /* text that is being typed stays */
  self->limit = gate->limit;
  gtk_editable_set_text (GTK_EDITABLE (self->entry), limit);
  studio_label_show (self->reason, NULL);
  gtk_widget_remove_css_class (self->entry, "error");
}

static void
studio_gate_card_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  StudioGateCard *self = STUDIO_GATE_CARD (panel);
  const AnfGate *gate = gate_of (self);

  if (gate == NULL)
    return;
  show_gate (self, gate);
  show_result (self, gate, result_of (view->gates, gate));
  wear (self, "stale", view->stale && view->gates != NULL);
}

/* The bar is the part of the limit that is used; the line is the limit, beyond it is hatched. */
static void
draw_bar (GtkDrawingArea *area, cairo_t *cr, int width, int height, gpointer data)
{
  StudioGateCard *self = data;
  GtkWidget *widget = GTK_WIDGET (area);
  gboolean measured = !isnan (self->used);
  double used = measured ? CLAMP (self->used, 0, 3) : 0, range = MAX (1.5, used * 1.05);
  double limit = width / range;

  studio_chart_set_color (widget, cr, "anf_field");
  studio_chart_bar (cr, 0, 3, width, height - 6);
  cairo_fill_preserve (cr);
  studio_chart_set_color (widget, cr, "anf_border");
  cairo_set_line_width (cr, 1);
  cairo_stroke (cr);
  if (measured)
    {
      studio_chart_set_color (widget, cr, used > 1 ? "anf_bad" : "anf_good");
      studio_chart_bar (cr, 0, 3, MIN (used, 1) / range * width, height - 6);
      cairo_fill (cr);
      if (used > 1)
        studio_chart_hatch (cr, limit, 3, (used - 1) / range * width, height - 6, 4);
    }
  studio_chart_set_color (widget, cr, "anf_text");
  cairo_rectangle (cr, floor (limit) - 1, 0, 2, height);
  cairo_fill (cr);
}

/* ------------------------------------------------------------------------ editing */

static void
commit (StudioGateCard *self)
{
  g_autofree char *reason = NULL;

  if (gate_of (self) == NULL)
    return;
  studio_gate_set_limit (STUDIO_PANEL (self), self->index,
                         gtk_editable_get_text (GTK_EDITABLE (self->entry)), &reason);
  studio_label_show (self->reason, reason);
  if (reason != NULL)
    gtk_widget_add_css_class (self->entry, "error");
  else
    gtk_widget_remove_css_class (self->entry, "error");
}

static void
on_remove (GtkButton *button, StudioGateCard *self)
{
  studio_gate_remove (STUDIO_PANEL (self), self->index);
}

static void
make_top (StudioGateCard *self)
{
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  GtkWidget *remove = studio_button_new ("list-remove-symbolic", _("Remove this gate"));

  self->icon = gtk_image_new ();
  self->name = studio_label_new (NULL, "heading", NULL);
  self->metric = studio_label_new (NULL, "dim", NULL);
  self->tag = studio_label_new (NULL, "tag", NULL);
  gtk_widget_set_hexpand (self->metric, TRUE);
  gtk_label_set_ellipsize (GTK_LABEL (self->metric), PANGO_ELLIPSIZE_END);
  gtk_widget_set_valign (self->tag, GTK_ALIGN_CENTER);
  gtk_box_append (GTK_BOX (line), self->icon);
  gtk_box_append (GTK_BOX (line), self->name);
  gtk_box_append (GTK_BOX (line), self->metric);
  gtk_box_append (GTK_BOX (line), self->tag);
  gtk_box_append (GTK_BOX (line), studio_gate_button_new (STUDIO_PANEL (self), self->index));
  gtk_box_append (GTK_BOX (line), remove);
  gtk_box_append (GTK_BOX (self), line);
  g_signal_connect (remove, "clicked", G_CALLBACK (on_remove), self);
}

static void
make_value (StudioGateCard *self)
{
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  GtkEventController *focus = gtk_event_controller_focus_new ();

  self->value = studio_label_new (NULL, "value", NULL);
  self->compares = studio_label_new (NULL, "dim", NULL);
  self->entry = gtk_entry_new ();
  self->samples = studio_label_new (NULL, "caption", "dim", NULL);
  gtk_editable_set_width_chars (GTK_EDITABLE (self->entry), 8);
  gtk_editable_set_max_width_chars (GTK_EDITABLE (self->entry), 8);
  gtk_widget_set_valign (self->entry, GTK_ALIGN_CENTER);
  gtk_widget_set_tooltip_text (self->entry, _("The limit; Enter sets it"));
  gtk_widget_add_css_class (self->entry, "numeric");
  studio_name_widget (self->entry, _("Limit"));
  gtk_widget_set_hexpand (self->samples, TRUE);
  gtk_label_set_xalign (GTK_LABEL (self->samples), 1);
  gtk_label_set_ellipsize (GTK_LABEL (self->samples), PANGO_ELLIPSIZE_END);
  gtk_box_append (GTK_BOX (line), self->value);
  gtk_box_append (GTK_BOX (line), self->compares);
  gtk_box_append (GTK_BOX (line), self->entry);
  gtk_box_append (GTK_BOX (line), self->samples);
  gtk_box_append (GTK_BOX (self), line);
  g_signal_connect_swapped (self->entry, "activate", G_CALLBACK (commit), self);
  g_signal_connect_swapped (focus, "leave", G_CALLBACK (commit), self);
  gtk_widget_add_controller (self->entry, focus);
}

static void
make_bottom (StudioGateCard *self)
{
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);

  self->bar = gtk_drawing_area_new ();
  self->margin = studio_label_new (NULL, "caption", "dim", NULL);
  self->inputs = studio_label_new (NULL, "caption", "faint", NULL);
  self->reason = studio_label_new (NULL, "caption", "bad", NULL);
  self->problem = studio_label_new (NULL, "caption", "bad", NULL);
  gtk_widget_set_visible (self->reason, FALSE);
  gtk_label_set_wrap (GTK_LABEL (self->problem), TRUE);
  gtk_widget_set_hexpand (self->inputs, TRUE);
  gtk_label_set_xalign (GTK_LABEL (self->inputs), 1);
  gtk_label_set_ellipsize (GTK_LABEL (self->inputs), PANGO_ELLIPSIZE_MIDDLE);
  gtk_drawing_area_set_content_height (GTK_DRAWING_AREA (self->bar), 14);
  gtk_drawing_area_set_draw_func (GTK_DRAWING_AREA (self->bar), draw_bar, self, NULL);
  gtk_box_append (GTK_BOX (line), self->margin);
  gtk_box_append (GTK_BOX (line), self->inputs);
  gtk_box_append (GTK_BOX (self), self->reason);
  gtk_box_append (GTK_BOX (self), self->problem);
  gtk_box_append (GTK_BOX (self), self->bar);
  gtk_box_append (GTK_BOX (self), line);
}

GtkWidget *
studio_gate_card_new (guint index)
{
  StudioGateCard *self = g_object_new (STUDIO_TYPE_GATE_CARD, NULL);

  self->index = index;
  self->limit = NAN;
  gtk_box_set_spacing (GTK_BOX (self), 4);
  gtk_widget_add_css_class (GTK_WIDGET (self), "card");
  gtk_widget_add_css_class (GTK_WIDGET (self), "gate");
  gtk_widget_add_css_class (GTK_WIDGET (self), "dense");
  make_top (self);
  make_value (self);
  make_bottom (self);
  return GTK_WIDGET (self);
}

static void
studio_gate_card_class_init (StudioGateCardClass *klass)
{
  STUDIO_PANEL_CLASS (klass)->update = studio_gate_card_update;
  gtk_widget_class_set_accessible_role (GTK_WIDGET_CLASS (klass), GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
studio_gate_card_init (StudioGateCard *self)
{
}
