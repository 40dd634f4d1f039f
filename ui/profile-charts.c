/* profile-charts.c - a profile as pictures: time by segment, and the run on a time axis. */
#include "profile-charts.h"

#include <glib/gi18n-lib.h>

#include "chart.h"
#include "edits.h"
#include "format.h"

#define MARGIN  12
#define LABEL   68                 /* px left of the bars */
#define ROW     26
#define AXIS    22
#define SLOWEST 8

struct _StudioProfileChart
{
  GtkWidget parent_instance;

  StudioProfileChartKind kind;
  AnfProfile            *profile;
  gboolean               stale;
  AnfId                  active;
};

G_DEFINE_FINAL_TYPE (StudioProfileChart, studio_profile_chart, GTK_TYPE_WIDGET)

enum { PICK, N_SIGNALS };
static guint signals[N_SIGNALS];

/* Lanes of the timeline, by the kind of segment. */
static const char *const lanes[] = {
  [ANF_SEGMENT_FUSED] = N_("Fused"), [ANF_SEGMENT_BRIDGE] = N_("Bridges"),
  [ANF_SEGMENT_HOST] = N_("Host"),
};

const char *
studio_segment_color (const AnfSegment *segment, guint i)
{
  static const char *const colors[] = { "anf_seg_0", "anf_seg_1", "anf_seg_2", "anf_seg_3",
                                        "anf_seg_4", "anf_seg_5" };

  return segment->kind == ANF_SEGMENT_BRIDGE ? "anf_seg_bridge"
    : segment->kind == ANF_SEGMENT_HOST ? "anf_bar_alt" : colors[i % G_N_ELEMENTS (colors)];
}

static const AnfPlan *
plan_of (StudioProfileChart *self)
{
  return anf_program_plan (anf_profile_program (self->profile));
}

/* Solid is measured; what is stale is hatched, in its colour, with an outline. */
static void
fill_bar (StudioProfileChart *self, cairo_t *cr, const char *color, double x, double y,
          double width, double height)
{
  GdkRGBA rgba;

  studio_chart_color (GTK_WIDGET (self), color, &rgba);
  gdk_cairo_set_source_rgba (cr, &rgba);
  studio_chart_bar (cr, x, y, width, height);
  if (!self->stale)
    {
      cairo_fill (cr);
      return;
    }
  cairo_set_line_width (cr, 1);
  cairo_save (cr);
  cairo_clip_preserve (cr);
  cairo_stroke (cr);
  studio_chart_hatch (cr, x, y, width, height, 5);
  cairo_restore (cr);
}

/* ------------------------------------------------------------------------ time by segment */

typedef struct { const char *name, *note, *color; AnfStats us; AnfId node; } Bar;

static void
draw_bar (StudioProfileChart *self, cairo_t *cr, const Bar *bar, double y, double row,
          double room, double most)
{
  GtkWidget *widget = GTK_WIDGET (self);
  g_autofree char *time = studio_format_time_us (bar->us.median_us);
  double x = MARGIN + LABEL, middle = y + row / 2;

  studio_chart_set_color (widget, cr, bar->node != 0 && bar->node == self->active ? "anf_accent"
                          : "anf_text");
  cairo_save (cr);
  cairo_rectangle (cr, 0, y, x - 4, row);
  cairo_clip (cr);
  studio_chart_text (widget, cr, bar->name, MARGIN, middle, 0, FALSE);
  cairo_restore (cr);
  studio_chart_set_color (widget, cr, "anf_text_dim");
  if (bar->note != NULL)
    studio_chart_text (widget, cr, bar->note, x - 6, middle, 1, FALSE);
  fill_bar (self, cr, bar->color, x, y + row * 0.2, bar->us.median_us / most * room, row * 0.6);
  /* From the 10th to the 90th percentile. */
  studio_chart_set_color (widget, cr, "anf_text");
  cairo_set_line_width (cr, 1);
  cairo_move_to (cr, x + bar->us.p10_us / most * room, middle);
  cairo_line_to (cr, x + MIN (bar->us.p90_us / most, 1) * room, middle);
  cairo_stroke (cr);
  studio_chart_text (widget, cr, time, x + room + 56, middle, 1, TRUE);
}

