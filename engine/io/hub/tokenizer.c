/* tokenizer.c - the tokeniser of a Hugging Face folder: tokenizer.json, else vocab.txt. */
#include "io/hub/hub.h"

#include "io/hub/wordpiece.h"

#include <string.h>

/* A model may be given more tokens than anybody writes; ids are rows of a table in memory. */
#define MAX_ID (1 << 24)

static gboolean
text_of (JsonObject *object, const char *key, const char **out)
{
  JsonNode *node = json_object_get_member (object, key);

  if (node == NULL || !anf_json_is_string (node))
    return FALSE;
  *out = json_node_get_string (node);
  return TRUE;
}

/* ---------------------------------------------------------------- vocabularies */

static gboolean
read_pieces (AnfTokenizer *self, JsonObject *vocabulary, GError **error)
{
  JsonObjectIter iter;
  const char *piece;
  JsonNode *node;

  json_object_iter_init (&iter, vocabulary);
  while (json_object_iter_next (&iter, &piece, &node))
    {
      gint64 id;

      if (!anf_json_to_int (node, &id) || id < 0 || id > MAX_ID)
        return anf_bad_file (error, "model.vocab: \"%s\" has no id from 0 to %d", piece, MAX_ID);
      anf_wordpiece_add (self, piece, id);
    }
  return TRUE;
}

static gboolean
read_lines (AnfTokenizer *self, const char *path, GError **error)
{
  g_autoptr(GBytes) bytes = anf_file_map (path, error);
  gsize size;
  const char *data = bytes != NULL ? g_bytes_get_data (bytes, &size) : NULL;
  guint line = 0;

  if (bytes == NULL)
    return anf_bad_file_in (error, "%s", path);
  if (!g_utf8_validate_len (data, size, NULL))
    return anf_bad_file (error, "%s: this is not text in UTF-8", path);
  for (gsize at = 0; at < size; line++)
    {
      const char *end = memchr (data + at, '\n', size - at);
      gsize length = (end != NULL ? end - data : (gssize) size) - at, next = at + length + 1;
      g_autofree char *piece = NULL;

      if (line > MAX_ID)
        return anf_bad_file (error, "%s: more than %d lines", path, MAX_ID);
      if (length > 0 && data[at + length - 1] == '\r')
        length--;
      piece = g_strndup (data + at, length);
      anf_wordpiece_add (self, piece, line);
      at = next;
    }
  return TRUE;
}

static gboolean
find_special (AnfTokenizer *self, const char *const *names, guint *id, GError **error)
{
  for (guint i = 0; names[i] != NULL; i++)
    if (anf_wordpiece_find (self, names[i], id))
      return TRUE;
  return anf_bad_file (error, "there is no token \"%s\" in it", names[0]);
}

/* ---------------------------------------------------------------- tokenizer.json */

static gboolean
read_model (AnfTokenizer *self, JsonObject *root, GError **error)
{
  JsonObject *model = anf_hub_object (root, "model"), *vocabulary;
  const char *type = "", *unknown = "[UNK]", *prefix;
  gint64 longest;

  if (model == NULL)
    return anf_bad_file (error, "there is no object \"model\"");
  if (!text_of (model, "type", &type))
    type = anf_hub_object (model, "vocab") != NULL
           && json_object_has_member (model, "max_input_chars_per_word") ? "WordPiece" : "";
  if (!g_str_equal (type, "WordPiece"))
    return anf_bad_file (error, "model.type: \"%s\" is no tokeniser that is known; WordPiece is",
                         type);
  if ((vocabulary = anf_hub_object (model, "vocab")) == NULL)
    return anf_bad_file (error, "model: there is no object \"vocab\"");
  if (!read_pieces (self, vocabulary, error))
    return FALSE;
  if (text_of (model, "continuing_subword_prefix", &prefix))
    {
      g_free (self->prefix);
      self->prefix = g_strdup (prefix);
    }
  if (anf_hub_int (model, "max_input_chars_per_word", 0, &longest) && longest > 0)
    self->longest_word = MIN (longest, G_MAXINT);
  text_of (model, "unk_token", &unknown);
  return find_special (self, (const char *const[]) { unknown, NULL }, &self->unknown, error);
}

static gboolean
read_normalizer (AnfTokenizer *self, JsonObject *root, GError **error)
{
  JsonObject *normalizer = anf_hub_object (root, "normalizer");
  const char *type = "";

  self->clean = self->chinese = self->strip = self->lower = FALSE;
  if (normalizer == NULL)
    return TRUE;
  if (!text_of (normalizer, "type", &type) || !g_str_equal (type, "BertNormalizer"))
    return anf_bad_file (error, "normalizer.type: \"%s\" is none that is known; BertNormalizer is",
                         type);
  self->lower = anf_hub_flag (normalizer, "lowercase", TRUE);
  self->clean = anf_hub_flag (normalizer, "clean_text", TRUE);
  self->chinese = anf_hub_flag (normalizer, "handle_chinese_chars", TRUE);
  self->strip = anf_hub_flag (normalizer, "strip_accents", self->lower);
  return TRUE;
}

