/* mil-machine.c - statements become nodes of a graph, one each, and that is run as it is. */
#include "mil-machine.h"

#include "mil-unpack.h"

#include "anf.h"
#include "num/half.h"

#include <math.h>
#include <string.h>

struct _MilMachine
{
  const MilProgram *program;
  AnfProgram       *run;
};

typedef struct
{
  const MilProgram *program;
  AnfGraphBuilder  *builder;
  GHashTable       *constants;     /* name -> MilValue, owned */
  GHashTable       *refs;          /* name -> AnfRef, owned */
  guint             n_weights;
  char             *problem;
} Maker;

/* How the arguments of an operator are called in its row; "=": it must be that. What is not listed
 * has the same name in both. */
typedef struct { const char *mil, *row; const char *args[6][2]; } Known;

static const Known known[] = {
  { "conv", "conv", { { "strides", "stride" }, { "dilations", "dilation" },
                      { "pad_type", "=custom" } } },
  { "conv_transpose", "conv_transpose", { { "strides", "stride" }, { "dilations", "dilation" },
                                          { "pad_type", "=custom" } } },
  { "max_pool", "max_pool", { { "kernel_sizes", "k" }, { "strides", "stride" },
                              { "pad_type", "=custom" } } },
  { "avg_pool", "avg_pool", { { "kernel_sizes", "k" }, { "strides", "stride" },
                              { "pad_type", "=custom" },
                              { "exclude_padding_from_average", "exclude_pad" } } },
  { "clip", "clip", { { "alpha", "lo" }, { "beta", "hi" } } },
  { "gelu", "gelu", { { "mode", "=EXACT" } } },
  { "concat", "concat", { { "interleave", "=false" } } },
  { "pixel_shuffle", "pixel_shuffle", { { "upscale_factor", "r" } } },
  { "pixel_unshuffle", "pixel_unshuffle", { { "downscale_factor", "r" } } },
  { "rsqrt", "rsqrt", { { "epsilon", "eps" } } },
  { "inverse", "inverse", { { "epsilon", "eps" } } },
  { "log", "log", { { "epsilon", "eps" } } },
  { "instance_norm", "instance_norm", { { "epsilon", "eps" } } },
  { "batch_norm", "batch_norm", { { "epsilon", "eps" } } },
  { "reduce_mean", "reduce_mean", { { "keep_dims", "=true" } } },
  { "reduce_sum", "reduce_sum", { { "keep_dims", "=true" } } },
  { "reduce_max", "reduce_max", { { "keep_dims", "=true" } } },
  { "reduce_min", "reduce_min", { { "keep_dims", "=true" } } },
  { "reduce_l1_norm", "reduce_l1_norm", { { "keep_dims", "=true" } } },
  { "reduce_l2_norm", "reduce_l2_norm", { { "keep_dims", "=true" } } },
  { "reduce_sum_square", "reduce_sum_square", { { "keep_dims", "=true" } } },
  { "reduce_log_sum", "reduce_log_sum", { { "keep_dims", "=true" } } },
  { "reduce_log_sum_exp", "reduce_log_sum_exp", { { "keep_dims", "=true" } } },
  { "resize_nearest_neighbor", "resize_nearest_neighbor",
    { { "target_size_height", "target_h" }, { "target_size_width", "target_w" } } },
  { "resize_bilinear", "resize_bilinear",
    { { "target_size_height", "target_h" }, { "target_size_width", "target_w" } } },
  { "affine", "affine",
    { { "output_height", "output_h" }, { "output_width", "output_w" },
      { "transform_matrix", "transform" }, { "coordinates_mode", "=normalized_minus_one_to_one" },
      { "padding_mode", "=constant" }, { "sampling_mode", "=bilinear" } } },
  { "upsample_nearest_neighbor", "upsample", { { NULL } } },
};

