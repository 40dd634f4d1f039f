/* mil-read.c - a MIL program becomes a graph: from the results back it is found which statements
 * are which rows, then the nodes are made in the order of the program. */
#include "io/mil-read.h"

#include "core/graph.h"
#include "io/document.h"
#include "io/file.h"
#include "weight/encode.h"

#include <string.h>

#define MAX_LIST 4096              /* numbers of a constant that a placeholder keeps as text */

typedef struct
{
  AnfImport           *import;
  const AnfMilProgram *program;
  AnfMilIndex         *index;
  AnfMilChooser        chooser;
  AnfGraphBuilder     *builder;
  GHashTable          *used;       /* values that a node reads */
  GHashTable          *shown;      /* values that leave the program */
  GHashTable          *alias;      /* name -> name of the same numbers */
  GHashTable          *fed;        /* input -> value that the row makes of it */
  GHashTable          *made;       /* name -> AnfRef */
  GHashTable          *weights;    /* constant, with ' if it became a vector -> weight name */
  GPtrArray           *matches;    /* per statement: GPtrArray of AnfMilMatch (nullable) */
  AnfMilMatch        **chosen;     /* per statement (nullable) */
  gboolean            *same, *placeholder;
  guint                block;      /* of blockwise weights: 0 none yet */
} Reader;

static gboolean
is_float (const AnfMilType *type)
{
  return type != NULL && (type->dtype == ANF_MIL_FP16 || type->dtype == ANF_MIL_FP32);
}

static const char *
resolve (const Reader *self, const char *name)
{
  const char *same;

  while ((same = g_hash_table_lookup (self->alias, name)) != NULL)
    name = same;
  return name;
}

/* ---------------------------------------------------------------- what is which */

/* Precision is the engine's: casts between numbers with a point are nothing. A result that is a
 * truth value leaves as a number by itself, and one that is an input, or leaves twice, as a copy:
 * the writer adds both. */
static const char *
alias_of (const Reader *self, const AnfMilOp *op)
{
  AnfMilOperand x = anf_match_operand (op, "x"), y = anf_match_operand (op, "y");
  const char *out = g_array_index (op->outputs, AnfMilPort, 0).name;
  const AnfMilType *from = x.name != NULL ? g_hash_table_lookup (self->index->types, x.name)
                                          : NULL;
  const AnfMilType *to = &g_array_index (op->outputs, AnfMilPort, 0).type;
  gboolean only_leaves = !g_hash_table_contains (self->used, out);
  const AnfMilValue *one;

  if (from == NULL || op->outputs->len != 1)
    return NULL;
  if (strcmp (op->op, "identity") == 0)
    return x.name;
  if (strcmp (op->op, "cast") == 0)
    return is_float (to)
           && (is_float (from)
               || (only_leaves && (from->dtype == ANF_MIL_BOOL
                                   || (self->program->core_ml && from->dtype == ANF_MIL_UINT8))))
           ? x.name : NULL;
  one = y.name != NULL ? anf_mil_index_constant (self->index, y.name) : NULL;
  if (strcmp (op->op, "mul") != 0 || !only_leaves || one == NULL || one->type.rank != 0
      || anf_mil_value_number (one, 0) != 1 || !anf_mil_type_equal (from, to))
    return NULL;
  return g_hash_table_contains (self->shown, x.name)
         || !g_hash_table_contains (self->index->makers, x.name)
         || anf_mil_index_is_weight (self->index, x.name) ? x.name : NULL;
}

static gboolean
is_wanted (const Reader *self, const AnfMilOp *op)
{
  for (guint i = 0; i < op->outputs->len; i++)
    {
      const char *name = g_array_index (op->outputs, AnfMilPort, i).name;

      if (g_hash_table_contains (self->used, name) || g_hash_table_contains (self->shown, name))
        return TRUE;
    }
  return FALSE;
}

static void
want_operands (Reader *self, const AnfMilOp *op)
{
  for (guint i = 0; i < op->inputs->len; i++)
    {
      const AnfMilArg *arg = &g_array_index (op->inputs, AnfMilArg, i);

      for (guint j = 0; j < arg->n; j++)
        g_hash_table_add (self->used, (gpointer) arg->names[j]);
    }
}

