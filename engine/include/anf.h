/* anf.h - the engine as the rest of the program sees it: the only door into engine/. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* ---------------------------------------------------------------- types and tensors */

#define ANF_MAX_RANK 5        /* of anything that flows along a wire */
#define ANF_MAX_TENSOR_RANK 8 /* of what a weight file may hold */

typedef enum
{
  ANF_F16, ANF_F32, ANF_U8, ANF_I32, ANF_BOOL,                 /* may flow along a wire */
  ANF_F64, ANF_BF16, ANF_I8, ANF_I16, ANF_U16, ANF_U32, ANF_I64, ANF_U64,  /* files only */
  ANF_N_DTYPES
} AnfDtype;

typedef guint64 AnfId;        /* of a node; 0: none; never reused in a document; below 2^53 */

typedef struct { AnfDtype dtype; guint rank; int dim[ANF_MAX_RANK]; } AnfType;
typedef struct { AnfId node; guint port; } AnfRef;             /* node 0: unconnected */

const char *anf_dtype_name     (AnfDtype dtype);               /* "fp16" */
gboolean    anf_dtype_from_name (const char *name, AnfDtype *dtype);
gsize       anf_dtype_size     (AnfDtype dtype);               /* bytes per element */
gsize       anf_type_elements  (const AnfType *type);
gsize       anf_type_bytes     (const AnfType *type);
gboolean    anf_type_equal     (const AnfType *a, const AnfType *b);
char       *anf_type_to_string (const AnfType *type);          /* "1×16×28×28"; "scalar" */

/* Numbers in memory or in a mapped file; never changes. Row-major, little endian. */
typedef struct _AnfTensor AnfTensor;
AnfTensor  *anf_tensor_new        (AnfDtype dtype, guint rank, const gint64 *shape,
                                   GBytes *bytes);             /* holds a reference on @bytes */
AnfTensor  *anf_tensor_new_floats (guint rank, const gint64 *shape, const float *values);
AnfTensor  *anf_tensor_ref        (AnfTensor *self);
void        anf_tensor_unref      (AnfTensor *self);
AnfDtype    anf_tensor_dtype      (const AnfTensor *self);
guint       anf_tensor_rank       (const AnfTensor *self);
gint64      anf_tensor_dim        (const AnfTensor *self, guint axis);
gsize       anf_tensor_elements   (const AnfTensor *self);
GBytes     *anf_tensor_bytes      (const AnfTensor *self);     /* borrowed */
char       *anf_tensor_shape_text (const AnfTensor *self);
/* XXH3 over dtype, shape and numbers, as hex. Read once: not for the main thread. */
const char *anf_tensor_digest     (const AnfTensor *self);
void        anf_tensor_read       (const AnfTensor *self, gsize begin, gsize count, float *out);
void        anf_tensor_read_double (const AnfTensor *self, gsize begin, gsize count, double *out);
/* @init: zeros ones normal uniform he xavier; NULL with an error if unknown or too large. */
AnfTensor  *anf_tensor_new_init   (const char *init, guint rank, const gint64 *shape,
                                   double scale, guint64 seed, GError **error);
/* The generator of the test cases: normal (0, scale), reproducible on every machine. */
void        anf_random_normal     (guint64 seed, double scale, gsize n, float *out);
void        anf_random_uniform01  (guint64 seed, gsize n, double *out);

/* Tensors by name, in order: a weight file, the inputs of a run, its outputs. */
typedef struct _AnfTensors AnfTensors;
AnfTensors *anf_tensors_new       (void);
AnfTensors *anf_tensors_open      (const char *path, GError **error);  /* .safetensors .npy .npz */
AnfTensors *anf_tensors_ref       (AnfTensors *self);
void        anf_tensors_unref     (AnfTensors *self);
void        anf_tensors_add       (AnfTensors *self, const char *name, AnfTensor *tensor);
guint       anf_tensors_n         (const AnfTensors *self);
const char *anf_tensors_nth_name  (const AnfTensors *self, guint i);   /* of a .npy: "" */
/* (transfer full); an error if there is none of that name or its data cannot be read. */
AnfTensor  *anf_tensors_get       (AnfTensors *self, const char *name, GError **error);
gboolean    anf_npy_save          (const char *path, const AnfTensor *tensor, GError **error);
gboolean    anf_npz_save          (const char *path, AnfTensors *tensors, GError **error);
gboolean    anf_safetensors_save  (const char *path, AnfTensors *tensors, GError **error);

/* ---------------------------------------------------------------- errors, progress */

/* A failure that belongs to a node says so. What is wrong with a graph is a finding instead. */
#define ANF_ERROR (anf_error_quark ())
typedef enum
{
  ANF_ERROR_BAD_FILE,       /* unreadable, damaged, of a newer version */
  ANF_ERROR_BAD_GRAPH,      /* cannot be a graph: a loop, a wire to nowhere */
  ANF_ERROR_BAD_INPUT,      /* what was fed does not fit the ports */
  ANF_ERROR_REFUSED,        /* the document has error findings, or the target refuses it */
  ANF_ERROR_COMPILE,
  ANF_ERROR_RUN,            /* the device failed */
} AnfErrorCode;
GQuark      anf_error_quark     (void);
void        anf_error_set_node  (GError **error, AnfErrorCode code, AnfId node,
                                 const char *field, const char *format, ...) G_GNUC_PRINTF (5, 6);
