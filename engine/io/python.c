/* python.c - a document as a program in Python that builds the same graph with the public functions
 * of the aneforge package, and its weights beside it as NAME.npz. */
#include "anf.h"

#include "core/op.h"
#include "io/file.h"
#include "io/import.h"
#include "io/json.h"
#include "pass/report.h"

#include <string.h>

/* How a row is said: {NAME} is a port's value, a weight or an attribute, in this order, or None for
 * one that is optional and not there. Behind a colon: 1 one number, 4 one number or four, l a list,
 * c a port that takes a constant, v all wires of a port, p a pool unless it is 0. A row that is not
 * here is said by what it expands to. */
static const struct { const char *row, *words; } phrases[] = {
  { "image_input", "af.image_input({shape:l}, scale={scale}, bias={bias})" },
  { "parameter", "af.parameter({value})" }, { "const", "{value}" },
  { "linear", "{x}.linear({weight}, {bias})" }, { "matmul_w", "{x} @ {weight}" },
  { "bmm_w", "{x}.bmm_weight({weight})" },
  { "conv", "af.conv({x}, {weight}, stride={stride:1}, pad={pad:4}, dilation={dilation:1}, "
            "groups={groups}, bias={bias})" },
  { "conv_transpose", "af.conv_transpose({x}, {weight}, stride={stride:1}, pad={pad:1}, "
                      "dilation={dilation:1}, groups={groups}, bias={bias})" },
  { "dynamic_conv", "af.dynamic_conv({x}, {weight}, stride={stride:1}, pad={pad:1}, "
                    "dilation={dilation:1}, groups={groups})" },
  { "einsum", "af.einsum({equation}, {values:v})" },
  { "sdpa", "af.sdpa({q}, {k}, {v}, scale={scale}, is_causal={causal}, attn_mask={mask})" },
  { "mha", "af.mha({x}, {wq}, {bq}, {wk}, {bk}, {wv}, {bv}, {wo}, {bo}, {n_heads}, mask={mask})" },
  { "geglu", "af.geglu({x}, {weight}, {bias})" },
  { "group_norm_train", "af.group_norm_train({x}, {gamma}.reshape(1, -1, 1, 1), "
                        "{beta}.reshape(1, -1, 1, 1), {groups}, {eps})" },
  { "conv_block", "af.group_norm_train(af.conv({x}, {weight}, pad=1), "
                  "{gamma}.reshape(1, -1, 1, 1), {beta}.reshape(1, -1, 1, 1), {groups}, "
                  "{eps}).relu(){pool:p}" },
  { "leaky_relu", "{x}.leaky_relu({alpha})" }, { "elu", "{x}.elu({alpha})" },
  { "clip", "{x}.clip({lo}, {hi})" }, { "clamped_relu", "{x}.clamped_relu({alpha}, {beta})" },
  { "sigmoid_hard", "{x}.sigmoid_hard({alpha}, {beta})" },
  { "scaled_tanh", "{x}.scaled_tanh({alpha}, {beta})" }, { "threshold", "{x}.threshold({alpha})" },
  { "thresholded_relu", "{x}.thresholded_relu({alpha})" },
  { "linear_activation", "{x}.linear_activation({alpha}, {beta})" },
  { "prelu", "{x}.prelu({alpha})" }, { "log", "{x}.log({eps})" }, { "rsqrt", "{x}.rsqrt({eps})" },
  { "inverse", "{x}.inverse({eps})" }, { "add", "{x} + {y:c}" }, { "sub", "{x} - {y:c}" },
  { "mul", "{x} * {y:c}" }, { "real_div", "{x} / {y:c}" }, { "pow", "{x}.pow({y:c})" },
  { "maximum", "af.maximum({x}, {y:c})" }, { "minimum", "af.minimum({x}, {y:c})" },
  { "muls", "{x} * {k}" }, { "adds", "{x}.adds({k})" }, { "greater", "{x}.greater({y})" },
  { "less", "{x}.less({y})" }, { "equal", "{x}.equal({y})" }, { "not_equal", "{x}.not_equal({y})" },
  { "greater_equal", "{x}.greater_equal({y})" }, { "less_equal", "{x}.less_equal({y})" },
  { "select", "af.select({cond}, {a}, {b})" },
  { "max_pool", "{x}.max_pool({k:1}, {stride:1}, {pad:1}, {ceil_mode})" },
  { "avg_pool", "{x}.avg_pool({k:1}, {stride:1}, {pad:1}, {ceil_mode}, {exclude_pad})" },
  { "softmax", "{x}.softmax({axis})" }, { "layer_norm", "{x}.layer_norm({gamma}, {beta}, {eps})" },
  { "rms_norm", "{x}.rms_norm({gamma}, {eps})" }, { "l2_norm", "{x}.l2_norm({axis}, {eps})" },
  { "channel_layer_norm", "{x}.channel_layer_norm({gamma}, {beta}, {eps})" },
  { "group_norm", "{x}.group_norm({gamma}, {beta}, {groups}, {eps})" },
  { "instance_norm", "af.instance_norm({x}, {gamma}, {beta}, {eps})" },
  { "batch_norm", "af.batch_norm({x}, {gamma}, {beta}, {mean}, {variance}, {eps})" },
  { "local_response_norm", "af.local_response_norm({x}, {size}, {alpha}, {beta}, {k})" },
  { "reduce_mean", "{x}.mean({axes})" }, { "reduce_sum", "{x}.sum({axes})" },
  { "reduce_max", "{x}.amax({axes})" }, { "reduce_min", "{x}.amin({axes})" },
  { "reduce_l1_norm", "{x}.l1_norm({axes})" }, { "reduce_log_sum", "{x}.log_sum({axes})" },
  { "reduce_l2_norm", "{x}.sum_square({axes}).sqrt()" },
  { "reduce_sum_square", "{x}.sum_square({axes})" },
  { "reduce_log_sum_exp", "{x}.reduce_log_sum_exp({axes})" }, { "cumsum", "{x}.cumsum({axis})" },
  { "reshape", "{x}.reshape({shape:l})" }, { "transpose", "{x}.transpose({perm:l})" },
  { "expand_dims", "{x}.expand_dims({axes})" }, { "squeeze", "{x}.squeeze({axes})" },
  { "flatten2d", "{x}.flatten2d({axis})" },
  { "slice_by_size", "{x}.slice_by_size({begin:l}, {size:l})" },
  { "crop", "af.crop({x}, {top}, {bottom}, {left}, {right})" },
  { "reverse", "{x}.reverse({axes})" }, { "tile", "{x}.tile({reps:l})" },
  { "concat", "af.concat([{values:v}], axis={axis})" },
  { "stack", "af.stack([{values:v}], axis={axis})" },
  { "split", "af.split({x}, {num_splits}, axis={axis})" },
  { "gather", "af.gather({x}, {indices:l}, axis={axis})" },
  { "pixel_shuffle", "af.pixel_shuffle({x}, {r})" },
  { "pixel_unshuffle", "af.pixel_unshuffle({x}, {r})" },
  { "depth_to_space", "af.depth_to_space({x}, {block_size})" },
  { "space_to_depth", "af.space_to_depth({x}, {block_size})" },
  { "channel_to_space", "af.channel_to_space({x}, {r})" },
  { "space_to_channel", "af.space_to_channel({x}, {r})" },
  { "batch_to_space", "af.batch_to_space({x}, {bh}, {bw})" },
  { "space_to_batch", "af.space_to_batch({x}, {bh}, {bw})" },
  { "upsample", "{x}.upsample({scale:1})" },
  { "upsample_bilinear",
    "af.upsample_bilinear({x}, {scale:1}, align_corners={align_corners})" },
  { "resize_nearest_neighbor", "af.resize_nearest_neighbor({x}, {target_h}, {target_w})" },
  { "resize_bilinear",
    "af.resize_bilinear({x}, {target_h}, {target_w}, align_corners={align_corners})" },
  { "affine", "af.affine({x}, {transform}, {output_h}, {output_w}, "
              "align_corners={align_corners})" },
  { "argmax", "{x}.argmax({axis})" }, { "topk", "af.topk({x}, {k}, largest={largest})" },
  { "sort", "af.sort({x}, descending={descending}, return_indices={return_indices})" },
  { "cross_product", "af.cross_product({a}, {b})" },
  { "scaled_elementwise", "af.scaled_elementwise({x}, {z}, op={op}, scale={scale})" },
  { "dynamic_slice", "af.dynamic_slice({x}, {start}, {size})" },
  { "input_view", "af.input_view({x}, {offset}, {size})" }, { "flatten", "af.flatten({x})" },
  { "minmax_norm", "af.minmax_norm({x}, dimension={dimension}, eps={eps})" },
  { "lrn", "af.lrn({x}, alpha={alpha}, beta={beta}, k={k})" },
  { "cross_correlation", "af.cross_correlation({x}, {template})" },
  { "cost_volume", "af.cost_volume({aux}, {ref}, disparity_range={disparity_range})" },
  { "fps", "af.fps({x}, {k})" },
  { "radius_search", "af.radius_search({points}, {centroids}, {radius})" },
  { "input", "af.input({shape:l}, dtype={dtype}, max_abs={max_abs})" },
  { "bmm", "{x} @ {y}" },
};

