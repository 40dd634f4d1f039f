/* treemap.c - the squarified treemap of Bruls, Huizing and van Wijk (2000), two levels deep. */
#include "treemap.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "chart.h"
#include "edits.h"
#include "format.h"
#include "profile-charts.h"

#define EDGE 8

typedef struct { AnfId node; guint segment; double us; graphene_rect_t area; } Part;

struct _StudioTreemap
{
  GtkWidget parent_instance;

  AnfProfile *profile;
  gboolean    stale;
  AnfId       active;
  int         height;
  GArray     *parts;               /* Part, by segment, the slowest first; areas for @at */
  int         width_at, height_at; /* the size that areas are for */
  guint       focus;               /* the part that keys are at, plus 1; 0: none */
};

G_DEFINE_FINAL_TYPE (StudioTreemap, studio_treemap, GTK_TYPE_WIDGET)

enum { PICK, N_SIGNALS };
static guint signals[N_SIGNALS];

/* ------------------------------------------------------------------------ areas */

/* The longer side to the shorter of the worst of a row, if values from @from to @to fill it. */
static double
worst_of (const double *value, guint from, guint to, double sum, double side, double scale)
{
  double long2 = side * side, area = sum * scale, worst = 0;

  for (guint i = from; i < to; i++)
    {
      double one = value[i] * scale;

      worst = MAX (worst, MAX (long2 * one / (area * area), area * area / (long2 * one)));
    }
  return worst;
}

/* Puts a row along the shorter side of @left, and takes its room away. */
static void
lay_row (graphene_rect_t *left, const double *value, guint from, guint to, double sum,
         double scale, graphene_rect_t *area)
{
  gboolean upright = left->size.width >= left->size.height;
  double side = upright ? left->size.height : left->size.width;
  double deep = side > 0 ? sum * scale / side : 0, at = 0;

  for (guint i = from; i < to; i++)
    {
      double one = sum > 0 ? value[i] / sum * side : 0;

      area[i] = upright
        ? GRAPHENE_RECT_INIT (left->origin.x, left->origin.y + at, deep, one)
        : GRAPHENE_RECT_INIT (left->origin.x + at, left->origin.y, one, deep);
      at += one;
    }
  if (upright)
    {
      left->origin.x += deep;
      left->size.width -= deep;
    }
  else
    {
      left->origin.y += deep;
      left->size.height -= deep;
    }
}

void
studio_squarify (const graphene_rect_t *whole, const double *value, guint n,
                 graphene_rect_t *area)
{
  graphene_rect_t left = *whole;
  double total = 0, scale;

  for (guint i = 0; i < n; i++)
    total += value[i];
  scale = total > 0 ? whole->size.width * whole->size.height / total : 0;
  for (guint from = 0; from < n; )
    {
      double side = MIN (left.size.width, left.size.height), sum = value[from];
      guint to = from + 1;

      while (to < n && value[to] > 0
             && worst_of (value, from, to + 1, sum + value[to], side, scale)
                <= worst_of (value, from, to, sum, side, scale))
        sum += value[to++];
      lay_row (&left, value, from, to, sum, scale, area);
      from = to;
    }
}

static int
slowest_first (gconstpointer a, gconstpointer b)
{
  const Part *one = a, *other = b;

  if (one->segment != other->segment)
    return one->segment < other->segment ? -1 : 1;
  return (one->us < other->us) - (one->us > other->us);
}

static void
list_parts (StudioTreemap *self)
{
  const AnfPlan *plan = self->profile != NULL
                        ? anf_program_plan (anf_profile_program (self->profile)) : NULL;

  g_array_set_size (self->parts, 0);
  self->width_at = -1;
  for (guint i = 0; self->profile != NULL && i < anf_profile_n_ops (self->profile); i++)
    {
      const AnfOpProfile *op = anf_profile_nth_op (self->profile, i);
      Part part = { op->node, MAX (0, anf_plan_segment_of (plan, op->node)), op->us.median_us };

      if (part.us > 0)
        g_array_append_val (self->parts, part);
    }
  g_array_sort (self->parts, slowest_first);
}

typedef struct { guint segment, from, to; double us; } Group;

static int
longest_first (gconstpointer a, gconstpointer b)
{
  const Group *one = a, *other = b;

  return (one->us < other->us) - (one->us > other->us);
}

static GArray *
group (StudioTreemap *self)
{
  GArray *groups = g_array_new (FALSE, FALSE, sizeof (Group));

  for (guint i = 0; i < self->parts->len; i++)
    {
      const Part *part = &g_array_index (self->parts, Part, i);
      Group *last = groups->len > 0 ? &g_array_index (groups, Group, groups->len - 1) : NULL;

      if (last == NULL || last->segment != part->segment)
        {
          Group fresh = { part->segment, i, i, 0 };

          g_array_append_val (groups, fresh);
          last = &g_array_index (groups, Group, groups->len - 1);
        }
      last->to = i + 1;
      last->us += part->us;
    }
  g_array_sort (groups, longest_first);
  return groups;
}

