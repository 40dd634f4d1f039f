/* test-device.c - the device e5rt: what it does when calls fail, when there are too many programs,
 * when a compile fails, when it is stopped, and where there is no such library. */
#include "rig.h"

#include "run/backend-e5rt.h"

#include <string.h>

/* ---------------------------------------------------------------- calls */

static void
test_it_computes_what_the_cpu_computes (void)
{
  g_autoptr(AnfGraph) graph = NULL;
  g_autoptr(AnfProgram) cpu = NULL, e5rt = NULL;
  g_autofree float *expected = NULL, *values = NULL;
  g_autoptr(GError) error = NULL;
  gsize n_expected, n;

  rig_begin ();
  graph = rig_cut_graph ();
  cpu = rig_compile (graph, "cpu", NULL, &error);
  g_assert_no_error (error);
  e5rt = rig_compile (graph, "e5rt", NULL, &error);
  g_assert_no_error (error);
  g_assert_true (rig_run (cpu, NULL, &expected, &n_expected, &error));
  g_assert_true (rig_run (e5rt, NULL, &values, &n, &error));
  g_assert_cmpmem (values, n * sizeof *values, expected, n_expected * sizeof *expected);
  g_assert_cmpuint (standin->compiles, ==, 3);
  g_assert_cmpuint (standin->executes, ==, 3);
  g_clear_pointer (&e5rt, anf_program_unref);
  rig_end ();
}

