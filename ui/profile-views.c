/* profile-views.c - a profile on a roofline, and as memory over the steps of the run. */
#include "profile-views.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "format.h"

/* ------------------------------------------------------------------------ roofline */

char *
studio_format_rate (double flop_per_us)
{
  g_autofree char *count = studio_format_count (flop_per_us * 1e6);

  return g_strdup_printf (strchr (count, ' ') != NULL ? "%sFLOP/s" : "%s FLOP/s", count);
}

static char *
format_axis_rate (double flop_per_us)
{
  return studio_format_count (flop_per_us * 1e6);
}

/* "1", "10", "0.1": powers of ten as they are. */
static char *
format_power (double value)
{
  return g_strdup_printf ("%g", value);
}

/* One operator: its arithmetic and traffic are the same wherever it runs. */
typedef struct { const AnfOpProfile *op; double intensity, us; } Place;

static gboolean
place_of (const AnfOpProfile *op, double us, Place *place)
{
  *place = (Place) { op, op->bytes > 0 ? op->flops / op->bytes : 0, us };
  return op->flops > 0 && op->bytes > 0 && us > 0;
}

static void
add_dot (StudioPlot *plot, guint layer, AnfProfile *profile, const Place *place, double longest,
         const char *basis)
{
  const AnfNode *node = anf_graph_find (anf_program_graph (anf_profile_program (profile)),
                                        place->op->node);
  double rate = place->op->flops / place->us;
  g_autofree char *time = studio_format_time_us (place->us), *speed = studio_format_rate (rate);
  g_autofree char *intensity = studio_format_real (place->intensity);
  g_autofree char *label = g_strdup_printf (_("%s: %s, %s FLOP/byte, %s, %s"),
                                            anf_node_name (node), speed, intensity, time, basis);

  studio_plot_add_point (plot, layer, &(StudioPoint) { place->intensity, rate,
    20 + 180 * place->us / longest, place->op->node, label });
}

/* The slope of what comes in, up to where arithmetic takes over. */
static void
add_roof (StudioPlot *plot, const AnfRoof *roof, const StudioAxis *x, double gbs, const char *name,
          StudioLayerKind kind)
{
  double peak = roof->tflops * 1e6, slope = gbs * 1e3, ridge = peak / slope;   /* per us */
  guint layer = studio_plot_add_layer (plot, kind, name, "anf_text");
  g_autofree char *rate = studio_format_real (gbs);
  g_autofree char *words = g_strdup_printf ("%s %s GB/s", name, rate);

  studio_plot_add_point (plot, layer, &(StudioPoint) { x->min, x->min * slope });
  studio_plot_add_point (plot, layer, &(StudioPoint) { ridge, peak });
  if (kind == STUDIO_LAYER_LINE)
    studio_plot_add_point (plot, layer, &(StudioPoint) { x->max, peak });
  studio_plot_add_note (plot, x->min * 1.15,
                        x->min * slope * (kind == STUDIO_LAYER_LINE ? 0.6 : 2.6), 0, words);
}

/* An operator of median size that took no longer than the floor would stand above this slope: on
 * its own, outside of a larger program, the chip cannot take it there. */
static void
add_floor (StudioPlot *plot, const AnfRoof *roof, const StudioAxis *x, const StudioAxis *y,
           double bytes)
{
  double slope = bytes / roof->floor_us;
  double lower = MAX (slope * x->min, y->min);
  guint band = studio_plot_add_layer (plot, STUDIO_LAYER_BAND, "dispatch floor", "anf_text_faint");
  g_autofree char *floor = studio_format_time_us (roof->floor_us);
  g_autofree char *size = studio_format_bytes (bytes);
  g_autofree char *words = g_strdup_printf (_("quicker than the floor of %s (at %s)"), floor, size);

  studio_plot_add_point (plot, band, &(StudioPoint) { lower / slope, lower });
  studio_plot_add_point (plot, band, &(StudioPoint) { y->max / slope, y->max });
  studio_plot_add_point (plot, band, &(StudioPoint) { x->min, y->max });
  studio_plot_add_point (plot, band, &(StudioPoint) { x->min, lower });
  studio_plot_add_note (plot, x->min * 1.15, y->max * 0.5, 0, words);
}

