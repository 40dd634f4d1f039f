/* snippet.c - builds the built-in snippets, and keeps those of the user in files. */
#include "snippet.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>

#define COLUMN 240.0               /* from node to node, as the arranger puts them */
#define ROW    112.0

/* What is being built: nodes go from left to right. */
typedef struct
{
  AnfGraphBuilder *b;
  GArray          *ids;
  double           x, y;
  guint            column;
  guint64          seed;
} Maker;

/* ---- parts ---- */

static void
name_node (Maker *self, AnfId id, const char *name)
{
  if (anf_graph_builder_set_name (self->b, id, name))
    return;
  for (guint n = 2; n < 100000; n++)
    {
      g_autofree char *next = g_strdup_printf ("%s%u", name, n);

      if (anf_graph_builder_set_name (self->b, id, next))
        return;
    }
}

/* @row counts down from the snippet's own line. */
static AnfRef
add (Maker *self, const char *op, const char *name, AnfRef from, double row)
{
  AnfId id = anf_graph_builder_add (self->b, anf_op_lookup (op));

  name_node (self, id, name);
  if (from.node != 0)
    anf_graph_builder_connect (self->b, from, id, 0);
  anf_graph_builder_set_position (self->b, id, self->x + COLUMN * self->column,
                                  self->y + ROW * row);
  g_array_append_val (self->ids, id);
  return (AnfRef) { id, 0 };
}

static AnfRef
next (Maker *self, const char *op, const char *name, AnfRef from)
{
  AnfRef made = add (self, op, name, from, 0);

  self->column++;
  return made;
}

static AnfRef
sum (Maker *self, const char *name, AnfRef a, AnfRef b)
{
  AnfRef made = next (self, "add", name, a);

  anf_graph_builder_connect (self->b, b, made.node, 1);
  return made;
}

static void
give (Maker *self, AnfRef node, const char *role, const char *init, guint rank,
      const gint64 *shape)
{
  g_autofree char *stem = g_strdup_printf ("snippet.%s", role);
  g_autofree char *name = anf_graph_builder_fresh_weight_name (self->b, stem);
  AnfWeight *weight = anf_weight_new_init (name, init, rank, shape, 1, ++self->seed);

  anf_graph_builder_put_weight (self->b, weight);
  anf_graph_builder_set_weight (self->b, node.node, role, name);
  anf_weight_unref (weight);
}

static void
set_numbers (Maker *self, AnfRef node, const char *attr, guint n, const gint64 *values)
{
  anf_graph_builder_set_attr (self->b, node.node, attr,
                              g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, values, n,
                                                         sizeof *values));
}

static AnfRef
linear (Maker *self, const char *name, AnfRef from, gint64 in, gint64 out, double row)
{
  AnfRef made = add (self, "linear", name, from, row);

  give (self, made, "weight", "xavier", 2, (gint64[]) { out, in });
  return made;
}

static AnfRef
conv3 (Maker *self, const char *name, AnfRef from, gint64 channels)
{
  AnfRef made = next (self, "conv", name, from);

  anf_graph_builder_set_attr (self->b, made.node, "pad", g_variant_new_int64 (1));
  give (self, made, "weight", "he", 4, (gint64[]) { channels, channels, 3, 3 });
  give (self, made, "bias", "zeros", 1, &channels);
  return made;
}

static AnfRef
norm (Maker *self, const char *name, AnfRef from, gint64 width)
{
  AnfRef made = next (self, "rms_norm", name, from);

  give (self, made, "gamma", "ones", 1, &width);
  return made;
}

/* ---- the snippets ---- */

static AnfRef
conv_block (Maker *self, AnfRef x, const AnfType *type)
{
  static const struct { const char *role, *init; } roles[] = {
    { "gamma", "ones" }, { "beta", "zeros" }, { "mean", "zeros" }, { "variance", "ones" },
  };
  AnfRef made = next (self, "batch_norm", "bn", conv3 (self, "conv", x, type->dim[1]));

  for (guint i = 0; i < G_N_ELEMENTS (roles); i++)
    give (self, made, roles[i].role, roles[i].init, 1, (gint64[]) { type->dim[1] });
  return next (self, "relu", "relu", made);
}

