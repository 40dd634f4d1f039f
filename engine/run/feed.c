/* feed.c - what a program is fed: given arrays checked against its ports, the rest drawn. */
#include "num/half.h"

#include "anf-place.h"

#include <string.h>

/* Token ids are drawn below this where no table says how many there are. */
#define TOKENS 256
#define BLOCK 4096                 /* numbers rounded at a time */

static char *
ports_text (const AnfProgram *program)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < anf_program_n_inputs (program); i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "",
                            anf_program_nth_input (program, i, NULL));
  return g_string_free (text, FALSE);
}

static gboolean
has_name (const AnfTensors *given, const char *name)
{
  for (guint i = 0; given != NULL && i < anf_tensors_n (given); i++)
    if (g_str_equal (anf_tensors_nth_name (given, i), name))
      return TRUE;
  return FALSE;
}

static gboolean
is_port (const AnfProgram *program, const char *name)
{
  for (guint i = 0; i < anf_program_n_inputs (program); i++)
    if (g_str_equal (anf_program_nth_input (program, i, NULL), name))
      return TRUE;
  return FALSE;
}

/* Every name is a port's; and all ports are given, or none, or the rest may be drawn. */
static gboolean
check_names (const AnfProgram *program, const AnfTensors *given, gboolean random, GError **error)
{
  g_autofree char *ports = ports_text (program);
  guint n = given != NULL ? anf_tensors_n (given) : 0;

  for (guint i = 0; i < n; i++)
    if (!is_port (program, anf_tensors_nth_name (given, i)))
      {
        g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_INPUT,
                     ports[0] != '\0' ? "There is no input \"%s\"; the inputs are: %s"
                                      : "There is no input \"%s\": this graph takes none%s",
                     anf_tensors_nth_name (given, i), ports);
        return FALSE;
      }
  for (guint i = 0; n > 0 && !random && i < anf_program_n_inputs (program); i++)
    if (!has_name (given, anf_program_nth_input (program, i, NULL)))
      {
        g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_INPUT,
                     "Input \"%s\" is not given, others are; give it too or let the rest be random",
                     anf_program_nth_input (program, i, NULL));
        return FALSE;
      }
  return TRUE;
}

static gboolean
check_dtype (const char *name, const AnfType *type, const AnfTensor *tensor, GError **error)
{
  AnfDtype dtype = anf_tensor_dtype (tensor);
  const char *takes = "fp16, fp32 or fp64";
  gboolean fits = dtype == ANF_F16 || dtype == ANF_F32 || dtype == ANF_F64;

  if (type->dtype == ANF_U8)
    {
      takes = "uint8 only";
      fits = dtype == ANF_U8;
    }
  if (type->dtype == ANF_I32)
    {
      takes = "int32 or int64";
      fits = dtype == ANF_I32 || dtype == ANF_I64;
    }
  if (!fits)
    g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_INPUT, "Input \"%s\" takes %s, %s was given",
                 name, takes, anf_dtype_name (dtype));
  return fits;
}

/* How often the port's first axis goes into the tensor's; 0 with an error if it does not. */
static gint64
count_samples (const char *name, const AnfType *type, const AnfTensor *tensor, GError **error)
{
  gboolean fits = anf_tensor_rank (tensor) == type->rank;
  gint64 first = fits && type->rank > 0 ? anf_tensor_dim (tensor, 0) : 1;
  gint64 step = type->rank > 0 ? type->dim[0] : 1;
  g_autofree char *port = NULL, *shape = NULL;

  for (guint i = 1; fits && i < type->rank; i++)
    fits = anf_tensor_dim (tensor, i) == type->dim[i];
  if (fits && first > 0 && step > 0 && first % step == 0)
    return first / step;

  port = anf_type_to_string (type);
  shape = anf_tensor_shape_text (tensor);
  g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_INPUT,
               "Input \"%s\" is %s, the port takes %s%s", name, shape, port,
               type->rank > 0 ? " or a multiple of it along the first axis" : "");
  return 0;
}