/* Methods of a value, called like the row, that take nothing more. */
static const char *const methods[] = {
  "relu", "gelu", "silu", "sigmoid", "tanh", "exp", "sqrt", "abs", "square", "sin", "cos", "erf",
  "softplus", "relu6", "softsign", "atan", "exp2", "floor", "ceil", "round", "sign", "logical_not",
  NULL
};

/* What a name must not be: words of Python, and those of the program around it. */
static const char *const words[] = {
  "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
  "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in",
  "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with",
  "yield", "af", "w", NULL
};

typedef struct
{
  const AnfReport *report;
  const AnfGraph  *graph;
  GHashTable      *names;          /* id -> name in Python */
  GString         *text;
  AnfTensors      *weights;
  GHashTable      *stored;         /* names of weights, as a set */
  const AnfNode   *node;           /* being said */
  GError         **error;
} Writer;

static gboolean G_GNUC_PRINTF (3, 4)
refuse (Writer *self, const char *field, const char *format, ...)
{
  g_autofree char *why = NULL;
  va_list args;

  va_start (args, format);
  why = g_strdup_vprintf (format, args);
  va_end (args);
  anf_error_set_node (self->error, ANF_ERROR_COMPILE, self->node->id, field,
                      "The aneforge package cannot say this \"%s\": %s", self->node->op->name, why);
  return FALSE;
}

