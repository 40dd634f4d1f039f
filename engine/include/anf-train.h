/* anf-train.h - training: new numbers for a document's trainable weights, from a data set. */
#pragma once

#include "anf.h"

G_BEGIN_DECLS

/* ---------------------------------------------------------------- settings */

typedef enum
{
  ANF_OBJECTIVE_AUTO,              /* by the output's row and the kind of labels */
  ANF_OBJECTIVE_MSE,               /* mean of (y - t)^2 over all numbers */
  ANF_OBJECTIVE_SOFTMAX,           /* softmax cross-entropy over the last axis, mean over rows */
  ANF_OBJECTIVE_BINARY,            /* cross-entropy of sigmoids, mean over all numbers */
  ANF_N_OBJECTIVES
} AnfObjective;

typedef enum { ANF_OPTIMIZER_ADAM, ANF_OPTIMIZER_SGD, ANF_OPTIMIZER_ADAMW,
               ANF_N_OPTIMIZERS } AnfOptimizer;

typedef enum
{
  ANF_SCHEDULE_CONSTANT,
  ANF_SCHEDULE_LINEAR,             /* to last_rate times the rate at the last step */
  ANF_SCHEDULE_COSINE,             /* likewise, along half a cosine */
  ANF_SCHEDULE_STEP,               /* times gamma after every step_epochs epochs */
  ANF_N_SCHEDULES
} AnfSchedule;

/* Where the gradients and the update are computed. All of them give the same weights within what
 * fp16 rounds. */
typedef enum
{
  ANF_TRAIN_HOST,                  /* one program for all gradients; the host updates in fp32 */
  ANF_TRAIN_EACH,                  /* one program per gradient; the host updates */
  ANF_TRAIN_DEVICE,                /* gradients, then one update program per weight */
  ANF_TRAIN_RESIDENT,              /* all in one program, whose state stays inside */
  ANF_TRAIN_UNROLLED,              /* the same with several steps in one program */
  ANF_N_TRAIN_MODES
} AnfTrainMode;

/* NULL past the end; the words of the command line. */
const char *anf_objective_name  (guint objective);
const char *anf_optimizer_name  (guint optimizer);
const char *anf_schedule_name   (guint schedule);
const char *anf_train_mode_name (guint mode);

typedef struct
{
  AnfObjective objective;
  const char  *output;             /* which output of the document; interned; NULL: the first */
  AnfTrainMode mode;
  guint        unroll;             /* steps in one program, if so */
  guint        batch, epochs;
  guint64      seed;               /* of the order of the samples */
  AnfOptimizer optimizer;
  double       rate;
  double       momentum;           /* of SGD */
  double       beta1, beta2, epsilon;      /* of Adam and AdamW */
  double       decay;              /* AdamW: of the weight itself; others: added to the gradient */
  AnfSchedule  schedule;
  guint        warmup;             /* steps in which the rate rises from 0 */
  double       last_rate, gamma;
  guint        step_epochs;
  double       clip;               /* largest L2 norm of all gradients together; 0: none */
  double       loss_scale;         /* that gradients are computed with, a power of two */
  gboolean     dynamic;            /* halved after a step that is not finite, doubled after
                                    * ANF_SCALE_PATIENCE good ones */
  double       byte_scale;         /* factor of bytes that are fed to fp16 ports */
} AnfTrainSettings;

#define ANF_SCALE_PATIENCE 2000

void anf_train_settings_init (AnfTrainSettings *settings);

/* ---------------------------------------------------------------- data */

/* Samples with their labels, in two parts: to train with and, maybe, held out. */
typedef struct _AnfDataset AnfDataset;

/* .npz: X and y, or x_train, y_train (Xtr, ytr), x_test, y_test (Xte, yte), or members called like
 * the document's inputs and y. IDX, plain or gzipped: a file of images, its labels beside it, or a
 * folder of them with train-* and t10k-*. .csv: numbers, the last column (or one called label, y,
 * class, target) the label. A folder with one folder of images (PNG, PGM, PPM) per class. */
AnfDataset *anf_dataset_open    (const char *path, GError **error);
/* @names and @features belong together; @labels [n] of integers, or targets. All keep their first
 * axis: samples. */