static AnfRef
residual (Maker *self, AnfRef x, const AnfType *type)
{
  AnfRef made = next (self, "relu", "relu", conv3 (self, "conv", x, type->dim[1]));

  made = sum (self, "sum", conv3 (self, "conv", made, type->dim[1]), x);
  return next (self, "relu", "relu", made);
}

static AnfRef
mlp (Maker *self, AnfRef x, const AnfType *type)
{
  gint64 width = type->dim[type->rank - 1];
  AnfRef made = linear (self, "up", x, width, 4 * width, 0);

  self->column++;
  made = next (self, "gelu", "gelu", made);
  made = linear (self, "down", made, 4 * width, width, 0);
  self->column++;
  return made;
}

/* From rows to heads: [N, S, D] to [N, heads, S, D / heads]. */
static AnfRef
heads (Maker *self, const char *name, AnfRef x, const gint64 *split, double row)
{
  static const gint64 perm[] = { 0, 2, 1, 3 };
  AnfRef made = linear (self, name, x, split[2] * split[3], split[2] * split[3], row);

  self->column++;
  made = add (self, "reshape", "split", made, row);
  set_numbers (self, made, "shape", 4, split);
  self->column++;
  made = add (self, "transpose", "heads", made, row);
  set_numbers (self, made, "perm", 4, perm);
  self->column -= 2;
  return made;
}

static AnfRef
attend (Maker *self, AnfRef x, const AnfType *type, gboolean causal)
{
  static const gint64 perm[] = { 0, 2, 1, 3 };
  gint64 width = type->dim[type->rank - 1], size = width % 64 == 0 ? 64 : width;
  gint64 split[] = { type->rank == 3 ? type->dim[0] : 1, type->dim[type->rank - 2], width / size,
                     size };
  AnfRef q = heads (self, "q", x, split, 0), k = heads (self, "k", x, split, 1);
  AnfRef v = heads (self, "v", x, split, 2), made;
  gint64 shape[3];                 /* fits () lets no more through */

  self->column += 3;
  made = next (self, "sdpa", "attention", q);
  anf_graph_builder_connect (self->b, k, made.node, 1);
  anf_graph_builder_connect (self->b, v, made.node, 2);
  if (causal)
    anf_graph_builder_set_attr (self->b, made.node, "causal", g_variant_new_boolean (TRUE));
  made = next (self, "transpose", "rows", made);
  set_numbers (self, made, "perm", 4, perm);
  made = next (self, "reshape", "merge", made);
  for (guint i = 0; i < type->rank; i++)
    shape[i] = type->dim[i];
  set_numbers (self, made, "shape", type->rank, shape);
  made = linear (self, "proj", made, width, width, 0);
  self->column++;
  return made;
}

static AnfRef
attention (Maker *self, AnfRef x, const AnfType *type)
{
  return attend (self, x, type, FALSE);
}

static AnfRef
decoder (Maker *self, AnfRef x, const AnfType *type)
{
  gint64 width = type->dim[type->rank - 1];
  AnfRef made = attend (self, norm (self, "norm", x, width), type, TRUE);

  x = sum (self, "sum", made, x);
  made = mlp (self, norm (self, "norm", x, width), type);
  return sum (self, "sum", made, x);
}

static const struct
{
  StudioSnippet snippet;
  AnfRef      (*build) (Maker *self, AnfRef x, const AnfType *type);
  guint         least, most;       /* rank; 4 is that of feature maps */
  gboolean      single;            /* of one batch, as attention on the device */
} snippets[] = {
  { { "conv-bn-relu", N_("Conv, norm, ReLU"),
      N_("A 3×3 convolution, batch norm and ReLU; keeps the shape") }, conv_block, 4, 4 },
  { { "residual", N_("Residual block"),
      N_("Two 3×3 convolutions round which the value goes on as it is") }, residual, 4, 4 },
  { { "mlp", N_("MLP"), N_("To four times the width, GELU, and back") }, mlp, 2, 3 },
  { { "attention", N_("Attention"), N_("Queries, keys and values of one input, in heads of 64") },
    attention, 2, 3, TRUE },
  { { "decoder", N_("Decoder block"),
      N_("Causal attention and an MLP, each normalised before and added") }, decoder, 2, 2 },
};

