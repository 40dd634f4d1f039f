/* options.c - the words of the command line, in one table; each command takes some of them. */
#include "cli.h"

#include <math.h>

#define MAX_THREADS 1024

static const char *const opts[] = { "0", "1", "2", "max", "routes", NULL };
static const char *const models[] = { "fitted", "package", NULL };
static const char *const devices[] = { "cpu", "e5rt", NULL };

/* One row per option. GOption wants the place of its value, so the rows are made per call. */
typedef struct { StudioOptions flag; GOptionEntry entry; } Row;

static void
add_rows (StudioCli *self, GOptionGroup *group, guint n, const Row *rows)
{
  for (guint i = 0; i < n; i++)
    if (self->command->options & rows[i].flag)
      {
        const GOptionEntry entries[] = { rows[i].entry, { NULL } };

        g_option_group_add_entries (group, entries);
      }
}

/* Limits to be kept. */
static void
add_limits (StudioCli *self, GOptionGroup *group)
{
  const Row rows[] = {
    { STUDIO_OPTION_TUNE, { "error", 0, 0, G_OPTION_ARG_DOUBLE, &self->error,
      "Greatest relative error of an output; allows encodings to be tried", "E" } },
    { STUDIO_OPTION_TUNE, { "time", 0, 0, G_OPTION_ARG_DOUBLE, &self->time,
      "Most microseconds; the most accurate within them is chosen", "US" } },
    { STUDIO_OPTION_SOLVE, { "solve", 0, 0, G_OPTION_ARG_STRING, &self->solve,
      "Choose encodings: error=E (smallest), bytes=B or us=T (most accurate)", "GOAL" } },
    { STUDIO_OPTION_SOLVE, { "output", 'o', 0, G_OPTION_ARG_FILENAME, &self->output,
      "With --solve: write the document with these encodings, or the recipe as .json", "OUT" } },
    { STUDIO_OPTION_TWO, { "tol", 0, 0, G_OPTION_ARG_DOUBLE, &self->tol,
      "Relative difference of numbers that does not count (0)", "R" } },
  };

  add_rows (self, group, G_N_ELEMENTS (rows), rows);
}

static GOptionGroup *
make_group (StudioCli *self)
{
  const Row rows[] = {
    { STUDIO_OPTION_OUTPUT, { "output", 'o', 0, G_OPTION_ARG_FILENAME, &self->output,
      "What to write", "OUT" } },
    { STUDIO_OPTION_FORMAT, { "format", 0, 0, G_OPTION_ARG_STRING, &self->format,
      "bundle, mlpackage, mil, onnx, python, svg, png or pdf", "FORMAT" } },
    { STUDIO_OPTION_EXTERNAL, { "external-data", 0, 0, G_OPTION_ARG_NONE, &self->beside,
      "onnx: write the weights into OUT.data, not into the model", NULL } },
    { STUDIO_OPTION_TARGET, { "target", 0, 0, G_OPTION_ARG_STRING, &self->target,
      "Architecture (h13, h16s, ...); the document's, else h16s", "T" } },
    { STUDIO_OPTION_COMPILE, { "opt", 0, 0, G_OPTION_ARG_STRING, &self->opt,
      "0, 1, 2 or routes, in place of the document's", "LEVEL" } },
    { STUDIO_OPTION_COMPILE, { "compress", 0, 0, G_OPTION_ARG_STRING, &self->compress,
      "fp16, int8, int4, sparse, blockwise or auto, for weights that choose nothing", "MODE" } },
    { STUDIO_OPTION_ATOL, { "atol", 0, 0, G_OPTION_ARG_DOUBLE, &self->atol,
      "Greatest relative error of an encoded weight", "E" } },
    { STUDIO_OPTION_FEED, { "input", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &self->inputs,
      "Feed the input NAME with an array or a picture; may be repeated", "NAME=FILE" } },
    { STUDIO_OPTION_FEED, { "random", 0, 0, G_OPTION_ARG_STRING, &self->random,
      "Draw the inputs that are not given (0 if none is given)", "SEED" } },
    { STUDIO_OPTION_SAVE, { "out", 0, 0, G_OPTION_ARG_FILENAME, &self->out,
      "Write NAME.npy (fp32) per output into this folder", "DIR" } },
    { STUDIO_OPTION_SAVE, { "dump-nodes", 0, 0, G_OPTION_ARG_NONE, &self->dump_nodes,
      "Write nodes/NAME.npy per node there, too", NULL } },
    { STUDIO_OPTION_DEVICE, { "numerics", 0, 0, G_OPTION_ARG_STRING, &self->numerics,
      "ane (default), ane-lanes or fp32", "N" } },
    { STUDIO_OPTION_DEVICE, { "device", 0, 0, G_OPTION_ARG_STRING, &self->device,
      "cpu (default), or e5rt: the engine itself, on macOS", "D" } },
    { STUDIO_OPTION_THREADS, { "threads", 0, 0, G_OPTION_ARG_INT, &self->threads,
      "Of the CPU device; 0 (default): all processors", "N" } },
    { STUDIO_OPTION_MEASURE, { "runs", 0, 0, G_OPTION_ARG_INT, &self->runs,
      "How often to measure (50)", "N" } },
    { STUDIO_OPTION_MEASURE, { "warmup", 0, 0, G_OPTION_ARG_INT, &self->warmup,
      "How often to run before (5)", "N" } },
    { STUDIO_OPTION_MEASURE, { "trace", 0, 0, G_OPTION_ARG_FILENAME, &self->trace,
      "Write the median run for Perfetto or Chrome", "T.json" } },
    { STUDIO_OPTION_MODE, { "mode", 0, 0, G_OPTION_ARG_STRING, &self->mode,
      "all (default), or one encoding: fp16, int8, int4, sparse, blockwise", "MODE" } },
    { STUDIO_OPTION_MODEL, { "model", 0, 0, G_OPTION_ARG_STRING, &self->model,
      "fitted (default), or package: the formulas of the aneforge package", "M" } },
    { STUDIO_OPTION_JUNIT, { "junit", 0, 0, G_OPTION_ARG_FILENAME, &self->junit,
      "Write the results as a JUnit report", "F.xml" } },
    { STUDIO_OPTION_MARKDOWN, { "markdown", 0, 0, G_OPTION_ARG_NONE, &self->markdown,
      "Print the catalogue as a page, docs/operators.md", NULL } },
    { STUDIO_OPTION_SHAPE, { "shape", 0, 0, G_OPTION_ARG_STRING_ARRAY, &self->shapes,
      "Shape of the input NAME, where the model leaves it open; may be repeated",
      "NAME=1,3,8,8" } },
    { STUDIO_OPTION_JSON, { "json", 0, 0, G_OPTION_ARG_NONE, &self->json,
      "Print one JSON value and nothing else", NULL } },
  };
  GOptionGroup *group = g_option_group_new ("main", "", "", NULL, NULL);

  add_limits (self, group);
  add_rows (self, group, G_N_ELEMENTS (rows), rows);
  if (self->command->extend != NULL)
    self->command->extend (self, group);
  return group;
}