AnfDataset *anf_dataset_new     (AnfTensors *features, AnfTensor *labels, GError **error);
AnfDataset *anf_dataset_ref     (AnfDataset *self);
void        anf_dataset_unref   (AnfDataset *self);
gsize       anf_dataset_n       (const AnfDataset *self);      /* to train with */
gsize       anf_dataset_n_held  (const AnfDataset *self);
guint       anf_dataset_n_classes (const AnfDataset *self);    /* 0: the labels are no classes */
const char *anf_dataset_class   (const AnfDataset *self, guint i);  /* name (nullable) */
/* Holds @fraction of the samples out, drawn with @seed, if none are held out yet. */
void        anf_dataset_hold_out (AnfDataset *self, double fraction, guint64 seed);

/* ---------------------------------------------------------------- the trainer */

typedef struct
{
  guint64  step;                   /* steps done, those that were skipped among them */
  guint    epoch;                  /* the one this step was in, from 0 */
  gboolean epoch_ends;
  double   loss, accuracy;         /* of this batch, before the update; accuracy NAN: no classes */
  double   rate, scale;
  double   gradient;               /* L2 norm of all gradients; NAN: it stayed in the device */
  guint64  skipped;                /* steps so far that were not finite */
} AnfTrainStep;

typedef struct { double loss, accuracy; gsize n; } AnfTrainScore;

/* One trainable weight's health, after the last step. */
typedef struct
{
  const char *name;
  gsize       n;
  double      weight, gradient;    /* L2 norms; gradient NAN: it stayed in the device */
  gsize       zeros, infinities;   /* numbers of the gradient that fp16 lost at either end */
} AnfTrainHealth;

typedef struct _AnfTrainer AnfTrainer;

/* A trainer of @graph, whose trainable weights are in use. NULL with an error: ANF_ERROR_BAD_INPUT
 * for data that does not fit, ANF_ERROR_BAD_GRAPH for what has no gradient. */
AnfTrainer  *anf_trainer_new      (AnfGraph *graph, AnfDataset *data,
                                   const AnfTrainSettings *settings, const AnfOptions *options,
                                   const AnfProgress *progress, GError **error);
void         anf_trainer_free     (AnfTrainer *self);
const AnfTrainSettings *anf_trainer_settings (const AnfTrainer *self);
/* With what was found out: the objective. */
guint64      anf_trainer_n_steps  (const AnfTrainer *self);    /* of all epochs */
guint64      anf_trainer_done     (const AnfTrainer *self);    /* steps so far */
guint        anf_trainer_n_weights (const AnfTrainer *self);
gsize        anf_trainer_n_params (const AnfTrainer *self);
/* What the numbers are in danger of (nullable): one sentence. */
const char  *anf_trainer_warning  (const AnfTrainer *self);
/* One batch, or as many as are unrolled; @step tells of the last, with the mean of their losses. */
gboolean     anf_trainer_step     (AnfTrainer *self, AnfTrainStep *step,
                                   const AnfProgress *progress, GError **error);
/* Over the samples held out (@held) or those trained with. */
gboolean     anf_trainer_score    (AnfTrainer *self, gboolean held, AnfTrainScore *score,
                                   const AnfProgress *progress, GError **error);
void         anf_trainer_health   (AnfTrainer *self, guint i, AnfTrainHealth *health);
/* fp32, by their names in the document (transfer full). */
AnfTensors  *anf_trainer_weights  (AnfTrainer *self);
/* The document with them in it (transfer full). */
AnfGraph    *anf_trainer_graph    (AnfTrainer *self, GError **error);
/* What a run is made of that goes on later as if it had never stopped; written atomically. The
 * name ends in .safetensors. */
gboolean     anf_trainer_save     (AnfTrainer *self, const char *path, GError **error);
/* Of a trainer made from the same document, data and settings; else ANF_ERROR_BAD_FILE. */
gboolean     anf_trainer_load     (AnfTrainer *self, const char *path, GError **error);

/* The graph of the loss with the gradients of all trainable weights as outputs "d_NAME", to be
 * looked at (transfer full). */
AnfGraph    *anf_train_gradients  (AnfGraph *graph, const AnfTrainSettings *settings,
                                   GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfDataset, anf_dataset_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfTrainer, anf_trainer_free)

G_END_DECLS
