/* plan.h - where every value of a plan lives; what devices and writers need beyond anf.h. */
#pragma once

#include "pass/report.h"

/* A segment as it is compiled and run: nodes and values of the lowered graph, where a composite is
 * the several nodes it is made of. AnfSegment tells the same of the user's nodes. */
typedef struct
{
  guint         n_nodes, n_reads, n_writes;
  const AnfId  *nodes;
  const AnfRef *reads, *writes;
} AnfSteps;

struct _AnfPlan
{
  AnfReport  *report;              /* of the lowered graph */
  AnfReport  *whole;               /* of the user's */
  GArray     *rewrites;            /* AnfRewrite: what lies between the two */
  const char *level;               /* that was rewritten at: "0" "routes" "1" */
  GArray     *segments;            /* AnfSegment, in the order they run */
  GArray     *steps;               /* AnfSteps, one per segment */
  int        *segment_of;          /* by position in the lowered graph; -1 */
  gssize    **offset;              /* by position there and output, in floats; -1: none */
  gsize       n_floats;            /* of the workspace */
};

/* Cuts @lowered, made from @whole as @rewrites (transfer full) tell. */
AnfPlan *anf_plan_cut (const AnfReport *whole, AnfReport *lowered, GArray *rewrites);

const AnfSteps *anf_plan_steps (const AnfPlan *self, guint segment);

/* An input whose numbers stay from run to run, and the output that takes their place, if any. */
typedef struct
{
  const char *input, *output;      /* public names; @output nullable */
  gboolean    shared;              /* answer: the output is written where the input is read */
} AnfKeep;

/* Gives all values their places anew, so that those inputs keep theirs. Before the plan is loaded
 * by anyone. */
void anf_plan_keep (AnfPlan *self, guint n, AnfKeep *keeps);

/* place.c, for plan.c alone. */
void anf_plan_place         (AnfPlan *self, guint n_keeps, AnfKeep *keeps);
void anf_plan_forget_places (AnfPlan *self);

/* Where a value is in the workspace, in floats from its start; -1 for constants and dead nodes. */
gssize anf_plan_offset (const AnfPlan *self, AnfRef value);
