/* batch.c - samples on their way into a program: found by port, brought to its kind of number. */
#include "train/batch.h"

#include "num/half.h"

#include <math.h>
#include <string.h>

typedef struct
{
  char      *name;
  gsize      each;                 /* numbers of a sample */
  AnfTensor *tensor[ANF_N_PARTS];  /* NULL: the part is empty */
  gboolean   scaled;               /* bytes into fp16: by the table */
} Port;

typedef enum { LABEL_CLASS, LABEL_NUMBER } LabelKind;

struct _AnfBatches
{
  AnfDataset *data;                /* borrowed by the trainer that owns both */
  GArray     *ports;
  guint       samples;             /* of the frame */
  LabelKind   kind;
  gsize       rows, classes;       /* of a sample's logits */
  gboolean    half;
  float       table[256];
};

static gboolean
wrong (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
wrong (GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_INPUT, "%s", text);
  return FALSE;
}

static gsize
per_sample (const AnfTensor *tensor)
{
  return anf_tensor_elements (tensor) / anf_tensor_dim (tensor, 0);
}

static guint
count_ports (const AnfGraph *graph)
{
  guint n = 0;

  for (guint i = 0; i < graph->listed->len; i++)
    n += ((const AnfNode *) g_ptr_array_index (graph->listed, i))->op->feed != NULL;
  return n;
}

/* By its name, or the only one for the only port. */
static AnfTensor *
find_feature (AnfTensors *features, const char *name, gboolean only)
{
  for (guint i = 0; i < anf_tensors_n (features); i++)
    if (g_str_equal (anf_tensors_nth_name (features, i), name))
      return anf_tensors_get (features, name, NULL);
  if (only && anf_tensors_n (features) == 1)
    return anf_tensors_get (features, anf_tensors_nth_name (features, 0), NULL);
  return NULL;
}

gboolean
anf_batches_whole (AnfGraph *graph, AnfDataset *data, gboolean *whole, GError **error)
{
  gboolean only = count_ports (graph) == 1;

  *whole = FALSE;
  for (guint i = 0; i < graph->listed->len; i++)
    {
      const AnfNode *node = g_ptr_array_index (graph->listed, i);
      g_autoptr(AnfTensor) tensor = NULL;
      g_autofree char *shape = NULL;
      gsize all, row;
      AnfType type;

      if (node->op->feed == NULL)
        continue;
      node->op->feed (node, &type);
      tensor = find_feature (data->part[ANF_PART_TRAIN].features, node->name, only);
      if (tensor == NULL)
        return wrong (error, "The data has nothing for the input \"%s\"", node->name);
      all = anf_type_elements (&type);
      row = type.rank > 0 && type.dim[0] > 0 ? all / type.dim[0] : all;
      if (per_sample (tensor) == row)
        return TRUE;
      shape = anf_type_to_string (&type);
      *whole = per_sample (tensor) == all;
      return *whole || wrong (error, "A sample has %" G_GSIZE_FORMAT " numbers; the input \"%s\" "
                              "(%s) takes %" G_GSIZE_FORMAT, per_sample (tensor), node->name,
                              shape, row);
    }
  return wrong (error, "The document has no input");
}

/* ---- ports */

static gboolean
suits (const AnfNode *node, const AnfType *type, const AnfTensor *tensor, gsize each,
       GError **error)
{
  AnfDtype dtype = anf_tensor_dtype (tensor);

  if (per_sample (tensor) != each)
    return wrong (error, "A sample has %" G_GSIZE_FORMAT " numbers for the input \"%s\", which "
                  "takes %" G_GSIZE_FORMAT, per_sample (tensor), node->name, each);
  if (type->dtype == ANF_U8 && dtype != ANF_U8)
    return wrong (error, "The input \"%s\" takes bytes, and the data has %s", node->name,
                  anf_dtype_name (dtype));
  if (type->dtype == ANF_I32 && (dtype == ANF_F16 || dtype == ANF_F32 || dtype == ANF_F64
                                 || dtype == ANF_BF16))
    return wrong (error, "The input \"%s\" takes integers, and the data has %s", node->name,
                  anf_dtype_name (dtype));
  return TRUE;
}