static void
lay_out (StudioTreemap *self, int width, int height)
{
  g_autoptr(GArray) groups = group (self);
  graphene_rect_t whole = GRAPHENE_RECT_INIT (EDGE, 4, MAX (1, width - 2 * EDGE),
                                              MAX (1, height - 4 - EDGE));
  g_autofree graphene_rect_t *area = g_new0 (graphene_rect_t, self->parts->len + 1);
  g_autofree graphene_rect_t *outer = g_new0 (graphene_rect_t, groups->len + 1);
  g_autofree double *value = g_new0 (double, self->parts->len + 1);

  if (width == self->width_at && height == self->height_at)
    return;
  self->width_at = width;
  self->height_at = height;
  for (guint i = 0; i < groups->len; i++)
    value[i] = g_array_index (groups, Group, i).us;
  studio_squarify (&whole, value, groups->len, outer);
  for (guint i = 0; i < groups->len; i++)
    {
      const Group *it = &g_array_index (groups, Group, i);
      graphene_rect_t inner = outer[i];

      graphene_rect_inset (&inner, inner.size.width > 6 ? 1 : 0, inner.size.height > 6 ? 1 : 0);
      for (guint j = it->from; j < it->to; j++)
        value[j - it->from] = g_array_index (self->parts, Part, j).us;
      studio_squarify (&inner, value, it->to - it->from, area);
      for (guint j = it->from; j < it->to; j++)
        g_array_index (self->parts, Part, j).area = area[j - it->from];
    }
}

/* ------------------------------------------------------------------------ drawing */

static const char *
name_of (StudioTreemap *self, const Part *part)
{
  const AnfNode *node = anf_graph_find (anf_program_graph (anf_profile_program (self->profile)),
                                        part->node);

  return node != NULL ? anf_node_name (node) : "?";
}

static char *
words_of (StudioTreemap *self, const Part *part)
{
  double total = anf_profile_total (self->profile).median_us;
  g_autofree char *time = studio_format_time_us (part->us);
  g_autofree char *share = studio_format_percent (total > 0 ? part->us / total : NAN);

  return g_strdup_printf ("%s, %s, %s", name_of (self, part), time, share);
}

static void
draw_words (StudioTreemap *self, cairo_t *cr, const Part *part, const GdkRGBA *ground)
{
  GtkWidget *widget = GTK_WIDGET (self);
  g_autofree char *time = studio_format_time_us (part->us);
  const char *name = name_of (self, part);
  double wide = studio_chart_text_width (widget, name, FALSE) + 8;
  double light = 0.299 * ground->red + 0.587 * ground->green + 0.114 * ground->blue;

  if (part->area.size.width < wide || part->area.size.height < 16)
    return;
  cairo_set_source_rgb (cr, light > 0.5 ? 0 : 1, light > 0.5 ? 0 : 1, light > 0.5 ? 0 : 1);
  studio_chart_text (widget, cr, name, part->area.origin.x + 4, part->area.origin.y + 9, 0, FALSE);
  if (part->area.size.height >= 32
      && part->area.size.width >= studio_chart_text_width (widget, time, TRUE) + 8)
    studio_chart_text (widget, cr, time, part->area.origin.x + 4, part->area.origin.y + 23, 0,
                       TRUE);
}

static void
draw_part (StudioTreemap *self, cairo_t *cr, guint i)
{
  const Part *part = &g_array_index (self->parts, Part, i);
  const AnfPlan *plan = anf_program_plan (anf_profile_program (self->profile));
  const AnfSegment *segment = anf_plan_nth_segment (plan, part->segment);
  const graphene_rect_t *at = &part->area;
  GtkWidget *widget = GTK_WIDGET (self);
  gboolean focus = self->focus == i + 1 && gtk_widget_has_focus (widget);
  GdkRGBA ground;

  studio_chart_color (widget, studio_segment_color (segment, part->segment), &ground);
  gdk_cairo_set_source_rgba (cr, &ground);
  cairo_rectangle (cr, at->origin.x + 0.5, at->origin.y + 0.5, MAX (0.5, at->size.width - 1),
                   MAX (0.5, at->size.height - 1));
  cairo_fill (cr);
  if (self->stale)
    {
      studio_chart_set_color (widget, cr, "anf_chart_bg");
      studio_chart_hatch (cr, at->origin.x, at->origin.y, at->size.width, at->size.height, 6);
    }
  draw_words (self, cr, part, &ground);
  if (part->node != self->active && !focus)
    return;
  studio_chart_set_color (widget, cr, focus ? "anf_focus" : "anf_text");
  cairo_set_line_width (cr, 2);
  cairo_rectangle (cr, at->origin.x + 1, at->origin.y + 1, MAX (1, at->size.width - 2),
                   MAX (1, at->size.height - 2));
  cairo_stroke (cr);
}

static void
studio_treemap_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  StudioTreemap *self = STUDIO_TREEMAP (widget);
  int width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget);
  cairo_t *cr;

  if (self->profile == NULL || width <= 0 || height <= 0)
    return;
  lay_out (self, width, height);
  cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, width, height));
  for (guint i = 0; i < self->parts->len; i++)
    draw_part (self, cr, i);
  cairo_destroy (cr);
}

