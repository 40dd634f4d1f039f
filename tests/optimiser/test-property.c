/* test-property.c - graphs at random, full of what the optimiser looks for: at every level they
 * compute what they compute at level 0. */
#include "rig.h"

#define N_GRAPHS 120
#define MAX_STEPS 24

/* All values have 24 elements; by number of the shape. */
static const struct { guint rank; gint64 dim[3]; } shapes[] = {
  { 1, { 24 } }, { 2, { 4, 6 } }, { 2, { 6, 4 } }, { 3, { 2, 3, 4 } }, { 3, { 4, 3, 2 } },
};

typedef struct { AnfRef ref; guint shape; } Value;

typedef struct
{
  AnfGraphBuilder *b;
  GRand           *rand;
  GArray          *values;         /* Value, of numbers */
  guint            n_weights;
} Maker;

static AnfRef
add (Maker *self, const char *op, AnfRef x)
{
  AnfId id = anf_graph_builder_add (self->b, anf_op_lookup (op));

  if (x.node != 0)
    anf_graph_builder_connect (self->b, x, id, 0);
  return (AnfRef) { id, 0 };
}

static void
set_ints (Maker *self, AnfRef node, const char *attr, guint n, const gint64 *values)
{
  anf_graph_builder_set_attr (self->b, node.node, attr,
                              g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, values, n,
                                                         sizeof *values));
}

static void
keep (Maker *self, AnfRef ref, guint shape)
{
  Value value = { ref, shape };

  g_array_append_val (self->values, value);
}

/* Of late ones more often, so that chains come about. */
static const Value *
pick (Maker *self)
{
  guint n = self->values->len, back = g_rand_int_range (self->rand, 0, MIN (n, 4));

  if (g_rand_int_range (self->rand, 0, 4) == 0)
    back = g_rand_int_range (self->rand, 0, n);
  return &g_array_index (self->values, Value, n - 1 - back);
}

static void
add_source (Maker *self, gboolean constant)
{
  guint shape = g_rand_int_range (self->rand, 0, G_N_ELEMENTS (shapes));
  AnfRef node = add (self, constant ? "const" : "input", (AnfRef) { 0 });

  if (constant)
    {
      g_autofree char *name = g_strdup_printf ("w%u", self->n_weights++);
      g_autoptr(AnfWeight) weight = anf_weight_new_init (name, "normal", shapes[shape].rank,
                                                         shapes[shape].dim, 1, self->n_weights);

      anf_graph_builder_put_weight (self->b, weight);
      anf_graph_builder_set_weight (self->b, node.node, "value", name);
    }
  else
    set_ints (self, node, "shape", shapes[shape].rank, shapes[shape].dim);
  keep (self, node, shape);
}

static void
add_scalar (Maker *self, const char *op, double neutral)
{
  Value from = *pick (self);
  AnfRef node = add (self, op, from.ref);
  double k = g_rand_boolean (self->rand) ? neutral : 0.75;

  anf_graph_builder_set_attr (self->b, node.node, "k", g_variant_new_double (k));
  keep (self, node, from.shape);
}

static void
add_reshape (Maker *self)
{
  Value from = *pick (self);
  AnfRef node = add (self, "reshape", from.ref);
  guint to = g_rand_int_range (self->rand, 0, G_N_ELEMENTS (shapes));

  set_ints (self, node, "shape", shapes[to].rank, shapes[to].dim);
  keep (self, node, to);
}

/* Axes turned round: [4, 6] and [2, 3, 4] become the shape after them in the table. */
static void
add_transpose (Maker *self)
{
  Value from = *pick (self);
  guint rank = shapes[from.shape].rank, to = from.shape;
  gint64 perm[3] = { 0, 1, 2 };
  AnfRef node = add (self, "transpose", from.ref);

  if (g_rand_int_range (self->rand, 0, 3) > 0)
    {
      perm[0] = rank - 1;
      perm[rank - 1] = 0;
      to = rank == 1 ? to : from.shape == 1 || from.shape == 3 ? to + 1 : to - 1;
    }
  set_ints (self, node, "perm", rank, perm);
  keep (self, node, to);
}

static void
add_unary (Maker *self)
{
  static const char *const ops[] = { "relu", "tanh", "cast", "abs", "flatten" };
  Value from = *pick (self);
  const char *op = ops[g_rand_int_range (self->rand, 0, G_N_ELEMENTS (ops))];

  if (shapes[from.shape].rank != 3 && g_str_equal (op, "flatten"))
    op = "sigmoid";
  keep (self, add (self, op, from.ref), g_str_equal (op, "flatten") ? 0 : from.shape);
}

