/* frame.c - from a document to a graph that can be trained: batch, weights as inputs, objective. */
#include "train/frame.h"

#include "pass/lower.h"
#include "pass/report.h"
#include "train/autograd.h"
#include "train/objective.h"

#include <string.h>

void
anf_frame_free (AnfFrame *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < self->params->len; i++)
    {
      g_free (g_array_index (self->params, AnfParam, i).weight);
      g_free (g_array_index (self->params, AnfParam, i).input);
    }
  g_array_unref (self->params);
  if (self->graph != NULL)
    anf_graph_unref (self->graph);
  g_free (self);
}

static const AnfFinding *
first_error (const AnfReport *report)
{
  for (guint i = 0; i < anf_report_n_findings (report); i++)
    if (anf_report_nth_finding (report, i)->severity == ANF_ERROR_FINDING)
      return anf_report_nth_finding (report, i);
  return NULL;
}

static gboolean
has_errors (const AnfReport *report, GError **error)
{
  const AnfFinding *finding = first_error (report);

  if (finding == NULL)
    return FALSE;
  anf_error_set_node (error, ANF_ERROR_REFUSED, finding->node, finding->field, "%s",
                      finding->message);
  return TRUE;
}

/* ---- the batch */

static AnfType
fed_type (const AnfNode *node)
{
  AnfType type;

  node->op->feed (node, &type);
  return type;
}

/* Extent of the first axis of the first input; 0: there is no such axis. */
static int
first_extent (const AnfGraph *graph)
{
  for (guint i = 0; i < graph->listed->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (graph->listed, i);

      if (node->op->feed != NULL)
        return fed_type (node).rank > 0 ? fed_type (node).dim[0] : 0;
    }
  return 0;
}

static void
set_first (AnfGraphBuilder *b, const AnfNode *node, gint64 extent)
{
  gint64 shape[ANF_MAX_RANK];
  guint rank = MIN (anf_node_ints (node, "shape", shape, ANF_MAX_RANK), ANF_MAX_RANK);

  shape[0] = extent;
  anf_graph_builder_set_attr (b, node->id, "shape",
                              g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, shape, rank,
                                                         sizeof *shape));
}

/* Inputs that begin with @from samples begin with @to. */
static AnfGraph *
feed_batches (AnfGraph *graph, int from, int to, GError **error)
{
  AnfGraphBuilder *b = anf_graph_builder_new (graph);

  for (guint i = 0; i < graph->listed->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (graph->listed, i);

      if (node->op->feed != NULL && fed_type (node).rank > 0 && fed_type (node).dim[0] == from)
        set_first (b, node, to);
    }
  return anf_graph_builder_end (b, error);
}

/* A shape that is written out in the document grows with the batch: the first finding about one
 * is mended. FALSE: it is about something else. */
static gboolean
mend_shape (AnfGraph **graph, const AnfFinding *finding, GHashTable *mended, int from, int to)
{
  const AnfNode *node = finding->node != 0 ? anf_graph_find (*graph, finding->node) : NULL;
  gint64 shape[ANF_MAX_RANK];
  AnfGraphBuilder *b;
  AnfGraph *next;

  if (node == NULL || g_strcmp0 (finding->field, "shape") != 0
      || !g_hash_table_add (mended, GSIZE_TO_POINTER (node->id))
      || anf_node_ints (node, "shape", shape, ANF_MAX_RANK) == 0 || shape[0] * to % from != 0)
    return FALSE;
  b = anf_graph_builder_new (*graph);
  set_first (b, node, shape[0] * to / from);
  next = anf_graph_builder_end (b, NULL);
  if (next == NULL)
    return FALSE;
  anf_graph_unref (*graph);
  *graph = next;
  return TRUE;
}

static AnfGraph *
rebatch (AnfGraph *graph, int to, GError **error)
{
  int from = first_extent (graph);
  g_autoptr(GHashTable) mended = g_hash_table_new (NULL, NULL);
  AnfGraph *result;

  if (from == to || from == 0)
    return anf_graph_ref (graph);
  if ((result = feed_batches (graph, from, to, error)) == NULL)
    return NULL;
  for (;;)
    {
      g_autoptr(AnfReport) report = anf_check_plain (result, NULL);
      const AnfFinding *finding = first_error (report);

      if (finding == NULL)
        return result;
      if (mend_shape (&result, finding, mended, from, to))
        continue;
      has_errors (report, error);
      anf_graph_unref (result);
      return NULL;
    }
}

