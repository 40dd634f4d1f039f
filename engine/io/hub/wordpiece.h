/* wordpiece.h - the tokeniser of BERT: a text cleaned, cut into words, and words into pieces. */
#pragma once

#include "anf.h"

/* A piece of text that is one token wherever it stands. */
typedef struct
{
  char    *text;
  guint    id;
  gboolean normalized;             /* looked for in the cleaned text, not as it was written */
  gboolean single_word;            /* not inside a word */
  gboolean left, right;            /* takes the spaces before it, behind it */
} AnfAddedToken;

struct _AnfTokenizer
{
  GHashTable *vocabulary;          /* piece -> id + 1 */
  GArray     *added;               /* AnfAddedToken */
  char       *prefix;              /* of a piece inside a word: "##" */
  guint       longest_word;        /* in characters; a longer one is unknown */
  gboolean    clean, chinese, strip, lower;
  guint       unknown, first, last, padding;   /* ids */
  guint       n_ids;               /* all are below */
  guint       limit;               /* tokens of a text, first and last with them */
};

AnfTokenizer *anf_wordpiece_new  (void);
/* @text cleaned: what BertNormalizer of the tokenizers library makes of it. */
char         *anf_wordpiece_clean (const AnfTokenizer *self, const char *text);
/* The id of a piece that is in the vocabulary. */
gboolean      anf_wordpiece_find (const AnfTokenizer *self, const char *piece, guint *id);
void          anf_wordpiece_add  (AnfTokenizer *self, const char *piece, guint id);
