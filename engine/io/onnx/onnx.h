/* onnx.h - what the parts of the ONNX reader share: values, the state of an import, and the
 * vocabulary in which its operators say themselves in rows of the operator table. */
#pragma once

#include "core/op.h"
#include "io/import.h"

#include "onnx.pb-c.h"

/* TensorProto.DataType: facts of the format. */
enum
{
  ONNX_FLOAT = 1, ONNX_UINT8, ONNX_INT8, ONNX_UINT16, ONNX_INT16, ONNX_INT32, ONNX_INT64,
  ONNX_STRING, ONNX_BOOL, ONNX_FLOAT16, ONNX_DOUBLE, ONNX_UINT32, ONNX_UINT64,
  ONNX_BFLOAT16 = 16
};

/* A value of the model: a constant, or what a node computes, or both once a wire needs it. Its
 * shape may be another than its node's: then a reshape is made where somebody reads it. */
typedef struct _AnfOnnxValue AnfOnnxValue;
struct _AnfOnnxValue
{
  guint      rank;
  gint64     dim[ANF_MAX_TENSOR_RANK];
  int        elem;                 /* ONNX_FLOAT.. : what the model calls it */
  AnfTensor *tensor;               /* NULL: not known before a run */
  AnfRef     ref;                  /* node 0: no node yet */
  AnfType    type;                 /* of ref; of a constant only its dtype, BOOL or not */
  AnfRef     shaped;               /* ref in the shape above, once made */
  char      *name, *weight;        /* in the model; in the document's weights (both nullable) */
  guint      uses;                 /* nodes and outputs of the model that read it */
  AnfOnnxValue *kernel, *bias;     /* of the convolution that made it (nullable) */
  guint      cout_axis;            /* of kernel: 0, or 1 if transposed */
  AnfOnnxValue *left, *right;      /* of the matrix product that made it (nullable) */
  AnfOnnxValue *swish;             /* x, of what is on the way to x * clip (x + 3, 0, 6) / 6 */
  guint      steps;                /* 1: x + 3; 2: clipped; 3: times x; or 4: sigmoid of x;
                                    * or 5: times a number; or of a layer norm, 6: mean of the
                                    * last axis, 7: x less it, 8: squared, 9: mean, 10: plus a
                                    * number, 11: the root, 12: over it, 13: times
                                    * gamma */
  double     factor;               /* that number */
  AnfOnnxValue *inside;            /* what it is with zeros around (nullable), and how many stand */
  gint64     border[4];            /* before and after each axis from the third on */
};

typedef struct
{
  const Onnx__NodeProto *proto;
  const char    *op;
  gint64         opset;
  guint          n_in, n_out;
  AnfOnnxValue **in;               /* NULL: left out */
  AnfOnnxValue **out;              /* to be set by those with more than one output */
} AnfOnnxNode;

typedef struct _AnfOnnx AnfOnnx;
typedef struct _AnfOnnxOwn AnfOnnxOwn;

/* The first output; NULL after anf_onnx_refuse (). */
typedef AnfOnnxValue *(*AnfOnnxRead) (AnfOnnx *self, AnfOnnxNode *node);
/* @row: the row it stands for, where a reader serves several (nullable). */
typedef struct { const char *name; AnfOnnxRead read; const char *row; } AnfOnnxOp;
extern const AnfOnnxOp anf_onnx_scalar_ops[], anf_onnx_reduce_ops[], anf_onnx_product_ops[],
                       anf_onnx_pool_ops[], anf_onnx_norm_ops[], anf_onnx_shape_ops[],
                       anf_onnx_index_ops[], anf_onnx_resize_ops[], anf_onnx_recurrent_ops[],
                       anf_onnx_attention_ops[], anf_onnx_control_ops[], anf_onnx_loss_ops[],
                       anf_onnx_constant_ops[];

