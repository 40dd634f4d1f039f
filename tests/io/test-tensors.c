/* test-tensors.c - what other writers wrote is read exactly; what is no such file is refused. */
#include "place.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

static AnfTensor *
get (const char *file, const char *name)
{
  g_autofree char *path = data_file (file);
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfTensors) tensors = anf_tensors_open (path, &error);
  AnfTensor *tensor;

  g_assert_no_error (error);
  tensor = anf_tensors_get (tensors, name, &error);
  g_assert_no_error (error);
  return tensor;
}

static void
assert_tensor (const char *file, const char *name, AnfDtype dtype, const char *shape,
               gsize n, const double *values)
{
  g_autoptr(AnfTensor) tensor = get (file, name);
  g_autofree char *text = anf_tensor_shape_text (tensor);

  g_assert_cmpstr (text, ==, shape);
  g_assert_cmpint (anf_tensor_dtype (tensor), ==, dtype);
  g_assert_cmpuint (anf_tensor_elements (tensor), ==, n);
  for (gsize i = 0; i < n; i++)
    {
      double value;

      anf_tensor_read_double (tensor, i, 1, &value);
      g_assert_cmpfloat (value, ==, values[i]);
    }
}

#define ASSERT_TENSOR(file, name, dtype, shape, ...) \
  assert_tensor (file, name, dtype, shape, \
                 sizeof ((double[]) { __VA_ARGS__ }) / sizeof (double), \
                 (double[]) { __VA_ARGS__ })

static void
test_npy_of_each_version (Folder *folder, gconstpointer data)
{
  ASSERT_TENSOR ("half.npy", "", ANF_F16, "2×3", 0, 1, -2, 0.5, 65504, 0x1p-24);
  ASSERT_TENSOR ("float-v1.npy", "", ANF_F32, "2×3", 0, 1, 2, 3, 4, 5);
  ASSERT_TENSOR ("float-v2.npy", "", ANF_F32, "2×3", 0, 1, 2, 3, 4, 5);
  ASSERT_TENSOR ("double-v3.npy", "", ANF_F64, "2", 0.1, -1e300);
  ASSERT_TENSOR ("scalar.npy", "", ANF_F32, "scalar", 2.5);
  assert_tensor ("empty.npy", "", ANF_F32, "0×3", 0, NULL);
}

static void
test_npy_in_fortran_order_is_turned (Folder *folder, gconstpointer data)
{
  double values[24];

  for (int i = 0; i < 24; i++)
    values[i] = i;
  assert_tensor ("fortran.npy", "", ANF_F32, "2×3×4", 24, values);
  assert_tensor ("big-fortran.npy", "", ANF_F64, "2×3", 6, values);
}

static void
test_npy_of_big_endian_is_swapped (Folder *folder, gconstpointer data)
{
  ASSERT_TENSOR ("big-endian.npy", "", ANF_I32, "2×2", 1, -2, 3, 0x1p30);
}

/* 2^63 - 1 and 2^64 - 1 are the next powers of two in double. */
static void
assert_every_integer (const char *file)
{
  ASSERT_TENSOR (file, "int8", ANF_I8, "3", -128, 1, 127);
  ASSERT_TENSOR (file, "int16", ANF_I16, "3", -32768, 1, 32767);
  ASSERT_TENSOR (file, "int32", ANF_I32, "3", -0x1p31, 1, 0x1p31 - 1);
  ASSERT_TENSOR (file, "int64", ANF_I64, "3", -0x1p63, 1, 0x1p63);
  ASSERT_TENSOR (file, "uint8", ANF_U8, "3", 0, 1, 255);
  ASSERT_TENSOR (file, "uint16", ANF_U16, "3", 0, 1, 65535);
  ASSERT_TENSOR (file, "uint32", ANF_U32, "3", 0, 1, 0x1p32 - 1);
  ASSERT_TENSOR (file, "uint64", ANF_U64, "3", 0, 1, 0x1p64);
  ASSERT_TENSOR (file, "bool", ANF_BOOL, "3", 1, 0, 1);
}

