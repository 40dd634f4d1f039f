/* standin.c - exports the functions of Espresso that are known and computes on the CPU.
 *
 * It is as strict as the notes on the real one say, and stricter: objects are of the right kind and
 * alive, what is made comes out of a pointer to NULL, ports are retained, bound and then encoded,
 * releases come in order. What is broken is kept as the violation, and the call fails. */
#include "mil-machine.h"
#include "standin.h"

#include <glib/gstdio.h>

#include <stdio.h>
#include <string.h>

#define EXPORT __attribute__ ((visibility ("default")))
#define MAX_PROGRAMS 128
#define PAUSE_US 15000000

typedef enum
{
  CONFIG, COMPILER, OPTIONS, LIBRARY, FUNCTION, OP_OPTIONS, OPERATION, PORT, BUFFER, STREAM, N_KINDS
} Kind;

typedef struct _Object Object;
struct _Object
{
  Kind        kind;
  guint       serial, of;          /* of: the serial of what it was made from */
  Object     *from;                /* that, while it lives */
  char       *text;                /* config: cache; op options: name; options: segmenter */
  guint64     mask;
  gboolean    ready, encoded;      /* op options: intermediates; operation, port: encoded */
  MilProgram *program;             /* library */
  MilMachine *machine;
  Object    **ports;               /* operation: inputs, then outputs; NULL: not retained */
  guint       n_in, n_ports;
  gsize       bytes;               /* port: needs; buffer: has */
  guint       bound;               /* port: serial of the buffer */
  Object     *buffer;
  void       *data;
  Object     *operation;           /* stream */
};

EXPORT extern StandIn standin;
StandIn standin;
static GMutex lock;
static GHashTable *live;           /* Object */
static guint last_serial, n_of[N_KINDS];
static gint64 failed_at = -1;

static gint64
broken (const char *rule)
{
  if (standin.violation == NULL)
    standin.violation = rule;
  fprintf (stderr, "stand-in: %s\n", rule);
  return 77;
}

/* Non-zero: this is the call that has to fail. */
static gboolean
told_to_fail (const char *call)
{
  const char *asked = standin.calls == 0 ? g_getenv ("STANDIN_FAIL_AT") : NULL;

  if (asked != NULL)
    standin.fail_at = g_ascii_strtoull (asked, NULL, 10);
  standin.calls++;
  if (standin.calls != standin.fail_at)
    return FALSE;
  standin.failed = call;
  fprintf (stderr, "stand-in: told to fail\n");
  return TRUE;
}

#define ENTER \
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&lock); \
  gboolean told = told_to_fail (__func__); \
  G_STMT_START { if (told) return 9; } G_STMT_END

static gboolean
is (const void *object, Kind kind)
{
  return object != NULL && live != NULL && g_hash_table_contains (live, object)
         && ((const Object *) object)->kind == kind;
}

static gint64
make (void **out, Kind kind, Object *from)
{
  Object *object;

  if (live == NULL)
    live = g_hash_table_new (NULL, NULL);
  if (out == NULL || g_hash_table_contains (live, out) || *out != NULL)
    return broken ("a new object goes to the first argument, a pointer to NULL");
  object = g_new0 (Object, 1);
  object->kind = kind;
  object->serial = ++last_serial;
  object->from = from;
  object->of = from != NULL ? from->serial : 0;
  g_hash_table_add (live, object);
  n_of[kind]++;
  standin.live++;
  *out = object;
  return 0;
}

static void
drop (Object *object)
{
  g_hash_table_remove (live, object);
  n_of[object->kind]--;
  standin.live--;
  g_clear_pointer (&object->machine, mil_machine_free);
  g_clear_pointer (&object->program, mil_program_free);
  g_free (object->ports);
  g_free (object->text);
  g_free (object->data);
  g_free (object);
}

/* Whether something of that kind was made from @object and still lives. */
static gboolean
has_made (const Object *object, Kind kind)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, live);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    if (((Object *) key)->kind == kind && ((Object *) key)->of == object->serial)
      return TRUE;
  return FALSE;
}

static gboolean
is_used (const Object *buffer)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, live);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      const Object *port = key;

      if (port->kind == PORT && port->bound == buffer->serial && is (port->from, OPERATION)
          && port->from->serial == port->of)
        return TRUE;
    }
  return FALSE;
}

static gboolean
has_buffer (const Object *port)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, live);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    if (((Object *) key)->kind == BUFFER && ((Object *) key)->serial == port->bound)
      return TRUE;
  return FALSE;
}

/* Ports of the operation, or the operation itself. */
static gboolean
has_ports (guint operation)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, live);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      const Object *object = key;

      if ((object->kind == PORT && object->of == operation) || object->serial == operation)
        return TRUE;
    }
  return FALSE;
}

