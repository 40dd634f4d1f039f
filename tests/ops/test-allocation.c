/* test-allocation.c - a run asks for no memory: what it needs was had when it was loaded.
 *
 * Every row is compiled by itself and run; the second run is counted, by the hooks of the address
 * sanitizer. What oneDNN asks for inside its own call is not ours to count: some tens of bytes.
 * Rare ways (an infinity among what is multiplied, the profile ane-lanes) may ask for more. */
#include "bench.h"
#include "run/program.h"

#include <dnnl.h>

int __sanitizer_install_malloc_and_free_hooks (void (*on_malloc) (const volatile void *, gsize),
                                               void (*on_free) (const volatile void *))
  __attribute__ ((weak));
dnnl_status_t __real_dnnl_primitive_execute (const_dnnl_primitive_t primitive,
                                             dnnl_stream_t stream, int n,
                                             const dnnl_exec_arg_t *args);
dnnl_status_t __wrap_dnnl_primitive_execute (const_dnnl_primitive_t primitive,
                                             dnnl_stream_t stream, int n,
                                             const dnnl_exec_arg_t *args);

static gboolean counting;
static guint n_asked;

static void
on_malloc (const volatile void *place, gsize size)
{
  n_asked += counting;
}

static void
on_free (const volatile void *place)
{
}

/* The linker puts this in the place of the library's. */
dnnl_status_t
__wrap_dnnl_primitive_execute (const_dnnl_primitive_t primitive, dnnl_stream_t stream, int n,
                               const dnnl_exec_arg_t *args)
{
  gboolean was = counting;
  dnnl_status_t status;

  counting = FALSE;
  status = __real_dnnl_primitive_execute (primitive, stream, n, args);
  counting = was;
  return status;
}

static guint
count (AnfGraph *graph, AnfNumerics numerics)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfProgram) program = NULL;
  g_autoptr(AnfTensors) inputs = NULL;
  double segment_us[16], node_us[64];
  AnfTiming timing = { 0, segment_us, node_us };
  AnfOptions options;

  anf_options_init (&options, graph);
  options.numerics = numerics;
  options.threads = 1;
  program = anf_compile (graph, &options, NULL, &error);
  g_assert_no_error (error);
  inputs = anf_feed (program, NULL, TRUE, 0, &error);
  g_assert_no_error (error);
  n_asked = 0;
  for (guint i = 0; i < 3; i++)
    {
      counting = i == 2;
      g_assert_true (anf_program_run_timed (program, inputs, 0, &timing, NULL, &error));
      counting = FALSE;
    }
  return n_asked;
}

static void
test_row (gconstpointer data)
{
  const AnfOp *op = data;
  Bench *bench = bench_sample (op, ANF_NUMERICS_ANE);
  g_autoptr(AnfGraph) graph = bench_graph (bench);
  guint asked = count (graph, ANF_NUMERICS_ANE);

  bench_free (bench);
  g_test_message ("%s asks %u times", op->name, asked);
  g_assert_cmpuint (asked, ==, 0);
}

/* Else nothing of the above would show anything. */
static void
test_counter_counts (void)
{
  n_asked = 0;
  counting = TRUE;
  g_free (g_malloc (24));
  counting = FALSE;
  g_assert_cmpuint (n_asked, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (__sanitizer_install_malloc_and_free_hooks == NULL)
    {
      g_print ("1..0 # SKIP built without the address sanitizer, whose hooks count\n");
      return 0;
    }
  __sanitizer_install_malloc_and_free_hooks (on_malloc, on_free);
  g_test_add_func ("/allocation/counter", test_counter_counts);
  for (guint i = 0; anf_op_nth (i) != NULL; i++)
    {
      const AnfOp *op = anf_op_nth (i);
      g_autofree char *path = g_strdup_printf ("/allocation/row/%s", op->name);

      if (op->sample.in[0].rank > 0 && !op->source)
        g_test_add_data_func (path, op, test_row);
    }
  return g_test_run ();
}