static gboolean
read_added (AnfTokenizer *self, JsonObject *root, GError **error)
{
  JsonNode *node = json_object_get_member (root, "added_tokens");
  JsonArray *list = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node)
                                                                 : NULL;

  for (guint i = 0; list != NULL && i < json_array_get_length (list); i++)
    {
      JsonNode *entry = json_array_get_element (list, i);
      JsonObject *object = JSON_NODE_HOLDS_OBJECT (entry) ? json_node_get_object (entry) : NULL;
      AnfAddedToken token = { NULL };
      const char *content;
      g_autofree char *cleaned = NULL;
      gint64 id;

      if (object == NULL || !text_of (object, "content", &content) || content[0] == '\0'
          || !anf_hub_int (object, "id", -1, &id) || id < 0 || id > MAX_ID)
        return anf_bad_file (error, "added_tokens: number %u has no content or no id", i);
      anf_wordpiece_add (self, content, id);
      token.normalized = anf_hub_flag (object, "normalized", TRUE);
      token.single_word = anf_hub_flag (object, "single_word", FALSE);
      token.left = anf_hub_flag (object, "lstrip", FALSE);
      token.right = anf_hub_flag (object, "rstrip", FALSE);
      token.id = id;
      cleaned = token.normalized ? anf_wordpiece_clean (self, content) : g_strdup (content);
      if (cleaned[0] == '\0')
        continue;
      token.text = g_steal_pointer (&cleaned);
      g_array_append_val (self->added, token);
    }
  return TRUE;
}

/* The special tokens before and behind a single text, of a template: one of each. */
static gboolean
read_template (AnfTokenizer *self, JsonObject *processor, GError **error)
{
  JsonNode *node = json_object_get_member (processor, "single");
  JsonArray *single = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node)
                                                                   : NULL;
  const char *ends[2] = { NULL, NULL };
  guint at = 0;

  for (guint i = 0; single != NULL && i < json_array_get_length (single) && at < 3; i++)
    {
      JsonNode *part = json_array_get_element (single, i);
      JsonObject *special = JSON_NODE_HOLDS_OBJECT (part)
                            ? anf_hub_object (json_node_get_object (part), "SpecialToken") : NULL;

      if (special == NULL)
        at = at == 1 ? 2 : 3;
      else if (at == 0 || at == 2)
        at = text_of (special, "id", &ends[at / 2]) ? at + 1 : 3;
      else
        at = 4;
    }
  if (at != 3 || ends[0] == NULL || ends[1] == NULL)
    return anf_bad_file (error, "post_processor.single: a text is to stand between two tokens");
  return find_special (self, (const char *const[]) { ends[0], NULL }, &self->first, error)
         && find_special (self, (const char *const[]) { ends[1], NULL }, &self->last, error);
}

/* "cls": ["[CLS]", 101] */
static gboolean
read_pair (JsonObject *processor, const char *key, guint *id, GError **error)
{
  JsonNode *node = json_object_get_member (processor, key);
  gint64 value;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node)
      || json_array_get_length (json_node_get_array (node)) != 2
      || !anf_json_to_int (json_array_get_element (json_node_get_array (node), 1), &value)
      || value < 0 || value > MAX_ID)
    return anf_bad_file (error, "post_processor.%s: it is to be a token and its id", key);
  *id = value;
  return TRUE;
}

static const char *const starts[] = { "[CLS]", "<s>", NULL }, *const ends[] = { "[SEP]", "</s>",
                                                                               NULL };

static gboolean
read_processor (AnfTokenizer *self, JsonObject *root, GError **error)
{
  JsonObject *processor = anf_hub_object (root, "post_processor");
  const char *type = "";

  if (processor == NULL)
    return find_special (self, starts, &self->first, error)
           && find_special (self, ends, &self->last, error);
  text_of (processor, "type", &type);
  if (g_str_equal (type, "TemplateProcessing"))
    return read_template (self, processor, error);
  if (g_str_equal (type, "BertProcessing") || g_str_equal (type, "RobertaProcessing"))
    return read_pair (processor, "cls", &self->first, error)
           && read_pair (processor, "sep", &self->last, error);
  return anf_bad_file (error, "post_processor.type: \"%s\" is none that is known", type);
}