AnfId       anf_error_get_node  (const GError *error);         /* 0: concerns no node */
const char *anf_error_get_field (const GError *error);         /* (nullable) */

/* Progress and cancellation travel together. @notify may be called from any thread. */
typedef struct
{
  GCancellable *cancellable;
  void        (*notify) (const char *stage, double fraction, gpointer data);
  gpointer      data;
} AnfProgress;
gboolean    anf_progress_step   (const AnfProgress *self, const char *stage, double fraction,
                                 GError **error);              /* FALSE: cancelled */

/* ---------------------------------------------------------------- operators: a constant table */

typedef struct _AnfOp AnfOp;

typedef enum
{
  ANF_CAT_IO, ANF_CAT_CONST, ANF_CAT_COMPUTE, ANF_CAT_ACTIVATION, ANF_CAT_ELEMENTWISE,
  ANF_CAT_POOL, ANF_CAT_NORM, ANF_CAT_REDUCE, ANF_CAT_SHAPE, ANF_CAT_ATTENTION, ANF_CAT_BRIDGE,
  ANF_CAT_SUBGRAPH, ANF_N_CATEGORIES
} AnfCategory;

typedef enum { ANF_NATIVE, ANF_DECOMPOSE, ANF_BRIDGE, ANF_REJECT } AnfAvailability;
typedef enum { ANF_REQUIRED, ANF_OPTIONAL = 1 << 0, ANF_VARIADIC = 1 << 1,
               ANF_ENCODABLE = 1 << 2,
               ANF_TRANSPOSED = 1 << 3, /* a role in [in, out]: stored and encoded as [out, in] */
               ANF_INTEGERS = 1 << 4 /* a port that takes int32; others do not */
} AnfFlags;

typedef enum
{
  ANF_ATTR_REAL,            /* GVariant "d" */
  ANF_ATTR_INT,             /* "x" */
  ANF_ATTR_INTS,            /* "x", one for all axes, or "ax" */
  ANF_ATTR_REALS,           /* "d" or "ad" */
  ANF_ATTR_FLAG,            /* "b" */
  ANF_ATTR_TEXT,            /* "s" */
  ANF_ATTR_CHOICE,          /* "s", one of choices */
} AnfAttrKind;

typedef struct { const char *name; AnfFlags flags; const char *doc; } AnfPort;  /* input, role */
typedef struct
{
  const char        *name;
  AnfAttrKind        kind;
  /* default as text ("1", "0.01", "1,1", "true"); "": worked out by the row; NULL: required */
  const char        *preset;
  double             min, max;      /* both 0: any */
  const char *const *choices;       /* NULL-terminated, for ANF_ATTR_CHOICE */
  const char        *doc;
} AnfAttr;

const AnfOp   *anf_op_lookup   (const char *name);             /* NULL: not in the table */
const AnfOp   *anf_op_nth      (guint i);                      /* NULL past the end */
/* Operators of the chips that no graph can have: found by no lookup; NULL past the end. */
const AnfOp   *anf_op_nth_walled (guint i);
/* of those: what to use in its place, one sentence; NULL for all others */
const char    *anf_op_instead  (const AnfOp *op);
const char    *anf_op_name     (const AnfOp *op);              /* as in files and MIL */
const char    *anf_op_title    (const AnfOp *op);
const char    *anf_op_doc      (const AnfOp *op);
const char    *anf_op_quirk    (const AnfOp *op);              /* (nullable) */
AnfCategory    anf_op_category (const AnfOp *op);
const char    *anf_category_name  (AnfCategory category);      /* "compute": for css and icons */
const char    *anf_category_title (AnfCategory category);
const AnfPort *anf_op_input    (const AnfOp *op, guint i);     /* NULL past the end */
const AnfPort *anf_op_role     (const AnfOp *op, guint i);     /* weight roles */
const AnfAttr *anf_op_attr     (const AnfOp *op, guint i);
/* "fused" "bridge" "host" "source"; "walled": in no graph */
const char    *anf_op_route    (const AnfOp *op);
/* How a loss goes back through it: by a "rule" of its own, or of its "parts", or "none" */
const char    *anf_op_gradient (const AnfOp *op);
const char    *anf_op_flat     (const AnfOp *op);              /* why there is none; else NULL */
const char    *anf_op_onnx     (const AnfOp *op);              /* ONNX operator (nullable) */
AnfAvailability anf_op_on      (const AnfOp *op, guint family);
const char    *anf_availability_name (AnfAvailability availability);

/* ---------------------------------------------------------------- graphs */

