/* canvas-align.c - lines nodes up, spreads them, and finds what they would line up with. */
#include "canvas-private.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define NEAR 6.0          /* px: a guide catches what comes as near as that */

typedef struct { StudioBox *box; double x, y; } Place;

static GArray *
places_of (StudioCanvas *self)
{
  GArray *places = g_array_new (FALSE, FALSE, sizeof (Place));
  StudioScene *scene = studio_canvas_scene (self);
  g_autoptr(GArray) ids = studio_canvas_dup_chosen (self);

  for (guint i = 0; scene != NULL && i < ids->len; i++)
    {
      StudioBox *box = studio_scene_box (scene, g_array_index (ids, AnfId, i));
      Place place = { box, box->home_x, box->home_y };
      gboolean known = FALSE;

      for (guint k = 0; box->members != NULL && k < places->len; k++)
        known = known || g_array_index (places, Place, k).box == box;
      if (!known)
        g_array_append_val (places, place);
    }
  return places;
}

static Place *
nth (GArray *places, guint i)
{
  return &g_array_index (places, Place, i);
}

/* Asks for the new places, if any of them is new. */
static void
ask (StudioCanvas *self, GArray *places, const char *label)
{
  gboolean differs = FALSE;
  AnfGraphBuilder *b;

  for (guint i = 0; i < places->len; i++)
    differs = differs || nth (places, i)->x != nth (places, i)->box->home_x
              || nth (places, i)->y != nth (places, i)->box->home_y;
  if (!differs)
    return;
  b = studio_canvas_begin_edit (self);
  for (guint i = 0; i < places->len; i++)
    studio_canvas_put_box (self, b, nth (places, i)->box, nth (places, i)->x,
                           nth (places, i)->y);
  studio_canvas_ask (self, b, label, NULL);
}

/* ---- alignment */

static const struct
{
  const char *name, *label;
  gboolean    vertical;    /* moves along y */
  double      where;       /* 0: near edges, 0.5: middles, 1: far edges */
} alignments[] = {
  { "left", N_("Align left"), FALSE, 0 }, { "right", N_("Align right"), FALSE, 1 },
  { "centre", N_("Align centres"), FALSE, 0.5 },
  { "top", N_("Align top"), TRUE, 0 }, { "bottom", N_("Align bottom"), TRUE, 1 },
  { "middle", N_("Align middles"), TRUE, 0.5 },
};

static void
align (GArray *places, gboolean vertical, double where)
{
  StudioRect all = { 0, 0, -1, -1 };
  double line;

  for (guint i = 0; i < places->len; i++)
    studio_rect_add (&all, &nth (places, i)->box->box);
  line = vertical ? all.y + where * all.height : all.x + where * all.width;
  for (guint i = 0; i < places->len; i++)
    {
      Place *p = nth (places, i);

      if (vertical)
        p->y = round (line - where * p->box->box.height);
      else
        p->x = round (line - where * p->box->box.width);
    }
}

static int
by_x (gconstpointer a, gconstpointer b)
{
  const Place *p = a, *q = b;

  return p->x < q->x ? -1 : p->x > q->x;
}

static int
by_y (gconstpointer a, gconstpointer b)
{
  const Place *p = a, *q = b;

  return p->y < q->y ? -1 : p->y > q->y;
}

/* The first and the last one stay; the gaps between all become the same. */
static void
distribute (GArray *places, gboolean vertical)
{
  guint n = places->len;
  double gap, at = 0;

  g_array_sort (places, vertical ? by_y : by_x);
  gap = vertical ? nth (places, n - 1)->y - nth (places, 0)->y
                 : nth (places, n - 1)->x - nth (places, 0)->x;
  for (guint i = 0; i + 1 < n; i++)
    gap -= vertical ? nth (places, i)->box->box.height : nth (places, i)->box->box.width;
  gap /= n - 1;
  at = vertical ? nth (places, 0)->y : nth (places, 0)->x;
  for (guint i = 0; i < n; i++)
    {
      Place *p = nth (places, i);

      *(vertical ? &p->y : &p->x) = round (at);
      at += gap + (vertical ? p->box->box.height : p->box->box.width);
    }
}

/* Each node comes to lie so that its first wire from another of them runs level. */
static void
straighten (StudioCanvas *self, GArray *places)
{
  StudioScene *scene = self->scene;

  for (guint i = 0; i < places->len; i++)
    {
      Place *p = nth (places, i);
      guint b = p->box - scene->boxes;

      for (guint k = scene->in_first[b]; k < scene->in_first[b + 1]; k++)
        {
          const StudioWire *wire = &scene->wires[scene->in_wires[k]];
          Place *source = NULL;

          /* Producers come first in a graph, so the source has found its place already. */
          for (guint j = 0; j < i; j++)
            if (nth (places, j)->box == &scene->boxes[wire->source])
              source = nth (places, j);
          if (source == NULL)
            continue;
          p->y = source->y + studio_box_output (source->box, wire->row_out).y
                 - source->box->box.y
                 - (studio_box_input (p->box, wire->row_in).y - p->box->box.y);
          break;
        }
    }
}

void
studio_canvas_align (StudioCanvas *self,
                     const char   *how)
{
  g_autoptr(GArray) places = places_of (self);

  if (places->len < 2)
    {
      gtk_widget_error_bell (GTK_WIDGET (self));
      return;
    }
  for (guint i = 0; i < G_N_ELEMENTS (alignments); i++)
    if (strcmp (alignments[i].name, how) == 0)
      {
        align (places, alignments[i].vertical, alignments[i].where);
        ask (self, places, _(alignments[i].label));
      }
  if (strcmp (how, "straight") == 0)
    {
      straighten (self, places);
      ask (self, places, _("Straighten wires"));
    }
  else if (strcmp (how, "across") == 0 || strcmp (how, "down") == 0)
    {
      distribute (places, strcmp (how, "down") == 0);
      ask (self, places, _("Distribute"));
    }
}

