/* keeper.h - a document's file: saving it, changes by others, a copy that survives a crash. */
#pragma once

#include "document.h"
#include "files.h"

G_BEGIN_DECLS

/* Signal: changed-outside (gboolean exists): the file is not as we left it, or it is gone. */
#define STUDIO_TYPE_KEEPER (studio_keeper_get_type ())
G_DECLARE_FINAL_TYPE (StudioKeeper, studio_keeper, STUDIO, KEEPER, GObject)

StudioKeeper *studio_keeper_new         (StudioDocument       *document);
/* The present state goes to @path, which is the document's from then on. */
void          studio_keeper_save_async  (StudioKeeper         *self,
                                         const char           *path,
                                         GAsyncReadyCallback   callback,
                                         gpointer              data);
gboolean      studio_keeper_save_finish (StudioKeeper         *self,
                                         GAsyncResult         *result,
                                         GError              **error);
/* What the file holds now is known; the next change is reported again. */
void          studio_keeper_note_file   (StudioKeeper         *self);
/* (transfer full) The document came from there; its copies go there from now on. */
void          studio_keeper_adopt       (StudioKeeper         *self,
                                         StudioRecovery       *recovery);
/* The copy is of no use any more: the document was left on purpose. Nothing is written from now. */
void          studio_keeper_close       (StudioKeeper         *self);

G_END_DECLS