struct _AnfOnnx
{
  AnfImport         *import;
  const AnfProgress *progress;
  const char        *path;
  char              *folder;       /* of the model; external data is in it */
  GBytes            *file;
  GHashTable        *functions;    /* "domain:name" -> Onnx__FunctionProto */
  AnfGraphBuilder   *builder;
  GPtrArray         *values;       /* all there are */
  GSList            *scopes;       /* GHashTable, name -> AnfOnnxValue; innermost first */
  GHashTable        *uses;         /* name -> number */
  GHashTable        *external;     /* path -> GBytes */
  GHashTable        *outputs;      /* names of the document's, as a set */
  GPtrArray         *attrs, *roles;  /* of the next row */
  const AnfOnnxOp   *row;          /* being read */
  const char        *stem;         /* node names begin so */
  char              *group;
  AnfId              last;         /* node made last; 0: none yet for this one of the model */
  AnfId              next;         /* id of the next node */
  char              *why;          /* first refusal of the node being read */
  GError            *broken;       /* a body that is no graph: the import fails */
  guint              depth;        /* of functions and bodies */
  AnfOnnxOwn        *own;          /* what this program said of its own model (nullable) */
  gboolean           verbatim;     /* the next row is a node whatever it reads, and its weights
                                    * are as they are */
  gint64             opset;        /* of the nodes being read */
  guint              n_rows;
};

/* ---- model.c: the file */
/* The model without the numbers of its initializers: in place of raw_data stands where they are. */
Onnx__ModelProto *anf_onnx_unpack (GBytes *file, GError **error);

/* ---- tensor.c */
/* @mapped: raw_data says where the numbers are. NULL with the cause. */
AnfTensor    *anf_onnx_tensor     (AnfOnnx *self, const Onnx__TensorProto *proto, gboolean mapped,
                                   GError **error);

/* ---- graph.c: names, and the nodes of a list in their order */
gboolean      anf_onnx_nodes      (AnfOnnx *self, guint n, Onnx__NodeProto **nodes,
                                   GError **error);
AnfOnnxValue *anf_onnx_find       (AnfOnnx *self, const char *name);
void          anf_onnx_bind       (AnfOnnx *self, const char *name, AnfOnnxValue *value);
char         *anf_onnx_clean_name (const char *name);
gboolean      anf_onnx_initializers (AnfOnnx *self, guint n, Onnx__TensorProto **tensors,
                                   gboolean mapped, GError **error);
void          anf_onnx_count_uses (AnfOnnx *self, guint n, Onnx__NodeProto **nodes);
/* The body of a Loop or If, once: @in by the names of its inputs, then outputs in @out, as many as
 * it has. FALSE after a refusal. */
gboolean      anf_onnx_body       (AnfOnnx *self, Onnx__GraphProto *body, guint n_in,
                                   AnfOnnxValue *const *in, AnfOnnxValue **out);
/* Keeps what a node is called in the model, if that cannot be a name here. */
void          anf_onnx_keep_name  (AnfOnnx *self, const char *original);
/* What a reader made before it refused leaves again: all nodes from @first on. */
void          anf_onnx_take_back  (AnfOnnx *self, AnfId first);
/* A node of the model that is not read: kept with its attributes and wires. */
void          anf_onnx_placeholder (AnfOnnx *self, AnfOnnxNode *node);

/* ---- attr.c: attributes of the node, with the operator's defaults */
const Onnx__AttributeProto *anf_onnx_attr (const AnfOnnxNode *node, const char *name);
gint64        anf_onnx_int        (const AnfOnnxNode *node, const char *name, gint64 preset);
double        anf_onnx_real       (const AnfOnnxNode *node, const char *name, double preset);
gboolean      anf_onnx_text_is    (const AnfOnnxNode *node, const char *name, const char *text,
                                   const char *preset);
/* FALSE: not there; their number is in @n, at most ANF_MAX_TENSOR_RANK are copied. */
gboolean      anf_onnx_list       (const AnfOnnxNode *node, const char *name, gint64 *out,
                                   guint *n);
/* @want integers, all @preset if it is not there; FALSE if there is another number of them. */
gboolean      anf_onnx_ints       (AnfOnnx *self, const AnfOnnxNode *node, const char *name,
                                   guint want, gint64 preset, gint64 *out);
