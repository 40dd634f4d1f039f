/* backend.h - a device: something that loads segments of a plan and runs them. */
#pragma once

#include "pass/plan.h"

/* All that a device needs to load a segment. Lives as long as the program. */
typedef struct
{
  const AnfPlan    *plan;
  const AnfWeights *weights;
  AnfNumerics       numerics;
  float            *workspace;     /* values between and inside segments: anf_plan_offset () */
  GHashTable       *ports;         /* AnfId -> float *: what was fed to rows with a port of their
                                    * own type; fp32 holding the fed numbers */
  AnfDeviceTimes   *times;         /* to be added to */
} AnfLoad;

/* What a caller wants to know of a run beyond its values. */
typedef struct
{
  double *node_us;                 /* by position in the graph (nullable) */
  void  (*after) (const AnfNode *node, const float *const *out, gpointer data);  /* (nullable) */
  gpointer data;
} AnfWatch;

/* Monotonic, in nanoseconds: g_get_monotonic_time () is too coarse for an operator. */
gint64 anf_now_ns (void);

typedef struct
{
  const char *name;                /* "cpu", "e5rt" */
  const char *title;               /* for people */
  /* Whether this device itself computes the segment; NULL: all. Others it leaves to the CPU. */
  gboolean  (*runs_here) (const AnfLoad *load, guint segment);
  gboolean  (*probe)  (GError **error);    /* is it here */
  gpointer  (*load)   (const AnfLoad *load, guint segment, const AnfProgress *progress,
                       GError **error);
  gboolean  (*run)    (gpointer loaded, const AnfWatch *watch, const AnfProgress *progress,
                       GError **error);
  void      (*unload) (gpointer loaded);
} AnfBackend;

extern const AnfBackend anf_backend_cpu;

/* NULL: the CPU. NULL with an error if there is no such device, or it is not here. */
const AnfBackend *anf_backend_find (const char *name, GError **error);
