/* test-reader.c - the stand-in's reader is as strict as it says, or the other tests say little. */
#include "mil-machine.h"

#include <glib/gstdio.h>

#include <string.h>

#define HEAD "program(1.3)\n[buildInfo = dict<string, string>({{\"a\", \"b\"}})]\n{\n"
#define FUNC "    func main<ios18>(tensor<fp16, [2, 2]> x) {\n"
#define RELU "        tensor<fp16, [2, 2]> y = relu(x = x)[name = string(\"y\")];\n"
#define TAIL "    } -> (y);\n}\n"

/* A record of 4 times 1.5 at 64. */
static void
write_blob (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "weights.bin", NULL);
  guint8 blob[64 + 64 + 8] = { 1, 0, 0, 0, 2 };
  static const guint8 record[] = { 0xEF, 0xBE, 0xAD, 0xDE, 1, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0,
                                   128 };

  memcpy (blob + 64, record, sizeof record);
  for (guint i = 0; i < 4; i++)
    blob[129 + 2 * i] = 0x3E;
  g_assert_true (g_file_set_contents (path, (char *) blob, sizeof blob, NULL));
}

/* NULL: it is taken. Else what is wrong. */
static char *
try_text (const char *text, guint16 *result)
{
  g_autofree char *folder = g_dir_make_tmp ("test-reader-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "model.mil", NULL);
  g_autofree char *blob = g_build_filename (folder, "weights.bin", NULL);
  char *problem = NULL;
  MilProgram *program;
  MilMachine *machine;

  write_blob (folder);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  program = mil_read (path, &problem);
  machine = program != NULL ? mil_machine_new (program, &problem) : NULL;
  if (machine != NULL)
    {
      const guint16 in[4] = { 0xC000, 0x3C00, 0x4000, 0x4200 };      /* -2 1 2 3 */
      const void *ins[] = { in };
      guint16 out[4];
      void *outs[] = { out };

      g_assert_true (mil_machine_run (machine, ins, outs));
      memcpy (result, out, sizeof out);
      mil_machine_free (machine);
    }
  g_clear_pointer (&program, mil_program_free);
  g_remove (path);
  g_remove (blob);
  g_rmdir (folder);
  return problem;
}

#define CONST(type, offset) \
  "        tensor<fp16, [2, 2]> w = const()[name = string(\"w\"), val = " type "(BLOBFILE(path = " \
  "string(\"@model_path/weights.bin\"), offset = uint64(" offset ")))];\n" \
  "        tensor<fp16, [2, 2]> y = add(x = x, y = w)[name = string(\"y\")];\n"

static void
test_good_text_is_computed (void)
{
  static const struct { const char *text; guint16 out[4]; } texts[] = {
    { HEAD FUNC RELU TAIL, { 0, 0x3C00, 0x4000, 0x4200 } },
    { HEAD FUNC CONST ("tensor<fp16, [2, 2]>", "64") TAIL, { 0xB800, 0x4100, 0x4300, 0x4480 } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      guint16 out[4];
      g_autofree char *problem = try_text (texts[i].text, out);

      g_assert_cmpstr (problem, ==, NULL);
      g_assert_cmpmem (out, sizeof out, texts[i].out, sizeof out);
    }
}

static void
test_bad_text_is_refused (gconstpointer data)
{
  const char *const *pair = data;
  guint16 out[4];
  g_autofree char *problem = try_text (pair[0], out);

  g_assert_nonnull (problem);
  g_assert_nonnull (strstr (problem, pair[1]));
}

static const char *const bad[][2] = {
  { HEAD FUNC RELU "    } -> (y);\n", "the end" },
  { HEAD FUNC RELU TAIL "x", "behind the program" },
  { HEAD FUNC RELU RELU TAIL, "y is there twice" },
  { HEAD FUNC "    } -> (y);\n}\n", "y is used and not there" },
  { HEAD FUNC "tensor<fp16, [2, 2]> y = relu(x = z)[name = string(\"y\")];" TAIL, "z is used" },
  { HEAD FUNC "tensor<fp16, [2, 2]> y = relu(x = x)[name = string(\"z\")];" TAIL, "the name" },
  { HEAD FUNC "tensor<fp16, [2, 3]> y = relu(x = x)[name = string(\"y\")];" TAIL, "declared" },
  { HEAD FUNC "tensor<fp32, [2, 2]> y = relu(x = x)[name = string(\"y\")];" TAIL, "declared" },
  { HEAD FUNC "tensor<fp61, [2, 2]> y = relu(x = x)[name = string(\"y\")];" TAIL, "no type" },
  { HEAD FUNC "tensor<fp16, [2, 2]> y = relo(x = x)[name = string(\"y\")];" TAIL, "relo" },
  { HEAD FUNC "tensor<fp16, [2, 2]> y = relu(x = x, k = fp16(1))[name = string(\"y\")];" TAIL,
    "relu has no k" },
  { HEAD FUNC "tensor<fp16, [2, 2]> y = relu(x = x, x = x)[name = string(\"y\")];" TAIL,
    "given twice" },
  { HEAD FUNC CONST ("tensor<fp16, [4]>", "64") TAIL, "not of its type" },
  { HEAD FUNC CONST ("tensor<fp16, [2, 2]>", "0") TAIL, "a record at 0" },
  { HEAD FUNC CONST ("tensor<fp16, [2, 2]>", "128") TAIL, "ends at" },
  { "program(1.4)\n", "1.3" },
};

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/e5rt/reader/good-text-is-computed", test_good_text_is_computed);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *name = g_strdup_printf ("/e5rt/reader/bad-text-is-refused/%u", i);

      g_test_add_data_func (name, bad[i], test_bad_text_is_refused);
    }
  return g_test_run ();
}
