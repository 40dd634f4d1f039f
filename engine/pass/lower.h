/* lower.h - composites taken apart, before a graph is cut into segments. */
#pragma once

#include "pass/report.h"

/* The report of a graph without composites that computes the same: @report itself (a new reference)
 * if it has none. A composite's last node has its id; the others name it as their origin. NULL with
 * an error if what a row made of itself does not pass the check: a fault of ours. */
AnfReport *anf_lower (const AnfReport *report, GError **error);
