/* backend-cpu.c - runs a segment's nodes one by one with the kernels of their rows. */
#include "run/backend.h"

#include "num/threads.h"
#include "run/chain.h"
#include "run/layout.h"
#include "weight/choose.h"

#define BLOCK 2048                 /* of a chain: its values stay in the first cache */
#define GRAIN 16384                /* items per thread where the row says nothing: some 10 us */

typedef struct
{
  AnfCall       call;
  guint         at;                /* position of the user's node in his graph */
  gsize         items;
  AnfType       fed;               /* of rows with a port of their own type */
  const AnfType **in_type;
  const float **in, **weight;
  float       **out;
  AnfTensor    *tensor[ANF_MAX_ROLES];
  AnfEncoded   *stored;            /* of a weight that is streamed; else NULL */
  const float **turn;              /* by input: what its place in call.in is turned from, or NULL */
  guint         n_followers;       /* the steps behind this one that run along with it */
  gboolean      timed;
  gint64        own_ns;            /* as a follower: taken on the thread that runs the program */
} Step;

typedef struct
{
  Step  *steps;
  guint  n_steps;
  float *plain;                    /* room for a result in the order of its axes */
} Loaded;

static const float *
find_value (const AnfLoad *load, AnfRef ref)
{
  const AnfNode *from = ref.node != 0 ? anf_graph_find (load->plan->report->graph, ref.node)
                                      : NULL;

  if (from == NULL)
    return NULL;
  if (from->op->source && from->op->feed == NULL)
    return anf_weights_values (load->weights, from, 0, NULL);
  return load->workspace + anf_plan_offset (load->plan, ref);
}

static void
bind_inputs (Step *step, const AnfLoad *load, const AnfNode *node)
{
  const AnfReport *report = load->plan->report;
  guint n = node->n_in;

  step->in = g_new0 (const float *, n + 1);
  step->in_type = g_new0 (const AnfType *, n + 1);
  anf_report_inputs (report, node, step->in_type);
  for (guint i = 0; i < n; i++)
    step->in[i] = find_value (load, node->in[i]);
  if (node->op->feed != NULL)
    {
      node->op->feed (node, &step->fed);
      step->in[0] = g_hash_table_lookup (load->ports, GSIZE_TO_POINTER (node->id));
      step->in_type[0] = &step->fed;
      n = 1;
    }
  step->call.n_in = n;
  step->call.in = step->in;
  step->call.in_type = step->in_type;
}

static void
step_init (Step *step, const AnfLoad *load, AnfId id)
{
  const AnfReport *report = load->plan->report;
  const AnfNode *node = anf_graph_find (report->graph, id);
  guint n_roles = anf_op_n_roles (node->op);
  AnfCall *call = &step->call;
  guint at;

  at = anf_report_position (report, id);
  step->at = anf_report_position (load->plan->whole, node->origin != 0 ? node->origin : id);
  call->node = node;
  call->numerics = node->place == ANF_PLACE_HOST ? ANF_NUMERICS_FP32 : load->numerics;
  call->family = report->family;
  call->n_out = anf_node_n_outputs (node);
  call->out_type = report->types[at];
  bind_inputs (step, load, node);

  step->out = g_new0 (float *, call->n_out);
  for (guint i = 0; i < call->n_out; i++)
    step->out[i] = load->workspace + anf_plan_offset (load->plan, (AnfRef) { id, i });

  step->weight = g_new0 (const float *, n_roles + 1);
  anf_report_weights (report, node, step->tensor);
  for (guint i = 0; i < n_roles; i++)
    if (step->tensor[i] != NULL)
      step->weight[i] = anf_weights_values (load->weights, node, i, NULL);
  call->weight = step->weight;
  call->weight_tensor = step->tensor;

  if (node->op->streams != NULL && call->numerics == ANF_NUMERICS_ANE && node->op->streams (call))
    {
      step->stored = anf_weights_encoded (load->weights, node, 0);
      call->stored = step->stored != NULL ? &step->stored->payload : NULL;
    }

}

