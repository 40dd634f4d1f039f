/* node.c - reading a node: its wires, its attributes with the row's defaults, its weights. */
#include "core/op.h"

#include <string.h>

static guint
count_named (const void *first, gsize stride, guint max)
{
  guint n = 0;

  /* Ports, roles and attributes all begin with their name, and end with a NULL one. */
  while (n < max && *(const char *const *) ((const char *) first + n * stride) != NULL)
    n++;
  return n;
}

static int
find_named (const void *first, gsize stride, guint max, const char *name)
{
  guint n = count_named (first, stride, max);

  for (guint i = 0; i < n; i++)
    if (g_str_equal (*(const char *const *) ((const char *) first + i * stride), name))
      return i;
  return -1;
}

guint
anf_op_n_inputs (const AnfOp *op)
{
  return count_named (op->in, sizeof *op->in, ANF_MAX_PORTS);
}

AnfSegmentKind
anf_node_kind (const AnfNode *node)
{
  if (node->place != ANF_PLACE_ENGINE)
    return ANF_SEGMENT_HOST;
  return node->op->kind_of != NULL ? node->op->kind_of (node) : node->op->kind;
}

guint
anf_op_n_roles (const AnfOp *op)
{
  return count_named (op->role, sizeof *op->role, ANF_MAX_ROLES);
}

guint
anf_op_n_attrs (const AnfOp *op)
{
  return count_named (op->attr, sizeof *op->attr, ANF_MAX_ATTRS);
}

int
anf_op_find_input (const AnfOp *op, const char *name)
{
  return find_named (op->in, sizeof *op->in, ANF_MAX_PORTS, name);
}

int
anf_op_find_role (const AnfOp *op, const char *name)
{
  return find_named (op->role, sizeof *op->role, ANF_MAX_ROLES, name);
}

int
anf_op_find_attr (const AnfOp *op, const char *name)
{
  return find_named (op->attr, sizeof *op->attr, ANF_MAX_ATTRS, name);
}

void
anf_node_clear_row (AnfNode *self)
{
  for (guint i = 0; i < anf_op_n_attrs (self->op); i++)
    g_clear_pointer (&self->attr[i], g_variant_unref);
  for (guint i = 0; i < anf_op_n_roles (self->op); i++)
    g_free (self->slot[i].weight);
  g_free (self->in);
  g_free (self->attr);
  g_free (self->slot);
}

static void
anf_node_clear (AnfNode *self)
{
  anf_node_clear_row (self);
  g_free (self->op_name);
  g_free (self->name);
  g_free (self->group);
  g_free (self->extra);
}

AnfNode *
anf_node_ref (const AnfNode *self)
{
  return g_atomic_rc_box_acquire ((AnfNode *) self);
}

void
anf_node_unref (AnfNode *self)
{
  g_atomic_rc_box_release_full (self, (GDestroyNotify) anf_node_clear);
}

AnfId        anf_node_id       (const AnfNode *self) { return self->id; }
const AnfOp *anf_node_op       (const AnfNode *self) { return self->op; }
const char  *anf_node_name     (const AnfNode *self) { return self->name; }
const char  *anf_node_group    (const AnfNode *self) { return self->group; }
guint        anf_node_n_inputs (const AnfNode *self) { return self->n_in; }

AnfPlace
anf_node_place (const AnfNode *self)
{
  return self->place;
}

void
anf_graph_builder_set_place (AnfGraphBuilder *self, AnfId id, AnfPlace place)
{
  AnfNode *node = anf_graph_builder_edit (self, id);

  g_return_if_fail (node != NULL);
  node->place = place;
}

const char *
anf_node_op_name (const AnfNode *self)
{
  return self->op_name != NULL ? self->op_name : self->op->name;
}

AnfRef
anf_node_input (const AnfNode *self, guint i)
{
  g_return_val_if_fail (i < self->n_in, ((AnfRef) { 0, 0 }));

  return self->in[i];
}

const char *
anf_node_input_name (const AnfNode *self, guint i)
{
  guint n = anf_op_n_inputs (self->op);

  return n == 0 ? "in" : self->op->in[MIN (i, n - 1)].name;
}

guint
anf_node_n_outputs (const AnfNode *self)
{
  return self->op->n_outputs != NULL ? self->op->n_outputs (self) : 1;
}

void
anf_node_position (const AnfNode *self, double *x, double *y)
{
  *x = self->x;
  *y = self->y;
}

/* The row's default, or what the node says. */
static GVariant *
preset_value (const AnfAttr *attr)
{
  GVariantBuilder list;

  switch (attr->kind)
    {
    case ANF_ATTR_REAL:
    case ANF_ATTR_REALS:
      return g_variant_new_double (g_ascii_strtod (attr->preset, NULL));

    case ANF_ATTR_FLAG:
      return g_variant_new_boolean (g_str_equal (attr->preset, "true"));

    case ANF_ATTR_TEXT:
    case ANF_ATTR_CHOICE:
      return g_variant_new_string (attr->preset);

    case ANF_ATTR_INT:
    case ANF_ATTR_INTS:
      break;
    }

  if (strchr (attr->preset, ',') == NULL)
    return g_variant_new_int64 (g_ascii_strtoll (attr->preset, NULL, 10));

  g_variant_builder_init (&list, G_VARIANT_TYPE ("ax"));
  for (const char *c = attr->preset; c != NULL; c = strchr (c, ','))
    g_variant_builder_add (&list, "x", g_ascii_strtoll (c += *c == ',', NULL, 10));
  return g_variant_builder_end (&list);
}