static void
draw_bars (StudioProfileChart *self, cairo_t *cr, GArray *bars, double width, double height)
{
  double most = 0, room = width - 2 * MARGIN - LABEL - 56;
  double row = MIN (ROW, (height - AXIS - 10) / MAX (bars->len, 1));

  /* Room for an ordinary spread; a disturbed one runs into the edge, not the others flat. */
  for (guint i = 0; i < bars->len; i++)
    most = MAX (most, 1.15 * g_array_index (bars, Bar, i).us.median_us);
  if (most <= 0)
    return;
  studio_chart_axis (GTK_WIDGET (self), cr, MARGIN + LABEL, 6 + row * bars->len, room,
                     row * bars->len, most, studio_format_time_us);
  for (guint i = 0; i < bars->len; i++)
    draw_bar (self, cr, &g_array_index (bars, Bar, i), 6 + row * i, row, room, most);
}

static GArray *
segment_bars (StudioProfileChart *self)
{
  const AnfPlan *plan = plan_of (self);
  GArray *bars = g_array_new (FALSE, FALSE, sizeof (Bar));

  for (guint i = 0; i < anf_plan_n_segments (plan); i++)
    {
      const AnfSegment *segment = anf_plan_nth_segment (plan, i);
      Bar bar = { segment->name, anf_segment_kind_name (segment->kind),
                  studio_segment_color (segment, i), anf_profile_segment (self->profile, i), 0 };

      g_array_append_val (bars, bar);
    }
  return bars;
}

static int
longest_first (gconstpointer a, gconstpointer b)
{
  double one = ((const Bar *) a)->us.median_us, two = ((const Bar *) b)->us.median_us;

  return (one < two) - (one > two);
}

static GArray *
slowest_bars (StudioProfileChart *self)
{
  const AnfPlan *plan = plan_of (self);
  AnfGraph *graph = anf_program_graph (anf_profile_program (self->profile));
  GArray *bars = g_array_new (FALSE, FALSE, sizeof (Bar));

  for (guint i = 0; i < anf_profile_n_ops (self->profile); i++)
    {
      const AnfOpProfile *op = anf_profile_nth_op (self->profile, i);
      const AnfNode *node = anf_graph_find (graph, op->node);
      int at = anf_plan_segment_of (plan, op->node);
      Bar bar = { node != NULL ? anf_node_name (node) : "", NULL, at < 0 ? "anf_bar"
                  : studio_segment_color (anf_plan_nth_segment (plan, at), at), op->us, op->node };

      g_array_append_val (bars, bar);
    }
  g_array_sort (bars, longest_first);
  g_array_set_size (bars, MIN (bars->len, SLOWEST));
  return bars;
}

/* ------------------------------------------------------------------------ timeline */

typedef struct { AnfId node; guint segment; double begin, us; } Block;

/* Operators at their medians, end to end in run order, within their segments. */
static GArray *
blocks_of (StudioProfileChart *self, double *total)
{
  const AnfPlan *plan = plan_of (self);
  GArray *blocks = g_array_new (FALSE, FALSE, sizeof (Block));
  double at = 0;

  for (guint i = 0; i < anf_plan_n_segments (plan); i++)
    {
      const AnfSegment *segment = anf_plan_nth_segment (plan, i);
      double inside = at;

      for (guint j = 0; j < segment->n_nodes; j++)
        {
          const AnfOpProfile *op = anf_profile_op (self->profile, segment->nodes[j]);
          Block block = { segment->nodes[j], i, inside, op != NULL ? op->us.median_us : 0 };

          inside += block.us;
          g_array_append_val (blocks, block);
        }
      at = MAX (inside, at + anf_profile_segment (self->profile, i).median_us);
    }
  *total = at;
  return blocks;
}

static double
lane_y (guint kind)
{
  return 6 + kind * ROW;
}

static guint
n_lanes (StudioProfileChart *self)
{
  const AnfPlan *plan = plan_of (self);
  guint n = 2;

  for (guint i = 0; i < anf_plan_n_segments (plan); i++)
    n = MAX (n, anf_plan_nth_segment (plan, i)->kind + 1u);
  return n;
}

