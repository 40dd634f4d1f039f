/* check.c - shapes, wires, attributes and weights: everything the canvas badges.
 *
 * Codes: DOC the document, WIR wires, ATR attributes, WGT weights, GAT gates, TGT the target;
 * the operators' own (SHP, OP, LIM and more ATR, WGT) are listed in ops/family.h. */
#include "pass/report.h"

#include "core/unknown.h"
#include "ops/bound.h"

G_DEFINE_BOXED_TYPE (AnfReport, anf_report, anf_report_ref, anf_report_unref)

static void
finding_clear (gpointer data)
{
  g_free ((char *) ((AnfFinding *) data)->message);
}

void
anf_report_add (AnfReport *self, AnfSeverity severity, const char *code, AnfId node,
                const char *field, const char *hint, char *message)
{
  AnfFinding finding = { severity, code, node, g_intern_string (field), message,
                         g_intern_string (hint) };

  g_array_append_val (self->findings, finding);
  if (severity == ANF_ERROR_FINDING)
    self->ok = FALSE;
}

static void G_GNUC_PRINTF (7, 8)
find (AnfReport *self, AnfSeverity severity, const char *code, AnfId node, const char *field,
      const char *hint, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  anf_report_add (self, severity, code, node, field, hint, g_strdup_vprintf (format, args));
  va_end (args);
}

int
anf_report_position (const AnfReport *self, AnfId id)
{
  return GPOINTER_TO_INT (g_hash_table_lookup (self->index, GSIZE_TO_POINTER (id))) - 1;
}

void
anf_report_inputs (const AnfReport *self, const AnfNode *node, const AnfType **in)
{
  for (guint i = 0; i < node->n_in; i++)
    in[i] = node->in[i].node != 0 ? anf_report_type (self, node->in[i].node, node->in[i].port)
                                  : NULL;
}

void
anf_report_weights (const AnfReport *self, const AnfNode *node, AnfTensor **weight)
{
  for (guint i = 0; i < anf_op_n_roles (node->op); i++)
    weight[i] = anf_graph_tensor_of (self->graph, node, node->op->role[i].name);
}

/* An attribute may have taken the output away that a wire reads. */
static gboolean
check_output (AnfReport *self, AnfRef ref, AnfId node, const char *field, const char *name)
{
  const AnfNode *from = anf_graph_find (self->graph, ref.node);

  if (from == NULL || from->op_name != NULL || ref.port < anf_node_n_outputs (from))
    return TRUE;
  find (self, ANF_ERROR_FINDING, "WIR102", node, field, "Take the value from another output.",
        "%s reads output %u of %s, which has %u, numbered from 0.", name, ref.port, from->name,
        anf_node_n_outputs (from));
  return FALSE;
}

/* Every wired input has a type, every required one a wire. FALSE with a finding, or without one
 * where the fault is upstream and already reported there. */
static gboolean
check_wires (AnfReport *self, const AnfNode *node, const AnfType *const *in)
{
  guint n_ports = anf_op_n_inputs (node->op);
  gboolean good = TRUE;

  for (guint i = 0; i < node->n_in; i++)
    {
      const AnfPort *port = &node->op->in[MIN (i, n_ports - 1)];

      if (n_ports == 0)
        break;                     /* a placeholder: its wires are kept, not read */
      if (node->in[i].node == 0 && (port->flags & ANF_OPTIONAL) == 0)
        {
          find (self, ANF_ERROR_FINDING, "WIR101", node->id, port->name,
                "Drag a wire to this port, or delete the node.",
                "Connect the input \"%s\" of %s.", port->name, node->name);
          good = FALSE;
        }
      else if (!check_output (self, node->in[i], node->id, port->name, node->name)
               || (node->in[i].node != 0 && in[i] == NULL))
        good = FALSE;
    }
  if (n_ports > 0 && (node->op->in[n_ports - 1].flags & ANF_VARIADIC)
      && (node->op->in[n_ports - 1].flags & ANF_OPTIONAL) == 0 && node->n_in < n_ports)
    {
      find (self, ANF_ERROR_FINDING, "WIR101", node->id, node->op->in[n_ports - 1].name,
            "Drag at least one wire to this port.", "Connect the inputs of %s.", node->name);
      good = FALSE;
    }
  return good;
}

