/* hub.h - what the readers of pretrained networks share: settings in JSON, and the words in which
 * an architecture is written down once, for weights of a file and for weights that are drawn. */
#pragma once

#include "io/file.h"
#include "io/import.h"
#include "io/json.h"

/* ---- json.c: the file at @path, an object; the error says which file. */
JsonNode   *anf_hub_read_json (const char *path, GError **error);
JsonObject *anf_hub_object    (JsonObject *object, const char *key);       /* (nullable) */
gboolean    anf_hub_flag      (JsonObject *object, const char *key, gboolean preset);
/* FALSE: there is no integer; @value is @preset then. */
gboolean    anf_hub_int       (JsonObject *object, const char *key, gint64 preset, gint64 *value);
double      anf_hub_real      (JsonObject *object, const char *key, double preset);
const char *anf_hub_text      (JsonObject *object, const char *key, const char *preset);
/* The file that a model folder keeps its weights in, opened. */
AnfTensors *anf_hub_weights   (const char *dir, GError **error);

/* ---- net.c: a network being built; the first failure is kept, and the rest does nothing. */
typedef struct
{
  AnfGraphBuilder *builder;
  AnfTensors      *tensors;        /* borrowed; NULL: weights are drawn */
  const char      *path;           /* of the tensors, for errors */
  char            *prefix;         /* before the names of all tensors; NULL: nothing */
  char            *group;          /* of the nodes that follow */
  guint            seed;           /* of the next weight that is drawn */
  GError          *error;
} AnfNet;

#define ANF_NONE ((AnfRef) { 0, 0 })