static void
draw_block (StudioProfileChart *self, cairo_t *cr, const Block *block, double x, double width)
{
  const AnfSegment *segment = anf_plan_nth_segment (plan_of (self), block->segment);
  const AnfNode *node = anf_graph_find (anf_program_graph (anf_profile_program (self->profile)),
                                        block->node);
  double y = lane_y (segment->kind) + 4, height = ROW - 8;

  fill_bar (self, cr, studio_segment_color (segment, block->segment), x, y, MAX (width - 1, 1),
            height);
  if (block->node == self->active)
    {
      studio_chart_set_color (GTK_WIDGET (self), cr, "anf_focus");
      cairo_set_line_width (cr, 2);
      cairo_rectangle (cr, x - 1, y - 1, MAX (width, 2) + 1, height + 2);
      cairo_stroke (cr);
    }
  if (node == NULL || self->stale
      || studio_chart_text_width (GTK_WIDGET (self), anf_node_name (node), FALSE) > width - 8)
    return;
  studio_chart_set_color (GTK_WIDGET (self), cr, "anf_chart_bg");
  studio_chart_text (GTK_WIDGET (self), cr, anf_node_name (node), x + 4, y + height / 2, 0, FALSE);
}

static void
draw_timeline (StudioProfileChart *self, cairo_t *cr, double width, double height)
{
  double total, x = MARGIN + LABEL, room = width - x - MARGIN;
  g_autoptr(GArray) blocks = blocks_of (self, &total);
  guint n = n_lanes (self);

  if (total <= 0)
    return;
  studio_chart_axis (GTK_WIDGET (self), cr, x, lane_y (n), room, n * ROW, total,
                     studio_format_time_us);
  studio_chart_set_color (GTK_WIDGET (self), cr, "anf_text_dim");
  for (guint kind = 0; kind < n; kind++)
    studio_chart_text (GTK_WIDGET (self), cr, _(lanes[kind]), MARGIN, lane_y (kind) + ROW / 2.0, 0,
                       FALSE);
  for (guint i = 0; i < blocks->len; i++)
    {
      const Block *block = &g_array_index (blocks, Block, i);

      draw_block (self, cr, block, x + block->begin / total * room, block->us / total * room);
    }
}

static const Block *
block_at (StudioProfileChart *self, GArray *blocks, double total, double x, double y)
{
  double room = gtk_widget_get_width (GTK_WIDGET (self)) - LABEL - 2 * MARGIN;
  double us = (x - LABEL - MARGIN) / room * total;

  for (guint i = 0; i < blocks->len; i++)
    {
      const Block *block = &g_array_index (blocks, Block, i);
      double top = lane_y (anf_plan_nth_segment (plan_of (self), block->segment)->kind);

      if (us >= block->begin && us < block->begin + block->us && y >= top && y < top + ROW)
        return block;
    }
  return NULL;
}

static void
on_pressed (GtkGestureClick *click, int n_press, double x, double y, StudioProfileChart *self)
{
  double total;
  g_autoptr(GArray) blocks = NULL;
  const Block *block;

  if (self->profile == NULL || self->kind != STUDIO_CHART_TIMELINE)
    return;
  blocks = blocks_of (self, &total);
  if ((block = block_at (self, blocks, total, x, y)) != NULL)
    g_signal_emit (self, signals[PICK], 0, block->node);
}

static gboolean
on_tooltip (GtkWidget *widget, int x, int y, gboolean keyboard, GtkTooltip *tooltip, gpointer data)
{
  StudioProfileChart *self = STUDIO_PROFILE_CHART (widget);
  double total;
  g_autoptr(GArray) blocks = NULL;
  g_autofree char *time = NULL, *words = NULL;
  const AnfNode *node;
  const Block *block;

  if (self->profile == NULL || self->kind != STUDIO_CHART_TIMELINE || keyboard)
    return FALSE;
  blocks = blocks_of (self, &total);
  if ((block = block_at (self, blocks, total, x, y)) == NULL)
    return FALSE;
  node = anf_graph_find (anf_program_graph (anf_profile_program (self->profile)), block->node);
  time = studio_format_time_us (block->us);
  words = g_strdup_printf ("%s, %s, %s", node != NULL ? anf_node_name (node) : "",
                           node != NULL ? anf_node_op_name (node) : "", time);
  gtk_tooltip_set_text (tooltip, words);
  return TRUE;
}

