/* mil-read.h - a MIL program becomes a graph, whichever file it came from. */
#pragma once

#include "io/import.h"
#include "mil/constexpr.h"

/* Fills @self->graph; what no row stands for becomes a placeholder and is noted. FALSE with an
 * error: the program cannot be a graph at all. @title (nullable). */
gboolean anf_mil_to_graph (AnfImport *self, const AnfMilProgram *program, const char *title,
                           GError **error);

/* mil-choose.c: the rows that statements become. */
typedef struct
{
  const AnfMilIndex *index;
  GHashTable        *weights;      /* name of a constant -> AnfMilWeightRead */
} AnfMilChooser;

void         anf_mil_chooser_init  (AnfMilChooser *self, const AnfMilIndex *index);
void         anf_mil_chooser_clear (AnfMilChooser *self);
/* NULL: @why (transfer full) says what is wrong with it. Borrowed. */
const AnfMilWeightRead *anf_mil_chooser_weight (AnfMilChooser *self, const char *name,
                                                char **why);
/* The row that makes what @op makes, if its shape rule agrees (nullable); borrowed from @matches.
 * @used: the outputs of @op that anything reads. @same: the result needs no reshape. */
AnfMilMatch *anf_mil_choose (AnfMilChooser *self, const AnfMilOp *op, GPtrArray *matches,
                             GHashTable *used, gboolean *same);
/* The role's tensor in the shape the row wants; (transfer full). */
AnfTensor   *anf_mil_role_tensor (AnfMilChooser *self, const AnfMilMatch *match, guint role);
/* Sets the node's attributes from the match. */
void         anf_mil_set_attrs (AnfGraphBuilder *builder, AnfId id, const AnfMilMatch *match);
/* FALSE: nothing that flows along a wire has this type. */
gboolean     anf_mil_wire_type (const AnfMilType *type, AnfType *out);