static void
test_npz_of_every_type (Folder *folder, gconstpointer data)
{
  assert_every_integer ("types.npz");
}

static void
test_npz_deflated (Folder *folder, gconstpointer data)
{
  double values[1000];

  for (int i = 0; i < 1000; i++)
    values[i] = i;
  assert_tensor ("deflated.npz", "ramp", ANF_F32, "10×100", 1000, values);
  assert_tensor ("deflated.npz", "turned", ANF_F64, "2×3", 6, values);
  assert_tensor ("deflated.npz", "empty", ANF_F16, "3×0", 0, NULL);
}

static void
test_npz_with_sizes_behind_the_data (Folder *folder, gconstpointer data)
{
  g_autofree char *path = data_file ("stream.npz");
  g_autoptr(AnfTensors) tensors = anf_tensors_open (path, NULL);
  double values[20];

  for (int i = 0; i < 20; i++)
    values[i] = i;
  assert_tensor ("stream.npz", "a", ANF_F32, "4×5", 20, values);
  g_assert_cmpuint (anf_tensors_n (tensors), ==, 1);   /* readme.txt is no array */
}

static void
test_npz_with_64_bit_sizes (Folder *folder, gconstpointer data)
{
  ASSERT_TENSOR ("zip64.npz", "wide", ANF_F32, "3×2", 0, 1, 2, 3, 4, 5);
}

static void
test_safetensors_of_every_type (Folder *folder, gconstpointer data)
{
  assert_every_integer ("types.safetensors");
  ASSERT_TENSOR ("types.safetensors", "fp16", ANF_F16, "2×2", 1, -2, 0.5, 65504);
  ASSERT_TENSOR ("types.safetensors", "fp32", ANF_F32, "2×2", 1, -2, 0.1f, 1e30f);
  ASSERT_TENSOR ("types.safetensors", "fp64", ANF_F64, "2", 0.1, -1e300);
  ASSERT_TENSOR ("types.safetensors", "bf16", ANF_BF16, "2×3", 1, -2, 0.5, 0x1p100, 0, 3.140625);
  ASSERT_TENSOR ("types.safetensors", "scalar", ANF_F32, "scalar", 2.5);
  assert_tensor ("types.safetensors", "empty", ANF_F32, "0×4", 0, NULL);
}

static void
test_names_stay_in_order (Folder *folder, gconstpointer data)
{
  static const char *const names[] = { "odd", "int8", "int16", "int32", "int64", "uint8", "uint16",
                                       "uint32", "uint64", "bool", "fp16", "fp32", "fp64", "bf16",
                                       "scalar", "empty" };
  g_autofree char *path = data_file ("types.safetensors");
  g_autoptr(AnfTensors) tensors = anf_tensors_open (path, NULL);

  g_assert_cmpuint (anf_tensors_n (tensors), ==, G_N_ELEMENTS (names));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_cmpstr (anf_tensors_nth_name (tensors, i), ==, names[i]);
}

/* ---------------------------------------------------------------- refusals */

static void
assert_open_refused (const char *path, const char *cause)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (anf_tensors_open (path, &error));
  assert_refused (&error, path, cause);
}

static void
assert_get_refused (const char *path, const char *name, const char *cause)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfTensors) tensors = anf_tensors_open (path, &error);

  g_assert_no_error (error);
  g_assert_null (anf_tensors_get (tensors, name, &error));
  assert_refused (&error, path, cause);
}

