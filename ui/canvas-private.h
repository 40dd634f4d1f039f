/* canvas-private.h - what the canvas's files share. Nothing outside canvas*.c reads it. */
#pragma once

#include "canvas.h"
#include "draw.h"

G_BEGIN_DECLS

/* What the pointer is doing. */
typedef enum
{
  STUDIO_DRAG_NONE,
  STUDIO_DRAG_PRESSED,      /* on a node, less than the threshold away yet */
  STUDIO_DRAG_MOVE, STUDIO_DRAG_COPY,
  STUDIO_DRAG_BAND,         /* rubber band */
  STUDIO_DRAG_WIRE,
  STUDIO_DRAG_PAN,
  STUDIO_DRAG_MINIMAP,
  STUDIO_DRAG_DOT,          /* of a wire */
  STUDIO_DRAG_FRAME, STUDIO_DRAG_FRAME_SIZE,
  STUDIO_DRAG_CUT           /* of the secondary button: a line across wires */
} StudioDrag;

#define STUDIO_MAX_PAST 32

struct _StudioCanvas
{
  GtkWidget           parent_instance;

  AnfGraph           *graph;
  AnfReport          *report;
  AnfPlan            *plan;
  AnfProfile         *profile;
  GArray             *selection;
  GHashTable         *chosen;            /* the ids in it, a set */
  gboolean            stale, snap, minimap;
  GSimpleActionGroup *actions;

  StudioScene        *scene;             /* NULL: to be made */
  StudioScene        *last;              /* the one before, while there is none (nullable) */
  char               *scope;             /* path of the group that was entered; NULL: none */
  StudioStyle         style;
  StudioPoint         bookmark[9], past[STUDIO_MAX_PAST];  /* centres of views */
  double              bookmark_zoom[9], past_zoom[STUDIO_MAX_PAST];    /* 0: none */
  guint               n_past, at_past;
  gboolean            outdated;          /* the scene is, but a drag holds on to it */
  StudioPainter      *painter;
  StudioColors        colors;
  double              x, y, zoom;        /* of the plane at the top left corner; px per unit */
  StudioLevel         level;
  gboolean            fitted;            /* the view was chosen, by hand or for the first graph */
  guint               glide;             /* tick callback of a moving view */
  gint64              glide_start;
  double              from[3], to[3];    /* centre and zoom of the moving view */

  double              pointer_x, pointer_y;   /* px */
  gboolean            pointer_in;
  AnfId               hover, cursor;     /* under the pointer; where the keyboard is */
  int                 hover_wire, hover_cut, selected_wire;

  StudioDrag          drag;
  double              press_x, press_y;  /* px, of the press */
  double              grab_x, grab_y;    /* canvas units, of the press */
  double              dx, dy;            /* px from the press */
  GdkModifierType     press_state;
  AnfId               press_node;
  guint               autopan;
  gboolean            space;             /* held: the primary button pans */
  gboolean            click_alone;       /* released in place, the press selects this one only */
  GArray             *band_before;       /* selection before the rubber band */
  StudioRect          band;              /* canvas units */
  GArray             *carried;           /* ids that move */
  StudioPoint         guide;             /* lines that they meet, canvas units; NAN: none */
  StudioPoint         speed;             /* px per second, of a view that was pushed */
  guint               coast;             /* tick callback of that */
  gint64              coasted;

  /* The wire that is dragged. Its fixed end is an output (to_inputs) or an input. */
  StudioWiring        wiring;
  AnfRef              wire_from;
  AnfId               wire_to;
  guint               wire_in;
  guint64            *fits, *tried;      /* by box: ports that take it; ports really tried */
  guint               trying;            /* idle that tries the ports in view */
  char               *refusal_title, *refusal_why;
  StudioHeat         *heat;            /* nodes are coloured by it (nullable) */
  gboolean            refusal_stays;     /* after the drop, until the next press */
  StudioPoint         refusal_at;

