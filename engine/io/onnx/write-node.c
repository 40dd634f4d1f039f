/* write-node.c - one node of a document as one node of an ONNX model, and what it says of it. */
#include "io/onnx/writer.h"

#include "io/onnx/onnx.h"

#include <string.h>

/* ---------------------------------------------------------------- what it is here */

static gint32
number_of (const AnfOnnxWriter *self, const AnfNode *node)
{
  guint at = 0;

  return g_ptr_array_find (self->graph->listed, node, &at) ? (gint32) at : -1;
}

/* Where @name is among the node's inputs; -1: nowhere. */
static int
input_of (const Onnx__NodeProto *node, const char *name)
{
  for (gsize i = 0; name != NULL && i < node->n_input; i++)
    if (node->input[i] == name)
      return i;
  return -1;
}

/* What the node is in the document. @x, @w: values by port and role, as they are in @proto. */
static void
describe (AnfOnnxWriter *self, Onnx__NodeProto *proto, const AnfOnnxSay *say, const char *sum)
{
  const AnfNode *node = say->node;
  g_autoptr(GPtrArray) list = g_ptr_array_new ();
  g_autofree char *at = g_strdup_printf ("%d", number_of (self, node));
  GVariantBuilder in, weights, encodings;

  g_variant_builder_init (&in, G_VARIANT_TYPE ("ai"));
  g_variant_builder_init (&weights, G_VARIANT_TYPE ("a{si}"));
  g_variant_builder_init (&encodings, G_VARIANT_TYPE ("a{ss}"));
  for (guint i = 0; i < say->n_in; i++)
    g_variant_builder_add (&in, "i", input_of (proto, say->x[i]));
  for (guint i = 0; i < anf_op_n_roles (node->op); i++)
    {
      const AnfSlot *slot = &node->slot[i];

      if (slot->weight != NULL)
        g_variant_builder_add (&weights, "{si}", node->op->role[i].name,
                               input_of (proto, say->w[i]));
      if (slot->encoding >= 0)
        g_variant_builder_add (&encodings, "{ss}", node->op->role[i].name,
                               anf_encoding_name (slot->encoding));
    }
  anf_onnx_add_text (self, list, OWN_ROW, node->op->name);
  anf_onnx_add_text (self, list, OWN_NAME, node->name);
  anf_onnx_add_text (self, list, OWN_AT, at);
  anf_onnx_add_variant (self, list, OWN_IN, g_variant_builder_end (&in));
  anf_onnx_add_variant (self, list, OWN_WEIGHTS, g_variant_builder_end (&weights));
  anf_onnx_add_variant (self, list, OWN_ATTRS, anf_onnx_attributes (node));
  anf_onnx_add_variant (self, list, OWN_ENCODINGS, g_variant_builder_end (&encodings));
  anf_onnx_add_text (self, list, OWN_GROUP, node->group);
  anf_onnx_add_text (self, list, OWN_SUM, sum);
  proto->metadata_props = anf_onnx_listed (self, list, &proto->n_metadata_props);
}

/* ---------------------------------------------------------------- one node */

/* Puts @to in the place of @from, wherever it is. */
static void
rename_term (AnfOnnxBody *body, AnfOnnxTerm from, AnfOnnxTerm to)
{
  for (guint i = 0; i < body->nodes->len; i++)
    {
      Onnx__NodeProto *node = g_ptr_array_index (body->nodes, i);

      for (gsize k = 0; k < node->n_input; k++)
        if (node->input[k] == from)
          node->input[k] = (char *) to;
      for (gsize k = 0; k < node->n_output; k++)
        if (node->output[k] == from)
          node->output[k] = (char *) to;
    }
}

/* Outputs that are inputs, or the same twice, get a node of their own. */
static void
part_outputs (AnfOnnxSay *say)
{
  for (guint i = 0; i < say->n_out; i++)
    {
      gboolean shared = FALSE;

      for (guint k = 0; k < say->n_in; k++)
        shared = shared || say->y[i] == say->x[k];
      for (guint k = 0; k < anf_op_n_roles (say->node->op); k++)
        shared = shared || say->y[i] == say->w[k];
      for (guint k = 0; k < i; k++)
        shared = shared || say->y[i] == say->y[k];
      if (shared)
        say->y[i] = anf_say (say, "Identity", say->y[i], NULL, NULL);
    }
}

