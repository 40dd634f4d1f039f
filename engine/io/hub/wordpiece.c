/* wordpiece.c - the tokeniser of BERT: a text cleaned, cut into words, and words into pieces.
 *
 * The steps and their order are those of the library `tokenizers` (BertNormalizer,
 * BertPreTokenizer, WordPiece), which models of the family were published with; tests/hub
 * compares. */
#include "io/hub/wordpiece.h"

#include "io/hub/unicode-8.h"

#include <stdlib.h>
#include <string.h>

/* Of WordPiece; tokenizer.json may say another number. */
#define LONGEST_WORD 100

static void
added_clear (gpointer data)
{
  g_free (((AnfAddedToken *) data)->text);
}

AnfTokenizer *
anf_wordpiece_new (void)
{
  AnfTokenizer *self = g_new0 (AnfTokenizer, 1);

  self->vocabulary = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->added = g_array_new (FALSE, TRUE, sizeof (AnfAddedToken));
  g_array_set_clear_func (self->added, added_clear);
  self->prefix = g_strdup ("##");
  self->longest_word = LONGEST_WORD;
  self->clean = self->chinese = self->strip = self->lower = TRUE;
  return self;
}

void
anf_tokenizer_free (AnfTokenizer *self)
{
  g_hash_table_unref (self->vocabulary);
  g_array_unref (self->added);
  g_free (self->prefix);
  g_free (self);
}

void
anf_wordpiece_add (AnfTokenizer *self, const char *piece, guint id)
{
  g_hash_table_insert (self->vocabulary, g_strdup (piece), GUINT_TO_POINTER (id + 1));
  self->n_ids = MAX (self->n_ids, id + 1);
}

gboolean
anf_wordpiece_find (const AnfTokenizer *self, const char *piece, guint *id)
{
  guint found = GPOINTER_TO_UINT (g_hash_table_lookup (self->vocabulary, piece));

  if (found > 0)
    *id = found - 1;
  return found > 0;
}

/* ---------------------------------------------------------------- kinds of characters */

static int
by_range (gconstpointer key, gconstpointer row)
{
  gunichar c = *(const gunichar *) key;
  const gunichar *range = row;

  return c < range[0] ? -1 : c > range[1];
}

/* As the library's tables have it, which differ in more than age for three characters. */
static GUnicodeType
type_of (gunichar c)
{
  if (c < 128)
    return g_unichar_type (c);
  if (c == 0x166d || c == 0x111c9)
    return G_UNICODE_OTHER_PUNCTUATION;
  if (c == 0x1734)
    return G_UNICODE_NON_SPACING_MARK;
  if (bsearch (&c, anf_newer_characters, G_N_ELEMENTS (anf_newer_characters),
               sizeof *anf_newer_characters, by_range) != NULL)
    return G_UNICODE_OTHER_LETTER;
  return g_unichar_type (c);
}

static gboolean
is_space (gunichar c)
{
  switch (type_of (c))
    {
    case G_UNICODE_SPACE_SEPARATOR:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
      return TRUE;
    default:
      return (c >= 0x09 && c <= 0x0d) || c == 0x85;
    }
}

/* Cleaned away. Characters that no version of Unicode knew stay. */
static gboolean
is_control (gunichar c)
{
  if (c == '\t' || c == '\n' || c == '\r')
    return FALSE;
  switch (type_of (c))
    {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_PRIVATE_USE:
      return TRUE;
    default:
      return c == 0xfffd;
    }
}

static gboolean
is_punctuation (gunichar c)
{
  if (c < 128)
    return g_ascii_ispunct (c);
  switch (type_of (c))
    {
    case G_UNICODE_CONNECT_PUNCTUATION:
    case G_UNICODE_DASH_PUNCTUATION:
    case G_UNICODE_CLOSE_PUNCTUATION:
    case G_UNICODE_FINAL_PUNCTUATION:
    case G_UNICODE_INITIAL_PUNCTUATION:
    case G_UNICODE_OTHER_PUNCTUATION:
    case G_UNICODE_OPEN_PUNCTUATION:
      return TRUE;
    default:
      return FALSE;
    }
}

/* Ideographs stand alone: blocks as the library lists them, its start of the last but two too. */
static gboolean
is_ideograph (gunichar c)
{
  static const struct { gunichar first, last; } blocks[] = {
    { 0x4e00, 0x9fff }, { 0x3400, 0x4dbf }, { 0x20000, 0x2a6df }, { 0x2a700, 0x2b73f },
    { 0x2b740, 0x2b81f }, { 0x2b920, 0x2ceaf }, { 0xf900, 0xfaff }, { 0x2f800, 0x2fa1f },
  };

  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    if (c >= blocks[i].first && c <= blocks[i].last)
      return TRUE;
  return FALSE;
}

/* What regular expressions call \w: letters, marks, digits and what joins; no fractions. */
static gboolean
is_word (gunichar c)
{
  GUnicodeType type = g_unichar_type (c);

  return g_unichar_isalpha (c) || g_unichar_ismark (c) || type == G_UNICODE_DECIMAL_NUMBER
         || type == G_UNICODE_LETTER_NUMBER || type == G_UNICODE_CONNECT_PUNCTUATION
         || c == 0x200c || c == 0x200d;
}

/* ---------------------------------------------------------------- cleaning */

static void
put_clean (const AnfTokenizer *self, GString *out, gunichar c)
{
  if (self->clean && is_control (c))
    return;
  if (self->clean && is_space (c))
    c = ' ';
  if (self->chinese && is_ideograph (c))
    g_string_append_c (out, ' ');
  g_string_append_unichar (out, c);
  if (self->chinese && is_ideograph (c))
    g_string_append_c (out, ' ');
}

