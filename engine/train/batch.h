/* batch.h - from samples to the places where a program reads them. */
#pragma once

#include "run/program.h"
#include "train/dataset.h"
#include "train/frame.h"

typedef struct _AnfBatches AnfBatches;

/* Whether the data's samples are whole inputs of @graph, whatever their first axis; FALSE with an
 * error if they are neither those nor rows of them. */
gboolean    anf_batches_whole (AnfGraph *graph, AnfDataset *data, gboolean *whole, GError **error);
/* NULL with an error: the data does not fit the frame's ports, or the labels its logits. */
AnfBatches *anf_batches_new   (AnfGraph *graph, const AnfFrame *frame, AnfDataset *data,
                               const AnfTrainSettings *settings, gboolean half, GError **error);
void        anf_batches_free  (AnfBatches *self);
/* Fills the ports NAME and the target of @program, whose names end in @suffix, with @n samples;
 * what is left of the frame's samples is 0. */
void        anf_batches_fill  (AnfBatches *self, AnfPart part, const guint *samples, guint n,
                               AnfProgram *program, const char *suffix);
