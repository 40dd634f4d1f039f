/* demo.h - the window without anybody in front of it: opens, runs, takes a picture, prints. */
#pragma once

#include "workspace.h"

G_BEGIN_DECLS

typedef void (*StudioDemoDone) (const char *problem, gpointer data);   /* NULL: all went well */

/* Opens @path in @workspace, runs it, writes the window's picture to @picture, prints what the
 * panels show on the standard output, and calls @done. @page: the workspace to show. */
void studio_demo_start (StudioWorkspace *workspace,
                        const char      *path,
                        const char      *picture,
                        const char      *page,
                        StudioDemoDone   done,
                        gpointer         data);

G_END_DECLS
