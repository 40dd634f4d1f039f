/* emit.c - makes nodes of the document: one row at a time, its shape known at once.
 *
 * A row that depends on constants alone becomes no node: it is computed here with the row's exact
 * function in double. So shapes, masks and tables that a model works out fold by themselves. */
#include "io/onnx/onnx.h"

#include "num/half.h"
#include "ops/family.h"

#include <math.h>
#include <string.h>

/* A model that makes more nodes than this was unrolled into nonsense, or wants to fill memory. */
#define MAX_ROWS 200000
#define MAX_FOLDED ((gsize) 1 << 26)   /* elements of a result of constants */
#define SMALL 65536                /* kept in double */

gpointer
anf_onnx_refuse (AnfOnnx *self, const char *format, ...)
{
  va_list args;

  if (self->why != NULL)
    return NULL;
  va_start (args, format);
  self->why = g_strdup_vprintf (format, args);
  va_end (args);
  return NULL;
}

gboolean
anf_onnx_is_whole (int elem)
{
  return (elem >= ONNX_UINT8 && elem <= ONNX_INT64) || elem == ONNX_UINT32 || elem == ONNX_UINT64;
}

gsize
anf_onnx_elements (const AnfOnnxValue *value)
{
  gsize n = 1;

  for (guint i = 0; i < value->rank; i++)
    n *= value->dim[i];
  return n;
}

double *
anf_onnx_read (const AnfOnnxValue *value)
{
  gsize n = anf_tensor_elements (value->tensor);
  double *out = g_new (double, n + 1);

  anf_tensor_read_double (value->tensor, 0, n, out);
  return out;
}

/* ---------------------------------------------------------------- values */

static void
value_free (gpointer data)
{
  AnfOnnxValue *value = data;

  g_clear_pointer (&value->tensor, anf_tensor_unref);
  g_free (value->name);
  g_free (value->weight);
  g_free (value);
}

AnfOnnxValue *
anf_onnx_value (AnfOnnx *self, int elem, guint rank, const gint64 *dim)
{
  AnfOnnxValue *value = g_new0 (AnfOnnxValue, 1);

  if (self->values->len == 0)
    g_ptr_array_set_free_func (self->values, value_free);
  value->elem = elem;
  value->rank = rank;
  for (guint i = 0; i < rank; i++)
    value->dim[i] = dim[i];
  value->type.dtype = elem == ONNX_BOOL ? ANF_BOOL : ANF_F16;
  g_ptr_array_add (self->values, value);
  return value;
}

AnfOnnxValue *
anf_onnx_constant (AnfOnnx *self, int elem, AnfTensor *tensor)
{
  gint64 dim[ANF_MAX_TENSOR_RANK];
  AnfOnnxValue *value;

  for (guint i = 0; i < anf_tensor_rank (tensor); i++)
    dim[i] = anf_tensor_dim (tensor, i);
  value = anf_onnx_value (self, elem, anf_tensor_rank (tensor), dim);
  value->tensor = tensor;
  return value;
}

AnfOnnxValue *
anf_onnx_doubles (AnfOnnx *self, int elem, guint rank, const gint64 *dim, const double *values)
{
  g_autoptr(GBytes) bytes = NULL;
  gsize n = 1;

  for (guint i = 0; i < rank; i++)
    n *= dim[i];
  if (n <= SMALL)
    bytes = g_bytes_new (values, n * sizeof *values);
  else
    {
      float *narrow = g_new (float, n);

      for (gsize i = 0; i < n; i++)
        narrow[i] = values[i];
      bytes = g_bytes_new_take (narrow, n * sizeof *narrow);
    }
  return anf_onnx_constant (self, elem, anf_tensor_new (n <= SMALL ? ANF_F64 : ANF_F32, rank, dim,
                                                        bytes));
}

AnfOnnxValue *
anf_onnx_scalar (AnfOnnx *self, double value)
{
  return anf_onnx_doubles (self, ONNX_FLOAT, 0, NULL, &value);
}

/* ---------------------------------------------------------------- what a row is given */

typedef struct { const char *name; GVariant *value; } Attr;
typedef struct { const char *role; AnfOnnxValue *value; } Role;

static void
attr_free (gpointer data)
{
  g_variant_unref (((Attr *) data)->value);
  g_free (data);
}

void
anf_onnx_set (AnfOnnx *self, const char *name, GVariant *value)
{
  Attr *attr = g_new (Attr, 1);

  *attr = (Attr) { name, g_variant_ref_sink (value) };
  g_ptr_array_set_free_func (self->attrs, attr_free);
  g_ptr_array_add (self->attrs, attr);
}