static const char *
find_fault (const Object *object)
{
  static const struct { Kind kind, later; const char *fault; } rules[] = {
    { CONFIG, COMPILER, "a config is released after its compiler" },
    { OP_OPTIONS, OPERATION, "operation options are released after the operation" },
    { FUNCTION, OP_OPTIONS, "a function is released after the operation options" },
    { LIBRARY, FUNCTION, "a library is released after its function" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rules); i++)
    if (object->kind == rules[i].kind && has_made (object, rules[i].later))
      return rules[i].fault;
  if (object->kind == COMPILER && n_of[OPTIONS] > 0)
    return "a compiler is released after its options";
  if (object->kind == BUFFER && is_used (object))
    return "a buffer is released after the operation";
  if (object->kind == PORT && has_buffer (object))
    return "a port is released after its buffer";
  if (object->kind == STREAM && object->of != 0
      && has_ports (object->of))
    return "a stream is released last";
  return NULL;
}

static gint64
release (void **at, Kind kind, const char *call)
{
  gboolean told = told_to_fail (call);
  const char *fault;

  if (at == NULL || !is (*at, kind))
    return broken ("what is released is alive, of that kind, and given by its address");
  if ((fault = find_fault (*at)) != NULL)
    return broken (fault);
  drop (*at);
  *at = NULL;
  return told ? 9 : 0;
}

#define RELEASE(name, kind) \
  EXPORT gint64 name (void **at); \
  gint64 name (void **at) \
  { \
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&lock); \
    return release (at, kind, #name); \
  }
RELEASE (e5rt_e5_compiler_config_options_release, CONFIG)
RELEASE (e5rt_e5_compiler_release, COMPILER)
RELEASE (e5rt_e5_compiler_options_release, OPTIONS)
RELEASE (e5rt_program_library_release, LIBRARY)
RELEASE (e5rt_program_function_release, FUNCTION)
RELEASE (e5rt_precompiled_compute_op_create_options_release, OP_OPTIONS)
RELEASE (e5rt_execution_stream_operation_release, OPERATION)
RELEASE (e5rt_io_port_release, PORT)
RELEASE (e5rt_buffer_object_release, BUFFER)
RELEASE (e5rt_execution_stream_release, STREAM)

/* ---------------------------------------------------------------- compile */

#define EXPORTED(name, arguments) \
  EXPORT gint64 name arguments; \
  gint64 name arguments

EXPORTED (e5rt_e5_compiler_config_options_create, (void **out))
{
  ENTER;
  return make (out, CONFIG, NULL);
}

EXPORTED (e5rt_e5_compiler_config_options_set_cache_bundle_location,
          (void *config, const char *path))
{
  ENTER;
  if (!is (config, CONFIG) || path == NULL || !g_path_is_absolute (path))
    return broken ("a cache is told to a config by its full path");
  g_free (((Object *) config)->text);
  ((Object *) config)->text = g_strdup (path);
  return 0;
}

EXPORTED (e5rt_e5_compiler_create_with_config, (void **out, void *config))
{
  ENTER;
  if (!is (config, CONFIG) || ((Object *) config)->text == NULL)
    return broken ("a compiler is made from a config that knows the cache");
  return make (out, COMPILER, config);
}

EXPORTED (e5rt_e5_compiler_options_create, (void **out))
{
  ENTER;
  return make (out, OPTIONS, NULL);
}

EXPORTED (e5rt_e5_compiler_options_set_compute_device_types_mask, (void *options, guint64 mask))
{
  ENTER;
  if (!is (options, OPTIONS) || mask != 4)
    return broken ("the mask of devices is 4, the engine alone");
  ((Object *) options)->mask = mask;
  return 0;
}

EXPORTED (e5rt_e5_compiler_options_set_force_recompilation, (void *options, int force))
{
  ENTER;
  return is (options, OPTIONS) ? 0 : broken ("these are no options");
}

EXPORTED (e5rt_e5_compiler_options_set_segmenter, (void *options, const char *segmenter))
{
  ENTER;
  if (!is (options, OPTIONS) || g_strcmp0 (segmenter, "graph") != 0)
    return broken ("the segmenter is graph");
  ((Object *) options)->text = g_strdup (segmenter);
  return 0;
}

/* Compilers leave their bundle behind, or a part of it. */
static void
write_bundle (const char *cache, const char *text)
{
  g_autofree char *folder = g_build_filename (cache, "main.bundle", NULL);
  g_autofree char *path = g_build_filename (folder, "analytics.mil", NULL);

  g_mkdir_with_parents (folder, 0700);
  g_file_set_contents (path, text, -1, NULL);
}

static gint64
refuse (const char *why)
{
  fprintf (stderr, "stand-in: %s\n", why);
  if (standin.now_us != NULL)
    failed_at = standin.now_us ();
  return 3;
}

