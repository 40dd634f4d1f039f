/* einsum.c - sums of products written as an equation, carried out by products, transposes, sums. */
#include "ops/bound.h"
#include "ops/composite.h"

#include <string.h>

#define NONE ((AnfRef) { 0, 0 })
#define MAX_TERMS 8
#define MAX_DIAGONAL 2048          /* a mask of its square is made for it */
#define ELLIPSIS  'z' + 1          /* axes of "...", counted from the right, are '{', '|', ... */
#define N_LABELS  128

/* Axis labels of one operand or of the result; or a set of all labels, of which there are fewer. */
typedef struct { guint n; guchar label[(MAX_TERMS + 2) * ANF_MAX_RANK]; } Term;
typedef struct
{
  guint   n;
  Term    in[MAX_TERMS], out;
  gint64  size[N_LABELS];
} Equation;

/* ---- reading the equation */

static gboolean
refuse (AnfShapes *self, const char *words)
{
  return anf_shapes_refuse (self, "ATR116", "equation", "Write it like \"ij,jk->ik\".",
                            "\"equation\" of %s is \"%s\": %s.", self->node->name,
                            anf_node_text (self->node, "equation"), words);
}

/* One operand up to a comma, an arrow or the end. @rank tells how many axes "..." stands for;
 * -1: as many as @dots. */
static gboolean
read_term (AnfShapes *self, const char **at, int rank, guint *dots, Term *term)
{
  const char *c = *at, *end = c + strcspn (c, ",-");
  guint letters = 0;

  for (const char *p = c; p < end; p++)
    letters += g_ascii_isalpha (*p) != 0;
  for (; c < end; c++)
    {
      if (*c == ' ')
        continue;
      if (term->n >= ANF_MAX_RANK)
        return refuse (self, "more than 5 axes");
      if (g_ascii_isalpha (*c))
        {
          term->label[term->n++] = *c;
          continue;
        }
      if (!g_str_has_prefix (c, "..."))
        return refuse (self, "only letters, commas, an arrow and \"...\" may be in it");
      c += 2;
      if (rank >= 0 && (guint) rank < letters)
        return refuse (self, "an operand has fewer axes");
      if (rank >= 0)
        *dots = MAX (*dots, rank - letters);
      for (guint k = rank >= 0 ? rank - letters : *dots; k > 0; k--)
        {
          if (term->n >= ANF_MAX_RANK)
            return refuse (self, "more than 5 axes");
          term->label[term->n++] = ELLIPSIS + k - 1;
        }
    }
  *at = end;
  return TRUE;
}

static gboolean
bind_sizes (AnfShapes *self, Equation *eq, guint t)
{
  const AnfType *type = self->in[t];
  const Term *term = &eq->in[t];

  if (term->n != type->rank)
    return refuse (self, "an operand has another number of axes");
  for (guint i = 0; i < term->n; i++)
    {
      gint64 *size = &eq->size[term->label[i]];

      if (*size != 0 && *size != type->dim[i])
        return anf_shapes_refuse (self, "SHP103", "values", "Axes of one letter have one size.",
                                  "Axis \"%c\" of %s is %" G_GINT64_FORMAT " and %d.",
                                  term->label[i], self->node->name, *size, type->dim[i]);
      *size = type->dim[i];
    }
  return TRUE;
}

static guint
count_label (const Term *term, guchar label)
{
  guint n = 0;

  for (guint i = 0; i < term->n; i++)
    n += term->label[i] == label;
  return n;
}

/* Without an arrow: the axes of "...", then the letters that come once, by alphabet. */
static gboolean
implicit_output (AnfShapes *self, Equation *eq, guint dots)
{
  for (guint k = dots; k > 0; k--)
    eq->out.label[eq->out.n++] = ELLIPSIS + k - 1;
  for (guchar label = 'A'; label <= 'z'; label++)
    {
      guint n = 0;

      for (guint t = 0; t < eq->n; t++)
        n += count_label (&eq->in[t], label);
      if (n == 1 && eq->out.n >= ANF_MAX_RANK)
        return refuse (self, "more than 5 axes");
      if (n == 1)
        eq->out.label[eq->out.n++] = label;
    }
  return TRUE;
}

