/* mil.h - a MIL program in memory, and what a row of the operator table does to lower its node.
 *
 * Nothing here is text: the writers of MIL text and of protobuf read the same program. */
#pragma once

#include "core/op.h"
#include "mil/blob.h"

/* A constant: @text for a string, @bytes for numbers in place, else record @offset of the blob. */
typedef struct
{
  AnfMilType  type;
  const char *text;
  GBytes     *bytes;
  guint64     offset;
} AnfMilValue;

typedef enum { ANF_MIL_NAME, ANF_MIL_NAMES, ANF_MIL_VALUE } AnfMilArgKind;
typedef struct
{
  const char   *key;
  AnfMilArgKind kind;
  guint         n;
  const char  **names;             /* of values defined before: one, or a tuple */
  AnfMilValue  *value;
} AnfMilArg;

typedef struct { const char *name; AnfMilType type; } AnfMilPort;

/* Inputs are sorted by key. Attributes come without the name, which is that of the first output. */
typedef struct
{
  const char *op;
  GArray     *outputs;             /* AnfMilPort */
  GArray     *inputs;              /* AnfMilArg */
  GArray     *attrs;               /* AnfMilArg, all values */
} AnfMilOp;

/* Where the parts of a weight are in the blob. */
typedef struct
{
  AnfId       node;
  const char *role;
  guint       n_parts;
  guint64     offset[ANF_MIL_MAX_PARTS];
} AnfMilPlace;

typedef struct
{
  GStringChunk *words;             /* every name and text */
  GHashTable   *taken;             /* names of values */
  GArray       *inputs;            /* AnfMilPort */
  GArray       *outputs;           /* AnfMilPort */
  GPtrArray    *ops;               /* AnfMilOp */
  AnfMilBlob   *blob;
  GArray       *places;            /* AnfMilPlace, of every weight in the blob */
  gboolean      core_ml;           /* not for e5rt: nothing that works around its faults */
} AnfMilProgram;

AnfMilProgram *anf_mil_program_new  (void);
void           anf_mil_program_free (AnfMilProgram *self);
/* @stem, or @stem with a number if that is taken or a word of the language; taken from now on. */
const char    *anf_mil_program_name (AnfMilProgram *self, const char *stem);
void           anf_mil_program_input  (AnfMilProgram *self, const char *name,
                                       const AnfMilType *type);
void           anf_mil_program_output (AnfMilProgram *self, const char *name,
                                       const AnfMilType *type);
AnfMilOp      *anf_mil_op_new       (const char *name);          /* for node.c: not yet in it */
/* The program as e5rt reads it, its blob in @blob_name beside it; (transfer full). */
char          *anf_mil_text         (const AnfMilProgram *self, const char *blob_name);

/* ---------------------------------------------------------------- lowering one node */

struct _AnfMilNode
{
  AnfMilProgram             *program;
  const AnfNode             *node;
  guint                      n_in, n_out;
  const char *const         *in;         /* MIL names of the inputs; NULL: not wired */
  const AnfNode *const      *from;       /* what made them; NULL: not wired, or fed */
  const float *const        *constant;   /* their numbers where they are constants, else NULL */
  const AnfType *const      *in_type;
  const char *const         *out;        /* the names its outputs must get */
  const AnfType             *out_type;
  AnfTensor *const          *weight_tensor;  /* by role; NULL: none */
  const AnfMilWeight *const *weight;     /* by role; NULL: none */
  AnfMilOp                  *call;       /* being built */
};

/* One statement: begun, given its arguments in any order, ended by naming its result. */
void        anf_mil_begin    (AnfMilNode *self, const char *op);
void        anf_mil_name     (AnfMilNode *self, const char *key, const char *value);
void        anf_mil_names    (AnfMilNode *self, const char *key, guint n,
                              const char *const *values);
void        anf_mil_flag     (AnfMilNode *self, const char *key, gboolean value);
void        anf_mil_int      (AnfMilNode *self, const char *key, gint64 value);     /* int32 */
void        anf_mil_uint     (AnfMilNode *self, const char *key, guint64 value);    /* uint32 */
void        anf_mil_half     (AnfMilNode *self, const char *key, double value);     /* fp16 */
void        anf_mil_float    (AnfMilNode *self, const char *key, double value);     /* fp32 */
/* These two become constants of their own before the statement, named NODE_KEY. */
void        anf_mil_word     (AnfMilNode *self, const char *key, const char *value);
void        anf_mil_ints     (AnfMilNode *self, const char *key, guint n, const gint64 *values);
/* The result is an output of the node, or an inner value NODE_SUFFIX whose name is returned. */
const char *anf_mil_end      (AnfMilNode *self, guint port);
const char *anf_mil_end_as   (AnfMilNode *self, const char *suffix, const AnfType *type);
/* Several outputs: all of the node's. */
void        anf_mil_end_all  (AnfMilNode *self);

/* Constants NODE_SUFFIX: one fp16 number; or a tensor filled with it. */
const char *anf_mil_scalar   (AnfMilNode *self, const char *suffix, double value);
const char *anf_mil_filled   (AnfMilNode *self, const char *suffix, const AnfType *type,
                              double value);
/* The weight of a role by name: NODE_ROLE, unpacked from its encoding; NULL: there is none. */
const char *anf_mil_weight   (AnfMilNode *self, guint role);
/* The same numbers in another shape, of a weight that is never encoded. */
const char *anf_mil_weight_as (AnfMilNode *self, guint role, guint rank, const gint64 *dim);

/* Keeps a role's numbers in the blob though the program uses others that were made of them. */
void        anf_mil_keep     (AnfMilNode *self, guint role);
/* A constant NODE_SUFFIX of @values, one per element of @type. */
const char *anf_mil_values   (AnfMilNode *self, const char *suffix, const AnfType *type,
                              const float *values);
/* The weight is the node's output: for rows that are a constant. */
void        anf_mil_weight_out (AnfMilNode *self, guint role);

/* Statements of one line: op (x, y) with inner result, and with the node's output. */
const char *anf_mil_binary   (AnfMilNode *self, const char *suffix, const AnfType *type,
                              const char *op, const char *x, const char *y);
const char *anf_mil_unary    (AnfMilNode *self, const char *suffix, const AnfType *type,
                              const char *op, const char *x);

/* For rows that are one operator of the same name: its ports, and its real attributes as fp16. */
gboolean    anf_mil_plain    (AnfMilNode *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfMilProgram, anf_mil_program_free)
