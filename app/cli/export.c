/* export.c - `aneforge export` and `render`: other programs' formats, and pictures. */
#include "cli.h"

#include "export.h"

#include <stdio.h>

static void
say (StudioCli *self, const char *format)
{
  if (!self->json)
    {
      printf ("Written: %s\n", self->output);
      return;
    }

  JsonBuilder *json = studio_json_begin ();

  studio_json_text (json, "format", format);
  studio_json_text (json, "output", self->output);
  studio_json_end (self, json);
}

/* A document with errors is drawn too: the picture shows where they are. */
static StudioExit
draw (StudioCli *self, const char *name)
{
  g_autoptr(GError) error = NULL;
  StudioExit code = STUDIO_EXIT_OK;
  g_autoptr(AnfGraph) graph = studio_cli_load (self, &code);
  g_autoptr(AnfReport) report = NULL;
  g_autoptr(AnfPlan) plan = NULL;
  StudioFormat format;

  if (graph == NULL)
    return code;
  if (!studio_format_from_name (name, &format))
    return studio_cli_wrong (self, self->output, "end it in .svg, .png or .pdf");
  report = anf_check (graph, self->target);
  if (anf_report_ok (report))
    plan = anf_plan (report, NULL);
  if (!studio_scene_export (graph, report, plan, self->output, format, STUDIO_THEME_LIGHT,
                            &error))
    return studio_cli_fail (self, graph, error);
  say (self, name);
  return STUDIO_EXIT_OK;
}

static StudioExit
write_program (StudioCli *self, const char *name,
               gboolean (*save) (const AnfProgram *, const char *, GError **))
{
  g_autoptr(GError) error = NULL;
  StudioExit code = STUDIO_EXIT_OK;
  g_autoptr(AnfGraph) graph = studio_cli_load (self, &code);
  g_autoptr(AnfProgram) program = graph != NULL ? studio_cli_compile (self, graph, &code) : NULL;

  if (program == NULL)
    return code;
  if (!save (program, self->output, &error))
    return studio_cli_fail (self, graph, error);
  say (self, name);
  return STUDIO_EXIT_OK;
}

static StudioExit
write_mil (StudioCli *self, const char *name)
{
  return write_program (self, name, anf_mil_save);
}

static StudioExit
write_mlpackage (StudioCli *self, const char *name)
{
  return write_program (self, name, anf_mlpackage_save);
}

static StudioExit
write_bundle (StudioCli *self, const char *name)
{
  return studio_cli_write_bundle (self);
}

/* The document as it is, not a program of it: nothing is optimised, no weight encoded. */
static StudioExit
write_model (StudioCli *self, const char *name,
             gboolean (*save) (StudioCli *self, const AnfReport *report, GError **error))
{
  g_autoptr(GError) error = NULL;
  StudioExit code = STUDIO_EXIT_OK;
  g_autoptr(AnfGraph) graph = studio_cli_load (self, &code);
  g_autoptr(AnfReport) report = NULL;

  if (graph == NULL)
    return code;
  report = anf_check (graph, self->target);
  if (!save (self, report, &error))
    return studio_cli_refused_model (self, report, error);
  say (self, name);
  return STUDIO_EXIT_OK;
}

static gboolean
save_onnx (StudioCli *self, const AnfReport *report, GError **error)
{
  return anf_onnx_save (report, self->output, self->beside, error);
}

static StudioExit
write_onnx (StudioCli *self, const char *name)
{
  return write_model (self, name, save_onnx);
}

static gboolean
save_python (StudioCli *self, const AnfReport *report, GError **error)
{
  return anf_python_save (report, self->output, error);
}

static StudioExit
write_python (StudioCli *self, const char *name)
{
  return write_model (self, name, save_python);
}

static const struct
{
  const char  *name;
  StudioExit (*write) (StudioCli *self, const char *name);
} formats[] = {
  { "bundle", write_bundle }, { "mil", write_mil },
  { "svg", draw }, { "png", draw }, { "pdf", draw },
  { "mlpackage", write_mlpackage }, { "onnx", write_onnx }, { "python", write_python },
};

static StudioExit
run_export (StudioCli *self)
{
  if (self->format == NULL)
    return studio_cli_wrong (self, NULL, "export needs --format bundle, mlpackage, mil, onnx, "
                             "python, svg, png or pdf");
  if (self->beside && !g_str_equal (self->format, "onnx"))
    return studio_cli_wrong (self, NULL, "--external-data is for --format onnx");
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (g_str_equal (self->format, formats[i].name))
      return formats[i].write (self, formats[i].name);
  return studio_cli_wrong (self, NULL, "--format %s: known are bundle, mlpackage, mil, onnx, "
                           "python, svg, png and pdf", self->format);
}

static StudioExit
run_render (StudioCli *self)
{
  return draw (self, self->output);
}

const StudioCommand studio_command_export = {
  .name = "export",
  .arguments = "FILE --format FORMAT -o OUT",
  .summary = "Write a document as a bundle, a Core ML package, MIL, ONNX, Python, or a picture.",
  .details = "onnx and python write the document as it is; bundle, mlpackage and mil the program "
             "made of it.\npython writes OUT.py and its weights, OUT.npz.",
  .options = STUDIO_OPTION_FORMAT | STUDIO_OPTION_OUTPUT | STUDIO_OPTION_TARGET
             | STUDIO_OPTION_COMPILE | STUDIO_OPTION_ATOL | STUDIO_OPTION_THREADS
             | STUDIO_OPTION_EXTERNAL | STUDIO_OPTION_JSON,
  .run = run_export,
};

const StudioCommand studio_command_render = {
  .name = "render",
  .arguments = "FILE -o G.svg",
  .summary = "Draw the graph of a document; .svg, .png or .pdf.",
  .options = STUDIO_OPTION_OUTPUT | STUDIO_OPTION_TARGET | STUDIO_OPTION_JSON,
  .run = run_render,
};
