/* snippet.h - small networks that are put into a graph at once: made here to fit the value they are
 * given, or kept by the user. */
#pragma once

#include "anf.h"

G_BEGIN_DECLS

typedef struct
{
  const char *name, *title, *doc;  /* title and doc: N_() */
} StudioSnippet;

const StudioSnippet *studio_snippet_nth    (guint             i);         /* NULL behind the last */
const StudioSnippet *studio_snippet_lookup (const char       *name);      /* (nullable) */
/* Whether it can follow a value of @type: feature maps for convolutions, rows for the others. */
gboolean             studio_snippet_fits   (const char       *name,
                                            const AnfType    *type);
/* Adds its nodes, fed by @from, which is of @type; where @type (nullable) does not fit, an input of
 * a usual shape comes along. Its weights are random, of fixed seeds. The first node stands at
 * @x, @y. The ids of the nodes (transfer full). */
GArray              *studio_snippet_build  (const char       *name,
                                            AnfGraphBuilder  *b,
                                            AnfRef            from,
                                            const AnfType    *type,
                                            double            x,
                                            double            y);

/* Those of the user, by name, sorted (transfer full). */
char               **studio_snippet_kept   (void);
/* As the clipboard has it; @text replaces what was kept under that name. */
gboolean             studio_snippet_keep   (const char       *name,
                                            const char       *text,
                                            GError          **error);
char                *studio_snippet_read   (const char       *name,
                                            GError          **error);
gboolean             studio_snippet_drop   (const char       *name,
                                            GError          **error);
gboolean             studio_snippet_rename (const char       *name,
                                            const char       *to,
                                            GError          **error);

G_END_DECLS
