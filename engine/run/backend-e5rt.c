/* backend-e5rt.c - runs fused segments in the engine itself; the CPU runs what is no MIL program.
 *
 * A segment is compiled from its MIL text in a folder of its own, which lives as long as the loaded
 * segment. How many programs may be resident is a limit of the process, and so is the pause after a
 * compile that failed: that is why this file, alone, has a state of the process, behind one lock.
 * The engine computes one thing at a time anyway. */
#include "run/backend-e5rt.h"

#include "num/half.h"
#include "run/backend-e5rt-program.h"
#include "run/lower.h"

#include <glib/gstdio.h>

#include <string.h>

#define NAP_US (50 * G_TIME_SPAN_MILLISECOND)    /* while waiting, how soon a Stop is noticed */

typedef struct { AnfMilDtype dtype; gsize n; float *place; } Port;

typedef struct
{
  gpointer         host;           /* loaded by the CPU device: not a MIL program */
  char            *folder, *what;
  const AnfLoad   *load;
  const AnfSteps  *steps;
  GStringChunk    *words;
  Port            *in, *out;
  AnfE5rtSpec      spec;
  AnfE5rtProgram  *program;        /* NULL: not resident, or no longer */
  gboolean         known;          /* it was compiled before */
  GList            link;           /* in process.resident */
} Segment;

static struct
{
  GMutex     lock;
  AnfE5rt   *e5;                   /* once loaded it stays */
  AnfE5rtRig rig;
  GQueue     resident;             /* Segment, last used first */
  gint64     not_before;           /* no compile before that time; 0: any */
} process;

/* ---------------------------------------------------------------- time */

static gint64
now_us (void)
{
  return process.rig.now_us != NULL ? process.rig.now_us (process.rig.data)
                                    : g_get_monotonic_time ();
}

static void
sleep_us (gint64 us)
{
  if (process.rig.sleep_us != NULL)
    process.rig.sleep_us (us, process.rig.data);
  else
    g_usleep (us);
}

/* Takes the lock when a compile is allowed; FALSE, without it, if cancelled meanwhile. */
static gboolean
lock_for_compile (const AnfProgress *progress, GError **error)
{
  for (;;)
    {
      gint64 left;

      g_mutex_lock (&process.lock);
      left = process.not_before != 0 ? process.not_before - now_us () : 0;
      if (left <= 0)
        return TRUE;
      g_mutex_unlock (&process.lock);
      if (!anf_progress_step (progress, "Wait after a failed compile",
                              1 - CLAMP ((double) left / ANF_E5RT_PAUSE_US, 0, 1), error))
        return FALSE;
      sleep_us (MIN (left, NAP_US));
    }
}

/* ---------------------------------------------------------------- residents */

/* The lock is held. */
static void
evict (Segment *self)
{
  if (self->program == NULL)
    return;
  g_queue_unlink (&process.resident, &self->link);
  g_clear_pointer (&self->program, anf_e5rt_program_free);
}

static gboolean
make_resident (Segment *self, GError **error)
{
  AnfDeviceTimes *times = self->load->times;
  double us;

  while (g_queue_get_length (&process.resident) >= ANF_E5RT_MAX_RESIDENT)
    evict (g_queue_peek_tail (&process.resident));
  self->program = anf_e5rt_program_new (process.e5, &self->spec, &us, error);
  process.not_before = us < 0 ? now_us () + ANF_E5RT_PAUSE_US : 0;
  if (self->program == NULL)
    return FALSE;
  if (self->known)
    {
      times->warm_us += us;
      times->n_warm++;
    }
  else
    {
      times->cold_us += us;
      times->n_cold++;
    }
  self->known = TRUE;
  self->link.data = self;
  g_queue_push_head_link (&process.resident, &self->link);
  return TRUE;
}

/* ---------------------------------------------------------------- a segment's files */

/* Links are removed, not followed. */
static void
remove_all (const char *path)
{
  g_autoptr(GDir) dir = NULL;
  const char *name;

  if (!g_file_test (path, G_FILE_TEST_IS_SYMLINK))
    dir = g_dir_open (path, 0, NULL);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *inner = g_build_filename (path, name, NULL);

      remove_all (inner);
    }
  g_remove (path);
}

