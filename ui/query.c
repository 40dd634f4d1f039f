/* query.c - finds nodes by what is known of them. */
#include "query.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

typedef enum { LESS, LESS_EQUAL, MORE, MORE_EQUAL, EQUAL } Relation;

typedef struct _Term Term;
struct _Term
{
  gboolean   (*holds) (const Term *term, const StudioView *view, const AnfNode *node);
  gboolean     negated;
  char        *key, *words;          /* folded */
  GPatternSpec *pattern;
  double     (*figure) (const StudioView *view, const AnfNode *node);
  Relation     relation;
  double       number;
};

struct _StudioQuery
{
  GArray *terms;
  char   *problem;
};

/* "1×16×28" and "1X16x28" are the same to whoever types. */
static char *
fold (const char *text)
{
  g_autofree char *folded = g_utf8_casefold (text, -1);
  g_auto(GStrv) parts = g_strsplit (folded, "×", -1);

  return g_strjoinv ("x", parts);
}

/* ---- figures */

static double
latency_of (const StudioView *view, const AnfNode *node)
{
  const AnfOpProfile *op = view->profile != NULL
                           ? anf_profile_op (view->profile, anf_node_id (node)) : NULL;

  return op != NULL ? op->us.median_us : NAN;
}

static double
flops_of (const StudioView *view, const AnfNode *node)
{
  return view->report != NULL ? anf_report_flops (view->report, anf_node_id (node)) : NAN;
}

static double
bytes_of (const StudioView *view, const AnfNode *node)
{
  const AnfType *type = view->report != NULL
                        ? anf_report_type (view->report, anf_node_id (node), 0) : NULL;

  return type != NULL ? anf_type_bytes (type) : NAN;
}

static double
params_of (const StudioView *view, const AnfNode *node)
{
  const AnfPort *role;
  double n = 0;

  for (guint i = 0; (role = anf_op_role (anf_node_op (node), i)) != NULL; i++)
    {
      AnfTensor *tensor = anf_graph_tensor_of (view->graph, node, role->name);

      n += tensor != NULL ? anf_tensor_elements (tensor) : 0;
    }
  return n;
}

/* Of the encodings that its weights have now, the worst. */
static double
error_of (const StudioView *view, const AnfNode *node)
{
  double worst = NAN;

  for (guint i = 0; view->weights != NULL && i < anf_weights_n (view->weights); i++)
    {
      const AnfWeightFacts *facts = anf_weights_nth (view->weights, i);

      if (facts->node == anf_node_id (node) && facts->encoding[facts->chosen].applies)
        worst = fmax (worst, facts->encoding[facts->chosen].error);
    }
  return worst;
}

static const struct
{
  const char *name;
  double    (*figure) (const StudioView *view, const AnfNode *node);
} figures[] = {
  { "latency", latency_of }, { "flops", flops_of }, { "bytes", bytes_of },
  { "params", params_of }, { "error", error_of },
};

static const struct { const char *name; double factor; } units[] = {
  { "", 1 }, { "us", 1 }, { "µs", 1 }, { "ms", 1e3 }, { "s", 1e6 }, { "k", 1e3 }, { "m", 1e6 },
  { "g", 1e9 }, { "b", 1 }, { "kib", 1024 }, { "mib", 1048576 }, { "gib", 1073741824 },
  { "%", 0.01 },
};

static gboolean
figure_holds (const Term *term, const StudioView *view, const AnfNode *node)
{
  double value = term->figure (view, node);

  switch (term->relation)
    {
    case LESS: return value < term->number;
    case LESS_EQUAL: return value <= term->number;
    case MORE: return value > term->number;
    case MORE_EQUAL: return value >= term->number;
    default: return value == term->number;
    }
}

/* ---- words */

static gboolean
is_like (const Term *term, const char *text)
{
  g_autofree char *folded = text != NULL ? fold (text) : NULL;

  return folded != NULL && g_pattern_spec_match_string (term->pattern, folded);
}

