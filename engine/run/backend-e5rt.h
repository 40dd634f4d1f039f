/* backend-e5rt.h - the engine itself, through its private runtime on macOS; what tests replace. */
#pragma once

#include "run/backend.h"

/* Programs that may be resident in one process; the next would be refused by the system. */
#define ANF_E5RT_MAX_RESIDENT 128
/* The compiler refuses what comes sooner after a compile that failed. */
#define ANF_E5RT_PAUSE_US (15 * G_USEC_PER_SEC)

extern const AnfBackend anf_backend_e5rt;

typedef struct
{
  const char *library;             /* path; NULL: the system's */
  gint64    (*now_us)   (gpointer data);                  /* monotonic */
  void      (*sleep_us) (gint64 us, gpointer data);
  gpointer    data;
} AnfE5rtRig;

/* For tests: another library, and a clock that they turn; NULL: the real ones. No program of this
 * device may be loaded then. */
void  anf_e5rt_set_rig    (const AnfE5rtRig *rig);
/* Resident at the moment, in this process. */
guint anf_e5rt_n_resident (void);
