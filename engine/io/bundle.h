/* bundle.h - what the files that write a bundle share. */
#pragma once

#include "io/folder.h"
#include "io/json.h"
#include "io/mil-file.h"

/* One bundle being written. */
typedef struct
{
  const AnfProgram *program;
  const AnfGraph   *whole;         /* the user's */
  const AnfGraph   *graph;         /* without composites: what runs */
  const AnfReport  *report;        /* of it */
  const AnfPlan    *plan;
  const AnfWeights *weights;
  AnfValueNames    *names;
  AnfFolder        *folder;
  JsonObject       *places;        /* weight "node.role" -> array of { segment, offsets } */
  JsonArray        *folded;        /* weights that no program has any more */
  JsonObject       *seen;          /* keys of weights that were told of, as a set */
} AnfBundle;

/* { name, dtype, shape } (transfer full) */
JsonObject *anf_bundle_port        (const char *name, const AnfType *type);
/* Lists a file that was written into the segment's own folder, with its checksum. */
gboolean    anf_bundle_list        (AnfBundle *self, JsonObject *segment, const char *name,
                                    GError **error);
gboolean    anf_bundle_put_json    (AnfBundle *self, const char *name, JsonObject *object,
                                    GError **error);
/* Where a weight of a node is stored. */
void        anf_bundle_note_place  (AnfBundle *self, const char *segment, const AnfNode *node,
                                    guint r, guint n, const guint64 *offset);
/* In the last segment: weights that are in no program any more. */
gboolean    anf_bundle_left_over   (AnfBundle *self, guint segment, AnfMilBlob *blob,
                                    GError **error);

/* bundle-single.c: what is outside the fused programs, bridge.json or host.json, and .bin if it
 * needs it. */
gboolean    anf_bundle_save_single (AnfBundle *self, guint i, JsonObject *object, GError **error);