/* The one operator that says all of it, if there is one and it reads all that the row reads. */
static Onnx__NodeProto *
only_node (const AnfOnnxSay *say)
{
  Onnx__NodeProto *node = g_ptr_array_index (say->body->nodes, 0);

  if (say->body->nodes->len != 1 || node->n_output != say->n_out)
    return NULL;
  for (guint i = 0; i < say->n_in; i++)
    if (say->x[i] != NULL && input_of (node, say->x[i]) < 0)
      return NULL;
  for (guint i = 0; i < anf_op_n_roles (say->node->op); i++)
    if (say->w[i] != NULL && input_of (node, say->w[i]) < 0)
      return NULL;
  return node;
}

/* The names outside of ports and roles. */
typedef struct { const AnfOnnxTerm *x, *w; AnfOnnxTerm *y; } Outside;

static AnfTensor *
tensor_of (const Onnx__TensorProto *proto)
{
  g_autoptr(GBytes) bytes = g_bytes_new (proto->raw_data.data, proto->raw_data.len);

  return anf_tensor_new (proto->data_type == ONNX_FLOAT ? ANF_F32 : ANF_I64, proto->n_dims,
                         proto->dims, bytes);
}

static Onnx__NodeProto *
as_operator (AnfOnnxWriter *self, AnfOnnxSay *say, Onnx__NodeProto *node, const Outside *outside)
{
  guint n = say->body->constants->len, n_roles = anf_op_n_roles (say->node->op);
  g_autoptr(GPtrArray) tensors = g_ptr_array_new_with_free_func ((GDestroyNotify)
                                                                 anf_tensor_unref);
  g_autofree char *sum = NULL;

  for (guint i = 0; i < n; i++)
    {
      Onnx__TensorProto *constant = g_ptr_array_index (say->body->constants, i);
      g_autofree char *name = g_strdup_printf ("%s.%s%u", say->node->name, "const", i);
      AnfOnnxTerm claimed = anf_onnx_claim (self, name);

      rename_term (say->body, constant->name, claimed);
      constant->name = (char *) claimed;
      g_ptr_array_add (self->initializers, constant);
    }
  for (gsize i = 0; i < node->n_input; i++)
    for (guint k = 0; k < n; k++)
      {
        const Onnx__TensorProto *constant = g_ptr_array_index (say->body->constants, k);

        if (constant->name == node->input[i])
          g_ptr_array_add (tensors, tensor_of (constant));
      }
  sum = anf_onnx_own_sum (node, NULL, tensors->len, (AnfTensor *const *) tensors->pdata);
  describe (self, node, say, sum);
  for (guint i = 0; i < say->n_out; i++)
    rename_term (say->body, say->y[i], outside->y[i]);
  for (guint i = 0; i < say->n_in; i++)
    if (say->x[i] != NULL)
      rename_term (say->body, say->x[i], outside->x[i]);
  for (guint i = 0; i < n_roles; i++)
    if (say->w[i] != NULL)
      rename_term (say->body, say->w[i], outside->w[i]);
  return node;
}

static void
constant_node (AnfOnnxStore *store, GPtrArray *nodes, Onnx__TensorProto *tensor)
{
  Onnx__NodeProto *node = anf_onnx_store_get (store, sizeof *node);
  Onnx__AttributeProto *value = anf_onnx_store_get (store, sizeof *value);

  onnx__node_proto__init (node);
  onnx__attribute_proto__init (value);
  value->name = (char *) "value";
  value->t = tensor;
  value->type = 4;                 /* AttributeProto.TENSOR */
  value->has_type = TRUE;
  node->op_type = (char *) "Constant";
  node->attribute = anf_onnx_store_get (store, sizeof *node->attribute);
  node->attribute[node->n_attribute++] = value;
  node->output = anf_onnx_store_get (store, sizeof *node->output);
  node->output[node->n_output++] = tensor->name;
  tensor->name = NULL;
  g_ptr_array_add (nodes, node);
}