static void
test_unsupported_files_say_what_they_hold (Folder *folder, gconstpointer data)
{
  static const struct { const char *file, *cause; } cases[] = {
    { "complex.npy", "\"<c8\"" }, { "text.npy", "\"<U3\"" }, { "record.npy", "records" },
    { "rank9.npy", "more than 8 axes" },
  };
  g_autofree char *bzip2 = data_file ("bzip2.npz"), *fp8 = data_file ("fp8.safetensors");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = data_file (cases[i].file);

      assert_open_refused (path, cases[i].cause);
    }
  assert_get_refused (bzip2, "a", "packed by method 12");
  assert_get_refused (fp8, "q", "F8_E4M3");
  ASSERT_TENSOR ("fp8.safetensors", "w", ANF_F32, "1", 1);
}

static void
test_what_is_no_file_is_refused_at_once (Folder *folder, gconstpointer data)
{
  g_autofree char *fifo = folder_file (folder, "fifo.npy");
  g_autofree char *dir = folder_file (folder, "dir.npz");
  g_autofree char *device = folder_file (folder, "zero.safetensors");
  g_autofree char *none = folder_file (folder, "none.npy");
  g_autofree char *other = folder_write (folder, "weights.bin", "", 0);
  g_autofree char *empty = folder_write (folder, "empty.npz", "", 0);

  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  g_assert_cmpint (g_mkdir (dir, 0700), ==, 0);
  g_assert_cmpint (symlink ("/dev/zero", device), ==, 0);
  assert_open_refused (fifo, "not a regular file");
  assert_open_refused (dir, "folder");
  assert_open_refused (device, "not a regular file");
  assert_open_refused (none, "No such file");
  assert_open_refused (other, ".safetensors, .npy or .npz");
  assert_open_refused (empty, "its end is missing");
}

/* A safetensors file with that header and @n bytes of numbers. */
static char *
write_safetensors (Folder *folder, const char *header, gsize n)
{
  guint64 length = strlen (header);
  g_autoptr(GByteArray) file = g_byte_array_new ();
  g_autofree guint8 *numbers = g_malloc0 (n + 1);

  g_byte_array_append (file, (const guint8 *) &length, sizeof length);
  g_byte_array_append (file, (const guint8 *) header, length);
  g_byte_array_append (file, numbers, n);
  return folder_write (folder, "t.safetensors", file->data, file->len);
}

static void
test_safetensors_headers_that_lie (Folder *folder, gconstpointer data)
{
#define AT(shape, a, b) "{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":[" a "," b "]}"
#define W(shape, a, b) "\"w\":" AT (shape, a, b)
#define V(shape, a, b) "\"v\":" AT (shape, a, b)
  static const struct { const char *header; gsize n; const char *cause; } cases[] = {
    { "{" W ("[2]", "0", "8") "}", 7, "outside the file" },
    { "{" W ("[2]", "0", "8") "}", 9, "1 bytes after the last" },
    { "{" W ("[3]", "0", "8") "}", 8, "shape does not match its 8 bytes" },
    { "{" W ("[2]", "8", "0") "}", 8, "end before they begin" },
    { "{" W ("[2]", "-8", "0") "}", 8, "outside the file" },
    { "{" W ("[2]", "0", "18446744073709551616") "}", 8, "outside the file" },
    { "{" W ("[4294967296,4294967296]", "0", "0") "}", 0, "shape does not match" },
    { "{" W ("[0,4294967296,4294967296,4294967296]", "0", "0") "}", 0, "shape does not match" },
    { "{" W ("[-1]", "0", "4") "}", 4, "list of sizes" },
    { "{" W ("[1.5]", "0", "4") "}", 4, "list of sizes" },
    { "{" W ("[2]", "0", "8") "," V ("[2]", "4", "12") "}", 12, "overlap" },
    { "{" W ("[2]", "0", "8") "," V ("[2]", "12", "20") "}", 20, "gap of 4 bytes" },
    { "{" W ("[2]", "0", "8") "," W ("[2]", "8", "16") "}", 16, "twice" },
    { "{\"w\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "\"dtype\"" },
    { "{\"w\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "\"shape\"" },
    { "{\"w\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "\"data_offsets\"" },
    { "{\"w\":3}", 4, "not an object" },
    { "[]", 0, "not a JSON object" },
    { "{\"w\":", 0, "ends too early" },
    { "{\"a\\nb\":3}", 0, "tensor \"a?b\"" },
  };
#undef AT
#undef W
#undef V

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = write_safetensors (folder, cases[i].header, cases[i].n);

      assert_open_refused (path, cases[i].cause);
    }
}

