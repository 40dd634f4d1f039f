/* match.h - which row of the operator table some statements of a MIL program are.
 *
 * A row says so in its column "reads", in the words of MIL itself: statements, the last of which
 * makes the row's outputs.
 *
 *     low = minimum (x = x, y = 10); add (x = softplus (..), y = ..) | softplus (x = x)
 *
 * In place of an operand stands
 * - the name of a port, a role or an attribute of the row ($name: the attribute, where a port has
 *   that name, too), or of a statement before; a name used twice is one value;
 * - ROLE' : the role as a vector, whatever axes of size 1 the constant has; ATTR.1 : its second
 *   number; {top, bottom} or {2, 3}: the numbers of a list one by one;
 * - a number, true, false or "word": a constant of that value;
 * - any other name: a constant or value that the row's column "take" looks at;
 * - fed: for rows with a port of the program, that port.
 * [key = ..] may be missing; a key that is not named must be. At the end "& attr = literal" sets
 * what the statements do not say; * is an operator called like the row. Alternatives are separated
 * by |. Rows that are written by anf_mil_plain need no pattern. */
#pragma once

#include "mil/read.h"

/* A program with its values by name. */
typedef struct
{
  const AnfMilProgram *program;    /* borrowed */
  GHashTable          *makers;     /* name -> AnfMilOp; not of the program's inputs */
  GHashTable          *types;      /* name -> AnfMilType, borrowed */
} AnfMilIndex;

AnfMilIndex *anf_mil_index_new  (const AnfMilProgram *program);
void         anf_mil_index_free (AnfMilIndex *self);

/* An operand: the name of a value, or a constant in place. */
typedef struct { const char *name; const AnfMilValue *value; } AnfMilOperand;
typedef struct { guint port; AnfMilOperand operand; } AnfMilWire;

struct _AnfMilMatch
{
  const AnfMilIndex *index;
  const AnfOp       *op;
  const AnfMilOp    *root;
  GArray            *wires;        /* AnfMilWire, of a variadic port in order */
  const char        *role[ANF_MAX_ROLES];        /* names of values; NULL: none */
  gboolean           flat[ANF_MAX_ROLES];        /* as a vector */
  AnfTensor         *tensor[ANF_MAX_ROLES];      /* in place of it (nullable) */
  GVariant          *attr[ANF_MAX_ATTRS];        /* NULL: not said */
  const char        *fed;          /* (nullable) */
  GHashTable        *named;        /* name in the pattern -> AnfMilOperand */
  GPtrArray         *used;         /* AnfMilOp, without constants */
  char              *stem;         /* what the names of inner values begin with (nullable) */
  guint              score;
};

/* Every row that this statement may end, the most telling first; (transfer full), of
 * AnfMilMatch. */
GPtrArray         *anf_mil_matches   (const AnfMilIndex *index, const AnfMilOp *root);

/* Whether any row is written with a statement of that name at its end. */
gboolean           anf_mil_is_known  (const char *op);

/* For the column "take". */
const AnfMilValue *anf_match_constant (const AnfMilMatch *self, const char *name); /* (nullable) */
/* The constant that an operand is (nullable). */
const AnfMilValue *anf_match_value   (const AnfMilMatch *self, const AnfMilOperand *operand);
const AnfMilOp    *anf_match_maker   (const AnfMilMatch *self, const char *value); /* (nullable) */
const AnfMilType  *anf_match_type    (const AnfMilMatch *self, const char *value); /* (nullable) */
/* A constant of integers as they are: their number, 0 if it is none or more than @max. */
guint              anf_match_ints    (const AnfMilMatch *self, const AnfMilOperand *operand,
                                      gint64 *out, guint max);
/* Floating @value taken. */
void               anf_match_set     (AnfMilMatch *self, const char *attr, GVariant *value);
void               anf_match_set_real (AnfMilMatch *self, const char *attr, double value,
                                       AnfMilDtype dtype);
void               anf_match_use     (AnfMilMatch *self, const AnfMilOp *op);
void               anf_match_wire    (AnfMilMatch *self, guint port, const char *value);
/* NODE_SUFFIX or NODE_SUFFIX_1 tells what the node was called. */
void               anf_match_stem    (AnfMilMatch *self, const char *value, const char *suffix);
AnfMilOperand      anf_match_operand (const AnfMilOp *op, const char *key);

/* The constant behind a name (nullable): of a statement "const". */
const AnfMilValue *anf_mil_index_constant (const AnfMilIndex *self, const char *name);
/* Whether the value is a constant, encoded or not. */
gboolean           anf_mil_index_is_weight (const AnfMilIndex *self, const char *name);
/* Element @i as a number, whatever its type; 0 for strings. */
double             anf_mil_value_number (const AnfMilValue *self, gsize i);
/* The shortest decimal that is the same number in @dtype: 1e-05 for fp16's 1.0014e-05. */
double             anf_mil_plain_number (double value, AnfMilDtype dtype);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfMilIndex, anf_mil_index_free)
