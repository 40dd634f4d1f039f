/* estimate.h - an estimate as it is made; readers outside the engine use anf.h. */
#pragma once

#include "chip/rates.h"
#include "pass/plan.h"

struct _AnfEstimate
{
  const char *target;              /* interned */
  const char *from;                /* title of the machine the rates were measured on */
  char       *why;                 /* there is no figure because ...; NULL: there is */
  AnfBasis    basis;
  double      floor_us, us, low, high;
  GArray     *segments;            /* AnfSegmentEstimate, as in the plan */
  GArray     *nodes;               /* AnfNodeEstimate, the user's, in the order they run */
  GHashTable *by_id;               /* AnfId -> index in nodes, plus 1 */
};

AnfEstimate *anf_estimate_new (const char *target);          /* without a figure yet */

/* Adds to the user's node that @step is, or is a part of. */
void         anf_estimate_charge (AnfEstimate *self, const AnfNode *step, const AnfTerms *terms);

/* Size of a bridge's task, from the types of its node. */
double anf_bridge_work (const AnfReport *report, const AnfNode *node, AnfWorkKind kind);