void
anf_onnx_set_int (AnfOnnx *self, const char *attr, gint64 value)
{
  anf_onnx_set (self, attr, g_variant_new_int64 (value));
}

void
anf_onnx_set_real (AnfOnnx *self, const char *attr, double value)
{
  anf_onnx_set (self, attr, g_variant_new_double (value));
}

void
anf_onnx_set_ints (AnfOnnx *self, const char *attr, guint n, const gint64 *values)
{
  anf_onnx_set (self, attr, g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, values, n,
                                                       sizeof *values));
}

void
anf_onnx_set_weight (AnfOnnx *self, const char *role, AnfOnnxValue *value)
{
  Role *given = g_new (Role, 1);

  *given = (Role) { role, value };
  g_ptr_array_set_free_func (self->roles, g_free);
  g_ptr_array_add (self->roles, given);
}

/* Weights are floats. */
static AnfTensor *
as_floats (const AnfOnnx *self, const AnfOnnxValue *value)
{
  gsize n = anf_tensor_elements (value->tensor);
  AnfDtype dtype = anf_tensor_dtype (value->tensor);
  g_autoptr(GBytes) bytes = NULL;
  float *numbers;

  if (dtype == ANF_F32 || dtype == ANF_F16 || self->verbatim)
    return anf_tensor_ref (value->tensor);
  numbers = g_new (float, n + 1);
  anf_tensor_read (value->tensor, 0, n, numbers);
  bytes = g_bytes_new_take (numbers, n * sizeof *numbers);
  return anf_tensor_new (ANF_F32, value->rank, value->dim, bytes);
}

const char *
anf_onnx_weight (AnfOnnx *self, AnfOnnxValue *value)
{
  g_autofree char *stem = NULL;
  g_autoptr(AnfTensor) tensor = NULL;
  g_autoptr(AnfWeight) weight = NULL;

  if (value->weight != NULL)
    return value->weight;
  stem = self->verbatim && value->name != NULL
         ? g_strdup (value->name)
         : anf_onnx_clean_name (value->name != NULL ? value->name : self->stem);
  value->weight = anf_graph_builder_fresh_weight_name (self->builder, stem);
  tensor = as_floats (self, value);
  weight = anf_weight_new_values (value->weight, tensor);
  anf_graph_builder_put_weight (self->builder, weight);
  return value->weight;
}

/* ---------------------------------------------------------------- one row by itself */

/* A graph of that one node, whose inputs are input nodes: to ask the row for shapes. */
typedef struct
{
  const AnfOp   *op;
  AnfGraph      *graph;
  const AnfNode *node;
  guint          n_in, n_out;
  AnfType       *type;             /* n_in of inputs, then n_out */
  const AnfType **in;
  AnfTensor     *weight[ANF_MAX_ROLES];
} Trial;

static void
trial_clear (Trial *self)
{
  g_clear_pointer (&self->graph, anf_graph_unref);
  g_free (self->type);
  g_free (self->in);
  for (guint i = 0; i < ANF_MAX_ROLES; i++)
    g_clear_pointer (&self->weight[i], anf_tensor_unref);
}

static void
dress (AnfOnnx *self, AnfGraphBuilder *builder, AnfId id)
{
  for (guint i = 0; i < self->attrs->len; i++)
    {
      const Attr *attr = g_ptr_array_index (self->attrs, i);

      anf_graph_builder_set_attr (builder, id, attr->name, attr->value);
    }
}

/* The type a wire to @value has, if it may be on a wire. */
static gboolean
type_of (AnfOnnx *self, const AnfOnnxValue *value, AnfType *type)
{
  *type = (AnfType) { value->type.dtype, value->rank };
  if (value->rank > ANF_MAX_RANK)
    {
      anf_onnx_refuse (self, "a value with %u axes; %d are the most", value->rank, ANF_MAX_RANK);
      return FALSE;
    }
  for (guint i = 0; i < value->rank; i++)
    {
      if (value->dim[i] < 1 || value->dim[i] > G_MAXINT)
        {
          anf_onnx_refuse (self, "a value with an axis of %" G_GINT64_FORMAT, value->dim[i]);
          return FALSE;
        }
      type->dim[i] = value->dim[i];
    }
  return TRUE;
}