/* ---- what the loss is taken of */

static gboolean
find_output (const AnfGraph *graph, const char *name, AnfRef *from, GError **error)
{
  for (guint i = 0; i < graph->outputs->len; i++)
    {
      const AnfOutput *output = &g_array_index (graph->outputs, AnfOutput, i);

      if (name != NULL && !g_str_equal (output->name, name))
        continue;
      *from = output->from;
      return TRUE;
    }
  if (name != NULL)
    g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_INPUT, "There is no output \"%s\"", name);
  else
    g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_INPUT, "The document has no output to train");
  return FALSE;
}

/* A cross entropy is taken of what goes into the row that makes probabilities. */
static void
choose_objective (AnfFrame *self, const AnfReport *report, AnfObjective asked, gboolean classes)
{
  static const AnfObjective of_link[] = {
    [ANF_LINK_SOFTMAX] = ANF_OBJECTIVE_SOFTMAX, [ANF_LINK_SIGMOID] = ANF_OBJECTIVE_BINARY,
  };
  const AnfNode *node = anf_graph_find (report->graph, self->logits.node);
  const AnfType *type = anf_report_type (report, self->logits.node, self->logits.port);
  gboolean last = node->op->link != ANF_LINK_SOFTMAX || anf_node_int (node, "axis") == -1
                  || anf_node_int (node, "axis") == (gint64) type->rank - 1;
  AnfLink link = last ? node->op->link : ANF_LINK_NONE;

  self->objective = asked;
  if (asked == ANF_OBJECTIVE_AUTO && link != ANF_LINK_NONE)
    self->objective = of_link[link];
  else if (asked == ANF_OBJECTIVE_AUTO)
    self->objective = !classes ? ANF_OBJECTIVE_MSE
                      : type->dim[type->rank - 1] > 1 ? ANF_OBJECTIVE_SOFTMAX
                                                      : ANF_OBJECTIVE_BINARY;
  if (link != ANF_LINK_NONE && of_link[link] == self->objective)
    self->logits = node->in[0];
}

/* ---- weights as values */

static gboolean
slot_trains (const AnfGraph *graph, const AnfSlot *slot)
{
  AnfWeight *weight = slot->weight != NULL ? anf_graph_find_weight (graph, slot->weight) : NULL;

  return weight != NULL && anf_weight_trainable (weight);
}

static int
trained_role (const AnfGraph *graph, const AnfNode *node)
{
  for (guint i = 0; i < anf_op_n_roles (node->op); i++)
    if (slot_trains (graph, &node->slot[i]))
      return i;
  return -1;
}

static AnfExpand
pick (const AnfReport *report, guint at, gpointer data)
{
  const AnfNode *node = g_ptr_array_index (report->graph->nodes, at);

  if (!report->live[at] || node->op->source || trained_role (report->graph, node) < 0)
    return NULL;
  return node->op->unbaked != NULL ? node->op->unbaked : node->op->expand;
}

static AnfReport *
unbake (AnfReport *report, GError **error)
{
  for (;;)
    {
      AnfReport *lowered = anf_lower (report, pick, NULL, error);
      gboolean same = lowered == report;

      anf_report_unref (report);
      report = lowered;
      if (lowered == NULL || same)
        break;
    }
  for (guint i = 0; report != NULL && i < report->graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (report->graph->nodes, i);
      int role = trained_role (report->graph, node);

      if (!report->live[i] || node->op->source || role < 0)
        continue;
      anf_error_set_node (error, ANF_ERROR_BAD_GRAPH, node->id, node->op->role[role].name,
                          "The %s of %s cannot be trained", node->op->role[role].name,
                          node->op->title);
      g_clear_pointer (&report, anf_report_unref);
    }
  return report;
}

static void
name_freshly (AnfGraphBuilder *b, AnfId id, const char *stem)
{
  g_autofree char *name = g_strdup (stem);

  for (char *c = name; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c))
      *c = '_';
  for (guint i = 2; !anf_graph_builder_set_name (b, id, name); i++)
    {
      g_free (name);
      name = g_strdup_printf ("%s_%u", stem, i);
      for (char *c = name; *c != '\0'; c++)
        if (!g_ascii_isalnum (*c))
          *c = '_';
    }
}

