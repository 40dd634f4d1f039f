/* compare.c - two runs held against each other, operator by operator, across what was fused. */
#include "anf.h"

#include <math.h>

/* Quartiles of a normal distribution are so much nearer to each other than its 10th and 90th
 * percentile: 0.6745 / 1.2816. */
#define QUARTILES 0.5263
#define NOTCH 1.57

struct _AnfComparison
{
  AnfRecord    *a, *b;
  GArray       *rows;              /* AnfComparedOps */
  GPtrArray    *held;              /* what rows point to */
};

/* ---------------------------------------------------------------- verdicts */

static double
notch (const AnfStats *us, guint n)
{
  return n > 0 ? NOTCH * QUARTILES * (us->p90_us - us->p10_us) / sqrt (n) : 0;
}

AnfRunVerdict
anf_run_verdict (const AnfStats *a, guint n_a, const AnfStats *b, guint n_b)
{
  double apart = fabs (a->median_us - b->median_us);

  if (!(apart > 0)                 /* a NaN, too: nothing can be said */
      || (b->median_us >= a->p10_us && b->median_us <= a->p90_us)
      || (a->median_us >= b->p10_us && a->median_us <= b->p90_us)
      || apart <= notch (a, n_a) + notch (b, n_b))
    return ANF_RUN_SAME;
  return b->median_us < a->median_us ? ANF_RUN_FASTER : ANF_RUN_SLOWER;
}

const char *
anf_run_verdict_name (AnfRunVerdict verdict)
{
  static const char *const names[] = { "same", "faster", "slower" };

  g_return_val_if_fail (verdict < G_N_ELEMENTS (names), NULL);

  return names[verdict];
}

/* ---------------------------------------------------------------- matching */

typedef struct
{
  AnfRecord *run[2];
  guint      n[2];
  guint     *parent;               /* those of the first run, then of the second */
} Sets;

static guint
root_of (Sets *self, guint i)
{
  while (self->parent[i] != i)
    i = self->parent[i] = self->parent[self->parent[i]];
  return i;
}

static void
join (Sets *self, guint i, guint j)
{
  i = root_of (self, i);
  j = root_of (self, j);
  self->parent[MAX (i, j)] = MIN (i, j);
}

static const AnfRecordOp *
op_at (const Sets *self, guint side, guint i)
{
  return &g_array_index (self->run[side]->ops, AnfRecordOp, i);
}

/* What has been folded into another one goes with it. */
static void
join_taken_over (Sets *self, guint side)
{
  g_autoptr(GHashTable) by_id = g_hash_table_new (NULL, NULL);
  guint first = side == 0 ? 0 : self->n[0];

  for (guint i = 0; i < self->n[side]; i++)
    g_hash_table_insert (by_id, GSIZE_TO_POINTER (op_at (self, side, i)->node),
                         GUINT_TO_POINTER (i + 1));
  for (guint i = 0; i < self->n[side]; i++)
    {
      guint into = GPOINTER_TO_UINT (g_hash_table_lookup (by_id, GSIZE_TO_POINTER
                                                          (op_at (self, side, i)->into)));

      if (into > 0)
        join (self, first + i, first + into - 1);
    }
}

/* Ids tell operators of one document, that were renamed. */
typedef enum { BY_NAME, BY_WEIGHT, BY_ID, N_WAYS } Way;

/* (transfer full) (nullable) */
static char *
key_of (const AnfRecordOp *op, Way way)
{
  switch (way)
    {
    case BY_ID:
      return g_strdup_printf ("%" G_GUINT64_FORMAT " %s", op->node, op->op);
    case BY_NAME:
      return g_strdup_printf ("%s %s", op->op, op->name);
    default:
      return op->weight != NULL ? g_strdup_printf ("%s %s", op->op, op->weight) : NULL;
    }
}

/* Joins those that have no partner yet with one that has the same key; @matched by both sides. */
static void
match (Sets *self, Way way, gboolean *matched)
{
  g_autoptr(GHashTable) first = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < self->n[0]; i++)
    {
      char *key = matched[i] ? NULL : key_of (op_at (self, 0, i), way);

      if (key != NULL && !g_hash_table_contains (first, key))
        g_hash_table_insert (first, key, GUINT_TO_POINTER (i + 1));
      else
        g_free (key);
    }
  for (guint j = 0; j < self->n[1]; j++)
    {
      g_autofree char *key = matched[self->n[0] + j] ? NULL : key_of (op_at (self, 1, j), way);
      guint i = key != NULL ? GPOINTER_TO_UINT (g_hash_table_lookup (first, key)) : 0;

      if (i == 0)
        continue;
      g_hash_table_remove (first, key);
      matched[i - 1] = matched[self->n[0] + j] = TRUE;
      join (self, i - 1, self->n[0] + j);
    }
}