static const char *
phrase_of (const AnfOp *op)
{
  for (guint i = 0; i < G_N_ELEMENTS (phrases); i++)
    if (g_str_equal (phrases[i].row, op->name))
      return phrases[i].words;
  return NULL;
}

/* ---------------------------------------------------------------- words of Python */

static void
put_text (Writer *self, const char *text)
{
  g_autoptr(JsonNode) node = anf_json_new_string (text);
  g_autofree char *quoted = anf_json_print_line (node);

  g_string_append (self->text, quoted);
}

static void
put_value (Writer *self, GVariant *value)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_DOUBLE))
    {
      g_ascii_dtostr (number, sizeof number, g_variant_get_double (value));
      g_string_append (self->text, number);
      if (strpbrk (number, ".en") == NULL)
        g_string_append (self->text, ".0");
    }
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT64))
    g_string_append_printf (self->text, "%" G_GINT64_FORMAT, g_variant_get_int64 (value));
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    g_string_append (self->text, g_variant_get_boolean (value) ? "True" : "False");
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    put_text (self, g_variant_get_string (value, NULL));
  else
    {
      for (gsize i = 0; i < g_variant_n_children (value); i++)
        {
          g_autoptr(GVariant) child = g_variant_get_child_value (value, i);

          g_string_append (self->text, i == 0 ? "[" : ", ");
          put_value (self, child);
        }
      g_string_append (self->text, g_variant_n_children (value) == 0 ? "[]" : "]");
    }
}

/* @most numbers, or one if they are the same. */
static gboolean
put_few (Writer *self, const char *attr, guint most)
{
  gint64 list[ANF_MAX_RANK];
  guint n = anf_node_ints (self->node, attr, list, ANF_MAX_RANK);
  gboolean same = TRUE;

  for (guint i = 1; i < n; i++)
    same = same && list[i] == list[0];
  if (same)
    g_string_append_printf (self->text, "%" G_GINT64_FORMAT, list[0]);
  else if (n != most)
    return refuse (self, attr, "its \"%s\" has to be the same in all directions", attr);
  else
    g_string_append_printf (self->text, "(%" G_GINT64_FORMAT ", %" G_GINT64_FORMAT ", %"
                            G_GINT64_FORMAT ", %" G_GINT64_FORMAT ")", list[0], list[1], list[2],
                            list[3]);
  return TRUE;
}

