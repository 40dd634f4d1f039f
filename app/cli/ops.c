/* ops.c - `aneforge ops`: the operator catalogue. */
#include "cli.h"
#include "ops.h"

#include <stdio.h>
#include <stdlib.h>

/* One chip per generation that differs. */
static const char *const chips[] = { "h11", "h13", "h14", "h15", "h16s", "h17s" };

static AnfAvailability
on_chip (const AnfOp *op, const char *arch)
{
  return anf_op_on (op, anf_arch_family (arch));
}

/* The first chip is left out: it takes no program at all. */
char *
studio_ops_chips (const AnfOp *op)
{
  GString *text = g_string_new (NULL);

  for (int a = ANF_NATIVE; a <= (int) ANF_REJECT; a++)
    {
      guint n = 0;

      for (guint i = 1; i < G_N_ELEMENTS (chips); i++)
        if ((int) on_chip (op, chips[i]) == a)
          {
            if (n++ == 0)
              g_string_append_printf (text, "%s%s", text->len > 0 ? "; " : "",
                                      anf_availability_name (a));
            g_string_append_printf (text, " %s", chips[i]);
          }
      if (n == G_N_ELEMENTS (chips) - 1)
        {
          g_string_assign (text, anf_availability_name (a));
          break;
        }
    }
  return g_string_free (text, FALSE);
}

/* ---------------------------------------------------------------- JSON */

/* A list of one stands for the list and for the number alike. */
static void
add_numbers (JsonBuilder *json, const char *text, gboolean real)
{
  g_auto(GStrv) words = g_strsplit (text, ",", -1);
  gboolean list = g_strv_length (words) > 1;

  if (list)
    json_builder_begin_array (json);
  for (guint i = 0; words[i] != NULL; i++)
    if (real)
      json_builder_add_double_value (json, g_ascii_strtod (words[i], NULL));
    else
      json_builder_add_int_value (json, g_ascii_strtoll (words[i], NULL, 10));
  if (list)
    json_builder_end_array (json);
}

static void
add_default (JsonBuilder *json, const AnfAttr *attr)
{
  json_builder_set_member_name (json, "default");
  if (attr->preset == NULL)
    json_builder_add_null_value (json);
  else if (attr->kind == ANF_ATTR_FLAG)
    json_builder_add_boolean_value (json, g_str_equal (attr->preset, "true"));
  else if (attr->kind == ANF_ATTR_TEXT || attr->kind == ANF_ATTR_CHOICE)
    json_builder_add_string_value (json, attr->preset);
  else if (attr->preset[0] == '\0')
    json_builder_add_null_value (json);
  else
    add_numbers (json, attr->preset, attr->kind == ANF_ATTR_REAL || attr->kind == ANF_ATTR_REALS);
}

static void
add_attrs (JsonBuilder *json, const AnfOp *op)
{
  static const char *const kinds[] = { "real", "int", "ints", "reals", "flag", "text", "choice" };
  const AnfAttr *attr;

  studio_json_object (json, "attrs");
  for (guint i = 0; (attr = anf_op_attr (op, i)) != NULL; i++)
    {
      studio_json_object (json, attr->name);
      studio_json_text (json, "kind", kinds[attr->kind]);
      add_default (json, attr);
      studio_json_flag (json, "required", attr->preset == NULL);
      if (attr->min != attr->max)
        {
          studio_json_real (json, "min", attr->min);
          studio_json_real (json, "max", attr->max);
        }
      if (attr->choices != NULL)
        {
          studio_json_array (json, "choices");
          for (guint c = 0; attr->choices[c] != NULL; c++)
            json_builder_add_string_value (json, attr->choices[c]);
          json_builder_end_array (json);
        }
      studio_json_text (json, "doc", attr->doc);
      json_builder_end_object (json);
    }
  json_builder_end_object (json);
}

static void
add_ports (JsonBuilder *json, const char *name, const AnfOp *op,
           const AnfPort *(*nth) (const AnfOp *op, guint i))
{
  const AnfPort *port;

  studio_json_object (json, name);
  for (guint i = 0; (port = nth (op, i)) != NULL; i++)
    {
      studio_json_object (json, port->name);
      studio_json_flag (json, "optional", (port->flags & ANF_OPTIONAL) != 0);
      if (nth == anf_op_input)
        studio_json_flag (json, "variadic", (port->flags & ANF_VARIADIC) != 0);
      else
        studio_json_flag (json, "encodable", (port->flags & ANF_ENCODABLE) != 0);
      studio_json_text (json, "doc", port->doc);
      json_builder_end_object (json);
    }
  json_builder_end_object (json);
}

