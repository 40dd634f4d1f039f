/* workspace.h - one document, what is found out about it, and its window, wired together. */
#pragma once

#include "checker.h"
#include "document.h"
#include "files.h"
#include "window.h"
#include "worker.h"

G_BEGIN_DECLS

/* Signal: opened (GError *error): a document is shown now; or @error says why not, and the window
 * shows that. */
#define STUDIO_TYPE_WORKSPACE (studio_workspace_get_type ())
G_DECLARE_FINAL_TYPE (StudioWorkspace, studio_workspace, STUDIO, WORKSPACE, GObject)

/* Lives as long as its window, which shows the start page. */
StudioWorkspace *studio_workspace_new          (GtkApplication  *application,
                                                GSettings       *settings);
StudioWindow    *studio_workspace_get_window   (StudioWorkspace *self);
/* NULL: the start page is shown, or something is being opened. */
StudioDocument  *studio_workspace_get_document (StudioWorkspace *self);
StudioChecker   *studio_workspace_get_checker  (StudioWorkspace *self);
StudioWorker    *studio_workspace_get_worker   (StudioWorkspace *self);
/* Nothing is shown or being opened: a document may go here. */
gboolean         studio_workspace_is_free      (StudioWorkspace *self);
/* The file that is shown or being opened (nullable). */
const char      *studio_workspace_get_path     (StudioWorkspace *self);

void             studio_workspace_open_new     (StudioWorkspace *self);
void             studio_workspace_open         (StudioWorkspace *self,
                                                const char      *path);
/* A copy of the document at @path, without a file of its own. */
void             studio_workspace_open_sample  (StudioWorkspace *self,
                                                const char      *path);
/* (transfer full) */
void             studio_workspace_recover      (StudioWorkspace *self,
                                                StudioRecovery  *recovery);

G_END_DECLS