static void G_GNUC_PRINTF (2, 3)
fail (Maker *self, const char *format, ...)
{
  va_list args;

  if (self->problem != NULL)
    return;
  va_start (args, format);
  self->problem = g_strdup_vprintf (format, args);
  va_end (args);
}

/* ---------------------------------------------------------------- constants */

static const MilValue *
value_of (const Maker *self, const MilArg *arg)
{
  return mil_value_of (self->constants, arg);
}

static AnfTensor *
tensor_of (const MilValue *value, gboolean flat)
{
  gsize n = mil_elements (&value->type);
  g_autofree float *floats = g_new (float, n);
  gint64 length = n;

  for (gsize i = 0; i < n; i++)
    floats[i] = value->numbers[i];
  return flat || value->type.rank == 0 ? anf_tensor_new_floats (1, &length, floats)
                                       : anf_tensor_new_floats (value->type.rank,
                                                                value->type.dim, floats);
}

static void
give_weight (Maker *self, AnfId node, const char *role, const MilValue *value, gboolean flat)
{
  g_autofree char *name = g_strdup_printf ("w%u", self->n_weights++);
  AnfTensor *tensor = tensor_of (value, flat);
  AnfWeight *weight = anf_weight_new_values (name, tensor);

  anf_graph_builder_put_weight (self->builder, weight);
  anf_graph_builder_set_weight (self->builder, node, role, name);
  anf_weight_unref (weight);
  anf_tensor_unref (tensor);
}

static AnfId
add_node (Maker *self, const char *op)
{
  return anf_graph_builder_add (self->builder, anf_op_lookup (op));
}

/* Constants become nodes where they are wired. */
static AnfRef
ref_of (Maker *self, const char *name)
{
  const AnfRef *ref = g_hash_table_lookup (self->refs, name);
  const MilValue *value = g_hash_table_lookup (self->constants, name);
  AnfRef made;

  if (ref != NULL)
    return *ref;
  if (value == NULL || value->numbers == NULL)
    {
      fail (self, "%s is no tensor", name);
      return (AnfRef) { 0 };
    }
  made = (AnfRef) { add_node (self, "const"), 0 };
  give_weight (self, made.node, "value", value, FALSE);
  g_hash_table_insert (self->refs, g_strdup (name), g_memdup2 (&made, sizeof made));
  return made;
}

/* TRUE if the statement makes a constant. */
static gboolean
add_constant (Maker *self, const MilStatement *statement)
{
  const MilPort *out = &g_array_index (statement->outs, MilPort, 0);
  g_autofree char *problem = NULL;
  MilValue *value = mil_unpack (statement, self->constants, &problem);

  if (problem != NULL)
    fail (self, "%s", problem);
  if (value != NULL)
    g_hash_table_insert (self->constants, g_strdup (out->name), value);
  return value != NULL;
}

/* ---------------------------------------------------------------- nodes */

static void
connect (Maker *self, AnfRef from, AnfId to, guint port)
{
  anf_graph_builder_connect (self->builder, from, to, port);
}

static AnfRef
swapped (Maker *self, AnfRef x, guint rank)
{
  AnfId id = add_node (self, "transpose");
  gint64 perm[MIL_MAX_RANK];

  for (guint i = 0; i < rank; i++)
    perm[i] = i + 2 < rank ? i : 2 * rank - 3 - i;
  anf_graph_builder_set_attr (self->builder, id, "perm",
                              g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, perm, rank,
                                                         sizeof *perm));
  connect (self, x, id, 0);
  return (AnfRef) { id, 0 };
}

static gboolean
flag (Maker *self, const MilStatement *statement, const char *key)
{
  const MilValue *value = value_of (self, mil_find (statement->args, key));

  if (value == NULL || value->numbers == NULL || !g_str_equal (value->type.dtype, "bool"))
    fail (self, "%s without %s", statement->op, key);
  return value != NULL && value->numbers != NULL && value->numbers[0] != 0;
}

