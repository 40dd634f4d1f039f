/* own.c - reads what the writer of this program says of its models: which row each node is, with
 * the very attributes, weights and numbers. It is believed only where the node still says in ONNX
 * what it said when it was written (OWN_SUM); else the node is read like anybody's. */
#include "io/onnx/own.h"

#include "core/graph.h"
#include "io/onnx/write.h"

#include <math.h>
#include <string.h>

#define SUM_LENGTH 32
#define MAX_WIRES 4096             /* of one node */

struct _AnfOnnxOwn
{
  GVariant   *inputs, *outputs;    /* OWN_INPUTS, OWN_OUTPUTS */
  GHashTable *number;              /* id -> place in the document, plus 1 */
};

char *
anf_onnx_own_sum (const Onnx__NodeProto *node, const Onnx__FunctionProto *function, guint n,
                  AnfTensor *const *tensors)
{
  g_autoptr(GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  Onnx__NodeProto bare = *node;
  g_autofree guint8 *packed = NULL, *body = NULL;
  char *text;

  bare.n_input = bare.n_output = bare.n_metadata_props = 0;
  bare.name = NULL;
  packed = g_malloc (onnx__node_proto__get_packed_size (&bare) + 1);
  g_checksum_update (sum, packed, onnx__node_proto__pack (&bare, packed));
  if (function != NULL)
    {
      body = g_malloc (onnx__function_proto__get_packed_size (function) + 1);
      g_checksum_update (sum, body, onnx__function_proto__pack (function, body));
    }
  for (guint i = 0; i < n; i++)
    g_checksum_update (sum, (const guchar *) anf_tensor_digest (tensors[i]), -1);
  text = g_strdup (g_checksum_get_string (sum));
  text[SUM_LENGTH] = '\0';
  return text;
}

/* ---------------------------------------------------------------- metadata */

static const char *
text_of (gsize n, Onnx__StringStringEntryProto **list, const char *key)
{
  for (gsize i = 0; i < n; i++)
    if (list[i]->key != NULL && g_str_equal (list[i]->key, key))
      return list[i]->value;
  return NULL;
}

/* NULL: not there, or not of the type. */
static GVariant *
variant_of (gsize n, Onnx__StringStringEntryProto **list, const char *key, const char *type)
{
  const char *text = text_of (n, list, key);

  return text != NULL && g_utf8_validate (text, -1, NULL)
         ? g_variant_parse (G_VARIANT_TYPE (type), text, NULL, NULL, NULL) : NULL;
}

static const char *
node_text (const Onnx__NodeProto *node, const char *key)
{
  return text_of (node->n_metadata_props, node->metadata_props, key);
}

/* An empty one in the place of one that is not there. */
static GVariant *
node_variant (const Onnx__NodeProto *node, const char *key, const char *type)
{
  GVariant *value = variant_of (node->n_metadata_props, node->metadata_props, key, type);

  if (value == NULL && node_text (node, key) == NULL)
    {
      GVariantBuilder none;

      g_variant_builder_init (&none, G_VARIANT_TYPE (type));
      value = g_variant_ref_sink (g_variant_builder_end (&none));
    }
  return value;
}

static void
take_settings (AnfOnnx *self, GVariant *from)
{
  g_autoptr(GVariantDict) dict = g_variant_dict_new (from);
  const char *target = NULL, *opt = NULL, *compress = "fp16";
  AnfSettings settings = { .atol = 0.05, .block_size = 32 };
  gint64 block = settings.block_size;

  g_variant_dict_lookup (dict, "target", "&s", &target);
  g_variant_dict_lookup (dict, "opt", "&s", &opt);
  g_variant_dict_lookup (dict, "compress", "&s", &compress);
  g_variant_dict_lookup (dict, "atol", "d", &settings.atol);
  g_variant_dict_lookup (dict, "block_size", "x", &block);
  settings.target = target != NULL && anf_arch_family (target) != 0 ? target : NULL;
  settings.opt = opt != NULL ? opt : "0";
  settings.block_size = CLAMP (block, 1, G_MAXINT);
  if (!(isfinite (settings.atol) && settings.atol >= 0))
    settings.atol = 0.05;
  if (!anf_encoding_from_name (compress, &settings.compress) && !g_str_equal (compress, "auto"))
    settings.compress = ANF_FP16;
  anf_graph_builder_set_settings (self->builder, &settings);
}

AnfOnnxOwn *
anf_onnx_own_new (AnfOnnx *self, const Onnx__ModelProto *model)
{
  const gsize n = model->n_metadata_props;
  Onnx__StringStringEntryProto **list = model->metadata_props;
  g_autoptr(GVariant) compile = variant_of (n, list, OWN_COMPILE, "a{sv}");
  const char *title = text_of (n, list, OWN_TITLE);
  AnfOnnxOwn *own;

  if (compile == NULL)
    return NULL;
  own = g_new0 (AnfOnnxOwn, 1);
  own->inputs = variant_of (n, list, OWN_INPUTS, "a{s(sisa{sv})}");
  own->outputs = variant_of (n, list, OWN_OUTPUTS, "a{ss}");
  own->number = g_hash_table_new (NULL, NULL);
  take_settings (self, compile);
  if (title != NULL && g_utf8_validate (title, -1, NULL))
    anf_graph_builder_set_title (self->builder, title);
  return own;
}

void
anf_onnx_own_free (AnfOnnxOwn *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->inputs, g_variant_unref);
  g_clear_pointer (&self->outputs, g_variant_unref);
  g_hash_table_unref (self->number);
  g_free (self);
}

