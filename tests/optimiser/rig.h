/* rig.h - documents written out, compiled at one level of optimisation, run on random inputs. */
#pragma once

#include "anf.h"

#define NODE(id, op, name, rest) \
  "{ \"id\": " #id ", \"op\": \"" op "\", \"name\": \"" name "\"" rest " }"
#define INPUT(id, name, shape) NODE (id, "input", name, ", \"attrs\": { \"shape\": " shape " }")
#define CONST(id, name, weight) \
  NODE (id, "const", name, ", \"weights\": { \"value\": \"" weight "\" }")
#define ONE(x) ", \"in\": { \"x\": \"" x "\" }"
#define TWO(x, y) ", \"in\": { \"x\": \"" x "\", \"y\": \"" y "\" }"
#define ATTR(text) ", \"attrs\": { " text " }"
/* An entry of the weight table. */
#define DRAWN(name, shape, seed) \
  "\"" name "\": { \"init\": \"normal\", \"shape\": " shape ", \"seed\": " #seed " }"

typedef struct
{
  const char *nodes, *outputs, *weights;   /* inner text of the document's members */
} Doc;

/* What level 2 remembers, for this test alone: to be given to rig_end_cache. */
char       *rig_begin_cache (void);
int         rig_end_cache (char *dir, int result);

AnfGraph   *rig_graph    (const Doc *doc);
/* For h16s and ANF_NUMERICS_ANE unless said otherwise (NULL, 0). */
AnfProgram *rig_compile  (AnfGraph *graph, const char *opt, const char *target,
                          AnfNumerics numerics);
AnfProgram *rig_program  (const Doc *doc, const char *opt);

/* The graph as it runs: "name:op name:op | name:op", a bar between segments. */
char       *rig_steps    (const AnfProgram *program);
void        rig_assert_steps (const Doc *doc, const char *opt, const char *want);

/* How many nodes of that row run. */
guint       rig_count    (const AnfProgram *program, const char *op);

/* The graph that runs, borrowed. */
AnfGraph   *rig_lowered  (const AnfProgram *program);

/* Rules and the user's nodes: "merge b a; identity c". */
char       *rig_rewrites (const AnfProgram *program);

AnfTensors *rig_run      (AnfProgram *program, guint64 seed);
/* Number for number; a zero may have lost its sign. */
void        rig_assert_same (AnfTensors *one, AnfTensors *other);
/* At "0" and at @opt the same, for some seeds. */
void        rig_assert_unchanged (const Doc *doc, const char *opt);

/* All bridges that have a route by it, whatever the estimate says. */
AnfProgram *rig_routed   (const Doc *doc);
/* Of two values that correspond, the largest distance in steps of fp16 at the larger one. */
double      rig_distance (AnfTensors *one, AnfTensors *other);