GVariant *
anf_node_attr (const AnfNode *self, const char *name)
{
  int i = anf_op_find_attr (self->op, name);

  if (i < 0)
    return NULL;
  if (self->attr[i] != NULL)
    return g_variant_ref (self->attr[i]);
  if (self->op->attr[i].preset == NULL)
    return NULL;
  return g_variant_ref_sink (preset_value (&self->op->attr[i]));
}

gboolean
anf_node_attr_is_set (const AnfNode *self, const char *name)
{
  int i = anf_op_find_attr (self->op, name);

  return i >= 0 && self->attr[i] != NULL;
}

/* The default as it is written, where the node says nothing: read without making a value of it, for
 * kernels ask, and a run needs no memory. */
static const AnfAttr *
preset_of (const AnfNode *self, const char *name)
{
  int i = anf_op_find_attr (self->op, name);

  return i >= 0 && self->attr[i] == NULL && self->op->attr[i].preset != NULL ? &self->op->attr[i]
                                                                             : NULL;
}

static guint
preset_ints (const AnfAttr *attr, gint64 *out, guint max)
{
  guint n = 0;

  if (attr->kind != ANF_ATTR_INT && attr->kind != ANF_ATTR_INTS)
    return 0;
  for (const char *c = attr->preset; c != NULL; c = strchr (c, ','), n++)
    {
      gint64 value = g_ascii_strtoll (c += *c == ',', NULL, 10);

      if (n < max)
        out[n] = value;
    }
  return n;
}

double
anf_node_real (const AnfNode *self, const char *name)
{
  const AnfAttr *preset = preset_of (self, name);
  g_autoptr(GVariant) value = preset == NULL ? anf_node_attr (self, name) : NULL;

  if (preset != NULL)
    return preset->kind == ANF_ATTR_REAL || preset->kind == ANF_ATTR_REALS
           ? g_ascii_strtod (preset->preset, NULL) : 0;
  return value != NULL && g_variant_is_of_type (value, G_VARIANT_TYPE_DOUBLE)
         ? g_variant_get_double (value) : 0;
}

gboolean
anf_node_flag (const AnfNode *self, const char *name)
{
  const AnfAttr *preset = preset_of (self, name);
  g_autoptr(GVariant) value = preset == NULL ? anf_node_attr (self, name) : NULL;

  if (preset != NULL)
    return preset->kind == ANF_ATTR_FLAG && g_str_equal (preset->preset, "true");
  return value != NULL && g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN)
         && g_variant_get_boolean (value);
}

const char *
anf_node_text (const AnfNode *self, const char *name)
{
  int i = anf_op_find_attr (self->op, name);

  if (i < 0)
    return NULL;
  return self->attr[i] != NULL ? g_variant_get_string (self->attr[i], NULL)
                               : self->op->attr[i].preset;
}

guint
anf_node_ints (const AnfNode *self, const char *name, gint64 *out, guint max)
{
  const AnfAttr *preset = preset_of (self, name);
  g_autoptr(GVariant) value = preset == NULL ? anf_node_attr (self, name) : NULL;
  gsize n = 0;

  if (preset != NULL)
    return preset_ints (preset, out, max);
  if (value == NULL)
    return 0;
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT64))
    {
      if (max > 0)
        out[0] = g_variant_get_int64 (value);
      return 1;
    }
  if (g_variant_is_of_type (value, G_VARIANT_TYPE ("ax")))
    {
      const gint64 *list = g_variant_get_fixed_array (value, &n, sizeof *list);

      for (gsize i = 0; i < MIN (n, max); i++)
        out[i] = list[i];
    }
  return n;
}

gint64
anf_node_int (const AnfNode *self, const char *name)
{
  gint64 value = 0;

  anf_node_ints (self, name, &value, 1);
  return value;
}

const char *
anf_node_weight (const AnfNode *self, const char *role)
{
  int i = anf_op_find_role (self->op, role);

  return i >= 0 ? self->slot[i].weight : NULL;
}

gboolean
anf_node_encoding (const AnfNode *self, const char *role, AnfEncoding *own)
{
  int i = anf_op_find_role (self->op, role);

  if (i < 0 || self->slot[i].encoding < 0)
    return FALSE;
  *own = self->slot[i].encoding;
  return TRUE;
}

gboolean
anf_shapes_refuse (AnfShapes *self, const char *code, const char *field, const char *hint,
                   const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_free (self->message);
  self->message = g_strdup_vprintf (format, args);
  va_end (args);
  self->code = code;
  self->field = field;
  self->hint = hint;
  return FALSE;
}