/* Once its layouts are known. */
static gboolean
step_prepare (Step *step, GError **error)
{
  AnfCall *call = &step->call;
  const AnfNode *node = call->node;

  if (node->op->prepare != NULL && !node->op->prepare (call, &call->state, error))
    return FALSE;
  call->in = step->in;
  call->out = step->out;
  step->items = node->op->items != NULL ? node->op->items (call)
                                        : anf_type_elements (&call->out_type[0]);
  return TRUE;
}

static void
unload (gpointer loaded)
{
  Loaded *self = loaded;

  for (guint i = 0; i < self->n_steps; i++)
    {
      Step *step = &self->steps[i];

      if (step->call.node != NULL && step->call.node->op->release != NULL
          && step->call.state != NULL)
        step->call.node->op->release (step->call.state);
      g_clear_pointer (&step->stored, anf_encoded_unref);
      g_free (step->in_type);
      g_free (step->weight);
      g_free (step->out);
      for (guint k = 0; step->turn != NULL && k < step->call.n_in; k++)
        if (step->turn[k] != NULL)
          g_free ((gpointer) step->in[k]);
      g_free (step->turn);
      g_free (step->in);
    }
  g_free (self->steps);
  g_free (self->plain);
  g_free (self);
}

/* Copies in the order of the axes for those inputs of the step that have their channels last. */
static void
bind_turned (Step *step, guint32 turned)
{
  if (turned == 0)
    return;
  step->turn = g_new0 (const float *, step->call.n_in);
  for (guint k = 0; k < step->call.n_in; k++)
    if (turned >> k & 1)
      {
        step->turn[k] = step->in[k];
        step->in[k] = g_new (float, anf_type_elements (step->in_type[k]));
      }
}

static void
follow (const AnfCall *call, gsize begin, gsize end)
{
  Step *head = call->follower;
  gboolean timed = head->timed && anf_threads_is_first ();

  for (guint i = 1; i <= head->n_followers; i++)
    {
      Step *step = head + i;
      gint64 before = timed ? anf_now_ns () : 0;

      step->call.node->op->kernel (&step->call, begin, end);
      if (timed)
        step->own_ns += anf_now_ns () - before;
    }
}

static void
choose_chains (Loaded *self, AnfCall *const *calls, const guint32 *turned)
{
  for (guint i = 0; i < self->n_steps; i++)
    {
      calls[i]->in = self->steps[i].in;
      calls[i]->out = self->steps[i].out;
    }
  for (guint i = 0; i < self->n_steps; i += 1 + self->steps[i].n_followers)
    self->steps[i].n_followers = anf_chain_length (calls, self->n_steps, i, turned);
  for (guint i = 0; i < self->n_steps; i++)
    calls[i]->in = NULL;           /* while preparing there are no numbers */
}

static void
choose_layouts (Loaded *self, const AnfLoad *load)
{
  g_autofree AnfCall **calls = g_new (AnfCall *, self->n_steps + 1);
  g_autofree guint32 *turned = g_new0 (guint32, self->n_steps + 1);
  gsize most = 0;

  for (guint i = 0; i < self->n_steps; i++)
    calls[i] = &self->steps[i].call;
  if (load->numerics != ANF_NUMERICS_LANES)
    anf_choose_layouts (load->plan->report->graph, calls, self->n_steps, turned);
  choose_chains (self, calls, turned);
  for (guint i = 0; i < self->n_steps; i++)
    {
      bind_turned (&self->steps[i], turned[i]);
      if (calls[i]->last_out)
        most = MAX (most, anf_type_elements (calls[i]->out_type));
    }
  self->plain = g_new (float, MAX (most, 1));
}

