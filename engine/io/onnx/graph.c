/* graph.c - reads the nodes of a model in their order: names, operators, functions, bodies. */
#include "io/onnx/own.h"

#include "io/file.h"
#include "io/json.h"

#include <string.h>

#define MAX_NAME 80                /* of a node here: it becomes the name of a file */
#define MAX_DEPTH 16               /* of functions that call functions, and bodies in bodies */

static const AnfOnnxOp *const families[] = {
  anf_onnx_scalar_ops, anf_onnx_reduce_ops, anf_onnx_product_ops, anf_onnx_pool_ops,
  anf_onnx_norm_ops, anf_onnx_shape_ops, anf_onnx_index_ops, anf_onnx_resize_ops,
  anf_onnx_recurrent_ops, anf_onnx_attention_ops, anf_onnx_control_ops, anf_onnx_loss_ops,
  anf_onnx_constant_ops,
};

/* ---------------------------------------------------------------- names */

char *
anf_onnx_clean_name (const char *name)
{
  GString *clean = g_string_new (NULL);

  while (*name == '/')
    name++;
  if (*name == '\0' || g_ascii_isdigit (*name))
    g_string_append_c (clean, '_');
  for (; *name != '\0'; name++)
    g_string_append_c (clean, g_ascii_isalnum (*name) ? *name : '_');
  return g_string_free (clean, FALSE);
}

AnfOnnxValue *
anf_onnx_find (AnfOnnx *self, const char *name)
{
  AnfOnnxValue *value = NULL;

  for (GSList *l = self->scopes; l != NULL && value == NULL; l = l->next)
    value = g_hash_table_lookup (l->data, name);
  return value;
}

void
anf_onnx_bind (AnfOnnx *self, const char *name, AnfOnnxValue *value)
{
  value->uses += GPOINTER_TO_UINT (g_hash_table_lookup (self->uses, name));
  if (value->name == NULL)
    value->name = g_strdup (name);
  g_hash_table_insert (self->scopes->data, g_strdup (name), value);
}

static void
push_scope (AnfOnnx *self)
{
  self->scopes = g_slist_prepend (self->scopes,
                                  g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL));
}

static void
pop_scope (AnfOnnx *self)
{
  g_hash_table_unref (self->scopes->data);
  self->scopes = g_slist_delete_link (self->scopes, self->scopes);
}

void
anf_onnx_count_uses (AnfOnnx *self, guint n, Onnx__NodeProto **nodes)
{
  for (guint i = 0; i < n; i++)
    {
      for (gsize k = 0; k < nodes[i]->n_input; k++)
        {
          const char *name = nodes[i]->input[k];
          guint uses = GPOINTER_TO_UINT (g_hash_table_lookup (self->uses, name));

          g_hash_table_insert (self->uses, g_strdup (name), GUINT_TO_POINTER (uses + 1));
        }
      for (gsize k = 0; k < nodes[i]->n_attribute; k++)
        if (nodes[i]->attribute[k]->g != NULL)
          {
            const Onnx__GraphProto *body = nodes[i]->attribute[k]->g;

            anf_onnx_count_uses (self, body->n_node, body->node);
          }
    }
}

gboolean
anf_onnx_initializers (AnfOnnx *self, guint n, Onnx__TensorProto **tensors, gboolean mapped,
                       GError **error)
{
  for (guint i = 0; i < n; i++)
    {
      AnfTensor *tensor = anf_onnx_tensor (self, tensors[i], mapped, error);

      if (tensor == NULL)
        return anf_bad_file_in (error, "initializer \"%s\"",
                                tensors[i]->name != NULL ? tensors[i]->name : "");
      anf_onnx_bind (self, tensors[i]->name != NULL ? tensors[i]->name : "",
                     anf_onnx_constant (self, tensors[i]->data_type, tensor));
    }
  return TRUE;
}

/* ---------------------------------------------------------------- one node */