static gboolean
add_port (AnfBatches *self, const AnfNode *node, gboolean only, GError **error)
{
  Port port = { .name = g_strdup (node->name) };
  gboolean good = TRUE;
  AnfType type;

  node->op->feed (node, &type);
  port.each = anf_type_elements (&type) / self->samples;
  for (guint part = 0; good && part < ANF_N_PARTS; part++)
    {
      AnfTensors *features = self->data->part[part].features;

      if (features == NULL)
        continue;
      port.tensor[part] = find_feature (features, node->name, only);
      good = port.tensor[part] != NULL
             ? suits (node, &type, port.tensor[part], port.each, error)
             : wrong (error, "The data has nothing for the input \"%s\"", node->name);
    }
  port.scaled = type.dtype == ANF_F16 && port.tensor[0] != NULL
                && anf_tensor_dtype (port.tensor[0]) == ANF_U8;
  g_array_append_val (self->ports, port);
  return good;
}

static gboolean
add_ports (AnfBatches *self, AnfGraph *graph, const AnfFrame *frame, GError **error)
{
  gboolean only = count_ports (graph) == 1;

  for (guint i = 0; i < graph->listed->len; i++)
    {
      const AnfNode *user = g_ptr_array_index (graph->listed, i), *node;

      if (user->op->feed == NULL
          || (node = anf_graph_find (frame->graph, user->id)) == NULL)
        continue;
      if (!add_port (self, node, only, error))
        return FALSE;
    }
  return TRUE;
}

/* ---- labels */

static gboolean
classes_in_range (const AnfBatches *self, const AnfTensor *labels, GError **error)
{
  gsize n = anf_tensor_elements (labels), each = per_sample (labels);
  double block[1024];

  for (gsize at = 0, count; at < n; at += count)
    {
      count = MIN (G_N_ELEMENTS (block), n - at);
      anf_tensor_read_double (labels, at, count, block);
      for (gsize i = 0; i < count; i++)
        if (block[i] != floor (block[i]))
          return wrong (error, "Label %g of sample %" G_GSIZE_FORMAT " is no whole number, as a "
                        "class is", block[i], (at + i) / each);
        else if (block[i] < 0 || block[i] >= self->classes)
          return wrong (error, "Label %.0f of sample %" G_GSIZE_FORMAT " is out of range: the "
                        "output has %" G_GSIZE_FORMAT " classes", block[i], (at + i) / each,
                        self->classes);
    }
  return TRUE;
}

static gboolean
binary_in_range (const AnfTensor *labels, GError **error)
{
  gsize n = anf_tensor_elements (labels), each = per_sample (labels);

  for (gsize i = 0; i < n; i++)
    {
      float value;

      anf_tensor_read (labels, i, 1, &value);
      if (!(value >= 0 && value <= 1))
        return wrong (error, "Label %g of sample %" G_GSIZE_FORMAT " is not from 0 to 1", value,
                      i / each);
    }
  return TRUE;
}

static gboolean
choose_labels (AnfBatches *self, const AnfFrame *frame, GError **error)
{
  for (guint part = 0; part < ANF_N_PARTS; part++)
    {
      const AnfTensor *labels = self->data->part[part].labels;
      gsize each = labels != NULL ? per_sample (labels) : 0;
      gboolean numbers = each == self->rows * self->classes
                         && !(frame->objective == ANF_OBJECTIVE_SOFTMAX && self->classes == 1);

      if (labels == NULL)
        continue;
      if (!numbers && (each != self->rows || self->classes == 1))
        return wrong (error, "A sample has %" G_GSIZE_FORMAT " labels; the output has %"
                      G_GSIZE_FORMAT " rows of %" G_GSIZE_FORMAT " numbers", each, self->rows,
                      self->classes);
      self->kind = numbers ? LABEL_NUMBER : LABEL_CLASS;
      if (self->kind == LABEL_CLASS && !classes_in_range (self, labels, error))
        return FALSE;
      if (self->kind == LABEL_NUMBER && frame->objective == ANF_OBJECTIVE_BINARY
          && !binary_in_range (labels, error))
        return FALSE;
    }
  return TRUE;
}

