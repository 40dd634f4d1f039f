/* unknown.h - what a document holds that this version does not know: kept, and told of. */
#pragma once

#include "anf.h"

typedef enum
{
  ANF_UNKNOWN_KEY,                 /* of an object of the document */
  ANF_UNKNOWN_ATTR,                /* the operator has none of that name */
  ANF_UNKNOWN_VALUE,               /* it has, but this is no value of its kind */
  ANF_UNKNOWN_ROLE,                /* the operator has no weight of that role */
} AnfUnknownKind;

typedef struct
{
  AnfUnknownKind kind;
  AnfId          node;             /* 0: not of a node */
  char          *where, *key;      /* "c1", "weight c1.w", "compile"; its name */
} AnfUnknown;

/* (transfer full), of AnfUnknown; without what belongs to an operator that is itself unknown. */
GArray *anf_graph_unknown (const AnfGraph *graph);
