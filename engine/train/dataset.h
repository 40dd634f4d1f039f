/* dataset.h - a data set from inside the engine: its parts, and how readers of files make one. */
#pragma once

#include "anf-train.h"

typedef enum { ANF_PART_TRAIN, ANF_PART_HELD, ANF_N_PARTS } AnfPart;

struct _AnfDataset
{
  struct
  {
    AnfTensors *features;          /* by name; the only one may have any. NULL: the part is empty */
    AnfTensor  *labels;
    gsize       n;
    guint      *index;             /* the samples in those tensors (nullable: all in order) */
  } part[ANF_N_PARTS];
  gboolean integers;               /* labels are classes */
  guint    n_classes;
  char   **classes;                /* their names (nullable) */
};

/* More samples, held out; FALSE with an error that tells what is wrong with them. */
gboolean anf_dataset_add_held    (AnfDataset *self, AnfTensors *features, AnfTensor *labels,
                                  GError **error);
/* NULL-terminated, (transfer full). */
void     anf_dataset_set_classes (AnfDataset *self, char **classes);
/* The numbers 0 .. n - 1 in an order that @seed determines. (transfer full) */
guint   *anf_shuffled            (gsize n, guint64 seed);
