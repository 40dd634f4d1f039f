/* backend-e5rt-resident.h - the programs that are resident in the engine, of the whole process. */
#pragma once

#include "run/backend-e5rt-program.h"

#include "mil/mil.h"

/* A compiled MIL program, its text and weights in a folder of its own. Those that ask for the same
 * text and the same weights get the same one. */
typedef struct _AnfE5rtResident AnfE5rtResident;

/* Loads the runtime if that was not done yet. */
gboolean         anf_e5rt_resident_probe (GError **error);

/* @what: of whom errors speak. NULL with an error if it cannot be written, compiled or loaded, or
 * was cancelled; nothing is left then. @times (of the caller, here and in begin) is added to. */
AnfE5rtResident *anf_e5rt_resident_get   (const AnfMilProgram *mil, const char *what,
                                          AnfDeviceTimes *times, const AnfProgress *progress,
                                          GError **error);
void             anf_e5rt_resident_put   (AnfE5rtResident *self);

/* The program, resident again if it had to make room, and nobody else's until end. NULL with an
 * error; then no end. */
AnfE5rtProgram  *anf_e5rt_resident_begin (AnfE5rtResident *self, AnfDeviceTimes *times,
                                          const AnfProgress *progress, GError **error);
void             anf_e5rt_resident_end   (AnfE5rtResident *self);
