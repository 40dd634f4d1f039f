/* rig.c - what the tests of the device e5rt share. */
#include "rig.h"

#include "run/backend-e5rt.h"

#include <dlfcn.h>
#include <glib/gstdio.h>

#include <string.h>

StandIn *standin;

static gint64 now, slept;
static char *folder;               /* where the device's folders are, and nothing else */

static gint64
read_clock (gpointer data)
{
  return now;
}

static gint64
tell_clock (void)
{
  return now;
}

static void
sleep_on_clock (gint64 us, gpointer data)
{
  now += us;
  slept += us;
}

int
rig_test_run (void)
{
  int code = g_test_run ();

  g_rmdir (folder);
  g_free (folder);
  return code;
}

void
rig_init (int *argc, char ***argv)
{
  folder = g_strdup ("/tmp/test-e5rt-XXXXXX");
  g_assert_nonnull (g_mkdtemp (folder));
  g_setenv ("TMPDIR", folder, TRUE);     /* GLib asks once */
  g_test_init (argc, argv, NULL);
}

void
rig_begin (void)
{
  AnfE5rtRig rig = { g_getenv ("E5RT_STANDIN"), read_clock, sleep_on_clock, NULL };
  void *handle = dlopen (rig.library, RTLD_NOW | RTLD_LOCAL);

  if (handle == NULL)
    g_error ("%s", dlerror ());
  standin = dlsym (handle, "standin");
  g_assert_nonnull (standin);
  dlclose (handle);                /* it stays loaded: it was linked so */
  g_assert_cmpuint (standin->live, ==, 0);
  *standin = (StandIn) { .now_us = tell_clock };
  now += 1000 * G_USEC_PER_SEC;    /* whatever failed before is long ago */
  slept = 0;
  anf_e5rt_set_rig (&rig);
}

void
rig_end (void)
{
  g_assert_cmpstr (standin->violation, ==, NULL);
  g_assert_cmpuint (standin->live, ==, 0);
  g_assert_cmpuint (anf_e5rt_n_resident (), ==, 0);
  g_assert_cmpuint (rig_n_folders (), ==, 0);
  anf_e5rt_set_rig (NULL);
}

gint64
rig_slept (void)
{
  return slept;
}

void
rig_pass (gint64 us)
{
  now += us;
}

guint
rig_n_folders (void)
{
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

AnfGraph *
rig_parse (const char *text)
{
  g_autoptr(GError) error = NULL;
  AnfGraph *graph = anf_document_parse (text, strlen (text), NULL, &error);

  g_assert_no_error (error);
  return graph;
}

AnfGraph *
rig_small_graph (double k)
{
  g_autofree char *text = g_strdup_printf (
    "{ \"aneforge\": 1, \"nodes\": ["
    "  { \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [2, 8] } },"
    "  { \"id\": 2, \"op\": \"muls\", \"name\": \"m\", \"in\": { \"x\": \"x\" },"
    "    \"attrs\": { \"k\": %g } } ],"
    "  \"outputs\": { \"y\": \"m\" } }", k);

  return rig_parse (text);
}

#define CUT_ONCE \
  "{ \"aneforge\": 1, \"nodes\": [" \
  "  { \"id\": 1, \"op\": \"input\", \"name\": \"x\", \"attrs\": { \"shape\": [2, 8] } }," \
  "  { \"id\": 2, \"op\": \"relu\", \"name\": \"r\", \"in\": { \"x\": \"x\" } }," \
  "  { \"id\": 3, \"op\": \"tanh\", \"name\": \"t\", \"in\": { \"x\": \"r\" } }," \
  "  { \"id\": 4, \"op\": \"sort\", \"name\": \"a\", \"in\": { \"x\": \"t\" } }," \
  "  { \"id\": 5, \"op\": \"adds\", \"name\": \"p\", \"in\": { \"x\": \"a\" }," \
  "    \"attrs\": { \"k\": 3 } }"

AnfGraph *
rig_cut_once (void)
{
  return rig_parse (CUT_ONCE "], \"outputs\": { \"y\": \"p\" } }");
}

AnfGraph *
rig_cut_graph (void)
{
  return rig_parse (
    CUT_ONCE ", { \"id\": 6, \"op\": \"sort\", \"name\": \"b\", \"in\": { \"x\": \"p\" },"
    "    \"attrs\": { \"descending\": true } },"
    "  { \"id\": 7, \"op\": \"muls\", \"name\": \"m\", \"in\": { \"x\": \"b\" },"
    "    \"attrs\": { \"k\": 0.5 } } ],"
    "  \"outputs\": { \"y\": \"m\" } }");
}

AnfProgram *
rig_compile (AnfGraph *graph, const char *device, const AnfProgress *progress, GError **error)
{
  AnfOptions options;

  anf_options_init (&options, graph);
  options.device = device;
  options.threads = 1;
  return anf_compile (graph, &options, progress, error);
}

gboolean
rig_run (AnfProgram *program, const AnfProgress *progress, float **values, gsize *n,
         GError **error)
{
  g_autoptr(AnfTensors) inputs = anf_feed (program, NULL, TRUE, 1, error), outputs = NULL;
  g_autoptr(AnfTensor) tensor = NULL;

  if (inputs == NULL
      || (outputs = anf_program_run (program, inputs, NULL, progress, error)) == NULL)
    return FALSE;
  tensor = anf_tensors_get (outputs, anf_program_nth_output (program, 0, NULL), error);
  *n = anf_tensor_elements (tensor);
  *values = g_new (float, *n);
  anf_tensor_read (tensor, 0, *n, *values);
  return TRUE;
}
