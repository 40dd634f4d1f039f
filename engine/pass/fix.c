/* fix.c - what mends a finding in one step. Rules are asked in the order of the table; what one did
 * is checked before it is handed out. */
#include "pass/fix.h"

#include "pass/pair.h"

#include <string.h>

gboolean
anf_mend_says (AnfMend *self, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  self->label = g_strdup_vprintf (format, args);
  va_end (args);
  return TRUE;
}

/* NODE_op, or with a number where that is taken. */
static void
settle (AnfMend *self, AnfId id, const char *op, double dx, double dy)
{
  g_autofree char *name = g_strdup_printf ("%s_%s", self->node->name, op);

  for (guint i = 2; !anf_graph_builder_set_name (self->b, id, name); i++)
    {
      g_free (name);
      name = g_strdup_printf ("%s_%s_%u", self->node->name, op, i);
    }
  anf_graph_builder_set_position (self->b, id, self->node->x + dx, self->node->y + dy);
  anf_graph_builder_set_group (self->b, id, self->node->group);
}

AnfId
anf_mend_insert (AnfMend *self, guint wire, const char *op, const char *attr, guint n,
                 const gint64 *values)
{
  AnfId id = anf_graph_builder_add (self->b, anf_op_lookup (op));

  settle (self, id, op, -40, -70);
  anf_graph_builder_connect (self->b, self->node->in[wire], id, 0);
  if (attr != NULL)
    anf_graph_builder_set_attr (self->b, id, attr,
                                g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, values, n,
                                                           sizeof *values));
  anf_graph_builder_connect (self->b, (AnfRef) { id, 0 }, self->node->id, wire);
  return id;
}

/* ---- a node written by others */

/* Whether a row has such a form for this node, without doing anything. */
static gboolean
can_write (const AnfMend *self, const AnfNode *node, AnfExpand expand)
{
  g_autofree const AnfType **in = g_new0 (const AnfType *, node->n_in + 1);
  AnfTensor *weight[ANF_MAX_ROLES] = { NULL };
  g_autoptr(AnfGraph) inner = NULL;
  AnfShapes shapes;

  if (expand == NULL)
    return FALSE;
  shapes = anf_lower_shapes (self->report, anf_report_position (self->report, node->id), in,
                             weight);
  for (guint i = 0; i < node->n_in; i++)
    if (node->in[i].node != 0 && in[i] == NULL)
      return FALSE;
  inner = expand (&shapes);
  g_free (shapes.message);
  return inner != NULL;
}

static gboolean
write_by (AnfMend *self, const AnfNode *node, AnfExpand expand)
{
  g_autoptr(GArray) made = g_array_new (FALSE, FALSE, sizeof (AnfId));

  if (!can_write (self, node, expand))
    return FALSE;
  if (self->b == NULL)
    return TRUE;
  anf_lower_into (self->b, self->report, anf_report_position (self->report, node->id), expand,
                  made);
  anf_graph_builder_disown (self->b, node->id);
  for (guint i = 0; i < made->len; i++)
    {
      AnfId id = g_array_index (made, AnfId, i);

      anf_graph_builder_disown (self->b, id);
      anf_graph_builder_set_position (self->b, id, node->x - 30.0 * (made->len - i),
                                      node->y - 70.0 * (made->len - i));
      anf_graph_builder_set_group (self->b, id, node->group);
    }
  return TRUE;
}

static const char *
form_of (const AnfOp *op)
{
  return op->category == ANF_CAT_REDUCE ? "a product with ones"
         : op->category == ANF_CAT_SHAPE ? "a slice of an axis that is not the last"
                                         : "a product of smaller numbers";
}

static gboolean
mend_number (AnfMend *self)
{
  const AnfOp *op = self->node->op;

  if (self->finding->field != NULL && g_str_equal (self->finding->field, "k"))
    {
      double k = anf_node_real (self->node, "k") > 0 ? 65504 : -65504;

      if (self->b != NULL)
        anf_graph_builder_set_attr (self->b, self->node->id, "k", g_variant_new_double (k));
      return anf_mend_says (self, "Set \"k\" of %s to %g", self->node->name, k);
    }
  /* A result that may exceed 32768 is one of a sum only; slices move numbers. */
  self->exact = op->category == ANF_CAT_SHAPE
                || (op->category == ANF_CAT_REDUCE && self->report->bounds[self->at] < 32768);
  return write_by (self, self->node, op->safer)
         && anf_mend_says (self, "Write %s as %s", self->node->name, form_of (op));
}