static gboolean
put_attr (Writer *self, const char *attr, char how)
{
  const AnfAttr *row = &self->node->op->attr[anf_op_find_attr (self->node->op, attr)];
  g_autoptr(GVariant) value = anf_node_attr (self->node, attr);

  if (!anf_node_attr_is_set (self->node, attr) && row->preset != NULL && row->preset[0] == '\0')
    {
      g_string_append (self->text, "None");
      return how != 'l' || refuse (self, attr, "its \"%s\" is not set", attr);
    }
  if (how == 'p')
    {
      if (g_variant_get_int64 (value) > 0)
        g_string_append_printf (self->text, ".max_pool(%" G_GINT64_FORMAT ")",
                                g_variant_get_int64 (value));
      return TRUE;
    }
  if (how == '1' || how == '4')
    return put_few (self, attr, how == '4' ? 4 : 0);
  if (how == 'l' && g_variant_is_of_type (value, G_VARIANT_TYPE_INT64))
    g_string_append_printf (self->text, "[%" G_GINT64_FORMAT "]", g_variant_get_int64 (value));
  else
    put_value (self, value);
  return TRUE;
}

/* The package takes fp16 and fp32. */
static void
put_weight (Writer *self, guint role)
{
  const char *name = self->node->slot[role].weight;
  AnfTensor *tensor;

  if (name == NULL)
    {
      g_string_append (self->text, "None");
      return;
    }
  g_string_append (self->text, "w[");
  put_text (self, name);
  g_string_append_c (self->text, ']');
  tensor = anf_weight_tensor (anf_graph_find_weight (self->graph, name));
  if (!g_hash_table_add (self->stored, (gpointer) name))
    return;
  if (anf_tensor_dtype (tensor) == ANF_F16 || anf_tensor_dtype (tensor) == ANF_F32)
    anf_tensors_add (self->weights, name, tensor);
  else
    {
      gsize n = anf_tensor_elements (tensor);
      g_autofree float *numbers = g_new (float, n + 1);
      gint64 dim[ANF_MAX_TENSOR_RANK];
      g_autoptr(AnfTensor) floats = NULL;

      anf_tensor_read (tensor, 0, n, numbers);
      for (guint i = 0; i < anf_tensor_rank (tensor); i++)
        dim[i] = anf_tensor_dim (tensor, i);
      floats = anf_tensor_new_floats (anf_tensor_rank (tensor), dim, numbers);
      anf_tensors_add (self->weights, name, floats);
    }
}

/* A constant is an array there, which only some functions take. */
static gboolean
is_array (const Writer *self, AnfRef ref)
{
  const AnfNode *from = anf_graph_find (self->graph, ref.node);

  return from != NULL && from->op->source && from->op->feed == NULL
         && g_strcmp0 (phrase_of (from->op), "{value}") == 0;
}

static gboolean
put_wire (Writer *self, AnfRef ref, const char *port, char how)
{
  const AnfNode *from = anf_graph_find (self->graph, ref.node);

  if (from == NULL)
    {
      g_string_append (self->text, "None");
      return TRUE;
    }
  if (is_array (self, ref) && how != 'c')
    return refuse (self, port, "its \"%s\" cannot be a constant there", port);
  g_string_append (self->text, g_hash_table_lookup (self->names, GSIZE_TO_POINTER (ref.node)));
  if (anf_node_n_outputs (from) > 1)
    g_string_append_printf (self->text, "[%u]", ref.port);
  return TRUE;
}

/* ---------------------------------------------------------------- one node */

static gboolean
put_named (Writer *self, const char *name, char how)
{
  const AnfOp *op = self->node->op;
  int port = anf_op_find_input (op, name), role = anf_op_find_role (op, name);

  if (port >= 0 && how == 'v')
    {
      for (guint i = port; i < self->node->n_in; i++)
        {
          if (i > (guint) port)
            g_string_append (self->text, ", ");
          if (!put_wire (self, self->node->in[i], name, how))
            return FALSE;
        }
      return TRUE;
    }
  if (port >= 0 && anf_op_find_attr (op, name) < 0)
    return put_wire (self, self->node->in[port], name, how);
  if (port >= 0 && self->node->in[port].node != 0)
    return refuse (self, name, "its \"%s\" cannot be a wire there", name);
  if (role >= 0)
    {
      put_weight (self, role);
      return TRUE;
    }
  return put_attr (self, name, how);
}