static gboolean
read_json (AnfTokenizer *self, JsonObject *root, GError **error)
{
  JsonObject *truncation = anf_hub_object (root, "truncation");
  gint64 longest;

  if (truncation != NULL && anf_hub_int (truncation, "max_length", 0, &longest) && longest > 0)
    self->limit = MIN (longest, G_MAXINT);
  return read_model (self, root, error) && read_normalizer (self, root, error)
         && read_added (self, root, error) && read_processor (self, root, error);
}

/* ---------------------------------------------------------------- vocab.txt */

static gboolean
read_text (AnfTokenizer *self, const char *dir, const char *path, GError **error)
{
  static const char *const unknown[] = { "[UNK]", "<unk>", NULL };
  static const char *const special[] = { "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]" };
  g_autoptr(JsonNode) root = NULL;
  g_autofree char *config = g_build_filename (dir, "tokenizer_config.json", NULL);

  if (g_file_test (config, G_FILE_TEST_EXISTS)
      && (root = anf_hub_read_json (config, error)) == NULL)
    return FALSE;
  if (root != NULL)
    {
      JsonObject *object = json_node_get_object (root);

      self->lower = anf_hub_flag (object, "do_lower_case", TRUE);
      self->chinese = anf_hub_flag (object, "tokenize_chinese_chars", TRUE);
      self->strip = anf_hub_flag (object, "strip_accents", self->lower);
    }
  if (!read_lines (self, path, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (special); i++)
    {
      AnfAddedToken token = { .text = g_strdup (special[i]) };

      if (anf_wordpiece_find (self, special[i], &token.id))
        g_array_append_val (self->added, token);
      else
        g_free (token.text);
    }
  if (find_special (self, unknown, &self->unknown, error)
      && find_special (self, starts, &self->first, error)
      && find_special (self, ends, &self->last, error))
    return TRUE;
  return anf_bad_file_in (error, "%s", path);
}

/* ---------------------------------------------------------------- the folder */

/* The number at @key of a file that need not be there; @limit stays if there is none. */
static gboolean
limit_in (const char *dir, const char *file, const char *key, guint *limit, GError **error)
{
  g_autofree char *path = g_build_filename (dir, file, NULL);
  g_autoptr(JsonNode) root = NULL;
  gint64 value = 0;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  if ((root = anf_hub_read_json (path, error)) == NULL)
    return FALSE;
  /* Where nobody set it, the library writes a number of thirty digits. */
  if (anf_hub_int (json_node_get_object (root), key, 0, &value) && value > 0 && value < G_MAXINT)
    *limit = value;
  return TRUE;
}

/* sentence_bert_config.json has the last word; what is left open is no limit. */
static gboolean
read_limit (AnfTokenizer *self, const char *dir, GError **error)
{
  guint limit = 0;

  if (!limit_in (dir, "sentence_bert_config.json", "max_seq_length", &limit, error))
    return FALSE;
  if (limit == 0)
    limit = self->limit;
  if (limit == 0 && !limit_in (dir, "tokenizer_config.json", "model_max_length", &limit, error))
    return FALSE;
  self->limit = limit > 0 ? limit : G_MAXINT;
  return TRUE;
}

static gboolean
read_folder (AnfTokenizer *self, const char *dir, GError **error)
{
  g_autofree char *json = g_build_filename (dir, "tokenizer.json", NULL);
  g_autofree char *text = g_build_filename (dir, "vocab.txt", NULL);
  g_autoptr(JsonNode) root = NULL;

  if (!g_file_test (json, G_FILE_TEST_EXISTS))
    return g_file_test (text, G_FILE_TEST_EXISTS)
           ? read_text (self, dir, text, error)
           : anf_bad_file (error, "%s: there is neither tokenizer.json nor vocab.txt in it", dir);
  if ((root = anf_hub_read_json (json, error)) == NULL)
    return FALSE;
  if (read_json (self, json_node_get_object (root), error))
    return TRUE;
  return anf_bad_file_in (error, "%s", json);
}

AnfTokenizer *
anf_tokenizer_load (const char *dir, GError **error)
{
  g_autoptr(AnfTokenizer) self = anf_wordpiece_new ();
  guint padding;

  if (!read_folder (self, dir, error) || !read_limit (self, dir, error))
    return NULL;
  if (anf_wordpiece_find (self, "[PAD]", &padding) || anf_wordpiece_find (self, "<pad>", &padding))
    self->padding = padding;
  if (self->limit < 3)
    return anf_bad_file (error, "%s: a text of at most %u tokens has no room for itself", dir,
                         self->limit), NULL;
  return g_steal_pointer (&self);
}

guint
anf_tokenizer_limit (const AnfTokenizer *self)
{
  return self->limit;
}