static gboolean
refuse (GError **error, const char *option, const char *value, const char *known)
{
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--%s %s: %s", option, value,
               known);
  return FALSE;
}

static gboolean
check_target (StudioCli *self, GError **error)
{
  g_autoptr(GString) known = g_string_new ("no such target; known are");

  gboolean estimates = self->command == &studio_command_estimate;

  if (self->target == NULL || anf_arch_family (self->target) > 0)
    return TRUE;
  /* Only these can ask all of them; measured machines have rates, but are compiled for as chips. */
  if ((estimates || self->command == &studio_command_check) && g_str_equal (self->target, "all"))
    return TRUE;
  if (estimates && (anf_target_arch (self->target) != NULL
                    || (self->model != NULL && g_str_equal (self->target, "host"))))
    return TRUE;
  for (guint i = 0; i < anf_arch_n (); i++)
    g_string_append_printf (known, " %s", anf_arch_nth (i));
  return refuse (error, "target", self->target, known->str);
}

static gboolean
check_words (StudioCli *self, GError **error)
{
  AnfEncoding encoding;
  AnfNumerics numerics;

  if (!check_target (self, error))
    return FALSE;
  if (self->opt != NULL && !g_strv_contains (opts, self->opt))
    return refuse (error, "opt", self->opt, "known are 0, 1, 2 (max) and routes");
  if (self->compress != NULL && !anf_encoding_from_name (self->compress, &encoding))
    return refuse (error, "compress", self->compress,
                   "known are fp16, int8, int4, sparse, blockwise and auto");
  if (self->numerics != NULL && !anf_numerics_from_name (self->numerics, &numerics))
    return refuse (error, "numerics", self->numerics, "known are ane, ane-lanes and fp32");
  if (self->device != NULL && !g_strv_contains (devices, self->device))
    return refuse (error, "device", self->device, "known are cpu and e5rt");
  if (self->mode != NULL && !g_str_equal (self->mode, "all")
      && (!anf_encoding_from_name (self->mode, &encoding) || encoding == ANF_AUTO))
    return refuse (error, "mode", self->mode,
                   "known are all, fp16, int8, int4, sparse and blockwise");
  if (self->model != NULL && !g_strv_contains (models, self->model))
    return refuse (error, "model", self->model, "known are fitted and package");
  return TRUE;
}

