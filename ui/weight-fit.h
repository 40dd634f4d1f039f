/* weight-fit.h - whether a tensor of some shape fits a role of a node, by asking the check. */
#pragma once

#include "anf.h"

G_BEGIN_DECLS

typedef enum { STUDIO_FITS, STUDIO_FITS_NOT, STUDIO_FITS_UNKNOWN } StudioFit;

/* @why (transfer full, nullable): the reason where it does not fit, or cannot be told. */
StudioFit studio_weight_fit (const AnfGraph *graph, const AnfReport *report, const AnfNode *node,
                             const char *role, guint rank, const gint64 *shape, char **why);

G_END_DECLS
