/* backend-e5rt.c - runs fused segments in the engine itself; what is no program runs on the CPU. */
#include "run/backend-e5rt.h"

#include "num/half.h"
#include "run/backend-e5rt-resident.h"
#include "run/lower.h"

typedef struct { AnfMilDtype dtype; gsize n; float *place; } Port;

typedef struct
{
  const AnfLoad   *load;
  const AnfSteps  *steps;
  gpointer         host;           /* loaded by the CPU device: not a MIL program */
  AnfE5rtResident *resident;
  guint            n_in, n_out;
  Port            *in, *out;
} Segment;

/* ---------------------------------------------------------------- ports */

static Port
make_port (const AnfMilPort *mil, float *place)
{
  return (Port) { mil->type.dtype, anf_mil_type_elements (&mil->type), place };
}

/* Where what is read is: as it was fed, if the row that makes its value of that is in here. */
static float *
find_read (const AnfLoad *load, guint segment, AnfRef ref)
{
  const AnfReport *report = load->plan->report;
  const AnfNode *node = anf_graph_find (report->graph, ref.node);
  int there = load->plan->segment_of[anf_report_position (report, ref.node)];

  if (node->op->feed != NULL && (node->op->source || there == (int) segment))
    return g_hash_table_lookup (load->ports, GSIZE_TO_POINTER (ref.node));
  return load->workspace + anf_plan_offset (load->plan, ref);
}

/* Inputs are in the order of what is read. Outputs are told by name: one that goes out of the graph
 * under several names has several ports, and one place. */
static void
make_ports (Segment *self, guint segment, const AnfMilProgram *mil, const AnfValueNames *names)
{
  const AnfLoad *load = self->load;

  self->n_in = mil->inputs->len;
  self->n_out = mil->outputs->len;
  self->in = g_new0 (Port, self->n_in + 1);
  self->out = g_new0 (Port, self->n_out + 1);
  for (guint i = 0; i < self->n_in; i++)
    self->in[i] = make_port (&g_array_index (mil->inputs, AnfMilPort, i),
                             find_read (load, segment, self->steps->reads[i]));
  for (guint i = 0; i < self->n_out; i++)
    {
      const AnfMilPort *port = &g_array_index (mil->outputs, AnfMilPort, i);
      float *place = NULL;

      for (guint j = 0; j < self->steps->n_writes; j++)
        if (g_str_equal (anf_value_name (names, self->steps->writes[j]), port->name))
          place = load->workspace + anf_plan_offset (load->plan, self->steps->writes[j]);
      self->out[i] = make_port (port, place);
    }
}

static void
copy_in (const Port *port, void *data)
{
  switch (port->dtype)
    {
    case ANF_MIL_UINT8:
      for (gsize i = 0; i < port->n; i++)
        ((guint8 *) data)[i] = CLAMP (port->place[i], 0, 255);
      break;
    case ANF_MIL_INT32:
      for (gsize i = 0; i < port->n; i++)
        ((gint32 *) data)[i] = port->place[i];
      break;
    default:
      anf_half_encode (port->place, port->n, data);
    }
}

static void
copy_out (const Port *port, const void *data)
{
  if (port->place == NULL)
    return;
  switch (port->dtype)
    {
    case ANF_MIL_UINT8:
      for (gsize i = 0; i < port->n; i++)
        port->place[i] = ((const guint8 *) data)[i];
      break;
    case ANF_MIL_INT32:
      for (gsize i = 0; i < port->n; i++)
        port->place[i] = ((const gint32 *) data)[i];
      break;
    default:
      anf_half_decode (data, port->n, port->place);
    }
}

/* ---------------------------------------------------------------- the device */

/* "s0 (c1 to fc)", for messages: the user's nodes. */
static char *
describe (const AnfPlan *plan, guint number)
{
  const AnfSegment *segment = anf_plan_nth_segment (plan, number);
  const AnfGraph *graph = plan->whole->graph;
  const AnfNode *first = anf_graph_find (graph, segment->nodes[0]);
  const AnfNode *last = anf_graph_find (graph, segment->nodes[segment->n_nodes - 1]);

  return first == last ? g_strdup_printf ("%s (%s)", segment->name, first->name)
                       : g_strdup_printf ("%s (%s to %s)", segment->name, first->name,
                                          last->name);
}

