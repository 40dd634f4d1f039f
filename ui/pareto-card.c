/* pareto-card.c - the frontier as a chart: x is what weights cost, y what they lose. */
#include "pareto-card.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "card.h"
#include "edits.h"
#include "format.h"
#include "plot.h"

struct _StudioParetoCard
{
  StudioPanel parent_instance;

  StudioSolver *solver;
  GtkWidget    *card, *plot, *across, *up;
};

G_DEFINE_FINAL_TYPE (StudioParetoCard, studio_pareto_card, STUDIO_TYPE_PANEL)

enum { OF_WEIGHTS, OF_OUTPUTS };   /* what is drawn upwards */

static gboolean
is_time (StudioParetoCard *self)
{
  return studio_solver_get_axis (self->solver) == ANF_SOLVE_TIME;
}

static gboolean
of_outputs (StudioParetoCard *self)
{
  return gtk_drop_down_get_selected (GTK_DROP_DOWN (self->up)) == OF_OUTPUTS;
}

static double
across_of (StudioParetoCard *self, const AnfTotals *totals)
{
  return is_time (self) ? totals->us : totals->bytes;
}

static double
error_of (StudioParetoCard *self, const AnfRecipe *recipe)
{
  return of_outputs (self) ? studio_solver_predict (self->solver, recipe)
                           : anf_recipe_totals (recipe).error;
}

/* ------------------------------------------------------------------------ words */

static char *
format_bytes (double bytes)
{
  return studio_format_bytes (MAX (0, bytes));
}

static char *
format_power (double value)
{
  return g_strdup_printf ("%g", value);
}

static char *
words_of (StudioParetoCard *self, const AnfRecipe *recipe)
{
  AnfTotals totals = anf_recipe_totals (recipe);
  guint n = anf_weights_n (studio_solver_get_weights (self->solver));
  double outputs = studio_solver_predict (self->solver, recipe);
  g_autofree char *size = studio_format_bytes (totals.bytes);
  g_autofree char *error = studio_format_real (totals.error);
  g_autofree char *time = studio_format_time_us (totals.us);
  g_autofree char *counts = studio_recipe_counts (recipe, n);
  g_autofree char *loss = isnan (outputs) ? NULL : studio_format_real (outputs);
  g_autofree char *predicted = loss != NULL ? g_strdup_printf (_(", outputs about %s"), loss)
                                            : g_strdup ("");

  return g_strdup_printf (_("%s, error %s%s, %s estimated\n%s"), size, error, predicted, time,
                          counts);
}

/* ------------------------------------------------------------------------ drawing */

/* The strictest relative limit of a gate, or of the weights; INFINITY: none. */
static double
limit_of (StudioParetoCard *self, const AnfGraph *graph)
{
  double limit = INFINITY;

  if (graph == NULL)
    return limit;
  if (!of_outputs (self))
    return anf_graph_settings (graph)->atol;
  for (guint i = 0; i < anf_graph_n_gates (graph); i++)
    if (g_str_equal (anf_graph_nth_gate (graph, i)->metric, "rel_l2"))
      limit = MIN (limit, anf_graph_nth_gate (graph, i)->limit);
  return limit;
}

static void
fit (StudioParetoCard *self, const GPtrArray *frontier, double limit, StudioAxis *x, StudioAxis *y)
{
  for (guint i = 0; i < frontier->len; i++)
    {
      const AnfRecipe *recipe = g_ptr_array_index (frontier, i);
      AnfTotals totals = anf_recipe_totals (recipe), plain = anf_recipe_plain (recipe);
      double error = error_of (self, recipe);

      studio_axis_include (x, across_of (self, &totals));
      studio_axis_include (x, across_of (self, &plain));
      if (error > 0)
        studio_axis_include (y, error);
      if (!of_outputs (self) && plain.error > 0)
        studio_axis_include (y, plain.error);
    }
  if (limit > 0 && isfinite (limit))
    studio_axis_include (y, limit);
  if (x->max <= x->min)
    {
      x->min *= 0.9;
      x->max *= 1.1;
    }
  studio_axis_round (x);
  studio_axis_round (y);
}