/* ------------------------------------------------------------------------ pointer and keys */

static const Part *
part_at (StudioTreemap *self, double x, double y)
{
  for (guint i = 0; i < self->parts->len; i++)
    {
      const Part *part = &g_array_index (self->parts, Part, i);

      if (graphene_rect_contains_point (&part->area, &GRAPHENE_POINT_INIT (x, y)))
        return part;
    }
  return NULL;
}

static void
on_pressed (GtkGestureClick *click, int n_press, double x, double y, StudioTreemap *self)
{
  const Part *part = part_at (self, x, y);

  gtk_widget_grab_focus (GTK_WIDGET (self));
  if (part != NULL)
    g_signal_emit (self, signals[PICK], 0, part->node);
}

static gboolean
on_tooltip (GtkWidget *widget, int x, int y, gboolean keyboard, GtkTooltip *tooltip, gpointer data)
{
  const Part *part = keyboard ? NULL : part_at (STUDIO_TREEMAP (widget), x, y);
  g_autofree char *words = part != NULL ? words_of (STUDIO_TREEMAP (widget), part) : NULL;

  gtk_tooltip_set_text (tooltip, words);
  return words != NULL;
}

static gboolean
go (GtkWidget *widget, GVariant *args, gpointer data)
{
  StudioTreemap *self = STUDIO_TREEMAP (widget);
  int by = g_variant_get_int32 (args);
  g_autofree char *words = NULL, *name = NULL;

  if (self->parts->len == 0)
    return GDK_EVENT_PROPAGATE;
  if (self->focus == 0)
    self->focus = by > 0 ? 1 : self->parts->len;
  else
    self->focus = CLAMP ((int) self->focus + by, 1, (int) self->parts->len);
  words = words_of (self, &g_array_index (self->parts, Part, self->focus - 1));
  name = g_strdup_printf (_("Treemap: %s"), words);
  studio_name_widget (widget, name);
  gtk_widget_queue_draw (widget);
  return GDK_EVENT_STOP;
}

static gboolean
pick (GtkWidget *widget, GVariant *args, gpointer data)
{
  StudioTreemap *self = STUDIO_TREEMAP (widget);

  if (self->focus == 0 || self->focus > self->parts->len)
    return GDK_EVENT_PROPAGATE;
  g_signal_emit (self, signals[PICK], 0, g_array_index (self->parts, Part, self->focus - 1).node);
  return GDK_EVENT_STOP;
}

/* ------------------------------------------------------------------------ the widget */

void
studio_treemap_show (StudioTreemap *self, AnfProfile *profile, gboolean stale, AnfId active)
{
  g_return_if_fail (STUDIO_IS_TREEMAP (self));

  if (profile != self->profile)
    {
      if (profile != NULL)
        anf_profile_ref (profile);
      g_clear_pointer (&self->profile, anf_profile_unref);
      self->profile = profile;
      self->focus = 0;
      list_parts (self);
    }
  self->stale = stale;
  self->active = active;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
studio_treemap_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum,
                        int *natural, int *minimum_baseline, int *natural_baseline)
{
  *minimum = *natural = orientation == GTK_ORIENTATION_VERTICAL ? STUDIO_TREEMAP (widget)->height
                                                                : 160;
}

static void
studio_treemap_finalize (GObject *object)
{
  StudioTreemap *self = STUDIO_TREEMAP (object);

  g_clear_pointer (&self->profile, anf_profile_unref);
  g_array_unref (self->parts);
  G_OBJECT_CLASS (studio_treemap_parent_class)->finalize (object);
}

static void
studio_treemap_class_init (StudioTreemapClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = studio_treemap_finalize;
  widget_class->snapshot = studio_treemap_snapshot;
  widget_class->measure = studio_treemap_measure;

  signals[PICK] = g_signal_new ("pick", STUDIO_TYPE_TREEMAP, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                NULL, G_TYPE_NONE, 1, G_TYPE_UINT64);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Left, 0, go, "i", -1);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Right, 0, go, "i", 1);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Return, 0, pick, NULL);
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
studio_treemap_init (StudioTreemap *self)
{
  GtkGesture *click = gtk_gesture_click_new ();

  self->parts = g_array_new (FALSE, FALSE, sizeof (Part));
  g_signal_connect (click, "pressed", G_CALLBACK (on_pressed), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (click));
  gtk_widget_set_has_tooltip (GTK_WIDGET (self), TRUE);
  g_signal_connect (self, "query-tooltip", G_CALLBACK (on_tooltip), NULL);
  g_signal_connect (self, "notify::has-focus", G_CALLBACK (gtk_widget_queue_draw), NULL);
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  studio_name_widget (GTK_WIDGET (self), _("Treemap"));
}

GtkWidget *
studio_treemap_new (int height)
{
  StudioTreemap *self = g_object_new (STUDIO_TYPE_TREEMAP, NULL);

  self->height = height;
  return GTK_WIDGET (self);
}
