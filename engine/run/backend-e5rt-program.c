/* backend-e5rt-program.c - the objects behind one resident program: made in order, released in
 * reverse. */
#include "run/backend-e5rt-program.h"

#include "run/backend.h"

#include <stdio.h>
#include <string.h>

#define MASK_ANE 4                 /* 1: CPU, 2: GPU. Alone there is no silent fall-back */
#define HOST_MEMORY 0              /* kind of buffer; 2: IOSurface. Numbers are copied either way */

typedef struct { void *port, *buffer, *data; } Port;

struct _AnfE5rtProgram
{
  AnfE5rt           *e5;
  const AnfE5rtSpec *spec;
  void              *config, *compiler, *options;          /* until the operation is there */
  void              *library, *function, *op_options, *operation;
  Port              *in, *out;
  void              *stream;
};

/* The name of the call is in the message: it is all that tells what went wrong inside. */
static gboolean
check (const AnfE5rtProgram *self, const char *call, const char *about, gint64 code,
       GError **error)
{
  if (code == 0)
    return TRUE;
  g_set_error (error, ANF_ERROR, ANF_ERROR_RUN,
               "The engine failed at segment %s: e5rt_%s%s%s%s returned %" G_GINT64_FORMAT,
               self->spec->what, call, about != NULL ? " (" : "", about != NULL ? about : "",
               about != NULL ? ")" : "", code);
  return FALSE;
}

#define CALL(name, ...) check (self, #name, NULL, self->e5->name (__VA_ARGS__), error)
#define CALL_OF(about, name, ...) check (self, #name, about, self->e5->name (__VA_ARGS__), error)

/* There is nobody to tell, and nothing that could be done: what cannot be released stays. */
#define RELEASE(object, name) \
  G_STMT_START { \
    if ((object) != NULL && self->e5->name (&(object)) != 0) \
      g_info ("e5rt_" #name " failed"); \
    (object) = NULL; \
  } G_STMT_END

/* What it said meanwhile is the reason if something failed, else it is handed on. */
static void
end_listening (AnfE5rt *e5, gboolean good, GError **error)
{
  g_autofree char *said = anf_e5rt_heard (e5), *message = NULL;

  if (said[0] == '\0')
    return;
  if (good || error == NULL || *error == NULL)
    {
      fprintf (stderr, "%s\n", said);
      return;
    }
  message = g_strdup_printf ("%s: %s", (*error)->message, said);
  g_free ((*error)->message);
  (*error)->message = g_steal_pointer (&message);
}

/* ---------------------------------------------------------------- compile */

/* The name that follows the first "SelectedBackend" in @text that is not ane; NULL: none. */
static char *
find_other_backend (const char *text)
{
  static const char key[] = "SelectedBackend = string(\"";

  for (const char *at = strstr (text, key); at != NULL; at = strstr (at, key))
    {
      const char *end = strchr (at += strlen (key), '"');

      if (end != NULL && (end - at != 3 || strncmp (at, "ane", 3) != 0))
        return g_strndup (at, end - at);
    }
  return NULL;
}

/* The compiler tells in analytics.mil, somewhere in its bundle, what will really compute. */
static char *
read_backend (const char *folder, guint depth)
{
  g_autoptr(GDir) dir = depth > 0 ? g_dir_open (folder, 0, NULL) : NULL;
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL), *text = NULL, *other = NULL;

      if (g_file_test (path, G_FILE_TEST_IS_DIR))
        other = read_backend (path, depth - 1);
      else if (g_str_equal (name, "analytics.mil") && g_file_get_contents (path, &text, NULL, NULL))
        other = find_other_backend (text);
      if (other != NULL)
        return g_steal_pointer (&other);
    }
  return NULL;
}

static gboolean
prepare (AnfE5rtProgram *self, const char *cache, GError **error)
{
  return CALL (e5_compiler_config_options_create, &self->config)
         && CALL (e5_compiler_config_options_set_cache_bundle_location, self->config, cache)
         && CALL (e5_compiler_create_with_config, &self->compiler, self->config)
         && CALL (e5_compiler_options_create, &self->options)
         && CALL (e5_compiler_options_set_compute_device_types_mask, self->options, MASK_ANE)
         && CALL (e5_compiler_options_set_force_recompilation, self->options, 1)
         && CALL (e5_compiler_options_set_segmenter, self->options, "graph");
}

static gboolean
compile (AnfE5rtProgram *self, double *compile_us, GError **error)
{
  g_autofree char *mil = g_build_filename (self->spec->folder, "model.mil", NULL);
  g_autofree char *cache = g_build_filename (self->spec->folder, "cache", NULL);
  g_autofree char *other = NULL;
  gint64 begin;
  gboolean good;

  if (!prepare (self, cache, error))
    return FALSE;
  begin = anf_now_ns ();
  good = CALL (e5_compiler_compile, self->compiler, mil, self->options, &self->library);
  *compile_us = good ? (anf_now_ns () - begin) / 1e3 : -1;
  if (!good)
    return FALSE;
  if ((other = read_backend (cache, 8)) != NULL)
    g_set_error (error, ANF_ERROR, ANF_ERROR_RUN,
                 "The engine did not take segment %s: its compiler chose \"%s\" for it",
                 self->spec->what, other);
  return other == NULL;
}

