/* group.h - the groups that paths like "block3/attn" of the nodes make: a tree. */
#pragma once

#include "anf.h"
#include "index.h"

G_BEGIN_DECLS

#define STUDIO_NO_GROUP (-1)
#define STUDIO_GROUP_TITLE  26.0
#define STUDIO_GROUP_MARGIN 20.0

typedef struct
{
  char       *path;
  const char *name;        /* what to call it below its parent: the end of @path */
  int         parent;      /* its number is below this one's; -1: none */
  guint       n_nodes;     /* in it and in the groups in it */
  guint       n_direct;
  gboolean    folded;
  int         shown;       /* the folded group that is drawn for it, -1: none, -2: out of scope */
  guint64     shape;       /* equal for those that repeat; 0: not counted yet */
  guint       repeats;     /* groups of the same shape, itself too; 0: not counted yet */
  StudioRect  rect;        /* of one that is open, with margin and title; width < 0: none */
} StudioGroup;

typedef struct
{
  const AnfGraph *graph;   /* borrowed */
  GArray         *all;     /* of StudioGroup */
  int            *of;      /* by position of the node: group, -1: none */
  gboolean        counted;
} StudioGroups;

/* A group has two nodes or more, and is more than its only subgroup. @scope (nullable): path of the
 * group that was entered; one that is not there is no scope. */
StudioGroups *studio_groups_new    (const AnfGraph *graph, const char *scope);
void          studio_groups_free   (StudioGroups *self);
StudioGroup  *studio_groups_nth    (const StudioGroups *self, int i);
int           studio_groups_find   (const StudioGroups *self, const char *path);   /* -1: none */
/* Whether @path is that of @group or of something in it. */
gboolean      studio_group_holds   (const char *group, const char *path);
/* Ids of its nodes, also those of groups in it, in the order of the graph (transfer full). */
GArray       *studio_groups_ids    (const StudioGroups *self, int group);
/* Counts how many groups have the same operators, attributes, shapes of weights and wires. */
void          studio_groups_count  (StudioGroups *self);

/* Note "folded" of the document: paths. (transfer full), a set */
GHashTable   *studio_folded_read   (const AnfGraph *graph);
/* floating; NULL: there are none */
GVariant     *studio_folded_write  (GHashTable *folded);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StudioGroups, studio_groups_free)

G_END_DECLS
