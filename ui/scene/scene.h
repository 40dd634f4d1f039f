/* scene.h - where everything of a graph is on the plane. Canvas units are px at 100 %. */
#pragma once

#include <cairo.h>

#include "anf.h"

#include "colors.h"
#include "group.h"
#include "index.h"

G_BEGIN_DECLS

#define STUDIO_NODE_WIDTH   176.0
#define STUDIO_HEADER       28.0
#define STUDIO_FIRST_PORT   44.0
#define STUDIO_PORT_PITCH   20.0
#define STUDIO_FOOTER       22.0
#define STUDIO_PORT_RADIUS  5.0
#define STUDIO_GRID_PITCH   16.0
#define STUDIO_HULL_MARGIN  20.0

/* What flows along a wire, in the order of the colours from STUDIO_WIRE_MAP. */
typedef enum
{
  STUDIO_CLASS_MAP, STUDIO_CLASS_VEC, STUDIO_CLASS_IMAGE, STUDIO_CLASS_INDEX, STUDIO_CLASS_MASK,
  STUDIO_CLASS_CONST, STUDIO_N_CLASSES
} StudioClass;

/* A node on the plane, or a folded group. Words are made when first drawn (facts.c). */
typedef struct
{
  const AnfNode *node;              /* of a group: the first that is in it */
  AnfId          id;
  int            group;             /* -1: a node */
  GArray        *members;           /* ids of the nodes of a group; NULL: a node */
  GArray        *from, *gives;      /* of AnfRef, by port of a group: comes in, goes out */
  AnfCategory    category;
  double         home_x, home_y;    /* as in the document, or as arranged if it has no places */
  StudioRect     box;
  guint          n_in, n_out;       /* rows at its sides; the last input may be a free slot */
  gboolean       open;              /* the last input is a variadic port's next slot */
  int            segment;           /* by which hull it is drawn; -1: none */
  int            badge;             /* worst AnfSeverity; -1: none */
  gboolean       moving;
  gboolean       pinned;
  gboolean       collapsed;         /* header only, all ports at its middle */
  const AnfOp   *muted;             /* what it is when it is not muted (nullable) */
  guint          wired_out;         /* bit by output port, the first 32 */
  const char    *flag;              /* public name of an output of it (nullable) */
  char          *attrs, *cost, *tag, **shapes;   /* facts.c */
  AnfEncoding    encoding;          /* of @tag */
  gboolean       has_facts;
} StudioBox;

typedef enum
{
  STUDIO_PATH_CURVE, STUDIO_PATH_STEPS, STUDIO_PATH_LEVEL, STUDIO_PATH_DOTS
} StudioPathKind;

#define STUDIO_MAX_DOTS 4           /* of a wire */

/* CURVE: end, control, control, end. STEPS: corners, rounded by 8. LEVEL: end, begin and end of the
 * level run, end. DOTS: end, dots that the user put there, end. */
typedef struct { StudioPathKind kind; guint n; StudioPoint at[6]; } StudioPath;

typedef struct
{
  AnfRef      from;
  AnfId       to;
  guint       in;
  guint       source, target;       /* boxes */
  guint       row_out, row_in;      /* ports of these; those of the nodes, unless it is a group */
  StudioClass class;
  gboolean    typed;                /* the report knows what flows */
  gsize       bytes;
  StudioPath  path;
  StudioRect  bounds;
} StudioWire;

#define STUDIO_FRAME_TITLE  26.0
#define STUDIO_FRAME_LEAST  48.0    /* either way */
#define STUDIO_FRAME_COLORS 6       /* those of the segments */

/* A titled area behind the nodes. */
typedef struct { char *title; StudioRect rect; guint color; } StudioFrame;

/* The outline of a segment: closed loops of right angles. */
typedef struct
{
  const AnfSegment *segment;
  guint             n_ops;
  GArray           *loops;          /* of GArray of StudioPoint */
  cairo_region_t   *region;
  StudioRect        bounds;
} StudioHull;

/* A wire that is not drawn, but told of where it ends: its other end is out of sight, or it is one
 * of many of a constant. */
typedef struct { AnfRef from; AnfId to; guint in; guint box, row; gboolean out; } StudioStub;