static gpointer
load_segment (const AnfLoad *load, guint segment, const AnfProgress *progress, GError **error)
{
  const AnfSteps *from = anf_plan_steps (load->plan, segment);
  Loaded *self = g_new0 (Loaded, 1);

  self->n_steps = from->n_nodes;
  self->steps = g_new0 (Step, from->n_nodes);
  for (guint i = 0; i < from->n_nodes; i++)
    step_init (&self->steps[i], load, from->nodes[i]);
  choose_layouts (self, load);
  for (guint i = 0; i < from->n_nodes; i++)
    if (!anf_progress_step (progress, "Load", (double) i / from->n_nodes, error)
        || !step_prepare (&self->steps[i], error))
      {
        unload (self);
        return NULL;
      }
  return self;
}

static void
run_range (gsize begin, gsize end, gpointer data)
{
  Step *step = data;
  const AnfCall *call = &step->call;
  gsize n = call->follower != NULL ? BLOCK : end - begin;

  for (gsize at = begin; at < end; at += n)
    {
      call->node->op->kernel (call, at, MIN (at + n, end));
      if (call->follower != NULL)
        follow (call, at, MIN (at + n, end));
    }
}

/* @along: with those that may follow it. */
static void
run_step (Step *step, gboolean along)
{
  const AnfOp *op = step->call.node->op;

  for (guint k = 0; step->turn != NULL && k < step->call.n_in; k++)
    if (step->turn[k] != NULL)
      anf_channels_first (step->turn[k], step->in_type[k], (float *) step->in[k]);
  step->call.follower = along && step->n_followers > 0 ? step : NULL;
  step->call.settled = step->call.follower != NULL && op->settles ? follow : NULL;
  if (op->whole)
    op->kernel (&step->call, 0, step->items);
  else
    anf_parallel (step->items, op->grain != 0 ? op->grain : GRAIN, run_range, step);
}

/* The time of a chain: that of each follower as one thread saw it, and the rest to the head. */
static void
note_times (Step *step, guint n_followers, gint64 ns, double *node_us)
{
  for (guint i = 1; i <= n_followers; i++)
    {
      node_us[step[i].at] += step[i].own_ns / 1e3;
      ns -= step[i].own_ns;
      step[i].own_ns = 0;
    }
  node_us[step->at] += MAX (ns, 0) / 1e3;
}

/* Those who watch see every value in the order of its axes. */
static void
show (const Loaded *self, const Step *step, const AnfWatch *watch)
{
  const float *plain = self->plain;

  if (step->call.last_out)
    {
      anf_channels_first (step->out[0], step->call.out_type, self->plain);
      watch->after (step->call.node, &plain, watch->data);
    }
  else
    watch->after (step->call.node, (const float *const *) step->out, watch->data);
}

static gboolean
run (gpointer loaded, const AnfWatch *watch, const AnfProgress *progress, GError **error)
{
  Loaded *self = loaded;
  gboolean timed = watch != NULL && watch->node_us != NULL;

  for (guint i = 0, n; i < self->n_steps; i += 1 + n)
    {
      Step *step = &self->steps[i];
      gint64 before;

      /* Who wants to see every value sees it before the next one is written over it. */
      n = watch == NULL || watch->after == NULL ? step->n_followers : 0;
      if (progress != NULL && progress->cancellable != NULL
          && g_cancellable_set_error_if_cancelled (progress->cancellable, error))
        return FALSE;
      step->timed = timed;
      before = timed ? anf_now_ns () : 0;
      run_step (step, n > 0);
      if (timed)
        note_times (step, n, anf_now_ns () - before, watch->node_us);
      if (watch != NULL && watch->after != NULL)
        show (self, step, watch);
    }
  return TRUE;
}

static gboolean
probe (GError **error)
{
  return TRUE;
}

const AnfBackend anf_backend_cpu = {
  .name = "cpu", .title = "CPU", .probe = probe, .load = load_segment, .run = run,
  .unload = unload,
};
