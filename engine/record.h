/* record.h - an empty record, for its two files. */
#pragma once

#include "anf.h"

AnfRecord *anf_record_alloc (void);
