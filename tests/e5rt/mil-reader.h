/* mil-reader.h - MIL text and BLOBFILE as the stand-in reads them; knows nothing of the writer. */
#pragma once

#include <glib.h>

#define MIL_MAX_RANK 10

/* @dtype: "fp16", "int32", "string"; interned. Rank 0 is a bare scalar. */
typedef struct { const char *dtype; guint rank; gint64 dim[MIL_MAX_RANK]; } MilType;

/* A literal: @text, or @numbers, one per element; small integers and truth values are numbers. */
typedef struct { MilType type; char *text; double *numbers; } MilValue;

/* One of: @value; @n names in @names (a bare name is one). */
typedef struct { char *key; MilValue *value; gboolean tuple; guint n; char **names; } MilArg;

typedef struct { MilType type; char *name; } MilPort;
typedef struct { char *op; GArray *outs, *args, *attrs; } MilStatement;   /* MilPort, MilArg */
typedef struct { GArray *inputs; GPtrArray *statements, *outputs; } MilProgram;

/* NULL with what is wrong in @problem (transfer full): anything the grammar does not say, a name
 * used before it is there or twice, a type that differs from the declared, a file that lies. */
MilProgram     *mil_read         (const char *path, char **problem);
void            mil_program_free (MilProgram *self);

const MilArg   *mil_find         (const GArray *args, const char *key);   /* (nullable) */
gsize           mil_elements     (const MilType *type);
gboolean        mil_type_equal   (const MilType *a, const MilType *b);