static gboolean
mend_joined (AnfMend *self)
{
  guint n = 0;

  for (guint i = 0; i < self->node->n_in; i++)
    {
      const AnfNode *from = anf_graph_find (self->report->graph, self->node->in[i].node);

      n += from != NULL && from->op->category == ANF_CAT_SHAPE
           && write_by (self, from, from->op->safer);
    }
  self->exact = TRUE;
  return n > 0 && anf_mend_says (self, "Write the slices of %s along another axis",
                                 self->node->name);
}

static gboolean
mend_difference (AnfMend *self)
{
  return anf_pair_difference (self->b, self->report, self->at)
         && anf_mend_says (self, "Write %s as one product of both sides", self->node->name);
}

static gboolean
mend_kernel (AnfMend *self)
{
  const AnfOp *op = self->node != NULL ? self->node->op : NULL;

  return op != NULL && write_by (self, self->node, op->split)
         && anf_mend_says (self, "Split the kernel of %s", self->node->name);
}

static gboolean
mend_route (AnfMend *self)
{
  return write_by (self, self->node, self->node->op->route)
         && anf_mend_says (self, "Write %s by fused operators", self->node->name);
}

/* ---- the document */

static gboolean
mend_dead (AnfMend *self)
{
  if (self->b != NULL)
    anf_graph_builder_remove (self->b, self->node->id);
  self->exact = TRUE;
  return anf_mend_says (self, "Delete %s", self->node->name);
}

/* The last node that nothing reads. */
static gboolean
mend_no_output (AnfMend *self)
{
  const AnfGraph *graph = self->report->graph;
  g_autofree gboolean *read = g_new0 (gboolean, graph->nodes->len + 1);

  for (guint i = graph->nodes->len; i-- > 0; )
    {
      const AnfNode *node = g_ptr_array_index (graph->nodes, i);

      for (guint j = 0; j < node->n_in; j++)
        if (node->in[j].node != 0)
          read[anf_report_position (self->report, node->in[j].node)] = TRUE;
      if (read[i] || node->op->source || self->report->types[i] == NULL)
        continue;
      if (self->b != NULL)
        anf_graph_builder_set_output (self->b, node->name, (AnfRef) { node->id, 0 });
      return anf_mend_says (self, "Make %s an output", node->name);
    }
  return FALSE;
}

static gboolean
mend_gate (AnfMend *self)
{
  const GArray *gates = self->report->graph->gates;
  g_autoptr(GArray) kept = g_array_new (FALSE, FALSE, sizeof (AnfGate));

  for (guint i = 0; i < gates->len; i++)
    if (g_strcmp0 (g_array_index (gates, AnfGate, i).output, self->finding->field) != 0)
      g_array_append_val (kept, g_array_index (gates, AnfGate, i));
  if (self->b != NULL)
    anf_graph_builder_set_gates (self->b, kept->len, (const AnfGate *) kept->data);
  return anf_mend_says (self, "Remove the gate of \"%s\"", self->finding->field);
}

/* The oldest chip that takes the document; any known one in place of an unknown name. */
static gboolean
mend_target (AnfMend *self)
{
  static const char *const chips[] = { "h13", "h14", "h15", "h16s" };
  gboolean unknown = self->report->family == 0;

  for (guint i = unknown ? G_N_ELEMENTS (chips) - 1 : 0; i < G_N_ELEMENTS (chips); i++)
    {
      g_autoptr(AnfVerdict) verdict = anf_preflight (self->report, chips[i]);
      AnfSettings settings = self->report->graph->settings;

      if (!unknown && !verdict->ok)
        continue;
      settings.target = chips[i];
      if (self->b != NULL)
        anf_graph_builder_set_settings (self->b, &settings);
      return anf_mend_says (self, "Compile for %s (%s)", chips[i], anf_arch_title (chips[i]));
    }
  return FALSE;
}

/* ---- attributes by themselves */

static gboolean
mend_range (AnfMend *self)
{
  int i = anf_op_find_attr (self->node->op, self->finding->field);
  const AnfAttr *attr = i >= 0 ? &self->node->op->attr[i] : NULL;
  double now, near;
  gint64 first = 0;

  if (attr == NULL || self->node->attr[i] == NULL
      || (attr->kind != ANF_ATTR_REAL && attr->kind != ANF_ATTR_INT && attr->kind != ANF_ATTR_INTS))
    return FALSE;
  if (attr->kind != ANF_ATTR_REAL)
    anf_node_ints (self->node, attr->name, &first, 1);
  now = attr->kind == ANF_ATTR_REAL ? g_variant_get_double (self->node->attr[i]) : first;
  near = CLAMP (now, attr->min, attr->max);
  if (self->b != NULL)
    anf_graph_builder_set_attr (self->b, self->node->id, attr->name,
                                attr->kind == ANF_ATTR_REAL ? g_variant_new_double (near)
                                                            : g_variant_new_int64 (near));
  return anf_mend_says (self, "Set \"%s\" of %s to %g", attr->name, self->node->name, near);
}

