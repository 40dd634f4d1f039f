/* fix.h - what mends a finding: rules that say so, and do it if they are given a builder. */
#pragma once

#include "pass/lower.h"

typedef struct
{
  const AnfReport  *report;
  const AnfFinding *finding;
  const AnfNode    *node;          /* the finding's; NULL: the document */
  guint             at;            /* its position */
  AnfGraphBuilder  *b;             /* NULL: only what would be done is asked for */
  gboolean          exact;
  char             *label;
} AnfMend;

/* TRUE with a label: it can be mended in this way, and was if there is a builder. */
typedef gboolean (*AnfMendRule) (AnfMend *self);

gboolean anf_mend_says   (AnfMend *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* A node of @op between what a wire brings and the node, with one attribute of integers (NULL:
 * none). */
AnfId    anf_mend_insert (AnfMend *self, guint wire, const char *op, const char *attr, guint n,
                          const gint64 *values);

/* fix-shape.c: other axes, another shape, another attribute, so that the row's own rule passes. */
gboolean anf_mend_input  (AnfMend *self);
gboolean anf_mend_groups (AnfMend *self);
gboolean anf_mend_pad    (AnfMend *self);
gboolean anf_mend_attr   (AnfMend *self);