static gboolean
word_holds (const Term *term, const StudioView *view, const AnfNode *node)
{
  g_autofree char *name = fold (anf_node_name (node)), *op = fold (anf_node_op_name (node));
  g_autofree char *title = fold (anf_op_title (anf_node_op (node)));

  return strstr (name, term->words) != NULL || strstr (op, term->words) != NULL
         || strstr (title, term->words) != NULL;
}

static gboolean
name_holds (const Term *term, const StudioView *view, const AnfNode *node)
{
  return is_like (term, anf_node_name (node));
}

static gboolean
op_holds (const Term *term, const StudioView *view, const AnfNode *node)
{
  return is_like (term, anf_node_op_name (node));
}

static gboolean
type_holds (const Term *term, const StudioView *view, const AnfNode *node)
{
  gboolean shape = strcmp (term->key, "shape") == 0;

  for (guint i = 0; view->report != NULL && i < anf_node_n_outputs (node); i++)
    {
      const AnfType *type = anf_report_type (view->report, anf_node_id (node), i);
      g_autofree char *text = type == NULL ? NULL : shape ? anf_type_to_string (type)
                              : g_strdup (anf_dtype_name (type->dtype));

      if (is_like (term, text))
        return TRUE;
    }
  return FALSE;
}

static gboolean
segment_holds (const Term *term, const StudioView *view, const AnfNode *node)
{
  int i = view->plan != NULL ? anf_plan_segment_of (view->plan, anf_node_id (node)) : -1;
  const AnfSegment *segment = i >= 0 ? anf_plan_nth_segment (view->plan, i) : NULL;

  return segment != NULL && (is_like (term, segment->name)
                             || is_like (term, anf_segment_kind_name (segment->kind)));
}

static gboolean
has_holds (const Term *term, const StudioView *view, const AnfNode *node)
{
  const AnfPort *role;
  AnfEncoding own;

  if (anf_node_muted (node) != NULL && is_like (term, "muted"))
    return TRUE;
  for (guint i = 0; (role = anf_op_role (anf_node_op (node), i)) != NULL; i++)
    if ((anf_node_weight (node, role->name) != NULL && is_like (term, "weights"))
        || (anf_node_encoding (node, role->name, &own) && is_like (term, "encoding")))
      return TRUE;
  for (guint i = 0; view->report != NULL && i < anf_report_n_findings (view->report); i++)
    {
      const AnfFinding *finding = anf_report_nth_finding (view->report, i);

      if (finding->node == anf_node_id (node)
          && (is_like (term, anf_severity_name (finding->severity))
              || is_like (term, finding->code)))
        return TRUE;
    }
  return FALSE;
}

/* "2" or "1,1,0,2", as it is written in a text that GVariant prints, without types and brackets. */
static gboolean
attr_holds (const Term *term, const StudioView *view, const AnfNode *node)
{
  const AnfAttr *attr;

  for (guint i = 0; (attr = anf_op_attr (anf_node_op (node), i)) != NULL; i++)
    {
      g_autoptr(GVariant) value = g_ascii_strcasecmp (attr->name, term->key) == 0
                                  ? anf_node_attr (node, attr->name) : NULL;
      g_autofree char *text = value != NULL ? g_variant_print (value, FALSE) : NULL;
      g_autoptr(GString) bare = g_string_new (NULL);

      for (const char *c = text; c != NULL && *c != '\0'; c++)
        if (strchr ("[]' ", *c) == NULL)
          g_string_append_c (bare, *c);
      if (value != NULL && is_like (term, bare->str))
        return TRUE;
    }
  return FALSE;
}

static const struct
{
  const char *name;
  gboolean  (*holds) (const Term *term, const StudioView *view, const AnfNode *node);
} keys[] = {
  { "name", name_holds }, { "op", op_holds }, { "shape", type_holds }, { "dtype", type_holds },
  { "segment", segment_holds }, { "has", has_holds },
};

static gboolean
holds_never (const Term *term, const StudioView *view, const AnfNode *node)
{
  return FALSE;
}

/* ---- reading */

