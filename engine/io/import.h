/* import.h - what the readers of other programs' models fill. */
#pragma once

#include "anf-place.h"

struct _AnfImport
{
  AnfGraph  *graph;                /* set by the reader */
  GPtrArray *unmapped;             /* AnfUnmapped */
  char      *remark;               /* what was done for the sake of the numbers (nullable) */
};

/* What has no place in a graph: told of once, kept in a placeholder node where it was a node. */
void     anf_import_note   (AnfImport *self, const char *op, const char *name,
                            const char *format, ...) G_GNUC_PRINTF (4, 5);

/* One reader per format; a row of the table in import.c each. @shapes (nullable): "NAME=1,3,8,8".
 * FALSE with an error whose line says file, place in it and cause. */
typedef gboolean (*AnfImportRead) (AnfImport *self, const char *path, const char *const *shapes,
                                   const AnfProgress *progress, GError **error);
gboolean anf_import_mil       (AnfImport *self, const char *path, const char *const *shapes,
                               const AnfProgress *progress, GError **error);
gboolean anf_import_mlpackage (AnfImport *self, const char *path, const char *const *shapes,
                               const AnfProgress *progress, GError **error);

/* @graph (taken) with positions: columns by the longest way from an input. */
AnfGraph *anf_import_arrange (AnfGraph *graph, GError **error);

gboolean anf_onnx_read_file (AnfImport *self, const char *path, const char *const *shapes,
                             const AnfProgress *progress, GError **error);

/* Whether a document can be written at all: ANF_ERROR_COMPILE names a node that is a placeholder,
 * ANF_ERROR_REFUSED says that the check found errors. */
gboolean anf_check_writable (const AnfReport *report, const char *format, GError **error);