/* Values used or shown, as the trial of a row asks. */
static GHashTable *
wanted (const Reader *self, const AnfMilOp *op)
{
  GHashTable *set = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < op->outputs->len; i++)
    {
      const char *name = g_array_index (op->outputs, AnfMilPort, i).name;

      if (g_hash_table_contains (self->used, name) || g_hash_table_contains (self->shown, name))
        g_hash_table_add (set, (gpointer) name);
    }
  return set;
}

static void
choose (Reader *self, guint i)
{
  const AnfMilOp *op = g_ptr_array_index (self->program->ops, i);
  GPtrArray *matches = anf_mil_matches (self->index, op);
  g_autoptr(GHashTable) used = wanted (self, op);
  AnfMilMatch *match = anf_mil_choose (&self->chooser, op, matches, used, &self->same[i]);

  self->matches->pdata[i] = matches;
  self->chosen[i] = match;
  self->placeholder[i] = match == NULL;
  if (match == NULL)
    {
      want_operands (self, op);
      return;
    }
  for (guint w = 0; w < match->wires->len; w++)
    {
      const AnfMilWire *wire = &g_array_index (match->wires, AnfMilWire, w);

      if (wire->operand.name != NULL)
        g_hash_table_add (self->used, (gpointer) wire->operand.name);
    }
  if (match->fed != NULL)
    g_hash_table_insert (self->fed, (gpointer) match->fed,
                         (gpointer) g_array_index (op->outputs, AnfMilPort, 0).name);
}

static void
survey (Reader *self)
{
  const GPtrArray *ops = self->program->ops;

  for (guint i = 0; i < self->program->outputs->len; i++)
    g_hash_table_add (self->shown,
                      (gpointer) g_array_index (self->program->outputs, AnfMilPort, i).name);
  for (guint i = ops->len; i-- > 0; )
    {
      const AnfMilOp *op = g_ptr_array_index (ops, i);
      const char *out = g_array_index (op->outputs, AnfMilPort, 0).name, *same;

      if (!is_wanted (self, op) || anf_mil_index_is_weight (self->index, out))
        continue;
      if ((same = alias_of (self, op)) == NULL)
        {
          choose (self, i);
          continue;
        }
      g_hash_table_insert (self->alias, (gpointer) out, (gpointer) same);
      g_hash_table_add (g_hash_table_contains (self->used, out) ? self->used : self->shown,
                        (gpointer) same);
    }
}

/* ---------------------------------------------------------------- nodes */

/* FALSE: it got another name, and what it was called is kept. */
static gboolean
name_node (Reader *self, AnfId id, const char *wish)
{
  g_autoptr(GString) name = g_string_new (NULL);
  gsize stem;

  for (const char *c = wish; *c != '\0'; c++)
    g_string_append_c (name, g_ascii_isalnum (*c) || *c == '_' ? *c : '_');
  if (name->len == 0 || g_ascii_isdigit (name->str[0]))
    g_string_prepend_c (name, '_');
  stem = name->len;
  for (guint i = 2; !anf_graph_builder_set_name (self->builder, id, name->str); i++)
    {
      g_string_truncate (name, stem);
      g_string_append_printf (name, "_%u", i);
    }
  if (g_str_equal (name->str, wish))
    return TRUE;

  g_autoptr(JsonObject) object = json_object_new ();
  g_autofree char *valid = g_utf8_make_valid (wish, -1), *text = NULL;

  json_object_set_string_member (object, "onnx_name", valid);
  text = anf_json_extra (object);
  anf_graph_builder_set_extra (self->builder, id, text);
  return FALSE;
}

static void
made (Reader *self, const char *value, AnfId id, guint port)
{
  const AnfRef ref = { id, port };

  g_hash_table_insert (self->made, (gpointer) value, g_memdup2 (&ref, sizeof ref));
}

/* The entry of the weight table for a constant, made once. */
static const char *
weight_name (Reader *self, const char *constant, gboolean flat, AnfTensor *tensor)
{
  g_autofree char *key = g_strconcat (constant, flat ? "'" : "", NULL);
  char *name = g_hash_table_lookup (self->weights, key);
  g_autoptr(AnfWeight) weight = NULL;

  if (name == NULL)
    {
      name = anf_graph_builder_fresh_weight_name (self->builder, constant);
      weight = anf_weight_new_values (name, tensor);
      anf_graph_builder_put_weight (self->builder, weight);
      g_hash_table_insert (self->weights, g_steal_pointer (&key), name);
    }
  return name;
}

