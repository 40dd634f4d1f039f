/* ops-markdown.c - the operator catalogue as a page: docs/operators.md is what this prints. */
#include "cli.h"
#include "ops.h"

#include <stdio.h>

static const char *
or_dash (const char *text)
{
  return text != NULL && text[0] != '\0' ? text : "-";
}

static void
print_ports (const char *heading, const AnfOp *op,
             const AnfPort *(*nth) (const AnfOp *op, guint i))
{
  const AnfPort *port;

  if (nth (op, 0) == NULL)
    return;
  printf ("\n| %s | |\n|---|---|\n", heading);
  for (guint i = 0; (port = nth (op, i)) != NULL; i++)
    printf ("| `%s`%s%s%s | %s |\n", port->name,
            port->flags & ANF_VARIADIC ? ", any number" : "",
            port->flags & ANF_OPTIONAL ? ", optional" : "",
            port->flags & ANF_ENCODABLE ? ", may be encoded" : "", port->doc);
}

static void
print_attrs (const AnfOp *op)
{
  const AnfAttr *attr;

  if (anf_op_attr (op, 0) == NULL)
    return;
  printf ("\n| Attribute | Default | |\n|---|---|---|\n");
  for (guint i = 0; (attr = anf_op_attr (op, i)) != NULL; i++)
    {
      const char *preset = attr->preset == NULL ? "required"
                           : attr->preset[0] == '\0' ? "not set" : attr->preset;

      printf ("| `%s` | %s | %s", attr->name, preset, attr->doc);
      for (guint c = 0; attr->choices != NULL && attr->choices[c] != NULL; c++)
        printf ("%s`%s`", c > 0 ? ", " : ": ", attr->choices[c]);
      puts (" |");
    }
}

static void
print_op (const AnfOp *op)
{
  g_autofree char *chips = studio_ops_chips (op);

  printf ("\n### %s\n\n%s: %s", anf_op_name (op), anf_op_title (op), anf_op_doc (op));
  if (anf_op_quirk (op) != NULL)
    printf (" On the engine: %s", anf_op_quirk (op));
  printf ("\n\nRoute: %s. Chips: %s. ", anf_op_route (op), chips);
  if (anf_op_onnx (op) != NULL)
    printf ("In ONNX: %s. ", anf_op_onnx (op));
  if (anf_op_flat (op) != NULL)
    printf ("No gradient: %s\n", anf_op_flat (op));
  else
    printf ("Gradient: %s.\n", g_str_equal (anf_op_gradient (op), "rule")
                               ? "a rule of its own" : "that of its parts");
  print_ports ("Input", op, anf_op_input);
  print_attrs (op);
  print_ports ("Weight", op, anf_op_role);
}

static void
print_category (AnfCategory category)
{
  const AnfOp *op;
  guint n = 0;

  for (guint i = 0; (op = anf_op_nth (i)) != NULL; i++)
    if (anf_op_category (op) == category)
      {
        if (n++ == 0)
          printf ("\n## %s\n", anf_category_title (category));
        print_op (op);
      }
}

void
studio_ops_markdown (void)
{
  const AnfOp *op;

  puts ("# Operators\n\n"
        "Printed by `aneforge ops --markdown` from the operator table; not to be edited here.\n\n"
        "*Chips* names one architecture of each family: h13 (M1), h14 (M2), h15 (M3), h16s and\n"
        "h17s (M4, M5). Older chips take no program. A chip has an operator natively, is given\n"
        "others in its place (decompose), runs it as a program of its own (bridge), or not.");
  for (AnfCategory c = 0; c < ANF_N_CATEGORIES; c++)
    print_category (c);
  puts ("\n## In no graph\n\n"
        "Operators that the chips' compiler knows by name and that cannot be placed.\n\n"
        "| Operator | | Chips | Instead |\n|---|---|---|---|");
  for (guint i = 0; (op = anf_op_nth_walled (i)) != NULL; i++)
    {
      g_autofree char *chips = studio_ops_chips (op);

      printf ("| `%s` | %s | %s | %s |\n", anf_op_name (op), anf_op_doc (op), or_dash (chips),
              or_dash (anf_op_instead (op)));
    }
}
