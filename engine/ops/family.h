/* family.h - what the families of operators share: shape rules, kernels, and words of refusal.
 *
 * Codes of refusal, stable: they are searched for and written down.
 *
 *   SHP101 wrong rank                 SHP102 shapes do not broadcast
 *   SHP103 inner sizes differ         SHP104 nothing would be left
 *   SHP105 too many elements          SHP106 element counts differ
 *   SHP107 shapes that must agree     SHP108 rank above 5
 *   SHP109 wrong kind of number       SHP110 not divisible
 *   SHP111 outside the tensor         SHP112 a size that the operator fixes
 *   ATR111 not set                    ATR112 out of range
 *   ATR113 wrong number of values     ATR114 axis out of range
 *   ATR115 axes repeated              ATR116 unknown word
 *   ATR117 attributes contradict
 *   WGT111 missing                    WGT112 wrong rank
 *   WGT113 wrong shape                WGT114 wrong kind of number
 *   OP100  not in the table           OP101  not in this combination
 *   OP102  known, but in no graph
 *   LIM101 kernel wider than any chip takes
 *   LIM102 axis longer than any chip takes
 *   LIM103 more than the operator takes
 */
#pragma once

#include "core/op.h"
#include "num/edge.h"
#include "num/elementwise.h"
#include "num/half.h"
#include "num/threads.h"

#define ANF_MAX_ELEMENTS ((gint64) 1 << 40)

/* ---- shape rules: TRUE, or refused with code, field, message and hint */
gboolean anf_infer_same       (AnfShapes *self);               /* one fp16 input, same shape out */
gboolean anf_shapes_is        (AnfShapes *self, guint port, AnfDtype dtype);
gboolean anf_shapes_rank      (AnfShapes *self, guint port, guint low, guint high);
/* What @port is called, for messages. */
const char *anf_shapes_port   (const AnfShapes *self, guint port);
/* Sets an output, after looking at rank, extents and element count. */
gboolean anf_shapes_set       (AnfShapes *self, guint port, AnfDtype dtype, guint rank,
                               const gint64 *dim);
gboolean anf_shapes_broadcast (AnfShapes *self, guint n, const AnfType *const *types,
                               AnfDtype dtype);
/* An axis attribute, negative ones counted from the end. */
gboolean anf_shapes_axis      (AnfShapes *self, const char *attr, guint rank, guint *axis);
/* A list of different axes, sorted as given; at least one. */
gboolean anf_shapes_axes      (AnfShapes *self, const char *attr, guint rank, gint64 *axes,
                               guint *n);
/* One integer for all of @want, or @want of them, each at least @low. */
gboolean anf_shapes_ints      (AnfShapes *self, const char *attr, guint want, gint64 low,
                               gint64 *out);
/* A list of any length up to @max, each at least @low. */
gboolean anf_shapes_list      (AnfShapes *self, const char *attr, guint max, gint64 low,
                               gint64 *out, guint *n);
/* The weight of @role: there, of floats, of this shape (-1: any extent). */
gboolean anf_shapes_weight    (AnfShapes *self, guint role, guint rank, const gint64 *dim);
gboolean anf_shapes_optional  (AnfShapes *self, guint role, guint rank, const gint64 *dim);
char    *anf_dims_text        (guint rank, const gint64 *dim);

/* ---- the same attributes once the rule has let them pass */
guint    anf_node_axis        (const AnfNode *node, const char *attr, guint rank);
void     anf_node_ints_n      (const AnfNode *node, const char *attr, guint want, gint64 *out);
/* The row's real attributes in its order; rounded to fp16 under @numerics if that has them so. */
void     anf_node_reals       (const AnfNode *node, AnfNumerics numerics, double *out);

/* ---- walking */
#define ANF_BLOCK 1024             /* floats of one step, small enough for the first cache */

/* n inputs of one element-by-element operator, as strides over a common shape of merged axes. */
typedef struct
{
  guint rank, n;
  gsize dim[ANF_MAX_RANK], stride[ANF_MAX_PORTS][ANF_MAX_RANK];
} AnfWalk;

void     anf_walk_init        (AnfWalk *self, guint n, const AnfType *const *in,
                               const AnfType *out);
/* Where the run that holds element @at starts in each input; the number of elements left in it. */
gsize    anf_walk_run         (const AnfWalk *self, gsize at, gsize *offset);

/* A tensor seen as [outer, n, inner] around one axis. */
typedef struct { gsize outer, n, inner; } AnfLanes;
AnfLanes anf_lanes            (const AnfType *type, guint axis);

/* Kernels of rows that compute along lanes of [outer, n, inner]: item = lane. @out: n values for a
 * map, one for a reduction. Lanes come without NaN under the ane profiles. */
typedef void (*AnfLaneMap) (const AnfCall *call, const float *in, gsize n, float *out);
void     anf_kernel_lanes     (const AnfCall *call, AnfLanes lanes, gsize n_out, AnfLaneMap map,
                               AnfFinish finish, gsize begin, gsize end);

/* Of a value of rank 4 whose channels are last in memory: the type in that order. */
AnfType  anf_type_last        (const AnfType *type);
gsize    anf_items_elements   (const AnfCall *call);
/* Column "lift": the first attribute. */
double   anf_lift_first       (const AnfNode *node);
double   anf_flops_elements   (const AnfShapes *shapes);       /* one per output element */
/* Of kernels that go through memory element by element, whatever its order is. */
AnfLayout anf_layout_elements (const AnfCall *call);
AnfFinish anf_call_finish     (const AnfCall *call, AnfResult result);
/* The last pass over the result of a row that settles: rounds [begin, end) of it block by block,
 * and tells call->settled. @repair: what to do with a few numbers that hold NaN, before that. */
void     anf_settle           (const AnfCall *call, AnfFinish how,
                               void (*repair) (const AnfCall *call, gsize begin, gsize end),
                               gsize begin, gsize end);
/* A contiguous copy with the same elements: reshape and its kin. */
void     anf_kernel_copy      (const AnfCall *call, gsize begin, gsize end);
void     anf_reference_copy   (const AnfExact *exact);

/* ---- the families; each ends in a row without a name */
extern const AnfOp anf_ops_source[], anf_ops_unary[], anf_ops_binary[], anf_ops_reduce[],
                   anf_ops_norm[], anf_ops_matmul[], anf_ops_conv[], anf_ops_pool[],
                   anf_ops_shape[], anf_ops_join[], anf_ops_rearrange[], anf_ops_resize[],
                   anf_ops_attention[], anf_ops_block[], anf_ops_einsum[], anf_ops_bridge[],
                   anf_ops_geometry[], anf_ops_net[], anf_ops_paired[];
extern const AnfOp anf_ops_walled[];               /* not in the table: no graph has them */
extern const AnfOp anf_op_unknown;