/* Where a wire crosses from one segment to another. */
typedef struct
{
  guint        wire;
  int          from, to;            /* segments */
  StudioPoint  at;
  gboolean     first;               /* of this pair: the one with the card */
  const char  *reason;              /* (nullable) */
  StudioRect   card;                /* where there is room for it; width 0: nowhere */
} StudioCut;

typedef enum { STUDIO_WIRES_CURVED, STUDIO_WIRES_ANGLED, STUDIO_WIRES_STRAIGHT } StudioWires;

/* How a scene is drawn, whatever the graph. */
typedef struct
{
  StudioWires wires;
  gboolean    whole;                /* constants of many consumers are wired to all of them */
  const struct _StudioScene *like;  /* its arrangement is taken over where it fits (nullable) */
} StudioStyle;

typedef struct _StudioScene
{
  AnfGraph    *graph;
  AnfReport   *report;
  AnfPlan     *plan;
  AnfProfile  *profile;
  gboolean     stale;
  gboolean     arranged;            /* the document has no places; these are ours */
  guint        n_boxes, n_wires, n_hulls;
  StudioBox   *boxes;
  StudioWire  *wires;
  StudioHull  *hulls;
  GArray      *cuts;                /* of StudioCut */
  GArray      *frames;              /* of StudioFrame */
  GArray      *stubs;               /* of StudioStub */
  StudioGroups *groups;
  int          scope;               /* group that was entered, -1: none */
  StudioStyle  style;
  double     (*home)[2];            /* by position of the node: where it is */
  GHashTable  *by_id;               /* AnfId -> StudioBox: the node's, or of the group it is in */
  GHashTable  *position;            /* AnfId -> position in the graph */
  guint       *in_first, *in_wires; /* wires by target: in_wires[in_first[b]] .. */
  guint       *out_first, *out_wires;
  StudioIndex *box_index, *wire_index;
  GArray      *moving;              /* of guint: boxes that are where the index does not say */
  GHashTable  *levels;              /* route.c: level runs that are taken */
  gboolean     has_class[STUDIO_N_CLASSES];   /* some wire is of it */
  StudioRect   bounds;              /* of all boxes and hulls; width < 0: empty */
} StudioScene;

/* All but @graph may be NULL; borrowed values are kept by reference. */
StudioScene     *studio_scene_new      (AnfGraph *graph, AnfReport *report, AnfPlan *plan,
                                        AnfProfile *profile, gboolean stale);
/* What is in the group @scope (path, nullable: everything), in that style (nullable). */
StudioScene     *studio_scene_new_in   (AnfGraph *graph, AnfReport *report, AnfPlan *plan,
                                        AnfProfile *profile, gboolean stale, const char *scope,
                                        const StudioStyle *style);
void             studio_scene_free     (StudioScene *self);
/* Where the node is, drawn or in a folded group; FALSE: there is no such node. */
gboolean         studio_scene_home     (const StudioScene *self, AnfId id, StudioPoint *at);
const char      *studio_box_title      (const StudioScene *self, const StudioBox *box);
/* What is below the title of a group: "24 nodes" (transfer full). */
char            *studio_box_kind       (const StudioScene *self, const StudioBox *box);
/* What the port of a group stands for, or a node's own; node 0 or FALSE: nothing. */
AnfRef           studio_scene_gives    (const StudioScene *self, const StudioBox *box, guint port);
gboolean         studio_scene_takes    (const StudioScene *self, const StudioBox *box, guint port,
                                        AnfId *to, guint *in);
/* Where a wire from or to this port of the node begins or ends. */
StudioPoint      studio_scene_output_at (const StudioScene *self, AnfRef from);
StudioPoint      studio_scene_input_at (const StudioScene *self, AnfId to, guint in);
StudioBox       *studio_scene_box      (const StudioScene *self, AnfId id);       /* (nullable) */
StudioPoint      studio_box_input      (const StudioBox *box, guint i);
StudioPoint      studio_box_output     (const StudioBox *box, guint i);
/* Dots of the wire into @in of the node, as the document has them; their number. */
guint            studio_wire_dots      (const AnfGraph *graph, AnfId to, guint in, AnfRef from,
                                        StudioPoint dots[STUDIO_MAX_DOTS]);