/* Two values of one shape; through comparisons and their contraries now and then. */
static void
add_pair (Maker *self)
{
  Value x = *pick (self), y = *pick (self);
  AnfRef node;

  for (guint i = 0; y.shape != x.shape; i++)
    y = i < 8 ? *pick (self) : x;
  if (g_rand_boolean (self->rand))
    {
      node = add (self, g_rand_boolean (self->rand) ? "add" : "mul", x.ref);
      anf_graph_builder_connect (self->b, y.ref, node.node, 1);
      keep (self, node, x.shape);
      return;
    }
  node = add (self, "greater", x.ref);
  anf_graph_builder_connect (self->b, y.ref, node.node, 1);
  for (int i = g_rand_int_range (self->rand, 0, 5); i > 0; i--)
    node = add (self, "logical_not", node);
  node = add (self, "select", node);
  anf_graph_builder_connect (self->b, x.ref, node.node, 1);
  anf_graph_builder_connect (self->b, y.ref, node.node, 2);
  keep (self, node, x.shape);
}

static void
add_step (Maker *self)
{
  switch (g_rand_int_range (self->rand, 0, 8))
    {
    case 0: add_scalar (self, "muls", 1); break;
    case 1: add_scalar (self, "adds", 0); break;
    case 2:
    case 3: add_reshape (self); break;
    case 4:
    case 5: add_transpose (self); break;
    case 6: add_unary (self); break;
    default: add_pair (self); break;
    }
}

static AnfGraph *
make_graph (guint seed)
{
  Maker self = { anf_graph_builder_new (NULL), g_rand_new_with_seed (seed),
                 g_array_new (FALSE, FALSE, sizeof (Value)), 0 };
  g_autoptr(GError) error = NULL;
  guint n_steps = g_rand_int_range (self.rand, 3, MAX_STEPS);
  AnfGraph *graph;

  add_source (&self, FALSE);
  add_source (&self, TRUE);
  if (g_rand_boolean (self.rand))
    add_source (&self, g_rand_boolean (self.rand));
  for (guint i = 0; i < n_steps; i++)
    add_step (&self);
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *name = g_strdup_printf ("y%u", i);
      guint at = i == 0 ? self.values->len - 1
                        : (guint) g_rand_int_range (self.rand, 2, self.values->len);

      anf_graph_builder_set_output (self.b, name, g_array_index (self.values, Value, at).ref);
    }
  graph = anf_graph_builder_end (self.b, &error);
  g_assert_no_error (error);
  g_array_unref (self.values);
  g_rand_free (self.rand);
  return graph;
}

/* Chains of scalars round once less: what is computed there is no longer the same number. */
static gboolean
has_chain (const AnfProgram *program)
{
  for (guint i = 0; i < anf_program_n_rewrites (program); i++)
    if (g_str_equal (anf_program_nth_rewrite (program, i)->rule, "chain"))
      return TRUE;
  return FALSE;
}

static guint
check_graph (guint seed, const char *target, AnfNumerics numerics)
{
  static const char *const levels[] = { "routes", "1", "2" };
  g_autoptr(AnfGraph) graph = make_graph (seed);
  g_autoptr(AnfProgram) plain = rig_compile (graph, "0", target, numerics);
  g_autoptr(AnfTensors) want = rig_run (plain, seed);
  guint done = 0;

  for (guint i = 0; i < G_N_ELEMENTS (levels); i++)
    {
      g_autoptr(AnfProgram) program = rig_compile (graph, levels[i], target, numerics);
      g_autoptr(AnfTensors) got = rig_run (program, seed);
      g_autofree char *rewrites = rig_rewrites (program);

      g_test_message ("graph %u at %s: %s", seed, levels[i], rewrites);
      if (has_chain (program))
        continue;
      rig_assert_same (want, got);
      done += anf_program_n_rewrites (program);
    }
  return done;
}

static void
test_same_on_new_chips (void)
{
  guint done = 0;

  for (guint seed = 1; seed <= N_GRAPHS; seed++)
    done += check_graph (seed, "h16s", ANF_NUMERICS_ANE);
  /* Else these graphs would show nothing. */
  g_assert_cmpuint (done, >, 3 * N_GRAPHS);
}

static void
test_same_on_old_chips (void)
{
  for (guint seed = 1; seed <= N_GRAPHS / 2; seed++)
    check_graph (N_GRAPHS + seed, "h13", seed % 2 == 0 ? ANF_NUMERICS_ANE : ANF_NUMERICS_LANES);
}

/* Once more over what came out: nothing is left to be done. */
static void
test_what_comes_out_is_settled (void)
{
  for (guint seed = 1; seed <= N_GRAPHS / 4; seed++)
    {
      g_autoptr(AnfGraph) graph = make_graph (seed);
      g_autoptr(AnfProgram) once = rig_compile (graph, "1", NULL, ANF_NUMERICS_ANE), twice = NULL;
      AnfGraphBuilder *b = anf_graph_builder_new (rig_lowered (once));
      g_autoptr(AnfGraph) lowered = anf_graph_builder_end (b, NULL);

      twice = rig_compile (lowered, "1", NULL, ANF_NUMERICS_ANE);
      g_assert_cmpuint (anf_program_n_rewrites (twice), ==, 0);
    }
}

int
main (int argc, char **argv)
{
  char *cache = rig_begin_cache ();

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/property/new-chips", test_same_on_new_chips);
  g_test_add_func ("/property/old-chips", test_same_on_old_chips);
  g_test_add_func ("/property/settled", test_what_comes_out_is_settled);
  return rig_end_cache (cache, g_test_run ());
}