  GtkWidget          *add, *palette, *rename, *rename_entry, *rename_note, *menu;
  GtkWidget          *crumbs;            /* what was entered, from the outside in */
  StudioPoint         add_at;            /* canvas units, where a chosen operator goes */
  AnfRef              add_from;          /* output that feeds it; node 0: none */
  AnfId               add_to;            /* input that it feeds; 0: none */
  guint               add_in;
  AnfId               renamed;
  int                 renamed_group;     /* -1: none */
  int                 frame;             /* number of the selected frame and 1; 0: none */
  int                 dot;               /* of the selected wire, that is dragged */
  GtkGesture         *primary, *middle;
};

/* canvas.c */
StudioScene     *studio_canvas_scene       (StudioCanvas *self);   /* NULL: no graph */
void             studio_canvas_invalidate  (StudioCanvas *self);
gboolean         studio_canvas_is_selected (StudioCanvas *self, AnfId id);
AnfId            studio_canvas_active      (StudioCanvas *self);   /* 0: nothing is selected */
/* Ids of the selection that the graph has, in its order (transfer full). */
GArray          *studio_canvas_dup_chosen  (StudioCanvas *self);
void             studio_canvas_select      (StudioCanvas *self, AnfId id);      /* 0: nothing */
void             studio_canvas_take_selection (StudioCanvas *self, GArray *ids); /* takes @ids */
void             studio_canvas_notify_zoom (StudioCanvas *self);

/* canvas-view.c */
void             studio_canvas_get_view    (StudioCanvas *self, StudioView *view);
StudioPoint      studio_canvas_to_plane    (StudioCanvas *self, double x, double y);
StudioPoint      studio_canvas_to_px       (StudioCanvas *self, double x, double y);
void             studio_canvas_zoom_at     (StudioCanvas *self, double zoom, double x, double y);
void             studio_canvas_pan         (StudioCanvas *self, double dx, double dy);
void             studio_canvas_stop_glide  (StudioCanvas *self);
/* Brings @rect into view with @margin px round it, at most at @most. */
void             studio_canvas_frame       (StudioCanvas *self, const StudioRect *rect, double most,
                                            gboolean glide);
void             studio_canvas_frame_all   (StudioCanvas *self, gboolean glide);
void             studio_canvas_centre      (StudioCanvas *self, double x, double y, gboolean glide);
void             studio_canvas_reveal      (StudioCanvas *self, AnfId id);
StudioHit        studio_canvas_hit         (StudioCanvas *self, double x, double y);
gboolean         studio_canvas_in_minimap  (StudioCanvas *self, double x, double y);

/* canvas-overlay.c */
void             studio_canvas_draw_overlay (StudioCanvas *self, const StudioView *view,
                                             cairo_t *cr);
char            *studio_canvas_tip         (StudioCanvas *self, const StudioHit *hit);
void             studio_canvas_tell        (StudioCanvas *self);   /* assistive technology */

/* canvas-wheel.c */
void             studio_canvas_add_wheel   (StudioCanvas *self);

/* canvas-pointer.c */
void             studio_canvas_add_pointer (StudioCanvas *self);
void             studio_canvas_cancel_drag (StudioCanvas *self);
void             studio_canvas_update_drag (StudioCanvas *self);   /* the view or pointer moved */
void             studio_canvas_update_hover (StudioCanvas *self, double x, double y);

/* canvas-wire.c */
void             studio_canvas_begin_wire  (StudioCanvas *self, const StudioHit *hit);
void             studio_canvas_update_wire (StudioCanvas *self);
void             studio_canvas_drop_wire   (StudioCanvas *self);
void             studio_canvas_aim_at_wire (StudioCanvas *self, int wire, double x, double y);
int              studio_canvas_wire_under (StudioCanvas *self);
void             studio_canvas_end_wire    (StudioCanvas *self);
/* Why a wire cannot run so, in one sentence (transfer full); NULL: it can. */
char            *studio_canvas_refusal     (StudioCanvas *self, AnfRef from, AnfId to, guint in);

/* canvas-group.c */
/* Ids of all that the box of this node stands for (transfer full). */
GArray          *studio_canvas_expand      (StudioCanvas *self, AnfId id);
/* A node, or all of a folded group, comes to lie there. */
void             studio_canvas_put_box     (StudioCanvas *self, AnfGraphBuilder *b,
                                            const StudioBox *box, double x, double y);