static void
add_limit (StudioParetoCard *self, double limit, const StudioAxis *x)
{
  guint layer = studio_plot_add_layer (STUDIO_PLOT (self->plot), STUDIO_LAYER_LIMIT, "limit",
                                       "anf_limit");
  g_autofree char *text = studio_format_real (limit);
  g_autofree char *words = g_strdup_printf (of_outputs (self) ? _("gate %s")
                                            : _("weight gate %s"), text);

  studio_plot_add_point (STUDIO_PLOT (self->plot), layer, &(StudioPoint) { 0, limit, 1 });
  studio_plot_add_note (STUDIO_PLOT (self->plot), x->max, limit * 0.75, 1, words);
}

static void
add_frontier (StudioParetoCard *self, const GPtrArray *frontier)
{
  StudioPlot *plot = STUDIO_PLOT (self->plot);
  guint line = studio_plot_add_layer (plot, STUDIO_LAYER_LINE, "frontier", "anf_bar");
  guint dots = studio_plot_add_layer (plot, STUDIO_LAYER_DOTS, "recipes", "anf_bar");

  for (guint i = 0; i < frontier->len; i++)
    {
      const AnfRecipe *recipe = g_ptr_array_index (frontier, i);
      AnfTotals totals = anf_recipe_totals (recipe);
      double error = error_of (self, recipe);
      g_autofree char *label = words_of (self, recipe);

      if (!(error > 0))
        continue;
      studio_plot_add_point (plot, line, &(StudioPoint) { across_of (self, &totals), error });
      studio_plot_add_point (plot, dots, &(StudioPoint) { across_of (self, &totals), error, 60,
                                                          i + 1, label });
    }
}

/* All weights in one encoding, and as they are now: to be compared with, not picked. */
static void
add_others (StudioParetoCard *self, const GPtrArray *frontier)
{
  StudioPlot *plot = STUDIO_PLOT (self->plot);
  const AnfRecipe *any = frontier->len > 0 ? g_ptr_array_index (frontier, 0) : NULL;
  const AnfRecipe *solved = studio_solver_get_recipe (self->solver);
  guint now = studio_plot_add_layer (plot, STUDIO_LAYER_RINGS, "now", "anf_text");
  guint layer = studio_plot_add_layer (plot, STUDIO_LAYER_RINGS, "solved", "anf_limit");
  AnfTotals plain = any != NULL ? anf_recipe_plain (any) : (AnfTotals) { 0 };

  if (any != NULL && plain.error > 0 && !of_outputs (self))
    studio_plot_add_point (plot, now, &(StudioPoint) { across_of (self, &plain), plain.error, 180,
                                                       0, _("as chosen now") });
  if (solved != NULL && error_of (self, solved) > 0)
    {
      AnfTotals totals = anf_recipe_totals (solved);
      g_autofree char *label = words_of (self, solved);

      studio_plot_add_point (plot, layer, &(StudioPoint) { across_of (self, &totals),
                                                           error_of (self, solved), 240, 0,
                                                           label });
    }
}

static void
show (StudioParetoCard *self)
{
  const GPtrArray *frontier = studio_solver_get_frontier (self->solver);
  const AnfGraph *graph = studio_panel_view (STUDIO_PANEL (self))->graph;
  double limit = limit_of (self, graph);
  StudioAxis x = { INFINITY, -INFINITY, FALSE, !is_time (self), is_time (self)
                   ? _("estimated time") : _("weights"), is_time (self) ? studio_format_time_us
                                                                        : format_bytes };
  StudioAxis y = { INFINITY, -INFINITY, TRUE, FALSE, of_outputs (self)
                   ? _("error of the outputs, predicted") : _("error of all weights"),
                   format_power };
  g_autofree char *note = NULL;

  if (frontier == NULL)
    {
      studio_plot_begin (STUDIO_PLOT (self->plot), &(StudioAxis) { 0, 1 }, &(StudioAxis) { 0, 1 });
      studio_card_set_note (STUDIO_CARD (self->card), _("working…"));
      return;
    }
  fit (self, frontier, limit, &x, &y);
  studio_plot_begin (STUDIO_PLOT (self->plot), &x, &y);
  if (limit > 0 && isfinite (limit))
    add_limit (self, limit, &x);
  add_frontier (self, frontier);
  add_others (self, frontier);
  note = of_outputs (self) && frontier->len > 0
         && isnan (error_of (self, g_ptr_array_index (frontier, 0)))
    ? g_strdup (_("sweep first to see errors of the outputs"))
    : g_strdup_printf (ngettext ("%u recipe; a click or Enter applies it",
                                 "%u recipes; a click or Enter applies one", frontier->len),
                       frontier->len);
  studio_card_set_note (STUDIO_CARD (self->card), note);
  studio_card_set_basis (STUDIO_CARD (self->card), of_outputs (self) || is_time (self)
                         ? N_("estimated") : N_("measured"));
}