/* In a package the writer calls the value of a constant node NODE_value. */
static char *
constant_name (const Reader *self, const char *name)
{
  gsize n = strlen (name) - strlen ("_value");
  g_autofree char *stem = NULL;

  if (!self->program->core_ml || !g_str_has_suffix (name, "_value"))
    return g_strdup (name);
  stem = g_strndup (name, n);
  return n == 0 || g_hash_table_contains (self->index->types, stem) ? g_strdup (name)
                                                                   : g_steal_pointer (&stem);
}

static AnfRef
add_constant (Reader *self, const char *name)
{
  g_autofree char *why = NULL, *wish = constant_name (self, name);
  const AnfMilWeightRead *weight = anf_mil_chooser_weight (&self->chooser, name, &why);
  const AnfOp *op = anf_op_lookup (weight != NULL ? "const" : "unknown");
  AnfRef ref = { anf_graph_builder_add (self->builder, op), 0 };
  const AnfMilOp *maker = g_hash_table_lookup (self->index->makers, name);

  name_node (self, ref.node, wish);
  made (self, name, ref.node, 0);
  if (weight != NULL)
    anf_graph_builder_set_weight (self->builder, ref.node, op->role[0].name,
                                  weight_name (self, name, FALSE, weight->tensor));
  else
    {
      g_autofree char *type = g_strconcat ("mil:", maker->op, NULL);

      anf_graph_builder_set_op_name (self->builder, ref.node, type);
      anf_import_note (self->import, maker->op, name, "%s", why);
    }
  return ref;
}

static AnfRef
value_of (Reader *self, const char *name)
{
  const AnfRef *ref;

  name = resolve (self, name);
  ref = g_hash_table_lookup (self->made, name);
  if (ref != NULL)
    return *ref;
  g_assert (anf_mil_index_is_weight (self->index, name));
  return add_constant (self, name);
}

/* A constant in place, as a node. */
static AnfRef
add_inline (Reader *self, const AnfMilValue *value, const char *stem)
{
  AnfId id = anf_graph_builder_add (self->builder, anf_op_lookup ("const"));
  gsize n = anf_mil_type_elements (&value->type);
  g_autofree float *values = g_new (float, n);
  g_autoptr(AnfTensor) tensor = NULL;
  gint64 one = 1;

  for (gsize i = 0; i < n; i++)
    values[i] = anf_mil_value_number (value, i);
  tensor = anf_tensor_new_floats (MAX (1, value->type.rank),
                                  value->type.rank > 0 ? value->type.dim : &one, values);
  name_node (self, id, stem);
  anf_graph_builder_set_weight (self->builder, id, anf_op_role (anf_op_lookup ("const"), 0)->name,
                                weight_name (self, stem, FALSE, tensor));
  return (AnfRef) { id, 0 };
}

/* ---------------------------------------------------------------- weights */

/* An encoding is worth keeping if encoding the numbers again gives the same ones. */
static gboolean
comes_back (AnfTensor *tensor, AnfEncoding encoding, guint block, gboolean transposed)
{
  gsize n = anf_tensor_elements (tensor);
  g_autofree char *why = NULL;
  g_autofree float *decoded = g_new (float, n), *plain = g_new (float, n);
  g_autoptr(AnfTensor) stored = transposed && anf_tensor_rank (tensor) == 2
                                ? anf_tensor_transposed (tensor) : anf_tensor_ref (tensor);
  g_autoptr(AnfEncoded) again = anf_encode (stored, encoding, block, &why, NULL, NULL);
  g_autofree char *never = NULL;
  g_autoptr(AnfEncoded) as_is = anf_encode (stored, ANF_FP16, block, &never, NULL, NULL);

  if (again == NULL || as_is == NULL)
    return FALSE;
  anf_encoded_decode (again, decoded);
  anf_encoded_decode (as_is, plain);
  return memcmp (decoded, plain, n * sizeof *plain) == 0;
}