static guint
rank_of (const Maker *self, const char *name)
{
  for (guint i = 0; i < self->program->inputs->len; i++)
    {
      const MilPort *port = &g_array_index (self->program->inputs, MilPort, i);

      if (g_str_equal (port->name, name))
        return port->type.rank;
    }
  for (guint i = 0; i < self->program->statements->len; i++)
    {
      const MilStatement *statement = g_ptr_array_index (self->program->statements, i);

      for (guint j = 0; j < statement->outs->len; j++)
        if (g_str_equal (g_array_index (statement->outs, MilPort, j).name, name))
          return g_array_index (statement->outs, MilPort, j).type.rank;
    }
  g_assert_not_reached ();
}

/* Products with a constant matrix are rows of their own. */
static AnfId
add_matmul (Maker *self, const MilStatement *statement)
{
  const MilArg *x = mil_find (statement->args, "x"), *y = mil_find (statement->args, "y");
  gboolean turn_x = flag (self, statement, "transpose_x");
  gboolean turn_y = flag (self, statement, "transpose_y");
  const MilValue *matrix = value_of (self, y);
  AnfRef left, right;
  AnfId id;

  if (x == NULL || y == NULL || x->n != 1 || y->n != 1 || statement->args->len != 4)
    {
      fail (self, "matmul with other arguments");
      return 0;
    }
  left = ref_of (self, x->names[0]);
  if (turn_x)
    left = swapped (self, left, rank_of (self, x->names[0]));
  if (matrix != NULL && matrix->type.rank == 2)
    {
      id = add_node (self, turn_y ? "linear" : "matmul_w");
      give_weight (self, id, "weight", matrix, FALSE);
      connect (self, left, id, 0);
      return id;
    }
  right = ref_of (self, y->names[0]);
  if (turn_y)
    right = swapped (self, right, rank_of (self, y->names[0]));
  id = add_node (self, "bmm");
  connect (self, left, id, 0);
  connect (self, right, id, 1);
  return id;
}

static void
set_ints (Maker *self, AnfId id, const char *name, guint n, const gint64 *values)
{
  anf_graph_builder_set_attr (self->builder, id, name,
                              g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, values, n,
                                                         sizeof *values));
}

static double
number_of (Maker *self, const MilStatement *statement, const char *key, guint i)
{
  const MilValue *value = value_of (self, mil_find (statement->args, key));

  if (value == NULL || value->numbers == NULL || i >= mil_elements (&value->type))
    fail (self, "%s without %s", statement->op, key);
  return self->problem == NULL ? value->numbers[i] : 0;
}

static void
set_sampling (Maker *self, const MilStatement *statement, AnfId id)
{
  const MilValue *value = value_of (self, mil_find (statement->args, "sampling_mode"));
  gboolean corners = value != NULL && g_strcmp0 (value->text, "ALIGN_CORNERS") == 0;

  if (!corners && (value == NULL || g_strcmp0 (value->text, "DEFAULT") != 0))
    fail (self, "%s of another mode", statement->op);
  anf_graph_builder_set_attr (self->builder, id, "align_corners",
                              g_variant_new_boolean (corners));
}

/* Two attributes in one, one in two, or one by words. */
static void
set_odd (Maker *self, const MilStatement *statement, AnfId id)
{
  static const char *const crops[][2] = {
    { "crop_height", "top" }, { "crop_height", "bottom" }, { "crop_width", "left" },
    { "crop_width", "right" },
  };

  if (g_str_equal (statement->op, "crop"))
    for (guint i = 0; i < 4; i++)
      anf_graph_builder_set_attr (self->builder, id, crops[i][1],
                                  g_variant_new_int64 (number_of (self, statement, crops[i][0],
                                                                  i % 2)));
  if (g_str_equal (statement->op, "resize_bilinear"))
    set_sampling (self, statement, id);
  if (g_str_has_prefix (statement->op, "upsample_"))
    {
      gint64 scale[] = { number_of (self, statement, "scale_factor_height", 0),
                         number_of (self, statement, "scale_factor_width", 0) };

      set_ints (self, id, "scale", 2, scale);
    }
}