int              studio_canvas_chosen_group (StudioCanvas *self);     /* -1: none */
void             studio_canvas_group       (StudioCanvas *self);
void             studio_canvas_ungroup     (StudioCanvas *self);
void             studio_canvas_fold        (StudioCanvas *self, int group);
/* @how: this, like (this one), all, none. */
void             studio_canvas_fold_all    (StudioCanvas *self, const char *how);
void             studio_canvas_find_groups (StudioCanvas *self);
gboolean         studio_canvas_group_is_taken (StudioCanvas *self, int group, const char *name);
void             studio_canvas_name_group  (StudioCanvas *self, int group, const char *name);
/* Node @to, and what follows it in its row, moves on if what was put to @at covers it. */
void             studio_canvas_push        (StudioCanvas *self, AnfGraphBuilder *b,
                                            const StudioRect *at, AnfId to);
/* @path with @to in the place of @from at its beginning; NULL: of no group (transfer full). */
char            *studio_group_moved        (const char *path, const char *from, const char *to);
gboolean         studio_canvas_has_path    (StudioCanvas *self, const char *path);
/* "encoder/group 2" (transfer full). @first: number, 0: none. */
char            *studio_canvas_free_path   (StudioCanvas *self, const char *base,
                                            const char *stem, guint first);

/* canvas-bookmark.c. @number: 1 to 9; @how: back forward; @id: of a node. */
void             studio_canvas_remember    (StudioCanvas *self);
void             studio_canvas_go          (StudioCanvas *self, const char *how);
void             studio_canvas_set_bookmark (StudioCanvas *self, const char *number);
void             studio_canvas_go_bookmark (StudioCanvas *self, const char *number);
void             studio_canvas_follow      (StudioCanvas *self, const char *id);
/* What feeds the active node, and what it feeds (transfer full). */
GMenuModel      *studio_canvas_ends        (StudioCanvas *self);
void             studio_canvas_select_between (StudioCanvas *self);
void             studio_canvas_pin         (StudioCanvas *self);

/* canvas-scope.c */
void             studio_canvas_enter       (StudioCanvas *self, const char *path);
void             studio_canvas_enter_chosen (StudioCanvas *self);
gboolean         studio_canvas_leave       (StudioCanvas *self);
void             studio_canvas_update_crumbs (StudioCanvas *self);
void             studio_canvas_keep_scope  (StudioCanvas *self, AnfGraph *before);
AnfGraph        *studio_canvas_into_scope  (StudioCanvas *self, AnfGraph *edited);
GHashTable      *studio_canvas_copied_groups (StudioCanvas *self, const AnfGraph *from,
                                              GHashTable *ids);
char            *studio_canvas_copied_path (GHashTable *paths, const char *path);

/* canvas-edit.c */
/* "c1", or "3 nodes" (transfer full). */
char            *studio_canvas_describe    (StudioCanvas *self, const GArray *ids);
double           studio_canvas_snapped     (StudioCanvas *self, double v);
AnfGraphBuilder *studio_canvas_begin_edit  (StudioCanvas *self);
/* Takes @b. FALSE: it could not be a graph, nothing was asked for. */
gboolean         studio_canvas_ask         (StudioCanvas *self, AnfGraphBuilder *b,
                                            const char *label, const char *merge);
void             studio_canvas_move        (StudioCanvas *self, const GArray *ids, double dx,
                                            double dy, const char *merge);
/* Moves the node and puts it into the wire, as one step. */
void             studio_canvas_insert      (StudioCanvas *self, AnfId id, double dx, double dy,
                                            int wire);
void             studio_canvas_copy_by     (StudioCanvas *self, const GArray *ids, double dx,
                                            double dy);
void             studio_canvas_connect     (StudioCanvas *self, AnfRef from, AnfId to, guint in,
                                            int instead_of);
void             studio_canvas_disconnect  (StudioCanvas *self, int wire);
/* Adds @op with its corner there; fed by @from and feeding @to where they are not 0. */
AnfId            studio_canvas_add_node    (StudioCanvas *self, const AnfOp *op, StudioPoint at,
                                            AnfRef from, AnfId to, guint in);