static void
set_encoding (Reader *self, AnfId id, const AnfPort *role, const AnfMilWeightRead *weight,
              AnfTensor *tensor)
{
  guint block = weight->encoding == ANF_BLOCKWISE ? weight->block : 32;

  if (!(role->flags & ANF_ENCODABLE) || weight->encoding == ANF_FP16)
    return;
  if (weight->encoding == ANF_BLOCKWISE && self->block != 0 && self->block != block)
    return;                        /* a document has one size for all */
  if (!comes_back (tensor, weight->encoding, block, (role->flags & ANF_TRANSPOSED) != 0))
    return;
  if (weight->encoding == ANF_BLOCKWISE)
    self->block = block;
  anf_graph_builder_set_encoding (self->builder, id, role->name, weight->encoding);
}

static void
add_roles (Reader *self, AnfId id, const AnfMilMatch *match)
{
  for (guint r = 0; r < anf_op_n_roles (match->op); r++)
    if (match->role[r] != NULL)
      {
        const AnfPort *role = &match->op->role[r];
        g_autoptr(AnfTensor) tensor = anf_mil_role_tensor (&self->chooser, match, r);
        const AnfMilWeightRead *weight = anf_mil_chooser_weight (&self->chooser, match->role[r],
                                                                 NULL);

        anf_graph_builder_set_weight (self->builder, id, role->name,
                                      weight_name (self, match->role[r], match->flat[r], tensor));
        set_encoding (self, id, role, weight, tensor);
      }
}

/* ---------------------------------------------------------------- rows */

/* The name it had: what its inner values begin with, unless it is an inner value itself. */
static const char *
node_name (const AnfMilMatch *match)
{
  const char *own = g_array_index (match->root->outputs, AnfMilPort, 0).name;

  return match->stem != NULL && anf_name_is_valid (match->stem)
         && !g_str_has_prefix (own, match->stem) ? match->stem : own;
}

static void
add_wires (Reader *self, AnfId id, const AnfMilMatch *match)
{
  guint many = 0;

  for (guint i = 0; i < match->wires->len; i++)
    {
      const AnfMilWire *wire = &g_array_index (match->wires, AnfMilWire, i);
      gboolean variadic = (match->op->in[wire->port].flags & ANF_VARIADIC) != 0;
      AnfRef from = wire->operand.name != NULL ? value_of (self, wire->operand.name)
                    : add_inline (self, wire->operand.value, match->op->in[wire->port].name);

      anf_graph_builder_connect (self->builder, from, id, wire->port + (variadic ? many++ : 0));
    }
}

/* The program leaves out, or has, axes of size 1 where the row does not. */
static AnfId
add_reshape (Reader *self, AnfId id, const AnfMilType *type)
{
  AnfId shape = anf_graph_builder_add (self->builder, anf_op_lookup ("reshape"));
  gint64 one = 1;
  guint rank = MAX (type->rank, 1);

  anf_graph_builder_set_attr (self->builder, shape, "shape",
                              g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, type->rank > 0
                                                         ? type->dim : &one, rank,
                                                         sizeof (gint64)));
  anf_graph_builder_connect (self->builder, (AnfRef) { id, 0 }, shape, 0);
  return shape;
}

static void
add_row (Reader *self, guint i)
{
  const AnfMilMatch *match = self->chosen[i];
  const AnfMilPort *port = &g_array_index (match->root->outputs, AnfMilPort, 0);
  AnfId id;

  if (match->fed != NULL)          /* made where its port is */
    return;
  id = anf_graph_builder_add (self->builder, match->op);
  anf_mil_set_attrs (self->builder, id, match);
  add_wires (self, id, match);
  add_roles (self, id, match);
  if (!self->same[i])
    {
      AnfId shape = add_reshape (self, id, &port->type);

      name_node (self, shape, port->name);
      made (self, port->name, shape, 0);
      return;
    }
  name_node (self, id, node_name (match));
  for (guint k = 0; k < match->root->outputs->len; k++)
    made (self, g_array_index (match->root->outputs, AnfMilPort, k).name, id, k);
}

/* ---------------------------------------------------------------- placeholders */

static JsonNode *
number_node (const AnfMilValue *value, gsize i)
{
  JsonNode *node;

  if (value->type.dtype != ANF_MIL_BOOL)
    return anf_json_new_number (anf_mil_value_number (value, i));
  node = json_node_new (JSON_NODE_VALUE);
  json_node_set_boolean (node, anf_mil_value_number (value, i) != 0);
  return node;
}