/* Each segment is said to be run by what runs it. */
static void
test_bridges_are_said_to_run_on_the_cpu (void)
{
  static const char *const devices[] = { "e5rt", "cpu", "e5rt", "cpu", "e5rt" };
  g_autoptr(AnfGraph) graph = NULL;
  g_autoptr(AnfProgram) program = NULL;
  g_autoptr(GError) error = NULL;

  rig_begin ();
  graph = rig_cut_graph ();
  program = rig_compile (graph, "e5rt", NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (anf_program_device (program), ==, "e5rt");
  g_assert_cmpuint (anf_plan_n_segments (anf_program_plan (program)), ==, 5);
  for (guint i = 0; i < 5; i++)
    g_assert_cmpstr (anf_program_segment_device (program, i), ==, devices[i]);
  g_clear_pointer (&program, anf_program_unref);
  rig_end ();
}

/* Compiles, runs twice and lets go of it, with call @at told to fail. FALSE with an error. */
static gboolean
try_all (AnfGraph *graph, guint at, GError **error)
{
  g_autoptr(AnfProgram) program = NULL;
  gboolean good = TRUE;

  standin->fail_at = at;
  if ((program = rig_compile (graph, "e5rt", NULL, error)) == NULL)
    return FALSE;
  for (guint i = 0; i < 2 && good; i++)
    {
      g_autofree float *values = NULL;
      gsize n;

      good = rig_run (program, NULL, &values, &n, error);
    }
  return good;
}

/* Releases that fail cannot be told to anyone, and must not stop those behind them. */
static gboolean
is_release (const char *call)
{
  return g_str_has_suffix (call, "_release");
}

static void
test_every_call_may_fail (void)
{
  g_autoptr(AnfGraph) graph = NULL;
  g_autoptr(GError) none = NULL;
  guint n_calls;

  rig_begin ();
  graph = rig_cut_once ();
  g_assert_true (try_all (graph, 0, &none));
  n_calls = standin->calls;
  rig_end ();
  g_assert_cmpuint (n_calls, >, 2 * 30);

  for (guint at = 1; at <= n_calls; at++)
    {
      g_autoptr(GError) error = NULL;
      gboolean good;

      rig_begin ();
      good = try_all (graph, at, &error);
      g_assert_nonnull (standin->failed);
      if (is_release (standin->failed))
        g_assert_true (good);
      else
        {
          g_assert_error (error, ANF_ERROR, ANF_ERROR_RUN);
          g_assert_nonnull (strstr (error->message, standin->failed));
          g_assert_nonnull (strstr (error->message, "segment s"));
          g_assert_null (strchr (error->message, '\n'));
        }
      rig_end ();
    }
}

static void
test_the_reason_is_heard (void)
{
  g_autoptr(AnfGraph) graph = NULL;
  g_autoptr(AnfProgram) program = NULL;
  g_autoptr(GError) error = NULL;

  rig_begin ();
  graph = rig_small_graph (2);
  standin->fail_at = 8;            /* the compiler itself is the eighth call */
  program = rig_compile (graph, "e5rt", NULL, &error);
  g_assert_null (program);
  g_assert_cmpstr (standin->failed, ==, "e5rt_e5_compiler_compile");
  g_assert_cmpstr (error->message, ==,
                   "The engine failed at segment s0 (m): e5rt_e5_compiler_compile returned 3: "
                   "stand-in: told to fail stand-in: it cannot be compiled");
  rig_end ();
}

static void
test_a_port_that_fails_is_named (void)
{
  g_autoptr(AnfGraph) graph = NULL;
  g_autoptr(AnfProgram) program = NULL;
  g_autoptr(GError) error = NULL;

  rig_begin ();
  graph = rig_small_graph (2);
  for (guint at = 1; standin->failed == NULL
       || !g_str_equal (standin->failed, "e5rt_io_port_bind_buffer_object"); at++)
    {
      g_clear_error (&error);
      standin->calls = 0;
      standin->fail_at = at;
      rig_pass (ANF_E5RT_PAUSE_US);
      g_clear_pointer (&program, anf_program_unref);
      program = rig_compile (graph, "e5rt", NULL, &error);
    }
  g_assert_null (program);
  g_assert_cmpstr (error->message, ==,
                   "The engine failed at segment s0 (m): e5rt_io_port_bind_buffer_object (x) "
                   "returned 9: stand-in: told to fail");
  rig_end ();
}

static void
test_what_the_engine_leaves_to_others_is_refused (void)
{
  g_autoptr(AnfGraph) graph = NULL;
  g_autoptr(AnfProgram) program = NULL;
  g_autoptr(GError) error = NULL;

  rig_begin ();
  graph = rig_small_graph (2);
  standin->backend = "bnns";
  program = rig_compile (graph, "e5rt", NULL, &error);
  g_assert_null (program);
  g_assert_error (error, ANF_ERROR, ANF_ERROR_RUN);
  g_assert_nonnull (strstr (error->message, "\"bnns\""));
  rig_end ();
}

/* ---------------------------------------------------------------- limits */

static void
expect_run (AnfProgram *program)
{
  g_autofree float *values = NULL;
  g_autoptr(GError) error = NULL;
  gsize n;

  rig_run (program, NULL, &values, &n, &error);
  g_assert_no_error (error);
}

/* The stand-in refuses the 129th program, as the system does. */
static void
test_the_129th_program_takes_the_place_of_the_one_unused_longest (void)
{
  AnfProgram *programs[ANF_E5RT_MAX_RESIDENT + 1];
  AnfDeviceTimes times;

  rig_begin ();
  for (guint i = 0; i <= ANF_E5RT_MAX_RESIDENT; i++)
    {
      g_autoptr(AnfGraph) graph = rig_small_graph (2 + i);
      g_autoptr(GError) error = NULL;

      if (i == ANF_E5RT_MAX_RESIDENT)
        expect_run (programs[0]);  /* so that it is the second that was unused longest */
      programs[i] = rig_compile (graph, "e5rt", NULL, &error);
      g_assert_no_error (error);
    }
  g_assert_cmpuint (anf_e5rt_n_resident (), ==, ANF_E5RT_MAX_RESIDENT);
  g_assert_cmpuint (standin->compiles, ==, ANF_E5RT_MAX_RESIDENT + 1);
  expect_run (programs[0]);
  expect_run (programs[ANF_E5RT_MAX_RESIDENT]);
  g_assert_cmpuint (standin->compiles, ==, ANF_E5RT_MAX_RESIDENT + 1);

  /* It comes back when it is needed, and that is counted apart. */
  times = anf_program_device_times (programs[1]);
  g_assert_cmpuint (times.n_cold, ==, 1);
  g_assert_cmpuint (times.n_warm, ==, 0);
  expect_run (programs[1]);
  g_assert_cmpuint (standin->compiles, ==, ANF_E5RT_MAX_RESIDENT + 2);
  times = anf_program_device_times (programs[1]);
  g_assert_cmpuint (times.n_cold, ==, 1);
  g_assert_cmpuint (times.n_warm, ==, 1);
  g_assert_cmpfloat (times.cold_us, >, 0);
  g_assert_cmpfloat (times.warm_us, >, 0);
  for (guint i = 0; i <= ANF_E5RT_MAX_RESIDENT; i++)
    anf_program_unref (programs[i]);
  rig_end ();
}

/* Programs that are let go of make room: nobody is evicted. */
static void
test_programs_let_go_of_make_room (void)
{
  rig_begin ();
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr(AnfGraph) graph = rig_small_graph (2 + i);
      g_autoptr(AnfProgram) program = rig_compile (graph, "e5rt", NULL, NULL);

      g_assert_nonnull (program);
      g_assert_cmpuint (anf_e5rt_n_resident (), ==, 1);
    }
  rig_end ();
}

