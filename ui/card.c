/* card.c - a titled box of a workspace, with a line of small print beside the title. */
#include "card.h"

#include <glib/gi18n-lib.h>

#include "edits.h"

struct _StudioCard
{
  GtkBox parent_instance;

  GtkWidget *line, *note, *basis;
};

G_DEFINE_FINAL_TYPE (StudioCard, studio_card, GTK_TYPE_BOX)

void
studio_card_set_note (StudioCard *self, const char *note)
{
  g_return_if_fail (STUDIO_IS_CARD (self));

  gtk_label_set_text (GTK_LABEL (self->note), note != NULL ? note : "");
  studio_set_tip (self->note, note);
}

void
studio_card_set_basis (StudioCard *self, const char *basis)
{
  g_return_if_fail (STUDIO_IS_CARD (self));

  studio_label_show (self->basis, basis != NULL ? _(basis) : NULL);
  gtk_widget_set_css_classes (self->basis, (const char *[])
    { "tag", g_strcmp0 (basis, "measured") == 0 ? "measured" : "estimated", NULL });
}

void
studio_card_add_end (StudioCard *self, GtkWidget *widget)
{
  g_return_if_fail (STUDIO_IS_CARD (self));

  gtk_widget_set_valign (widget, GTK_ALIGN_CENTER);
  gtk_box_append (GTK_BOX (self->line), widget);
}

static void
studio_card_class_init (StudioCardClass *klass)
{
  gtk_widget_class_set_accessible_role (GTK_WIDGET_CLASS (klass), GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
studio_card_init (StudioCard *self)
{
  gtk_orientable_set_orientation (GTK_ORIENTABLE (self), GTK_ORIENTATION_VERTICAL);
  gtk_widget_add_css_class (GTK_WIDGET (self), "card");
}

GtkWidget *
studio_card_new (const char *title, const char *note)
{
  StudioCard *self = g_object_new (STUDIO_TYPE_CARD, NULL);

  self->line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  self->note = studio_label_new (note, "caption", "dim", NULL);
  self->basis = studio_label_new (NULL, "tag", "measured", NULL);
  gtk_widget_add_css_class (self->line, "card-title");
  gtk_widget_set_hexpand (self->note, TRUE);
  gtk_label_set_xalign (GTK_LABEL (self->note), 0);
  gtk_label_set_ellipsize (GTK_LABEL (self->note), PANGO_ELLIPSIZE_END);
  gtk_label_set_max_width_chars (GTK_LABEL (self->note), 1);   /* asks for no room: it fills */
  gtk_widget_set_valign (self->basis, GTK_ALIGN_CENTER);
  gtk_widget_set_visible (self->basis, FALSE);
  gtk_box_append (GTK_BOX (self->line), studio_label_new (title, NULL));
  gtk_box_append (GTK_BOX (self->line), self->note);
  gtk_box_append (GTK_BOX (self->line), self->basis);
  gtk_box_append (GTK_BOX (self), self->line);
  studio_name_widget (GTK_WIDGET (self), title);
  return GTK_WIDGET (self);
}
