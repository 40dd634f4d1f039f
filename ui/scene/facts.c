/* facts.c - the words on a node: shapes, attributes in short, encoding, cost. */
#include "scene.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

const char *
studio_class_title (StudioClass class)
{
  static const char *const title[] = {
    N_("feature map"), N_("vector"), N_("image"), N_("index"), N_("mask"), N_("constant"),
  };

  return _(title[class]);
}

static char *
three_digits (double value, const char *unit)
{
  int digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;

  return g_strdup_printf ("%.*f %s", digits, value, unit);
}

char *
studio_scene_time (double us)
{
  if (us >= 999500)
    return three_digits (us / 1e6, "s");
  return us >= 999.5 ? three_digits (us / 1e3, "ms") : three_digits (us, "µs");
}

char *
studio_scene_bytes (gsize bytes)
{
  static const char *const unit[] = { "KiB", "MiB", "GiB", "TiB" };
  double value = bytes;
  guint u = 0;

  if (bytes < 1024)
    return g_strdup_printf ("%u B", (guint) bytes);
  for (value /= 1024; value >= 999.5 && u + 1 < G_N_ELEMENTS (unit); u++)
    value /= 1024;
  return three_digits (value, unit[u]);
}

/* How an attribute's value is written on the node: by its name, whatever the operator. */
static const struct { const char *name, *before; const char *separator; } short_form[] = {
  { "k", "", "×" }, { "stride", "s", "," }, { "pad", "p", "," }, { "dilation", "d", "," },
  { "groups", "g", "," }, { "axis", "axis ", "," }, { "axes", "axes ", "," },
  { "perm", "", " " }, { "shape", "", "×" }, { "scale", "×", "," }, { "reps", "×", "," },
};

static void
append_value (GString *out, GVariant *value, const char *separator)
{
  if (g_variant_is_container (value))
    {
      for (gsize i = 0; i < g_variant_n_children (value); i++)
        {
          g_autoptr(GVariant) child = g_variant_get_child_value (value, i);

          if (i > 0)
            g_string_append (out, separator);
          append_value (out, child, separator);
        }
    }
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_DOUBLE))
    g_string_append_printf (out, "%.3g", g_variant_get_double (value));
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT64))
    g_string_append_printf (out, "%" G_GINT64_FORMAT, g_variant_get_int64 (value));
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    g_string_append (out, g_variant_get_string (value, NULL));
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    g_string_append (out, g_variant_get_boolean (value) ? _("yes") : _("no"));
}

/* One number for all axes is written out for a kernel, "2×2", and for nothing else. */
static gboolean
is_square (const char *name, GVariant *value)
{
  return strcmp (name, "k") == 0 && !g_variant_is_container (value);
}

/* Written out in a file or not, a default is nothing to tell. */
static gboolean
is_preset (GVariant *value, const AnfAttr *attr)
{
  g_autoptr(GString) text = g_string_new (NULL);

  append_value (text, value, ",");
  return attr->preset != NULL && strcmp (text->str, attr->preset) == 0;
}

static void
append_attr (GString *out, const AnfNode *node, const AnfAttr *attr)
{
  g_autoptr(GVariant) value = anf_node_attr (node, attr->name);
  const char *before = NULL, *separator = ",";

  if (value == NULL || is_preset (value, attr)
      || (attr->preset != NULL && !anf_node_attr_is_set (node, attr->name)))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (short_form); i++)
    if (strcmp (short_form[i].name, attr->name) == 0)
      before = short_form[i].before, separator = short_form[i].separator;
  if (out->len > 0)
    g_string_append_c (out, ' ');
  if (before != NULL)
    g_string_append (out, before);
  else
    g_string_append_printf (out, "%s ", attr->name);
  append_value (out, value, separator);
  if (is_square (attr->name, value))
    {
      g_string_append (out, "×");
      append_value (out, value, separator);
    }
}

/* What a weight says of the node: a kernel's height and width, or widths in and out. */
static void
append_weight (GString *out, const StudioScene *self, const StudioBox *box)
{
  const AnfPort *role = anf_op_role (anf_node_op (box->node), 0);
  AnfTensor *tensor = role != NULL && (role->flags & ANF_ENCODABLE)
                      ? anf_graph_tensor_of (self->graph, box->node, role->name) : NULL;
  guint rank = tensor != NULL ? anf_tensor_rank (tensor) : 0;
  AnfRef from = box->n_in > 0 && anf_node_n_inputs (box->node) > 0
                ? anf_node_input (box->node, 0) : (AnfRef) { 0 };
  const AnfType *in = self->report != NULL && from.node != 0
                      ? anf_report_type (self->report, from.node, from.port) : NULL;
  const AnfType *result = self->report != NULL ? anf_report_type (self->report, box->id, 0) : NULL;

  if (rank == 4)
    g_string_append_printf (out, "%d×%d", (int) anf_tensor_dim (tensor, 2),
                            (int) anf_tensor_dim (tensor, 3));
  else if (rank == 2 && in != NULL && result != NULL && in->rank > 0 && result->rank > 0)
    g_string_append_printf (out, "%d→%d", in->dim[in->rank - 1], result->dim[result->rank - 1]);
}

