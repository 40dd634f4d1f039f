/* op.h - what a row of the operator table says. Adding an operator is adding a row. */
#pragma once

#include "core/graph.h"

#define ANF_MAX_PORTS 6
#define ANF_MAX_ROLES 8
#define ANF_MAX_ATTRS 10
#define ANF_FAMILIES  6            /* index 1..5 */

/* The shape rule's view of one node, and where it leaves its answer. */
typedef struct
{
  const AnfNode          *node;
  guint                   n_in;
  const AnfType *const   *in;      /* NULL: an optional port that is not wired */
  AnfTensor *const       *weight;  /* by role; NULL: none given */
  guint                   n_out;
  AnfType                *out;     /* to be filled; dtype is ANF_F16 unless set */
  const char             *code, *field, *hint;  /* of a refusal; static or interned strings */
  char                   *message;
} AnfShapes;

/* Refuses: says why, at which port, attribute or role. Returns FALSE, so a rule can end with it. */
gboolean anf_shapes_refuse (AnfShapes *self, const char *code, const char *field,
                            const char *hint, const char *format, ...) G_GNUC_PRINTF (5, 6);

/* How a kernel takes values of rank 4: in the order of their axes, or with the channels last in
 * memory, N, H, W, C, while types stay N, C, H, W. */
typedef enum
{
  ANF_LAYOUT_PLAIN,                /* in the order of the axes */
  ANF_LAYOUT_ALIKE,                /* either, if all that have more than one pixel are alike */
  ANF_LAYOUT_FREE,                 /* either, each for itself */
} AnfLayout;

/* Rows that make probabilities: a cross entropy of those of what they read is the stable one. */
typedef enum { ANF_LINK_NONE, ANF_LINK_SOFTMAX, ANF_LINK_SIGMOID } AnfLink;

/* What is stored of a weight; mil/type.h. */
typedef struct _AnfMilWeight AnfMilWeight;

typedef struct _AnfCall AnfCall;

/* One node of a loaded program on the CPU device. Values are fp32 in memory; under the ane profiles
 * every one of them is an fp16 value. Row-major, NCHW. */
struct _AnfCall
{
  const AnfNode        *node;
  AnfNumerics           numerics;
  guint                 family;    /* of the target: edge rules differ */
  guint                 n_in, n_out;
  const AnfType *const *in_type;   /* NULL: not wired */
  const AnfType        *out_type;
  AnfTensor *const     *weight_tensor;  /* by role: shape, and the exact numbers */
  const float *const   *weight;    /* by role: decoded numbers the device uses; NULL: none */
  const AnfMilWeight   *stored;    /* of the first role, if the row streams (nullable) */
  guint32               last_in;   /* bit by input: channels are last in memory; see AnfLayout */
  gboolean              last_out;
  const float *const   *in;        /* NULL while preparing */
  float *const         *out;
  gpointer              state;     /* what prepare () made */
  /* (nullable) Rows that settle call it for every piece of their result, in memory's order, as soon
   * as it is final: what comes next finds it in the cache. */
  void                (*settled) (const AnfCall *call, gsize begin, gsize end);
  gpointer              follower;  /* whose it is */
};

/* The same in double, without rounding, encodings or edge rules: what tests compare with. */
typedef struct
{
  const AnfNode         *node;
  guint                  n_in, n_out;
  const AnfType *const  *in_type;
  const AnfType         *out_type;
  AnfTensor *const      *weight_tensor;
  const double *const   *weight, *const *in;
  double *const         *out;
} AnfExact;

/* Largest magnitudes of what a node reads; INFINITY: not known. */
typedef struct
{
  const AnfNode        *node;
  guint                 n_in;
  const double         *in;
  const AnfType *const *in_type;   /* NULL: not wired */
  const AnfType        *out_type;
  AnfTensor *const     *weight;    /* by role; NULL: none */
  guint                 packed;    /* bit by role: it may be encoded, so that numbers change */
} AnfBounds;

/* What threatens a node's numbers although the graph is right; a row's column "risk" fills in the
 * second half. Strings but @message are static. */