static gboolean
is_standard (const char *domain)
{
  return domain == NULL || domain[0] == '\0' || g_str_equal (domain, "ai.onnx");
}

static const AnfOnnxOp *
find_op (const char *name)
{
  for (guint f = 0; f < G_N_ELEMENTS (families); f++)
    for (const AnfOnnxOp *op = families[f]; op->name != NULL; op++)
      if (g_str_equal (op->name, name))
        return op;
  return NULL;
}

/* What a node is called in the document, and the group it is in: "/layer1/conv/Conv". */
static char *
stem_of (const Onnx__NodeProto *node, char **group)
{
  const char *name = node->name != NULL ? node->name : "", *slash;
  const char *output = node->n_output > 0 ? node->output[0] : "";
  g_autofree char *lower = NULL;

  while (*name == '/')
    name++;
  slash = strrchr (name, '/');
  *group = slash != NULL && slash > name ? g_strndup (name, slash - name) : NULL;
  if (*name != '\0')
    {
      char *clean = anf_onnx_clean_name (name);

      if (strlen (clean) > MAX_NAME)
        clean[MAX_NAME] = '\0';
      return clean;
    }
  if (*output != '\0' && !g_ascii_isdigit (*output))
    return anf_onnx_clean_name (output);
  lower = g_ascii_strdown (node->op_type != NULL ? node->op_type : "node", -1);
  name = *output != '\0' ? output : "out";
  g_autofree char *joined = g_strdup_printf ("%s_%s", lower, name);
  return anf_onnx_clean_name (joined);
}

void
anf_onnx_keep_name (AnfOnnx *self, const char *original)
{
  g_autofree char *clean = NULL, *json = NULL;
  g_autoptr(JsonObject) object = NULL;
  g_autoptr(JsonNode) root = NULL;

  if (self->last == 0 || original == NULL || original[0] == '\0')
    return;
  clean = anf_onnx_clean_name (original);
  if (g_str_equal (clean, original) && strlen (original) <= MAX_NAME)
    return;
  object = json_object_new ();
  json_object_set_string_member (object, "onnx_name", original);
  root = json_node_alloc ();
  json_node_init_object (root, object);
  json = json_to_string (root, FALSE);
  anf_graph_builder_set_extra (self->builder, self->last, json);
}

void
anf_onnx_take_back (AnfOnnx *self, AnfId first)
{
  if (self->next == first)
    return;
  for (guint i = 0; i < self->values->len; i++)
    {
      AnfOnnxValue *value = g_ptr_array_index (self->values, i);

      if (value->ref.node >= first)
        value->ref.node = 0;
      if (value->shaped.node >= first)
        value->shaped.node = 0;
    }
  for (AnfId id = self->next; id-- > first; )
    anf_graph_builder_remove (self->builder, id);
}

static gboolean
bind_outputs (AnfOnnx *self, AnfOnnxNode *node, AnfOnnxValue *first)
{
  node->out[0] = first;
  for (guint i = 0; i < node->n_out; i++)
    if (node->out[i] != NULL)
      continue;
    else if (node->proto->output[i][0] != '\0'
             && g_hash_table_lookup (self->uses, node->proto->output[i]) != NULL)
      return anf_onnx_refuse (self, "its output %u is not made here", i) != NULL;
  for (guint i = 0; i < node->n_out; i++)
    if (node->out[i] != NULL && node->proto->output[i][0] != '\0')
      anf_onnx_bind (self, node->proto->output[i], node->out[i]);
  return TRUE;
}

static AnfOnnxValue *
read_with (AnfOnnx *self, AnfOnnxNode *node)
{
  const AnfOnnxOp *op = find_op (node->op);

  if (op == NULL)
    return anf_onnx_refuse (self, "no such operator is known here");
  self->row = op;
  return op->read (self, node);
}

static AnfOnnxValue *call_function (AnfOnnx *self, AnfOnnxNode *node,
                                    const Onnx__FunctionProto *function);