/* A function that was there already serves again. */
static Onnx__FunctionProto *
only_once (AnfOnnxWriter *self, Onnx__FunctionProto *function, const char *row)
{
  gsize size = onnx__function_proto__get_packed_size (function);
  guint8 *packed = g_malloc (size);
  g_autoptr(GBytes) key = NULL;
  Onnx__FunctionProto *there;
  g_autofree char *name = g_strdup (row);

  onnx__function_proto__pack (function, packed);
  key = g_bytes_new_take (packed, size);
  if ((there = g_hash_table_lookup (self->functions, key)) != NULL)
    return there;
  for (guint i = 2; g_hash_table_contains (self->called, name); i++)
    {
      g_free (name);
      name = g_strdup_printf ("%s_%u", row, i);
    }
  function->name = (char *) anf_onnx_store_text (&self->store, name);
  g_hash_table_add (self->called, function->name);
  g_hash_table_insert (self->functions, g_steal_pointer (&key), function);
  g_ptr_array_add (self->function_list, function);
  return function;
}

static Onnx__FunctionProto *
function_of (AnfOnnxWriter *self, AnfOnnxSay *say)
{
  Onnx__FunctionProto *f = anf_onnx_store_get (&self->store, sizeof *f);
  g_autoptr(GPtrArray) nodes = g_ptr_array_new (), in = g_ptr_array_new ();

  onnx__function_proto__init (f);
  f->domain = (char *) ANF_ONNX_DOMAIN;
  f->name = (char *) say->node->op->name;
  for (guint i = 0; i < say->body->constants->len; i++)
    constant_node (&self->store, nodes, g_ptr_array_index (say->body->constants, i));
  for (guint i = 0; i < say->body->nodes->len; i++)
    g_ptr_array_add (nodes, g_ptr_array_index (say->body->nodes, i));
  for (guint i = 0; i < say->n_in; i++)
    if (say->x[i] != NULL)
      g_ptr_array_add (in, (gpointer) say->x[i]);
  for (guint i = 0; i < anf_op_n_roles (say->node->op); i++)
    if (say->w[i] != NULL)
      g_ptr_array_add (in, (gpointer) say->w[i]);
  f->node = anf_onnx_listed (self, nodes, &f->n_node);
  f->input = anf_onnx_listed (self, in, &f->n_input);
  f->output = anf_onnx_store_get (&self->store, say->n_out * sizeof *f->output);
  for (guint i = 0; i < say->n_out; i++)
    f->output[f->n_output++] = (char *) say->y[i];
  f->opset_import = anf_onnx_store_get (&self->store, sizeof *f->opset_import);
  f->opset_import[f->n_opset_import++] = anf_onnx_opset (&self->store, "", WRITE_OPSET);
  return only_once (self, f, say->node->op->name);
}

static Onnx__NodeProto *
as_call (AnfOnnxWriter *self, AnfOnnxSay *say, const Outside *outside)
{
  Onnx__FunctionProto *f = function_of (self, say);
  Onnx__NodeProto *node = anf_onnx_store_get (&self->store, sizeof *node);
  g_autofree char *sum = NULL;
  gsize n = 0;

  onnx__node_proto__init (node);
  node->op_type = f->name;
  node->domain = f->domain;
  sum = anf_onnx_own_sum (node, f, 0, NULL);
  node->n_input = f->n_input;
  node->input = anf_onnx_store_get (&self->store, f->n_input * sizeof *node->input);
  for (guint i = 0; i < say->n_in; i++)
    if (say->x[i] != NULL)
      node->input[n++] = (char *) say->x[i];
  for (guint i = 0; i < anf_op_n_roles (say->node->op); i++)
    if (say->w[i] != NULL)
      node->input[n++] = (char *) say->w[i];
  describe (self, node, say, sum);
  n = 0;
  for (guint i = 0; i < say->n_in; i++)
    if (say->x[i] != NULL)
      node->input[n++] = (char *) outside->x[i];
  for (guint i = 0; i < anf_op_n_roles (say->node->op); i++)
    if (say->w[i] != NULL)
      node->input[n++] = (char *) outside->w[i];
  node->output = (char **) outside->y;
  node->n_output = say->n_out;
  return node;
}

