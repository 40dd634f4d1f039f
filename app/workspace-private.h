/* workspace-private.h - the workspace's own, for its two files. */
#pragma once

#include "ask.h"
#include "cache.h"
#include "keeper.h"
#include "workspace.h"

G_BEGIN_DECLS

struct _StudioWorkspace
{
  GObject         parent_instance;

  StudioSheet    *sheet;           /* owns us; NULL: it is gone, and we soon are */
  GBindingGroup  *checked, *worked;     /* what the sheet is given of checker and worker */
  StudioChecker  *checker;
  StudioWorker   *worker;
  StudioDocument *document;        /* NULL: none yet */
  StudioKeeper   *keeper;          /* of the document */
  GListStore     *steps;           /* StudioStep, the history as it is shown */
  StudioCache    *cache;           /* results of earlier states */

  char           *opening;         /* path; NULL: nothing is being opened */
  gboolean        as_sample;
  StudioRecovery *recovering;
  GCancellable   *cancellable;
  char           *wanted_workspace;     /* to be shown with the document (nullable) */
  GVariant       *wanted_view;
  StudioLeave     leave;           /* whoever asked waits for an answer; NULL: nobody does */
  gpointer        leave_data;
  gboolean        unwanted;        /* its changes may be lost */
};

/* NULL: the sheet is in no window. */
GtkWindow  *studio_workspace_window   (StudioWorkspace  *self);
/* Never empty. */
const char *studio_workspace_title    (StudioWorkspace  *self);
/* The chooser proposes the document's folder, and its name with @suffix. */
void        studio_workspace_ask_path (StudioWorkspace  *self,
                                       const char       *title,
                                       const char       *suffix,
                                       StudioPathAnswer  answer,
                                       gpointer          data);
void        studio_workspace_add_jobs (StudioWorkspace  *self);

G_END_DECLS