/* As in a window where Run is pressed again: what did not change is not compiled anew. */
static void
test_the_same_text_and_weights_are_compiled_once (void)
{
  g_autoptr(AnfGraph) graph = NULL, other = NULL;
  g_autoptr(AnfProgram) first = NULL, second = NULL, third = NULL;

  rig_begin ();
  graph = rig_cut_once ();
  other = rig_cut_graph ();        /* of its three programs the first is the same */
  first = rig_compile (graph, "e5rt", NULL, NULL);
  second = rig_compile (graph, "e5rt", NULL, NULL);
  g_assert_cmpuint (standin->compiles, ==, 2);
  g_assert_cmpuint (anf_program_device_times (second).n_cold, ==, 0);
  third = rig_compile (other, "e5rt", NULL, NULL);
  g_assert_cmpuint (standin->compiles, ==, 4);
  g_assert_cmpuint (rig_n_folders (), ==, 4);
  g_clear_pointer (&first, anf_program_unref);
  expect_run (second);
  expect_run (third);
  g_clear_pointer (&second, anf_program_unref);
  g_assert_cmpuint (anf_e5rt_n_resident (), ==, 3);
  g_clear_pointer (&third, anf_program_unref);
  rig_end ();
}

static AnfGraph *
product_graph (int weight)
{
  g_autofree char *text = g_strdup_printf (
    "{ \"aneforge\": 1, \"nodes\": ["
    "  { \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [3, 2] } },"
    "  { \"id\": 2, \"op\": \"matmul_w\", \"name\": \"m\", \"in\": { \"x\": \"x\" },"
    "    \"weights\": { \"weight\": \"w\" } } ],"
    "  \"weights\": { \"w\": { \"shape\": [2, 1], \"values\": [%d, 0] } },"
    "  \"outputs\": { \"y\": \"m\" } }", weight);

  return rig_parse (text);
}

/* Their texts are the same. */
static void
test_other_weights_are_another_program (void)
{
  g_autoptr(AnfGraph) once_graph = NULL, twice_graph = NULL;
  g_autoptr(AnfProgram) once = NULL, twice = NULL;
  g_autofree float *one = NULL, *two = NULL;
  g_autofree char *text = NULL, *other_text = NULL;
  gsize n;

  rig_begin ();
  once_graph = product_graph (1);
  twice_graph = product_graph (2);
  once = rig_compile (once_graph, "e5rt", NULL, NULL);
  twice = rig_compile (twice_graph, "e5rt", NULL, NULL);
  text = anf_program_mil (once, 0, NULL);
  other_text = anf_program_mil (twice, 0, NULL);
  g_assert_cmpstr (text, ==, other_text);
  g_assert_cmpuint (standin->compiles, ==, 2);
  g_assert_true (rig_run (once, NULL, &one, &n, NULL));
  g_assert_true (rig_run (twice, NULL, &two, &n, NULL));
  for (gsize i = 0; i < n; i++)
    g_assert_cmpfloat (two[i], ==, 2 * one[i]);
  g_clear_pointer (&once, anf_program_unref);
  g_clear_pointer (&twice, anf_program_unref);
  rig_end ();
}

