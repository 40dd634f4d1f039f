/* composite.h - rows that are a small graph of simpler rows: how they are built and run. */
#pragma once

#include "ops/family.h"

/* Building the inner graph; a failure is remembered, and the rest does nothing. */
typedef struct
{
  AnfShapes       *shapes;         /* of the outer node */
  AnfGraphBuilder *builder;
  guint            n_constants;
} AnfExpansion;

void      anf_expansion_init  (AnfExpansion *self, AnfShapes *shapes);
/* The value of an outer port. */
AnfRef    anf_expansion_input (AnfExpansion *self, guint port);
/* A node of row @op on up to two values (node 0: none). */
AnfRef    anf_expansion_node  (AnfExpansion *self, const char *op, AnfRef x, AnfRef y);
void      anf_expansion_real  (AnfExpansion *self, AnfRef node, const char *attr, double value);
void      anf_expansion_int   (AnfExpansion *self, AnfRef node, const char *attr, gint64 value);
void      anf_expansion_ints  (AnfExpansion *self, AnfRef node, const char *attr, guint n,
                               const gint64 *values);
/* The node's role is the outer node's role; an optional one that is not given is left out. */
void      anf_expansion_role  (AnfExpansion *self, AnfRef node, const char *role,
                               const char *outer);
/* The node's role is a tensor of its own. */
void      anf_expansion_own   (AnfExpansion *self, AnfRef node, const char *role, guint rank,
                               const gint64 *shape, const float *values);
AnfRef    anf_expansion_reshape   (AnfExpansion *self, AnfRef x, guint rank, const gint64 *shape);
AnfRef    anf_expansion_transpose (AnfExpansion *self, AnfRef x, guint rank, const gint64 *perm);
AnfGraph *anf_expansion_end   (AnfExpansion *self, AnfRef result);

/* Columns of such a row. Its own guards come first; infer then takes what the inner rows say. */
gboolean  anf_composite_infer     (AnfShapes *shapes);
double    anf_composite_flops     (const AnfShapes *shapes);
gboolean  anf_composite_prepare   (const AnfCall *call, gpointer *state, GError **error);
void      anf_composite_release   (gpointer state);
void      anf_composite_kernel    (const AnfCall *call, gsize begin, gsize end);
void      anf_composite_reference (const AnfExact *exact);
double    anf_composite_bound     (const AnfBounds *bounds);
/* The first of the inner rows that this family cannot take. */
char     *anf_composite_guard     (const AnfShapes *shapes, guint family);
