/* graph.h - what a node and a graph are made of; only graph.c and builder.c write these. */
#pragma once

#include "anf-place.h"

/* A weight the node names for one of its roles, and the encoding it chose itself, if any. */
typedef struct
{
  char       *weight;
  int         encoding;            /* -1: the document's */
  const char *origin;              /* role of the composite it came from; NULL: its own */
} AnfSlot;

struct _AnfNode
{
  AnfId        id;
  const AnfOp *op;
  char        *op_name;            /* of placeholders: as in the file; else NULL */
  char        *name, *group;
  guint        n_in;
  AnfRef      *in;                 /* fixed ports first, the variadic one as often as wired */
  GVariant   **attr;               /* by attribute of the row; NULL: the default */
  AnfSlot     *slot;               /* by role of the row */
  double       x, y;
  AnfId        origin;             /* the composite it was made for; 0: it is the user's own */
  AnfPlace     place;
  char        *extra;              /* unknown keys of the file, as a JSON object (nullable) */
};

struct _AnfWeight
{
  char      *name;
  char      *path, *file;          /* absolute; as written in the document (both NULL: no file) */
  char      *member;               /* tensor in the file (nullable) */
  gboolean   strays;               /* reached by ../ or a symbolic link: lost when copied along */
  char      *init;                 /* initialiser (nullable) */
  double     scale;
  guint64    seed;
  gboolean   trainable;
  AnfTensor *tensor;               /* NULL: see problem */
  char      *problem;
  char      *extra;
};

typedef struct { char *name; AnfRef from; } AnfOutput;

struct _AnfGraph
{
  GPtrArray   *nodes;              /* AnfNode, producers before consumers; shared between snapshots,
                                    * never written after builder_end () */
  GPtrArray   *listed;             /* the same, borrowed, in document order */
  GPtrArray   *weights;            /* AnfWeight, sorted by name */
  GArray      *outputs;            /* AnfOutput, in document order */
  GArray      *gates;              /* AnfGate */
  AnfSettings  settings;
  char        *title, *folder;
  char        *extra;              /* unknown keys, frames and view, as a JSON object */
  AnfId        next_id;
  GHashTable  *by_id, *by_name;    /* -> AnfNode, borrowed */
  char        *hash;               /* made on first request, under a lock */
};

/* The largest magnitude, and the largest sum of magnitudes of all that have one index on @axis (0
 * or 1) in common; infinite if a number is NaN. All numbers are read once, at the first request. */
double   anf_tensor_max_abs (const AnfTensor *self);
double   anf_tensor_max_sum (const AnfTensor *self, guint axis);

/* The document order, of a graph that nobody else has yet; compare: AnfNode **. */
void     anf_graph_list_anew (AnfGraph *self, GCompareDataFunc compare, gpointer data);

AnfNode *anf_node_ref       (const AnfNode *self);
void     anf_node_unref     (AnfNode *self);
void     anf_node_clear_row (AnfNode *self);   /* wires, attributes and roles, before another op */

/* For lowering: what stands in the place of node @id (anf_graph_builder_replace) computes the same
 * by other rows. */
void     anf_graph_builder_set_origin  (AnfGraphBuilder *self, AnfId id, AnfId origin);
void     anf_graph_builder_take_slot   (AnfGraphBuilder *self, AnfId id, const char *role,
                                        const AnfNode *from, const char *origin);

/* Makes what lowering made a node of the user's own. */
void     anf_graph_builder_disown      (AnfGraphBuilder *self, AnfId id);

/* The node, of the builder's own from now on; NULL: there is none. Only for setters. */
AnfNode *anf_graph_builder_edit        (AnfGraphBuilder *self, AnfId id);

/* For the document reader: things the editor has no need to set. */
AnfId    anf_graph_builder_add_as      (AnfGraphBuilder *self, const AnfOp *op, AnfId id);
void     anf_graph_builder_set_op_name (AnfGraphBuilder *self, AnfId id, const char *name);
/* id 0: of the document */
void     anf_graph_builder_set_extra   (AnfGraphBuilder *self, AnfId id, const char *json);
const char *anf_graph_builder_get_extra (AnfGraphBuilder *self);           /* of the document */
const AnfNode *anf_graph_builder_peek  (AnfGraphBuilder *self, AnfId id);  /* (nullable) */
void     anf_graph_builder_set_document (AnfGraphBuilder *self, const char *folder,
                                        const char *extra, AnfId next_id);
