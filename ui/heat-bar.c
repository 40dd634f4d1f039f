/* heat-bar.c - works out the figures of nodes from what is known of them. */
#include "heat-bar.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "edits.h"
#include "format.h"

struct _StudioHeatBar
{
  StudioPanel parent_instance;

  GtkWidget *list;
};

G_DEFINE_FINAL_TYPE (StudioHeatBar, studio_heat_bar, STUDIO_TYPE_PANEL)

enum { CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

/* ------------------------------------------------------------------------ figures */

static char *
format_bytes (double bytes)
{
  return studio_format_bytes (MAX (0, bytes));
}

static char *
format_bits (double bits)
{
  return g_strdup_printf (_("%.3g bits"), bits);
}

static void
add_latency (StudioHeat *heat, const StudioView *view)
{
  for (guint i = 0; view->profile != NULL && i < anf_profile_n_ops (view->profile); i++)
    {
      const AnfOpProfile *op = anf_profile_nth_op (view->profile, i);

      studio_heat_add (heat, op->node, op->us.median_us);
    }
  heat->stale = view->stale;
}

static AnfEstimate *
estimate_of (const StudioView *view)
{
  const char *target = view->report != NULL ? anf_report_target (view->report) : NULL;

  return view->plan != NULL && target != NULL ? anf_estimate (view->plan, view->weights, target)
                                              : NULL;
}

static void
add_estimate (StudioHeat *heat, const StudioView *view)
{
  g_autoptr(AnfEstimate) estimate = estimate_of (view);

  for (guint i = 0; estimate != NULL && i < anf_estimate_n_nodes (estimate); i++)
    studio_heat_add (heat, anf_estimate_nth_node (estimate, i)->node,
                     anf_estimate_nth_node (estimate, i)->us);
}

static void
add_bound (StudioHeat *heat, const StudioView *view)
{
  static const char *const names[] = { "floor", "memory", "compute", NULL };
  g_autoptr(AnfEstimate) estimate = estimate_of (view);

  heat->classes = names;
  for (guint i = 0; estimate != NULL && i < anf_estimate_n_nodes (estimate); i++)
    studio_heat_add (heat, anf_estimate_nth_node (estimate, i)->node,
                     anf_estimate_nth_node (estimate, i)->bound);
}

/* Values that leave the node, as their types have it. */
static void
add_bytes (StudioHeat *heat, const StudioView *view)
{
  for (guint i = 0; view->report != NULL && i < anf_graph_n_nodes (view->graph); i++)
    {
      const AnfNode *node = anf_graph_nth (view->graph, i);
      double bytes = 0;

      for (guint j = 0; j < anf_node_n_outputs (node); j++)
        {
          const AnfType *type = anf_report_type (view->report, anf_node_id (node), j);

          bytes += type != NULL ? anf_type_bytes (type) : 0;
        }
      if (bytes > 0)
        studio_heat_add (heat, anf_node_id (node), bytes);
    }
}

/* With the errors of all before it, the worst of its outputs. */
static void
add_error (StudioHeat *heat, const StudioView *view)
{
  g_autoptr(GHashTable) worst = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  GHashTableIter iter;
  gpointer id, error;

  for (guint i = 0; view->errors != NULL && i < anf_errors_n (view->errors); i++)
    {
      const AnfValueError *it = anf_errors_nth (view->errors, i);
      gpointer key = GSIZE_TO_POINTER (it->value.node);
      const double *before = g_hash_table_lookup (worst, key);

      if (isfinite (it->total) && (before == NULL || *before < it->total))
        g_hash_table_insert (worst, key, g_memdup2 (&it->total, sizeof it->total));
    }
  g_hash_table_iter_init (&iter, worst);
  while (g_hash_table_iter_next (&iter, &id, &error))
    studio_heat_add (heat, GPOINTER_TO_SIZE (id), *(double *) error);
  heat->stale = view->errors != NULL && anf_errors_graph (view->errors) != view->graph;
}

/* Stored bits of each weight's element; of several weights their mean. */
static void
add_bits (StudioHeat *heat, const StudioView *view)
{
  for (guint i = 0; view->weights != NULL && i < anf_weights_n (view->weights); i++)
    {
      const AnfWeightFacts *first = anf_weights_nth (view->weights, i);
      double bytes = 0, elements = 0;

      for (guint j = i; j < anf_weights_n (view->weights); j++)
        {
          const AnfWeightFacts *facts = anf_weights_nth (view->weights, j);
          double n = 1;

          if (facts->node != first->node)
            continue;
          for (guint axis = 0; axis < facts->rank; axis++)
            n *= facts->shape[axis];
          bytes += facts->encoding[facts->chosen].bytes;
          elements += n;
        }
      if (elements > 0 && !g_hash_table_contains (heat->values, GSIZE_TO_POINTER (first->node)))
        studio_heat_add (heat, first->node, 8 * bytes / elements);
    }
}

static const struct
{
  const char *name, *title;
  char     *(*format) (double value);
  void      (*add)    (StudioHeat *heat, const StudioView *view);
  gboolean    adds;                /* of several nodes */
} kinds[STUDIO_N_HEATS] = {
  [STUDIO_HEAT_NONE] = { N_("No heat") },
  [STUDIO_HEAT_LATENCY] = { N_("Heat: latency"), N_("latency, measured on this CPU"),
                            studio_format_time_us, add_latency, TRUE },
  [STUDIO_HEAT_ESTIMATE] = { N_("Heat: estimate"), N_("latency, estimated for the target"),
                             studio_format_time_us, add_estimate, TRUE },
  [STUDIO_HEAT_BYTES] = { N_("Heat: bytes"), N_("bytes of what leaves a node"), format_bytes,
                          add_bytes, TRUE },
  [STUDIO_HEAT_ERROR] = { N_("Heat: error"), N_("relative error so far, measured"),
                          studio_format_real, add_error },
  [STUDIO_HEAT_BITS] = { N_("Heat: bits"), N_("bits of a weight's element"), format_bits,
                         add_bits },
  [STUDIO_HEAT_BOUND] = { N_("Heat: bound"), N_("what bounds it on the target, estimated"),
                          studio_format_real, add_bound },
};

StudioHeat *
studio_heat_of (const StudioView *view, StudioHeatKind kind)
{
  StudioHeat *heat;

  if (kind == STUDIO_HEAT_NONE || view->graph == NULL)
    return NULL;
  heat = studio_heat_new (_(kinds[kind].title), kinds[kind].format);
  heat->adds = kinds[kind].adds;
  kinds[kind].add (heat, view);
  studio_heat_fit (heat);
  return heat;
}

/* ------------------------------------------------------------------------ the widget */

static StudioHeatKind
kind_of (StudioHeatBar *self)
{
  return (StudioHeatKind) gtk_drop_down_get_selected (GTK_DROP_DOWN (self->list));
}

StudioHeat *
studio_heat_bar_get_heat (StudioHeatBar *self)
{
  g_return_val_if_fail (STUDIO_IS_HEAT_BAR (self), NULL);

  return studio_heat_of (studio_panel_view (STUDIO_PANEL (self)), kind_of (self));
}

void
studio_heat_bar_set_kind (StudioHeatBar *self, StudioHeatKind kind)
{
  g_return_if_fail (STUDIO_IS_HEAT_BAR (self) && kind < STUDIO_N_HEATS);

  gtk_drop_down_set_selected (GTK_DROP_DOWN (self->list), kind);
}

static void
on_selected (StudioHeatBar *self)
{
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
studio_heat_bar_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  if (kind_of (STUDIO_HEAT_BAR (panel)) != STUDIO_HEAT_NONE
      && changed & ~(STUDIO_SELECTION | STUDIO_ZOOM))
    g_signal_emit (panel, signals[CHANGED], 0);
}

static void
studio_heat_bar_class_init (StudioHeatBarClass *klass)
{
  STUDIO_PANEL_CLASS (klass)->update = studio_heat_bar_update;

  signals[CHANGED] = g_signal_new ("changed", STUDIO_TYPE_HEAT_BAR, G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 0);
}

static void
studio_heat_bar_init (StudioHeatBar *self)
{
  const char *names[STUDIO_N_HEATS + 1] = { NULL };

  for (guint i = 0; i < STUDIO_N_HEATS; i++)
    names[i] = _(kinds[i].name);
  self->list = gtk_drop_down_new_from_strings (names);
  gtk_widget_set_tooltip_text (self->list, _("Colours nodes by what they take, hold or lose"));
  studio_name_widget (self->list, _("Heat on the canvas"));
  gtk_widget_add_css_class (self->list, "dense");
  gtk_widget_set_valign (self->list, GTK_ALIGN_CENTER);
  g_signal_connect_swapped (self->list, "notify::selected", G_CALLBACK (on_selected), self);
  gtk_box_append (GTK_BOX (self), self->list);
}

GtkWidget *
studio_heat_bar_new (void)
{
  return g_object_new (STUDIO_TYPE_HEAT_BAR, NULL);
}

static void
colour (StudioHeatBar *self, StudioCanvas *canvas)
{
  studio_canvas_set_heat (canvas, studio_heat_bar_get_heat (self));
}

GtkWidget *
studio_heat_bar_put (StudioCanvas *canvas, GtkPaned *pane)
{
  GtkWidget *overlay = gtk_overlay_new (), *bar = studio_heat_bar_new ();
  g_autoptr(StudioCanvas) held = g_object_ref (canvas);

  gtk_paned_set_start_child (pane, overlay);
  gtk_overlay_set_child (GTK_OVERLAY (overlay), GTK_WIDGET (canvas));
  gtk_overlay_add_overlay (GTK_OVERLAY (overlay), bar);
  gtk_widget_set_halign (bar, GTK_ALIGN_END);
  gtk_widget_set_valign (bar, GTK_ALIGN_START);
  gtk_widget_set_margin_end (bar, 12);
  gtk_widget_set_margin_top (bar, 12);
  g_signal_connect_object (bar, "changed", G_CALLBACK (colour), canvas, 0);
  return bar;
}