/* The dot of a wire within @reach of the point; -1: none. */
int              studio_path_dot       (const StudioPath *path, double x, double y, double reach);
/* Index in @wires of the wire at input @in, -1: none. */
int              studio_scene_wire_at  (const StudioScene *self, AnfId to, guint in);
/* Shows these boxes @dx, @dy from where they are; what hangs on them follows. NULL: all at home. */
void             studio_scene_displace (StudioScene *self, const GArray *ids, double dx, double dy);
/* Of what output @port of @box gives; MAP where the report does not know. */
StudioClass      studio_scene_class    (const StudioScene *self, const StudioBox *box, guint port);
/* 1.5 to 6 px by the logarithm of @bytes. */
double           studio_wire_width     (gsize bytes);
/* Boxes or wires that may be seen in @rect, in the order of the graph. */
GArray          *studio_scene_boxes_in (const StudioScene *self, const StudioRect *rect);
GArray          *studio_scene_wires_in (const StudioScene *self, const StudioRect *rect);
/* Fills in the words of a box. */
void             studio_scene_facts    (const StudioScene *self, StudioBox *box);
const char      *studio_class_title    (StudioClass class);
/* "2.45 ms", "1.19 MiB": three significant digits. */
char            *studio_scene_time     (double us);
char            *studio_scene_bytes    (gsize bytes);

/* route.c */
#define STUDIO_FLAT_MAX 48
/* Between two free points (a wire being dragged) nothing is avoided: @self may be NULL. */
StudioPath       studio_route          (StudioScene *self, StudioPoint from, StudioPoint to,
                                        int source, int target);
guint            studio_path_flatten   (const StudioPath *path, StudioPoint *out);
void             studio_path_trace     (const StudioPath *path, cairo_t *cr);
double           studio_path_distance  (const StudioPath *path, double x, double y);

/* frame.c */
GArray          *studio_frames_new     (void);                   /* of StudioFrame */
GArray          *studio_frames_read    (const AnfGraph *graph);  /* (transfer full) */
/* floating; NULL: there are none */
GVariant        *studio_frames_write   (const GArray *frames);
/* Ids of the nodes that it encloses (transfer full). */
GArray          *studio_frame_content  (const StudioScene *scene, guint frame);
/* The frame whose title or lower right corner is at the point; -1: none. */
int              studio_frame_at       (const StudioScene *scene, double x, double y, double zoom,
                                        gboolean *corner);

/* fold.c: boxes of nodes and of folded groups, without places; the number of boxes. */
void             studio_scene_fold      (StudioScene *self);
/* Category and segment of a group by what is in it. */
void             studio_scene_sum_group (const StudioScene *self, StudioBox *box);
void             studio_scene_add_ports (StudioScene *self);
void             studio_scene_measure_groups (StudioScene *self);
/* The open group whose title is at the point; -1: none. */
int              studio_group_at       (const StudioScene *scene, double x, double y, double zoom);

/* hull.c, cut.c */
void             studio_scene_make_hull (StudioScene *self, guint segment);
void             studio_scene_make_cuts (StudioScene *self);

/* ---- hit.c: what is under a point */

typedef enum
{
  STUDIO_HIT_NOTHING, STUDIO_HIT_BODY, STUDIO_HIT_NAME, STUDIO_HIT_FLAG, STUDIO_HIT_BADGE,
  STUDIO_HIT_TAG, STUDIO_HIT_INPUT, STUDIO_HIT_OUTPUT, STUDIO_HIT_WIRE, STUDIO_HIT_CUT,
  STUDIO_HIT_FRAME, STUDIO_HIT_FRAME_CORNER, STUDIO_HIT_GROUP, STUDIO_HIT_STUB
} StudioHitKind;

typedef struct
{
  StudioHitKind kind;
  AnfId         node;     /* of BODY .. OUTPUT; other end of a STUB */
  guint         port;     /* of INPUT, OUTPUT; number of a FRAME or GROUP */
  int           wire;     /* of WIRE, else -1 */
  int           cut;      /* of CUT, else -1 */
} StudioHit;

/* @zoom: hit areas are px on the screen, at least. */
StudioHit studio_scene_hit      (const StudioScene *self, double x, double y, double zoom);
/* While a wire is dragged a whole port row takes it: input rows if @inputs. */
StudioHit studio_scene_hit_port (const StudioScene *self, double x, double y, gboolean inputs);
/* Ids of boxes that @rect encloses (or, if @touched, touches) (transfer full). */
GArray   *studio_scene_ids_in   (const StudioScene *self, const StudioRect *rect, gboolean touched);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StudioScene, studio_scene_free)

G_END_DECLS