static void
test_a_header_longer_than_its_file (Folder *folder, gconstpointer data)
{
  static const guint64 lengths[] = { 1, 100000001, G_MAXUINT64, G_MAXUINT64 - 7 };

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_autofree char *path = folder_write (folder, "t.safetensors", &lengths[i], 8);

      assert_open_refused (path, "more than there are");
    }
}

static void
test_a_deflated_member_cannot_claim_more_than_deflate_can (Folder *folder, gconstpointer data)
{
  g_autoptr(GBytes) bytes = data_bytes ("deflated.npz");
  gsize size;
  const guint8 *all = g_bytes_get_data (bytes, &size);
  g_autofree guint8 *copy = g_memdup2 (all, size);
  guint8 *row = memmem (copy, size, "PK\1\2", 4);
  g_autofree char *path = NULL;

  memcpy (row + 24, "\0\0\0\x7f", 4);          /* size: two gigabytes */
  path = folder_write (folder, "bomb.npz", copy, size);
  assert_get_refused (path, "ramp", "too many for its deflated data");

  memcpy (row + 24, (guint32[]) { 128 + 4000 - 1 }, 4);   /* one byte less than it is */
  g_free (path);
  path = folder_write (folder, "small.npz", copy, size);
  assert_get_refused (path, "ramp", "inflates to more");
}

/* ---------------------------------------------------------------- damage */

/* Opens, reads every number of every tensor; FALSE if any of it was refused, in one line. */
static gboolean
read_all (const char *path)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfTensors) tensors = anf_tensors_open (path, &error);
  gboolean ok = tensors != NULL;

  for (guint i = 0; ok && i < anf_tensors_n (tensors); i++)
    {
      g_autoptr(AnfTensor) tensor = anf_tensors_get (tensors, anf_tensors_nth_name (tensors, i),
                                                     &error);
      gsize n = tensor != NULL ? anf_tensor_elements (tensor) : 0;
      g_autofree float *values = g_new (float, n + 1);

      if (tensor != NULL)
        anf_tensor_read (tensor, 0, n, values);
      ok = tensor != NULL;
    }
  if (!ok)
    assert_refused (&error, path, "");
  return ok;
}

static const char *const samples[] = { "half.npy", "float-v2.npy", "fortran.npy", "types.npz",
                                       "deflated.npz", "stream.npz", "zip64.npz",
                                       "types.safetensors" };

static void
test_a_file_cut_anywhere_is_refused (Folder *folder, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (samples); i++)
    {
      g_autoptr(GBytes) bytes = data_bytes (samples[i]);
      g_autofree char *whole = data_file (samples[i]);

      g_assert_true (read_all (whole));
      for (gsize size = 0; size < g_bytes_get_size (bytes); size++)
        {
          g_autofree char *path = folder_write (folder, samples[i],
                                                g_bytes_get_data (bytes, NULL), size);

          g_assert_false (read_all (path));
        }
    }
}

static void
test_flipped_bits_are_survived (Folder *folder, gconstpointer data)
{
  g_autoptr(GRand) random = g_rand_new_with_seed (20260101);

  for (guint i = 0; i < G_N_ELEMENTS (samples); i++)
    for (guint round = 0; round < 1500; round++)
      {
        g_autoptr(GBytes) bytes = data_bytes (samples[i]);
        gsize size;
        const guint8 *all = g_bytes_get_data (bytes, &size);
        g_autofree guint8 *copy = g_memdup2 (all, size);
        g_autofree char *path = NULL;

        for (int flips = g_rand_int_range (random, 1, 4); flips > 0; flips--)
          copy[g_rand_int_range (random, 0, size)] ^= 1 << g_rand_int_range (random, 0, 8);
        path = folder_write (folder, samples[i], copy, size);
        read_all (path);           /* either way, as long as it is no crash */
      }
}

