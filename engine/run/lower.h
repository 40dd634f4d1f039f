/* lower.h - fused segments of a plan as MIL programs. */
#pragma once

#include "mil/mil.h"
#include "pass/plan.h"
#include "weight/choose.h"

/* What every value of a graph is called in its programs, the same in all segments: fed nodes by
 * their names, outputs by their public names, all others by the names of their nodes. A name that
 * is taken or a word of MIL gets a number. */
typedef struct _AnfValueNames AnfValueNames;
AnfValueNames *anf_value_names_new  (const AnfGraph *graph);
void           anf_value_names_free (AnfValueNames *self);
const char    *anf_value_name       (const AnfValueNames *self, AnfRef value);
/* Of the port of a fed node: that of its value, unless the row makes its value from what is fed. */
const char    *anf_fed_name         (const AnfValueNames *self, AnfId node);
/* Of the @i-th output of the graph: that of its value, but for values with several names. */
const char    *anf_output_name      (const AnfValueNames *self, guint i);

/* The type of a value where it crosses a border: what is fed; fp16 for truth values. */
void           anf_port_type        (const AnfReport *report, AnfRef value, AnfType *type);

/* NULL with an error that names the node that has no form in MIL. */
AnfMilProgram *anf_mil_build        (const AnfPlan *plan, const AnfWeights *weights,
                                     const AnfValueNames *names, guint segment, GError **error);

/* The whole graph as one program for Core ML, which knows no cuts. What is fed as bytes is fp16
 * here. NULL with an error that names the node that has no form there. */
AnfMilProgram *anf_mil_build_whole  (const AnfPlan *plan, const AnfWeights *weights,
                                     const AnfValueNames *names, GError **error);

/* Of a loaded program; NULL with an error if the segment is not a fused one. */
AnfMilProgram *anf_program_lower    (const AnfProgram *program, guint segment, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfValueNames, anf_value_names_free)