static void
add_op (JsonBuilder *json, const AnfOp *op)
{
  g_autofree char *where = studio_ops_chips (op);

  json_builder_begin_object (json);
  studio_json_text (json, "op", anf_op_name (op));
  studio_json_text (json, "title", anf_op_title (op));
  studio_json_text (json, "category", anf_category_name (anf_op_category (op)));
  studio_json_text (json, "doc", anf_op_doc (op));
  studio_json_text (json, "quirk", anf_op_quirk (op));
  studio_json_text (json, "route", anf_op_route (op));
  studio_json_text (json, "onnx", anf_op_onnx (op));
  studio_json_text (json, "gradient", anf_op_gradient (op));
  if (anf_op_flat (op) != NULL)
    studio_json_text (json, "no_gradient", anf_op_flat (op));
  add_ports (json, "ports", op, anf_op_input);
  add_attrs (json, op);
  add_ports (json, "weights", op, anf_op_role);
  studio_json_object (json, "families");
  for (guint i = 0; i < G_N_ELEMENTS (chips); i++)
    studio_json_text (json, chips[i], anf_availability_name (on_chip (op, chips[i])));
  json_builder_end_object (json);
  studio_json_text (json, "availability", where);
  if (anf_op_instead (op) != NULL)
    studio_json_text (json, "instead", anf_op_instead (op));
  json_builder_end_object (json);
}

static void
answer (StudioCli *self)
{
  JsonBuilder *json = studio_json_begin ();
  const AnfOp *op;

  studio_json_array (json, "ops");
  for (guint i = 0; (op = anf_op_nth (i)) != NULL; i++)
    add_op (json, op);
  for (guint i = 0; (op = anf_op_nth_walled (i)) != NULL; i++)
    add_op (json, op);
  json_builder_end_array (json);
  studio_json_end (self, json);
}

/* ---------------------------------------------------------------- text */

static char *
ports_text (const AnfOp *op, const AnfPort *(*nth) (const AnfOp *op, guint i))
{
  GString *text = g_string_new (NULL);
  const AnfPort *port;

  for (guint i = 0; (port = nth (op, i)) != NULL; i++)
    g_string_append_printf (text, "%s%s%s%s", i > 0 ? " " : "", port->name,
                            port->flags & ANF_VARIADIC ? "..." : "",
                            port->flags & ANF_OPTIONAL ? "?" : "");
  return g_string_free (text, FALSE);
}

static char *
attrs_text (const AnfOp *op)
{
  GString *text = g_string_new (NULL);
  const AnfAttr *attr;

  for (guint i = 0; (attr = anf_op_attr (op, i)) != NULL; i++)
    {
      g_string_append_printf (text, "%s%s", i > 0 ? " " : "", attr->name);
      if (attr->preset != NULL && attr->preset[0] != '\0')
        g_string_append_printf (text, "=%s", attr->preset);
    }
  return g_string_free (text, FALSE);
}

static guint
print_category (AnfCategory category)
{
  StudioTable *table = studio_table_new ("llllll", "Op", "Route", "Ports", "Attributes",
                                         "Weights", "Chips", NULL);
  const AnfOp *op;
  guint n = 0;

  for (guint i = 0; (op = anf_op_nth (i)) != NULL; i++)
    if (anf_op_category (op) == category)
      {
        g_autofree char *ports = ports_text (op, anf_op_input);
        g_autofree char *weights = ports_text (op, anf_op_role);
        g_autofree char *attrs = attrs_text (op), *where = studio_ops_chips (op);

        if (n++ == 0)
          studio_heading ("%s", anf_category_title (category));
        studio_table_add (table, anf_op_name (op), anf_op_route (op), ports, attrs, weights,
                          where, NULL);
      }
  if (n == 0)
    {
      studio_table_free (table);
      return 0;
    }
  studio_table_end (table);
  puts ("");
  return n;
}

/* What the chips' compiler knows besides. */
static void
print_walled (void)
{
  StudioTable *table = studio_table_new ("lll", "Op", "Chips", "Instead", NULL);
  const AnfOp *op;

  studio_heading ("In no graph");
  for (guint i = 0; (op = anf_op_nth_walled (i)) != NULL; i++)
    {
      g_autofree char *where = studio_ops_chips (op);

      studio_table_add (table, anf_op_name (op), where, anf_op_instead (op), NULL);
    }
  studio_table_end (table);
  puts ("");
}

static StudioExit
run (StudioCli *self)
{
  guint n = 0;

  if (self->markdown)
    {
      studio_ops_markdown ();
      return STUDIO_EXIT_OK;
    }
  if (self->json)
    {
      answer (self);
      return STUDIO_EXIT_OK;
    }
  for (AnfCategory c = 0; c < ANF_N_CATEGORIES; c++)
    n += print_category (c);
  print_walled ();
  printf ("%u operators, and those in no graph. A port or weight with ? may be left out, one with "
          "... takes\nany number; an attribute without = has to be set. Where a chip does not have "
          "an operator\nnatively it is decomposed into others, left to a program of its own "
          "(bridge), or rejected;\nchips before h13 reject all of them.\n", n);
  return STUDIO_EXIT_OK;
}

const StudioCommand studio_command_ops = {
  .name = "ops",
  .summary = "List the operators: route, ports, attributes with defaults, chips.",
  .options = STUDIO_OPTION_JSON | STUDIO_OPTION_MARKDOWN,
  .run = run,
};