static gboolean
put_phrase (Writer *self, const char *phrase)
{
  for (const char *at = phrase; *at != '\0'; at++)
    {
      const char *end;
      g_autofree char *name = NULL;
      gsize n;

      if (*at != '{')
        {
          g_string_append_c (self->text, *at);
          continue;
        }
      end = strchr (at, '}');
      n = strcspn (at + 1, ":}");
      name = g_strndup (at + 1, n);
      if (!put_named (self, name, at[1 + n] == ':' ? at[2 + n] : '\0'))
        return FALSE;
      at = end;
    }
  return TRUE;
}

/* Both operands may change places, so that a constant comes second. */
static void
turn_round (Writer *self, AnfNode *copy)
{
  const AnfOp *op = self->node->op;
  static const char *const either[] = { "Add", "Mul", "Max", "Min", NULL };

  *copy = *self->node;
  if (op->binary == NULL || op->onnx == NULL || !g_strv_contains (either, op->onnx)
      || !is_array (self, copy->in[0]) || is_array (self, copy->in[1]))
    return;
  copy->in = g_memdup2 (copy->in, 2 * sizeof *copy->in);
  copy->in[0] = self->node->in[1];
  copy->in[1] = self->node->in[0];
  self->node = copy;
}

/* The package gives a product the batch of its first operand. */
static gboolean
same_batch (const Writer *self)
{
  const AnfType *x = anf_report_type (self->report, self->node->in[0].node, self->node->in[0].port);
  const AnfType *y = anf_report_type (self->report, self->node->in[1].node, self->node->in[1].port);
  gboolean same = x->rank == y->rank;

  for (guint i = 0; same && i + 2 < x->rank; i++)
    same = x->dim[i] == y->dim[i];
  return same;
}

/* Operands of a product that are turned are so by a step of their own. */
static gboolean
say_product (Writer *self)
{
  if (!same_batch (self))
    return refuse (self, "y", "both operands have to have the same batch");
  for (guint i = 0; i < 2; i++)
    {
      gboolean turned = anf_node_flag (self->node, i == 0 ? "transpose_x" : "transpose_y");
      const AnfType *type = anf_report_type (self->report, self->node->in[i].node,
                                             self->node->in[i].port);

      if (i == 1)
        g_string_append (self->text, " @ ");
      if (!put_wire (self, self->node->in[i], i == 0 ? "x" : "y", '\0'))
        return FALSE;
      if (!turned)
        continue;
      g_string_append (self->text, ".transpose([");
      for (guint d = 0; d + 2 < type->rank; d++)
        g_string_append_printf (self->text, "%u, ", d);
      g_string_append_printf (self->text, "%u, %u])", type->rank - 1, type->rank - 2);
    }
  return TRUE;
}

static gboolean
say_node (Writer *self, const AnfNode *node)
{
  const char *phrase = phrase_of (node->op);
  AnfNode copy = { 0 };
  gboolean good;

  self->node = node;
  g_string_append_printf (self->text, "    %s = ",
                          (const char *) g_hash_table_lookup (self->names,
                                                              GSIZE_TO_POINTER (node->id)));
  if (g_strv_contains (methods, node->op->name))
    good = put_wire (self, node->in[0], "x", '\0');
  else if (phrase == NULL)
    good = refuse (self, NULL, "there is no function for it");
  else if (anf_op_find_attr (node->op, "transpose_x") >= 0)
    good = say_product (self);
  else
    {
      turn_round (self, &copy);
      good = put_phrase (self, phrase);
    }
  if (good && g_strv_contains (methods, node->op->name))
    g_string_append_printf (self->text, ".%s()", node->op->name);
  if (copy.in != NULL && copy.in != node->in)
    g_free (copy.in);
  g_string_append_c (self->text, '\n');
  return good;
}

/* ---------------------------------------------------------------- the program */

static void
name_nodes (Writer *self)
{
  g_autoptr(GHashTable) taken = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < self->graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (self->graph->nodes, i);
      GString *name = g_string_new (node->name);

      while (g_strv_contains (words, name->str) || g_hash_table_contains (taken, name->str)
             || (name->len > strlen (node->name)
                 && anf_graph_find_name (self->graph, name->str) != NULL))
        g_string_append_c (name, '_');
      g_hash_table_add (taken, g_strdup (name->str));
      g_hash_table_insert (self->names, GSIZE_TO_POINTER (node->id), g_string_free (name, FALSE));
    }
}

/* The package feeds inputs in the order they were made. */
static gboolean
say_nodes (Writer *self)
{
  for (guint i = 0; i < self->graph->listed->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (self->graph->listed, i);

      if (node->op->feed != NULL && !say_node (self, node))
        return FALSE;
    }
  for (guint i = 0; i < self->graph->nodes->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (self->graph->nodes, i);

      if (node->op->feed == NULL && !say_node (self, node))
        return FALSE;
    }
  return TRUE;
}

