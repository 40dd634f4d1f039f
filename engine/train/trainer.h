/* trainer.h - a trainer from inside: what all modes share, and what each does its own way. */
#pragma once

#include "train/batch.h"
#include "train/optimiser.h"

/* What came of one batch. */
typedef struct
{
  gboolean finite;
  double   loss, accuracy, gradient;
} AnfOutcome;

typedef struct
{
  gboolean (*open)  (AnfTrainer *self, const AnfProgress *progress, GError **error);
  /* Does the next step, or several. @n: how many; loss and accuracy are their mean. */
  gboolean (*step)  (AnfTrainer *self, guint *n, AnfOutcome *outcome, const AnfProgress *progress,
                     GError **error);
  /* Brings what is inside programs into the states; and the other way. */
  void     (*fetch) (AnfTrainer *self);
  void     (*store) (AnfTrainer *self);
  void     (*close) (AnfTrainer *self);
  /* From the arrays of a checkpoint to all that reads them; NULL: they are what is read. */
  void     (*spread) (AnfTrainer *self);
  /* Where a param's parts are, if they are more than the states can hold: by part, NULL: none. The
   * number of parts; 0: the states hold all. */
  guint    (*parts) (AnfTrainer *self, guint param, float **place);
} AnfTrainVtable;

#define ANF_MAX_PARTS 5            /* of a param, inside a program */

struct _AnfTrainer
{
  AnfGraph         *graph;         /* the document's */
  AnfDataset       *data;
  AnfTrainSettings  settings;
  AnfOptions        options;
  AnfFrame         *frame;
  AnfBatches       *batches;
  const AnfTrainVtable *mode;
  gpointer          inside;        /* the mode's */
  AnfProgram       *forward;       /* for scores */
  AnfState         *states;        /* by param: fp32 masters and moments */
  AnfScaler         scaler;
  guint64           step, updates; /* begun; and not skipped */
  guint             epoch;
  gsize             at;            /* batches done of this epoch */
  guint            *order;         /* of the samples in this epoch */
  guint             accumulate;    /* runs that make one batch */
  AnfTrainHealth   *health;        /* by param */
  char             *warning;
};

extern const AnfTrainVtable anf_train_gradients_mode;      /* host, each, device */
extern const AnfTrainVtable anf_train_resident_mode;       /* resident, unrolled */

/* After the numbers of a checkpoint are in place. */
void    anf_trainer_resume    (AnfTrainer *self);
guint64 anf_trainer_per_epoch (const AnfTrainer *self);    /* batches */
double  anf_trainer_rate      (const AnfTrainer *self, guint64 step);
/* The samples of run @run of the batch @ahead of the one that is next; @ahead never leaves the
 * epoch. */
const guint *anf_trainer_samples (const AnfTrainer *self, guint ahead, guint run);
/* Compiled for numbers that stay inside: @keeps by pairs of names. */
AnfProgram *anf_trainer_compile (AnfTrainer *self, AnfGraph *graph, guint n, AnfKeep *keeps,
                                 const AnfProgress *progress, GError **error);
/* Loss and accuracy of the logits and the target of @program, with @suffix. */
void    anf_trainer_judge     (const AnfTrainer *self, AnfProgram *program, const char *suffix,
                               AnfOutcome *outcome);
/* The masters of one param to where a program reads them, rounded unless the profile is fp32. */
void    anf_trainer_put       (const AnfTrainer *self, guint param, float *place);
AnfParam *anf_trainer_param   (const AnfTrainer *self, guint i);
/* Notes how a gradient, computed with the loss scale, looks. FALSE: it is not finite. */
gboolean anf_trainer_note     (AnfTrainer *self, guint param, const float *gradient,
                               double *square);