const char *
anf_onnx_own_output (AnfOnnx *self, const char *name)
{
  const char *here = NULL;

  if (self->own == NULL || self->own->outputs == NULL
      || !g_variant_lookup (self->own->outputs, name, "&s", &here) || !anf_name_is_valid (here)
      || g_hash_table_contains (self->outputs, here))
    return NULL;
  return here;
}

static void
place (AnfOnnx *self, AnfId id, gint32 at)
{
  if (at >= 0 && at < G_MAXINT32)
    g_hash_table_insert (self->own->number, GSIZE_TO_POINTER (id), GINT_TO_POINTER (at + 1));
}

/* ---------------------------------------------------------------- attributes */

static gboolean
all_finite (GVariant *value)
{
  gsize n = 0;
  const double *list;
  gboolean good = TRUE;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_DOUBLE))
    return isfinite (g_variant_get_double (value));
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE ("ad")))
    return TRUE;
  list = g_variant_get_fixed_array (value, &n, sizeof *list);
  for (gsize i = 0; i < n; i++)
    good = good && isfinite (list[i]);
  return good;
}

static gboolean
fits (const AnfAttr *attr, GVariant *value)
{
  static const char *const types[][2] = {
    [ANF_ATTR_REAL] = { "d" }, [ANF_ATTR_INT] = { "x" }, [ANF_ATTR_INTS] = { "x", "ax" },
    [ANF_ATTR_REALS] = { "d", "ad" }, [ANF_ATTR_FLAG] = { "b" }, [ANF_ATTR_TEXT] = { "s" },
    [ANF_ATTR_CHOICE] = { "s" },
  };

  for (guint i = 0; i < 2 && types[attr->kind][i] != NULL; i++)
    if (g_variant_is_of_type (value, G_VARIANT_TYPE (types[attr->kind][i])))
      return all_finite (value);
  return FALSE;
}

static gboolean
attributes_fit (const AnfOp *op, GVariant *attrs)
{
  GVariantIter iter;
  const char *name;
  GVariant *value;
  gboolean good = attrs != NULL;

  if (!good)
    return FALSE;
  g_variant_iter_init (&iter, attrs);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &value))
    {
      int at = anf_op_find_attr (op, name);

      good = good && at >= 0 && fits (&op->attr[at], value);
      g_variant_unref (value);
    }
  return good;
}

/* ---------------------------------------------------------------- is it still what it was? */

/* Ports and roles by name, and where the node has them. */
typedef struct
{
  const AnfOp *op;
  const char  *name;
  GVariant    *in, *weights, *attrs, *encodings;
  gint32       at;
} Row;

static void
row_clear (Row *self)
{
  g_clear_pointer (&self->in, g_variant_unref);
  g_clear_pointer (&self->weights, g_variant_unref);
  g_clear_pointer (&self->attrs, g_variant_unref);
  g_clear_pointer (&self->encodings, g_variant_unref);
}

