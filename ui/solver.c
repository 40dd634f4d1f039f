/* solver.c - recipes, found in threads and dropped when the document has gone on. */
#include "solver.h"

#include <math.h>
#include <string.h>

#include "lane.h"

#define NOTE   "recipe"            /* in the document: which choices are a recipe's */
#define POINTS 24                  /* of a frontier */
#define MORE   1.1                 /* of a limit, to see what it would gain */

/* One piece of work; only its thread writes to it until it is done. */
typedef enum { FRONTIER, LIMIT, SWEEP, N_WORKS } Work;

typedef struct
{
  Work        work;
  AnfPlan    *plan;
  AnfWeights *weights;
  AnfSolve    what;
  double      limit;
  AnfSweep   *sweep;
  gboolean    only_read;           /* of the sweep: what was measured at an earlier start */

  GPtrArray  *frontier;
  AnfRecipe  *recipe;
  double      price;
  GError     *error;
  gpointer    solver;              /* is told how far a sweep is */
} Job;

struct _StudioSolver
{
  GObject       parent_instance;

  AnfGraph     *graph;
  AnfPlan      *plan;
  AnfWeights   *survey, *weights;  /* as surveyed; with recipes' choices free */
  AnfSweep     *sweep;
  AnfSolve      axis;
  GPtrArray    *frontier;
  AnfRecipe    *recipe;
  char         *problem;
  double        price;
  StudioLane   *lane[N_WORKS];
  gboolean      reading;           /* the sweep that runs only reads */
  gint          told;              /* word that a sweep got on is on its way */
};

G_DEFINE_FINAL_TYPE (StudioSolver, studio_solver, G_TYPE_OBJECT)

enum { CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
job_free (gpointer data)
{
  Job *job = data;

  g_clear_pointer (&job->plan, anf_plan_unref);
  g_clear_pointer (&job->weights, anf_weights_unref);
  g_clear_pointer (&job->sweep, anf_sweep_unref);
  g_clear_pointer (&job->frontier, g_ptr_array_unref);
  g_clear_pointer (&job->recipe, anf_recipe_unref);
  g_clear_error (&job->error);
  g_object_unref (job->solver);
  g_free (job);
}

static void
changed (StudioSolver *self)
{
  g_signal_emit (self, signals[CHANGED], 0);
}

/* ------------------------------------------------------------------------ what recipes chose */

static char *
note_key (const AnfWeightFacts *facts)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT ".%s", facts->node, facts->role);
}

gboolean
studio_weight_by_recipe (const AnfGraph *graph, const AnfWeightFacts *facts)
{
  g_autoptr(GVariant) note = anf_graph_note (graph, 0, NOTE, "a{sv}");
  const AnfNode *node = anf_graph_find (graph, facts->node);
  g_autofree char *key = note_key (facts);
  const char *noted = NULL;
  AnfEncoding own;

  return note != NULL && node != NULL && anf_node_encoding (node, facts->role, &own)
         && g_variant_lookup (note, key, "&s", &noted)
         && strcmp (noted, anf_encoding_name (own)) == 0;
}

static void
loosen (StudioSolver *self)
{
  g_autofree gboolean *keep = NULL;

  g_clear_pointer (&self->weights, anf_weights_unref);
  if (self->survey == NULL || self->graph == NULL)
    return;
  keep = g_new0 (gboolean, anf_weights_n (self->survey) + 1);
  for (guint i = 0; i < anf_weights_n (self->survey); i++)
    {
      const AnfWeightFacts *facts = anf_weights_nth (self->survey, i);

      keep[i] = facts->pinned && !studio_weight_by_recipe (self->graph, facts);
    }
  self->weights = anf_weights_loosed (self->survey, keep);
}

