/* mil-unpack.h - constants of a MIL program, packed ones unpacked. */
#pragma once

#include "mil-reader.h"

/* What a statement makes, if that is a constant, else NULL; owned. @constants: name -> MilValue. */
MilValue       *mil_unpack     (const MilStatement *statement, GHashTable *constants,
                                char **problem);
/* The literal, or the constant of that name; NULL: neither. */
const MilValue *mil_value_of   (GHashTable *constants, const MilArg *arg);
void            mil_value_free (MilValue *self);
