/* draw.h - a scene with cairo, at any zoom. */
#pragma once

#include "scene.h"
#include "text.h"

G_BEGIN_DECLS

/* How much is drawn; the limits are 12, 35, 72 and 200 %. */
typedef enum
{
  STUDIO_LEVEL_CELLS, STUDIO_LEVEL_GLYPHS, STUDIO_LEVEL_NAMES, STUDIO_LEVEL_FULL,
  STUDIO_LEVEL_CLOSE
} StudioLevel;

/* A wire that is being dragged. */
typedef struct
{
  StudioPath     path;
  StudioClass    class;
  gboolean       to_inputs;    /* its loose end looks for inputs, else for outputs */
  const guint64 *fits;         /* by box: bit by port, the first 64; 0: the box is dimmed */
  int            held;         /* wire that was picked up and is not drawn, -1: none */
  int            doomed;       /* wire that a drop here would replace, -1: none */
  AnfId          over;         /* node whose @over_port is under the pointer, 0: none */
  guint          over_port;
  gboolean       refused;      /* that port does not take it */
} StudioWiring;

typedef struct
{
  const StudioColors *colors;
  StudioPainter      *painter;
  double              x, y;            /* of the plane, at the picture's top left corner */
  double              zoom;            /* px per unit */
  double              width, height;   /* px */
  StudioLevel         level;
  const GArray       *selection;       /* of AnfId, the last is active (nullable) */
  GHashTable         *selected;        /* the same as a set (nullable: look at @selection) */
  AnfId               hover, focus;    /* under the pointer; where the keyboard is */
  int                 hover_wire, selected_wire, hover_cut;       /* -1: none */
  int                 frame;           /* number of the selected frame and 1; 0: none */
  const StudioWiring *wiring;          /* (nullable) */
  const GArray       *only;            /* of AnfId, sorted: nothing else is drawn (nullable) */
} StudioView;

/* The level for @zoom if it was @now: 4 % beyond a limit before it changes. */
StudioLevel studio_level_for   (double zoom, StudioLevel now);
/* The part of the plane that the view shows. */
StudioRect  studio_view_rect   (const StudioView *view);
void        studio_draw        (StudioScene *scene, const StudioView *view, cairo_t *cr);

/* Bottom left, lists the classes that occur; answers its place in the picture. */
StudioRect  studio_draw_legend (StudioScene *scene, const StudioView *view, cairo_t *cr);
/* Bottom right. */
StudioRect  studio_minimap_place (const StudioView *view);
void        studio_draw_minimap (StudioScene *scene, const StudioView *view, cairo_t *cr);
/* The point of the plane under a point of the minimap. */
StudioPoint studio_minimap_point (StudioScene *scene, const StudioView *view, double x, double y);

/* ---- parts, each in canvas units under the view's transform */
void studio_draw_frames (StudioScene *scene, const StudioView *view, cairo_t *cr);
void studio_draw_hulls  (StudioScene *scene, const StudioView *view, cairo_t *cr);
void studio_draw_tabs   (StudioScene *scene, const StudioView *view, cairo_t *cr);  /* in px */
void studio_draw_cuts   (StudioScene *scene, const StudioView *view, cairo_t *cr);
void studio_draw_wires  (StudioScene *scene, const StudioView *view, cairo_t *cr);
void studio_draw_wiring (StudioScene *scene, const StudioView *view, cairo_t *cr);
void studio_draw_nodes  (StudioScene *scene, const StudioView *view, cairo_t *cr);
void studio_draw_port   (const StudioView *view, cairo_t *cr, StudioPoint at, StudioClass class,
                         gboolean connected);
void studio_draw_badge  (const StudioView *view, cairo_t *cr, int severity, double x, double y,
                         double size);
void studio_rounded     (cairo_t *cr, double x, double y, double width, double height,
                         double radius);
/* Strokes 45 degree lines, @pitch apart, over the current clip; in the current source. */
void studio_hatch       (cairo_t *cr, const StudioRect *rect, double pitch, double line);
/* Whether the box, or something in it, is selected. */
gboolean studio_view_selects (const StudioView *view, const StudioScene *scene,
                              const StudioBox *box);
/* Behind a folded group: there is more than one. */
void studio_draw_stack  (const StudioView *view, cairo_t *cr, const StudioRect *box, double alpha);
void studio_draw_groups (StudioScene *scene, const StudioView *view, cairo_t *cr);
void studio_draw_stubs  (StudioScene *scene, const StudioView *view, cairo_t *cr);
gboolean studio_view_shows (const StudioView *view, AnfId id);     /* by @only */
StudioColorName studio_hull_color (const StudioScene *scene, guint segment);
StudioColorName studio_hull_fill  (const StudioScene *scene, guint segment);
/* Encoding -> its colour; the ground is five names further. */
StudioColorName studio_encoding_color (AnfEncoding encoding);

G_END_DECLS