static void
unload (gpointer loaded)
{
  Segment *self = loaded;

  if (self->host != NULL)
    anf_backend_cpu.unload (self->host);
  if (self->resident != NULL)
    anf_e5rt_resident_put (self->resident);
  g_free (self->in);
  g_free (self->out);
  g_free (self);
}

static gboolean
load_program (Segment *self, guint segment, const AnfProgress *progress, GError **error)
{
  const AnfLoad *load = self->load;
  g_autoptr(AnfValueNames) names = anf_value_names_new (load->plan->report->graph);
  g_autoptr(AnfMilProgram) mil = anf_mil_build (load->plan, load->weights, names, segment, error);
  g_autofree char *what = describe (load->plan, segment);

  if (mil == NULL)
    return FALSE;
  make_ports (self, segment, mil, names);
  self->resident = anf_e5rt_resident_get (mil, what, load->times, progress, error);
  return self->resident != NULL;
}

/* Bridges are not reached through this interface, and host segments have no form in MIL. */
static gboolean
runs_here (const AnfLoad *load, guint segment)
{
  return anf_plan_nth_segment (load->plan, segment)->kind == ANF_SEGMENT_FUSED;
}

static gpointer
load_segment (const AnfLoad *load, guint segment, const AnfProgress *progress, GError **error)
{
  Segment *self;
  gboolean good;

  if (load->numerics == ANF_NUMERICS_FP32)
    {
      g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_INPUT,
                   "The engine rounds to fp16: numerics fp32 are only on the CPU device");
      return NULL;
    }
  self = g_new0 (Segment, 1);
  self->load = load;
  self->steps = anf_plan_steps (load->plan, segment);
  if (!runs_here (load, segment))
    good = (self->host = anf_backend_cpu.load (load, segment, progress, error)) != NULL;
  else
    good = load_program (self, segment, progress, error);
  if (good)
    return self;
  unload (self);
  return NULL;
}

static gboolean
execute (Segment *self, const AnfProgress *progress, GError **error)
{
  AnfE5rtProgram *program = anf_e5rt_resident_begin (self->resident, self->load->times, progress,
                                                     error);
  gboolean good;

  if (program == NULL)
    return FALSE;
  for (guint i = 0; i < self->n_in; i++)
    copy_in (&self->in[i], anf_e5rt_program_input (program, i));
  good = anf_e5rt_program_execute (program, error);
  for (guint i = 0; good && i < self->n_out; i++)
    copy_out (&self->out[i], anf_e5rt_program_output (program, i));
  anf_e5rt_resident_end (self->resident);
  return good;
}

static gboolean
is_written (const Segment *self, AnfRef ref)
{
  for (guint i = 0; i < self->steps->n_writes; i++)
    if (self->steps->writes[i].node == ref.node && self->steps->writes[i].port == ref.port)
      return TRUE;
  return FALSE;
}

/* What leaves the segment is all that can be seen of it. */
static void
show_node (const Segment *self, AnfId id, const AnfWatch *watch)
{
  const AnfNode *node = anf_graph_find (self->load->plan->report->graph, id);
  guint n = anf_node_n_outputs (node);
  g_autofree const float **out = g_new (const float *, n);

  for (guint i = 0; i < n; i++)
    {
      AnfRef ref = { id, i };

      if (!is_written (self, ref))
        return;
      out[i] = self->load->workspace + anf_plan_offset (self->load->plan, ref);
    }
  watch->after (node, out, watch->data);
}

static gboolean
run (gpointer loaded, const AnfWatch *watch, const AnfProgress *progress, GError **error)
{
  Segment *self = loaded;

  if (self->host != NULL)
    return anf_backend_cpu.run (self->host, watch, progress, error);
  if (progress != NULL
      && g_cancellable_set_error_if_cancelled (progress->cancellable, error))
    return FALSE;
  if (!execute (self, progress, error))
    return FALSE;
  for (guint i = 0; watch != NULL && watch->after != NULL && i < self->steps->n_nodes; i++)
    show_node (self, self->steps->nodes[i], watch);
  return TRUE;
}

const AnfBackend anf_backend_e5rt = {
  .name = "e5rt", .title = "Neural Engine (e5rt)", .runs_here = runs_here,
  .probe = anf_e5rt_resident_probe, .load = load_segment, .run = run, .unload = unload,
};
