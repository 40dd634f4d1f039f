/* write.h - how rows of the operator table say themselves in ONNX: what the parts of the writer
 * share. One opset is written (WRITE_OPSET), in which every row has words.
 *
 * A row that is one operator of ONNX becomes that node. Any other becomes one node as well, of the
 * domain ANF_ONNX_DOMAIN, with a function of the model that says it in operators of ONNX; so a
 * reader that knows no more than ONNX computes the same, and a node of the document stays one. What
 * the row is exactly, is in the node's metadata_props: see own.c. */
#pragma once

#include "core/op.h"

#include "onnx.pb-c.h"

#define ANF_ONNX_DOMAIN "io.github.aneforge"
#define WRITE_OPSET 17             /* the last of format 8, which has functions */
#define WRITE_IR    8

/* Keys of metadata_props. */
#define OWN_ROW       "aneforge.row"        /* name of the row */
#define OWN_NAME      "aneforge.name"       /* of the node in the document */
#define OWN_AT        "aneforge.at"         /* its number there */
#define OWN_IN        "aneforge.inputs"     /* (ai) by port: which input of the node; -1: none */
#define OWN_WEIGHTS   "aneforge.weights"    /* a{si} by role */
#define OWN_ATTRS     "aneforge.attrs"      /* a{sv} */
#define OWN_ENCODINGS "aneforge.encodings"  /* a{ss} by role */
#define OWN_GROUP     "aneforge.group"
#define OWN_SUM       "aneforge.sum"        /* of what the node says in ONNX */
#define OWN_INPUTS    "aneforge.inputs"     /* of the model: a{s(sisa{sv})}, name in ONNX ->
                                             * row, number, name, attributes */
#define OWN_OUTPUTS   "aneforge.outputs"    /* of the model: a{ss}, name in ONNX -> here */
#define OWN_COMPILE   "aneforge.compile"    /* of the model: a{sv} */
#define OWN_TITLE     "aneforge.title"

/* Memory that goes with the model. */
typedef struct { GPtrArray *blocks; GStringChunk *strings; } AnfOnnxStore;
gpointer    anf_onnx_store_get  (AnfOnnxStore *self, gsize size);  /* zeroed */
const char *anf_onnx_store_text (AnfOnnxStore *self, const char *text);

/* Nodes that say one row, and the constants they need. Values are pointers: two are the same if
 * these are. */
typedef struct
{
  AnfOnnxStore *store;
  GPtrArray    *nodes;             /* Onnx__NodeProto */
  GPtrArray    *constants;         /* Onnx__TensorProto; its name is the value */
  guint         n_values;
} AnfOnnxBody;

typedef const char *AnfOnnxTerm;   /* a value */

/* One node of a document being said. */
typedef struct
{
  AnfOnnxBody          *body;
  const AnfNode        *node;
  guint                 n_in, n_out;
  const AnfType *const *in;        /* NULL: not wired */
  const AnfType        *out;
  AnfTensor *const     *weight;    /* by role; NULL: none */
  const AnfOnnxTerm    *x;         /* by port */
  const AnfOnnxTerm    *w;         /* by role, as fp32 */
  AnfOnnxTerm          *y;         /* to be set */
} AnfOnnxSay;

/* ---- write-say.c: an operator on up to three values (NULL: no more), the last of them being
 * dressed with attributes; and constants */
AnfOnnxTerm anf_say       (AnfOnnxSay *self, const char *op, AnfOnnxTerm a, AnfOnnxTerm b,
                           AnfOnnxTerm c);
AnfOnnxTerm anf_say_list  (AnfOnnxSay *self, const char *op, guint n, const AnfOnnxTerm *in);
/* The operator said last has @n outputs. */
void        anf_say_outputs (AnfOnnxSay *self, guint n, AnfOnnxTerm *out);
void        anf_say_int   (AnfOnnxSay *self, const char *attr, gint64 value);
void        anf_say_real  (AnfOnnxSay *self, const char *attr, double value);
void        anf_say_text  (AnfOnnxSay *self, const char *attr, const char *value);
void        anf_say_ints  (AnfOnnxSay *self, const char *attr, guint n, const gint64 *values);
AnfOnnxTerm anf_say_number (AnfOnnxSay *self, double value);                /* fp32, rank 0 */
AnfOnnxTerm anf_say_whole (AnfOnnxSay *self, guint n, const gint64 *values);  /* int64, rank 1 */
AnfOnnxTerm anf_say_grid  (AnfOnnxSay *self, guint rank, const gint64 *dim,
                           const gint64 *values);              /* int64 */
AnfOnnxTerm anf_say_array (AnfOnnxSay *self, guint rank, const gint64 *dim,
                           const float *values);
AnfOnnxTerm anf_say_shape (AnfOnnxSay *self, AnfOnnxTerm x, guint rank, const gint64 *dim);
AnfOnnxTerm anf_say_perm  (AnfOnnxSay *self, AnfOnnxTerm x, guint rank, const gint64 *perm);
AnfOnnxTerm anf_say_reduce (AnfOnnxSay *self, const char *op, AnfOnnxTerm x, gint64 axis);

/* ---- write-rows.c, write-norm.c, write-shape.c, write-bridge.c: one row. FALSE: it cannot be
 * said, which only a row can mean that none of the tables has. */
typedef void (*AnfOnnxSayRow) (AnfOnnxSay *self);
typedef struct { const char *row; AnfOnnxSayRow say; } AnfOnnxWords;
extern const AnfOnnxWords anf_onnx_words_scalar[], anf_onnx_words_product[],
                          anf_onnx_words_norm[], anf_onnx_words_shape[], anf_onnx_words_bridge[];
gboolean anf_onnx_say_row (AnfOnnxSay *self);

/* ---- own.c, which reads it again: of what a node says besides names and wires. @bodies: its
 * function (nullable); @tensors: inputs that are neither ports nor weights. */
char *anf_onnx_own_sum (const Onnx__NodeProto *node, const Onnx__FunctionProto *function,
                        guint n, AnfTensor *const *tensors);