/* Whole numbers are for looking up and for casting; arithmetic is fp16. */
static gboolean
check_integers (AnfReport *self, const AnfNode *node, const AnfType *const *in)
{
  guint n_ports = anf_op_n_inputs (node->op);

  for (guint i = 0; i < node->n_in && n_ports > 0; i++)
    {
      const AnfPort *port = &node->op->in[MIN (i, n_ports - 1)];

      if (in[i] == NULL || in[i]->dtype != ANF_I32 || (port->flags & ANF_INTEGERS))
        continue;
      find (self, ANF_ERROR_FINDING, "SHP109", node->id, port->name, "Put a cast before it.",
            "\"%s\" of %s does not take int32.", port->name, node->name);
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_weights (AnfReport *self, const AnfNode *node)
{
  gboolean good = TRUE;

  for (guint i = 0; i < anf_op_n_roles (node->op); i++)
    {
      const AnfPort *role = &node->op->role[i];
      const char *name = node->slot[i].weight;
      AnfWeight *weight = name != NULL ? anf_graph_find_weight (self->graph, name) : NULL;

      if (name == NULL && (role->flags & ANF_OPTIONAL))
        continue;
      if (name == NULL)
        find (self, ANF_ERROR_FINDING, "WGT101", node->id, role->name,
              "Attach a tensor from a file, or choose an initialiser.",
              "%s needs its weight \"%s\".", node->name, role->name);
      else if (weight == NULL)
        find (self, ANF_ERROR_FINDING, "WGT102", node->id, role->name,
              "Attach a tensor, or add the entry to the document's weights.",
              "%s names the weight \"%s\", which the document does not have.", node->name, name);
      else if (weight->tensor == NULL)
        find (self, ANF_ERROR_FINDING, "WGT103", node->id, role->name,
              "Put the file back, or attach the tensor from where it is now.",
              "The weight \"%s\" of %s cannot be read: %s", name, node->name, weight->problem);
      else
        continue;
      good = FALSE;
    }
  return good;
}

static gboolean
check_number (AnfReport *self, const AnfNode *node, const AnfAttr *attr, double value)
{
  if ((attr->min == 0 && attr->max == 0) || (value >= attr->min && value <= attr->max))
    return TRUE;
  find (self, ANF_ERROR_FINDING, "ATR102", node->id, attr->name, NULL,
        "\"%s\" of %s is %g; it must be from %g to %g.", attr->name, node->name, value,
        attr->min, attr->max);
  return FALSE;
}

static gboolean
check_attr (AnfReport *self, const AnfNode *node, guint i)
{
  const AnfAttr *attr = &node->op->attr[i];
  gint64 ints[ANF_MAX_TENSOR_RANK];
  guint n;

  if (node->attr[i] == NULL)
    {
      if (attr->preset != NULL)
        return TRUE;
      find (self, ANF_ERROR_FINDING, "ATR101", node->id, attr->name, attr->doc,
            "Set \"%s\" of %s.", attr->name, node->name);
      return FALSE;
    }
  switch (attr->kind)
    {
    case ANF_ATTR_REAL:
      return check_number (self, node, attr, g_variant_get_double (node->attr[i]));

    case ANF_ATTR_INT:
    case ANF_ATTR_INTS:
      n = MIN (anf_node_ints (node, attr->name, ints, G_N_ELEMENTS (ints)), G_N_ELEMENTS (ints));
      for (guint k = 0; k < n; k++)
        if (!check_number (self, node, attr, ints[k]))
          return FALSE;
      return TRUE;

    case ANF_ATTR_CHOICE:
      if (g_strv_contains (attr->choices, g_variant_get_string (node->attr[i], NULL)))
        return TRUE;
      find (self, ANF_ERROR_FINDING, "ATR103", node->id, attr->name, attr->doc,
            "\"%s\" is no value for \"%s\" of %s.", g_variant_get_string (node->attr[i], NULL),
            attr->name, node->name);
      return FALSE;

    default:
      return TRUE;
    }
}

/* Such a file is easily left behind when the document is copied, or is another one there. */
static void
check_places (AnfReport *self)
{
  for (guint i = 0; i < self->graph->weights->len; i++)
    {
      const AnfWeight *weight = g_ptr_array_index (self->graph->weights, i);

      if (weight->strays)
        find (self, ANF_WARNING, "WGT201", 0, "weights",
              "Keep weight files in the document's folder or below it.",
              "The file of the weight \"%s\" is reached by ../ or a symbolic link: %s.",
              weight->name, weight->file);
    }
}

/* What the reader kept without knowing it. */
static void
check_unknown (AnfReport *self)
{
  static const char hint[] = "It is kept in the file and has no effect; check its spelling.";
  g_autoptr(GArray) list = anf_graph_unknown (self->graph);

  for (guint i = 0; i < list->len; i++)
    {
      const AnfUnknown *it = &g_array_index (list, AnfUnknown, i);
      const AnfNode *node = it->node != 0 ? anf_graph_find (self->graph, it->node) : NULL;

      if (it->kind == ANF_UNKNOWN_VALUE)
        find (self, ANF_ERROR_FINDING, "ATR104", it->node, it->key,
              "Set it again; the file keeps what it has until then.",
              "What the file has for \"%s\" of %s is no value of its kind.", it->key, it->where);
      else if (it->kind == ANF_UNKNOWN_KEY)
        find (self, ANF_WARNING, "DOC201", it->node, it->key, hint,
              "The key \"%s\" of %s is not known.", it->key, it->where);
      else
        find (self, ANF_WARNING, "ATR201", it->node, it->key, hint,
              "%s of %s has no %s \"%s\".", anf_node_op_name (node), it->where,
              it->kind == ANF_UNKNOWN_ATTR ? "attribute" : "weight role", it->key);
    }
}

static gboolean
infer (AnfReport *self, const AnfNode *node, const AnfType *const *in, AnfType *out)
{
  AnfTensor *weight[ANF_MAX_ROLES] = { NULL };
  AnfShapes shapes = { .node = node, .n_in = node->n_in, .in = in, .weight = weight,
                       .n_out = anf_node_n_outputs (node), .out = out };
  guint at = anf_report_position (self, node->id);
  gboolean good;

  anf_report_weights (self, node, weight);
  good = node->op->infer (&shapes);
  if (good && node->op->flops != NULL)
    self->flops[at] = node->op->flops (&shapes);
  if (!good)
    find (self, ANF_ERROR_FINDING, shapes.code, node->id, shapes.field, shapes.hint, "%s",
          shapes.message);
  g_free (shapes.message);
  return good;
}

static void
find_bound (AnfReport *self, guint at, const AnfType *const *in)
{
  const AnfNode *node = g_ptr_array_index (self->graph->nodes, at);
  g_autofree double *bound = g_new0 (double, MAX (node->n_in, 1));
  AnfTensor *weight[ANF_MAX_ROLES] = { NULL };
  AnfBounds bounds = { .node = node, .n_in = node->n_in, .in = bound, .in_type = in,
                       .out_type = self->types[at], .weight = weight };

  anf_report_weights (self, node, weight);
  for (guint i = 0; i < node->n_in; i++)
    if (node->in[i].node != 0)
      bound[i] = self->bounds[anf_report_position (self, node->in[i].node)];
  for (guint i = 0; i < anf_op_n_roles (node->op); i++)
    if ((node->op->role[i].flags & ANF_ENCODABLE)
        && (node->slot[i].encoding >= 0 ? (AnfEncoding) node->slot[i].encoding
                                        : self->graph->settings.compress) != ANF_FP16)
      bounds.packed |= 1u << i;
  self->bounds[at] = anf_bound_of (&bounds);
}

static void
check_node (AnfReport *self, guint at)
{
  const AnfNode *node = g_ptr_array_index (self->graph->nodes, at);
  g_autofree const AnfType **in = g_new0 (const AnfType *, MAX (node->n_in, 1));
  g_autofree AnfType *out = NULL;
  gboolean good;

  anf_report_inputs (self, node, in);
  good = check_wires (self, node, in) && check_integers (self, node, in);
  good = check_weights (self, node) && good;
  for (guint i = 0; i < anf_op_n_attrs (node->op); i++)
    good = check_attr (self, node, i) && good;
  self->bounds[at] = INFINITY;
  if (!good)
    return;

  out = g_new0 (AnfType, MAX (anf_node_n_outputs (node), 1));
  if (!infer (self, node, in, out))
    return;
  self->types[at] = g_steal_pointer (&out);
  find_bound (self, at, in);
}

static void
check_outputs (AnfReport *self)
{
  const AnfGraph *graph = self->graph;
  gboolean has_input = FALSE;

  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (graph->nodes, i);

      has_input = has_input || node->op->feed != NULL;
    }
  if (graph->nodes->len == 0)
    return;                        /* a new document is empty, not wrong */
  for (guint i = 0; i < graph->outputs->len; i++)
    {
      const AnfOutput *output = &g_array_index (graph->outputs, AnfOutput, i);

      check_output (self, output->from, output->from.node, "outputs", output->name);
    }
  if (!has_input)
    find (self, ANF_ERROR_FINDING, "DOC101", 0, NULL, "Add an input node.",
          "The graph has no input, so there is nothing to run it on.");
  if (graph->outputs->len == 0)
    find (self, ANF_ERROR_FINDING, "DOC102", 0, "outputs",
          "Select a node and make it an output in the inspector.",
          "The graph has no output, so a run would give nothing.");
}

/* Nodes that no output needs: they are checked, but not compiled. */
static void
check_dead (AnfReport *self)
{
  const AnfGraph *graph = self->graph;

  for (guint i = 0; i < graph->outputs->len; i++)
    {
      int at = anf_report_position (self, g_array_index (graph->outputs, AnfOutput, i).from.node);

      if (at >= 0)
        self->live[at] = TRUE;
    }
  for (guint i = graph->nodes->len; i-- > 0; )
    {
      const AnfNode *node = g_ptr_array_index (graph->nodes, i);

      for (guint j = 0; self->live[i] && j < node->n_in; j++)
        if (node->in[j].node != 0)
          self->live[anf_report_position (self, node->in[j].node)] = TRUE;
      if (!self->live[i] && graph->outputs->len > 0)
        find (self, ANF_HINT, "DOC301", node->id, NULL,
              "Connect it, make it an output, or delete it.",
              "No output needs %s, so it is left out of the program.", node->name);
    }
}

static void
check_gates (AnfReport *self)
{
  const AnfGraph *graph = self->graph;

  for (guint i = 0; i < graph->gates->len; i++)
    {
      const AnfGate *gate = &g_array_index (graph->gates, AnfGate, i);
      gboolean known = FALSE;

      for (guint j = 0; j < graph->outputs->len; j++)
        known = known || g_str_equal (g_array_index (graph->outputs, AnfOutput, j).name,
                                      gate->output);
      if (!known)
        find (self, ANF_WARNING, "GAT201", 0, gate->output, "Change or remove this gate.",
              "A gate measures the output \"%s\", which the graph does not have.", gate->output);
    }
}

static void
check_target (AnfReport *self)
{
  g_autoptr(AnfVerdict) verdict = anf_preflight (self, self->target);
  const struct { GArray *ids; const char *code, *what, *hint; } groups[] = {
    { verdict->reject, "TGT201", "cannot run it", "Choose a newer target." },
    { verdict->oversize, "TGT202", "cannot hold a tensor of its size",
      "Split the tensor, or choose a target with a larger limit." },
  };

  for (guint g = 0; g < G_N_ELEMENTS (groups); g++)
    for (guint i = 0; i < groups[g].ids->len; i++)
      {
        AnfId id = g_array_index (groups[g].ids, AnfId, i);
        const AnfNode *node = anf_graph_find (self->graph, id);

        find (self, ANF_WARNING, groups[g].code, id, "target", groups[g].hint,
              "%s (%s): %s %s.", node->name, anf_node_op_name (node), self->target,
              groups[g].what);
      }
}

static void
count_params (AnfReport *self)
{
  const AnfGraph *graph = self->graph;
  g_autoptr(GHashTable) seen = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (graph->nodes, i);

      for (guint j = 0; j < anf_op_n_roles (node->op); j++)
        {
          AnfTensor *tensor = anf_graph_tensor_of (graph, node, node->op->role[j].name);

          if (tensor != NULL && g_hash_table_add (seen, tensor))
            self->n_params += anf_tensor_elements (tensor);
        }
    }
}