static gboolean
row_init (Row *self, const Onnx__NodeProto *node)
{
  const char *row = node_text (node, OWN_ROW), *at = node_text (node, OWN_AT);
  gint64 number = -1;

  *self = (Row) { .name = node_text (node, OWN_NAME) };
  self->op = row != NULL ? anf_op_lookup (row) : NULL;
  if (self->op == NULL || self->name == NULL || !anf_name_is_valid (self->name))
    return FALSE;
  if (at != NULL)
    g_ascii_string_to_signed (at, 10, -1, G_MAXINT32 - 1, &number, NULL);
  self->at = number;
  self->in = node_variant (node, OWN_IN, "ai");
  self->weights = node_variant (node, OWN_WEIGHTS, "a{si}");
  self->attrs = node_variant (node, OWN_ATTRS, "a{sv}");
  self->encodings = node_variant (node, OWN_ENCODINGS, "a{ss}");
  return self->in != NULL && self->weights != NULL && self->encodings != NULL
         && g_variant_n_children (self->in) <= MAX_WIRES && attributes_fit (self->op, self->attrs);
}

/* Inputs that are neither ports nor weights say the attributes in ONNX; marks those that are. */
static void
mark_inputs (const Row *row, const Onnx__NodeProto *node, gboolean *marked)
{
  guint n = node->n_input;
  GVariantIter iter;
  gint32 at;

  g_variant_iter_init (&iter, row->in);
  while (g_variant_iter_next (&iter, "i", &at))
    if (at >= 0 && (guint) at < n)
      marked[at] = TRUE;
  g_variant_iter_init (&iter, row->weights);
  while (g_variant_iter_next (&iter, "{&si}", NULL, &at))
    if (at >= 0 && (guint) at < n)
      marked[at] = TRUE;
  for (guint i = 0; i < n; i++)    /* x times x */
    for (guint k = 0; k < i && !marked[i]; k++)
      marked[i] = marked[k] && g_str_equal (node->input[i], node->input[k]);
}

static gboolean
is_unchanged (AnfOnnx *self, const Row *row, const Onnx__NodeProto *node)
{
  const char *said = node_text (node, OWN_SUM);
  g_autofree char *key = g_strdup_printf ("%s:%s", node->domain != NULL ? node->domain : "",
                                          node->op_type != NULL ? node->op_type : "");
  g_autofree gboolean *marked = g_new0 (gboolean, node->n_input + 1);
  g_autofree AnfTensor **tensors = g_new0 (AnfTensor *, node->n_input + 1);
  g_autofree char *sum = NULL;
  guint n = 0;

  mark_inputs (row, node, marked);
  for (gsize i = 0; i < node->n_input; i++)
    {
      AnfOnnxValue *value = marked[i] || node->input[i][0] == '\0'
                            ? NULL : anf_onnx_find (self, node->input[i]);

      if (value != NULL && value->tensor == NULL)
        return FALSE;
      if (value != NULL)
        tensors[n++] = value->tensor;
    }
  sum = anf_onnx_own_sum (node, g_hash_table_lookup (self->functions, key), n, tensors);
  return said != NULL && g_str_equal (said, sum);
}

/* ---------------------------------------------------------------- inputs of the model */

/* The one node that reads @name; NULL: none, or several do. */
static const Onnx__NodeProto *
only_reader (const Onnx__GraphProto *graph, const char *name)
{
  const Onnx__NodeProto *found = NULL;
  guint n = 0;

  for (gsize i = 0; i < graph->n_node; i++)
    for (gsize k = 0; k < graph->node[i]->n_input; k++)
      if (g_str_equal (graph->node[i]->input[k], name))
        {
          found = graph->node[i];
          n++;
        }
  return n == 1 ? found : NULL;
}

/* A row that works on what is fed is read where its node stands; what it is fed is its input. */
static gboolean
reader_agrees (AnfOnnx *self, const AnfOp *op, const Onnx__GraphProto *graph, const char *name)
{
  const Onnx__NodeProto *reader;
  gboolean good;
  Row row;

  if (op->source)
    return TRUE;
  reader = only_reader (graph, name);
  good = reader != NULL && row_init (&row, reader);
  if (reader != NULL)
    {
      good = good && row.op == op && is_unchanged (self, &row, reader);
      row_clear (&row);
    }
  return good;
}

