/* op-card.c - what an operator does, takes and is on each family: the card that the palette shows
 * when the pointer rests on one. */
#include "op-card.h"

#include "edits.h"

#include <glib/gi18n-lib.h>

#define FAMILIES 5
#define WIDTH    44                /* of what stands beside a name, in characters */

static void
add_words (GtkWidget *card, const char *words, const char *class)
{
  GtkWidget *label = studio_label_new (words, "caption", class, NULL);

  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_width_chars (GTK_LABEL (label), WIDTH + 10);
  gtk_label_set_max_width_chars (GTK_LABEL (label), WIDTH + 10);
  gtk_box_append (GTK_BOX (card), label);
}

/* One line of the grid: a name, and what it is. */
static void
add_line (GtkGrid *grid, int *row, const char *name, const char *words)
{
  GtkWidget *left = studio_label_new (name, "numeric", NULL);
  GtkWidget *right = studio_label_new (words, "caption", "dim", NULL);

  gtk_label_set_wrap (GTK_LABEL (right), TRUE);
  /* The same least and most: a tooltip is made as high as its narrowest width needs. */
  gtk_label_set_width_chars (GTK_LABEL (right), WIDTH);
  gtk_label_set_max_width_chars (GTK_LABEL (right), WIDTH);
  gtk_widget_set_valign (left, GTK_ALIGN_START);
  gtk_grid_attach (grid, left, 0, *row, 1, 1);
  gtk_grid_attach (grid, right, 1, (*row)++, 1, 1);
}

static void
add_port (GtkGrid *grid, int *row, const AnfPort *port, const char *preset)
{
  g_autofree char *words
    = g_strconcat (port->doc != NULL ? port->doc : preset,
                   port->flags & ANF_VARIADIC ? _(" (any number)")
                   : port->flags & ANF_OPTIONAL ? _(" (optional)") : "", NULL);

  add_line (grid, row, port->name, words);
}

static void
add_attr (GtkGrid *grid, int *row, const AnfAttr *attr)
{
  g_autofree char *words = NULL;

  if (attr->preset == NULL)
    words = g_strdup_printf (_("%s (has to be set)"), attr->doc);
  else if (attr->preset[0] != '\0')
    words = g_strdup_printf (_("%s (%s if not set)"), attr->doc, attr->preset);
  add_line (grid, row, attr->name, words != NULL ? words : attr->doc);
}

/* "reject on family 1, native on 2 to 5" */
static char *
families_of (const AnfOp *op)
{
  g_autoptr(GString) text = g_string_new (NULL);

  for (guint from = 1, to; from <= FAMILIES; from = to + 1)
    {
      AnfAvailability on = anf_op_on (op, from);

      for (to = from; to < FAMILIES && anf_op_on (op, to + 1) == on; to++)
        ;
      g_string_append_printf (text, "%s%s: %u", text->len > 0 ? ", " : "",
                              anf_availability_name (on), from);
      if (to > from)
        g_string_append_printf (text, "–%u", to);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static const char *
gradient_of (const AnfOp *op)
{
  return anf_op_flat (op) != NULL ? anf_op_flat (op)
         : g_str_equal (anf_op_gradient (op), "parts") ? _("by its parts") : _("has a rule");
}

GtkWidget *
studio_op_card_new (const AnfOp *op)
{
  GtkWidget *card = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6), *grid = gtk_grid_new ();
  g_autofree char *families = families_of (op);
  const AnfPort *port;
  const AnfAttr *attr;
  int row = 0;

  gtk_box_append (GTK_BOX (card), studio_label_new (anf_op_title (op), "heading", NULL));
  add_words (card, anf_op_doc (op), NULL);
  if (anf_op_quirk (op) != NULL)
    add_words (card, anf_op_quirk (op), "warn");
  gtk_grid_set_column_spacing (GTK_GRID (grid), 10);
  gtk_grid_set_row_spacing (GTK_GRID (grid), 2);
  for (guint i = 0; (port = anf_op_input (op, i)) != NULL; i++)
    add_port (GTK_GRID (grid), &row, port, _("input"));
  for (guint i = 0; (port = anf_op_role (op, i)) != NULL; i++)
    add_port (GTK_GRID (grid), &row, port, _("weight"));
  for (guint i = 0; (attr = anf_op_attr (op, i)) != NULL; i++)
    add_attr (GTK_GRID (grid), &row, attr);
  add_line (GTK_GRID (grid), &row, _("families"), families);
  add_line (GTK_GRID (grid), &row, _("gradient"), gradient_of (op));
  if (anf_op_onnx (op) != NULL)
    add_line (GTK_GRID (grid), &row, "ONNX", anf_op_onnx (op));
  gtk_box_append (GTK_BOX (card), grid);
  return card;
}