typedef enum { ANF_FP16, ANF_INT8, ANF_INT4, ANF_SPARSE, ANF_BLOCKWISE, ANF_N_ENCODINGS,
               ANF_AUTO = ANF_N_ENCODINGS } AnfEncoding;
const char *anf_encoding_name      (AnfEncoding encoding);     /* "fp16", "auto" */
gboolean    anf_encoding_from_name (const char *name, AnfEncoding *encoding);

/* One entry of the document's "weights". Made from a file it always exists: if the file cannot be
 * read, @tensor is NULL and @problem says why, so that the document still opens. */
typedef struct _AnfWeight AnfWeight;
AnfWeight  *anf_weight_new_file   (const char *name, const char *path, const char *tensor);
AnfWeight  *anf_weight_new_values (const char *name, AnfTensor *tensor);
AnfWeight  *anf_weight_new_init   (const char *name, const char *init, guint rank,
                                   const gint64 *shape, double scale, guint64 seed);
AnfWeight  *anf_weight_ref        (AnfWeight *self);
void        anf_weight_unref      (AnfWeight *self);
const char *anf_weight_name       (const AnfWeight *self);
AnfTensor  *anf_weight_tensor     (const AnfWeight *self);     /* borrowed (nullable) */
const char *anf_weight_problem    (const AnfWeight *self);     /* (nullable) */
char       *anf_weight_source     (const AnfWeight *self);     /* "a.safetensors: c1.w" */
gboolean    anf_weight_trainable  (const AnfWeight *self);

/* How the document wants to be compiled ("compile"); strings are interned. */
typedef struct
{
  const char *target;       /* architecture name; NULL: h16s */
  const char *opt;          /* "0" "1" "2" "routes" */
  AnfEncoding compress;     /* of weights that choose nothing themselves */
  double      atol;         /* limit of the weight gate, relative Frobenius error */
  guint       block_size;   /* of blockwise */
} AnfSettings;

typedef struct
{
  const char *output;       /* public name of an output; strings are interned */
  const char *metric;       /* rel_l2 max_abs cosine psnr top1 */
  double      limit;
  const char *inputs;       /* .npz beside the document (nullable: one random sample, seed 0) */
} AnfGate;

typedef struct _AnfNode         AnfNode;
typedef struct _AnfGraph        AnfGraph;
typedef struct _AnfGraphBuilder AnfGraphBuilder;

AnfId        anf_node_id        (const AnfNode *self);
/* of a placeholder: the row "unknown" */
const AnfOp *anf_node_op        (const AnfNode *self);
const char  *anf_node_op_name   (const AnfNode *self);         /* as in the file */
const char  *anf_node_name      (const AnfNode *self);
/* ports, a variadic one as often as wired */
guint        anf_node_n_inputs  (const AnfNode *self);
AnfRef       anf_node_input     (const AnfNode *self, guint i);
const char  *anf_node_input_name (const AnfNode *self, guint i);
guint        anf_node_n_outputs (const AnfNode *self);
/* (transfer full) (nullable); default applied */
GVariant    *anf_node_attr      (const AnfNode *self, const char *name);
gboolean     anf_node_attr_is_set (const AnfNode *self, const char *name);
gint64       anf_node_int       (const AnfNode *self, const char *name);
double       anf_node_real      (const AnfNode *self, const char *name);
gboolean     anf_node_flag      (const AnfNode *self, const char *name);
const char  *anf_node_text      (const AnfNode *self, const char *name);  /* (nullable) */
/* their number, may exceed @max */
guint        anf_node_ints      (const AnfNode *self, const char *name, gint64 *out, guint max);
/* name in the table (nullable) */
const char  *anf_node_weight    (const AnfNode *self, const char *role);
/* TRUE: chosen here */
gboolean     anf_node_encoding  (const AnfNode *self, const char *role, AnfEncoding *own);
void         anf_node_position  (const AnfNode *self, double *x, double *y);
const char  *anf_node_group     (const AnfNode *self);         /* path "block3/attn" (nullable) */

/* Graphs are immutable values, shared between threads; ids are stable across edits and undo. */
#define ANF_TYPE_GRAPH (anf_graph_get_type ())
GType            anf_graph_get_type     (void);
AnfGraph        *anf_graph_ref          (AnfGraph *self);
void             anf_graph_unref        (AnfGraph *self);
const char      *anf_graph_title        (const AnfGraph *self);
/* producers before consumers */
guint            anf_graph_n_nodes      (const AnfGraph *self);
const AnfNode   *anf_graph_nth          (const AnfGraph *self, guint i);
const AnfNode   *anf_graph_find         (const AnfGraph *self, AnfId id);  /* (nullable) */
const AnfNode   *anf_graph_find_name    (const AnfGraph *self, const char *name);
/* along wires */
gboolean         anf_graph_reaches      (const AnfGraph *self, AnfId from, AnfId to);
guint            anf_graph_n_outputs    (const AnfGraph *self);
/* public name */
const char      *anf_graph_nth_output   (const AnfGraph *self, guint i, AnfRef *from);
guint            anf_graph_n_weights    (const AnfGraph *self);            /* sorted by name */
AnfWeight       *anf_graph_nth_weight   (const AnfGraph *self, guint i);   /* borrowed */
AnfWeight       *anf_graph_find_weight  (const AnfGraph *self, const char *name);
/* borrowed (nullable) */
AnfTensor       *anf_graph_tensor_of    (const AnfGraph *self, const AnfNode *node,
                                         const char *role);
