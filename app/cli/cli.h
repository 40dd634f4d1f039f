/* cli.h - what the commands of `aneforge` share: options, exit codes, messages, JSON, tables. */
#pragma once

#include <json-glib/json-glib.h>

#include "anf.h"

/* Fixed: scripts rely on them. */
typedef enum
{
  STUDIO_EXIT_OK,
  STUDIO_EXIT_FAILED,       /* a gate fails, a comparison differs, check found errors */
  STUDIO_EXIT_WRONG,        /* the command line or a file */
  STUDIO_EXIT_REFUSED,      /* by the target */
  STUDIO_EXIT_DEVICE,       /* failed, or is not here */
} StudioExit;

/* Which options a command takes; their words are in options.c. */
typedef enum
{
  STUDIO_OPTION_JSON = 1 << 0,
  STUDIO_OPTION_TARGET = 1 << 1,
  STUDIO_OPTION_COMPILE = 1 << 2,  /* --opt --compress */
  STUDIO_OPTION_ATOL = 1 << 3,
  STUDIO_OPTION_THREADS = 1 << 4,
  STUDIO_OPTION_FEED = 1 << 5,     /* --input --random */
  STUDIO_OPTION_DEVICE = 1 << 6,   /* --numerics --device */
  STUDIO_OPTION_SAVE = 1 << 7,     /* --out --dump-nodes */
  STUDIO_OPTION_MEASURE = 1 << 8,  /* --runs --warmup --trace */
  STUDIO_OPTION_JUNIT = 1 << 9,
  STUDIO_OPTION_FORMAT = 1 << 10,
  STUDIO_OPTION_OUTPUT = 1 << 11,  /* -o */
  STUDIO_OPTION_MODE = 1 << 12,
  STUDIO_OPTION_BUNDLE = 1 << 13,  /* none of its own: FILE may be a compiled bundle */
  STUDIO_OPTION_MODEL = 1 << 14,
  STUDIO_OPTION_MARKDOWN = 1 << 15,
  STUDIO_OPTION_SHAPE = 1 << 16,
  STUDIO_OPTION_TUNE = 1 << 24,    /* --error --time */
  STUDIO_OPTION_SOLVE = 1 << 25,   /* --solve, and -o for it */
  STUDIO_OPTION_TWO = 1 << 26,     /* --tol, and a second file */
  STUDIO_OPTION_TEXTS = 1 << 27,   /* none of its own: texts behind the file */
  STUDIO_OPTION_EXTERNAL = 1 << 28, /* --external-data */
} StudioOptions;

typedef struct _StudioCli StudioCli;

typedef struct
{
  const char   *name;
  const char   *arguments;  /* of the usage line; NULL: takes none */
  const char   *summary;    /* one line */
  const char   *details;    /* below the options of --help (nullable) */
  StudioOptions options;
  void        (*extend) (StudioCli *cli, GOptionGroup *group);   /* options of its own (nullable) */
  StudioExit  (*run) (StudioCli *cli);
} StudioCommand;

/* One call of the program. */
struct _StudioCli
{
  const StudioCommand *command;
  char         *file;       /* the argument (nullable) */
  gboolean      json, markdown;
  gboolean      answered;   /* stdout has its one JSON value */

  char         *target, *opt, *compress, *numerics, *device;
  double        atol;
  gboolean      has_atol;
  int           threads;
  char        **inputs, **shapes;
  char         *random, *out;
  gboolean      dump_nodes, beside;
  int           runs, warmup;
  double        error, time, tol;
  gboolean      has_error;
  char        **texts;      /* what stands behind the argument, of those that take texts */
  char         *solve, *other;     /* other: the second argument, of those that take two */
  char         *trace, *junit, *format, *output, *mode, *model;
};

extern const StudioCommand studio_command_ops, studio_command_check, studio_command_compile,
                           studio_command_run, studio_command_profile, studio_command_gate,
                           studio_command_compress, studio_command_estimate, studio_command_export,
                           studio_command_render, studio_command_import,
                           studio_command_tune, studio_command_diff, studio_command_train,
                           studio_command_embed,
                           studio_command_new,
                           studio_command_report;

/* compile.c: what `export --format bundle` does as well. */
StudioExit  studio_cli_write_bundle (StudioCli *self);

/* options.c: fills @self from the words after the command. FALSE with an error that says how the
 * command line is wrong. Prints help and exits where that is asked for. */
gboolean    studio_cli_parse    (StudioCli *self, int argc, char **argv, GError **error);
void        studio_cli_clear    (StudioCli *self);
/* The document's settings with what the command line puts in their place. */
void        studio_cli_options  (const StudioCli *self, const AnfGraph *graph, AnfOptions *options);

/* message.c: an error is one line on stderr: program, @file (nullable), what is wrong. */
StudioExit  studio_cli_wrong    (StudioCli *self, const char *file, const char *format, ...)
                                 G_GNUC_PRINTF (3, 4);