static gboolean
mend_word (AnfMend *self)
{
  int i = self->node != NULL && self->finding->field != NULL
          ? anf_op_find_attr (self->node->op, self->finding->field) : -1;

  if (i < 0 || self->node->op->attr[i].preset == NULL)
    return FALSE;
  if (self->b != NULL)
    anf_graph_builder_set_attr (self->b, self->node->id, self->finding->field, NULL);
  return anf_mend_says (self, "Leave \"%s\" of %s at its default", self->finding->field,
                        self->node->name);
}

/* ---- the table */

static const struct { const char *code; AnfMendRule rule; } rules[] = {
  { "SHP103", anf_mend_groups }, { "SHP103", anf_mend_input },
  { "SHP104", anf_mend_pad },
  { "SHP110", anf_mend_attr }, { "SHP106", anf_mend_attr }, { "SHP112", anf_mend_attr },
  { "SHP101", anf_mend_input }, { "SHP102", anf_mend_input }, { "SHP107", anf_mend_input },
  { "SHP109", anf_mend_input }, { "SHP112", anf_mend_input }, { "SHP106", anf_mend_input },
  { "ATR113", anf_mend_attr }, { "ATR114", anf_mend_attr }, { "ATR115", anf_mend_attr },
  { "ATR102", mend_range }, { "ATR103", mend_word }, { "ATR116", mend_word },
  { "LIM101", mend_kernel }, { "TGT201", mend_kernel },
  { "TGT101", mend_target }, { "TGT201", mend_target }, { "TGT202", mend_target },
  { "DOC102", mend_no_output }, { "DOC301", mend_dead }, { "GAT201", mend_gate },
  { "NUM201", mend_number }, { "NUM202", mend_joined }, { "NUM203", mend_number },
  { "NUM301", mend_number }, { "NUM302", mend_difference }, { "NUM303", mend_number },
  { "RTE301", mend_route },
};

static gboolean
mend (AnfMend *self, const AnfReport *report, guint finding, AnfGraphBuilder *b)
{
  const AnfFinding *it = anf_report_nth_finding (report, finding);
  int at = it->node != 0 ? anf_report_position (report, it->node) : -1;

  for (guint i = 0; i < G_N_ELEMENTS (rules); i++)
    {
      *self = (AnfMend) { .report = report, .finding = it, .at = MAX (at, 0), .b = b };
      if (at >= 0)
        self->node = g_ptr_array_index (report->graph->nodes, at);
      if (g_str_equal (rules[i].code, it->code) && rules[i].rule (self))
        return TRUE;
    }
  return FALSE;
}

char *
anf_fix_label (const AnfReport *report, guint finding, gboolean *exact)
{
  AnfMend self;

  g_return_val_if_fail (finding < report->findings->len, NULL);

  if (!mend (&self, report, finding, NULL))
    return NULL;
  if (exact != NULL)
    *exact = self.exact;
  return self.label;
}

static guint
count (const AnfReport *report, const AnfFinding *like)
{
  guint n = 0;

  for (guint i = 0; i < report->findings->len; i++)
    {
      const AnfFinding *it = &g_array_index (report->findings, AnfFinding, i);

      n += like == NULL ? it->severity == ANF_ERROR_FINDING
                        : it->node == like->node && g_str_equal (it->code, like->code)
                          && g_strcmp0 (it->field, like->field) == 0;
    }
  return n;
}

AnfGraph *
anf_fix_apply (const AnfReport *report, guint finding, GError **error)
{
  AnfGraphBuilder *b = anf_graph_builder_new (report->graph);
  g_autoptr(AnfGraph) graph = NULL;
  g_autoptr(AnfReport) plain = NULL, after = NULL;
  const AnfFinding *it;
  AnfMend self;

  g_return_val_if_fail (finding < report->findings->len, NULL);

  it = anf_report_nth_finding (report, finding);
  if (!mend (&self, report, finding, b))
    {
      anf_graph_builder_free (b);
      g_set_error (error, ANF_ERROR, ANF_ERROR_COMPILE, "Nothing is known that mends this");
      return NULL;
    }
  g_free (self.label);
  if ((graph = anf_graph_builder_end (b, error)) == NULL)
    return NULL;
  plain = anf_check (graph, it->code[0] == 'T' ? NULL : report->target);
  after = strncmp (it->code, "RTE", 3) == 0 ? anf_advise (plain) : anf_report_ref (plain);
  if (count (after, it) < MAX (count (report, it), 1)
      && count (after, NULL) <= count (report, NULL))
    return g_steal_pointer (&graph);
  g_set_error (error, ANF_ERROR, ANF_ERROR_COMPILE,
               "What would mend this leads to another fault; nothing was changed");
  return NULL;
}