static gint64
compile (const Object *compiler, const char *mil, Object *library)
{
  g_autofree char *problem = NULL, *said = NULL;

  library->program = mil_read (mil, &problem);
  if (library->program != NULL)
    library->machine = mil_machine_new (library->program, &problem);
  if (problem != NULL)
    return refuse (problem);
  said = g_strdup_printf ("main()[SelectedBackend = string(\"%s\")]\n",
                          standin.backend != NULL ? standin.backend : "ane");
  write_bundle (compiler->from->text, said);
  return 0;
}

EXPORTED (e5rt_e5_compiler_compile,
          (void *compiler, const char *mil, void *options, void **library))
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&lock);
  gint64 code;

  if (!is (compiler, COMPILER) || !is (options, OPTIONS) || ((Object *) options)->mask == 0
      || ((Object *) options)->text == NULL)
    return broken ("a program is compiled with a compiler and complete options");
  if (standin.now_us != NULL && failed_at >= 0 && standin.now_us () - failed_at < PAUSE_US)
    return broken ("less than 15 s after a failed compile");
  standin.compiles++;
  failed_at = -1;
  if (told_to_fail (__func__))
    {
      write_bundle (((Object *) compiler)->from->text, "half of ");
      return refuse ("it cannot be\ncompiled");
    }
  if (n_of[LIBRARY] >= MAX_PROGRAMS)
    return broken ("there are too many programs");
  if ((code = make (library, LIBRARY, NULL)) != 0)
    return code;
  if ((code = compile (compiler, mil, *library)) != 0)
    {
      drop (*library);
      *library = NULL;
    }
  return code;
}

/* ---------------------------------------------------------------- operation */

EXPORTED (e5rt_program_library_retain_program_function,
          (void *library, const char *name, void **function))
{
  ENTER;
  if (!is (library, LIBRARY) || g_strcmp0 (name, "main") != 0)
    return broken ("a library has the function main");
  return make (function, FUNCTION, library);
}

EXPORTED (e5rt_precompiled_compute_op_create_options_create_with_program_function,
          (void **out, void *function))
{
  ENTER;
  if (!is (function, FUNCTION))
    return broken ("operation options are made from a function");
  return make (out, OP_OPTIONS, function);
}

EXPORTED (e5rt_precompiled_compute_op_create_options_set_operation_name,
          (void *options, const char *name))
{
  ENTER;
  if (!is (options, OP_OPTIONS) || name == NULL || *name == '\0')
    return broken ("an operation has a name");
  ((Object *) options)->text = g_strdup (name);
  return 0;
}

EXPORTED (e5rt_precompiled_compute_op_create_options_set_allocate_intermediate_buffers,
          (void *options, int allocate))
{
  ENTER;
  if (!is (options, OP_OPTIONS) || allocate != 1)
    return broken ("intermediate buffers are to be allocated");
  ((Object *) options)->ready = TRUE;
  return 0;
}

EXPORTED (e5rt_execution_stream_operation_create_precompiled_compute_operation_with_options,
          (void **out, void *options))
{
  const MilProgram *program;
  gint64 code;
  Object *operation;

  ENTER;
  if (!is (options, OP_OPTIONS) || ((Object *) options)->text == NULL
      || !((Object *) options)->ready)
    return broken ("an operation is made from complete options");
  if ((code = make (out, OPERATION, options)) != 0)
    return code;
  operation = *out;
  program = operation->from->from->from->program;
  operation->n_in = program->inputs->len;
  operation->n_ports = operation->n_in + program->outputs->len;
  operation->ports = g_new0 (Object *, operation->n_ports);
  return 0;
}

static const Object *
library_of (const Object *operation)
{
  return operation->from->from->from;
}

static gsize
bytes_of (const MilType *type)
{
  gsize n = mil_elements (type);

  if (g_str_equal (type->dtype, "uint8"))
    return (n + 1) / 2 * 2;
  return g_str_equal (type->dtype, "int32") ? 4 * n : 2 * n;
}

/* The declared type of an output: that of the statement that makes it. */
static const MilType *
output_type (const MilProgram *program, const char *name)
{
  for (guint i = 0; i < program->statements->len; i++)
    {
      const MilStatement *statement = g_ptr_array_index (program->statements, i);

      for (guint j = 0; j < statement->outs->len; j++)
        if (g_str_equal (g_array_index (statement->outs, MilPort, j).name, name))
          return &g_array_index (statement->outs, MilPort, j).type;
    }
  return NULL;
}