const AnfSettings *anf_graph_settings   (const AnfGraph *self);
guint            anf_graph_n_gates      (const AnfGraph *self);
const AnfGate   *anf_graph_nth_gate     (const AnfGraph *self, guint i);
/* where relative files are (nullable) */
const char      *anf_graph_folder       (const AnfGraph *self);
/* SHA-256 of what a run depends on: not of positions, titles and names of values inside. Known once
 * the graph was checked; before that it reads all weights, so not for the main thread. */
const char      *anf_graph_hash         (const AnfGraph *self);

AnfGraphBuilder *anf_graph_builder_new          (const AnfGraph *base);    /* (nullable) */
/* a fresh unique name */
AnfId            anf_graph_builder_add          (AnfGraphBuilder *self, const AnfOp *op);
/* its wires and outputs too */
void             anf_graph_builder_remove       (AnfGraphBuilder *self, AnfId id);

/* @from.node 0 disconnects. Past the last wire of a variadic port: appends; disconnecting one of
 * its wires closes the gap. */
void             anf_graph_builder_connect      (AnfGraphBuilder *self, AnfRef from, AnfId to,
                                                 guint in);
/* floating taken; NULL: default */
void             anf_graph_builder_set_attr     (AnfGraphBuilder *self, AnfId id,
                                                 const char *name, GVariant *value);
/* FALSE: invalid or taken */
gboolean         anf_graph_builder_set_name     (AnfGraphBuilder *self, AnfId id, const char *name);
void             anf_graph_builder_set_position (AnfGraphBuilder *self, AnfId id, double x,
                                                 double y);
void             anf_graph_builder_set_group    (AnfGraphBuilder *self, AnfId id,
                                                 const char *group);
/* NULL: none */
void             anf_graph_builder_set_weight   (AnfGraphBuilder *self, AnfId id,
                                                 const char *role, const char *weight);
void             anf_graph_builder_set_encoding (AnfGraphBuilder *self, AnfId id,
                                                 const char *role, AnfEncoding encoding);
void             anf_graph_builder_unset_encoding (AnfGraphBuilder *self, AnfId id,
                                                   const char *role);
/* adds, or replaces that name */
void             anf_graph_builder_put_weight   (AnfGraphBuilder *self, AnfWeight *weight);
void             anf_graph_builder_drop_weight  (AnfGraphBuilder *self, const char *name);
/* adds or changes; node 0 removes */
void             anf_graph_builder_set_output   (AnfGraphBuilder *self, const char *name,
                                                 AnfRef from);
gboolean         anf_graph_builder_rename_output (AnfGraphBuilder *self, const char *name,
                                                  const char *to);
void             anf_graph_builder_set_title    (AnfGraphBuilder *self, const char *title);
void             anf_graph_builder_set_settings (AnfGraphBuilder *self,
                                                 const AnfSettings *settings);
void             anf_graph_builder_set_gates    (AnfGraphBuilder *self, guint n,
                                                 const AnfGate *gates);
char            *anf_graph_builder_fresh_weight_name (AnfGraphBuilder *self, const char *stem);
void             anf_graph_builder_free         (AnfGraphBuilder *self);   /* gives up */
/* Frees the builder. NULL with an error that names the node where a wire closes a loop. */
AnfGraph        *anf_graph_builder_end          (AnfGraphBuilder *self, GError **error);
/* [A-Za-z_][A-Za-z0-9_]* */
gboolean         anf_name_is_valid              (const char *name);

#include "anf-note.h"

/* The document file, NAME.anf. Loading succeeds for all that JSON and structure permit. */
AnfGraph  *anf_document_load  (const char *path, GError **error);
AnfGraph  *anf_document_parse (const char *text, gsize length, const char *folder, GError **error);
/* weight paths relative to @folder */
char      *anf_document_text  (const AnfGraph *graph, const char *folder);
/* atomic */
gboolean   anf_document_save  (const AnfGraph *graph, const char *path, GError **error);

/* ---------------------------------------------------------------- chips */

guint       anf_arch_n      (void);                            /* 25 names */
const char *anf_arch_nth    (guint i);
guint       anf_arch_family (const char *arch);                /* 1..5; 0: unknown name */
const char *anf_arch_title  (const char *arch);                /* "M1" */
/* else it unpacks before use */
gboolean    anf_family_streams (guint family, AnfEncoding encoding);

/* ---------------------------------------------------------------- check */