static gboolean
is_odd (const MilStatement *statement, const MilArg *arg)
{
  if (g_str_equal (statement->op, "resize_bilinear") && g_str_equal (arg->key, "sampling_mode"))
    return TRUE;
  return g_str_has_prefix (arg->key, "crop_") || g_str_has_prefix (arg->key, "scale_factor_")
         || g_str_equal (arg->key, "padding_value");
}

static void
set_attr (Maker *self, AnfId id, const AnfAttr *attr, const MilValue *value)
{
  g_autofree gint64 *ints = NULL;
  GVariant *variant = NULL;
  gsize n = mil_elements (&value->type);

  switch (attr->kind)
    {
    case ANF_ATTR_REAL:
      variant = value->numbers != NULL ? g_variant_new_double (value->numbers[0]) : NULL;
      break;
    case ANF_ATTR_INT:
      variant = value->numbers != NULL ? g_variant_new_int64 (value->numbers[0]) : NULL;
      break;
    case ANF_ATTR_FLAG:
      variant = value->numbers != NULL ? g_variant_new_boolean (value->numbers[0] != 0) : NULL;
      break;
    case ANF_ATTR_INTS:
      ints = g_new (gint64, n);
      for (gsize i = 0; value->numbers != NULL && i < n; i++)
        ints[i] = value->numbers[i];
      variant = g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, ints, n, sizeof *ints);
      break;
    default:
      variant = value->text != NULL ? g_variant_new_string (value->text) : NULL;
    }
  if (variant == NULL)
    fail (self, "%s is not of its kind", attr->name);
  else
    anf_graph_builder_set_attr (self->builder, id, attr->name, variant);
}

static void
expect_value (Maker *self, const MilArg *arg, const char *expected)
{
  const MilValue *value = value_of (self, arg);
  const char *is = value == NULL ? "nothing" : value->text != NULL ? value->text
                   : value->numbers[0] != 0 ? "true" : "false";

  if (!g_str_equal (is, expected))
    fail (self, "%s is %s, not %s", arg->key, is, expected);
}

static const char *
row_name (const Known *op, const char *key)
{
  for (guint i = 0; op != NULL && i < G_N_ELEMENTS (op->args) && op->args[i][0] != NULL; i++)
    if (g_str_equal (op->args[i][0], key))
      return op->args[i][1];
  return key;
}

/* Vectors, one number per channel, are shaped for broadcasting in some programs. */
static gboolean
is_matrix (const char *role)
{
  return g_str_equal (role, "weight") || g_str_equal (role, "transform");
}

static void
set_arg (Maker *self, AnfId id, const AnfOp *op, const MilArg *arg, const char *name)
{
  const MilValue *value = value_of (self, arg);
  guint wired = 0;

  for (guint i = 0; anf_op_role (op, i) != NULL; i++)
    if (g_str_equal (anf_op_role (op, i)->name, name) && value != NULL)
      {
        give_weight (self, id, name, value, !is_matrix (name));
        return;
      }
  for (guint i = 0; anf_op_input (op, i) != NULL; i++)
    if (g_str_equal (anf_op_input (op, i)->name, name) && arg->n > 0)
      {
        for (wired = 0; wired < arg->n; wired++)
          connect (self, ref_of (self, arg->names[wired]), id, i + wired);
        return;
      }
  for (guint i = 0; anf_op_attr (op, i) != NULL; i++)
    if (g_str_equal (anf_op_attr (op, i)->name, name) && value != NULL)
      {
        set_attr (self, id, anf_op_attr (op, i), value);
        return;
      }
  fail (self, "%s has no %s", anf_op_name (op), arg->key);
}