static gboolean
trial_build (Trial *self, AnfOnnx *onnx, guint n, AnfOnnxValue *const *in)
{
  AnfGraphBuilder *builder = anf_graph_builder_new (NULL);
  const AnfOp *port = anf_op_lookup ("input");
  AnfId id = anf_graph_builder_add (builder, self->op);

  dress (onnx, builder, id);
  for (guint i = 0; i < n; i++)
    if (in[i] != NULL)
      anf_graph_builder_connect (builder, (AnfRef) { anf_graph_builder_add (builder, port), 0 },
                                 id, i);
  self->graph = anf_graph_builder_end (builder, NULL);
  self->node = anf_graph_find (self->graph, id);
  self->n_in = anf_node_n_inputs (self->node);
  self->n_out = anf_node_n_outputs (self->node);
  self->type = g_new0 (AnfType, self->n_in + self->n_out);
  self->in = g_new0 (const AnfType *, self->n_in + 1);
  for (guint i = 0; i < n; i++)
    if (in[i] != NULL)
      {
        if (!type_of (onnx, in[i], &self->type[i]))
          return FALSE;
        self->in[i] = &self->type[i];
      }
  for (guint i = 0; i < onnx->roles->len; i++)
    {
      const Role *role = g_ptr_array_index (onnx->roles, i);
      int k = anf_op_find_role (self->op, role->role);

      g_assert (k >= 0);
      if (role->value == NULL || role->value->tensor == NULL)
        return anf_onnx_refuse (onnx, "its \"%s\" is computed in a run; it has to be a constant",
                                role->role) != NULL;
      self->weight[k] = as_floats (onnx, role->value);
    }
  return TRUE;
}

static gboolean
trial_infer (Trial *self, AnfOnnx *onnx)
{
  AnfShapes shapes = { .node = self->node, .n_in = self->n_in, .in = self->in,
                       .weight = self->weight, .n_out = self->n_out,
                       .out = self->type + self->n_in };
  gboolean good;

  for (guint i = 0; i < self->n_out; i++)
    shapes.out[i].dtype = ANF_F16;
  good = self->op->infer (&shapes);
  if (!good)
    anf_onnx_refuse (onnx, "as \"%s\": %s", self->op->name,
                     shapes.message != NULL ? shapes.message : "its shapes do not fit");
  g_free (shapes.message);
  return good;
}

/* ---------------------------------------------------------------- constants */

static gboolean
is_exact (const AnfOp *op)
{
  return op->kind == ANF_SEGMENT_FUSED && !op->source && op->feed == NULL
         && (op->reference != NULL || op->unary != NULL || op->binary != NULL);
}

/* Rows whose exact function is of one element. */
static void
each_element (const Trial *self, double *const *in, double *out)
{
  const AnfType *type = &self->type[self->n_in];
  double attr[ANF_MAX_ATTRS] = { 0 };
  gsize n = anf_type_elements (type), offset[ANF_MAX_PORTS];
  AnfWalk walk;

  anf_node_reals (self->node, ANF_NUMERICS_FP32, attr);
  anf_walk_init (&walk, self->n_in, self->in, type);
  for (gsize i = 0; i < n; i++)
    {
      anf_walk_run (&walk, i, offset);
      out[i] = self->op->unary != NULL
               ? self->op->unary (in[0][offset[0]], attr)
               : self->op->binary (in[0][offset[0]], in[1][offset[1]]);
    }
}

static void
compute (const Trial *self, double **in, double **weight, double **out)
{
  AnfExact exact = { self->node, self->n_in, self->n_out, self->in, &self->type[self->n_in],
                     self->weight, (const double *const *) weight, (const double *const *) in,
                     out };

  if (self->op->reference != NULL)
    self->op->reference (&exact);
  else
    each_element (self, in, out[0]);
}

static AnfOnnxValue *
answer (AnfOnnx *self, const AnfType *type, int elem, const double *values)
{
  gint64 dim[ANF_MAX_RANK];
  AnfOnnxValue *value;

  for (guint i = 0; i < type->rank; i++)
    dim[i] = type->dim[i];
  elem = type->dtype == ANF_BOOL ? ONNX_BOOL : elem == ONNX_BOOL ? ONNX_FLOAT : elem;
  value = values != NULL ? anf_onnx_doubles (self, elem, type->rank, dim, values)
                         : anf_onnx_value (self, elem, type->rank, dim);
  value->type = *type;
  return value;
}