static int
find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (snippets); i++)
    if (g_strcmp0 (snippets[i].snippet.name, name) == 0)
      return i;
  return -1;
}

const StudioSnippet *
studio_snippet_nth (guint i)
{
  return i < G_N_ELEMENTS (snippets) ? &snippets[i].snippet : NULL;
}

const StudioSnippet *
studio_snippet_lookup (const char *name)
{
  int i = find (name);

  return i >= 0 ? &snippets[i].snippet : NULL;
}

gboolean
studio_snippet_fits (const char *name, const AnfType *type)
{
  int i = find (name);

  if (i < 0 || type == NULL || type->dtype != ANF_F16)
    return FALSE;
  return type->rank >= snippets[i].least && type->rank <= snippets[i].most &&
         (!snippets[i].single || type->rank < 3 || type->dim[0] == 1);
}

GArray *
studio_snippet_build (const char *name, AnfGraphBuilder *b, AnfRef from, const AnfType *type,
                      double x, double y)
{
  static const gint64 usual_map[] = { 1, 32, 32, 32 }, usual_rows[] = { 128, 256 };
  Maker self = { .b = b, .ids = g_array_new (FALSE, FALSE, sizeof (AnfId)), .x = x, .y = y };
  int i = find (name);
  AnfType own = { 0 };

  g_return_val_if_fail (i >= 0, self.ids);

  if (!studio_snippet_fits (name, type))
    {
      own.dtype = ANF_F16;
      own.rank = snippets[i].least;
      for (guint k = 0; k < own.rank; k++)
        own.dim[k] = own.rank == 4 ? usual_map[k] : usual_rows[k];
      type = &own;
      from = next (&self, "input", "x", (AnfRef) { 0 });
      set_numbers (&self, from, "shape", own.rank, own.rank == 4 ? usual_map : usual_rows);
    }
  snippets[i].build (&self, from, type);
  return self.ids;
}

/* ---- kept by the user ---- */

/* In the user's data folder; what a name has that a file's may not have is spelt out. */
static char *
path_of (const char *name)
{
  g_autofree char *safe = g_uri_escape_string (name, " ", TRUE);
  g_autofree char *file = g_strconcat (safe, ".json", NULL);

  return g_build_filename (g_get_user_data_dir (), "aneforge-studio", "snippets", file, NULL);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return g_utf8_collate (*(char *const *) a, *(char *const *) b);
}

char **
studio_snippet_kept (void)
{
  g_autofree char *folder = g_build_filename (g_get_user_data_dir (), "aneforge-studio",
                                              "snippets", NULL);
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  GPtrArray *names = g_ptr_array_new ();
  const char *file;

  while (dir != NULL && (file = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (file, ".json"))
      {
        g_autofree char *stem = g_strndup (file, strlen (file) - strlen (".json"));
        char *name = g_uri_unescape_string (stem, NULL);

        if (name != NULL)
          g_ptr_array_add (names, name);
      }
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (names, FALSE);
}

gboolean
studio_snippet_keep (const char *name, const char *text, GError **error)
{
  g_autofree char *path = path_of (name);
  g_autofree char *folder = g_path_get_dirname (path);

  g_mkdir_with_parents (folder, 0700);
  return g_file_set_contents (path, text, -1, error);
}

char *
studio_snippet_read (const char *name, GError **error)
{
  g_autofree char *path = path_of (name);
  char *text = NULL;

  return g_file_get_contents (path, &text, NULL, error) ? text : NULL;
}

gboolean
studio_snippet_drop (const char *name, GError **error)
{
  g_autofree char *path = path_of (name);
  g_autoptr(GFile) file = g_file_new_for_path (path);

  return g_file_delete (file, NULL, error);
}

gboolean
studio_snippet_rename (const char *name, const char *to, GError **error)
{
  g_autofree char *path = path_of (name), *to_path = path_of (to);
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GFile) to_file = g_file_new_for_path (to_path);

  return g_file_move (file, to_file, G_FILE_COPY_NONE, NULL, NULL, NULL, error);
}
