/* anf-compare.h - the part of anf.h that holds one thing against another: what a run showed, as
 * plain data, against another run; a document against another one. */
#pragma once

#include "anf-lens.h"

G_BEGIN_DECLS

/* ---------------------------------------------------------------- records */

/* Times in microseconds; NAN: not known. Strings are the record's. */
typedef struct
{
  AnfId      node;
  char      *name, *op;
  char      *weight;               /* digest of its first weight (nullable) */
  int        segment;              /* -1: it is in none, another operator has its work */
  AnfId      into;                 /* that other one, whose time has this one's; 0: its own */
  AnfStats   us;
  double     flops;
  gsize      bytes;
} AnfRecordOp;

typedef struct
{
  char      *name, *kind, *device, *reason;      /* @reason nullable */
  AnfStats   us;
  double     estimate_us;          /* for the target */
  gsize      bytes_in, bytes_out;
} AnfRecordSegment;

typedef struct
{
  char      *node, *role, *encoding, *why;       /* @why nullable */
  gsize      bytes, plain_bytes;   /* as chosen; as fp16 */
  double     error;                /* relative, Frobenius */
  gboolean   streams, pinned;
} AnfRecordWeight;

typedef struct
{
  char      *output, *metric, *inputs, *problem; /* last two nullable */
  double     limit, value;
  gboolean   ok, random;
  guint      samples;
} AnfRecordGate;

typedef struct
{
  char      *target, *title, *basis, *from, *why;      /* @why: there is no figure, nor basis */
  double     us, low, high;
} AnfRecordEstimate;

/* What a run of a document showed. Only read it. */
typedef struct
{
  gint64     when;                 /* seconds of Unix time */
  char      *title, *hash, *target, *opt, *compress, *device, *numerics, *version;
  guint      threads, runs;
  AnfStats   total;
  double     first_us, compile_us, load_us;
  gsize      peak_bytes;
  GArray    *segments, *ops, *weights, *gates, *estimates;   /* of the structs above */
} AnfRecord;

#define ANF_TYPE_RECORD (anf_record_get_type ())
GType      anf_record_get_type (void);
/* @gates (nullable): measured of the same graph. @when 0: now. Reads weights and estimates for all
 * targets: some milliseconds. */
AnfRecord *anf_record_new      (AnfProfile *profile, const AnfGates *gates, gint64 when);
AnfRecord *anf_record_ref      (AnfRecord *self);
void       anf_record_unref    (AnfRecord *self);
/* One JSON object; members are called as in `aneforge profile|gate|estimate --json`. */
char      *anf_record_text     (const AnfRecord *self);
/* The same back. NULL with ANF_ERROR_BAD_FILE. */
AnfRecord *anf_record_read     (const char *text, gsize length, GError **error);
gsize      anf_record_weight_bytes (const AnfRecord *self);

/* ---------------------------------------------------------------- two runs */

typedef enum { ANF_RUN_SAME, ANF_RUN_FASTER, ANF_RUN_SLOWER } AnfRunVerdict;

/* Of @b against @a, told by medians: the same if either median is between the other's 10th and 90th
 * percentile, or if the notches of the two overlap: median +- 1.57 IQR / sqrt(n), where two medians
 * differ at about 95 % (McGill, Tukey, Larsen, Variations of Box Plots, The American Statistician
 * 32, 1978). The quartiles are taken from the percentiles as those of a normal distribution. */
AnfRunVerdict anf_run_verdict  (const AnfStats *a, guint n_a, const AnfStats *b, guint n_b);
const char   *anf_run_verdict_name (AnfRunVerdict verdict);    /* "same" "faster" "slower" */

/* Operators that can be told apart in neither run, or in one only, are one row. */
typedef struct
{
  guint         n_a, n_b;          /* operators; 0: it is in the other run only */
  const AnfRecordOp *const *a, *const *b;      /* in run order, borrowed from the records */
  AnfStats      us_a, us_b;        /* of one operator each its own; of several their sums */
  AnfRunVerdict verdict;
} AnfComparedOps;

typedef struct _AnfComparison AnfComparison;
/* Operators are matched by kind and name, else by kind and weight, else, in documents of one title,
 * by kind and id; what was folded into another one goes with that: so they meet across fusions. */
AnfComparison *anf_compare          (AnfRecord *a, AnfRecord *b);
void           anf_comparison_free  (AnfComparison *self);
guint          anf_comparison_n     (const AnfComparison *self);
const AnfComparedOps *anf_comparison_nth (const AnfComparison *self, guint i);
/* Of the whole. */
AnfRunVerdict  anf_comparison_total (const AnfComparison *self);

/* ---------------------------------------------------------------- two documents */

typedef enum { ANF_ADDED, ANF_REMOVED, ANF_CHANGED } AnfChangeKind;

/* Nodes are known by their names. */
typedef struct
{
  AnfChangeKind kind;
  AnfId         node_a, node_b;    /* 0: it is not there, or the change concerns no node */
  const char   *node, *field;      /* its name (nullable); of a change: what (nullable) */
  GVariant     *a, *b;             /* values of the field: text, a number, or lists (nullable) */
} AnfChange;

typedef struct _AnfDiff AnfDiff;
/* @tol: relative difference of numbers that does not count; weights are compared as a whole. With
 * @packed settings and encodings do not count: one is a bundle, its weights are decoded. The first
 * time it reads weights that differ: not for the main thread. */
AnfDiff        *anf_diff            (const AnfGraph *a, const AnfGraph *b, double tol,
                                     gboolean packed);
void            anf_diff_free       (AnfDiff *self);
/* Nodes that are gone, then new ones, then what changed, in the order of the documents. */
guint           anf_diff_n          (const AnfDiff *self);
const AnfChange *anf_diff_nth       (const AnfDiff *self, guint i);
/* "0.25", "—" where there is none (transfer full). */
char           *anf_change_text     (GVariant *value);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfRecord, anf_record_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfComparison, anf_comparison_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfDiff, anf_diff_free)

G_END_DECLS