AnfGraph *
studio_solver_apply (StudioSolver *self, const AnfRecipe *recipe)
{
  AnfGraphBuilder *b;
  GVariantDict note;

  if (self->graph == NULL || self->weights == NULL)
    return NULL;
  b = anf_graph_builder_new (self->graph);
  g_variant_dict_init (&note, NULL);
  for (guint i = 0; i < anf_weights_n (self->weights); i++)
    {
      const AnfWeightFacts *facts = anf_weights_nth (self->weights, i);
      AnfEncoding chosen = anf_recipe_nth (recipe, i);
      g_autofree char *key = note_key (facts);

      if (facts->pinned || anf_graph_find (self->graph, facts->node) == NULL)
        continue;
      anf_graph_builder_set_encoding (b, facts->node, facts->role, chosen);
      g_variant_dict_insert (&note, key, "s", anf_encoding_name (chosen));
    }
  anf_graph_builder_set_note (b, 0, NOTE, g_variant_dict_end (&note));
  return anf_graph_builder_end (b, NULL);
}

char *
studio_recipe_counts (const AnfRecipe *recipe, guint n)
{
  guint count[ANF_N_ENCODINGS] = { 0 };
  g_autoptr(GString) text = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    count[anf_recipe_nth (recipe, i)]++;
  for (guint e = ANF_N_ENCODINGS; e-- > 0; )
    if (count[e] > 0)
      g_string_append_printf (text, "%s%u %s", text->len > 0 ? ", " : "", count[e],
                              anf_encoding_name (e));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
studio_solver_changes (StudioSolver *self, const AnfRecipe *recipe)
{
  g_autoptr(GString) text = g_string_new (NULL);

  for (guint i = 0; self->weights != NULL && i < anf_weights_n (self->weights); i++)
    {
      const AnfWeightFacts *facts = anf_weights_nth (self->weights, i);
      const AnfNode *node = self->graph != NULL ? anf_graph_find (self->graph, facts->node) : NULL;
      AnfEncoding chosen = anf_recipe_nth (recipe, i);

      if (node != NULL && chosen != facts->chosen)
        g_string_append_printf (text, "%s%s %s → %s", text->len > 0 ? ", " : "",
                                anf_node_name (node), anf_encoding_name (facts->chosen),
                                anf_encoding_name (chosen));
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* ------------------------------------------------------------------------ sweeps on disk */

static char *
sweep_file (AnfSweep *sweep)
{
  return g_build_filename (g_get_user_cache_dir (), "aneforge-studio", "sweeps",
                           anf_sweep_key (sweep), NULL);
}

static void
read_sweep (AnfSweep *sweep)
{
  g_autofree char *file = sweep_file (sweep), *text = NULL;

  if (g_file_get_contents (file, &text, NULL, NULL))
    anf_sweep_read (sweep, text);
}

/* What cannot be written is measured again some day. */
static void
write_sweep (AnfSweep *sweep)
{
  g_autofree char *file = sweep_file (sweep), *folder = g_path_get_dirname (file);
  g_autofree char *text = anf_sweep_text (sweep);

  if (g_mkdir_with_parents (folder, 0700) == 0)
    g_file_set_contents (file, text, -1, NULL);
}

/* ------------------------------------------------------------------------ in a thread */

static void
find_recipe (Job *job)
{
  g_autoptr(AnfRecipe) more = NULL;

  job->recipe = anf_recipe_solve (job->plan, job->weights, job->what, job->limit, &job->error);
  if (job->recipe == NULL)
    return;
  more = anf_recipe_solve (job->plan, job->weights, job->what, job->limit * MORE, NULL);
  if (more != NULL)
    job->price = job->what == ANF_SOLVE_ERROR
      ? (double) anf_recipe_totals (job->recipe).bytes - anf_recipe_totals (more).bytes
      : anf_recipe_totals (job->recipe).error - anf_recipe_totals (more).error;
}

static gboolean
tell (gpointer data)
{
  StudioSolver *self = data;

  g_atomic_int_set (&self->told, 0);
  changed (self);
  return G_SOURCE_REMOVE;
}

static void
on_progress (const char *stage, double fraction, gpointer data)
{
  StudioSolver *self = data;

  if (g_strcmp0 (stage, "Sweep") == 0 && g_atomic_int_compare_and_exchange (&self->told, 0, 1))
    g_timeout_add_full (G_PRIORITY_DEFAULT, 50, tell, g_object_ref (self), g_object_unref);
}

static void
work (gpointer data, GCancellable *cancellable)
{
  Job *job = data;
  AnfProgress progress = { cancellable, job->work == SWEEP ? on_progress : NULL, job->solver };

  switch (job->work)
    {
    case FRONTIER:
      job->frontier = anf_recipe_frontier (job->plan, job->weights, job->what, POINTS, &progress,
                                           &job->error);
      break;

    case LIMIT:
      find_recipe (job);
      break;

    default:
      read_sweep (job->sweep);
      if (job->only_read)
        break;
      anf_sweep_run (job->sweep, &progress, &job->error);
      write_sweep (job->sweep);
    }
}

/* ------------------------------------------------------------------------ and back */

static void
set_recipe (StudioSolver *self, AnfRecipe *recipe, const char *problem, double price)
{
  AnfRecipe *held = recipe != NULL ? anf_recipe_ref (recipe) : NULL;
  char *words = g_strdup (problem);

  g_clear_pointer (&self->recipe, anf_recipe_unref);
  self->recipe = held;
  g_free (self->problem);
  self->problem = words;
  self->price = price;
}

static void
on_done (gpointer owner, gpointer data)
{
  StudioSolver *self = owner;
  Job *job = data;
  const char *problem = job->error != NULL ? job->error->message : NULL;

  if (job->work == FRONTIER && job->frontier != NULL)
    self->frontier = g_ptr_array_ref (job->frontier);
  else if (job->work == LIMIT)
    set_recipe (self, job->recipe, problem, job->price);
  else if (problem != NULL)
    set_recipe (self, self->recipe, problem, NAN);
  changed (self);
}

static void
start (StudioSolver *self, Work kind, AnfSolve what, double limit, gboolean only_read)
{
  Job *job;

  studio_lane_drop (self->lane[kind]);
  if (self->plan == NULL || self->weights == NULL || anf_weights_n (self->weights) == 0)
    return;
  job = g_new0 (Job, 1);
  *job = (Job) { kind, anf_plan_ref (self->plan), anf_weights_ref (self->weights), what, limit,
                 .only_read = only_read, .price = NAN, .solver = g_object_ref (self) };
  if (kind == SWEEP)
    job->sweep = anf_sweep_ref (self->sweep);
  studio_lane_ask (self->lane[kind], job, job_free, work, on_done);
}

static void
new_sweep (StudioSolver *self)
{
  AnfOptions options;

  studio_lane_drop (self->lane[SWEEP]);
  g_clear_pointer (&self->sweep, anf_sweep_unref);
  if (self->graph == NULL || self->survey == NULL)
    return;
  anf_options_init (&options, self->graph);
  self->sweep = anf_sweep_new (self->graph, &options, self->survey, NULL);
  if (self->sweep != NULL)
    {
      self->reading = TRUE;
      start (self, SWEEP, 0, 0, TRUE);
    }
}

/* What was applied may still be saved; anything else is of a document that is gone. */
static gboolean
is_applied (const AnfRecipe *recipe, const AnfWeights *before, const AnfWeights *now)
{
  if (recipe == NULL || before == NULL || now == NULL
      || anf_weights_n (before) != anf_weights_n (now))
    return FALSE;
  for (guint i = 0; i < anf_weights_n (now); i++)
    if (anf_weights_nth (before, i)->node != anf_weights_nth (now, i)->node
        || anf_weights_nth (now, i)->chosen != anf_recipe_nth (recipe, i))
      return FALSE;
  return TRUE;
}

void
studio_solver_show (StudioSolver *self, const StudioView *view)
{
  g_autoptr(AnfWeights) before = NULL;
  gboolean other = view->weights != self->survey || view->plan != self->plan;

  g_clear_pointer (&self->graph, anf_graph_unref);
  self->graph = view->graph != NULL ? anf_graph_ref (view->graph) : NULL;
  if (!other)
    return;
  g_clear_pointer (&self->plan, anf_plan_unref);
  before = g_steal_pointer (&self->survey);
  g_clear_pointer (&self->frontier, g_ptr_array_unref);
  self->plan = view->plan != NULL ? anf_plan_ref (view->plan) : NULL;
  self->survey = view->weights != NULL ? anf_weights_ref (view->weights) : NULL;
  for (guint i = 0; i < N_WORKS; i++)
    studio_lane_drop (self->lane[i]);
  if (!is_applied (self->recipe, before, self->survey))
    set_recipe (self, NULL, NULL, NAN);
  loosen (self);
  start (self, FRONTIER, self->axis, 0, FALSE);
  new_sweep (self);
  changed (self);
}

/* ------------------------------------------------------------------------ wishes */

void
studio_solver_solve (StudioSolver *self, AnfSolve what, double limit)
{
  set_recipe (self, NULL, NULL, NAN);
  start (self, LIMIT, what, limit, FALSE);
  changed (self);
}

void
studio_solver_set_axis (StudioSolver *self, AnfSolve by)
{
  if (self->axis == by)
    return;
  self->axis = by;
  g_clear_pointer (&self->frontier, g_ptr_array_unref);
  start (self, FRONTIER, by, 0, FALSE);
  changed (self);
}

void
studio_solver_pick (StudioSolver *self, guint i)
{
  g_return_if_fail (self->frontier != NULL && i < self->frontier->len);

  studio_lane_drop (self->lane[LIMIT]);
  set_recipe (self, g_ptr_array_index (self->frontier, i), NULL, NAN);
  changed (self);
}

void
studio_solver_sweep (StudioSolver *self)
{
  if (self->sweep == NULL)
    return;
  self->reading = FALSE;
  start (self, SWEEP, 0, 0, FALSE);
  changed (self);
}

void
studio_solver_stop (StudioSolver *self)
{
  studio_lane_drop (self->lane[SWEEP]);
  changed (self);
}

gboolean
studio_solver_is_sweeping (StudioSolver *self)
{
  return studio_lane_busy (self->lane[SWEEP]) && !self->reading;
}

gboolean
studio_solver_get_busy (StudioSolver *self)
{
  return studio_lane_busy (self->lane[LIMIT]);
}

double
studio_solver_predict (StudioSolver *self, const AnfRecipe *recipe)
{
  guint n = self->sweep != NULL ? anf_sweep_n (self->sweep) : 0;
  g_autofree AnfEncoding *chosen = g_new0 (AnfEncoding, n + 1);

  if (n == 0)
    return NAN;
  for (guint i = 0; i < n; i++)
    chosen[i] = anf_recipe_nth (recipe, i);
  return anf_sweep_predict (self->sweep, chosen);
}

AnfSolve          studio_solver_get_axis     (StudioSolver *self) { return self->axis; }
const GPtrArray  *studio_solver_get_frontier (StudioSolver *self) { return self->frontier; }
const AnfRecipe  *studio_solver_get_recipe   (StudioSolver *self) { return self->recipe; }
const char       *studio_solver_get_problem  (StudioSolver *self) { return self->problem; }
double            studio_solver_get_price    (StudioSolver *self) { return self->price; }
AnfSweep         *studio_solver_get_sweep    (StudioSolver *self) { return self->sweep; }
const AnfWeights *studio_solver_get_weights  (StudioSolver *self) { return self->weights; }

static void
studio_solver_dispose (GObject *object)
{
  StudioSolver *self = STUDIO_SOLVER (object);

  for (guint i = 0; i < N_WORKS; i++)
    g_clear_pointer (&self->lane[i], studio_lane_free);
  g_clear_pointer (&self->graph, anf_graph_unref);
  g_clear_pointer (&self->plan, anf_plan_unref);
  g_clear_pointer (&self->survey, anf_weights_unref);
  g_clear_pointer (&self->weights, anf_weights_unref);
  g_clear_pointer (&self->sweep, anf_sweep_unref);
  g_clear_pointer (&self->frontier, g_ptr_array_unref);
  set_recipe (self, NULL, NULL, NAN);
  g_clear_pointer (&self->problem, g_free);
  G_OBJECT_CLASS (studio_solver_parent_class)->dispose (object);
}

static void
studio_solver_class_init (StudioSolverClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = studio_solver_dispose;

  signals[CHANGED] = g_signal_new ("changed", STUDIO_TYPE_SOLVER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 0);
}

static void
studio_solver_init (StudioSolver *self)
{
  self->axis = ANF_SOLVE_BYTES;
  self->price = NAN;
  for (guint i = 0; i < N_WORKS; i++)
    self->lane[i] = studio_lane_new (self);
}

StudioSolver *
studio_solver_new (void)
{
  return g_object_new (STUDIO_TYPE_SOLVER, NULL);
}