static AnfId
add_plain (Maker *self, const MilStatement *statement)
{
  const Known *entry = NULL;
  const char *row = statement->op;
  const MilArg *weight = mil_find (statement->args, "weight");
  const AnfOp *op;
  AnfId id;

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_str_equal (known[i].mil, statement->op))
      entry = &known[i];
  if (entry != NULL)
    row = entry->row;
  if (g_str_equal (row, "conv") && weight != NULL && value_of (self, weight) == NULL)
    row = "dynamic_conv";
  if ((op = anf_op_lookup (row)) == NULL)
    {
      fail (self, "there is no operator %s", statement->op);
      return 0;
    }
  id = anf_graph_builder_add (self->builder, op);
  for (guint i = 0; i < statement->args->len; i++)
    {
      const MilArg *arg = &g_array_index (statement->args, MilArg, i);
      const char *name = row_name (entry, arg->key);

      if (is_odd (statement, arg))
        continue;
      if (name[0] == '=')
        expect_value (self, arg, name + 1);
      else
        set_arg (self, id, op, arg, name);
    }
  set_odd (self, statement, id);
  return id;
}

static void
add_statement (Maker *self, const MilStatement *statement)
{
  AnfId id;

  if (add_constant (self, statement))
    return;
  id = g_str_equal (statement->op, "matmul") ? add_matmul (self, statement)
                                             : add_plain (self, statement);
  for (guint i = 0; i < statement->outs->len; i++)
    {
      AnfRef ref = { id, i };

      g_hash_table_insert (self->refs, g_strdup (g_array_index (statement->outs, MilPort, i).name),
                           g_memdup2 (&ref, sizeof ref));
    }
}

/* ---------------------------------------------------------------- the whole */

static void
add_input (Maker *self, const MilPort *port)
{
  AnfRef ref = { add_node (self, "input"), 0 };

  if (!g_strv_contains ((const char *const[]) { "fp16", "uint8", "int32", NULL },
                        port->type.dtype))
    fail (self, "a port of %s", port->type.dtype);
  set_ints (self, ref.node, "shape", port->type.rank, port->type.dim);
  anf_graph_builder_set_attr (self->builder, ref.node, "dtype",
                              g_variant_new_string (port->type.dtype));
  if (!anf_graph_builder_set_name (self->builder, ref.node, port->name))
    fail (self, "the port %s", port->name);
  g_hash_table_insert (self->refs, g_strdup (port->name), g_memdup2 (&ref, sizeof ref));
}

static void
check_type (Maker *self, const AnfReport *report, const MilPort *port)
{
  const AnfRef *ref = g_hash_table_lookup (self->refs, port->name);
  const AnfType *type = ref != NULL ? anf_report_type (report, ref->node, ref->port) : NULL;
  gboolean same;

  if (ref == NULL)
    return;                        /* a constant that nobody wired */
  same = type != NULL && type->rank == port->type.rank
         && g_str_equal (anf_dtype_name (type->dtype), port->type.dtype);
  for (guint i = 0; same && i < type->rank; i++)
    same = type->dim[i] == port->type.dim[i];
  if (!same)
    fail (self, "%s is declared as something else than it is", port->name);
}

static void
check_types (Maker *self, AnfGraph *graph)
{
  g_autoptr(AnfReport) report = anf_check (graph, NULL);

  for (guint i = 0; i < anf_report_n_findings (report); i++)
    if (anf_report_nth_finding (report, i)->severity == ANF_ERROR_FINDING)
      fail (self, "%s", anf_report_nth_finding (report, i)->message);
  for (guint i = 0; i < self->program->statements->len; i++)
    {
      const MilStatement *statement = g_ptr_array_index (self->program->statements, i);

      for (guint j = 0; j < statement->outs->len; j++)
        if (!g_hash_table_contains (self->constants,
                                    g_array_index (statement->outs, MilPort, j).name))
          check_type (self, report, &g_array_index (statement->outs, MilPort, j));
    }
}

