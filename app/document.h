/* document.h - one open document: the graphs it has been, where it is now, where it is kept. */
#pragma once

#include "anf.h"

G_BEGIN_DECLS

/* Properties, all readable and notified: graph (boxed), path (string, NULL: never saved), modified
 * (boolean), undo-label and redo-label (string, NULL: nothing to undo or redo). */
#define STUDIO_TYPE_DOCUMENT (studio_document_get_type ())
G_DECLARE_FINAL_TYPE (StudioDocument, studio_document, STUDIO, DOCUMENT, GObject)

/* @graph NULL: an empty one. @path NULL: it has no file yet. */
StudioDocument *studio_document_new            (AnfGraph       *graph,
                                                const char     *path);
AnfGraph       *studio_document_get_graph      (StudioDocument *self);
const char     *studio_document_get_path       (StudioDocument *self);
gboolean        studio_document_get_modified   (StudioDocument *self);
const char     *studio_document_get_undo_label (StudioDocument *self);
const char     *studio_document_get_redo_label (StudioDocument *self);

/* @label: what the edit does, for the user. Consecutive edits with an equal @merge (nullable) are
 * one step; stepping or saving ends that. */
void            studio_document_apply          (StudioDocument *self,
                                                AnfGraph       *graph,
                                                const char     *label,
                                                const char     *merge);
gboolean        studio_document_undo           (StudioDocument *self);
gboolean        studio_document_redo           (StudioDocument *self);

/* Steps are numbered from 0, the oldest that is kept; the label says what led to it. */
guint           studio_document_n_steps        (StudioDocument *self);
guint           studio_document_now            (StudioDocument *self);
const char     *studio_document_nth_label      (StudioDocument *self,
                                                guint           step);
gboolean        studio_document_nth_is_saved   (StudioDocument *self,
                                                guint           step);
void            studio_document_jump           (StudioDocument *self,
                                                guint           step);
/* What was looked at in the present state, to be given back when it is the present one again; the
 * document does not read it. */
void            studio_document_note_view      (StudioDocument *self,
                                                GVariant       *view);
GVariant       *studio_document_get_view       (StudioDocument *self);       /* (nullable) */

/* @graph, a state of this document, is now what the file at @path holds. */
void            studio_document_mark_saved     (StudioDocument *self,
                                                AnfGraph       *graph,
                                                const char     *path);
/* The present state is in no file, even if nothing was edited: a recovered document. */
void            studio_document_mark_unsaved   (StudioDocument *self);

G_END_DECLS