/* Letter by letter: a final sigma is like any other. */
static void
put_lower (GString *out, gunichar c)
{
  if (c == 0x130)                  /* I with a dot, the only one that becomes two characters */
    g_string_append (out, "i\u0307");
  else
    g_string_append_unichar (out, g_unichar_tolower (c));
}

char *
anf_wordpiece_clean (const AnfTokenizer *self, const char *text)
{
  g_autoptr(GString) cleaned = g_string_new (NULL);
  g_autofree char *apart = NULL;
  GString *out = g_string_new (NULL);

  for (const char *c = text; *c != '\0'; c = g_utf8_next_char (c))
    put_clean (self, cleaned, g_utf8_get_char (c));
  apart = self->strip ? g_utf8_normalize (cleaned->str, -1, G_NORMALIZE_NFD)
                      : g_strdup (cleaned->str);
  for (const char *at = apart; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);

      if (self->strip && type_of (c) == G_UNICODE_NON_SPACING_MARK)
        continue;
      if (self->lower)
        put_lower (out, c);
      else
        g_string_append_unichar (out, c);
    }
  return g_string_free (out, FALSE);
}

/* ---------------------------------------------------------------- words into pieces */

static void
put_id (GArray *ids, guint id)
{
  g_array_append_val (ids, id);
}

/* The longest piece first, again and again; a word with a rest that is none is unknown. */
static void
put_word (const AnfTokenizer *self, GArray *ids, const char *begin, const char *end)
{
  g_autoptr(GString) piece = g_string_new (NULL);
  guint before = ids->len;

  if (g_utf8_strlen (begin, end - begin) > self->longest_word)
    {
      put_id (ids, self->unknown);
      return;
    }
  for (const char *at = begin; at < end;)
    {
      gsize skip = at > begin ? strlen (self->prefix) : 0;
      guint id = 0;

      g_string_assign (piece, skip > 0 ? self->prefix : "");
      g_string_append_len (piece, at, end - at);
      while (piece->len > skip && !anf_wordpiece_find (self, piece->str, &id))
        g_string_truncate (piece, g_utf8_prev_char (piece->str + piece->len) - piece->str);
      if (piece->len == skip)
        {
          g_array_set_size (ids, before);
          put_id (ids, self->unknown);
          return;
        }
      put_id (ids, id);
      at += piece->len - skip;
    }
}

/* Words end at spaces; a punctuation mark is a word. */
static void
put_words (const AnfTokenizer *self, GArray *ids, const char *begin, const char *end)
{
  const char *word = begin;

  for (const char *at = begin; at < end;)
    {
      const char *next = g_utf8_next_char (at);
      gunichar c = g_utf8_get_char (at);

      if (is_space (c) || is_punctuation (c))
        {
          if (word < at)
            put_word (self, ids, word, at);
          if (!is_space (c))
            put_word (self, ids, at, next);
          word = next;
        }
      at = next;
    }
  if (word < end)
    put_word (self, ids, word, end);
}

/* ---------------------------------------------------------------- added tokens */

static gboolean
stands_alone (const char *text, const char *begin, const char *end)
{
  return (begin == text || !is_word (g_utf8_get_char (g_utf8_prev_char (begin))))
         && (*end == '\0' || !is_word (g_utf8_get_char (end)));
}

/* The longest one that begins at @at. */
static const AnfAddedToken *
match (const AnfTokenizer *self, gboolean normalized, const char *text, const char *at)
{
  const AnfAddedToken *best = NULL;

  for (guint i = 0; i < self->added->len; i++)
    {
      const AnfAddedToken *token = &g_array_index (self->added, AnfAddedToken, i);

      if (token->normalized == normalized && g_str_has_prefix (at, token->text)
          && (best == NULL || strlen (token->text) > strlen (best->text)))
        best = token;
    }
  return best != NULL && best->single_word && !stands_alone (text, at, at + strlen (best->text))
         ? NULL : best;
}

typedef void (*Put) (const AnfTokenizer *self, GArray *ids, const char *begin, const char *end);

static const char *
skip_left (const char *begin, const char *at)
{
  while (at > begin && is_space (g_utf8_get_char (g_utf8_prev_char (at))))
    at = g_utf8_prev_char (at);
  return at;
}

/* Added tokens of @text, and what is between them by @put. */
static void
put_between (const AnfTokenizer *self, GArray *ids, const char *text, gboolean normalized, Put put)
{
  const char *begin = text, *at = text;

  while (*at != '\0')
    {
      const AnfAddedToken *token = match (self, normalized, text, at);
      const char *end;

      if (token == NULL)
        {
          at = g_utf8_next_char (at);
          continue;
        }
      end = token->left ? skip_left (begin, at) : at;
      if (begin < end)
        put (self, ids, begin, end);
      put_id (ids, token->id);
      at += strlen (token->text);
      while (token->right && *at != '\0' && is_space (g_utf8_get_char (at)))
        at = g_utf8_next_char (at);
      begin = at;
    }
  if (begin < at)
    put (self, ids, begin, at);
}

static void
put_raw (const AnfTokenizer *self, GArray *ids, const char *begin, const char *end)
{
  g_autofree char *text = g_strndup (begin, end - begin);
  g_autofree char *cleaned = anf_wordpiece_clean (self, text);

  put_between (self, ids, cleaned, TRUE, put_words);
}

GArray *
anf_tokenizer_encode (const AnfTokenizer *self, const char *text)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (guint));

  put_id (ids, self->first);
  put_between (self, ids, text, FALSE, put_raw);
  if (ids->len > self->limit - 1)
    g_array_set_size (ids, self->limit - 1);
  put_id (ids, self->last);
  return ids;
}