/* All outputs in one go; the first is returned, the others follow it in self->values. */
static AnfOnnxValue *
fold (Trial *trial, AnfOnnx *self, guint n, AnfOnnxValue *const *in)
{
  g_autofree double **numbers = g_new0 (double *, n + 1);
  g_autofree double **out = g_new0 (double *, trial->n_out);
  double *weight[ANF_MAX_ROLES] = { NULL };
  AnfOnnxValue *first = NULL;

  for (guint i = 0; i < trial->n_out; i++)
    if (anf_type_elements (&trial->type[trial->n_in + i]) > MAX_FOLDED)
      return anf_onnx_refuse (self, "a constant of more than %" G_GSIZE_FORMAT " numbers",
                              MAX_FOLDED);
  for (guint i = 0; i < n; i++)
    numbers[i] = in[i] != NULL ? anf_onnx_read (in[i]) : NULL;
  for (guint i = 0; i < trial->n_out; i++)
    out[i] = g_new0 (double, anf_type_elements (&trial->type[trial->n_in + i]) + 1);
  for (guint i = 0; i < ANF_MAX_ROLES; i++)
    if (trial->weight[i] != NULL)
      {
        gsize count = anf_tensor_elements (trial->weight[i]);

        weight[i] = g_new (double, count + 1);
        anf_tensor_read_double (trial->weight[i], 0, count, weight[i]);
      }
  compute (trial, numbers, weight, out);
  for (guint i = 0; i < trial->n_out; i++)
    {
      AnfOnnxValue *value = answer (self, &trial->type[trial->n_in + i],
                                    in[0] != NULL ? in[0]->elem : ONNX_FLOAT, out[i]);

      first = first == NULL ? value : first;
      g_free (out[i]);
    }
  for (guint i = 0; i < n; i++)
    g_free (numbers[i]);
  for (guint i = 0; i < ANF_MAX_ROLES; i++)
    g_free (weight[i]);
  return first;
}

/* ---------------------------------------------------------------- nodes */

/* The document's name: the model's own, then the row's, then a number. */
static void
name_node (AnfOnnx *self, AnfId id, const char *op)
{
  g_autofree char *name = g_strdup (self->stem);

  if (!anf_graph_builder_set_name (self->builder, id, name))
    {
      g_free (name);
      name = g_strdup_printf ("%s_%s", self->stem, op);
      for (guint i = 2; i < 10000 && !anf_graph_builder_set_name (self->builder, id, name); i++)
        {
          g_free (name);
          name = g_strdup_printf ("%s_%s_%u", self->stem, op, i);
        }
    }
  if (self->group != NULL)
    anf_graph_builder_set_group (self->builder, id, self->group);
}

AnfId
anf_onnx_add_node (AnfOnnx *self, const AnfOp *op)
{
  AnfId id = anf_graph_builder_add (self->builder, op);

  name_node (self, id, op->name);
  self->n_rows++;
  self->next = id + 1;
  return id;
}

static AnfOnnxValue *
build (Trial *trial, AnfOnnx *self, guint n, AnfOnnxValue *const *in)
{
  g_autofree AnfRef *wire = g_new0 (AnfRef, n + 1);
  AnfOnnxValue *first = NULL;
  AnfId id;

  if (self->n_rows > MAX_ROWS)
    return anf_onnx_refuse (self, "more than %d nodes", MAX_ROWS);
  for (guint i = 0; i < n; i++)
    if (in[i] != NULL && (wire[i] = anf_onnx_wire (self, in[i])).node == 0)
      return NULL;
  id = anf_onnx_add_node (self, trial->op);
  dress (self, self->builder, id);
  for (guint i = 0; i < n; i++)
    anf_graph_builder_connect (self->builder, wire[i], id, i);
  for (guint i = 0; i < self->roles->len; i++)
    {
      const Role *role = g_ptr_array_index (self->roles, i);

      anf_graph_builder_set_weight (self->builder, id, role->role,
                                    anf_onnx_weight (self, role->value));
    }
  self->last = id;
  for (guint i = 0; i < trial->n_out; i++)
    {
      AnfOnnxValue *value = answer (self, &trial->type[trial->n_in + i],
                                    n > 0 && in[0] != NULL ? in[0]->elem : ONNX_FLOAT, NULL);

      value->ref = (AnfRef) { id, i };
      first = first == NULL ? value : first;
    }
  return first;
}

/* What was set for the row before this one is forgotten. */
static AnfOnnxValue *
try_row (AnfOnnx *self, const AnfOp *op, guint n, AnfOnnxValue *const *in)
{
  Trial trial = { .op = op };
  gboolean known = n > 0 && is_exact (op) && !self->verbatim;
  AnfOnnxValue *first = NULL;

  for (guint i = 0; i < n; i++)
    known = known && (in[i] == NULL || in[i]->tensor != NULL);
  if (trial_build (&trial, self, n, in) && trial_infer (&trial, self))
    first = known ? fold (&trial, self, n, in) : build (&trial, self, n, in);
  trial_clear (&trial);
  return first;
}