typedef enum { ANF_HINT, ANF_WARNING, ANF_ERROR_FINDING } AnfSeverity;
typedef struct
{
  AnfSeverity severity;
  const char *code;         /* stable: "SHP101" */
  AnfId       node;         /* 0: the document */
  const char *field;        /* port, attribute or role (nullable) */
  const char *message;      /* one sentence with the offending values */
  const char *hint;         /* what to do (nullable) */
} AnfFinding;
const char *anf_severity_name (AnfSeverity severity);          /* "error" "warning" "hint" */

#define ANF_TYPE_REPORT (anf_report_get_type ())
typedef struct _AnfReport AnfReport;
GType             anf_report_get_type   (void);
/* NULL: the document's, else h16s */
AnfReport        *anf_check             (AnfGraph *graph, const char *target);
AnfReport        *anf_report_ref        (AnfReport *self);
void              anf_report_unref      (AnfReport *self);
AnfGraph         *anf_report_graph      (const AnfReport *self);            /* borrowed */
const char       *anf_report_target     (const AnfReport *self);
gboolean          anf_report_ok         (const AnfReport *self);            /* no error finding */
/* (nullable) */
const AnfType    *anf_report_type       (const AnfReport *self, AnfId id, guint port);
double            anf_report_flops      (const AnfReport *self, AnfId id);  /* 2 per multiply-add */
/* What no magnitude of the value exceeds in a run, whatever the profile, if inputs keep what their
 * max_abs promises; INFINITY: not known, or it may overflow fp16. */
double            anf_report_bound      (const AnfReport *self, AnfId id, guint port);
/* of all weights in use */
gsize             anf_report_n_params   (const AnfReport *self);
guint             anf_report_n_findings (const AnfReport *self);
const AnfFinding *anf_report_nth_finding (const AnfReport *self, guint i);

/* The same report with what its plan says as well: a document that does little but start programs
 * (EST301), bridges that are left whole (RTE301). Slower than a check: it plans and estimates. */
AnfReport        *anf_advise            (const AnfReport *report);

/* What mends a finding in one step: "Transpose x before fc" (transfer full); NULL: nothing known
 * does. @exact (nullable): every number that was right before is the same afterwards. Quick. */
char             *anf_fix_label         (const AnfReport *report, guint finding,
                                         gboolean *exact);
/* The graph with it done (transfer full): that finding is gone from its check, and there is no
 * error that was not there before. NULL with an error if that could not be had. */
AnfGraph         *anf_fix_apply         (const AnfReport *report, guint finding, GError **error);

/* A composite's parts in its place, by a builder of the report's graph: the same numbers, bit for
 * bit; the last has its id and name. FALSE, and nothing done: it is none, or a wire has no type. */
gboolean anf_graph_builder_unfold (AnfGraphBuilder *self, const AnfReport *report, AnfId id);

/* What a chip says of a checked graph, arrays of AnfId. */
typedef struct { gboolean ok; GArray *reject, *decompose, *oversize; } AnfVerdict;
AnfVerdict       *anf_preflight         (const AnfReport *report, const char *arch);
void              anf_verdict_free      (AnfVerdict *self);

/* ---------------------------------------------------------------- weights and their encodings */

typedef struct
{
  gboolean    applies;      /* else @why says why not, and @bytes, @error mean nothing */
  gsize       bytes;        /* payload: data, scales, table, mask */
  double      error;        /* ||decoded - w||F / ||w||F, over the weight as in the document */
  gboolean    streams;      /* stays packed up to the multiplier on the target; else it folds */
  gboolean    ok;           /* passes the weight gate (error <= atol), lossless ones always */
  const char *why;          /* one sentence (nullable) */
} AnfEncodingFacts;

typedef struct
{
  AnfId            node;
  const char      *role, *name;      /* role of the node; name in the weight table */
  guint            rank;
  gint64           shape[ANF_MAX_TENSOR_RANK];
  gboolean         pinned;           /* the node chooses itself, not the document */
  AnfEncoding      asked, chosen;
  /* why @chosen is not @asked, or why auto chose it (nullable) */
  const char      *why;
  AnfEncodingFacts encoding[ANF_N_ENCODINGS];  /* a compiled program fills @chosen only */
} AnfWeightFacts;

#define ANF_TYPE_WEIGHTS (anf_weights_get_type ())
typedef struct _AnfWeights AnfWeights;
GType                 anf_weights_get_type (void);
/* Every encoding of every encodable weight. @previous (nullable): its figures are reused where the
 * tensor and the settings they rest on are the same. */
AnfWeights           *anf_weights_survey (AnfGraph *graph, const AnfSettings *settings,
                                          const AnfWeights *previous,
                                          const AnfProgress *progress, GError **error);
AnfWeights           *anf_weights_ref    (AnfWeights *self);
void                  anf_weights_unref  (AnfWeights *self);
guint                 anf_weights_n      (const AnfWeights *self);
const AnfWeightFacts *anf_weights_nth    (const AnfWeights *self, guint i);

/* ---------------------------------------------------------------- compile and run */

typedef enum { ANF_NUMERICS_ANE, ANF_NUMERICS_LANES, ANF_NUMERICS_FP32 } AnfNumerics;
const char *anf_numerics_name      (AnfNumerics numerics);     /* "ane" "ane-lanes" "fp32" */
gboolean    anf_numerics_from_name (const char *name, AnfNumerics *numerics);