/* One value under two names, and what is fed handed through. */
static void
test_outputs_may_share_a_value (void)
{
  g_autoptr(AnfGraph) graph = NULL;
  g_autoptr(AnfProgram) program = NULL;
  g_autoptr(AnfTensors) inputs = NULL, outputs = NULL;
  float values[3][3];

  rig_begin ();
  graph = rig_parse (
    "{ \"aneforge\": 1, \"nodes\": ["
    "  { \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [3] } },"
    "  { \"id\": 2, \"op\": \"adds\", \"name\": \"m\", \"in\": { \"x\": \"x\" },"
    "    \"attrs\": { \"k\": 1 } } ],"
    "  \"outputs\": { \"a\": \"m\", \"b\": \"m\", \"c\": \"x\" } }");
  program = rig_compile (graph, "e5rt", NULL, NULL);
  inputs = anf_feed (program, NULL, TRUE, 1, NULL);
  outputs = anf_program_run (program, inputs, NULL, NULL, NULL);
  g_assert_nonnull (outputs);
  for (guint i = 0; i < 3; i++)
    {
      const char name[] = { 'a' + i, '\0' };
      g_autoptr(AnfTensor) tensor = anf_tensors_get (outputs, name, NULL);

      anf_tensor_read (tensor, 0, 3, values[i]);
    }
  for (guint i = 0; i < 3; i++)
    {
      g_assert_cmpfloat (values[1][i], ==, values[0][i]);
      g_assert_cmpfloat_with_epsilon (values[0][i], values[2][i] + 1, 0x1p-9);
    }
  g_clear_pointer (&program, anf_program_unref);
  rig_end ();
}

static gpointer
run_many_times (gpointer data)
{
  g_autofree float *first = NULL;
  gsize n;
  gboolean same = rig_run (data, NULL, &first, &n, NULL);

  for (guint i = 0; i < 20 && same; i++)
    {
      g_autofree float *values = NULL;

      same = rig_run (data, NULL, &values, &n, NULL)
             && memcmp (values, first, n * sizeof *values) == 0;
    }
  return GUINT_TO_POINTER (same);
}

/* Two programs with a segment in common, each run by a thread of its own. */
static void
test_threads_do_not_meet_in_a_shared_program (void)
{
  g_autoptr(AnfGraph) graph = NULL, other = NULL;
  g_autoptr(AnfProgram) one = NULL, two = NULL;
  GThread *thread;

  rig_begin ();
  graph = rig_cut_once ();
  other = rig_cut_graph ();
  one = rig_compile (graph, "e5rt", NULL, NULL);
  two = rig_compile (other, "e5rt", NULL, NULL);
  thread = g_thread_new ("run", run_many_times, one);
  g_assert_true (GPOINTER_TO_UINT (run_many_times (two)));
  g_assert_true (GPOINTER_TO_UINT (g_thread_join (thread)));
  g_clear_pointer (&one, anf_program_unref);
  g_clear_pointer (&two, anf_program_unref);
  rig_end ();
}

static void
test_compile_and_load_times_are_apart (void)
{
  g_autoptr(AnfGraph) graph = NULL;
  g_autoptr(AnfProgram) program = NULL;
  AnfDeviceTimes times;

  rig_begin ();
  graph = rig_cut_graph ();
  program = rig_compile (graph, "e5rt", NULL, NULL);
  g_assert_nonnull (program);
  times = anf_program_device_times (program);
  g_assert_cmpuint (times.n_cold, ==, 3);
  g_assert_cmpuint (times.n_warm, ==, 0);
  g_assert_cmpfloat (anf_program_compile_us (program), >=, times.cold_us);
  g_assert_cmpfloat (anf_program_load_us (program), >, 0);
  g_clear_pointer (&program, anf_program_unref);
  rig_end ();
}

/* ---------------------------------------------------------------- after a failed compile */

static void
fail_to_compile (AnfGraph *graph)
{
  g_autoptr(AnfProgram) program = NULL;

  standin->calls = 0;
  standin->fail_at = 8;
  program = rig_compile (graph, "e5rt", NULL, NULL);
  g_assert_null (program);
  g_assert_cmpstr (standin->failed, ==, "e5rt_e5_compiler_compile");
}