static AnfId
add_input (AnfGraphBuilder *b, const AnfType *type, const char *name)
{
  AnfId id = anf_graph_builder_add (b, anf_op_lookup ("input"));
  gint64 shape[ANF_MAX_RANK];

  for (guint i = 0; i < type->rank; i++)
    shape[i] = type->dim[i];
  anf_graph_builder_set_attr (b, id, "shape",
                              g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, shape, type->rank,
                                                         sizeof *shape));
  name_freshly (b, id, name);
  return id;
}

static AnfParam *
param_of (AnfFrame *self, AnfGraphBuilder *b, const char *weight, const AnfType *type)
{
  AnfParam param = { g_strdup (weight) };

  for (guint i = 0; i < self->params->len; i++)
    if (g_str_equal (g_array_index (self->params, AnfParam, i).weight, weight))
      {
        g_free (param.weight);
        return &g_array_index (self->params, AnfParam, i);
      }
  param.input = g_strdup_printf ("w_%s", weight);
  param.type = *type;
  param.type.dtype = ANF_F16;
  param.id = add_input (b, &param.type, param.input);
  g_free (param.input);
  param.input = g_strdup (anf_graph_builder_peek (b, param.id)->name);
  g_array_append_val (self->params, param);
  return &g_array_index (self->params, AnfParam, self->params->len - 1);
}

/* Constants that hold trained weights go; who reads one reads the weight's input. */
static void
feed_weights (AnfFrame *self, const AnfReport *report, AnfGraphBuilder *b)
{
  const GPtrArray *nodes = report->graph->nodes;
  g_autoptr(GHashTable) gone = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (nodes, i);
      int role = report->live[i] ? trained_role (report->graph, node) : -1;

      if (role >= 0)
        g_hash_table_insert (gone, GSIZE_TO_POINTER (node->id),
                             GSIZE_TO_POINTER (param_of (self, b, node->slot[role].weight,
                                                         &report->types[i][0])->id));
      for (guint j = 0; j < node->n_in; j++)
        {
          gpointer id = g_hash_table_lookup (gone, GSIZE_TO_POINTER (node->in[j].node));

          if (id != NULL)
            anf_graph_builder_connect (b, (AnfRef) { GPOINTER_TO_SIZE (id), 0 }, node->id, j);
        }
    }
}

/* ---- all of it */

static void
drop_outputs (AnfGraphBuilder *b, const AnfGraph *graph)
{
  for (guint i = 0; i < graph->outputs->len; i++)
    anf_graph_builder_set_output (b, g_array_index (graph->outputs, AnfOutput, i).name,
                                  (AnfRef) { 0, 0 });
}

static void
add_objective (AnfFrame *self, AnfGraphBuilder *b)
{
  AnfType one = { ANF_F16, 1, { 1 } };
  AnfRef loss;

  self->target = add_input (b, &self->type, ANF_FRAME_TARGET);
  self->scale = add_input (b, &one, ANF_FRAME_SCALE);
  anf_objective_build (b, self->objective, self->logits, (AnfRef) { self->target, 0 },
                       (AnfRef) { self->scale, 0 }, &self->type, &self->seed, &loss);
  anf_graph_builder_set_output (b, ANF_FRAME_LOGITS, self->logits);
  anf_graph_builder_set_output (b, "loss", loss);
}

/* What nothing live is made from is left out by an output that is not named any more. */
static AnfReport *
only_logits (AnfFrame *self, AnfGraph *graph, GError **error)
{
  AnfGraphBuilder *b = anf_graph_builder_new (graph);
  AnfSettings settings = graph->settings;
  g_autoptr(AnfGraph) only = NULL;
  AnfReport *report;

  settings.compress = ANF_FP16;    /* what is frozen is not encoded meanwhile */
  anf_graph_builder_set_settings (b, &settings);
  drop_outputs (b, graph);
  anf_graph_builder_set_output (b, ANF_FRAME_LOGITS, self->logits);
  anf_graph_builder_set_gates (b, 0, NULL);
  if ((only = anf_graph_builder_end (b, error)) == NULL)
    return NULL;
  report = anf_check_plain (only, NULL);
  if (!has_errors (report, error))
    return report;
  anf_report_unref (report);
  return NULL;
}