static void
test_a_flipped_bit_in_deflated_numbers_is_found (Folder *folder, gconstpointer data)
{
  g_autoptr(GBytes) bytes = data_bytes ("deflated.npz");
  gsize size;
  const guint8 *all = g_bytes_get_data (bytes, &size);
  const guint8 *row = memmem (all, size, "PK\1\2", 4);
  gsize begin = 30 + (all[26] | all[27] << 8) + (all[28] | all[29] << 8);
  gsize packed = row[20] | row[21] << 8;

  g_assert_cmpuint (packed, >, 1000);
  for (gsize at = begin; at < begin + packed; at += 3)
    {
      g_autofree guint8 *copy = g_memdup2 (all, size);
      g_autofree char *path = NULL;

      copy[at] ^= 1 << at % 8;
      path = folder_write (folder, "flipped.npz", copy, size);
      g_assert_false (read_all (path));
    }
}

/* ---------------------------------------------------------------- writing */

static AnfTensors *
open_good (const char *path)
{
  g_autoptr(GError) error = NULL;
  AnfTensors *tensors = anf_tensors_open (path, &error);

  g_assert_no_error (error);
  return tensors;
}

static void
assert_same_tensors (AnfTensors *a, AnfTensors *b)
{
  g_assert_cmpuint (anf_tensors_n (a), ==, anf_tensors_n (b));
  for (guint i = 0; i < anf_tensors_n (a); i++)
    {
      const char *name = anf_tensors_nth_name (a, i);
      g_autoptr(AnfTensor) x = anf_tensors_get (a, name, NULL), y = anf_tensors_get (b, name, NULL);

      g_assert_cmpstr (anf_tensors_nth_name (b, i), ==, name);
      g_assert_cmpstr (anf_tensor_digest (x), ==, anf_tensor_digest (y));
    }
}

static void
test_npy_is_written_as_numpy_writes_it (Folder *folder, gconstpointer data)
{
  static const char *const files[] = { "half.npy", "float-v1.npy", "scalar.npy", "empty.npy" };

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autoptr(GBytes) theirs = data_bytes (files[i]);
      g_autoptr(AnfTensor) tensor = get (files[i], "");
      g_autofree char *path = folder_file (folder, files[i]), *ours = NULL;
      g_autoptr(GError) error = NULL;
      gsize size;

      g_assert_true (anf_npy_save (path, tensor, &error));
      g_assert_true (g_file_get_contents (path, &ours, &size, &error));
      g_assert_cmpmem (ours, size, g_bytes_get_data (theirs, NULL), g_bytes_get_size (theirs));
    }
}

static void
test_npz_and_safetensors_round_trip (Folder *folder, gconstpointer data)
{
  g_autofree char *from_npz = data_file ("types.npz");
  g_autofree char *from_st = data_file ("types.safetensors");
  g_autoptr(AnfTensors) npz = open_good (from_npz), st = open_good (from_st);
  g_autofree char *npz_path = folder_file (folder, "a.npz");
  g_autofree char *st_path = folder_file (folder, "a.safetensors");
  g_autoptr(AnfTensors) npz_again = NULL, st_again = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_true (anf_npz_save (npz_path, npz, &error));
  g_assert_true (anf_safetensors_save (st_path, st, &error));
  npz_again = open_good (npz_path);
  st_again = open_good (st_path);
  assert_same_tensors (npz, npz_again);
  assert_same_tensors (st, st_again);
}

