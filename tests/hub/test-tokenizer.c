/* test-tokenizer.c - ids of texts of many scripts, against those of the library `tokenizers`, which
 * make-wordpiece.py wrote down. */
#include <json-glib/json-glib.h>

#include "anf.h"

static char *
file_of (const char *name)
{
  return g_test_build_filename (G_TEST_DIST, name, NULL);
}

static char *
ids_text (GArray *ids)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < ids->len; i++)
    g_string_append_printf (text, "%u ", g_array_index (ids, guint, i));
  return g_string_free (text, FALSE);
}

static void
test_ids_are_the_librarys (void)
{
  g_autofree char *folder = file_of ("tokenizer"), *path = file_of ("wordpiece.json");
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfTokenizer) tokenizer = anf_tokenizer_load (folder, &error);
  g_autoptr(JsonParser) parser = json_parser_new ();
  JsonArray *rows;

  g_assert_no_error (error);
  g_assert_true (json_parser_load_from_file (parser, path, NULL));
  rows = json_node_get_array (json_parser_get_root (parser));
  g_assert_cmpuint (json_array_get_length (rows), >, 400);
  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonArray *row = json_array_get_array_element (rows, i);
      JsonArray *list = json_array_get_array_element (row, 1);
      const char *text = json_array_get_string_element (row, 0);
      g_autoptr(GArray) got = anf_tokenizer_encode (tokenizer, text);
      g_autoptr(GArray) want = g_array_new (FALSE, FALSE, sizeof (guint));
      g_autofree char *is = NULL, *must = NULL;

      for (guint k = 0; k < json_array_get_length (list); k++)
        {
          guint id = json_array_get_int_element (list, k);

          g_array_append_val (want, id);
        }
      is = ids_text (got);
      must = ids_text (want);
      g_assert_cmpstr (is, ==, must);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tokenizer/ids-are-the-librarys", test_ids_are_the_librarys);
  return g_test_run ();
}