static gboolean
finish (AnfFrame *self, const AnfReport *report, GError **error)
{
  const AnfNode *at = anf_graph_find (report->graph, self->logits.node);
  AnfGraphBuilder *b;

  self->type = *anf_report_type (report, self->logits.node, self->logits.port);
  if (self->type.dtype != ANF_F16 || self->type.rank == 0)
    {
      anf_error_set_node (error, ANF_ERROR_BAD_GRAPH, at->id, NULL,
                          "%s gives no numbers with an axis of their own: there is no loss of it",
                          at->name);
      return FALSE;
    }
  b = anf_graph_builder_new (report->graph);
  feed_weights (self, report, b);
  add_objective (self, b);
  self->graph = anf_graph_builder_end (b, error);
  if (self->graph != NULL && self->params->len == 0)
    g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_INPUT, "Nothing is trainable: no weight that "
                 "the output depends on says \"trainable\": true");
  return self->graph != NULL && self->params->len > 0;
}

AnfFrame *
anf_frame_new (AnfGraph *graph, const AnfTrainSettings *settings, gboolean whole,
               gboolean classes, GError **error)
{
  g_autoptr(AnfFrame) self = g_new0 (AnfFrame, 1);
  g_autoptr(AnfReport) plain = anf_check_plain (graph, NULL), report = NULL;
  g_autoptr(AnfGraph) batched = NULL;
  AnfReport *only;

  self->params = g_array_new (FALSE, FALSE, sizeof (AnfParam));
  if (has_errors (plain, error))
    return NULL;
  self->batched = !whole && first_extent (graph) > 0;
  if (self->batched)
    batched = rebatch (graph, settings->batch, error);
  else
    batched = anf_graph_ref (graph);
  self->samples = self->batched ? settings->batch : 1;
  if (batched == NULL || !find_output (batched, settings->output, &self->logits, error))
    return NULL;
  choose_objective (self, plain, settings->objective, classes);
  if ((only = only_logits (self, batched, error)) == NULL
      || (report = unbake (only, error)) == NULL || !finish (self, report, error))
    return NULL;
  return g_steal_pointer (&self);
}

gsize
anf_frame_rows (const AnfFrame *self)
{
  return anf_type_elements (&self->type) / anf_frame_classes (self);
}

guint
anf_frame_classes (const AnfFrame *self)
{
  return self->type.dim[self->type.rank - 1];
}

double
anf_frame_mean (const AnfFrame *self)
{
  gsize n = anf_type_elements (&self->type);

  return self->objective == ANF_OBJECTIVE_SOFTMAX ? (double) anf_frame_rows (self)
         : self->objective == ANF_OBJECTIVE_MSE ? n / 2.0 : n;
}

AnfGraph *
anf_frame_gradients (const AnfFrame *self, guint first, guint n, GError **error)
{
  g_autofree AnfWrt *wrt = g_new0 (AnfWrt, n);
  AnfAutograd ask = { .root = self->logits, .seed = self->seed, .n_wrt = n, .wrt = wrt };
  AnfGraph *graph;

  for (guint i = 0; i < n; i++)
    {
      wrt[i].value.node = g_array_index (self->params, AnfParam, first + i).id;
      wrt[i].output = g_strdup_printf ("d%u", first + i);
    }
  graph = anf_autograd (self->graph, &ask, error);
  for (guint i = 0; i < n; i++)
    g_free ((char *) wrt[i].output);
  return graph;
}

AnfGraph *
anf_train_gradients (AnfGraph *graph, const AnfTrainSettings *settings, GError **error)
{
  g_autoptr(AnfFrame) frame = anf_frame_new (graph, settings, FALSE, TRUE, error);
  g_autoptr(AnfGraph) plain = NULL;
  AnfGraphBuilder *b;

  if (frame == NULL
      || (plain = anf_frame_gradients (frame, 0, frame->params->len, error)) == NULL)
    return NULL;
  b = anf_graph_builder_new (plain);
  for (guint i = 0; i < frame->params->len; i++)
    {
      g_autofree char *from = g_strdup_printf ("d%u", i);
      g_autofree char *to = g_strdup_printf ("d_%s", g_array_index (frame->params, AnfParam,
                                                                    i).input + strlen ("w_"));

      anf_graph_builder_rename_output (b, from, to);
    }
  return anf_graph_builder_end (b, error);
}