/* zipfile checks every checksum and size by itself. */
static void
test_npz_is_read_by_others (Folder *folder, gconstpointer data)
{
  g_autofree char *from = data_file ("types.npz"), *path = folder_file (folder, "a.npz");
  g_autofree char *python = g_find_program_in_path ("python3"), *out = NULL;
  g_autoptr(AnfTensors) tensors = open_good (from);
  g_autoptr(GError) error = NULL;
  const char *argv[] = { python, "-m", "zipfile", "-t", path, NULL };
  int status;

  if (python == NULL)
    {
      g_test_skip ("python3 is not here");
      return;
    }
  g_assert_true (anf_npz_save (path, tensors, &error));
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, 0, NULL, NULL, &out, NULL, &status,
                               &error));
  g_assert_true (g_spawn_check_wait_status (status, &error));
  g_assert_cmpstr (out, ==, "Done testing\n");
}

static void
test_saving_keeps_what_is_there_until_the_end (Folder *folder, gconstpointer data)
{
  g_autoptr(AnfTensor) tensor = get ("half.npy", "");
  g_autofree char *path = folder_write (folder, "real.npy", "old", 3);
  g_autofree char *link = folder_file (folder, "link.npy");
  g_autofree char *nowhere = folder_file (folder, "n/a.npy");
  g_autoptr(AnfTensors) again = NULL;
  g_autoptr(GError) error = NULL;
  struct stat info;

  g_assert_cmpint (chmod (path, 0640), ==, 0);
  g_assert_cmpint (symlink ("real.npy", link), ==, 0);
  g_assert_true (anf_npy_save (link, tensor, &error));
  g_assert_cmpint (lstat (link, &info), ==, 0);
  g_assert_true (S_ISLNK (info.st_mode));      /* the link stays, its target is new */
  g_assert_cmpint (stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0640);
  again = open_good (path);

  g_assert_false (anf_npy_save (nowhere, tensor, &error));
  assert_refused (&error, nowhere, "No such file");
  g_assert_false (anf_npy_save (folder->path, tensor, &error));
  assert_refused (&error, folder->path, "not a regular file");
  g_assert_cmpuint (folder_n_files (folder), ==, 2);   /* nothing half-written stays */
}

/* ---------------------------------------------------------------- weights */

static void
test_weights_of_one_file_share_its_mapping (Folder *folder, gconstpointer data)
{
  g_autofree char *path = data_file ("types.safetensors");
  g_autoptr(AnfWeight) a = anf_weight_new_file ("a", path, "odd");
  g_autoptr(AnfWeight) b = anf_weight_new_file ("b", path, "int8");
  const guint8 *x = g_bytes_get_data (anf_tensor_bytes (anf_weight_tensor (a)), NULL);
  const guint8 *y = g_bytes_get_data (anf_tensor_bytes (anf_weight_tensor (b)), NULL);

  g_assert_true (y == x + 1);      /* the byte behind "odd" */
}

static void
test_a_replaced_weight_file_is_read_anew (Folder *folder, gconstpointer data)
{
  const float before[] = { 1, 2 }, after[] = { 3 };
  g_autoptr(AnfTensor) old = anf_tensor_new_floats (1, (gint64[]) { 2 }, before);
  g_autoptr(AnfTensor) new = anf_tensor_new_floats (1, (gint64[]) { 1 }, after);
  g_autofree char *path = folder_file (folder, "w.npy");
  g_autoptr(AnfWeight) first = NULL, second = NULL;
  float value;

  g_assert_true (anf_npy_save (path, old, NULL));
  first = anf_weight_new_file ("w", path, NULL);
  g_assert_true (anf_npy_save (path, new, NULL));
  second = anf_weight_new_file ("w", path, NULL);
  anf_tensor_read (anf_weight_tensor (second), 0, 1, &value);
  g_assert_cmpfloat (value, ==, 3);
  anf_tensor_read (anf_weight_tensor (first), 1, 1, &value);
  g_assert_cmpfloat (value, ==, 2);            /* what was mapped stays as it was */
}

