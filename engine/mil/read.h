/* read.h - MIL programs of a file: what both their readers share, and the reader of text. */
#pragma once

#include "mil/mil.h"

#define ANF_MIL_MAX_ELEMENTS (G_GINT64_CONSTANT (1) << 40)

/* The weight file that a program names, "weights.bin" of "@model_path/weights.bin": mapped, and
 * (transfer none); NULL with an error. */
typedef GBytes *(*AnfMilOpen) (const char *name, gpointer data, GError **error);

/* MIL text by the grammar of version 1.3, nothing else. The error begins with line and column:
 * "12:8: ...". Numbers of weights are slices of the mapped file. */
AnfMilProgram *anf_mil_parse      (const char *text, gsize length, AnfMilOpen open, gpointer data,
                                   GError **error);

/* What a program must be whoever wrote it: operands defined before, names assigned once, constants
 * of the type they say. Defines the outputs of @op. @types: name -> AnfMilType, of what is defined.
 * NULL, or what is wrong (transfer full). */
char          *anf_mil_define     (GHashTable *types, const AnfMilOp *op);
/* The record at @offset of @file as a constant of @type; FALSE with an error that says why not. */
gboolean       anf_mil_value_stored (AnfMilValue *self, GBytes *file, guint64 offset,
                                     GError **error);
/* FALSE: more than a machine has, an extent below 1, or more axes than ANF_MIL_MAX_RANK. */
gboolean       anf_mil_type_is_sane (const AnfMilType *self);

const AnfMilValue *anf_mil_op_attr (const AnfMilOp *self, const char *key);    /* (nullable) */
const AnfMilArg   *anf_mil_op_input (const AnfMilOp *self, const char *key);   /* (nullable) */
void           anf_mil_op_free    (AnfMilOp *self);
void           anf_mil_op_take    (GArray *args, const char *key, AnfMilValue *value);
void           anf_mil_op_bind    (GArray *args, const char *key, AnfMilArgKind kind, guint n,
                                   const char *const *names);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfMilOp, anf_mil_op_free)