static AnfProgram *
compile (Maker *self)
{
  const AnfSettings settings = { .target = "h16s", .opt = "0", .compress = ANF_FP16,
                                 .atol = 0.05, .block_size = 32 };
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfGraph) graph = NULL;
  AnfProgram *program = NULL;
  AnfOptions options;

  anf_graph_builder_set_settings (self->builder, &settings);
  for (guint i = 0; i < self->program->outputs->len; i++)
    {
      const char *name = g_ptr_array_index (self->program->outputs, i);

      anf_graph_builder_set_output (self->builder, name, ref_of (self, name));
    }
  if (self->problem != NULL)
    anf_graph_builder_free (self->builder);
  else if ((graph = anf_graph_builder_end (self->builder, &error)) != NULL)
    check_types (self, graph);
  if (self->problem == NULL && graph != NULL)
    {
      anf_options_init (&options, graph);
      options.threads = 1;
      program = anf_compile (graph, &options, NULL, &error);
    }
  if (error != NULL)
    fail (self, "%s", error->message);
  return program;
}

MilMachine *
mil_machine_new (const MilProgram *program, char **problem)
{
  Maker maker = { .program = program, .builder = anf_graph_builder_new (NULL) };
  MilMachine *self;
  AnfProgram *run;

  maker.constants = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                           (GDestroyNotify) mil_value_free);
  maker.refs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (guint i = 0; i < program->inputs->len; i++)
    add_input (&maker, &g_array_index (program->inputs, MilPort, i));
  for (guint i = 0; i < program->statements->len && maker.problem == NULL; i++)
    add_statement (&maker, g_ptr_array_index (program->statements, i));
  run = compile (&maker);
  g_hash_table_unref (maker.constants);
  g_hash_table_unref (maker.refs);
  if ((*problem = maker.problem) != NULL)
    {
      g_clear_pointer (&run, anf_program_unref);
      return NULL;
    }
  self = g_new0 (MilMachine, 1);
  self->program = program;
  self->run = run;
  return self;
}

void
mil_machine_free (MilMachine *self)
{
  anf_program_unref (self->run);
  g_free (self);
}

static AnfTensor *
port_tensor (const MilPort *port, const void *data)
{
  AnfDtype dtype;
  gsize size;
  g_autoptr(GBytes) bytes = NULL;

  anf_dtype_from_name (port->type.dtype, &dtype);
  size = mil_elements (&port->type) * anf_dtype_size (dtype);
  bytes = g_bytes_new (data, size);
  return anf_tensor_new (dtype, port->type.rank, port->type.dim, bytes);
}

static void
store (const AnfType *type, const float *values, void *out)
{
  gsize n = anf_type_elements (type);

  if (type->dtype == ANF_U8)
    for (gsize i = 0; i < n; i++)
      ((guint8 *) out)[i] = values[i];
  else if (type->dtype == ANF_I32)
    for (gsize i = 0; i < n; i++)
      ((gint32 *) out)[i] = values[i];
  else
    anf_half_encode (values, n, out);
}

gboolean
mil_machine_run (MilMachine *self, const void *const *in, void *const *out)
{
  g_autoptr(AnfTensors) inputs = anf_tensors_new (), outputs = NULL;

  for (guint i = 0; i < self->program->inputs->len; i++)
    {
      const MilPort *port = &g_array_index (self->program->inputs, MilPort, i);
      g_autoptr(AnfTensor) tensor = port_tensor (port, in[i]);

      anf_tensors_add (inputs, port->name, tensor);
    }
  if ((outputs = anf_program_run (self->run, inputs, NULL, NULL, NULL)) == NULL)
    return FALSE;
  for (guint i = 0; i < self->program->outputs->len; i++)
    {
      const char *name = g_ptr_array_index (self->program->outputs, i);
      g_autoptr(AnfTensor) tensor = anf_tensors_get (outputs, name, NULL);
      g_autofree float *values = g_new (float, anf_tensor_elements (tensor));
      AnfType type;

      anf_tensor_read (tensor, 0, anf_tensor_elements (tensor), values);
      anf_program_nth_output (self->run, i, &type);
      store (&type, values, out[i]);
    }
  return TRUE;
}