/* ------------------------------------------------------------------------ the widget */

void
studio_profile_chart_show (StudioProfileChart *self, AnfProfile *profile, gboolean stale,
                           AnfId active)
{
  g_return_if_fail (STUDIO_IS_PROFILE_CHART (self));

  if (profile != NULL)
    anf_profile_ref (profile);
  g_clear_pointer (&self->profile, anf_profile_unref);
  self->profile = profile;
  self->stale = stale;
  self->active = active;
  gtk_widget_queue_resize (GTK_WIDGET (self));
}

static void
studio_profile_chart_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  StudioProfileChart *self = STUDIO_PROFILE_CHART (widget);
  int width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget);
  g_autoptr(GArray) bars = NULL;
  cairo_t *cr;

  if (self->profile == NULL)
    return;
  cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, width, height));
  if (self->kind == STUDIO_CHART_TIMELINE)
    draw_timeline (self, cr, width, height);
  else
    {
      bars = self->kind == STUDIO_CHART_SEGMENTS ? segment_bars (self) : slowest_bars (self);
      draw_bars (self, cr, bars, width, height);
    }
  cairo_destroy (cr);
}

static void
studio_profile_chart_measure (GtkWidget *widget, GtkOrientation orientation, int for_size,
                              int *minimum, int *natural, int *minimum_baseline,
                              int *natural_baseline)
{
  StudioProfileChart *self = STUDIO_PROFILE_CHART (widget);
  guint rows = 3;

  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      *minimum = *natural = 280;
      return;
    }
  if (self->profile != NULL)
    rows = self->kind == STUDIO_CHART_TIMELINE ? n_lanes (self)
      : self->kind == STUDIO_CHART_SEGMENTS ? anf_plan_n_segments (plan_of (self))
      : MIN (anf_profile_n_ops (self->profile), SLOWEST);
  /* Beyond ten segments rows grow thinner instead. */
  *minimum = *natural = MIN (rows, 10) * ROW + AXIS + 12;
}

static void
studio_profile_chart_finalize (GObject *object)
{
  g_clear_pointer (&STUDIO_PROFILE_CHART (object)->profile, anf_profile_unref);
  G_OBJECT_CLASS (studio_profile_chart_parent_class)->finalize (object);
}

static void
studio_profile_chart_class_init (StudioProfileChartClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = studio_profile_chart_finalize;
  widget_class->snapshot = studio_profile_chart_snapshot;
  widget_class->measure = studio_profile_chart_measure;

  signals[PICK] = g_signal_new ("pick", STUDIO_TYPE_PROFILE_CHART, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                NULL, G_TYPE_NONE, 1, G_TYPE_UINT64);
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
studio_profile_chart_init (StudioProfileChart *self)
{
  GtkGesture *click = gtk_gesture_click_new ();

  g_signal_connect (click, "pressed", G_CALLBACK (on_pressed), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (click));
  gtk_widget_set_has_tooltip (GTK_WIDGET (self), TRUE);
  g_signal_connect (self, "query-tooltip", G_CALLBACK (on_tooltip), NULL);
}

GtkWidget *
studio_profile_chart_new (StudioProfileChartKind kind)
{
  static const char *const words[] = {
    [STUDIO_CHART_SEGMENTS] = N_("Median time of each segment; the table has the numbers"),
    [STUDIO_CHART_TIMELINE] = N_("Operators at their medians on a time axis"),
    [STUDIO_CHART_SLOWEST] = N_("The slowest operators; the table has the numbers"),
  };
  StudioProfileChart *self = g_object_new (STUDIO_TYPE_PROFILE_CHART, NULL);

  self->kind = kind;
  studio_name_widget (GTK_WIDGET (self), _(words[kind]));
  return GTK_WIDGET (self);
}
