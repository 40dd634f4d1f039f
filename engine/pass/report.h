/* report.h - what is known about one snapshot; made by check.c, read by every later pass. */
#pragma once

#include "core/op.h"

struct _AnfReport
{
  AnfGraph    *graph;
  const char  *target;
  guint        family;
  GHashTable  *index;              /* AnfId -> position in the graph, plus 1 */
  AnfType    **types;              /* by position: one per output; NULL: not known */
  double      *flops;              /* by position */
  double      *bounds;             /* by position, of all outputs; INFINITY: not known */
  gboolean    *live;               /* by position: some output needs it */
  gsize        n_params;
  GArray      *findings;           /* AnfFinding */
  gboolean     ok;
};

/* Position of a node in the graph's order; -1 if it is not in it. */
int  anf_report_position (const AnfReport *self, AnfId id);

/* The check without advise.c: for graphs that passes make. */
AnfReport *anf_check_plain (AnfGraph *graph, const char *target);
/* Adds a finding; @message (transfer full), the other strings are constants or interned. */
void anf_report_add      (AnfReport *self, AnfSeverity severity, const char *code, AnfId node,
                          const char *field, const char *hint, char *message);
/* advise.c: adds what threatens the numbers of a report that is otherwise done. */
void anf_advise_numbers  (AnfReport *self);

/* Fills @in with the types of a node's inputs (NULL where unknown) and @weight by role. Both arrays
 * are the caller's, at least anf_node_n_inputs () and ANF_MAX_ROLES long. */
void anf_report_inputs   (const AnfReport *self, const AnfNode *node, const AnfType **in);
void anf_report_weights  (const AnfReport *self, const AnfNode *node, AnfTensor **weight);