/* A constant as JSON; NULL: it is a weight, and better a wire. */
static JsonNode *
constant_node (const AnfMilValue *value)
{
  gsize n = anf_mil_type_elements (&value->type);
  JsonNode *node;
  JsonArray *list;

  if (value->text != NULL)
    {
      g_autofree char *valid = g_utf8_make_valid (value->text, -1);

      return anf_json_new_string (valid);
    }
  if (n > MAX_LIST || value->bytes == NULL)
    return NULL;
  if (value->type.rank == 0)
    return number_node (value, 0);
  list = json_array_sized_new (n);
  for (gsize i = 0; i < n; i++)
    json_array_add_element (list, number_node (value, i));
  node = json_node_new (JSON_NODE_ARRAY);
  json_node_take_array (node, list);
  return node;
}

static void
keep_wire (Reader *self, AnfId id, const AnfMilArg *arg, guint i, JsonArray *wires)
{
  AnfRef from = value_of (self, arg->names[i]);
  JsonArray *wire = json_array_new ();

  anf_graph_builder_connect (self->builder, from, id, json_array_get_length (wires));
  json_array_add_string_element (wire, arg->key);
  json_array_add_boolean_element (wire, arg->kind == ANF_MIL_NAMES);
  json_array_add_int_element (wire, from.node);
  json_array_add_int_element (wire, from.port);
  json_array_add_array_element (wires, wire);
}

static void
keep_argument (Reader *self, AnfId id, const AnfMilArg *arg, JsonObject *attrs, JsonArray *wires)
{
  const AnfMilValue *value = arg->kind == ANF_MIL_VALUE ? arg->value
                             : arg->n == 1 ? anf_mil_index_constant (self->index, arg->names[0])
                                           : NULL;
  JsonNode *node = value != NULL ? constant_node (value) : NULL;

  if (node != NULL)
    json_object_set_member (attrs, arg->key, node);
  else
    for (guint i = 0; i < arg->n; i++)
      keep_wire (self, id, arg, i, wires);
}

static void
add_placeholder (Reader *self, const AnfMilOp *op)
{
  AnfId id = anf_graph_builder_add (self->builder, anf_op_lookup ("unknown"));
  const char *out = g_array_index (op->outputs, AnfMilPort, 0).name;
  g_autofree char *type = g_strconcat ("mil:", op->op, NULL), *text = NULL;
  g_autoptr(JsonObject) extra = json_object_new ();
  JsonObject *attrs = json_object_new ();
  JsonArray *wires = json_array_new ();

  json_object_set_array_member (extra, "in", wires);
  json_object_set_object_member (extra, "attrs", attrs);
  for (guint i = 0; i < op->inputs->len; i++)
    keep_argument (self, id, &g_array_index (op->inputs, AnfMilArg, i), attrs, wires);
  for (guint i = 0; i < op->attrs->len; i++)
    keep_argument (self, id, &g_array_index (op->attrs, AnfMilArg, i), attrs, wires);
  anf_graph_builder_set_op_name (self->builder, id, type);
  if (!name_node (self, id, out))
    json_object_set_string_member (extra, "onnx_name", out);
  text = anf_json_extra (extra);
  anf_graph_builder_set_extra (self->builder, id, text);
  for (guint i = 0; i < op->outputs->len; i++)
    made (self, g_array_index (op->outputs, AnfMilPort, i).name, id, i);
  anf_import_note (self->import, op->op, out, anf_mil_is_known (op->op)
                   ? "no operator here does this with these shapes or settings"
                   : "no operator here does this");
}

/* ---------------------------------------------------------------- the whole */

static void
set_shape (Reader *self, AnfId id, const AnfType *type)
{
  gint64 shape[ANF_MAX_RANK];

  for (guint i = 0; i < type->rank; i++)
    shape[i] = type->dim[i];
  anf_graph_builder_set_attr (self->builder, id, "shape",
                              g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, shape, type->rank,
                                                         sizeof *shape));
}

static const AnfMilMatch *
match_of_fed (const Reader *self, const char *input)
{
  for (guint i = 0; i < self->program->ops->len; i++)
    if (self->chosen[i] != NULL && g_strcmp0 (self->chosen[i]->fed, input) == 0)
      return self->chosen[i];
  return NULL;
}