void             studio_canvas_delete      (StudioCanvas *self, gboolean reconnect);
void             studio_canvas_duplicate   (StudioCanvas *self);
void             studio_canvas_copy        (StudioCanvas *self);
char            *studio_canvas_copy_text   (StudioCanvas *self);   /* (nullable) */
void             studio_canvas_paste       (StudioCanvas *self);
/* The same, and copies are fed by what fed the originals. */
void             studio_canvas_paste_wired (StudioCanvas *self);
void             studio_canvas_paste_text  (StudioCanvas *self, const char *text,
                                            gboolean wired);
void             studio_canvas_arrange     (StudioCanvas *self, const GArray *ids);
/* Asks for @graph with all of it, or of the entered group, arranged. */
void             studio_canvas_ask_arranged (StudioCanvas *self, AnfGraph *graph,
                                             const char *label);

/* canvas-align.c. @how: left right centre top bottom middle, across down (even gaps), straight. */
void             studio_canvas_align       (StudioCanvas *self, const char *how);
/* @by, or what is near it and brings @box in line with another node; notes the line. */
StudioPoint      studio_canvas_guide       (StudioCanvas *self, const StudioBox *box,
                                            StudioPoint by);
void             studio_canvas_draw_guides (StudioCanvas *self, const StudioView *view,
                                            cairo_t *cr);
/* @which: up down, and up-all down-all with what was chosen. */
void             studio_canvas_select_along (StudioCanvas *self, const char *which);

/* canvas-slash.c: drags of the secondary button, and views that coast. */
typedef enum { STUDIO_SLASH_CUT, STUDIO_SLASH_DOTS } StudioSlash;
/* To the wires that the line from @a to @b crosses. */
void             studio_canvas_slash       (StudioCanvas *self, StudioPoint a, StudioPoint b,
                                            StudioSlash slash);
void             studio_canvas_add_slash   (StudioCanvas *self);
void             studio_canvas_draw_slash  (StudioCanvas *self, const StudioView *view,
                                            cairo_t *cr);
void             studio_canvas_add_dot     (StudioCanvas *self);   /* on the selected wire */
void             studio_canvas_move_dot    (StudioCanvas *self, int wire, int dot, StudioPoint to);
void             studio_canvas_remove_dot  (StudioCanvas *self, int wire, int dot);
void             studio_canvas_coast       (StudioCanvas *self, double vx, double vy);
void             studio_canvas_stop_coast  (StudioCanvas *self);

/* canvas-frame.c */
void             studio_canvas_add_frame   (StudioCanvas *self);   /* round the selection */
void             studio_canvas_select_frame (StudioCanvas *self, int frame);
gboolean         studio_canvas_delete_frame (StudioCanvas *self);  /* FALSE: none is selected */
void             studio_canvas_name_frame  (StudioCanvas *self, const char *title);
void             studio_canvas_color_frame (StudioCanvas *self);   /* the next colour */
void             studio_canvas_press_frame (StudioCanvas *self, const StudioHit *hit);
void             studio_canvas_update_frame (StudioCanvas *self);
void             studio_canvas_drop_frame  (StudioCanvas *self, StudioDrag drag);

/* canvas-state.c */
void             studio_canvas_mute        (StudioCanvas *self);
void             studio_canvas_unfold      (StudioCanvas *self);
void             studio_canvas_collapse    (StudioCanvas *self);

/* canvas-actions.c, canvas-keys.c */
void             studio_canvas_add_actions (StudioCanvas *self);
void             studio_canvas_update_actions (StudioCanvas *self);
void             studio_canvas_add_keys    (StudioCanvas *self);

/* canvas-popover.c */
void             studio_canvas_open_add    (StudioCanvas *self, double x, double y);
void             studio_canvas_open_rename (StudioCanvas *self, AnfId id);
void             studio_canvas_open_menu   (StudioCanvas *self, double x, double y);
void             studio_canvas_close_popovers (StudioCanvas *self);

G_END_DECLS
