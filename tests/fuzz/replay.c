/* replay.c - TARGET CORPUS N: every file of the corpus, and N files made from them by damage, the
 * same at every run. Where there is no libFuzzer, this shows that what was mended stays mended. */
#include "fuzz.h"

#include <string.h>

#define SEED 20220626
#define LONGEST 65536

/* Numbers that parsers trip over: sizes one beyond, signs, halves. */
static const gint64 odd[] = { 0, 1, -1, 127, 128, 255, 256, 32767, 65535, 65536, G_MAXINT32,
                              G_MININT32, G_MAXUINT32, G_MAXINT64, G_MININT64 };

static gsize
place (GRand *rand, gsize size)
{
  return size > 0 ? g_rand_int (rand) % size : 0;
}

static void
flip (GRand *rand, GByteArray *bytes)
{
  bytes->data[place (rand, bytes->len)] ^= 1 << g_rand_int_range (rand, 0, 8);
}

static void
overwrite (GRand *rand, GByteArray *bytes)
{
  gint64 value = odd[g_rand_int (rand) % G_N_ELEMENTS (odd)];
  gsize at = place (rand, bytes->len), n = 1 << g_rand_int_range (rand, 0, 4);

  memcpy (bytes->data + at, &value, MIN (n, bytes->len - at));
}

static void
cut_out (GRand *rand, GByteArray *bytes)
{
  gsize at = place (rand, bytes->len), n = 1 + place (rand, MIN (bytes->len - at, 64));

  g_byte_array_remove_range (bytes, at, MIN (n, bytes->len - at));
}

static void
repeat (GRand *rand, GByteArray *bytes)
{
  gsize at = place (rand, bytes->len), n = 1 + place (rand, MIN (bytes->len - at, 64));
  g_autoptr(GByteArray) tail = g_byte_array_new ();

  n = MIN (n, bytes->len - at);
  g_byte_array_append (tail, bytes->data + at, bytes->len - at);
  g_byte_array_set_size (bytes, at);
  g_byte_array_append (bytes, tail->data, n);
  g_byte_array_append (bytes, tail->data, tail->len);
}

static void
end_early (GRand *rand, GByteArray *bytes)
{
  g_byte_array_set_size (bytes, place (rand, bytes->len));
}

static void
write_number (GRand *rand, GByteArray *bytes)
{
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT,
                                           odd[g_rand_int (rand) % G_N_ELEMENTS (odd)]);
  gsize at = place (rand, bytes->len);

  for (gsize i = 0; i < bytes->len && !g_ascii_isdigit (bytes->data[at]); i++)
    at = (at + 1) % bytes->len;
  memcpy (bytes->data + at, text, MIN (strlen (text), bytes->len - at));
}

static void (*const damages[]) (GRand *rand, GByteArray *bytes) = {
  flip, flip, overwrite, overwrite, cut_out, repeat, write_number, end_early,
};

static void
damage (GRand *rand, GByteArray *bytes)
{
  for (int n = g_rand_int_range (rand, 1, 5); n > 0 && bytes->len > 0; n--)
    damages[g_rand_int (rand) % G_N_ELEMENTS (damages)] (rand, bytes);
}

static int
by_text (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

static GPtrArray *
files_in (const char *path)
{
  GPtrArray *files = g_ptr_array_new_with_free_func (g_free);
  GDir *dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (files, g_build_filename (path, name, NULL));
  if (dir != NULL)
    g_dir_close (dir);
  g_ptr_array_sort (files, by_text);
  return files;
}

int
main (int argc, char **argv)
{
  const FuzzTarget *target = fuzz_find (argc == 4 ? argv[1] : "");
  g_autoptr(GPtrArray) files = files_in (argv[2]);
  g_autoptr(GRand) rand = g_rand_new_with_seed (SEED);
  guint n = g_ascii_strtoull (argv[3], NULL, 10), made = 0;

  for (guint i = 0; i < files->len; i++)
    {
      g_autofree char *data = NULL;
      gsize size;

      if (!g_file_get_contents (g_ptr_array_index (files, i), &data, &size, NULL))
        g_error ("%s cannot be read", (char *) g_ptr_array_index (files, i));
      target->feed ((const guint8 *) data, size);
      for (guint k = 0; k < n / files->len; k++)
        {
          g_autoptr(GByteArray) bytes = g_byte_array_new ();

          g_byte_array_append (bytes, (const guint8 *) data, MIN (size, LONGEST));
          damage (rand, bytes);
          target->feed (bytes->data, bytes->len);
          made++;
        }
    }
  g_print ("1..2\n%s 1 - the corpus of %s is there: %u files\n"
           "ok 2 - %u files made from it by damage open or are refused in one line\n",
           files->len > 0 ? "ok" : "not ok", target->name, files->len, made);
  return files->len == 0;
}