static gboolean
check_output (AnfShapes *self, const Equation *eq, guint dots)
{
  for (guint i = 0; i < eq->out.n; i++)
    {
      if (eq->size[eq->out.label[i]] == 0)
        return refuse (self, "the result has an axis that no operand has");
      if (count_label (&eq->out, eq->out.label[i]) > 1)
        return refuse (self, "the result names an axis twice");
    }
  for (guint k = 0; k < dots; k++)
    if (count_label (&eq->out, ELLIPSIS + k) == 0)
      return refuse (self, "the result lacks \"...\"");
  for (guint t = 0; t < eq->n; t++)
    for (guint i = 0; i < eq->in[t].n; i++)
      {
        guint times = count_label (&eq->in[t], eq->in[t].label[i]);

        if (times > 2)
          return refuse (self, "an operand names an axis three times");
        if (times == 2 && eq->size[eq->in[t].label[i]] > MAX_DIAGONAL)
          return anf_shapes_refuse (self, "LIM103", "values", "Cut the operand into blocks.",
                                    "Axis \"%c\" of %s has %" G_GINT64_FORMAT " elements; %d is "
                                    "the most for a diagonal.", eq->in[t].label[i],
                                    self->node->name, eq->size[eq->in[t].label[i]], MAX_DIAGONAL);
      }
  return TRUE;
}

static gboolean
read_equation (AnfShapes *self, Equation *eq)
{
  const char *at = anf_node_text (self->node, "equation");
  guint dots = 0;

  *eq = (Equation) { .n = self->n_in };
  if (at == NULL || strlen (at) > 100)
    return anf_shapes_refuse (self, "ATR111", "equation", "Write one like \"ij,jk->ik\".",
                              "\"equation\" of %s is not set, or too long.", self->node->name);
  if (self->n_in > MAX_TERMS)
    return refuse (self, "it has more than 8 operands");
  for (guint t = 0; t < self->n_in; t++)
    {
      if (!anf_shapes_is (self, t, ANF_F16)
          || !read_term (self, &at, self->in[t]->rank, &dots, &eq->in[t])
          || !bind_sizes (self, eq, t))
        return FALSE;
      if (t + 1 < self->n_in && *at++ != ',')
        return refuse (self, "it has fewer operands than wires");
    }
  if (g_str_has_prefix (at, "->"))
    {
      at += 2;
      if (!read_term (self, &at, -1, &dots, &eq->out))
        return FALSE;
    }
  else if (*at == '\0' && !implicit_output (self, eq, dots))
    return FALSE;
  if (*at != '\0')
    return refuse (self, "it has more operands than wires, or a stray sign");
  return check_output (self, eq, dots);
}

/* ---- carrying it out */

/* A value on its way, and what its axes are called. */
typedef struct { AnfRef ref; Term term; } Value;

static void
shape_of (const Equation *eq, const Term *term, gint64 *dim)
{
  for (guint i = 0; i < term->n; i++)
    dim[i] = eq->size[term->label[i]];
}

static gint64
extent (const Equation *eq, const Term *term)
{
  gint64 n = 1;

  for (guint i = 0; i < term->n; i++)
    n *= eq->size[term->label[i]];
  return n;
}

static void
append (Term *term, guchar label)
{
  term->label[term->n++] = label;
}

/* Axes that @keep does not have are summed away. */
static void
sum_away (AnfExpansion *e, const Equation *eq, Value *value, const Term *keep)
{
  Term left = { 0 };
  gint64 axes[ANF_MAX_RANK], dim[ANF_MAX_RANK];
  guint n = 0;

  for (guint i = 0; i < value->term.n; i++)
    if (count_label (keep, value->term.label[i]) == 0)
      axes[n++] = i;
    else
      append (&left, value->term.label[i]);
  if (n == 0)
    return;
  value->ref = anf_expansion_node (e, "reduce_sum", value->ref, NONE);
  anf_expansion_ints (e, value->ref, "axes", n, axes);
  value->term = left;
  shape_of (eq, &left, dim);
  if (left.n > 0)
    value->ref = anf_expansion_reshape (e, value->ref, left.n, dim);
  else                             /* a total has shape [1] */
    value->ref = anf_expansion_reshape (e, value->ref, 1, (gint64[]) { 1 });
}

/* A label that comes twice: only the diagonal counts. */
static void
take_diagonal (AnfExpansion *e, const Equation *eq, Value *value)
{
  for (guint i = 0; i < value->term.n; i++)
    for (guint j = i + 1; j < value->term.n; j++)
      {
        gint64 n = eq->size[value->term.label[i]], dim[ANF_MAX_RANK];
        gint64 mask[ANF_MAX_RANK] = { 1, 1, 1, 1, 1 };
        g_autofree float *identity = NULL;
        AnfRef node;

        if (value->term.label[i] != value->term.label[j])
          continue;
        identity = g_new0 (float, n * n);
        for (gint64 k = 0; k < n; k++)
          identity[k * n + k] = 1;
        mask[i] = mask[j] = n;
        node = anf_expansion_node (e, "const", NONE, NONE);
        anf_expansion_own (e, node, "value", value->term.n, mask, identity);
        value->ref = anf_expansion_node (e, "mul", value->ref, node);
        value->ref = anf_expansion_node (e, "reduce_sum", value->ref, NONE);
        anf_expansion_ints (e, value->ref, "axes", 1, (gint64[]) { j });
        memmove (&value->term.label[j], &value->term.label[j + 1], value->term.n - 1 - j);
        value->term.n--;
        shape_of (eq, &value->term, dim);
        value->ref = anf_expansion_reshape (e, value->ref, value->term.n, dim);
        j = i;
      }
}