static gboolean
add_input (Reader *self, const AnfMilPort *port, GError **error)
{
  const AnfMilMatch *match = match_of_fed (self, port->name);
  const AnfOp *op = match != NULL ? match->op : anf_op_lookup ("input");
  AnfId id;
  AnfType type;

  if (!anf_mil_wire_type (&port->type, &type) || type.dtype == ANF_BOOL)
    {
      g_autofree char *text = anf_mil_type_text (&port->type);

      return anf_bad_file (error, "input \"%s\" is %s; no input can be that", port->name, text);
    }
  id = anf_graph_builder_add (self->builder, op);
  set_shape (self, id, &type);
  if (match != NULL)
    {
      anf_mil_set_attrs (self->builder, id, match);
      made (self, g_array_index (match->root->outputs, AnfMilPort, 0).name, id, 0);
    }
  else if (type.dtype != ANF_F16)
    anf_graph_builder_set_attr (self->builder, id, "dtype",
                                g_variant_new_string (anf_dtype_name (type.dtype)));
  name_node (self, id, port->name);
  made (self, port->name, id, 0);
  return TRUE;
}

static void
add_outputs (Reader *self)
{
  g_autoptr(GHashTable) taken = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < self->program->outputs->len; i++)
    {
      const char *value = g_array_index (self->program->outputs, AnfMilPort, i).name;
      g_autoptr(GString) name = g_string_new (value);

      for (char *c = name->str; *c != '\0'; c++)
        *c = g_ascii_isalnum (*c) || *c == '_' ? *c : '_';
      while (g_hash_table_contains (taken, name->str))
        g_string_append (name, "_2");
      g_hash_table_add (taken, g_strdup (name->str));
      anf_graph_builder_set_output (self->builder, name->str, value_of (self, value));
    }
}

/* Blocks of this size are what the weights have. */
static AnfGraph *
with_block_size (AnfGraph *graph, guint block, GError **error)
{
  AnfSettings settings = *anf_graph_settings (graph);
  AnfGraphBuilder *builder = anf_graph_builder_new (graph);

  settings.block_size = block;
  anf_graph_builder_set_settings (builder, &settings);
  anf_graph_unref (graph);
  return anf_graph_builder_end (builder, error);
}

static gboolean
build (Reader *self, const char *title, GError **error)
{
  survey (self);
  for (guint i = 0; i < self->program->inputs->len; i++)
    if (!add_input (self, &g_array_index (self->program->inputs, AnfMilPort, i), error))
      return FALSE;
  for (guint i = 0; i < self->program->ops->len; i++)
    if (self->chosen[i] != NULL)
      add_row (self, i);
    else if (self->placeholder[i])
      add_placeholder (self, g_ptr_array_index (self->program->ops, i));
  add_outputs (self);
  anf_graph_builder_set_title (self->builder, title);
  self->import->graph = anf_graph_builder_end (g_steal_pointer (&self->builder), error);
  if (self->import->graph != NULL && self->block != 0)
    self->import->graph = with_block_size (self->import->graph, self->block, error);
  return self->import->graph != NULL;
}

static void
matches_free (gpointer data)
{
  if (data != NULL)
    g_ptr_array_unref (data);
}

gboolean
anf_mil_to_graph (AnfImport *import, const AnfMilProgram *program, const char *title,
                  GError **error)
{
  guint n = program->ops->len;
  g_autoptr(AnfMilIndex) index = anf_mil_index_new (program);
  g_autoptr(GHashTable) used = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr(GHashTable) shown = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr(GHashTable) alias = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr(GHashTable) fed = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr(GHashTable) values = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  g_autoptr(GHashTable) weights = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr(GPtrArray) matches = g_ptr_array_new_full (n, matches_free);
  g_autofree AnfMilMatch **chosen = g_new0 (AnfMilMatch *, n + 1);
  g_autofree gboolean *same = g_new0 (gboolean, n + 1), *placeholder = g_new0 (gboolean, n + 1);
  Reader self = { import, program, index, { 0 }, anf_graph_builder_new (NULL), used, shown, alias,
                  fed, values, weights, matches, chosen, same, placeholder };
  gboolean ok;

  g_ptr_array_set_size (matches, n);
  anf_mil_chooser_init (&self.chooser, index);
  ok = build (&self, title, error);
  anf_mil_chooser_clear (&self.chooser);
  g_clear_pointer (&self.builder, anf_graph_builder_free);
  return ok;
}