static gboolean
check_numbers (StudioCli *self, GError **error)
{
  guint64 seed;
  const char *wrong = NULL;

  if (self->threads < 0 || self->threads > MAX_THREADS)
    wrong = "--threads takes 0 (all processors) to 1024";
  else if (self->runs < 1)
    wrong = "--runs has to be 1 or more";
  else if (self->warmup < 0)
    wrong = "--warmup may not be negative";
  else if (self->has_atol && !(self->atol >= 0 && isfinite (self->atol)))
    wrong = "--atol takes a number from 0 on";
  else if (self->has_error && !(self->error >= 0 && isfinite (self->error)))
    wrong = "--error takes a number from 0 on";
  else if (!(self->time >= 0 && isfinite (self->time)))
    wrong = "--time takes a number of microseconds";
  else if (!(self->tol >= 0 && isfinite (self->tol)))
    wrong = "--tol takes a number from 0 on";
  else if (self->output != NULL && self->solve == NULL
           && (self->command->options & STUDIO_OPTION_SOLVE))
    wrong = "-o is for --solve";
  else if (self->random != NULL
           && !g_ascii_string_to_unsigned (self->random, 10, 0, G_MAXUINT64, &seed, NULL))
    wrong = "--random takes a whole number from 0 to 18446744073709551615";
  else if (self->dump_nodes && self->out == NULL)
    wrong = "--dump-nodes needs --out DIR";
  if (wrong != NULL)
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, wrong);
  return wrong == NULL;
}

/* Words of a command that takes a folder and texts; -- may stand before any of them. */
static gboolean
take_texts (StudioCli *self, int argc, char **argv, GError **error)
{
  g_autoptr(GStrvBuilder) texts = g_strv_builder_new ();
  gboolean open = TRUE;

  for (int i = 1; i < argc; i++)
    if (open && g_str_equal (argv[i], "--"))
      open = FALSE;
    else if (self->file == NULL)
      self->file = g_strdup (argv[i]);
    else
      g_strv_builder_add (texts, argv[i]);
  self->texts = g_strv_builder_end (texts);
  if (self->texts[0] != NULL)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "%s needs %s", self->command->name,
               self->file == NULL ? "a folder and a text" : "a text behind the folder");
  return FALSE;
}

/* The words that are no options: as many as the command takes. */
static gboolean
take_file (StudioCli *self, int argc, char **argv, GError **error)
{
  int first = argc > 1 && g_str_equal (argv[1], "--") ? 2 : 1;
  int n = argc - first, most = self->command->options & STUDIO_OPTION_TWO ? 2 : 1;

  if (self->command->options & STUDIO_OPTION_TEXTS)
    return take_texts (self, argc, argv, error);
  if (self->command->arguments == NULL && n > 0)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "%s takes no %s",
                 self->command->name, argv[first]);
  else if (self->command->arguments != NULL && n == 0)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "%s needs a file",
                 self->command->name);
  else if (n > most)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "%s takes %s; %s is one more",
                 self->command->name, most == 1 ? "one file" : "two files", argv[first + most]);
  else if (most == 2 && n < 2)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "%s needs two files",
                 self->command->name);
  else
    {
      self->file = n > 0 ? g_strdup (argv[first]) : NULL;
      self->other = n > 1 ? g_strdup (argv[first + 1]) : NULL;
      return TRUE;
    }
  return FALSE;
}

gboolean
studio_cli_parse (StudioCli *self, int argc, char **argv, GError **error)
{
  g_autoptr(GOptionContext) context = NULL;
  const double unset = -G_MAXDOUBLE;

  self->runs = 50;
  self->warmup = 5;
  self->atol = self->error = unset;
  context = g_option_context_new (self->command->arguments);
  g_option_context_set_main_group (context, make_group (self));
  g_option_context_set_summary (context, self->command->summary);
  g_option_context_set_description (context, self->command->details);
  if (!g_option_context_parse (context, &argc, &argv, error))
    return FALSE;

  self->has_atol = self->atol != unset;
  self->has_error = self->error != unset;
  if (!check_words (self, error) || !check_numbers (self, error)
      || !take_file (self, argc, argv, error))
    return FALSE;
  if ((self->command->options & STUDIO_OPTION_OUTPUT) && self->output == NULL)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "%s needs -o OUT",
                   self->command->name);
      return FALSE;
    }
  return TRUE;
}

void
studio_cli_clear (StudioCli *self)
{
  g_free (self->file);
  g_free (self->other);
  g_strfreev (self->texts);
  g_free (self->solve);
  g_free (self->target);
  g_free (self->opt);
  g_free (self->compress);
  g_free (self->numerics);
  g_free (self->device);
  g_strfreev (self->inputs);
  g_strfreev (self->shapes);
  g_free (self->random);
  g_free (self->out);
  g_free (self->trace);
  g_free (self->junit);
  g_free (self->format);
  g_free (self->output);
  g_free (self->mode);
  g_free (self->model);
}

void
studio_cli_options (const StudioCli *self, const AnfGraph *graph, AnfOptions *options)
{
  anf_options_init (options, graph);
  options->threads = self->threads;
  options->device = g_intern_string (self->device);
  if (self->target != NULL)
    options->settings.target = g_intern_string (self->target);
  if (self->opt != NULL)
    options->settings.opt = g_intern_string (g_str_equal (self->opt, "max") ? "2" : self->opt);
  if (self->compress != NULL)
    anf_encoding_from_name (self->compress, &options->settings.compress);
  if (self->has_atol)
    options->settings.atol = self->atol;
  if (self->numerics != NULL)
    anf_numerics_from_name (self->numerics, &options->numerics);
}