/* Axes in the order of @want, which has the same labels. */
static void
arrange (AnfExpansion *e, Value *value, const Term *want)
{
  gint64 perm[ANF_MAX_RANK];
  gboolean same = TRUE;

  for (guint i = 0; i < want->n; i++)
    {
      guint from = 0;

      while (value->term.label[from] != want->label[i])
        from++;
      perm[i] = from;
      same = same && from == i;
    }
  if (!same)
    value->ref = anf_expansion_transpose (e, value->ref, want->n, perm);
  value->term = *want;
}

/* The labels of two values by what becomes of them. */
typedef struct { Term batch, inner, left, right; } Parts;

static Parts
parts_of (const Value *a, const Value *b, const Term *keep)
{
  Parts parts = { 0 };

  for (guint i = 0; i < a->term.n; i++)
    {
      guchar label = a->term.label[i];

      if (count_label (&b->term, label) == 0)
        append (&parts.left, label);
      else
        append (count_label (keep, label) > 0 ? &parts.batch : &parts.inner, label);
    }
  for (guint i = 0; i < b->term.n; i++)
    if (count_label (&a->term, b->term.label[i]) == 0)
      append (&parts.right, b->term.label[i]);
  return parts;
}

static Term
joined (const Term *a, const Term *b, const Term *c)
{
  const Term *const terms[] = { a, b, c };
  Term all = { 0 };

  for (guint t = 0; t < 3; t++)
    for (guint i = 0; terms[t] != NULL && i < terms[t]->n; i++)
      append (&all, terms[t]->label[i]);
  return all;
}

/* Nothing is summed: each is stretched to all axes, and they are multiplied. */
static void
multiply (AnfExpansion *e, const Equation *eq, Value *a, Value *b, const Parts *parts)
{
  Term one = joined (&parts->batch, &parts->left, NULL);
  Term two = joined (&parts->batch, &parts->right, NULL);
  gint64 dim[4 * ANF_MAX_RANK];
  guint n = 0;

  arrange (e, a, &one);
  arrange (e, b, &two);
  shape_of (eq, &one, dim);
  n = one.n;
  for (guint i = 0; i < parts->right.n; i++)
    dim[n++] = 1;
  if (parts->right.n > 0)
    a->ref = anf_expansion_reshape (e, a->ref, n, dim);
  shape_of (eq, &parts->batch, dim);
  n = parts->batch.n;
  for (guint i = 0; i < parts->left.n; i++)
    dim[n++] = 1;
  shape_of (eq, &parts->right, dim + n);
  if (parts->left.n > 0)
    b->ref = anf_expansion_reshape (e, b->ref, n + parts->right.n, dim);
  a->ref = anf_expansion_node (e, "mul", a->ref, b->ref);
}

/* [batch, left, inner] times [batch, inner, right]. */
static void
contract (AnfExpansion *e, const Equation *eq, Value *a, Value *b, const Parts *parts)
{
  Term one = joined (&parts->batch, &parts->left, &parts->inner);
  Term two = joined (&parts->batch, &parts->inner, &parts->right);
  gint64 batch = extent (eq, &parts->batch), m = extent (eq, &parts->left);
  gint64 k = extent (eq, &parts->inner), n = extent (eq, &parts->right);
  guint skip = parts->batch.n == 0;

  arrange (e, a, &one);
  arrange (e, b, &two);
  a->ref = anf_expansion_reshape (e, a->ref, 3 - skip, (gint64[]) { batch, m, k } + skip);
  b->ref = anf_expansion_reshape (e, b->ref, 3 - skip, (gint64[]) { batch, k, n } + skip);
  a->ref = anf_expansion_node (e, "bmm", a->ref, b->ref);
}

/* a and b become one value that has the axes that @keep still needs. */
static gboolean
combine (AnfExpansion *e, const Equation *eq, Value *a, Value *b, const Term *keep)
{
  Term for_a = joined (keep, &b->term, NULL), for_b = joined (keep, &a->term, NULL), all;
  gint64 dim[4 * ANF_MAX_RANK];
  Parts parts;

  sum_away (e, eq, a, &for_a);
  sum_away (e, eq, b, &for_b);
  parts = parts_of (a, b, keep);
  all = joined (&parts.batch, &parts.left, &parts.right);
  if (all.n > ANF_MAX_RANK)
    return anf_shapes_refuse (e->shapes, "SHP108", "equation", "Split the equation in two.",
                              "An inner result of %s would have rank %u, and 5 is the most.",
                              e->shapes->node->name, all.n);
  if (parts.inner.n == 0)
    multiply (e, eq, a, b, &parts);
  else
    {
      contract (e, eq, a, b, &parts);
      shape_of (eq, &all, dim);
      if (all.n > 0)
        a->ref = anf_expansion_reshape (e, a->ref, all.n, dim);
      else
        a->ref = anf_expansion_reshape (e, a->ref, 1, (gint64[]) { 1 });
    }
  a->term = all;
  return TRUE;
}

