/* frame.h - a document made ready for training: its batch, its trainable weights as inputs, and an
 * objective behind it. */
#pragma once

#include "anf-train.h"

#include "core/op.h"

typedef struct
{
  char   *weight;                  /* name in the document */
  char   *input;                   /* name of the node that stands for it */
  AnfId   id;
  AnfType type;
} AnfParam;

/* The graph has the outputs "logits" and "loss" (a number), and inputs for what is trained, for
 * the target and for the scale of the gradient: [1], to be multiplied by what a mean divides by. */
typedef struct
{
  AnfGraph    *graph;
  GArray      *params;             /* AnfParam, by weight */
  AnfObjective objective;
  AnfRef       logits, seed;       /* seed: the gradient that arrives at the logits */
  AnfType      type;               /* of the logits and the target */
  AnfId        target, scale;
  guint        samples;            /* in one run */
  gboolean     batched;            /* the first axis of inputs is samples */
} AnfFrame;

#define ANF_FRAME_TARGET "train_target"
#define ANF_FRAME_SCALE  "train_scale"
#define ANF_FRAME_LOGITS "logits"

/* @whole: an input is one sample, whatever its first axis. @classes: labels are integers, for
 * ANF_OBJECTIVE_AUTO. */
AnfFrame *anf_frame_new  (AnfGraph *graph, const AnfTrainSettings *settings, gboolean whole,
                          gboolean classes, GError **error);
void      anf_frame_free (AnfFrame *self);
/* Rows of the logits, and numbers in each. */
gsize     anf_frame_rows    (const AnfFrame *self);
guint     anf_frame_classes (const AnfFrame *self);
/* What the mean of the objective divides by, over what the gradient of one term has for a factor:
 * the scale to be fed is the loss scale over this. */
double    anf_frame_mean    (const AnfFrame *self);
/* The frame's graph with gradients as outputs "d0", "d1", .. of @n params from @first. */
AnfGraph *anf_frame_gradients (const AnfFrame *self, guint first, guint n, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfFrame, anf_frame_free)
