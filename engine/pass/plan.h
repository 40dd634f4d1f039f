/* plan.h - where every value of a plan lives; what devices and writers need beyond anf.h. */
#pragma once

#include "pass/report.h"

struct _AnfPlan
{
  AnfReport  *report;
  GArray     *segments;            /* AnfSegment, in the order they run */
  int        *segment_of;          /* by position in the graph; -1 */
  gssize    **offset;              /* by position and output: in floats; -1: no place of its own */
  gsize       n_floats;            /* of the workspace */
};

/* Where a value is in the workspace, in floats from its start; -1 for constants and dead nodes. */
gssize anf_plan_offset (const AnfPlan *self, AnfRef value);