/* Labels that the result or an operand after @t needs. */
static Term
needed_after (const Equation *eq, guint t)
{
  Term keep = eq->out;
  gboolean seen[N_LABELS] = { FALSE };

  for (guint i = 0; i < keep.n; i++)
    seen[keep.label[i]] = TRUE;
  for (guint k = t + 1; k < eq->n; k++)
    for (guint i = 0; i < eq->in[k].n; i++)
      if (!seen[eq->in[k].label[i]])
        {
          seen[eq->in[k].label[i]] = TRUE;
          append (&keep, eq->in[k].label[i]);
        }
  return keep;
}

static AnfGraph *
einsum_expand (AnfShapes *self)
{
  gint64 dim[ANF_MAX_RANK];
  AnfExpansion e;
  Equation eq;
  Value sum = { 0 };

  if (!read_equation (self, &eq))
    return NULL;
  anf_expansion_init (&e, self);
  for (guint t = 0; t < eq.n; t++)
    {
      Value next = { anf_expansion_input (&e, t), eq.in[t] };
      Term keep = needed_after (&eq, t);

      take_diagonal (&e, &eq, &next);
      if (t == 0)
        sum = next;
      else if (!combine (&e, &eq, &sum, &next, &keep))
        {
          anf_graph_builder_free (e.builder);
          return NULL;
        }
    }
  sum_away (&e, &eq, &sum, &eq.out);
  arrange (&e, &sum, &eq.out);
  shape_of (&eq, &eq.out, dim);
  /* A statement of its own even where nothing is to be done. */
  if (eq.out.n > 0)
    sum.ref = anf_expansion_reshape (&e, sum.ref, eq.out.n, dim);
  return anf_expansion_end (&e, sum.ref);
}

/* By the definition: over all values of all labels. */
static void
einsum_reference (const AnfExact *exact)
{
  AnfShapes shapes = { .node = exact->node, .n_in = exact->n_in, .in = exact->in_type };
  gsize n = 1, total = anf_type_elements (exact->out_type);
  guchar labels[N_LABELS];
  guint n_labels = 0;
  Equation eq;

  if (!read_equation (&shapes, &eq))
    g_assert_not_reached ();
  for (guint label = 0; label < N_LABELS; label++)
    if (eq.size[label] > 0)
      {
        labels[n_labels++] = label;
        n *= eq.size[label];
      }
  for (gsize i = 0; i < total; i++)
    exact->out[0][i] = 0;
  for (gsize i = 0; i < n; i++)
    {
      gsize at[N_LABELS] = { 0 }, rest = i, to = 0;
      double product = 1;

      for (guint k = 0; k < n_labels; rest /= eq.size[labels[k++]])
        at[labels[k]] = rest % eq.size[labels[k]];
      for (guint t = 0; t < eq.n; t++)
        {
          gsize from = 0;

          for (guint k = 0; k < eq.in[t].n; k++)
            from = from * eq.size[eq.in[t].label[k]] + at[eq.in[t].label[k]];
          product *= exact->in[t][from];
        }
      for (guint k = 0; k < eq.out.n; k++)
        to = to * eq.size[eq.out.label[k]] + at[eq.out.label[k]];
      exact->out[0][to] += product;
    }
}

const AnfOp anf_ops_einsum[] = {
  { .name = "einsum", .title = "Einsum", .category = ANF_CAT_COMPUTE, .onnx = "Einsum",
    .doc = "Sums of products of axes, written as an equation.",
    .in = { { "values", ANF_VARIADIC, "What is multiplied" } },
    .attr = { { .name = "equation", .kind = ANF_ATTR_TEXT, .doc = "Such as ij,jk->ik" } },
    .infer = anf_composite_infer, .expand = einsum_expand, .flops = anf_composite_flops,
    .prepare = anf_composite_prepare, .release = anf_composite_release,
    .bound = anf_composite_bound,
    .kernel = anf_composite_kernel, .whole = TRUE, .reference = einsum_reference,
    .sample = { .in = { { ANF_F16, 4, { 2, 3, 5, 7 } }, { ANF_F16, 4, { 2, 3, 6, 7 } } },
                .attr = { { "equation", "'bhqd,bhkd->bhqk'" } }, .lo = -1, .hi = 1 } },
  { NULL }
};