static void
test_the_next_compile_waits_15_seconds_after_one_that_failed (void)
{
  g_autoptr(AnfGraph) graph = NULL, other = NULL;
  g_autoptr(AnfProgram) program = NULL, another = NULL;
  g_autoptr(GError) error = NULL;

  rig_begin ();
  graph = rig_small_graph (2);
  fail_to_compile (graph);
  rig_pass (4 * G_USEC_PER_SEC);
  program = rig_compile (graph, "e5rt", NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (rig_slept (), ==, 11 * G_USEC_PER_SEC);

  /* Once one went well, the others follow at once. */
  other = rig_small_graph (3);
  another = rig_compile (other, "e5rt", NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (rig_slept (), ==, 11 * G_USEC_PER_SEC);
  g_clear_pointer (&program, anf_program_unref);
  g_clear_pointer (&another, anf_program_unref);
  rig_end ();
}

static void
test_what_is_resident_runs_without_waiting (void)
{
  g_autoptr(AnfGraph) graph = NULL, other = NULL;
  g_autoptr(AnfProgram) program = NULL;

  rig_begin ();
  graph = rig_small_graph (2);
  other = rig_small_graph (3);
  program = rig_compile (graph, "e5rt", NULL, NULL);
  fail_to_compile (other);
  standin->fail_at = 0;
  expect_run (program);
  g_assert_cmpint (rig_slept (), ==, 0);
  g_clear_pointer (&program, anf_program_unref);
  rig_end ();
}

static void
stop_when_waiting (const char *stage, double fraction, gpointer data)
{
  if (g_str_has_prefix (stage, "Wait") && fraction > 0.5)
    g_cancellable_cancel (data);
}

static void
test_the_wait_can_be_stopped (void)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  AnfProgress progress = { cancellable, stop_when_waiting, cancellable };
  g_autoptr(AnfGraph) graph = NULL;
  g_autoptr(AnfProgram) program = NULL;
  g_autoptr(GError) error = NULL;

  rig_begin ();
  graph = rig_small_graph (2);
  fail_to_compile (graph);
  program = rig_compile (graph, "e5rt", &progress, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_null (program);
  g_assert_cmpint (rig_slept (), <, 8 * G_USEC_PER_SEC);
  g_assert_cmpuint (standin->compiles, ==, 1);
  rig_end ();
}

/* ---------------------------------------------------------------- Stop */

static void
cancel (gpointer cancellable)
{
  g_cancellable_cancel (cancellable);
}

static void
test_a_run_is_stopped_between_segments (void)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  AnfProgress progress = { cancellable };
  g_autoptr(AnfGraph) graph = NULL;
  g_autoptr(AnfProgram) program = NULL;
  g_autofree float *values = NULL;
  g_autoptr(GError) error = NULL;
  gsize n;

  rig_begin ();
  graph = rig_cut_graph ();
  program = rig_compile (graph, "e5rt", NULL, NULL);
  standin->on_execute = cancel;
  standin->data = cancellable;
  g_assert_false (rig_run (program, &progress, &values, &n, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (standin->executes, ==, 1);

  /* It can be run again. */
  standin->on_execute = NULL;
  expect_run (program);
  g_clear_pointer (&program, anf_program_unref);
  rig_end ();
}

static void
stop_at_second_segment (const char *stage, double fraction, gpointer data)
{
  if (g_str_equal (stage, "Load") && fraction > 0.3)
    g_cancellable_cancel (data);
}

static void
test_loading_is_stopped_between_segments (void)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  AnfProgress progress = { cancellable, stop_at_second_segment, cancellable };
  g_autoptr(AnfGraph) graph = NULL;
  g_autoptr(AnfProgram) program = NULL;
  g_autoptr(GError) error = NULL;

  rig_begin ();
  graph = rig_cut_graph ();
  program = rig_compile (graph, "e5rt", &progress, &error);
  g_assert_null (program);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (standin->compiles, ==, 1);
  rig_end ();
}

/* ---------------------------------------------------------------- what is not there */

static void
expect_absent (const char *library, const char *words)
{
  AnfE5rtRig rig = { library };
  g_autoptr(AnfGraph) graph = rig_small_graph (2);
  g_autoptr(AnfProgram) program = NULL;
  g_autoptr(GError) error = NULL, why = NULL;

  anf_e5rt_set_rig (&rig);
  g_assert_false (anf_device_is_here ("e5rt", &why));
  g_assert_error (why, ANF_ERROR, ANF_ERROR_RUN);
  g_assert_nonnull (strstr (why->message, words));
  g_assert_null (strchr (why->message, '\n'));
  program = rig_compile (graph, "e5rt", NULL, &error);
  g_assert_null (program);
  g_assert_cmpstr (error->message, ==, why->message);
  anf_e5rt_set_rig (NULL);
}

static void
test_without_its_library_it_is_not_here (void)
{
  g_unsetenv ("ANF_E5RT_LIBRARY");
#ifndef __APPLE__
  expect_absent (NULL, "only on macOS");
#endif
  expect_absent ("/nowhere/Espresso", "/nowhere/Espresso");
}

static void
test_a_missing_function_is_named (void)
{
  expect_absent (g_getenv ("E5RT_OLD"),
                 "e5rt_e5_compiler_config_options_set_cache_bundle_location");
}

static void
test_devices_are_listed (void)
{
  g_autoptr(GError) error = NULL;

  g_assert_cmpstr (anf_device_nth (0), ==, "cpu");
  g_assert_cmpstr (anf_device_nth (1), ==, "e5rt");
  g_assert_null (anf_device_nth (2));
  g_assert_true (anf_device_is_here ("cpu", NULL));
  g_assert_false (anf_device_is_here ("gpu", &error));
  g_assert_error (error, ANF_ERROR, ANF_ERROR_RUN);
}

/* The engine shows no more than what leaves a segment. */
static void
test_only_what_leaves_a_segment_is_dumped (void)
{
  g_autoptr(AnfGraph) graph = NULL;
  g_autoptr(AnfProgram) program = NULL;
  g_autoptr(AnfTensors) inputs = NULL, outputs = NULL, nodes = NULL;
  g_autoptr(GString) names = g_string_new (NULL);

  rig_begin ();
  graph = rig_cut_graph ();
  program = rig_compile (graph, "e5rt", NULL, NULL);
  inputs = anf_feed (program, NULL, TRUE, 1, NULL);
  outputs = anf_program_run (program, inputs, &nodes, NULL, NULL);
  g_assert_nonnull (outputs);
  for (guint i = 0; i < anf_tensors_n (nodes); i++)
    g_string_append_printf (names, "%s ", anf_tensors_nth_name (nodes, i));
  g_assert_cmpstr (names->str, ==, "x t a p b m ");      /* not r: it is inside the first */
  g_clear_pointer (&program, anf_program_unref);
  rig_end ();
}

int
main (int argc, char **argv)
{
  rig_init (&argc, &argv);
#define ADD(name, test) g_test_add_func ("/e5rt/" name, test)
  ADD ("it-computes-what-the-cpu-computes", test_it_computes_what_the_cpu_computes);
  ADD ("bridges-are-said-to-run-on-the-cpu", test_bridges_are_said_to_run_on_the_cpu);
  ADD ("every-call-may-fail", test_every_call_may_fail);
  ADD ("the-reason-is-heard", test_the_reason_is_heard);
  ADD ("a-port-that-fails-is-named", test_a_port_that_fails_is_named);
  ADD ("what-the-engine-leaves-to-others-is-refused",
       test_what_the_engine_leaves_to_others_is_refused);
  ADD ("the-129th-program-takes-the-place-of-the-one-unused-longest",
       test_the_129th_program_takes_the_place_of_the_one_unused_longest);
  ADD ("programs-let-go-of-make-room", test_programs_let_go_of_make_room);
  ADD ("the-same-text-and-weights-are-compiled-once",
       test_the_same_text_and_weights_are_compiled_once);
  ADD ("other-weights-are-another-program", test_other_weights_are_another_program);
  ADD ("outputs-may-share-a-value", test_outputs_may_share_a_value);
  ADD ("threads-do-not-meet-in-a-shared-program", test_threads_do_not_meet_in_a_shared_program);
  ADD ("compile-and-load-times-are-apart", test_compile_and_load_times_are_apart);
  ADD ("the-next-compile-waits-15-seconds-after-one-that-failed",
       test_the_next_compile_waits_15_seconds_after_one_that_failed);
  ADD ("what-is-resident-runs-without-waiting", test_what_is_resident_runs_without_waiting);
  ADD ("the-wait-can-be-stopped", test_the_wait_can_be_stopped);
  ADD ("a-run-is-stopped-between-segments", test_a_run_is_stopped_between_segments);
  ADD ("loading-is-stopped-between-segments", test_loading_is_stopped_between_segments);
  ADD ("without-its-library-it-is-not-here", test_without_its_library_it_is_not_here);
  ADD ("a-missing-function-is-named", test_a_missing_function_is_named);
  ADD ("devices-are-listed", test_devices_are_listed);
  ADD ("only-what-leaves-a-segment-is-dumped", test_only_what_leaves_a_segment_is_dumped);
  return rig_test_run ();
}