static char *
attrs_of (const StudioScene *self, const StudioBox *box)
{
  GString *out = g_string_new (NULL);
  const AnfOp *op = anf_node_op (box->node);
  const AnfAttr *attr;
  const AnfType *type = self->report != NULL ? anf_report_type (self->report, box->id, 0) : NULL;

  append_weight (out, self, box);
  if (type != NULL && box->category == ANF_CAT_IO)
    g_string_append (out, anf_dtype_name (type->dtype));
  /* The shape of an input is already at its port, and its type was just told. */
  for (guint i = 0; (attr = anf_op_attr (op, i)) != NULL; i++)
    if (box->category != ANF_CAT_IO
        || (strcmp (attr->name, "shape") != 0 && strcmp (attr->name, "dtype") != 0))
      append_attr (out, box->node, attr);
  return g_string_free (out, FALSE);
}

/* What was compiled, if the figures are of this graph; else what the document asks for. */
static AnfEncoding
encoding_of (const StudioScene *self, const StudioBox *box, const char *role)
{
  AnfEncoding encoding;

  if (self->profile != NULL && !self->stale)
    {
      const AnfWeights *weights = anf_program_weights (anf_profile_program (self->profile));

      for (guint i = 0; weights != NULL && i < anf_weights_n (weights); i++)
        {
          const AnfWeightFacts *facts = anf_weights_nth (weights, i);

          if (facts->node == box->id && g_strcmp0 (facts->role, role) == 0)
            return facts->chosen;
        }
    }
  if (anf_node_encoding (box->node, role, &encoding))
    return encoding;
  return anf_graph_settings (self->graph)->compress;
}

/* Of a group: the bytes of all its weights, as they are before encoding, and the time of all its
 * operators. */
static void
sum_facts (const StudioScene *self, StudioBox *box)
{
  gsize bytes = 0;
  double us = 0;

  for (guint i = 0; i < box->members->len; i++)
    {
      AnfId id = g_array_index (box->members, AnfId, i);
      const AnfNode *node = anf_graph_find (self->graph, id);
      const AnfPort *role;
      const AnfOpProfile *cost = self->profile != NULL ? anf_profile_op (self->profile, id) : NULL;

      for (guint k = 0; (role = anf_op_role (anf_node_op (node), k)) != NULL; k++)
        {
          AnfTensor *tensor = anf_graph_tensor_of (self->graph, node, role->name);

          bytes += tensor != NULL ? 2 * anf_tensor_elements (tensor) : 0;
        }
      us += cost != NULL ? cost->us.median_us : 0;
    }
  box->attrs = bytes > 0 ? studio_scene_bytes (bytes) : g_strdup ("");
  if (us > 0)
    box->cost = studio_scene_time (us);
}

static char **
shapes_of (const StudioScene *self, const StudioBox *box)
{
  char **shapes = g_new0 (char *, box->n_out + 1);

  for (guint i = 0; i < box->n_out; i++)
    {
      AnfRef ref = studio_scene_gives (self, box, i);
      const AnfType *type = self->report != NULL
                            ? anf_report_type (self->report, ref.node, ref.port) : NULL;

      shapes[i] = type != NULL ? anf_type_to_string (type) : g_strdup ("?");
    }
  return shapes;
}

void
studio_scene_facts (const StudioScene *self,
                    StudioBox         *box)
{
  const AnfPort *role = anf_op_role (anf_node_op (box->node), 0);
  const AnfOpProfile *cost = self->profile != NULL
                             ? anf_profile_op (self->profile, box->id) : NULL;

  if (box->has_facts)
    return;
  box->has_facts = TRUE;
  box->shapes = shapes_of (self, box);
  if (box->group >= 0)
    {
      sum_facts (self, box);
      return;
    }
  box->attrs = attrs_of (self, box);
  if (cost != NULL)
    box->cost = studio_scene_time (cost->us.median_us);
  if (role != NULL && (role->flags & ANF_ENCODABLE))
    {
      box->encoding = encoding_of (self, box, role->name);
      box->tag = g_strdup (anf_encoding_name (box->encoding));
    }
}