static gboolean
say_outputs (Writer *self)
{
  g_string_append (self->text, "    return {\n");
  for (guint i = 0; i < self->graph->outputs->len; i++)
    {
      const AnfOutput *output = &g_array_index (self->graph->outputs, AnfOutput, i);

      self->node = anf_graph_find (self->graph, output->from.node);
      if (is_array (self, output->from))
        return refuse (self, NULL, "a constant is no output there");
      g_string_append (self->text, "        ");
      put_text (self, output->name);
      g_string_append (self->text, ": ");
      put_wire (self, output->from, "", '\0');
      g_string_append (self->text, ",\n");
    }
  g_string_append (self->text, "    }\n");
  return TRUE;
}

static gboolean
say_program (Writer *self, const char *weights)
{
  g_string_append (self->text, "\"\"\"Builds a graph with the aneforge package; written by "
                   "ANEForge Studio.\"\"\"\n"
                   "import os\n\nimport numpy\n\nimport aneforge as af\n\nTITLE = ");
  put_text (self, self->graph->title != NULL ? self->graph->title : "");
  g_string_append (self->text, "\nWEIGHTS = ");
  put_text (self, weights);
  g_string_append (self->text, "\n\n\ndef build(w):\n    \"\"\"The outputs by name; w: arrays by "
                   "name.\"\"\"\n");
  name_nodes (self);
  if (!say_nodes (self) || !say_outputs (self))
    return FALSE;
  g_string_append (self->text, "\n\ndef load():\n    where = os.path.dirname(os.path.abspath("
                   "__file__))\n    return numpy.load(os.path.join(where, WEIGHTS))\n\n\n"
                   "if __name__ == \"__main__\":\n    for name, value in build(load()).items():\n"
                   "        print(name, value.shape)\n");
  return TRUE;
}

/* ---------------------------------------------------------------- composites, and the files */

/* Those the package has no function for are unfolded, as often as it takes. */
static AnfReport *
unfold (const AnfReport *report)
{
  AnfReport *simple = anf_report_ref ((AnfReport *) report);

  for (gboolean again = TRUE; again;)
    {
      AnfGraphBuilder *builder = anf_graph_builder_new (simple->graph);
      g_autoptr(AnfGraph) graph = NULL;

      again = FALSE;
      for (guint i = 0; i < simple->graph->nodes->len; i++)
        {
          const AnfNode *node = g_ptr_array_index (simple->graph->nodes, i);

          if (node->op->expand != NULL && phrase_of (node->op) == NULL)
            again = anf_graph_builder_unfold (builder, simple, node->id) || again;
        }
      graph = anf_graph_builder_end (builder, NULL);
      if (!again)
        break;
      anf_report_unref (simple);
      simple = anf_check (graph, report->target);
    }
  return simple;
}

static gboolean
save (Writer *self, const char *path, const char *weights)
{
  g_autoptr(AnfFileWriter) file = NULL;

  if (!anf_npz_save (weights, self->weights, self->error)
      || (file = anf_file_writer_new (path, self->error)) == NULL)
    return FALSE;
  anf_file_writer_put (file, self->text->str, self->text->len);
  return anf_file_writer_end (g_steal_pointer (&file), self->error);
}

gboolean
anf_python_save (const AnfReport *report, const char *path, GError **error)
{
  gsize stem = strlen (path) - (g_str_has_suffix (path, ".py") ? strlen (".py") : 0);
  g_autofree char *weights = g_strdup_printf ("%.*s.npz", (int) stem, path);
  g_autofree char *base = g_path_get_basename (weights);
  g_autoptr(AnfReport) simple = NULL;
  Writer self = { .error = error };
  gboolean good;

  if (!anf_check_writable (report, "Python", error))
    return FALSE;
  simple = unfold (report);
  self.report = simple;
  self.graph = simple->graph;
  self.names = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self.stored = g_hash_table_new (g_str_hash, g_str_equal);
  self.text = g_string_new (NULL);
  self.weights = anf_tensors_new ();
  good = say_program (&self, base) && save (&self, path, weights);
  g_hash_table_unref (self.names);
  g_hash_table_unref (self.stored);
  g_string_free (self.text, TRUE);
  anf_tensors_unref (self.weights);
  return good;
}