/* ------------------------------------------------------------------------ wishes */

static void
on_pick (StudioPlot *plot, guint64 key, StudioParetoCard *self)
{
  const GPtrArray *frontier = studio_solver_get_frontier (self->solver);
  const AnfRecipe *recipe;
  g_autoptr(AnfGraph) graph = NULL;
  g_autofree char *size = NULL, *label = NULL;

  if (frontier == NULL || key == 0 || key > frontier->len)
    return;
  studio_solver_pick (self->solver, key - 1);
  recipe = studio_solver_get_recipe (self->solver);
  size = studio_format_bytes (anf_recipe_totals (recipe).bytes);
  label = g_strdup_printf (_("Apply a recipe of %s"), size);
  if ((graph = studio_solver_apply (self->solver, recipe)) != NULL)
    g_signal_emit_by_name (self, "edit", graph, label, NULL);
}

static void
on_across (GtkDropDown *list, GParamSpec *pspec, StudioParetoCard *self)
{
  studio_solver_set_axis (self->solver, gtk_drop_down_get_selected (list) == 1
                          ? ANF_SOLVE_TIME : ANF_SOLVE_BYTES);
}

static void
studio_pareto_card_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  if (changed & STUDIO_GRAPH)
    show (STUDIO_PARETO_CARD (panel));
}

/* ------------------------------------------------------------------------ the widget */

static void
studio_pareto_card_dispose (GObject *object)
{
  StudioParetoCard *self = STUDIO_PARETO_CARD (object);

  if (self->solver != NULL)
    g_signal_handlers_disconnect_by_data (self->solver, self);
  g_clear_object (&self->solver);
  G_OBJECT_CLASS (studio_pareto_card_parent_class)->dispose (object);
}

static void
studio_pareto_card_class_init (StudioParetoCardClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = studio_pareto_card_dispose;
  STUDIO_PANEL_CLASS (klass)->update = studio_pareto_card_update;
}

static GtkWidget *
add_list (StudioParetoCard *self, const char *const *words, const char *name)
{
  GtkWidget *list = gtk_drop_down_new_from_strings (words);

  gtk_widget_set_tooltip_text (list, name);
  studio_name_widget (list, name);
  gtk_widget_add_css_class (list, "dense");
  studio_card_add_end (STUDIO_CARD (self->card), list);
  return list;
}

static void
on_up (StudioParetoCard *self)
{
  show (self);
}

static void
studio_pareto_card_init (StudioParetoCard *self)
{
  const char *across[] = { _("size"), _("time"), NULL };
  const char *up[] = { _("weights"), _("outputs"), NULL };

  self->card = studio_card_new (_("Cost and error"), NULL);
  self->plot = studio_plot_new (_("Cost and error of recipes"), 200);
  self->across = add_list (self, across, _("What is drawn across"));
  self->up = add_list (self, up, _("Whose error is drawn upwards"));
  g_signal_connect (self->across, "notify::selected", G_CALLBACK (on_across), self);
  g_signal_connect_swapped (self->up, "notify::selected", G_CALLBACK (on_up), self);
  gtk_widget_set_vexpand (self->plot, TRUE);
  gtk_widget_set_vexpand (self->card, TRUE);
  gtk_box_append (GTK_BOX (self->card), self->plot);
  gtk_box_append (GTK_BOX (self), self->card);
  g_signal_connect (self->plot, "pick", G_CALLBACK (on_pick), self);
}

GtkWidget *
studio_pareto_card_new (StudioSolver *solver)
{
  StudioParetoCard *self = g_object_new (STUDIO_TYPE_PARETO_CARD, NULL);

  self->solver = g_object_ref (solver);
  g_signal_connect_swapped (solver, "changed", G_CALLBACK (show), self);
  show (self);
  return GTK_WIDGET (self);
}