/* ---- guides */

/* Of three lines of @moved, the shift that brings one onto a line of @other, if it is less than
 * *@least; the line is put into @line. */
static void
try_lines (double moved, double size, double other, double other_size, double *least, double *line)
{
  for (int a = 0; a < 3; a++)
    {
      double shift = other + other_size * a / 2 - (moved + size * a / 2);

      if (fabs (shift) < fabs (*least))
        {
          *least = shift;
          *line = other + other_size * a / 2;
        }
    }
}

StudioPoint
studio_canvas_guide (StudioCanvas    *self,
                     const StudioBox *box,
                     StudioPoint      by)
{
  double reach = NEAR / self->zoom;
  StudioPoint shift = { reach, reach };
  StudioView view;
  StudioRect seen, moved = { box->home_x + by.x, box->home_y + by.y, box->box.width,
                             box->box.height };
  g_autoptr(GArray) near = NULL;

  self->guide = (StudioPoint) { NAN, NAN };
  studio_canvas_get_view (self, &view);
  seen = studio_view_rect (&view);
  near = studio_scene_boxes_in (self->scene, &seen);
  /* Among thousands there is always one that fits: a guide would say nothing. */
  for (guint i = 0; near->len <= 400 && i < near->len; i++)
    {
      const StudioBox *other = &self->scene->boxes[g_array_index (near, guint, i)];

      if (other == box || studio_canvas_is_selected (self, other->id))
        continue;
      try_lines (moved.x, moved.width, other->box.x, other->box.width, &shift.x, &self->guide.x);
      try_lines (moved.y, moved.height, other->box.y, other->box.height, &shift.y,
                 &self->guide.y);
    }
  if (!isnan (self->guide.x))
    by.x += shift.x;
  if (!isnan (self->guide.y))
    by.y += shift.y;
  return by;
}

void
studio_canvas_draw_guides (StudioCanvas     *self,
                           const StudioView *view,
                           cairo_t          *cr)
{
  StudioPoint at = studio_canvas_to_px (self, self->guide.x, self->guide.y);

  studio_colors_set (view->colors, cr, STUDIO_FOCUS);
  cairo_set_line_width (cr, 1);
  cairo_set_dash (cr, (double[]) { 6, 3 }, 2, 0);
  cairo_new_path (cr);
  if (!isnan (self->guide.x))
    {
      cairo_move_to (cr, floor (at.x) + 0.5, 0);
      cairo_line_to (cr, floor (at.x) + 0.5, view->height);
    }
  if (!isnan (self->guide.y))
    {
      cairo_move_to (cr, 0, floor (at.y) + 0.5);
      cairo_line_to (cr, view->width, floor (at.y) + 0.5);
    }
  cairo_stroke (cr);
  cairo_set_dash (cr, NULL, 0, 0);
}

/* ---- along the wires */

/* A folded group is selected whole (transfer full). */
static GArray *
with_members (StudioCanvas *self, const GArray *ids)
{
  g_autoptr(GHashTable) seen = g_hash_table_new (NULL, NULL);
  GArray *all = g_array_new (FALSE, FALSE, sizeof (AnfId));

  for (guint i = 0; i < ids->len; i++)
    {
      g_autoptr(GArray) part = studio_canvas_expand (self, g_array_index (ids, AnfId, i));

      for (guint k = 0; k < part->len; k++)
        if (g_hash_table_add (seen, GSIZE_TO_POINTER (g_array_index (part, AnfId, k))))
          g_array_append_vals (all, &g_array_index (part, AnfId, k), 1);
    }
  return all;
}

void
studio_canvas_select_along (StudioCanvas *self,
                            const char   *which)
{
  StudioScene *scene = studio_canvas_scene (self);
  gboolean down = g_str_has_prefix (which, "down"), whole = g_str_has_suffix (which, "all");
  g_autoptr(GArray) ids = studio_canvas_dup_chosen (self);
  g_autoptr(GHashTable) seen = g_hash_table_new (NULL, NULL);
  GArray *found = g_array_new (FALSE, FALSE, sizeof (AnfId));
  guint n_start = ids->len;

  for (guint i = 0; scene != NULL && i < ids->len; i++)
    {
      guint b = studio_scene_box (scene, g_array_index (ids, AnfId, i)) - scene->boxes;
      const guint *first = down ? scene->out_first : scene->in_first;
      const guint *wires = down ? scene->out_wires : scene->in_wires;

      if (whole && i < n_start)
        g_array_append_val (found, scene->boxes[b].id);
      for (guint k = first[b]; k < first[b + 1] && (whole || i < n_start); k++)
        {
          const StudioWire *wire = &scene->wires[wires[k]];
          AnfId id = down ? wire->to : wire->from.node;

          if ((whole && studio_canvas_is_selected (self, id))
              || !g_hash_table_add (seen, GSIZE_TO_POINTER (id)))
            continue;
          g_array_append_val (found, id);
          g_array_append_val (ids, id);
        }
    }
  if (found->len == 0)
    gtk_widget_error_bell (GTK_WIDGET (self));
  if (found->len > 0)
    studio_canvas_take_selection (self, with_members (self, found));
  g_array_unref (found);
}