/* What a port may ask for is bounded by the machine, not by us: memory is asked for, not taken. */
static gpointer
room_for (const char *name, gsize n, gsize size, GError **error)
{
  gpointer data = g_try_malloc_n (n, size);

  if (data == NULL)
    g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_INPUT,
                 "No memory for the %" G_GSIZE_FORMAT " numbers of input \"%s\"", n, name);
  return data;
}

/* Takes @data. */
static AnfTensor *
wrap (AnfDtype dtype, const AnfTensor *like, gpointer data)
{
  gint64 shape[ANF_MAX_TENSOR_RANK];
  guint rank = anf_tensor_rank (like);
  g_autoptr(GBytes) bytes = g_bytes_new_take (data, anf_tensor_elements (like)
                                                    * anf_dtype_size (dtype));

  for (guint i = 0; i < rank; i++)
    shape[i] = anf_tensor_dim (like, i);
  return anf_tensor_new (dtype, rank, shape, bytes);
}

static AnfTensor *
to_floats (const char *name, const AnfTensor *tensor, AnfNumerics numerics, GError **error)
{
  gsize n = anf_tensor_elements (tensor);
  float *values = room_for (name, n, sizeof *values, error);

  if (values == NULL)
    return NULL;
  if (numerics == ANF_NUMERICS_FP32)
    anf_tensor_read (tensor, 0, n, values);
  /* Else straight from double: by way of fp32 it would round twice. */
  for (gsize begin = 0; numerics != ANF_NUMERICS_FP32 && begin < n; begin += BLOCK)
    {
      double exact[BLOCK];
      gsize count = MIN (BLOCK, n - begin);

      anf_tensor_read_double (tensor, begin, count, exact);
      for (gsize i = 0; i < count; i++)
        values[begin + i] = anf_half_round (exact[i]);
    }
  return wrap (ANF_F32, tensor, values);
}

static AnfTensor *
to_int32 (const char *name, const AnfTensor *tensor, GError **error)
{
  gsize n = anf_tensor_elements (tensor);
  const guint8 *data = g_bytes_get_data (anf_tensor_bytes (tensor), NULL);
  g_autofree gint32 *values = room_for (name, n, sizeof *values, error);

  for (gsize i = 0; values != NULL && i < n; i++)
    {
      gint64 value;

      memcpy (&value, data + i * sizeof value, sizeof value);
      if (value < G_MININT32 || value > G_MAXINT32)
        {
          g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_INPUT,
                       "Input \"%s\" holds %" G_GINT64_FORMAT ", which is no int32", name, value);
          return NULL;
        }
      values[i] = value;
    }
  return values != NULL ? wrap (ANF_I32, tensor, g_steal_pointer (&values)) : NULL;
}

/* Of what the port feeds: the host takes numbers as they are. */
static AnfNumerics
numerics_of (const AnfProgram *program, const char *name)
{
  const AnfNode *node = anf_graph_find_name (anf_program_graph (program), name);

  return node != NULL && anf_node_place (node) == ANF_PLACE_HOST
         ? ANF_NUMERICS_FP32 : anf_program_options (program)->numerics;
}

static AnfTensor *
convert (const char *name, AnfTensor *tensor, AnfNumerics numerics, GError **error)
{
  if (anf_tensor_dtype (tensor) == ANF_I64)
    return to_int32 (name, tensor, error);
  if (anf_tensor_dtype (tensor) == ANF_U8 || anf_tensor_dtype (tensor) == ANF_I32)
    return anf_tensor_ref (tensor);
  return to_floats (name, tensor, numerics, error);
}

/* Entries of the smallest table that this input indexes. */
static double
index_limit (const AnfProgram *program, const char *name)
{
  const AnfGraph *graph = anf_program_graph (program);
  AnfId id = anf_node_id (anf_graph_find_name (graph, name));
  double limit = TOKENS;

  for (guint i = 0; i < anf_graph_n_nodes (graph); i++)
    {
      const AnfNode *node = anf_graph_nth (graph, i);

      for (guint j = 1; j < anf_node_n_inputs (node); j++)
        if (anf_node_input (node, j).node == id
            && g_str_equal (anf_node_input_name (node, j), "indices"))
          {
            AnfRef table = anf_node_input (node, 0);
            const AnfType *type = anf_report_type (anf_program_report (program), table.node,
                                                   table.port);
            gint64 axis = anf_node_int (node, "axis");

            axis += axis < 0 && type != NULL ? type->rank : 0;
            if (type != NULL && axis >= 0 && axis < type->rank)
              limit = MIN (limit, type->dim[axis]);
          }
    }
  return limit;
}

