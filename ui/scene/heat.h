/* heat.h - a figure of each node, on a scale: how long, how large, how wrong. */
#pragma once

#include "anf.h"

G_BEGIN_DECLS

/* A figure of nodes, on a scale. */
typedef struct
{
  char       *title;               /* with its basis: "latency, measured" */
  double      least, most;         /* ends of the ramp */
  gboolean    log, stale;          /* stale: hatched, of an earlier graph */
  gboolean    adds;                /* a group's figure is the sum of its nodes', else the largest */
  GHashTable *values;              /* AnfId (as a pointer) -> double, owned */
  /* of a value (transfer full) */
  char     *(*format) (double value);
  /* values are places in it, not numbers on a ramp; NULL-terminated (nullable) */
  const char *const *classes;
} StudioHeat;

StudioHeat *studio_heat_new       (const char *title, char *(*format) (double value));
void        studio_heat_add       (StudioHeat *self, AnfId id, double value);
/* Once all are there: ends of the ramp; logarithmic if they are far apart. */
void        studio_heat_fit       (StudioHeat *self);
void        studio_heat_free      (StudioHeat *self);
/* 0 to 1 on the ramp. */
double      studio_heat_at        (const StudioHeat *self, double value);
/* The same of a node; FALSE: it has no figure. */
gboolean    studio_heat_place     (const StudioHeat *self, AnfId id, double *place);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StudioHeat, studio_heat_free)

G_END_DECLS