typedef struct
{
  AnfSettings settings;     /* start from the document's: anf_options_init */
  AnfNumerics numerics;
  guint       threads;      /* 0: online cores */
  const char *device;       /* what computes: "cpu" "e5rt" (NULL: cpu); interned */
} AnfOptions;
void anf_options_init (AnfOptions *options, const AnfGraph *graph);

/* Devices: "cpu", and "e5rt", the engine itself through the runtime of macOS. NULL past the end. */
const char *anf_device_nth     (guint i);
const char *anf_device_title   (const char *name);
/* FALSE with an error that says in one sentence why it cannot be had here. The first time this
 * loads the device's library; then it costs nothing. */
gboolean    anf_device_is_here (const char *name, GError **error);

typedef enum { ANF_SEGMENT_FUSED, ANF_SEGMENT_BRIDGE, ANF_SEGMENT_HOST } AnfSegmentKind;
const char *anf_segment_kind_name (AnfSegmentKind kind);       /* "fused" "bridge" "host" */

#define ANF_TYPE_PLAN (anf_plan_get_type ())
typedef struct _AnfPlan AnfPlan;
typedef struct
{
  const char    *name;      /* "s0"; bridges "b1"; numbered in the order they run */
  AnfSegmentKind kind;
  guint          n_nodes;
  const AnfId   *nodes;     /* in the order they run */
  guint          n_reads, n_writes;
  const AnfRef  *reads, *writes;    /* values that cross its border */
  gsize          bytes_in, bytes_out;
  const char    *reason;    /* why the border is here: one sentence (nullable: nothing was cut) */
} AnfSegment;
GType             anf_plan_get_type     (void);
/* of an ok report, with its graph's own settings */
AnfPlan          *anf_plan              (const AnfReport *report, GError **error);
/* @options: how much is rewritten first, and for which numerics; the target is the report's */
AnfPlan          *anf_plan_with         (const AnfReport *report, const AnfOptions *options,
                                         GError **error);
AnfPlan          *anf_plan_ref          (AnfPlan *self);
void              anf_plan_unref        (AnfPlan *self);
guint             anf_plan_n_segments   (const AnfPlan *self);
const AnfSegment *anf_plan_nth_segment  (const AnfPlan *self, guint i);
/* -1: in none (inputs, constants) */
int               anf_plan_segment_of   (const AnfPlan *self, AnfId id);
/* bytes of all values inside */
gsize             anf_plan_workspace    (const AnfPlan *self);

/* What the optimiser did, in the order it did it. Nodes are the document's; one that was left out
 * is in no segment. */
typedef struct
{
  const char  *rule;        /* stable: identity undo merge fold route decompose */
  const char  *what, *why;  /* one sentence each */
  guint        n_nodes;
  const AnfId *nodes;       /* the node rewritten, then others concerned */
} AnfRewrite;
guint             anf_plan_n_rewrites   (const AnfPlan *self);
const AnfRewrite *anf_plan_nth_rewrite  (const AnfPlan *self, guint i);

#define ANF_TYPE_PROGRAM (anf_program_get_type ())
typedef struct _AnfProgram AnfProgram;
GType             anf_program_get_type  (void);
/* graph -> report -> plan -> weights -> program; may be called on any thread. */
AnfProgram       *anf_compile           (AnfGraph *graph, const AnfOptions *options,
                                         const AnfProgress *progress, GError **error);
AnfProgram       *anf_program_ref       (AnfProgram *self);
void              anf_program_unref     (AnfProgram *self);
AnfGraph         *anf_program_graph     (const AnfProgram *self);           /* borrowed */
const AnfReport  *anf_program_report    (const AnfProgram *self);
const AnfPlan    *anf_program_plan      (const AnfProgram *self);
guint             anf_program_n_rewrites  (const AnfProgram *self);
const AnfRewrite *anf_program_nth_rewrite (const AnfProgram *self, guint i);
const AnfWeights *anf_program_weights   (const AnfProgram *self);
const AnfOptions *anf_program_options   (const AnfProgram *self);
/* "cpu": what computes */
const char       *anf_program_device    (const AnfProgram *self);
/* What computes this one: e5rt leaves bridges and host segments to the CPU. */
const char       *anf_program_segment_device (const AnfProgram *self, guint segment);
/* Compiles on the device itself, in the order of load: cold, of what this program had not compiled
 * before; warm, of what had to leave because too many were resident. They are part of compile_us if
 * they were before the first run. */
typedef struct { guint n_cold, n_warm; double cold_us, warm_us; } AnfDeviceTimes;
AnfDeviceTimes    anf_program_device_times (const AnfProgram *self);
double            anf_program_compile_us (const AnfProgram *self);
double            anf_program_load_us   (const AnfProgram *self);
guint             anf_program_n_inputs  (const AnfProgram *self);           /* in document order */
const char       *anf_program_nth_input (const AnfProgram *self, guint i, AnfType *type);
guint             anf_program_n_outputs (const AnfProgram *self);
const char       *anf_program_nth_output (const AnfProgram *self, guint i, AnfType *type);
/* text of a fused segment */
char             *anf_program_mil       (const AnfProgram *self, guint segment, GError **error);