static gint64
retain_port (void *at, guint i, const MilType *type, void **port)
{
  Object *operation = at;
  gint64 code;

  if (operation->ports[i] != NULL || operation->encoded)
    return broken ("a port is retained once, before the operation is encoded");
  if ((code = make (port, PORT, operation)) != 0)
    return code;
  operation->ports[i] = *port;
  operation->ports[i]->bytes = bytes_of (type);
  return 0;
}

EXPORTED (e5rt_execution_stream_operation_retain_input_port,
          (void *operation, const char *name, void **port))
{
  const MilProgram *program;

  ENTER;
  if (!is (operation, OPERATION) || name == NULL)
    return broken ("ports are those of an operation");
  program = library_of (operation)->program;
  for (guint i = 0; i < program->inputs->len; i++)
    if (g_str_equal (g_array_index (program->inputs, MilPort, i).name, name))
      return retain_port (operation, i, &g_array_index (program->inputs, MilPort, i).type, port);
  return broken ("there is no such input");
}

EXPORTED (e5rt_execution_stream_operation_retain_output_port,
          (void *operation, const char *name, void **port))
{
  const MilProgram *program;

  ENTER;
  if (!is (operation, OPERATION) || name == NULL)
    return broken ("ports are those of an operation");
  program = library_of (operation)->program;
  for (guint i = 0; i < program->outputs->len; i++)
    if (g_str_equal (g_ptr_array_index (program->outputs, i), name))
      return retain_port (operation, program->inputs->len + i, output_type (program, name), port);
  return broken ("there is no such output");
}

EXPORTED (e5rt_buffer_object_alloc, (void **out, guint64 bytes, guint32 type))
{
  gint64 code;

  ENTER;
  if (type > 2 || bytes == 0)
    return broken ("there are buffers of kind 0, 1 and 2");
  if ((code = make (out, BUFFER, NULL)) != 0)
    return code;
  ((Object *) *out)->bytes = bytes;
  ((Object *) *out)->data = g_malloc0 (bytes);
  return 0;
}

EXPORTED (e5rt_buffer_object_get_data_ptr, (void *buffer, void **data))
{
  ENTER;
  if (!is (buffer, BUFFER) || data == NULL)
    return broken ("this is no buffer");
  *data = ((Object *) buffer)->data;
  return 0;
}

EXPORTED (e5rt_buffer_object_get_size, (void *buffer, guint64 *bytes))
{
  ENTER;
  if (!is (buffer, BUFFER) || bytes == NULL)
    return broken ("this is no buffer");
  *bytes = ((Object *) buffer)->bytes;
  return 0;
}

EXPORTED (e5rt_io_port_bind_buffer_object, (void *port, void *buffer))
{
  Object *at = port, *memory = buffer;

  ENTER;
  if (!is (port, PORT) || !is (buffer, BUFFER))
    return broken ("a buffer is bound to a retained port");
  if (!is (at->from, OPERATION) || at->from->encoded)
    return broken ("ports are bound before the operation is encoded");
  if (memory->bytes != at->bytes)
    return broken ("a buffer has as many bytes as its port");
  at->bound = memory->serial;
  at->buffer = memory;
  return 0;
}

/* ---------------------------------------------------------------- run */

EXPORTED (e5rt_execution_stream_create, (void **out))
{
  ENTER;
  return make (out, STREAM, NULL);
}

EXPORTED (e5rt_execution_stream_encode_operation, (void *stream, void *operation))
{
  Object *at = operation;

  ENTER;
  if (!is (stream, STREAM) || !is (operation, OPERATION) || at->encoded)
    return broken ("an operation is encoded once, into a stream");
  for (guint i = 0; i < at->n_ports; i++)
    if (at->ports[i] == NULL || at->ports[i]->bound == 0)
      return broken ("an operation is encoded when all its ports are bound");
  at->encoded = TRUE;
  ((Object *) stream)->operation = at;
  ((Object *) stream)->of = at->serial;
  return 0;
}

EXPORTED (e5rt_execution_stream_execute_sync, (void *stream))
{
  Object *operation;
  g_autofree const void **in = NULL;
  g_autofree void **out = NULL;

  ENTER;
  if (!is (stream, STREAM) || !is (((Object *) stream)->operation, OPERATION))
    return broken ("a stream is executed after something was encoded into it");
  operation = ((Object *) stream)->operation;
  in = g_new0 (const void *, operation->n_ports);
  out = g_new0 (void *, operation->n_ports);
  for (guint i = 0; i < operation->n_ports; i++)
    {
      void *data = operation->ports[i]->buffer->data;

      if (i < operation->n_in)
        in[i] = data;
      else
        out[i - operation->n_in] = data;
    }
  standin.executes++;
  if (!mil_machine_run (library_of (operation)->machine, in, out))
    return broken ("the program does not run");
  if (standin.on_execute != NULL)
    standin.on_execute (standin.data);
  return 0;
}