/* @in: the types of what is read, that which is fed to it included. */
static gboolean
write_said (AnfOnnxWriter *self, const AnfNode *node, guint n_in, const AnfType *const *in,
            const Outside *outside, GError **error)
{
  AnfOnnxBody body = { &self->store, g_ptr_array_new (), g_ptr_array_new (), 0 };
  g_autoptr(GPtrArray) nodes = body.nodes, constants = body.constants;
  guint n_out = anf_node_n_outputs (node);
  g_autofree AnfOnnxTerm *x = g_new0 (AnfOnnxTerm, n_in + 1), *y = g_new0 (AnfOnnxTerm, n_out);
  AnfTensor *weight[ANF_MAX_ROLES] = { NULL };
  AnfOnnxTerm w[ANF_MAX_ROLES] = { NULL };
  AnfOnnxSay say = { &body, node, n_in, n_out, in,
                     self->report->types[anf_report_position (self->report, node->id)], weight,
                     x, w, y };
  Onnx__NodeProto *proto;

  anf_report_weights (self->report, node, weight);
  for (guint i = 0; i < n_in; i++)
    if (outside->x[i] != NULL)
      {
        g_autofree char *name = g_strdup_printf ("x%u", i);

        x[i] = anf_onnx_store_text (&self->store, name);
      }
  for (guint i = 0; i < anf_op_n_roles (node->op); i++)
    if (outside->w[i] != NULL)
      w[i] = anf_onnx_store_text (&self->store, node->op->role[i].name);
  if (!anf_onnx_say_row (&say))
    {
      anf_error_set_node (error, ANF_ERROR_COMPILE, node->id, NULL,
                          "ONNX has no operators for \"%s\"", anf_node_op_name (node));
      return FALSE;
    }
  part_outputs (&say);
  proto = only_node (&say);
  proto = proto != NULL ? as_operator (self, &say, proto, outside)
                        : as_call (self, &say, outside);
  proto->name = (char *) anf_onnx_kept_name (self, node);
  g_ptr_array_add (self->nodes, proto);
  return TRUE;
}

gboolean
anf_onnx_write_node (AnfOnnxWriter *self, const AnfNode *node, GError **error)
{
  gboolean fed = node->op->feed != NULL;
  guint n_in = fed ? 1 : node->n_in, n_out = anf_node_n_outputs (node);
  int at = anf_report_position (self->report, node->id);
  g_autofree const AnfType **in = g_new0 (const AnfType *, n_in + 1);
  g_autofree AnfOnnxTerm *x = g_new0 (AnfOnnxTerm, n_in + 1);
  AnfOnnxTerm w[ANF_MAX_ROLES] = { NULL };
  Outside outside = { x, w, self->value[at] };
  AnfType type = { 0 };

  if (fed)
    {
      node->op->feed (node, &type);
      in[0] = &type;
      x[0] = self->value[at][n_out];         /* the model's input stands behind its outputs */
    }
  else
    anf_report_inputs (self->report, node, in);
  for (guint i = 0; i < node->n_in; i++)
    if (node->in[i].node != 0)
      x[i] = *anf_onnx_value_at (self, node->in[i]);
  for (guint i = 0; i < anf_op_n_roles (node->op); i++)
    if (node->slot[i].weight != NULL)
      {
        AnfWeight *weight = anf_graph_find_weight (self->graph, node->slot[i].weight);

        w[i] = anf_onnx_weight_value (self, weight->name, weight->tensor);
      }
  for (guint i = 0; i < n_out; i++)
    if (self->value[at][i] == NULL)
      {
        g_autofree char *name = i == 0 ? g_strdup (node->name)
                                       : g_strdup_printf ("%s.%u", node->name, i);

        self->value[at][i] = anf_onnx_claim (self, name);
      }
  return write_said (self, node, n_in, in, &outside, error);
}