/* The exit code that belongs to @error; @graph (nullable) knows the node it is about. */
StudioExit  studio_cli_fail     (StudioCli *self, const AnfGraph *graph, const GError *error);
/* @message with the node and field it is about before it (transfer full). */
char       *studio_words_place  (const AnfGraph *graph, AnfId id, const char *field,
                                 const char *message);
void        studio_cli_warn     (StudioCli *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* A bar on stderr if that is a terminal; studio_cli_progress_end takes it away. */
const AnfProgress *studio_cli_progress (void);
void        studio_cli_progress_end (void);

/* program.c: the document and the program of a command, or NULL and @code. */
AnfGraph   *studio_cli_load     (StudioCli *self, StudioExit *code);
AnfProgram *studio_cli_compile  (StudioCli *self, AnfGraph *graph, StudioExit *code);
/* Why a document that loads cannot be compiled: its own errors (2), the target's (3), others. */
StudioExit  studio_cli_refused  (StudioCli *self, AnfGraph *graph, const AnfOptions *options,
                                 const GError *error);
/* Why a checked document was not written; @error is not looked at if the check found errors. */
StudioExit  studio_cli_refused_model (StudioCli *self, const AnfReport *report,
                                      const GError *error);
/* The name of a node for people and JSON (nullable: the document). */
const char *studio_cli_node     (const AnfGraph *graph, AnfId id);

/* gates.c: measured with the command's options, or NULL and @code. What could not be measured is
 * said by studio_gates_problem (nullable). */
AnfGates   *studio_cli_gates    (StudioCli *self, AnfGraph *graph, StudioExit *code);
const char *studio_gates_problem (const AnfGates *gates);
void        studio_json_gates   (JsonBuilder *json, const AnfGates *gates);    /* member "gates" */
void        studio_print_gates  (const AnfGates *gates);

/* solve.c: what compress --solve does. */
StudioExit  studio_cli_solve    (StudioCli *self, AnfGraph *graph, const AnfOptions *options);

/* weights.c */
void        studio_print_weights (const AnfGraph *graph, const AnfWeights *weights);

/* findings.c */
void        studio_json_findings (JsonBuilder *json, const AnfReport *report);
void        studio_print_findings (const AnfReport *report);
void        studio_json_verdict (JsonBuilder *json, const AnfGraph *graph,
                                 const AnfVerdict *verdict);   /* members */
/* "c1, c2 and 3 more" */
char       *studio_words_nodes  (const AnfGraph *graph, const GArray *ids);

/* feed.c: the inputs of --input and --random. */
AnfTensors *studio_cli_feed     (StudioCli *self, const AnfProgram *program, GError **error);
gsize       studio_cli_samples  (const AnfProgram *program, AnfTensors *inputs);
/* Writes DIR/NAME.npy per output and DIR/nodes/NAME.npy per node (nullable). */
gboolean    studio_cli_save     (StudioCli *self, AnfTensors *outputs, AnfTensors *nodes,
                                 GError **error);

/* json.c: members of the object that is open in @json. */
JsonBuilder *studio_json_begin  (void);                        /* opens the one object */
void        studio_json_text    (JsonBuilder *json, const char *name, const char *value);
void        studio_json_real    (JsonBuilder *json, const char *name, double value);
void        studio_json_int     (JsonBuilder *json, const char *name, gint64 value);
void        studio_json_flag    (JsonBuilder *json, const char *name, gboolean value);
void        studio_json_object  (JsonBuilder *json, const char *name);
void        studio_json_array   (JsonBuilder *json, const char *name);
/* Closes the object, prints it as the one value of stdout, frees @json. */
void        studio_json_end     (StudioCli *self, JsonBuilder *json);
void        studio_json_weights (JsonBuilder *json, const AnfGraph *graph,
                                 const AnfWeights *weights, gboolean chosen_only);

/* table.c: columns that line up, on stdout. @align: one l or r per column. */
typedef struct _StudioTable StudioTable;
StudioTable *studio_table_new   (const char *align, ...) G_GNUC_NULL_TERMINATED;  /* titles */
void        studio_table_add    (StudioTable *self, ...) G_GNUC_NULL_TERMINATED;  /* cells */
/* Prints and frees; only frees. */
void        studio_table_end    (StudioTable *self);
void        studio_table_free   (StudioTable *self);
/* A heading between tables, bold on a terminal. */
void        studio_heading      (const char *format, ...) G_GNUC_PRINTF (1, 2);


/* words.c: numbers as people read them (transfer full). */
char       *studio_words_us     (double us);                   /* "812 µs" "1.24 ms" */
char       *studio_words_bytes  (gsize bytes);                 /* "414 KiB" */
char       *studio_words_count  (guint64 n);                   /* "105,866" */
char       *studio_words_flops  (double flops);                /* "4.24 MFLOP" */
char       *studio_words_real   (double value);                /* "0.00512" */
char       *studio_words_many   (guint64 n, const char *what); /* "1 node", "12 nodes" */
/* "CPU device, ane numerics, h16s, 2 threads" */
char       *studio_words_basis  (const AnfProgram *program);
