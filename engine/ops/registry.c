/* registry.c - the operator table: every row of every family, found by name or by number. */
#include "ops/family.h"

static const AnfOp *const families[] = {
  anf_ops_source, anf_ops_matmul, anf_ops_conv, anf_ops_einsum, anf_ops_attention, anf_ops_block,
  anf_ops_net, anf_ops_paired,
  anf_ops_unary, anf_ops_binary, anf_ops_pool, anf_ops_norm, anf_ops_reduce, anf_ops_shape,
  anf_ops_join, anf_ops_rearrange, anf_ops_resize, anf_ops_bridge, anf_ops_geometry,
};

typedef struct { GPtrArray *rows; GHashTable *by_name; } Table;

static const Table *
table (void)
{
  static gsize once;
  static Table found;

  if (g_once_init_enter (&once))
    {
      found.rows = g_ptr_array_new ();
      found.by_name = g_hash_table_new (g_str_hash, g_str_equal);
      for (guint f = 0; f < G_N_ELEMENTS (families); f++)
        for (const AnfOp *op = families[f]; op->name != NULL; op++)
          {
            gboolean fresh = g_hash_table_insert (found.by_name, (char *) op->name, (gpointer) op);

            g_assert (fresh);      /* two rows of one name */
            g_ptr_array_add (found.rows, (gpointer) op);
          }
      g_hash_table_insert (found.by_name, (char *) anf_op_unknown.name,
                           (gpointer) &anf_op_unknown);
      g_once_init_leave (&once, 1);
    }
  return &found;
}

const AnfOp *
anf_op_nth (guint i)
{
  return i < table ()->rows->len ? g_ptr_array_index (table ()->rows, i) : NULL;
}

const AnfOp *
anf_op_lookup (const char *name)
{
  return g_hash_table_lookup (table ()->by_name, name);
}

static guint
n_walled (void)
{
  guint n = 0;

  while (anf_ops_walled[n].name != NULL)
    n++;
  return n;
}

const AnfOp *
anf_op_nth_walled (guint i)
{
  return i < n_walled () ? &anf_ops_walled[i] : NULL;
}

const char *anf_op_instead  (const AnfOp *op) { return op->instead; }
const char *anf_op_name     (const AnfOp *op) { return op->name; }
const char *anf_op_title    (const AnfOp *op) { return op->title; }
const char *anf_op_doc      (const AnfOp *op) { return op->doc; }
const char *anf_op_quirk    (const AnfOp *op) { return op->quirk; }
AnfCategory anf_op_category (const AnfOp *op) { return op->category; }

const AnfPort *
anf_op_input (const AnfOp *op, guint i)
{
  return i < anf_op_n_inputs (op) ? &op->in[i] : NULL;
}

const AnfPort *
anf_op_role (const AnfOp *op, guint i)
{
  return i < anf_op_n_roles (op) ? &op->role[i] : NULL;
}

const AnfAttr *
anf_op_attr (const AnfOp *op, guint i)
{
  return i < anf_op_n_attrs (op) ? &op->attr[i] : NULL;
}

const char *
anf_op_gradient (const AnfOp *op)
{
  if (op->vjp != NULL)
    return "rule";
  return op->expand != NULL || op->route != NULL ? "parts" : "none";
}

const char *
anf_op_flat (const AnfOp *op)
{
  return op->instead != NULL ? "It is in no graph." : op->flat;
}

const char *
anf_op_onnx (const AnfOp *op)
{
  return op->onnx;
}

const char *
anf_op_route (const AnfOp *op)
{
  if (op->instead != NULL)
    return "walled";
  return op->source ? "source" : anf_segment_kind_name (op->kind);
}

AnfAvailability
anf_op_on (const AnfOp *op, guint family)
{
  if (family < 2)                  /* chips before the A13 take no MIL */
    return ANF_REJECT;
  if (family < op->floor)
    return op->below;
  return op->kind == ANF_SEGMENT_BRIDGE ? ANF_BRIDGE : ANF_NATIVE;
}