typedef struct
{
  const AnfBounds *bounds;         /* of what it reads */
  const AnfNode *const *from;      /* nodes that make what it reads; NULL: not wired */
  double           bound;          /* of its result */
  guint            family;
  AnfSeverity      severity;
  const char      *code, *field, *hint;
  char            *message;
  gboolean         exact;          /* column "safer" gives the same numbers where none is lost */
} AnfRisk;

/* A node on the way back from a loss; ops/gradient.h has what a row may do with it. */
typedef struct _AnfGradient AnfGradient;

/* A node being lowered to MIL; mil/mil.h has what a row may do with it. */
typedef struct _AnfMilNode AnfMilNode;
/* Statements of a MIL program that may be a row; mil/match.h. */
typedef struct _AnfMilMatch AnfMilMatch;

/* Whether a bridge can do without its own program, being fused rows instead. */
typedef enum
{
  ANF_ROUTE_NONE,                  /* it cannot */
  ANF_ROUTE_CHOICE,                /* whichever is quicker */
  ANF_ROUTE_ONLY,                  /* it must: the device has no program for it */
} AnfRoute;

/* What the generic tests build for a row: input shapes ({0}: none), attributes as GVariant text by
 * name, weight shapes by role, and the range inputs and weights are drawn from. */
typedef struct
{
  AnfType     in[ANF_MAX_PORTS];
  const char *attr[ANF_MAX_ATTRS][2];
  AnfType     role[ANF_MAX_ROLES];
  double      lo, hi;
} AnfSample;

struct _AnfOp
{
  const char    *name;             /* in files and in MIL */
  const char    *title;            /* on the node */
  const char    *doc;              /* one sentence: palette, inspector, catalogue */
  const char    *quirk;            /* what the hardware does differently (nullable) */
  const char    *onnx;             /* the ONNX operator this is, if it is one */
  const char    *instead;          /* walled.c: what to use in its place, one sentence */
  AnfCategory    category;
  AnfSegmentKind kind;             /* fused, bridge or host */
  AnfSegmentKind (*kind_of) (const AnfNode *node);         /* where wires decide; NULL: kind */
  gboolean       source;           /* holds or brings a value: input, const; in no segment */
  gboolean       moves;            /* a transpose: its extents have limits of their own */
  AnfPort        in[ANF_MAX_PORTS];
  AnfPort        role[ANF_MAX_ROLES];
  AnfAttr        attr[ANF_MAX_ATTRS];
  guint          floor;            /* first family that has it natively; 0: all that take MIL (2) */
  AnfAvailability below;           /* what older families do with it */

  /* Exact scalar functions of elementwise rows; attr: the row's real attributes, in its order. */
  double       (*unary)  (double x, const double *attr);
  double       (*binary) (double x, double y);
  /* unary as the hardware has it at its edges; NULL: unary, and +0 for NaN */
  double       (*engine) (double x, const double *attr, AnfNumerics numerics);

  guint        (*n_outputs) (const AnfNode *node);         /* NULL: one */
  gboolean     (*infer)  (AnfShapes *shapes);
  /* Rows with a port of the program: the type that is fed. Where it is not the row's own output,
   * the row is no source, and its kernel gets what was fed as in[0]. */
  void         (*feed)   (const AnfNode *node, AnfType *type);
  /* (nullable) what this chip cannot take */
  char        *(*guard)  (const AnfShapes *shapes, guint family);
  double       (*flops)  (const AnfShapes *shapes);        /* NULL: bytes only */
  /* What no magnitude of the results exceeds; see ops/bound.h. */
  double       (*bound)  (const AnfBounds *bounds);
  gboolean       positive;         /* no result is below 0 */
  /* Small numbers matter to it by how small they are: a logarithm. And what the row lifts numbers
   * above or up by, before they go there (nullable). See pass/island.c. */
  gboolean       telling;
  double       (*lift)   (const AnfNode *node);
  /* TRUE if numbers are in danger; see ops/risk.c. safer: the same without that danger, like
   * expand; NULL in its place: nothing better is known. */
  gboolean     (*risk)   (AnfRisk *risk);
  AnfGraph    *(*safer)  (AnfShapes *shapes);
  /* The same by parts that every chip takes, of what the guard or the shape rule refuses as too
   * large: like expand, NULL: there is no such way. */
  AnfGraph    *(*split)  (AnfShapes *shapes);
  const char  *(*cut)    (void);   /* bridges: the rule that cuts the graph here, one sentence */