/* ---------------------------------------------------------------- rows */

static void
add_stats (AnfStats *sum, const AnfStats *us)
{
  if (isnan (us->median_us))       /* folded away: its time is another's */
    return;
  sum->median_us += us->median_us;
  sum->p10_us += us->p10_us;
  sum->p90_us += us->p90_us;
  sum->p99_us += us->p99_us;
  sum->min_us += us->min_us;
}

static void
fill_row (AnfComparison *self, const Sets *sets, const GArray *members)
{
  AnfComparedOps row = { 0 };
  const AnfRecordOp **a = g_new0 (const AnfRecordOp *, members->len + 1);
  const AnfRecordOp **b = g_new0 (const AnfRecordOp *, members->len + 1);

  for (guint k = 0; k < members->len; k++)
    {
      guint i = g_array_index (members, guint, k);
      const AnfRecordOp *op = i < sets->n[0] ? op_at (sets, 0, i)
                                             : op_at (sets, 1, i - sets->n[0]);

      if (i < sets->n[0])
        a[row.n_a++] = op;
      else
        b[row.n_b++] = op;
      add_stats (i < sets->n[0] ? &row.us_a : &row.us_b, &op->us);
    }
  row.a = a;
  row.b = b;
  if (row.n_a > 0 && row.n_b > 0)
    row.verdict = anf_run_verdict (&row.us_a, self->a->runs, &row.us_b, self->b->runs);
  g_ptr_array_add (self->held, a);
  g_ptr_array_add (self->held, b);
  g_array_append_val (self->rows, row);
}

/* In the order of the first run, what is only in the second one after it. */
static void
make_rows (AnfComparison *self, Sets *sets)
{
  guint n = sets->n[0] + sets->n[1];
  g_autoptr(GPtrArray) members = g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (members, g_array_new (FALSE, FALSE, sizeof (guint)));
  for (guint i = 0; i < n; i++)
    g_array_append_val ((GArray *) g_ptr_array_index (members, root_of (sets, i)), i);
  for (guint i = 0; i < n; i++)
    if (((GArray *) g_ptr_array_index (members, i))->len > 0)
      fill_row (self, sets, g_ptr_array_index (members, i));
}

AnfComparison *
anf_compare (AnfRecord *a, AnfRecord *b)
{
  AnfComparison *self = g_new0 (AnfComparison, 1);
  Sets sets = { { a, b }, { a->ops->len, b->ops->len } };
  guint n = sets.n[0] + sets.n[1];
  g_autofree guint *parent = g_new (guint, n + 1);
  g_autofree gboolean *matched = g_new0 (gboolean, n + 1);

  self->a = anf_record_ref (a);
  self->b = anf_record_ref (b);
  self->rows = g_array_new (FALSE, FALSE, sizeof (AnfComparedOps));
  self->held = g_ptr_array_new_with_free_func (g_free);
  sets.parent = parent;
  for (guint i = 0; i < n; i++)
    parent[i] = i;
  for (Way way = BY_NAME; way < N_WAYS; way++)
    if (way != BY_ID || g_strcmp0 (a->title, b->title) == 0)
      match (&sets, way, matched);
  join_taken_over (&sets, 0);
  join_taken_over (&sets, 1);
  make_rows (self, &sets);
  return self;
}

guint
anf_comparison_n (const AnfComparison *self)
{
  return self->rows->len;
}

const AnfComparedOps *
anf_comparison_nth (const AnfComparison *self, guint i)
{
  g_return_val_if_fail (i < self->rows->len, NULL);

  return &g_array_index (self->rows, AnfComparedOps, i);
}

AnfRunVerdict
anf_comparison_total (const AnfComparison *self)
{
  return anf_run_verdict (&self->a->total, self->a->runs, &self->b->total, self->b->runs);
}

void
anf_comparison_free (AnfComparison *self)
{
  anf_record_unref (self->a);
  anf_record_unref (self->b);
  g_array_unref (self->rows);
  g_ptr_array_unref (self->held);
  g_free (self);
}
