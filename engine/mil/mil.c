/* mil.c - a MIL program: its names, its ports, and what it owns. */
#include "mil/read.h"

/* What the text grammar itself uses; a value of that name could not be told from it. */
static const char *const reserved[] = {
  "program", "func", "tensor", "dict", "list", "state", "tuple", "const", "true", "false", "bool",
  "string", "fp16", "fp32", "fp64", "bf16", "int4", "int8", "int16", "int32", "int64", "uint1",
  "uint2", "uint3", "uint4", "uint6", "uint8", "uint16", "uint32", "uint64", "BLOBFILE",
};

static void
arg_clear (AnfMilArg *arg)
{
  g_free (arg->names);
  if (arg->value != NULL)
    g_clear_pointer (&arg->value->bytes, g_bytes_unref);
  g_free (arg->value);
}

AnfMilOp *
anf_mil_op_new (const char *name)
{
  AnfMilOp *op = g_new0 (AnfMilOp, 1);

  op->op = name;
  op->outputs = g_array_new (FALSE, FALSE, sizeof (AnfMilPort));
  op->inputs = g_array_new (FALSE, FALSE, sizeof (AnfMilArg));
  op->attrs = g_array_new (FALSE, FALSE, sizeof (AnfMilArg));
  g_array_set_clear_func (op->inputs, (GDestroyNotify) arg_clear);
  g_array_set_clear_func (op->attrs, (GDestroyNotify) arg_clear);
  return op;
}

void
anf_mil_op_free (AnfMilOp *op)
{
  g_array_unref (op->outputs);
  g_array_unref (op->inputs);
  g_array_unref (op->attrs);
  g_free (op);
}

AnfMilProgram *
anf_mil_program_new (void)
{
  AnfMilProgram *self = g_new0 (AnfMilProgram, 1);

  self->words = g_string_chunk_new (4096);
  self->taken = g_hash_table_new (g_str_hash, g_str_equal);
  self->inputs = g_array_new (FALSE, FALSE, sizeof (AnfMilPort));
  self->outputs = g_array_new (FALSE, FALSE, sizeof (AnfMilPort));
  self->ops = g_ptr_array_new_with_free_func ((GDestroyNotify) anf_mil_op_free);
  self->blob = anf_mil_blob_new ();
  self->places = g_array_new (FALSE, FALSE, sizeof (AnfMilPlace));
  for (guint i = 0; i < G_N_ELEMENTS (reserved); i++)
    g_hash_table_add (self->taken, (gpointer) reserved[i]);
  return self;
}

void
anf_mil_program_free (AnfMilProgram *self)
{
  g_ptr_array_unref (self->ops);
  g_array_unref (self->inputs);
  g_array_unref (self->outputs);
  g_hash_table_unref (self->taken);
  g_string_chunk_free (self->words);
  anf_mil_blob_free (self->blob);
  g_array_unref (self->places);
  g_free (self);
}

const char *
anf_mil_program_name (AnfMilProgram *self, const char *stem)
{
  g_autofree char *name = g_strdup (stem);
  const char *kept;

  for (guint i = 1; g_hash_table_contains (self->taken, name); i++)
    {
      g_free (name);
      name = g_strdup_printf ("%s_%u", stem, i);
    }
  kept = g_string_chunk_insert_const (self->words, name);
  g_hash_table_add (self->taken, (gpointer) kept);
  return kept;
}

static void
add_port (AnfMilProgram *self, GArray *ports, const char *name, const AnfMilType *type)
{
  AnfMilPort port = { g_string_chunk_insert_const (self->words, name), *type };

  g_array_append_val (ports, port);
}

void
anf_mil_program_input (AnfMilProgram *self, const char *name, const AnfMilType *type)
{
  add_port (self, self->inputs, name, type);
}

void
anf_mil_program_output (AnfMilProgram *self, const char *name, const AnfMilType *type)
{
  add_port (self, self->outputs, name, type);
}

