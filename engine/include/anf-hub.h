/* anf-hub.h - pretrained networks: texts as vectors; a part of anf.h, which includes it. */
#pragma once

G_BEGIN_DECLS

/* The tokeniser of a Hugging Face folder: WordPiece, from tokenizer.json or vocab.txt. It does not
 * change; any thread may use it. NULL with an error of one line: file, place in it, cause. */
typedef struct _AnfTokenizer AnfTokenizer;
AnfTokenizer *anf_tokenizer_load   (const char *dir, GError **error);
/* Ids (guint) of @text, valid UTF-8, with the special tokens around it and cut to the limit.
 * (transfer full) */
GArray       *anf_tokenizer_encode (const AnfTokenizer *self, const char *text);
guint         anf_tokenizer_limit  (const AnfTokenizer *self);  /* tokens, special ones counted */
void          anf_tokenizer_free   (AnfTokenizer *self);

/* A sentence encoder of the BERT family from a Hugging Face folder: config.json, model.safetensors,
 * the tokeniser, and how tokens are pooled. Its layers are compiled as programs for a few lengths,
 * as they are wanted. @options: numerics, threads, device and settings of the programs. */
typedef struct _AnfEmbedder AnfEmbedder;
AnfEmbedder  *anf_embedder_load    (const char *dir, const AnfOptions *options, GError **error);
guint         anf_embedder_dim     (const AnfEmbedder *self);
/* Vectors of length 1 for @n texts, fp32 [n, dim] (transfer full); not for two threads at once.
 * @n_tokens (nullable): as many numbers as texts. */
AnfTensor    *anf_embedder_run     (AnfEmbedder *self, guint n, const char *const *texts,
                                    guint *n_tokens, const AnfProgress *progress,
                                    GError **error);
void          anf_embedder_free    (AnfEmbedder *self);

/* Networks that are known by name, with weights drawn from seeds. */
typedef struct { const char *name, *title, *words; } AnfTemplate;
const AnfTemplate *anf_template_nth (guint i);                 /* NULL past the end */
AnfGraph     *anf_template_build   (const char *name, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfTokenizer, anf_tokenizer_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfEmbedder, anf_embedder_free)

G_END_DECLS