/* Inputs for a program: what is given, the rest at random if @random; rules of DOCUMENT.md 2. */
AnfTensors       *anf_feed              (const AnfProgram *program, AnfTensors *given,
                                         gboolean random,
                                         guint64 seed, GError **error);

/* Outputs fp32, joined along the first axis when the inputs hold several samples. A program is not
 * run by two threads at once. @nodes (nullable) receives every node's value by name. */
AnfTensors       *anf_program_run       (AnfProgram *self, AnfTensors *inputs, AnfTensors **nodes,
                                         const AnfProgress *progress, GError **error);

/* ---------------------------------------------------------------- estimate */

/* Where a figure comes from. None of them is a measurement of the graph. */
typedef enum
{
  ANF_BASIS_MEASURED,       /* rates fitted to measurements of this very chip */
  ANF_BASIS_EXTRAPOLATED,   /* from another chip's, or through a bridge measured on another */
  ANF_BASIS_PACKAGE,        /* formulas of the aneforge package, for comparison; no interval */
} AnfBasis;
const char *anf_basis_name  (AnfBasis basis);                  /* "measured" */

typedef enum { ANF_BOUND_FLOOR, ANF_BOUND_MEMORY, ANF_BOUND_COMPUTE } AnfBound;
const char *anf_bound_name  (AnfBound bound);                  /* "floor" "memory" "compute" */

/* Microseconds. @fixed: what a program costs that does nothing; @activation: reading and writing
 * its ports, and values that do not fit inside; @weight: weights as they stream. */
typedef struct { double fixed, activation, weight, compute; } AnfTerms;
typedef struct { AnfId node; double us; AnfTerms terms; AnfBound bound; } AnfNodeEstimate;
typedef struct { double us, low, high; AnfTerms terms; AnfBound bound; } AnfSegmentEstimate;

#define ANF_TYPE_ESTIMATE (anf_estimate_get_type ())
typedef struct _AnfEstimate AnfEstimate;
GType              anf_estimate_get_type  (void);
/* How long a run of @plan may take on @target: an architecture or a measured machine ("m1" "m1-max"
 * "m2-pro" "m4" "m5" "m5-pro"). @weights (nullable): encodings; else all are fp16. Quick and pure:
 * may run at every keystroke. */
AnfEstimate       *anf_estimate           (const AnfPlan *plan, const AnfWeights *weights,
                                           const char *target);
/* The package's own formulas: host mode if @arch is NULL, else analytic. */
AnfEstimate       *anf_estimate_package   (const AnfPlan *plan, const char *arch);
AnfEstimate       *anf_estimate_ref       (AnfEstimate *self);
void               anf_estimate_unref     (AnfEstimate *self);
const char        *anf_estimate_target    (const AnfEstimate *self);
/* Why there is no figure: the target refuses the graph, or is unknown (nullable: there is one). */
const char        *anf_estimate_why       (const AnfEstimate *self);
/* Expected microseconds, and an 80 % interval: low <= us <= high. All 0 without figure. */
double             anf_estimate_us        (const AnfEstimate *self, double *low, double *high);
AnfBasis           anf_estimate_basis     (const AnfEstimate *self);
const char        *anf_estimate_from      (const AnfEstimate *self);   /* "M4" (nullable) */
double             anf_estimate_floor     (const AnfEstimate *self);   /* of one program */
guint              anf_estimate_n_segments (const AnfEstimate *self);  /* 0 without figure */
const AnfSegmentEstimate *anf_estimate_segment (const AnfEstimate *self, guint i);
guint              anf_estimate_n_nodes   (const AnfEstimate *self);   /* in run order */
const AnfNodeEstimate *anf_estimate_nth_node (const AnfEstimate *self, guint i);
const AnfNodeEstimate *anf_estimate_node  (const AnfEstimate *self, AnfId id);  /* (nullable) */

/* The architecture of a machine ("m4": "h16g"); an architecture is its own. NULL: neither. */
const char        *anf_target_arch        (const char *target);

/* The package's project_peak: what cores and clock say. FALSE: the chip's are not known. */
typedef struct { double tflops, relative, cores, ghz; } AnfPeak;   /* @relative: to the M1 */
gboolean           anf_project_peak       (const char *arch, AnfPeak *peak);

/* ---------------------------------------------------------------- measure */

#include "anf-errors.h"
#include "anf-hub.h"
typedef struct { double median_us, p10_us, p90_us, p99_us, min_us; } AnfStats;
typedef struct { AnfId node; AnfStats us; double flops; gsize bytes; } AnfOpProfile;