static int
by_size (gconstpointer a, gconstpointer b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static double
median_of (GArray *numbers)
{
  g_array_sort (numbers, by_size);
  return numbers->len > 0 ? g_array_index (numbers, double, numbers->len / 2) : 0;
}

static const AnfNodeEstimate *
estimate_of (const AnfEstimate *estimate, AnfId id)
{
  return estimate != NULL && anf_estimate_why (estimate) == NULL ? anf_estimate_node (estimate, id)
                                                                 : NULL;
}

static void
fit_axes (AnfProfile *profile, const AnfEstimate *estimate, const AnfRoof *roof, StudioAxis *x,
          StudioAxis *y)
{
  for (guint i = 0; i < anf_profile_n_ops (profile); i++)
    {
      const AnfOpProfile *op = anf_profile_nth_op (profile, i);
      const AnfNodeEstimate *guess = estimate_of (estimate, op->node);
      Place place;

      if (place_of (op, op->us.median_us, &place))
        {
          studio_axis_include (x, place.intensity);
          studio_axis_include (y, op->flops / place.us);
        }
      if (roof != NULL && guess != NULL && place_of (op, guess->us, &place)
          && op->flops / guess->us <= roof->tflops * 1e6)
        studio_axis_include (y, op->flops / guess->us);
    }
  if (roof != NULL)
    {
      studio_axis_include (y, roof->tflops * 1e6);
      studio_axis_include (x, roof->tflops * 1e6 / (roof->port_gbs * 1e3));
    }
  studio_axis_round (x);
  studio_axis_round (y);
  if (roof != NULL && y->max < roof->tflops * 2e6)
    y->max *= 10;                  /* room for words over the roof */
}

static void
add_operators (StudioPlot *plot, AnfProfile *profile, const AnfEstimate *estimate, double peak)
{
  guint rings = studio_plot_add_layer (plot, STUDIO_LAYER_RINGS, "estimated", "anf_seg_2");
  guint dots = studio_plot_add_layer (plot, STUDIO_LAYER_DOTS, "measured", "anf_bar");
  double longest = 1e-9;

  for (guint i = 0; i < anf_profile_n_ops (profile); i++)
    longest = MAX (longest, anf_profile_nth_op (profile, i)->us.median_us);
  for (guint i = 0; i < anf_profile_n_ops (profile); i++)
    {
      const AnfOpProfile *op = anf_profile_nth_op (profile, i);
      const AnfNodeEstimate *guess = estimate_of (estimate, op->node);
      Place place;

      /* What happens as values pass inside a program is no time to be held to a roof. */
      if (guess != NULL && place_of (op, guess->us, &place) && op->flops / guess->us <= peak)
        {
          g_autofree char *basis = g_strdup_printf (_("estimated for %s"),
                                                    anf_estimate_target (estimate));

          add_dot (plot, rings, profile, &place, MAX (longest, guess->us), basis);
        }
      if (place_of (op, op->us.median_us, &place))
        add_dot (plot, dots, profile, &place, longest, _("measured on this CPU"));
    }
}

void
studio_show_roofline (StudioPlot *plot, AnfProfile *profile, const AnfEstimate *estimate)
{
  StudioAxis x = { INFINITY, -INFINITY, TRUE, FALSE, _("FLOP/byte"), format_power };
  StudioAxis y = { INFINITY, -INFINITY, TRUE, FALSE, _("FLOP/s"), format_axis_rate };
  g_autoptr(GArray) bytes = g_array_new (FALSE, FALSE, sizeof (double));
  AnfRoof roof;
  gboolean known = estimate != NULL && anf_target_roof (anf_estimate_target (estimate), &roof);

  fit_axes (profile, estimate, known ? &roof : NULL, &x, &y);
  studio_plot_begin (plot, &x, &y);
  for (guint i = 0; i < anf_profile_n_ops (profile); i++)
    {
      const AnfOpProfile *op = anf_profile_nth_op (profile, i);
      double moved = op->bytes;

      if (op->flops > 0 && op->bytes > 0)
        g_array_append_val (bytes, moved);
    }
  if (known && bytes->len > 0)
    add_floor (plot, &roof, &x, &y, median_of (bytes));
  if (known)
    {
      g_autofree char *peak = studio_format_rate (roof.tflops * 1e6);
      g_autofree char *words = g_strdup_printf (_("peak %s"), peak);
      gboolean own = roof.basis == ANF_BASIS_MEASURED;

      add_roof (plot, &roof, &x, roof.port_gbs, _("values"), own ? STUDIO_LAYER_LINE
                                                                 : STUDIO_LAYER_DASHES);
      if (roof.weight_gbs != roof.port_gbs)
        add_roof (plot, &roof, &x, roof.weight_gbs, _("weights"), STUDIO_LAYER_DASHES);
      studio_plot_add_note (plot, x.max, roof.tflops * 1e6 * 1.9, 1, words);
    }
  add_operators (plot, profile, estimate, known ? roof.tflops * 1e6 : 0);
}

/* ------------------------------------------------------------------------ memory */

GArray *
studio_live_bytes (const AnfPlan *plan)
{
  g_autoptr(GArray) lives = anf_plan_lifetimes (plan);
  GArray *bytes = g_array_new (FALSE, TRUE, sizeof (gsize));
  guint n = 0;

  for (guint i = 0; i < anf_plan_n_segments (plan); i++)
    n += anf_plan_nth_segment (plan, i)->n_nodes;
  g_array_set_size (bytes, n);
  for (guint i = 0; i < lives->len; i++)
    {
      const AnfLifetime *life = &g_array_index (lives, AnfLifetime, i);

      for (guint step = life->from; step <= life->to && step < n; step++)
        g_array_index (bytes, gsize, step) += life->bytes;
    }
  return bytes;
}

static int
by_bytes (gconstpointer a, gconstpointer b)
{
  const AnfLifetime *x = a, *y = b;

  return (x->bytes < y->bytes) - (x->bytes > y->bytes);
}

GArray *
studio_live_owners (const AnfPlan *plan, guint step)
{
  GArray *lives = anf_plan_lifetimes (plan);

  for (guint i = lives->len; i-- > 0; )
    {
      const AnfLifetime *life = &g_array_index (lives, AnfLifetime, i);

      if (step < life->from || step > life->to)
        g_array_remove_index (lives, i);
    }
  g_array_sort (lives, by_bytes);
  return lives;
}

static char *
format_bytes (double bytes)
{
  return studio_format_bytes (bytes);
}

guint
studio_show_memory (StudioPlot *plot, AnfProfile *profile, gsize *bytes)
{
  const AnfProgram *program = anf_profile_program (profile);
  const AnfPlan *plan = anf_program_plan (program);
  g_autoptr(GArray) live = studio_live_bytes (plan);
  StudioAxis x = { 0, MAX (1, live->len), FALSE, FALSE, _("step"), format_power };
  StudioAxis y = { 0, 0, FALSE, TRUE, NULL, format_bytes };
  guint layer, peak = 0, step = 0;

  for (guint i = 0; i < live->len; i++)
    if (g_array_index (live, gsize, i) > g_array_index (live, gsize, peak))
      peak = i;
  studio_axis_include (&y, live->len > 0 ? g_array_index (live, gsize, peak) * 1.15 : 1);
  studio_plot_begin (plot, &x, &y);
  layer = studio_plot_add_layer (plot, STUDIO_LAYER_STEPS, "live bytes", "anf_bar");
  for (guint i = 0; i < anf_plan_n_segments (plan); i++)
    {
      const AnfSegment *segment = anf_plan_nth_segment (plan, i);

      for (guint j = 0; j < segment->n_nodes; j++, step++)
        {
          gsize at = g_array_index (live, gsize, step);
          const AnfNode *node = anf_graph_find (anf_program_graph ((AnfProgram *) program),
                                                segment->nodes[j]);
          g_autofree char *size = studio_format_bytes (at);
          g_autofree char *label = g_strdup_printf (_("%s: %s alive"), anf_node_name (node), size);

          studio_plot_add_point (plot, layer, &(StudioPoint) { step, at, 0, segment->nodes[j],
                                                               label });
        }
    }
  if (bytes != NULL)
    *bytes = live->len > 0 ? g_array_index (live, gsize, peak) : 0;
  return peak;
}
