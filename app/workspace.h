/* workspace.h - one document, what is found out about it, and its sheet, wired together. */
#pragma once

#include "checker.h"
#include "document.h"
#include "files.h"
#include "sheet.h"
#include "worker.h"

G_BEGIN_DECLS

/* Signal: opened (GError *error): a document is shown now; or @error says why not, and the sheet
 * shows that. */
#define STUDIO_TYPE_WORKSPACE (studio_workspace_get_type ())
G_DECLARE_FINAL_TYPE (StudioWorkspace, studio_workspace, STUDIO, WORKSPACE, GObject)

/* Lives as long as its sheet, which is floating, and shows the start page. */
StudioWorkspace *studio_workspace_new          (GSettings       *settings);
/* NULL: the sheet has none. */
StudioWorkspace *studio_workspace_of           (StudioSheet     *sheet);
StudioSheet     *studio_workspace_get_sheet    (StudioWorkspace *self);
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
/* As it was looked at before: in that workspace, with what dup_view () said (nullable each). */
void             studio_workspace_reopen       (StudioWorkspace *self,
                                                const char      *path,
                                                const char      *workspace,
                                                GVariant        *view);
/* A copy of the document at @path, without a file of its own. */
void             studio_workspace_open_sample  (StudioWorkspace *self,
                                                const char      *path);
/* (transfer full) */
void             studio_workspace_recover      (StudioWorkspace *self,
                                                StudioRecovery  *recovery);

/* @may_go: it was saved, or its changes are not wanted. */
typedef void (*StudioLeave) (StudioWorkspace *self, gboolean may_go, gpointer data);
/* Nothing would be lost, as far as is known. */
gboolean         studio_workspace_may_go       (StudioWorkspace *self);
/* Asks the user where changes would be lost; @leave is called once, maybe before this returns. */
void             studio_workspace_ask_leave    (StudioWorkspace *self,
                                                StudioLeave      leave,
                                                gpointer         data);
/* It does not go, whatever was answered before. */
void             studio_workspace_stay         (StudioWorkspace *self);
/* It goes: no copy of it is needed any more. */
void             studio_workspace_leave        (StudioWorkspace *self);

G_END_DECLS