#define ANF_TYPE_PROFILE (anf_profile_get_type ())
typedef struct _AnfProfile AnfProfile;
GType               anf_profile_get_type   (void);
/* @inputs as made by anf_feed. Runs once (first run), @warmup times, then @runs times. */
AnfProfile         *anf_profile            (AnfProgram *program, AnfTensors *inputs, guint runs,
                                            guint warmup,
                                            const AnfProgress *progress, GError **error);
AnfProfile         *anf_profile_ref        (AnfProfile *self);
void                anf_profile_unref      (AnfProfile *self);
AnfProgram         *anf_profile_program    (const AnfProfile *self);        /* borrowed */
guint               anf_profile_runs       (const AnfProfile *self);
guint               anf_profile_threads    (const AnfProfile *self);
AnfStats            anf_profile_total      (const AnfProfile *self);
double              anf_profile_first_us   (const AnfProfile *self);
gsize               anf_profile_peak_bytes (const AnfProfile *self);
AnfStats            anf_profile_segment    (const AnfProfile *self, guint i);
guint               anf_profile_n_ops      (const AnfProfile *self);        /* in run order */
const AnfOpProfile *anf_profile_nth_op     (const AnfProfile *self, guint i);
const AnfOpProfile *anf_profile_op         (const AnfProfile *self, AnfId id);  /* (nullable) */
/* Chrome trace of the median run */
gboolean            anf_profile_save_trace (const AnfProfile *self, const char *path,
                                            GError **error);

typedef struct
{
  AnfGate     gate;
  double      value;
  gboolean    ok;
  guint       n_samples;
  gboolean    random_inputs;  /* no calibration file: seed 0 */
  char       *problem;        /* could not be measured (nullable) */
  AnfErrorSpread errors;      /* of the output, whatever the metric */
} AnfGateResult;

#define ANF_TYPE_GATES (anf_gates_get_type ())
typedef struct _AnfGates AnfGates;
GType                anf_gates_get_type (void);
/* The run under @options against the fp32 profile with the uncompressed weights. */
AnfGates            *anf_gates_measure  (AnfGraph *graph, const AnfOptions *options,
                                         const AnfProgress *progress, GError **error);
AnfGates            *anf_gates_ref      (AnfGates *self);
void                 anf_gates_unref    (AnfGates *self);
AnfGraph            *anf_gates_graph    (const AnfGates *self);
gboolean             anf_gates_ok       (const AnfGates *self);
guint                anf_gates_n        (const AnfGates *self);
const AnfGateResult *anf_gates_nth      (const AnfGates *self, guint i);

/* ---------------------------------------------------------------- export */

/* DIR is replaced atomically if it is a bundle; any other non-empty folder is an error. */
gboolean anf_bundle_save (const AnfProgram *program, const AnfGates *gates, const char *dir,
                          GError **error);
/* A bundle as a graph whose weights are the decoded ones, so that its programs compute the same
 * bits; nothing outside @dir is read, and every file is checked. @compiled (nullable): the settings
 * it was made with; the graph's own say fp16, for nothing is to be encoded twice. */
AnfGraph *anf_bundle_load (const char *dir, AnfSettings *compiled, GError **error);
#include "anf-export.h"

/* ---------------------------------------------------------------- import */

/* An operator of a model that no row of the table can stand for, and why. Its node is a placeholder
 * that keeps its attributes and wires; all else of the model still opens. */
typedef struct { char *op, *name, *reason; } AnfUnmapped;

/* A model of another program: .mil (text, its BLOBFILE beside it) or .mlpackage. */
typedef struct _AnfImport AnfImport;
gboolean           anf_import_knows        (const char *path); /* by its name alone */
/* @shapes (nullable): "NAME=1,3,224,224", for inputs whose shape is open. NULL with an error of one
 * line: file, place in it, cause. Numbers of weights stay in the mapped file where they can. */
AnfImport         *anf_import              (const char *path, const char *const *shapes,
                                            const AnfProgress *progress, GError **error);
AnfGraph          *anf_import_graph        (const AnfImport *self);         /* borrowed */
guint              anf_import_n_unmapped   (const AnfImport *self);
const AnfUnmapped *anf_import_nth_unmapped (const AnfImport *self, guint i); /* NULL past the end */
void               anf_import_free         (AnfImport *self);
/* Of all weights that are in no file, so that a document would have them as text. */
gsize              anf_graph_loose_numbers (const AnfGraph *graph);
/* The document at @path, and the weights that are in no file yet in STEM.safetensors beside it. */
gboolean           anf_graph_save_with_weights (AnfGraph *graph, const char *path,
                                                GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfTensor, anf_tensor_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfTensors, anf_tensors_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfWeight, anf_weight_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfGraph, anf_graph_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfGraphBuilder, anf_graph_builder_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfReport, anf_report_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfVerdict, anf_verdict_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfWeights, anf_weights_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfPlan, anf_plan_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfProgram, anf_program_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfEstimate, anf_estimate_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfProfile, anf_profile_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfGates, anf_gates_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfImport, anf_import_free)

G_END_DECLS

#include "anf-explore.h"
#include "anf-compare.h"