AnfOnnxValue *
anf_onnx_row (AnfOnnx *self, const char *name, guint n, AnfOnnxValue *const *in)
{
  const AnfOp *op = anf_op_lookup (name);
  AnfOnnxValue *first = NULL;
  g_autoptr(GPtrArray) attrs = g_steal_pointer (&self->attrs);
  g_autoptr(GPtrArray) roles = g_steal_pointer (&self->roles);

  g_assert (op != NULL);
  self->attrs = attrs;
  self->roles = roles;
  if (self->why == NULL)
    first = try_row (self, op, n, in);
  self->attrs = g_ptr_array_new ();
  self->roles = g_ptr_array_new ();
  return first;
}

AnfOnnxValue *
anf_onnx_row1 (AnfOnnx *self, const char *op, AnfOnnxValue *x)
{
  if (x == NULL)
    anf_onnx_refuse (self, "an input is missing");
  return anf_onnx_row (self, op, 1, &x);
}

AnfOnnxValue *
anf_onnx_row2 (AnfOnnx *self, const char *op, AnfOnnxValue *x, AnfOnnxValue *y)
{
  if (x == NULL || y == NULL)
    anf_onnx_refuse (self, "an input is missing");
  return anf_onnx_row (self, op, 2, (AnfOnnxValue *[]) { x, y });
}

AnfOnnxValue *
anf_onnx_output (AnfOnnx *self, const AnfOnnxValue *first, guint port)
{
  for (guint i = self->values->len; i-- > 0; )
    if (g_ptr_array_index (self->values, i) == first)
      return g_ptr_array_index (self->values, i + port);
  g_return_val_if_reached (NULL);
}

/* ---------------------------------------------------------------- wires */

/* Truth values cannot be constants of a document: what is not 0 is made one in a run. */
static AnfRef
wire_constant (AnfOnnx *self, AnfOnnxValue *value)
{
  const AnfOp *op = anf_op_lookup ("const");
  AnfOnnxValue *plain = value;
  AnfType type;
  AnfId id;

  if (!type_of (self, value, &type))
    return (AnfRef) { 0 };
  id = anf_onnx_add_node (self, op);
  anf_graph_builder_set_weight (self->builder, id, op->role[0].name,
                                anf_onnx_weight (self, value));
  value->ref = (AnfRef) { id, 0 };
  if (value->type.dtype == ANF_BOOL)
    {
      plain = anf_onnx_value (self, ONNX_FLOAT, value->rank, value->dim);
      plain->ref = value->ref;
      plain->type = type;
      plain->type.dtype = ANF_F16;
      value->ref = anf_onnx_wire (self, anf_onnx_row2 (self, "not_equal", plain,
                                                       anf_onnx_scalar (self, 0)));
    }
  value->type = type;
  return value->ref;
}

/* A reshape in front of the row that is being dressed must not get its clothes. */
static AnfRef
wire_shaped (AnfOnnx *self, AnfOnnxValue *value)
{
  AnfOnnxValue as_made = *value, *shaped;

  as_made.rank = value->type.rank;
  for (guint i = 0; i < as_made.rank; i++)
    as_made.dim[i] = value->type.dim[i];
  as_made.tensor = NULL;
  anf_onnx_set_ints (self, "shape", value->rank, value->dim);
  shaped = anf_onnx_row1 (self, "reshape", &as_made);
  if (shaped != NULL)
    value->shaped = shaped->ref;
  return value->shaped;
}

static gboolean
is_as_made (const AnfOnnxValue *value)
{
  gboolean same = value->type.rank == value->rank;

  for (guint i = 0; same && i < value->rank; i++)
    same = value->type.dim[i] == value->dim[i];
  return same;
}

AnfRef
anf_onnx_wire (AnfOnnx *self, AnfOnnxValue *value)
{
  GPtrArray *attrs = self->attrs, *roles = self->roles;
  AnfRef ref = { 0 };

  if (value == NULL || (value->ref.node != 0 && is_as_made (value)))
    return value != NULL ? value->ref : ref;
  if (value->shaped.node != 0)
    return value->shaped;
  self->attrs = g_ptr_array_new ();
  self->roles = g_ptr_array_new ();
  ref = value->ref.node == 0 ? wire_constant (self, value) : wire_shaped (self, value);
  g_ptr_array_unref (self->attrs);
  g_ptr_array_unref (self->roles);
  self->attrs = attrs;
  self->roles = roles;
  return ref;
}