static gboolean
is_fed (const AnfGraphBuilder *builder, AnfId id, int elem, guint rank, const gint64 *dim,
        AnfType *type)
{
  const AnfNode *node = anf_graph_builder_peek ((AnfGraphBuilder *) builder, id);
  gboolean same;

  *type = (AnfType) { 0 };
  node->op->feed (node, type);
  same = type->rank == rank && elem == (type->dtype == ANF_U8 ? ONNX_UINT8
                                        : type->dtype == ANF_I32 ? ONNX_INT32 : ONNX_FLOAT);
  for (guint i = 0; i < rank && same; i++)
    same = type->dim[i] == dim[i];
  return same;
}

gboolean
anf_onnx_own_input (AnfOnnx *self, const Onnx__GraphProto *graph, const char *name, int elem,
                    guint rank, const gint64 *dim)
{
  g_autoptr(GVariant) entry = NULL, attrs = NULL;
  const char *row = NULL, *own_name = NULL, *attr;
  AnfOnnxValue *value;
  const AnfOp *op;
  GVariantIter iter;
  GVariant *one;
  gint32 at = -1;
  AnfType type;
  AnfId id;

  if (self->own == NULL || self->own->inputs == NULL
      || (entry = g_variant_lookup_value (self->own->inputs, name, NULL)) == NULL)
    return FALSE;
  g_variant_get (entry, "(&si&s@a{sv})", &row, &at, &own_name, &attrs);
  op = anf_op_lookup (row);
  if (op == NULL || op->feed == NULL || !anf_name_is_valid (own_name)
      || !attributes_fit (op, attrs) || !reader_agrees (self, op, graph, name))
    return FALSE;
  self->stem = own_name;
  id = anf_onnx_add_node (self, op);
  g_variant_iter_init (&iter, attrs);
  while (g_variant_iter_loop (&iter, "{&sv}", &attr, &one))
    anf_graph_builder_set_attr (self->builder, id, attr, one);
  if (!is_fed (self->builder, id, elem, rank, dim, &type))
    {
      anf_graph_builder_remove (self->builder, id);
      return FALSE;
    }
  value = anf_onnx_value (self, elem, rank, dim);
  value->ref = (AnfRef) { id, 0 };
  value->type = type;
  self->last = id;
  place (self, id, at);
  anf_onnx_keep_name (self, name);
  anf_onnx_bind (self, name, value);
  return TRUE;
}

/* ---------------------------------------------------------------- nodes */

static int
element (AnfDtype dtype)
{
  return dtype == ANF_U8 ? ONNX_UINT8 : dtype == ANF_I32 ? ONNX_INT32
         : dtype == ANF_BOOL ? ONNX_BOOL : ONNX_FLOAT;
}

/* The row made for the input that feeds it. */
static AnfOnnxValue *
fed_node (AnfOnnx *self, const Row *row, AnfOnnxNode *node)
{
  AnfOnnxValue *fed = node->n_in == 1 ? node->in[0] : NULL, *value;
  const AnfNode *made = fed != NULL && fed->ref.node != 0
                        ? anf_graph_builder_peek (self->builder, fed->ref.node) : NULL;

  if (made == NULL || made->op != row->op)
    return NULL;
  value = anf_onnx_value (self, ONNX_FLOAT, fed->rank, fed->dim);
  value->ref = fed->ref;
  value->type = fed->type;
  value->type.dtype = ANF_F16;
  return value;
}

/* FALSE: an input that is not there, or a weight that is no constant. */
static gboolean
set_weights (AnfOnnx *self, const Row *row, const AnfOnnxNode *node)
{
  GVariantIter iter;
  const char *name;
  gint32 at;

  g_variant_iter_init (&iter, row->weights);
  while (g_variant_iter_next (&iter, "{&si}", &name, &at))
    {
      int role = anf_op_find_role (row->op, name);

      if (role < 0 || at < 0 || (guint) at >= node->n_in || node->in[at] == NULL
          || node->in[at]->tensor == NULL)
        return FALSE;
      anf_onnx_set_weight (self, row->op->role[role].name, node->in[at]);
    }
  return TRUE;
}

