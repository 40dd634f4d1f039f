/* canvas-marks.h - rings and words over the nodes of a canvas: what changed, what is known. */
#pragma once

#include "canvas.h"

G_BEGIN_DECLS

typedef enum { STUDIO_MARK_ADDED, STUDIO_MARK_REMOVED, STUDIO_MARK_CHANGED } StudioMark;

/* Lies over a canvas, takes no clicks, and follows where the canvas looks. */
#define STUDIO_TYPE_CANVAS_MARKS (studio_canvas_marks_get_type ())
G_DECLARE_FINAL_TYPE (StudioCanvasMarks, studio_canvas_marks, STUDIO, CANVAS_MARKS, GtkWidget)

GtkWidget *studio_canvas_marks_new   (StudioCanvas *canvas);
void       studio_canvas_marks_clear (StudioCanvasMarks *self);
/* A node has one mark: the last. */
void       studio_canvas_marks_add   (StudioCanvasMarks *self, AnfId id, StudioMark mark);
/* A small card below the node: a few lines, and a picture (nullable) that is held. */
void       studio_canvas_marks_pin   (StudioCanvasMarks *self, AnfId id, const char *words,
                                      GdkTexture *picture);
guint      studio_canvas_marks_n     (StudioCanvasMarks *self);    /* marks and cards */

/* Two canvases look at the same place from now on, whichever is moved. */
void       studio_canvas_lock        (StudioCanvas *a, StudioCanvas *b);

G_END_DECLS