static gboolean
write_blob (const AnfMilBlob *blob, const char *path, GCancellable *cancellable, GError **error)
{
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GFileOutputStream) stream = g_file_create (file, G_FILE_CREATE_PRIVATE, cancellable,
                                                       error);

  return stream != NULL
         && anf_mil_blob_write (blob, G_OUTPUT_STREAM (stream), cancellable, error)
         && g_output_stream_close (G_OUTPUT_STREAM (stream), cancellable, error);
}

static gboolean
write_files (Segment *self, const AnfMilProgram *mil, const AnfProgress *progress, GError **error)
{
  g_autofree char *text = anf_mil_text (mil, "weights.bin"), *model = NULL, *weights = NULL;
  g_autofree char *cache = NULL;
  g_autoptr(GError) inner = NULL;

  if ((self->folder = g_dir_make_tmp ("aneforge-e5rt-XXXXXX", &inner)) != NULL)
    {
      model = g_build_filename (self->folder, "model.mil", NULL);
      weights = g_build_filename (self->folder, "weights.bin", NULL);
      cache = g_build_filename (self->folder, "cache", NULL);
      if (g_file_set_contents (model, text, -1, &inner)
          && write_blob (mil->blob, weights, progress != NULL ? progress->cancellable : NULL,
                         &inner)
          && g_mkdir (cache, 0700) == 0)
        return TRUE;
    }
  if (inner != NULL && g_error_matches (inner, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_propagate_error (error, g_steal_pointer (&inner));
  else
    g_set_error (error, ANF_ERROR, ANF_ERROR_RUN,
                 "Segment %s could not be written for the engine: %s", self->what,
                 inner != NULL ? inner->message : g_strerror (errno));
  return FALSE;
}

/* ---------------------------------------------------------------- ports */

static gsize
port_bytes (const AnfMilType *type)
{
  gsize n = anf_mil_type_elements (type);

  switch (type->dtype)
    {
    case ANF_MIL_UINT8:
      return (n + 1) & ~(gsize) 1;
    case ANF_MIL_INT32:
      return 4 * n;
    default:
      return 2 * n;
    }
}

static AnfE5rtPort
add_port (Segment *self, Port *port, const AnfMilPort *mil, float *place)
{
  *port = (Port) { mil->type.dtype, anf_mil_type_elements (&mil->type), place };
  return (AnfE5rtPort) { g_string_chunk_insert (self->words, mil->name), port_bytes (&mil->type) };
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
make_ports (Segment *self, const AnfLoad *load, guint segment, const AnfMilProgram *mil,
            const AnfValueNames *names)
{
  AnfE5rtPort *in = g_new0 (AnfE5rtPort, mil->inputs->len + 1);
  AnfE5rtPort *out = g_new0 (AnfE5rtPort, mil->outputs->len + 1);

  self->words = g_string_chunk_new (256);
  self->in = g_new0 (Port, mil->inputs->len + 1);
  self->out = g_new0 (Port, mil->outputs->len + 1);
  for (guint i = 0; i < mil->inputs->len; i++)
    in[i] = add_port (self, &self->in[i], &g_array_index (mil->inputs, AnfMilPort, i),
                      find_read (load, segment, self->steps->reads[i]));
  for (guint i = 0; i < mil->outputs->len; i++)
    {
      const AnfMilPort *port = &g_array_index (mil->outputs, AnfMilPort, i);
      float *place = NULL;

      for (guint j = 0; j < self->steps->n_writes; j++)
        if (g_str_equal (anf_value_name (names, self->steps->writes[j]), port->name))
          place = load->workspace + anf_plan_offset (load->plan, self->steps->writes[j]);
      out[i] = add_port (self, &self->out[i], port, place);
    }
  self->spec = (AnfE5rtSpec) { self->folder, self->what, mil->inputs->len, mil->outputs->len,
                               in, out };
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
  g_mutex_lock (&process.lock);
  evict (self);
  g_mutex_unlock (&process.lock);
  if (self->folder != NULL)
    remove_all (self->folder);
  if (self->words != NULL)
    g_string_chunk_free (self->words);
  g_free ((AnfE5rtPort *) self->spec.in);
  g_free ((AnfE5rtPort *) self->spec.out);
  g_free (self->in);
  g_free (self->out);
  g_free (self->folder);
  g_free (self->what);
  g_free (self);
}

static gboolean
load_program (Segment *self, const AnfLoad *load, guint segment, const AnfProgress *progress,
              GError **error)
{
  g_autoptr(AnfValueNames) names = anf_value_names_new (load->plan->report->graph);
  g_autoptr(AnfMilProgram) mil = anf_mil_build (load->plan, load->weights, names, segment, error);
  gboolean good;

  if (mil == NULL || !write_files (self, mil, progress, error))
    return FALSE;
  make_ports (self, load, segment, mil, names);
  if (!lock_for_compile (progress, error))
    return FALSE;
  good = make_resident (self, error);
  g_mutex_unlock (&process.lock);
  return good;
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
    {
      self->what = describe (load->plan, segment);
      good = load_program (self, load, segment, progress, error);
    }
  if (good)
    return self;
  unload (self);
  return NULL;
}

/* The lock is held. */
static gboolean
execute (Segment *self, GError **error)
{
  if (self->program == NULL && !make_resident (self, error))
    return FALSE;
  g_queue_unlink (&process.resident, &self->link);
  g_queue_push_head_link (&process.resident, &self->link);
  for (guint i = 0; i < self->spec.n_in; i++)
    copy_in (&self->in[i], anf_e5rt_program_input (self->program, i));
  if (!anf_e5rt_program_execute (self->program, error))
    return FALSE;
  for (guint i = 0; i < self->spec.n_out; i++)
    copy_out (&self->out[i], anf_e5rt_program_output (self->program, i));
  return TRUE;
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
  gboolean good;

  if (self->host != NULL)
    return anf_backend_cpu.run (self->host, watch, progress, error);
  if (progress != NULL
      && g_cancellable_set_error_if_cancelled (progress->cancellable, error))
    return FALSE;
  g_mutex_lock (&process.lock);
  if (self->program == NULL && process.not_before != 0)
    {
      g_mutex_unlock (&process.lock);
      if (!lock_for_compile (progress, error))
        return FALSE;
    }
  good = execute (self, error);
  g_mutex_unlock (&process.lock);
  for (guint i = 0; good && watch != NULL && watch->after != NULL && i < self->steps->n_nodes; i++)
    show_node (self, self->steps->nodes[i], watch);
  return good;
}

/* Another library than the system's is for tests: the variable is read nowhere else. */
static gboolean
probe (GError **error)
{
  gboolean good;

  g_mutex_lock (&process.lock);
  if (process.e5 == NULL)
    process.e5 = anf_e5rt_open (process.rig.library != NULL ? process.rig.library
                                                            : g_getenv ("ANF_E5RT_LIBRARY"),
                                error);
  good = process.e5 != NULL;
  g_mutex_unlock (&process.lock);
  return good;
}

void
anf_e5rt_set_rig (const AnfE5rtRig *rig)
{
  g_mutex_lock (&process.lock);
  g_assert (g_queue_is_empty (&process.resident));
  g_clear_pointer (&process.e5, anf_e5rt_close);
  process.rig = rig != NULL ? *rig : (AnfE5rtRig) { NULL };
  process.not_before = 0;
  g_mutex_unlock (&process.lock);
}

guint
anf_e5rt_n_resident (void)
{
  guint n;

  g_mutex_lock (&process.lock);
  n = g_queue_get_length (&process.resident);
  g_mutex_unlock (&process.lock);
  return n;
}

const AnfBackend anf_backend_e5rt = {
  .name = "e5rt", .title = "Neural Engine (e5rt)", .runs_here = runs_here, .probe = probe,
  .load = load_segment, .run = run, .unload = unload,
};