static void
complain (StudioQuery *self, Term *term, char *problem)
{
  term->holds = holds_never;
  if (self->problem == NULL)
    self->problem = problem;
  else
    g_free (problem);
}

static gboolean
is_attribute (const char *name)
{
  const AnfOp *op;
  const AnfAttr *attr;

  for (guint i = 0; (op = anf_op_nth (i)) != NULL; i++)
    for (guint k = 0; (attr = anf_op_attr (op, k)) != NULL; k++)
      if (g_ascii_strcasecmp (attr->name, name) == 0)
        return TRUE;
  return FALSE;
}

static void
read_pattern (StudioQuery *self, Term *term, const char *key, const char *pattern)
{
  term->key = g_strdup (key);
  term->pattern = g_pattern_spec_new (pattern);
  term->holds = attr_holds;
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (strcmp (keys[i].name, key) == 0)
      term->holds = keys[i].holds;
  if (term->holds == attr_holds && !is_attribute (key))
    complain (self, term, g_strdup_printf (_("No operator has an attribute “%s”"), key));
}

static void
read_figure (StudioQuery *self, Term *term, const char *key, const char *rest)
{
  gboolean equal = rest[0] != '=' && rest[1] == '=';
  const char *number = rest + (equal ? 2 : 1);
  char *unit;

  term->relation = rest[0] == '=' ? EQUAL : rest[0] == '<' ? equal ? LESS_EQUAL : LESS
                   : equal ? MORE_EQUAL : MORE;
  term->holds = figure_holds;
  for (guint i = 0; i < G_N_ELEMENTS (figures); i++)
    if (strcmp (figures[i].name, key) == 0)
      term->figure = figures[i].figure;
  term->number = g_ascii_strtod (number, &unit);
  if (term->figure == NULL)
    {
      complain (self, term,
                g_strdup_printf (_("“%s” is no figure; there are latency, flops, bytes, params "
                                   "and error"), key));
      return;
    }
  for (guint i = 0; unit > number && i < G_N_ELEMENTS (units); i++)
    if (strcmp (units[i].name, unit) == 0)
      {
        term->number *= units[i].factor;
        return;
      }
  complain (self, term, g_strdup_printf (_("“%s” is no number with a unit"), number));
}

static void
read_term (StudioQuery *self, const char *text)
{
  Term term = { .negated = text[0] == '-' && text[1] != '\0' };
  g_autofree char *folded = fold (term.negated ? text + 1 : text), *key = NULL;
  gsize n = strcspn (folded, ":<>=");

  key = g_strndup (folded, n);
  if (folded[n] == ':' && n > 0)
    read_pattern (self, &term, key, folded + n + 1);
  else if (folded[n] != '\0' && n > 0)
    read_figure (self, &term, key, folded + n);
  else
    {
      term.words = g_strdup (folded);
      term.holds = word_holds;
    }
  g_array_append_val (self->terms, term);
}

static void
clear_term (gpointer data)
{
  Term *term = data;

  g_free (term->key);
  g_free (term->words);
  g_clear_pointer (&term->pattern, g_pattern_spec_free);
}

StudioQuery *
studio_query_new (const char *text)
{
  StudioQuery *self = g_new0 (StudioQuery, 1);
  g_auto(GStrv) words = g_strsplit_set (text, " \t\n", -1);

  self->terms = g_array_new (FALSE, FALSE, sizeof (Term));
  g_array_set_clear_func (self->terms, clear_term);
  for (char **word = words; *word != NULL; word++)
    if (**word != '\0')
      read_term (self, *word);
  return self;
}

void
studio_query_free (StudioQuery *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->terms);
  g_free (self->problem);
  g_free (self);
}

const char *
studio_query_problem (const StudioQuery *self)
{
  return self->problem;
}

gboolean
studio_query_matches (const StudioQuery *self, const StudioView *view, const AnfNode *node)
{
  for (guint i = 0; i < self->terms->len; i++)
    {
      const Term *term = &g_array_index (self->terms, Term, i);

      if (term->holds (term, view, node) == term->negated)
        return FALSE;
    }
  return TRUE;
}