void     anf_net_init    (AnfNet *self, AnfTensors *tensors, const char *path, const char *prefix);
/* The graph; frees what @self holds. NULL with the first failure. */
AnfGraph *anf_net_end    (AnfNet *self, const char *title, GError **error);
void     anf_net_group   (AnfNet *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* A node on up to two values; its name is @name, or one that is like it. */
AnfRef   anf_net_node    (AnfNet *self, const char *op, const char *name, AnfRef x, AnfRef y);
/* To a further port, by its number. */
void     anf_net_connect (AnfNet *self, AnfRef node, guint port, AnfRef from);
void     anf_net_int     (AnfNet *self, AnfRef node, const char *attr, gint64 value);
void     anf_net_ints    (AnfNet *self, AnfRef node, const char *attr, guint n,
                          const gint64 *values);
void     anf_net_real    (AnfNet *self, AnfRef node, const char *attr, double value);
void     anf_net_text    (AnfNet *self, AnfRef node, const char *attr, const char *value);
AnfRef   anf_net_input   (AnfNet *self, const char *name, const char *dtype, guint rank,
                          const gint64 *shape);
AnfRef   anf_net_reshape (AnfNet *self, AnfRef x, guint rank, const gint64 *shape);
void     anf_net_output  (AnfNet *self, const char *name, AnfRef from);

/* The tensor of that name (transfer full), as floats; NULL: there is none, and if @shape is given
 * and it has another one (-1: any size), that is a failure. */
AnfTensor *anf_net_find  (AnfNet *self, const char *name, guint rank, const gint64 *shape);
/* The same, where one that is not there is a failure. */
AnfTensor *anf_net_need  (AnfNet *self, const char *name, guint rank, const gint64 *shape);
void     anf_net_fail    (AnfNet *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Where the numbers of a role are: a tensor, which is @turned before if it is stored as [in, out];
 * if they are a part of its @rows (-1: any number; 0: no part), those [begin, begin + shape[0]). */
typedef struct { const char *name; gboolean turned; gint64 rows, begin; } AnfSlice;
/* Gives @node's role its numbers; drawn ones by @init ("xavier", "normal", ...) and @scale. */
void     anf_net_role    (AnfNet *self, AnfRef node, const char *role, AnfSlice from, guint rank,
                          const gint64 *shape, const char *init, double scale);
/* Takes @tensor as the numbers of a role; @name is what the document calls them. */
void     anf_net_take    (AnfNet *self, AnfRef node, const char *role, const char *name,
                          AnfTensor *tensor);
void     anf_net_draw    (AnfNet *self, AnfRef node, const char *role, const char *name, guint rank,
                          const gint64 *shape, const char *init, double scale);
/* y = x W' + b of @stem.weight [out, in] and @stem.bias; stored as [in, out] if @turned. */
AnfRef   anf_net_linear  (AnfNet *self, AnfRef x, const char *name, const char *stem, gint64 in,
                          gint64 out, gboolean turned);
AnfRef   anf_net_layer_norm (AnfNet *self, AnfRef x, const char *name, const char *stem,
                          gint64 size, double eps);
/* GELU and others by the name that a config.json gives them. */
AnfRef   anf_net_activation (AnfNet *self, AnfRef x, const char *kind);
/* Another writing of GELU: x sigmoid (2 sqrt (2 / pi) (x + 0.044715 x^3)), which is
 * x / 2 (1 + tanh (...)), for sigmoid (2 u) = (1 + tanh u) / 2. */
AnfRef   anf_net_gelu_tanh (AnfNet *self, AnfRef x);

/* ---- bert.c: encoders of the BERT family */
typedef struct _AnfBert AnfBert;
AnfBert *anf_bert_load     (const char *dir, GError **error);
void     anf_bert_free     (AnfBert *self);
guint    anf_bert_positions (const AnfBert *self);             /* tokens of a text, at most */
guint    anf_bert_ids      (const AnfBert *self);              /* rows of the table of words */
guint    anf_bert_size     (const AnfBert *self);              /* of the vector of a token */
/* The layers alone, for @length tokens: inputs "x" [length, size], what anf_bert_embed makes, and
 * "mask" [1, length], 0 or -10000 for no token; output "y" [length, size]. */
AnfGraph *anf_bert_layers  (const AnfBert *self, guint length, GError **error);
/* Rows of the tables for @n tokens, added up; @out holds n times size. */
void     anf_bert_embed    (const AnfBert *self, guint n, const guint *ids, float *out);

/* How the vectors of tokens become the one of a text, by modules.json and 1_Pooling. */
typedef enum { ANF_POOL_CLS = 1, ANF_POOL_MAX = 2, ANF_POOL_MEAN = 4, ANF_POOL_ROOT = 8 } AnfPool;
/* @transformer: the folder of config.json and the weights (transfer full). */
gboolean anf_bert_pooling  (const char *dir, AnfPool *pool, char **transformer, GError **error);
/* The whole as a document for @length tokens: input_ids and attention_mask, int32 [1, length];
 * last_hidden_state [1, length, size], and sentence_embedding [1, n size] unless @pools is 0. */
AnfGraph *anf_bert_document (const AnfBert *self, guint length, AnfPool pools, const char *title,
                             GError **error);

/* ---- hub.c */
/* The shape asked for by --shape, into @dim, which stays if there is none. */
gboolean anf_hub_shape     (const char *const *shapes, const char *name, guint rank, gint64 *dim,
                            GError **error);

/* A file of weights whose network is to be found out. */
typedef struct
{
  AnfTensors        *tensors;
  const char        *path, *prefix;
  const char *const *shapes;       /* of --shape */
  JsonObject        *config;       /* config.json beside it (nullable) */
} AnfHubFile;

/* @mine: the names of the tensors are those of this network; the graph is NULL on failure. */
typedef AnfGraph *(*AnfArchitecture) (const AnfHubFile *file, gboolean *mine, GError **error);
AnfGraph *anf_resnet_read (const AnfHubFile *file, gboolean *mine, GError **error);
AnfGraph *anf_vit_read    (const AnfHubFile *file, gboolean *mine, GError **error);
AnfGraph *anf_gpt2_read   (const AnfHubFile *file, gboolean *mine, GError **error);

/* ---- resnet.c, vit.c, gpt2.c: with weights that are drawn */
AnfGraph *anf_resnet_new  (guint layers, GError **error);      /* 18 34 50 101 */
AnfGraph *anf_vit_new     (GError **error);                    /* ViT-B/16 */
AnfGraph *anf_gpt2_new    (GError **error);                    /* GPT-2 small, 128 tokens */

/* ---- net.c: the size of an axis of a tensor; 0: there is none of that name, or no such axis. */
gint64   anf_hub_dim      (const AnfHubFile *file, guint axis, const char *format, ...)
                           G_GNUC_PRINTF (3, 4);
/* A picture as networks trained on ImageNet take it. As floats, it is to be normalised before, and
 * the node says how ("mean", "std"); as bytes, the node does it. */
AnfRef   anf_net_picture  (AnfNet *self, const gint64 *shape, gboolean bytes);

/* ---- readers of import.c: a folder with config.json (or a file in it), and a .safetensors */
gboolean anf_hub_read_folder (AnfImport *self, const char *path, const char *const *shapes,
                              const AnfProgress *progress, GError **error);
gboolean anf_hub_read_weights (AnfImport *self, const char *path, const char *const *shapes,
                              const AnfProgress *progress, GError **error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfBert, anf_bert_free)