static void
draw_whole (AnfDtype dtype, guint64 seed, double limit, gsize n, gpointer data, double *uniform)
{
  anf_random_uniform01 (seed, n, uniform);
  for (gsize i = 0; i < n; i++)
    if (dtype == ANF_U8)
      ((guint8 *) data)[i] = uniform[i] * limit;
    else
      ((gint32 *) data)[i] = uniform[i] * limit;
}

static AnfTensor *
draw (const AnfProgram *program, const char *name, const AnfType *type, guint64 seed,
      GError **error)
{
  gboolean whole = type->dtype == ANF_U8 || type->dtype == ANF_I32;
  AnfDtype dtype = whole ? type->dtype : ANF_F32;
  gsize n = anf_type_elements (type), size = anf_dtype_size (dtype);
  g_autofree gpointer data = room_for (name, n, size, error);
  g_autofree double *uniform = NULL;
  gint64 shape[ANF_MAX_RANK];
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(AnfTensor) tensor = NULL;

  if (data == NULL)
    return NULL;
  if (whole && (uniform = room_for (name, n, sizeof *uniform, error)) == NULL)
    return NULL;

  if (whole)
    draw_whole (dtype, seed, dtype == ANF_U8 ? 256 : index_limit (program, name), n, data,
                uniform);
  else
    anf_random_normal (seed, 1, n, data);
  for (guint i = 0; i < type->rank; i++)
    shape[i] = type->dim[i];
  bytes = g_bytes_new_take (g_steal_pointer (&data), n * size);
  tensor = anf_tensor_new (dtype, type->rank, shape, bytes);
  return convert (name, tensor, numerics_of (program, name), error);
}

/* One port's tensor: given, checked and converted, or drawn. @samples: how many it holds. */
static AnfTensor *
fill (const AnfProgram *program, guint i, AnfTensors *given, guint64 seed, gint64 *samples,
      GError **error)
{
  AnfType type;
  const char *name = anf_program_nth_input (program, i, &type);
  g_autoptr(AnfTensor) tensor = NULL;

  *samples = 1;
  if (!has_name (given, name))
    return draw (program, name, &type, seed + i, error);
  if ((tensor = anf_tensors_get (given, name, error)) == NULL
      || (*samples = count_samples (name, &type, tensor, error)) == 0
      || !check_dtype (name, &type, tensor, error))
    return NULL;
  return convert (name, tensor, numerics_of (program, name), error);
}

AnfTensors *
anf_feed (const AnfProgram *program, AnfTensors *given, gboolean random, guint64 seed,
          GError **error)
{
  g_autoptr(AnfTensors) inputs = anf_tensors_new ();
  const char *holder = NULL;       /* the input that says how many samples there are */
  gint64 common = 1;

  g_return_val_if_fail (program != NULL, NULL);

  if (!check_names (program, given, random, error))
    return NULL;
  for (guint i = 0; i < anf_program_n_inputs (program); i++)
    {
      const char *name = anf_program_nth_input (program, i, NULL);
      gint64 samples;
      g_autoptr(AnfTensor) tensor = fill (program, i, given, seed, &samples, error);

      if (tensor == NULL)
        return NULL;
      if (holder != NULL && samples != 1 && samples != common)
        {
          g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_INPUT,
                       "Input \"%s\" holds %" G_GINT64_FORMAT " samples, input \"%s\" %"
                       G_GINT64_FORMAT, holder, common, name, samples);
          return NULL;
        }
      if (samples != 1)
        {
          holder = name;
          common = samples;
        }
      anf_tensors_add (inputs, name, tensor);
    }
  return g_steal_pointer (&inputs);
}