static void
test_a_weight_that_cannot_be_read_says_why (Folder *folder, gconstpointer data)
{
  static const struct { const char *file, *tensor, *cause; } cases[] = {
    { "none.npy", NULL, "No such file" },
    { "types.safetensors", "int_8", "did you mean \"int8\"?" },
    { "types.safetensors", "weight", "no tensor \"weight\" among the 16" },
    { "types.safetensors", NULL, "\"tensor\" must say which" },
    { "half.npy", "x", "one tensor without a name" },
    { "complex.npy", NULL, "not supported" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = data_file (cases[i].file);
      g_autoptr(AnfWeight) weight = anf_weight_new_file ("w", path, cases[i].tensor);

      g_assert_null (anf_weight_tensor (weight));
      g_assert_nonnull (strstr (anf_weight_problem (weight), cases[i].file));
      g_assert_nonnull (strstr (anf_weight_problem (weight), cases[i].cause));
    }
}

static gpointer
read_again_and_again (gpointer tensors)
{
  for (int i = 0; i < 100; i++)
    {
      g_autofree char *path = data_file ("deflated.npz");
      g_autoptr(AnfWeight) weight = anf_weight_new_file ("w", path, "ramp");
      g_autoptr(AnfTensor) tensor = anf_tensors_get (tensors, "ramp", NULL);

      g_assert_cmpuint (anf_tensor_elements (tensor), ==, 1000);
      g_assert_nonnull (anf_weight_tensor (weight));
    }
  return NULL;
}

static void
test_threads_may_read_one_file (Folder *folder, gconstpointer data)
{
  g_autofree char *path = data_file ("deflated.npz");
  g_autoptr(AnfTensors) tensors = open_good (path);
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new (NULL, read_again_and_again, tensors);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("npy/each-version", test_npy_of_each_version);
  ADD ("npy/fortran-order-is-turned", test_npy_in_fortran_order_is_turned);
  ADD ("npy/big-endian-is-swapped", test_npy_of_big_endian_is_swapped);
  ADD ("npy/is-written-as-numpy-writes-it", test_npy_is_written_as_numpy_writes_it);
  ADD ("npz/every-type", test_npz_of_every_type);
  ADD ("npz/deflated", test_npz_deflated);
  ADD ("npz/sizes-behind-the-data", test_npz_with_sizes_behind_the_data);
  ADD ("npz/64-bit-sizes", test_npz_with_64_bit_sizes);
  ADD ("npz/size-beyond-deflate-is-refused",
       test_a_deflated_member_cannot_claim_more_than_deflate_can);
  ADD ("npz/flipped-bit-in-deflated-numbers-is-found",
       test_a_flipped_bit_in_deflated_numbers_is_found);
  ADD ("npz/is-read-by-others", test_npz_is_read_by_others);
  ADD ("safetensors/every-type", test_safetensors_of_every_type);
  ADD ("safetensors/names-stay-in-order", test_names_stay_in_order);
  ADD ("safetensors/headers-that-lie", test_safetensors_headers_that_lie);
  ADD ("safetensors/header-longer-than-its-file", test_a_header_longer_than_its_file);
  ADD ("files/round-trip", test_npz_and_safetensors_round_trip);
  ADD ("files/unsupported-ones-say-what-they-hold", test_unsupported_files_say_what_they_hold);
  ADD ("files/no-file-is-refused-at-once", test_what_is_no_file_is_refused_at_once);
  ADD ("files/cut-anywhere-is-refused", test_a_file_cut_anywhere_is_refused);
  ADD ("files/flipped-bits-are-survived", test_flipped_bits_are_survived);
  ADD ("files/saving-is-in-one-step", test_saving_keeps_what_is_there_until_the_end);
  ADD ("weights/share-a-mapping", test_weights_of_one_file_share_its_mapping);
  ADD ("weights/replaced-file-is-read-anew", test_a_replaced_weight_file_is_read_anew);
  ADD ("weights/problem-says-why", test_a_weight_that_cannot_be_read_says_why);
  ADD ("weights/threads-may-read-one-file", test_threads_may_read_one_file);
  return g_test_run ();
}
