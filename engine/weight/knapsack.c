/* knapsack.c - branch and bound. What is left is bounded by its relaxation, in which an item may be
 * a mixture of two options: that takes the steps along the convex hulls by what each yields. */
#include "weight/knapsack.h"

#include <math.h>
#include <string.h>

#define MAX_VISITS 20000           /* beyond that the best so far is given, with its bound */

/* From one option of an item's hull to the next: more load, less cost. */
typedef struct { guint item, to; double load, gain; } Step;

typedef struct
{
  const GPtrArray *options;        /* GArray of AnfOption by item, as sorted here */
  GArray          *steps;          /* Step, by gain per load, the best first */
  double           limit;
  guint           *now, *best;     /* index into an item's options */
  double           best_cost;
  guint            visits;
} Search;

static int
by_load (gconstpointer a, gconstpointer b)
{
  const AnfOption *x = a, *y = b;

  if (x->load != y->load)
    return x->load < y->load ? -1 : 1;
  return (x->cost > y->cost) - (x->cost < y->cost);
}

static int
by_yield (gconstpointer a, gconstpointer b)
{
  const Step *x = a, *y = b;
  double left = x->gain * y->load, right = y->gain * x->load;

  return left > right ? -1 : left < right;
}

/* Those that some other option beats in both numbers are left out. */
static GArray *
thin_out (const GArray *all)
{
  GArray *sorted = g_array_copy ((GArray *) all), *kept = g_array_new (FALSE, FALSE,
                                                                       sizeof (AnfOption));

  g_array_sort (sorted, by_load);
  for (guint i = 0; i < sorted->len; i++)
    {
      AnfOption *it = &g_array_index (sorted, AnfOption, i);

      if (kept->len == 0 || it->cost < g_array_index (kept, AnfOption, kept->len - 1).cost)
        g_array_append_val (kept, *it);
    }
  g_array_unref (sorted);
  return kept;
}

/* The steps of one item's lower convex hull; their yield falls. */
static void
add_steps (GArray *steps, guint item, const GArray *options)
{
  g_autoptr(GArray) hull = g_array_new (FALSE, FALSE, sizeof (AnfOption));
  g_autoptr(GArray) at = g_array_new (FALSE, FALSE, sizeof (guint));   /* places in @options */

  for (guint i = 0; i < options->len; i++)
    {
      AnfOption it = g_array_index (options, AnfOption, i);

      while (hull->len >= 2)
        {
          const AnfOption *a = &g_array_index (hull, AnfOption, hull->len - 2), *b = a + 1;

          if ((a->cost - b->cost) * (it.load - b->load) > (b->cost - it.cost) * (b->load - a->load))
            break;
          g_array_set_size (hull, hull->len - 1);
          g_array_set_size (at, at->len - 1);
        }
      g_array_append_val (hull, it);
      g_array_append_val (at, i);
    }
  for (guint i = 1; i < hull->len; i++)
    {
      const AnfOption *b = &g_array_index (hull, AnfOption, i), *a = b - 1;
      Step step = { item, g_array_index (at, guint, i), b->load - a->load, a->cost - b->cost };

      g_array_append_val (steps, step);
    }
}

static const AnfOption *
option (const Search *self, guint item, guint i)
{
  return &g_array_index ((GArray *) g_ptr_array_index (self->options, item), AnfOption, i);
}

/* No choice for items from @item on costs less, with @room left for them; infinite: none fits. */
static double
relaxed (const Search *self, guint item, double room)
{
  double cost = 0;

  for (guint i = item; i < self->options->len; i++)
    {
      room -= option (self, i, 0)->load;
      cost += option (self, i, 0)->cost;
    }
  if (room < 0)
    return INFINITY;
  for (guint i = 0; i < self->steps->len && room > 0; i++)
    {
      const Step *step = &g_array_index (self->steps, Step, i);

      if (step->item < item)
        continue;
      cost -= step->load <= room ? step->gain : step->gain * room / step->load;
      room -= step->load;
    }
  return cost;
}

/* A good one to begin with: all steps that fit, the best first. */
static void
begin (Search *self)
{
  g_autofree gboolean *stuck = g_new0 (gboolean, self->options->len + 1);
  double room = self->limit, cost = 0;

  for (guint i = 0; i < self->options->len; i++)
    {
      self->best[i] = 0;
      room -= option (self, i, 0)->load;
      cost += option (self, i, 0)->cost;
    }
  if (room < 0)
    return;
  for (guint i = 0; i < self->steps->len; i++)
    {
      const Step *step = &g_array_index (self->steps, Step, i);

      stuck[step->item] = stuck[step->item] || step->load > room;
      if (stuck[step->item])
        continue;
      self->best[step->item] = step->to;
      room -= step->load;
      cost -= step->gain;
    }
  self->best_cost = cost;
}

static void
visit (Search *self, guint item, double room, double cost)
{
  const GArray *own;

  if (self->visits++ >= MAX_VISITS || !(cost + relaxed (self, item, room) < self->best_cost))
    return;
  if (item == self->options->len)
    {
      self->best_cost = cost;
      memcpy (self->best, self->now, item * sizeof *self->now);
      return;
    }
  /* The cheapest that fits first: a good solution early cuts most of the rest. */
  own = g_ptr_array_index (self->options, item);
  for (guint i = own->len; i-- > 0; )
    {
      const AnfOption *it = option (self, item, i);

      self->now[item] = i;         /* what does not fit is cut by its relaxation */
      visit (self, item + 1, room - it->load, cost + it->cost);
    }
}

gboolean
anf_knapsack (const GPtrArray *options, double limit, guint *picked, double *bound)
{
  guint n = options->len;
  g_autoptr(GPtrArray) thin = g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);
  g_autoptr(GArray) steps = g_array_new (FALSE, FALSE, sizeof (Step));
  g_autofree guint *now = g_new0 (guint, n + 1), *best = g_new0 (guint, n + 1);
  Search self = { thin, steps, limit, now, best, INFINITY, 0 };
  double least;

  for (guint i = 0; i < n; i++)
    {
      GArray *own = thin_out (g_ptr_array_index (options, i));

      g_ptr_array_add (thin, own);
      add_steps (steps, i, own);
    }
  g_array_sort (steps, by_yield);
  least = relaxed (&self, 0, limit);
  begin (&self);
  visit (&self, 0, limit, 0);
  if (isinf (self.best_cost))
    return FALSE;
  for (guint i = 0; i < n; i++)
    picked[i] = option (&self, i, best[i])->id;
  if (bound != NULL)
    *bound = self.visits < MAX_VISITS ? self.best_cost : least;
  return TRUE;
}