static AnfOnnxValue *
read_node (AnfOnnx *self, AnfOnnxNode *node)
{
  const char *domain = node->proto->domain;
  g_autofree char *key = g_strdup_printf ("%s:%s", is_standard (domain) ? "" : domain, node->op);
  const Onnx__FunctionProto *function = g_hash_table_lookup (self->functions, key);

  AnfOnnxValue *own;

  for (guint i = 0; i < node->n_in; i++)
    if (node->in[i] != NULL && node->in[i]->elem == 0)
      return anf_onnx_refuse (self, "it reads what an operator makes that could not be mapped");
  if ((own = anf_onnx_own_node (self, node)) != NULL)
    return own;
  if (function != NULL)
    return call_function (self, node, function);
  if (!is_standard (domain))
    return anf_onnx_refuse (self, "operators of the domain %s are not known here", domain);
  return read_with (self, node);
}

/* The inputs by name. FALSE with an error: a graph whose nodes are not in order. */
static gboolean
find_inputs (AnfOnnx *self, AnfOnnxNode *node, GError **error)
{
  for (guint i = 0; i < node->n_in; i++)
    {
      const char *name = node->proto->input[i];

      if (name[0] == '\0')
        continue;
      node->in[i] = anf_onnx_find (self, name);
      if (node->in[i] == NULL)
        return anf_bad_file (error, "it reads \"%s\", which nothing before it makes: a loop, or "
                             "nodes out of order", name);
    }
  return TRUE;
}

static gboolean
one_node (AnfOnnx *self, const Onnx__NodeProto *proto, GError **error)
{
  g_autofree AnfOnnxValue **in = g_new0 (AnfOnnxValue *, proto->n_input + 1);
  g_autofree AnfOnnxValue **out = g_new0 (AnfOnnxValue *, proto->n_output + 1);
  AnfOnnxNode node = { proto, proto->op_type != NULL ? proto->op_type : "", self->opset,
                       proto->n_input, proto->n_output, in, out };
  AnfId from = self->next;
  AnfOnnxValue *first;

  if (!find_inputs (self, &node, error))
    return FALSE;
  if (node.n_out == 0)
    return TRUE;
  self->last = 0;
  first = read_node (self, &node);
  if (self->broken != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&self->broken));
      return FALSE;
    }
  if (first != NULL && self->why == NULL && bind_outputs (self, &node, first))
    {
      anf_onnx_keep_name (self, proto->name);
      return TRUE;
    }
  anf_onnx_take_back (self, from);
  anf_onnx_placeholder (self, &node);
  g_clear_pointer (&self->why, g_free);
  return TRUE;
}

gboolean
anf_onnx_nodes (AnfOnnx *self, guint n, Onnx__NodeProto **nodes, GError **error)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *group = NULL, *stem = stem_of (nodes[i], &group);
      char *outer_group = self->group;
      const char *outer = self->stem;
      gboolean good;

      self->stem = stem;
      self->group = group != NULL ? group : outer_group;
      good = (self->depth > 0 || anf_progress_step (self->progress, "Read", (double) i / n, error))
             && one_node (self, nodes[i], error);
      self->stem = outer;
      self->group = outer_group;
      if (!good)
        return anf_bad_file_in (error, "node %u, \"%s\" (%s)", i,
                                nodes[i]->name != NULL ? nodes[i]->name : "",
                                nodes[i]->op_type != NULL ? nodes[i]->op_type : "");
    }
  return TRUE;
}

/* ---------------------------------------------------------------- functions and bodies */

static gboolean
deeper (AnfOnnx *self)
{
  if (self->depth < MAX_DEPTH)
    return TRUE;
  return anf_onnx_refuse (self, "functions or bodies within each other, %d deep", MAX_DEPTH)
         != NULL;
}