  /* The CPU device. prepare () and release () may be NULL. */
  gboolean     (*prepare) (const AnfCall *call, gpointer *state, GError **error);
  void         (*release) (gpointer state);
  gsize        (*items)   (const AnfCall *call);           /* independent parts; NULL: elements */
  void         (*kernel)  (const AnfCall *call, gsize begin, gsize end);
  /* Whether the first weight had better be read as it is stored (call->stored, which lives until
   * release ()) than decoded. NULL: never. */
  gboolean     (*streams) (const AnfCall *call);
  AnfLayout    (*layout)  (const AnfCall *call);           /* NULL: plain */
  gboolean       elementwise;      /* out[0] may be where an input of its type is */
  gboolean       whole;            /* threads by itself: called for all items at once */
  /* Element i of the result depends on element i of the inputs, in memory's order, and no other (an
   * input with fewer elements is another matter): the kernel may write over what it reads, and
   * follow another row block by block. */
  gboolean       pointwise;
  gboolean       settles;          /* calls call->settled, where there is one, for all of out[0] */
  gsize          grain;            /* fewest items worth a thread of their own; 0: 16384 */

  /* Composite rows: the same from simpler rows, as a graph whose input nodes are called PORT and
   * number of the wire ("x0"), whose weights are called like the roles, or are its own, and whose
   * first output is the result. NULL after a refusal. */
  AnfGraph    *(*expand) (AnfShapes *shapes);

  /* The same, for the optimiser. route: of a bridge, from fused rows, and when (NULL: a choice).
   * decompose: for chips on which the row is ANF_DECOMPOSE. */
  AnfGraph    *(*route)     (AnfShapes *shapes);
  AnfRoute     (*routing)   (const AnfShapes *shapes);
  AnfGraph    *(*decompose) (AnfShapes *shapes);

  /* TRUE if the node hands on what it reads from @from, number for number. */
  gboolean     (*identity) (const AnfNode *node, const AnfNode *from, const AnfType *in,
                            const AnfType *out);
  /* The node and @below, of the same row, which it reads, as one: FALSE if they cannot be; @attr
   * receives what differs from the node's own, in the row's order, floating. */
  gboolean     (*merge)    (const AnfNode *node, const AnfNode *below, GVariant **attr);
  gboolean       undoes;           /* twice it is nothing */
  /* As merge, but with one rounding less, so not number for number. */
  gboolean     (*chain)    (const AnfNode *node, const AnfNode *below, GVariant **attr);

  /* Appends the gradient of the node's inputs and weights. NULL: that of what it is made of, by
   * expand or route; or there is none, and @flat says why, one sentence. */
  gboolean     (*vjp)     (AnfGradient *gradient);
  const char    *flat;
  /* Like expand, with the weights as values: see ops/unbaked.h. NULL: expand or route, if any. */
  AnfGraph    *(*unbaked) (AnfShapes *shapes);
  AnfLink        link;             /* what a loss is better taken before than after */

  void         (*reference) (const AnfExact *exact);       /* NULL: unary or binary is it */
  gboolean     (*mil)     (AnfMilNode *mil);               /* fused rows */
  gboolean     (*core_ml) (AnfMilNode *mil);               /* in a package, if not mil */
  /* The same read back: patterns of statements (mil/match.h; NULL with anf_mil_plain: as that
   * writes it), and what they cannot say. */
  const char    *reads;
  gboolean     (*take)    (AnfMilMatch *match);

  AnfSample      sample;
};

AnfSegmentKind anf_node_kind (const AnfNode *node);
guint anf_op_n_inputs   (const AnfOp *op);                 /* ports in the row */
guint anf_op_n_roles    (const AnfOp *op);
guint anf_op_n_attrs    (const AnfOp *op);
int   anf_op_find_attr  (const AnfOp *op, const char *name);   /* -1: none of that name */
int   anf_op_find_role  (const AnfOp *op, const char *name);
int   anf_op_find_input (const AnfOp *op, const char *name);
