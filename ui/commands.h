/* commands.h - everything that can be done by name: titles and keys of actions. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  const char *action;              /* detailed: "win.workspace::build" */
  const char *title;               /* N_() */
  const char *keys;                /* where the canvas or a sheet has them; NULL: none, or the
                                    * application knows them */
} StudioCommand;

const StudioCommand *studio_command_nth  (guint       i);        /* NULL behind the last one */
/* How well @words find @title: 0 not at all, else larger is better. Empty words find all. */
guint                studio_command_rank (const char *title,
                                          const char *words);

G_END_DECLS