static void
release_compiler (AnfE5rtProgram *self)
{
  RELEASE (self->options, e5_compiler_options_release);
  RELEASE (self->compiler, e5_compiler_release);
  RELEASE (self->config, e5_compiler_config_options_release);
}

/* ---------------------------------------------------------------- operation and ports */

static gboolean
make_operation (AnfE5rtProgram *self, GError **error)
{
  return CALL (program_library_retain_program_function, self->library, "main", &self->function)
         && CALL (precompiled_compute_op_create_options_create_with_program_function,
                  &self->op_options, self->function)
         && CALL (precompiled_compute_op_create_options_set_operation_name, self->op_options,
                  "main")
         && CALL (precompiled_compute_op_create_options_set_allocate_intermediate_buffers,
                  self->op_options, 1)
         && CALL (execution_stream_operation_create_precompiled_compute_operation_with_options,
                  &self->operation, self->op_options);
}

/* The port itself is there; it gets memory. */
static gboolean
bind_port (AnfE5rtProgram *self, const AnfE5rtPort *spec, Port *port, GError **error)
{
  guint64 bytes = 0;

  if (!CALL_OF (spec->name, buffer_object_alloc, &port->buffer, spec->bytes, HOST_MEMORY)
      || !CALL_OF (spec->name, buffer_object_get_size, port->buffer, &bytes)
      || !CALL_OF (spec->name, buffer_object_get_data_ptr, port->buffer, &port->data)
      || !CALL_OF (spec->name, io_port_bind_buffer_object, port->port, port->buffer))
    return FALSE;
  if (bytes >= spec->bytes && port->data != NULL)
    return TRUE;
  g_set_error (error, ANF_ERROR, ANF_ERROR_RUN,
               "The engine gave port %s of segment %s %" G_GUINT64_FORMAT " bytes of memory, not %"
               G_GSIZE_FORMAT, spec->name, self->spec->what, bytes, spec->bytes);
  return FALSE;
}

static gboolean
bind_ports (AnfE5rtProgram *self, GError **error)
{
  for (guint i = 0; i < self->spec->n_in; i++)
    if (!CALL_OF (self->spec->in[i].name, execution_stream_operation_retain_input_port,
                  self->operation, self->spec->in[i].name, &self->in[i].port)
        || !bind_port (self, &self->spec->in[i], &self->in[i], error))
      return FALSE;
  for (guint i = 0; i < self->spec->n_out; i++)
    if (!CALL_OF (self->spec->out[i].name, execution_stream_operation_retain_output_port,
                  self->operation, self->spec->out[i].name, &self->out[i].port)
        || !bind_port (self, &self->spec->out[i], &self->out[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
build (AnfE5rtProgram *self, double *compile_us, GError **error)
{
  if (!compile (self, compile_us, error) || !make_operation (self, error))
    return FALSE;
  release_compiler (self);
  return bind_ports (self, error) && CALL (execution_stream_create, &self->stream)
         && CALL (execution_stream_encode_operation, self->stream, self->operation);
}

AnfE5rtProgram *
anf_e5rt_program_new (AnfE5rt *e5, const AnfE5rtSpec *spec, double *compile_us, GError **error)
{
  AnfE5rtProgram *self = g_new0 (AnfE5rtProgram, 1);
  gboolean good;

  self->e5 = e5;
  self->spec = spec;
  self->in = g_new0 (Port, spec->n_in + 1);
  self->out = g_new0 (Port, spec->n_out + 1);
  *compile_us = 0;
  anf_e5rt_listen (e5);
  good = build (self, compile_us, error);
  if (!good)
    anf_e5rt_program_free (self);
  end_listening (e5, good, error);
  return good ? self : NULL;
}

/* In the order that is known to be safe: what was made from something goes before it; memory and
 * ports after the operation that reads them; the stream last. */
void
anf_e5rt_program_free (AnfE5rtProgram *self)
{
  RELEASE (self->operation, execution_stream_operation_release);
  RELEASE (self->op_options, precompiled_compute_op_create_options_release);
  RELEASE (self->function, program_function_release);
  RELEASE (self->library, program_library_release);
  for (guint i = 0; i < self->spec->n_in; i++)
    RELEASE (self->in[i].buffer, buffer_object_release);
  for (guint i = 0; i < self->spec->n_out; i++)
    RELEASE (self->out[i].buffer, buffer_object_release);
  for (guint i = 0; i < self->spec->n_in; i++)
    RELEASE (self->in[i].port, io_port_release);
  for (guint i = 0; i < self->spec->n_out; i++)
    RELEASE (self->out[i].port, io_port_release);
  RELEASE (self->stream, execution_stream_release);
  release_compiler (self);
  g_free (self->in);
  g_free (self->out);
  g_free (self);
}

void *
anf_e5rt_program_input (AnfE5rtProgram *self, guint i)
{
  return self->in[i].data;
}

const void *
anf_e5rt_program_output (AnfE5rtProgram *self, guint i)
{
  return self->out[i].data;
}

gboolean
anf_e5rt_program_execute (AnfE5rtProgram *self, GError **error)
{
  gboolean good;

  anf_e5rt_listen (self->e5);
  good = CALL (execution_stream_execute_sync, self->stream);
  end_listening (self->e5, good, error);
  return good;
}