AnfReport *
anf_check_plain (AnfGraph *graph, const char *target)
{
  AnfReport *self = g_atomic_rc_box_new0 (AnfReport);
  guint n = graph->nodes->len;

  if (target == NULL)
    target = graph->settings.target != NULL ? graph->settings.target : "h16s";
  self->graph = anf_graph_ref (graph);
  self->target = g_intern_string (target);
  self->family = anf_arch_family (target);
  self->index = g_hash_table_new (NULL, NULL);
  self->types = g_new0 (AnfType *, MAX (n, 1));
  self->flops = g_new0 (double, MAX (n, 1));
  self->bounds = g_new0 (double, MAX (n, 1));
  self->live = g_new0 (gboolean, MAX (n, 1));
  self->findings = g_array_new (FALSE, FALSE, sizeof (AnfFinding));
  self->ok = TRUE;
  g_array_set_clear_func (self->findings, finding_clear);

  if (self->family == 0)
    find (self, ANF_ERROR_FINDING, "TGT101", 0, "target", "Choose one of the known targets.",
          "\"%s\" is no known architecture.", target);
  for (guint i = 0; i < n; i++)
    {
      const AnfNode *node = g_ptr_array_index (graph->nodes, i);

      g_hash_table_insert (self->index, GSIZE_TO_POINTER (node->id), GUINT_TO_POINTER (i + 1));
      check_node (self, i);
    }
  check_unknown (self);
  check_places (self);
  check_outputs (self);
  check_dead (self);
  check_gates (self);
  if (self->family != 0)
    check_target (self);
  count_params (self);
  anf_graph_hash (graph);          /* here, off the main thread: see anf.h */
  return self;
}