static AnfOnnxValue *
make_row (AnfOnnx *self, const Row *row, const AnfOnnxNode *node)
{
  guint n = g_variant_n_children (row->in);
  g_autofree AnfOnnxValue **in = g_new0 (AnfOnnxValue *, n + 1);
  GVariantIter iter;
  const char *name;
  GVariant *value;

  if (!set_weights (self, row, node))
    return NULL;
  for (guint i = 0; i < n; i++)
    {
      gint32 at;

      g_variant_get_child (row->in, i, "i", &at);
      if (at >= (gint32) node->n_in || (at >= 0 && node->in[at] == NULL))
        return NULL;
      in[i] = at >= 0 ? node->in[at] : NULL;
    }
  g_variant_iter_init (&iter, row->attrs);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    anf_onnx_set (self, row->op->attr[anf_op_find_attr (row->op, name)].name, value);
  self->verbatim = TRUE;
  return anf_onnx_row (self, row->op->name, n, in);
}

/* Wires, encodings and group of the node made last; its outputs as values. */
static gboolean
finish (AnfOnnx *self, const Row *row, AnfOnnxNode *node, AnfOnnxValue *first)
{
  const AnfNode *made = anf_graph_builder_peek (self->builder, first->ref.node);
  const char *group = node_text (node->proto, OWN_GROUP), *role, *word;
  guint n_out = anf_node_n_outputs (made);
  GVariantIter iter;

  if (n_out < node->n_out)
    return FALSE;
  for (guint i = 0; i < node->n_out; i++)
    {
      node->out[i] = anf_onnx_output (self, first, i);
      node->out[i]->elem = element (node->out[i]->type.dtype);
    }
  g_variant_iter_init (&iter, row->encodings);
  while (g_variant_iter_next (&iter, "{&s&s}", &role, &word))
    {
      AnfEncoding encoding;
      int at = anf_op_find_role (row->op, role);

      if (at >= 0 && anf_encoding_from_name (word, &encoding))
        anf_graph_builder_set_encoding (self->builder, made->id, row->op->role[at].name, encoding);
    }
  anf_graph_builder_set_group (self->builder, made->id,
                               group != NULL && g_utf8_validate (group, -1, NULL) ? group : NULL);
  place (self, made->id, row->at);
  return TRUE;
}

static AnfOnnxValue *
read_row (AnfOnnx *self, const Row *row, AnfOnnxNode *node)
{
  const char *stem = self->stem;
  AnfOnnxValue *first;

  if (row->op->feed != NULL)
    return fed_node (self, row, node);
  self->stem = row->name;
  first = make_row (self, row, node);
  self->stem = stem;
  self->verbatim = FALSE;
  g_ptr_array_set_size (self->attrs, 0);
  g_ptr_array_set_size (self->roles, 0);
  if (first != NULL && !finish (self, row, node, first))
    first = NULL;
  return first;
}

AnfOnnxValue *
anf_onnx_own_node (AnfOnnx *self, AnfOnnxNode *node)
{
  AnfOnnxValue *first = NULL;
  AnfId from = self->next;
  Row row;

  if (self->own == NULL || self->depth > 0)
    return NULL;
  if (row_init (&row, node->proto) && is_unchanged (self, &row, node->proto))
    first = read_row (self, &row, node);
  row_clear (&row);
  if (first == NULL)
    {
      g_clear_pointer (&self->why, g_free);
      anf_onnx_take_back (self, from);
    }
  return first;
}

/* ---------------------------------------------------------------- order */

static guint
number (const AnfOnnxOwn *self, const AnfNode *node)
{
  guint at = GPOINTER_TO_UINT (g_hash_table_lookup (self->number, GSIZE_TO_POINTER (node->id)));

  return at > 0 ? at : G_MAXUINT;
}

static int
by_number (gconstpointer a, gconstpointer b, gpointer data)
{
  const AnfNode *one = *(AnfNode *const *) a, *two = *(AnfNode *const *) b;
  guint m = number (data, one), n = number (data, two);

  return m != n ? (m > n) - (m < n) : (one->id > two->id) - (one->id < two->id);
}

void
anf_onnx_own_order (const AnfOnnxOwn *self, AnfGraph *graph, GHashTable *live)
{
  anf_graph_list_anew (graph, by_number, (gpointer) self);
  for (guint i = 0; i < graph->listed->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (graph->listed, i);

      if (number (self, node) != G_MAXUINT)
        g_hash_table_add (live, GSIZE_TO_POINTER (node->id));
    }
}
