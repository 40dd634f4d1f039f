/* backend-e5rt-library.h - what Espresso, the engine's runtime on macOS, has for us to call.
 *
 * Private to the system and free to change: nothing is linked, everything is looked up by name.
 * The names, the order of arguments and what they mean are those of the Apple Neural Engine guide
 * and of the aneforge package (MIT), whose author found them by experiment on macOS 26.5. */
#pragma once

#include <gio/gio.h>

#include <stdio.h>

/* E5 (NAME, ARGUMENTS), each without its prefix e5rt_. All return 0 for success; a first argument
 * void **out receives a new object. What is made by retain comes last. */
#define ANF_E5RT_FUNCTIONS(E5) \
  E5 (e5_compiler_config_options_create, (void **out)) \
  E5 (e5_compiler_config_options_set_cache_bundle_location, (void *config, const char *path)) \
  E5 (e5_compiler_config_options_release, (void **config)) \
  E5 (e5_compiler_create_with_config, (void **out, void *config)) \
  E5 (e5_compiler_release, (void **compiler)) \
  E5 (e5_compiler_options_create, (void **out)) \
  E5 (e5_compiler_options_set_compute_device_types_mask, (void *options, guint64 mask)) \
  E5 (e5_compiler_options_set_force_recompilation, (void *options, int force)) \
  E5 (e5_compiler_options_set_segmenter, (void *options, const char *segmenter)) \
  E5 (e5_compiler_options_release, (void **options)) \
  E5 (e5_compiler_compile, (void *compiler, const char *mil, void *options, void **library)) \
  E5 (program_library_retain_program_function, \
      (void *library, const char *name, void **function)) \
  E5 (program_library_release, (void **library)) \
  E5 (program_function_release, (void **function)) \
  E5 (precompiled_compute_op_create_options_create_with_program_function, \
      (void **out, void *function)) \
  E5 (precompiled_compute_op_create_options_set_operation_name, \
      (void *options, const char *name)) \
  E5 (precompiled_compute_op_create_options_set_allocate_intermediate_buffers, \
      (void *options, int allocate)) \
  E5 (precompiled_compute_op_create_options_release, (void **options)) \
  E5 (execution_stream_operation_create_precompiled_compute_operation_with_options, \
      (void **out, void *options)) \
  E5 (execution_stream_operation_retain_input_port, \
      (void *operation, const char *name, void **port)) \
  E5 (execution_stream_operation_retain_output_port, \
      (void *operation, const char *name, void **port)) \
  E5 (execution_stream_operation_release, (void **operation)) \
  E5 (io_port_bind_buffer_object, (void *port, void *buffer)) \
  E5 (io_port_release, (void **port)) \
  E5 (buffer_object_alloc, (void **out, guint64 bytes, guint32 type)) \
  E5 (buffer_object_get_data_ptr, (void *buffer, void **data)) \
  E5 (buffer_object_get_size, (void *buffer, guint64 *bytes)) \
  E5 (buffer_object_release, (void **buffer)) \
  E5 (execution_stream_create, (void **out)) \
  E5 (execution_stream_encode_operation, (void *stream, void *operation)) \
  E5 (execution_stream_execute_sync, (void *stream)) \
  E5 (execution_stream_release, (void **stream))

typedef struct
{
  void *handle;
  FILE *said;                      /* what it wrote to stderr */
  int   was;                       /* stderr itself, while that is read; -1 */
#define MEMBER(name, arguments) gint64 (*name) arguments;
  ANF_E5RT_FUNCTIONS (MEMBER)
#undef MEMBER
} AnfE5rt;

/* Loads the library at @path (NULL: where macOS has it) and finds every function. An error tells
 * what is missing; it is one sentence. Once loaded, this process must not fork without exec. */
AnfE5rt *anf_e5rt_open  (const char *path, GError **error);
void     anf_e5rt_close (AnfE5rt *self);

/* Espresso answers with a number and writes the reason to stderr. From listen on that is kept, for
 * all of the process; heard ends it and returns what came, as one line (transfer full): "" mostly.
 * Costs a few microseconds. */
void     anf_e5rt_listen (AnfE5rt *self);
char    *anf_e5rt_heard  (AnfE5rt *self);
