/* inspector-roles.c - a card for each weight role of the active node. */
#include <glib/gi18n-lib.h>

#include "edits.h"
#include "inspector-sections.h"
#include "role-card.h"

#define STUDIO_TYPE_ROLES (studio_roles_get_type ())
G_DECLARE_FINAL_TYPE (StudioRoles, studio_roles, STUDIO, ROLES, StudioPanel)

struct _StudioRoles
{
  StudioPanel parent_instance;

  AnfId        node;
  const AnfOp *op;
  GPtrArray   *cards;              /* borrowed from the box */
};

G_DEFINE_FINAL_TYPE (StudioRoles, studio_roles, STUDIO_TYPE_PANEL)

void
studio_roles_attach (GtkWidget *roles, const char *role, const char *path)
{
  StudioRoles *self = STUDIO_ROLES (roles);

  for (guint i = 0; i < self->cards->len; i++)
    {
      StudioRoleCard *card = g_ptr_array_index (self->cards, i);

      if (g_str_equal (studio_role_card_role (card), role))
        studio_role_card_attach (card, path);
    }
}

static void
rebuild (StudioRoles *self, const AnfNode *node)
{
  const AnfPort *role;

  for (guint i = 0; i < self->cards->len; i++)
    gtk_box_remove (GTK_BOX (self), g_ptr_array_index (self->cards, i));
  g_ptr_array_set_size (self->cards, 0);

  self->node = node != NULL ? anf_node_id (node) : 0;
  self->op = node != NULL ? anf_node_op (node) : NULL;
  for (guint i = 0; node != NULL && (role = anf_op_role (self->op, i)) != NULL; i++)
    {
      GtkWidget *card = studio_role_card_new (self->node, role);

      gtk_box_append (GTK_BOX (self), card);
      g_ptr_array_add (self->cards, card);
      studio_panel_adopt (STUDIO_PANEL (self), STUDIO_PANEL (card));
    }
  gtk_widget_set_visible (GTK_WIDGET (self), self->cards->len > 0);
}

static void
studio_roles_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  StudioRoles *self = STUDIO_ROLES (panel);
  const AnfNode *node = studio_panel_n_selected (panel) == 1 ? studio_panel_active (panel) : NULL;

  if (changed & (STUDIO_GRAPH | STUDIO_SELECTION)
      && ((node != NULL ? anf_node_id (node) : 0) != self->node
          || (node != NULL && anf_node_op (node) != self->op)))
    rebuild (self, node);
}

static void
studio_roles_finalize (GObject *object)
{
  g_ptr_array_unref (STUDIO_ROLES (object)->cards);
  G_OBJECT_CLASS (studio_roles_parent_class)->finalize (object);
}

static void
studio_roles_class_init (StudioRolesClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = studio_roles_finalize;
  STUDIO_PANEL_CLASS (klass)->update = studio_roles_update;
}

static void
studio_roles_init (StudioRoles *self)
{
  self->cards = g_ptr_array_new ();
  studio_section_begin (GTK_WIDGET (self), _("Weights"));
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

GtkWidget *
studio_roles_new (void)
{
  return g_object_new (STUDIO_TYPE_ROLES, NULL);
}