/* An input, NULL past the end or left out. */
AnfOnnxValue *anf_onnx_in         (const AnfOnnxNode *node, guint i);
/* Integers of a constant; refuses if it is none, or has more than @max. */
gboolean      anf_onnx_numbers    (AnfOnnx *self, const AnfOnnxValue *value, const char *what,
                                   guint max, gint64 *out, guint *n);
gboolean      anf_onnx_number     (AnfOnnx *self, const AnfOnnxValue *value, const char *what,
                                   double *out);
/* A negative axis counts from the end; FALSE after a refusal. */
gboolean      anf_onnx_axis       (AnfOnnx *self, gint64 axis, guint rank, guint *out);

/* ---- emit.c: rows. All take NULL for a value that was refused, and then give NULL. */
gpointer      anf_onnx_refuse     (AnfOnnx *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* Of the next row. */
void          anf_onnx_set        (AnfOnnx *self, const char *attr, GVariant *value);
void          anf_onnx_set_int    (AnfOnnx *self, const char *attr, gint64 value);
void          anf_onnx_set_real   (AnfOnnx *self, const char *attr, double value);
void          anf_onnx_set_ints   (AnfOnnx *self, const char *attr, guint n, const gint64 *values);
void          anf_onnx_set_weight (AnfOnnx *self, const char *role, AnfOnnxValue *value);
/* What depends on constants alone is computed at once, in double. */
AnfOnnxValue *anf_onnx_row        (AnfOnnx *self, const char *op, guint n,
                                   AnfOnnxValue *const *in);
AnfOnnxValue *anf_onnx_row1       (AnfOnnx *self, const char *op, AnfOnnxValue *x);
AnfOnnxValue *anf_onnx_row2       (AnfOnnx *self, const char *op, AnfOnnxValue *x,
                                   AnfOnnxValue *y);
/* An empty node, named after the node being read. */
AnfId         anf_onnx_add_node   (AnfOnnx *self, const AnfOp *op);
/* Further outputs of the node that made @first. */
AnfOnnxValue *anf_onnx_output     (AnfOnnx *self, const AnfOnnxValue *first, guint port);
/* The wire that carries it, made now if need be; node 0 after a refusal. */
AnfRef        anf_onnx_wire       (AnfOnnx *self, AnfOnnxValue *value);
AnfOnnxValue *anf_onnx_value      (AnfOnnx *self, int elem, guint rank, const gint64 *dim);
AnfOnnxValue *anf_onnx_constant   (AnfOnnx *self, int elem, AnfTensor *tensor);  /* takes it */
AnfOnnxValue *anf_onnx_doubles    (AnfOnnx *self, int elem, guint rank, const gint64 *dim,
                                   const double *values);
AnfOnnxValue *anf_onnx_scalar     (AnfOnnx *self, double value);
/* The name of a weight with its numbers, put into the document at the first call. */
const char   *anf_onnx_weight     (AnfOnnx *self, AnfOnnxValue *value);
gboolean      anf_onnx_is_whole   (int elem);                  /* an integer type */
gsize         anf_onnx_elements   (const AnfOnnxValue *value);
double       *anf_onnx_read       (const AnfOnnxValue *value); /* all numbers (transfer full) */

/* ---- words.c: small sentences of rows */
AnfOnnxValue *anf_onnx_as         (AnfOnnx *self, AnfOnnxValue *x, int elem);
/* A truth value or a fed integer as a number; others as they are. */
AnfOnnxValue *anf_onnx_plain      (AnfOnnx *self, AnfOnnxValue *x);
AnfOnnxValue *anf_onnx_truth      (AnfOnnx *self, AnfOnnxValue *x);
AnfOnnxValue *anf_onnx_muls       (AnfOnnx *self, AnfOnnxValue *x, double k);
AnfOnnxValue *anf_onnx_adds       (AnfOnnx *self, AnfOnnxValue *x, double k);
AnfOnnxValue *anf_onnx_select     (AnfOnnx *self, AnfOnnxValue *cond, AnfOnnxValue *a,
                                   AnfOnnxValue *b);
AnfOnnxValue *anf_onnx_reshape    (AnfOnnx *self, AnfOnnxValue *x, guint rank,
                                   const gint64 *dim);
AnfOnnxValue *anf_onnx_transpose  (AnfOnnx *self, AnfOnnxValue *x, const guint *perm);
AnfOnnxValue *anf_onnx_swap       (AnfOnnx *self, AnfOnnxValue *x, guint a, guint b);
AnfOnnxValue *anf_onnx_slice      (AnfOnnx *self, AnfOnnxValue *x, guint axis, gint64 begin,
                                   gint64 size);
AnfOnnxValue *anf_onnx_pick       (AnfOnnx *self, AnfOnnxValue *x, guint axis, guint n,
                                   const gint64 *indices);
AnfOnnxValue *anf_onnx_concat     (AnfOnnx *self, guint n, AnfOnnxValue *const *in, guint axis);
AnfOnnxValue *anf_onnx_expand     (AnfOnnx *self, AnfOnnxValue *x, guint rank,
                                   const gint64 *dim);
AnfOnnxValue *anf_onnx_filled     (AnfOnnx *self, int elem, guint rank, const gint64 *dim,
                                   double value);
/* Numbers around it along one axis; negative ones cut off. */
AnfOnnxValue *anf_onnx_pad        (AnfOnnx *self, AnfOnnxValue *x, guint axis, gint64 before,
                                   gint64 after, double value);
AnfOnnxValue *anf_onnx_reduce     (AnfOnnx *self, const char *op, AnfOnnxValue *x, guint n,
                                   const gint64 *axes, gboolean keep);
/* a times the constant @b [K, N], or [N, K] if @turned, plus @c of N numbers (nullable). */
AnfOnnxValue *anf_onnx_linear     (AnfOnnx *self, AnfOnnxValue *a, AnfOnnxValue *b,
                                   gboolean turned, AnfOnnxValue *c);
AnfOnnxValue *anf_onnx_matmul     (AnfOnnx *self, AnfOnnxValue *a, AnfOnnxValue *b);
/* @matrix[H, O]: every row along @axis, of H, times it. */
AnfOnnxValue *anf_onnx_along      (AnfOnnx *self, AnfOnnxValue *x, guint axis, gint64 size,
                                   const double *matrix);
/* Halves to the even neighbour. */
AnfOnnxValue *anf_onnx_round      (AnfOnnx *self, AnfOnnxValue *x);
/* product.c: x * scale + shift for each channel, where x is a convolution's result (x->kernel) that
 * nothing else reads: goes into its weight and bias, in fp32. */
AnfOnnxValue *anf_onnx_fold_channels (AnfOnnx *self, AnfOnnxValue *x, const double *scale,
                                   const double *shift);
/* A window that slides along @n axes: sizes of the image, of the window, and how it moves. */
typedef struct
{
  guint  n;
  gint64 in[3], k[3], stride[3], dilation[3], before[3], after[3];
} AnfOnnxWindow;
/* All but @n and k, which are set before, from the node's attributes; FALSE after a refusal. */
gboolean      anf_onnx_window     (AnfOnnx *self, const AnfOnnxNode *node, const AnfOnnxValue *x,
                                   AnfOnnxWindow *window);

/* absorb.c: a constant by which a written-out layer norm is multiplied, or to which it is added. */
gboolean      anf_onnx_norm_takes (const AnfOnnxValue *x, const AnfOnnxValue *k, gboolean product);
AnfOnnxValue *anf_onnx_norm_with  (AnfOnnx *self, AnfOnnxValue *x, AnfOnnxValue *k,
                                   gboolean product);

/* scalar.c: notes how far @y is with @x; see AnfOnnxValue.steps. Returns @y. */
AnfOnnxValue *anf_onnx_on_the_way (AnfOnnxValue *y, AnfOnnxValue *x, guint steps);

/* ---- reduce.c */
AnfOnnxValue *anf_onnx_log_softmax (AnfOnnx *self, AnfOnnxValue *x, guint axis);
/* Where the first largest, or the @last, is along an axis, which stays, of size 1. */
AnfOnnxValue *anf_onnx_arg_max    (AnfOnnx *self, AnfOnnxValue *x, guint axis, gboolean last);