AnfReport *
anf_check (AnfGraph *graph, const char *target)
{
  AnfReport *self = anf_check_plain (graph, target);

  anf_advise_numbers (self);
  return self;
}

static void
anf_report_clear (AnfReport *self)
{
  for (guint i = 0; i < self->graph->nodes->len; i++)
    g_free (self->types[i]);
  g_free (self->types);
  g_free (self->flops);
  g_free (self->bounds);
  g_free (self->live);
  g_hash_table_unref (self->index);
  g_array_unref (self->findings);
  anf_graph_unref (self->graph);
}

AnfReport *
anf_report_ref (AnfReport *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
anf_report_unref (AnfReport *self)
{
  g_atomic_rc_box_release_full (self, (GDestroyNotify) anf_report_clear);
}

AnfGraph   *anf_report_graph      (const AnfReport *self) { return self->graph; }
const char *anf_report_target     (const AnfReport *self) { return self->target; }
gboolean    anf_report_ok         (const AnfReport *self) { return self->ok; }
gsize       anf_report_n_params   (const AnfReport *self) { return self->n_params; }
guint       anf_report_n_findings (const AnfReport *self) { return self->findings->len; }

const AnfType *
anf_report_type (const AnfReport *self, AnfId id, guint port)
{
  int at = anf_report_position (self, id);

  if (at < 0 || self->types[at] == NULL
      || port >= anf_node_n_outputs (g_ptr_array_index (self->graph->nodes, at)))
    return NULL;
  return &self->types[at][port];
}

double
anf_report_flops (const AnfReport *self, AnfId id)
{
  int at = anf_report_position (self, id);

  return at >= 0 ? self->flops[at] : 0;
}

double
anf_report_bound (const AnfReport *self, AnfId id, guint port)
{
  int at = anf_report_position (self, id);

  return at >= 0 && anf_report_type (self, id, port) != NULL ? self->bounds[at] : INFINITY;
}

const AnfFinding *
anf_report_nth_finding (const AnfReport *self, guint i)
{
  g_return_val_if_fail (i < self->findings->len, NULL);

  return &g_array_index (self->findings, AnfFinding, i);
}