/* Nodes of a function with the caller's attributes where the body names them. */
static gboolean
with_attributes (AnfOnnx *self, const Onnx__FunctionProto *function, const AnfOnnxNode *caller,
                 guint i)
{
  Onnx__NodeProto node = *function->node[i], *nodes[] = { &node };
  g_autofree Onnx__AttributeProto *copies = g_new0 (Onnx__AttributeProto, node.n_attribute + 1);
  g_autofree Onnx__AttributeProto **list = g_new0 (Onnx__AttributeProto *, node.n_attribute + 1);
  gsize n = 0;

  for (gsize k = 0; k < node.n_attribute; k++)
    {
      const Onnx__AttributeProto *attr = node.attribute[k], *given = attr;

      if (attr->ref_attr_name != NULL && attr->ref_attr_name[0] != '\0')
        {
          given = anf_onnx_attr (caller, attr->ref_attr_name);
          for (gsize p = 0; given == NULL && p < function->n_attribute_proto; p++)
            if (g_strcmp0 (function->attribute_proto[p]->name, attr->ref_attr_name) == 0)
              given = function->attribute_proto[p];
        }
      if (given == NULL)
        continue;
      copies[n] = *given;
      copies[n].name = attr->name;
      list[n] = &copies[n];
      n++;
    }
  node.n_attribute = n;
  node.attribute = list;
  return anf_onnx_nodes (self, 1, nodes, &self->broken);
}

static AnfOnnxValue *
call_function (AnfOnnx *self, AnfOnnxNode *node, const Onnx__FunctionProto *function)
{
  GSList *outer = self->scopes;
  gint64 opset = self->opset;
  gboolean good = TRUE;

  if (!deeper (self))
    return NULL;
  for (gsize i = 0; i < function->n_opset_import; i++)
    if (is_standard (function->opset_import[i]->domain))
      self->opset = function->opset_import[i]->version;
  self->depth++;
  self->scopes = NULL;
  push_scope (self);
  anf_onnx_count_uses (self, function->n_node, function->node);
  for (gsize i = 0; i < MIN (function->n_input, node->n_in); i++)
    if (node->in[i] != NULL)
      anf_onnx_bind (self, function->input[i], node->in[i]);
  for (gsize i = 0; i < function->n_node && good; i++)
    good = with_attributes (self, function, node, i);
  for (gsize i = 0; i < MIN (function->n_output, node->n_out) && good; i++)
    if ((node->out[i] = anf_onnx_find (self, function->output[i])) == NULL)
      good = anf_bad_file (&self->broken, "its function makes no \"%s\"", function->output[i]);
  pop_scope (self);
  self->scopes = outer;
  self->depth--;
  self->opset = opset;
  return good ? node->out[0] : NULL;
}

gboolean
anf_onnx_body (AnfOnnx *self, Onnx__GraphProto *body, guint n_in, AnfOnnxValue *const *in,
               AnfOnnxValue **out)
{
  gboolean good;

  if (body == NULL || body->n_input != n_in)
    return anf_onnx_refuse (self, "its body does not take %u inputs", n_in) != NULL;
  if (!deeper (self))
    return FALSE;
  self->depth++;
  push_scope (self);
  good = anf_onnx_initializers (self, body->n_initializer, body->initializer, FALSE,
                                &self->broken);
  for (guint i = 0; i < n_in && good; i++)
    anf_onnx_bind (self, body->input[i]->name != NULL ? body->input[i]->name : "", in[i]);
  good = good && anf_onnx_nodes (self, body->n_node, body->node, &self->broken);
  for (gsize i = 0; i < body->n_output && good; i++)
    {
      const char *name = body->output[i]->name != NULL ? body->output[i]->name : "";

      if ((out[i] = anf_onnx_find (self, name)) == NULL)
        good = anf_bad_file (&self->broken, "its body makes no \"%s\"", name);
    }
  pop_scope (self);
  self->depth--;
  return good;
}
