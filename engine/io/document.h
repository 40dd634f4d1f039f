/* document.h - what the parts that read and write documents agree on. */
#pragma once

#include "core/op.h"
#include "io/json.h"

/* What this version does not know of a file it keeps, as JSON text:
 * - of a node (AnfNode.extra): its unknown keys as they are; "attrs", "weights" and "compress" with
 *   the attributes and roles the row does not have, or whose value is of the wrong type; of an
 *   unknown operator also "in": [port, is a list, id of the producer, its output] per wire;
 * - of an entry of "weights" (AnfWeight.extra): its unknown keys;
 * - of the document (AnfGraph.extra): its unknown keys, "frames" and "view" as they are, "compile"
 *   with the unknown keys in there, and "gates": those gates that have unknown keys. */

#define ANF_DOCUMENT_VERSION 1
#define ANF_MAX_ID (((gint64) 1 << 53) - 1)

/* A document being read. */
typedef struct
{
  const char      *folder;         /* absolute (nullable) */
  AnfGraphBuilder *builder;
  JsonArray       *nodes;
  GHashTable      *ids;            /* name -> id */
  AnfId            next_id;
  gsize            numbers;        /* elements made in memory so far */
  GError         **error;
} AnfReader;

gboolean    anf_reader_nodes      (AnfReader *self);           /* all but their wires */
gboolean    anf_reader_wires      (AnfReader *self);
gboolean    anf_reader_weights    (AnfReader *self, JsonObject *root);

/* "node" or "node:output"; @place: of the wire, for the message. */
gboolean    anf_reader_ref        (AnfReader *self, JsonNode *node, const char *place,
                                   AnfRef *ref);
gboolean    anf_reader_encoding   (AnfReader *self, JsonNode *node, const char *place,
                                   AnfEncoding *encoding);
/* FALSE if @key is there and no object; @object is NULL if it is not there. */
gboolean    anf_reader_get_object (AnfReader *self, JsonObject *in, const char *place,
                                   const char *key, JsonObject **object);
/* NULL if it is not there or no string. */
const char *anf_json_get_string   (JsonObject *object, const char *key);
/* What is not in @known, as a new object; NULL if that is nothing. */
JsonObject *anf_json_rest_of      (JsonObject *object, const char *const *known);
char       *anf_json_extra        (JsonObject *object);        /* its text (nullable) */

/* The path from one folder to a file, both absolute and canonical. */
char       *anf_relative_path     (const char *folder, const char *path);