AnfBatches *
anf_batches_new (AnfGraph *graph, const AnfFrame *frame, AnfDataset *data,
                 const AnfTrainSettings *settings, gboolean half, GError **error)
{
  AnfBatches *self = g_new0 (AnfBatches, 1);

  self->data = data;
  self->ports = g_array_new (FALSE, FALSE, sizeof (Port));
  self->samples = frame->samples;
  self->half = half;
  self->classes = anf_frame_classes (frame);
  self->rows = anf_frame_rows (frame) / frame->samples;
  for (guint i = 0; i < 256; i++)
    self->table[i] = half ? anf_half_round (i * settings->byte_scale)
                          : (float) (i * settings->byte_scale);
  if (self->rows * frame->samples == anf_frame_rows (frame)
      ? add_ports (self, graph, frame, error) && choose_labels (self, frame, error)
      : wrong (error, "The output's rows are not those of %u samples", frame->samples))
    return self;
  anf_batches_free (self);
  return NULL;
}

void
anf_batches_free (AnfBatches *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < self->ports->len; i++)
    {
      Port *port = &g_array_index (self->ports, Port, i);

      for (guint part = 0; part < ANF_N_PARTS; part++)
        g_clear_pointer (&port->tensor[part], anf_tensor_unref);
      g_free (port->name);
    }
  g_array_unref (self->ports);
  g_free (self);
}

/* ---- filling */

static void
fill_port (const AnfBatches *self, const Port *port, AnfPart part, const guint *samples, guint n,
           float *place)
{
  const AnfTensor *tensor = port->tensor[part];
  const guint8 *bytes = port->scaled ? g_bytes_get_data (anf_tensor_bytes (tensor), NULL) : NULL;

  for (guint k = 0; k < n; k++, place += port->each)
    if (bytes != NULL)
      for (gsize i = 0; i < port->each; i++)
        place[i] = self->table[bytes[samples[k] * port->each + i]];
    else
      {
        anf_tensor_read (tensor, samples[k] * port->each, port->each, place);
        if (self->half)
          anf_finish (place, port->each, ANF_FINISH_HALF);
      }
  memset (place, 0, (self->samples - n) * port->each * sizeof *place);
}

static void
fill_target (const AnfBatches *self, AnfPart part, const guint *samples, guint n, float *place)
{
  const AnfTensor *labels = self->data->part[part].labels;
  gsize each = self->rows * self->classes;

  memset (place, 0, self->samples * each * sizeof *place);
  for (guint k = 0; k < n; k++, place += each)
    if (self->kind == LABEL_NUMBER)
      {
        anf_tensor_read (labels, samples[k] * each, each, place);
        if (self->half)
          anf_finish (place, each, ANF_FINISH_HALF);
      }
    else
      for (gsize row = 0; row < self->rows; row++)
        {
          double label;

          anf_tensor_read_double (labels, samples[k] * self->rows + row, 1, &label);
          place[row * self->classes + (gsize) label] = 1;
        }
}

static float *
find_place (AnfProgram *program, const char *name, const char *suffix)
{
  g_autofree char *whole = g_strconcat (name, suffix, NULL);

  return anf_program_place (program, whole);
}

void
anf_batches_fill (AnfBatches *self, AnfPart part, const guint *samples, guint n,
                  AnfProgram *program, const char *suffix)
{
  const guint *index = self->data->part[part].index;
  g_autofree guint *own = g_new (guint, n + 1);
  float *place;

  for (guint k = 0; k < n; k++)
    own[k] = index != NULL ? index[samples[k]] : samples[k];
  for (guint i = 0; i < self->ports->len; i++)
    {
      const Port *port = &g_array_index (self->ports, Port, i);

      if ((place = find_place (program, port->name, suffix)) != NULL)
        fill_port (self, port, part, own, n, place);
    }
  if ((place = find_place (program, ANF_FRAME_TARGET, suffix)) != NULL)
    fill_target (self, part, own, n, place);
}
