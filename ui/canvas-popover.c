/* canvas-popover.c - adding by search, renaming in place, the context menu. */
#include "canvas-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "palette.h"

static void
point_at (GtkWidget *popover, double x, double y, double width, double height)
{
  gtk_popover_set_pointing_to (GTK_POPOVER (popover),
                               &(GdkRectangle) { x, y, MAX (1, width), MAX (1, height) });
}

static GtkWidget *
popover_new (StudioCanvas *self, GtkWidget *child, const char *class)
{
  GtkWidget *popover = gtk_popover_new ();

  gtk_popover_set_child (GTK_POPOVER (popover), child);
  gtk_popover_set_has_arrow (GTK_POPOVER (popover), FALSE);
  gtk_popover_set_position (GTK_POPOVER (popover), GTK_POS_BOTTOM);
  gtk_widget_set_halign (popover, GTK_ALIGN_START);
  if (class != NULL)
    gtk_widget_add_css_class (popover, class);
  gtk_widget_set_parent (popover, GTK_WIDGET (self));
  return popover;
}

/* ---- adding */

/* A graph of an input of this type and the operator alone: would its first port have it? Sources of
 * masks cannot be written as an input; they are welcome everywhere. */
static gboolean
takes (const AnfOp *op, const AnfType *type)
{
  AnfGraphBuilder *b = anf_graph_builder_new (NULL);
  AnfId in = anf_graph_builder_add (b, anf_op_lookup ("input"));
  AnfId id = anf_graph_builder_add (b, op);
  gint64 shape[ANF_MAX_RANK];
  g_autoptr(AnfGraph) graph = NULL;
  g_autoptr(AnfReport) report = NULL;

  for (guint i = 0; i < type->rank; i++)
    shape[i] = type->dim[i];
  anf_graph_builder_set_attr (b, in, "shape",
                              g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, shape, type->rank,
                                                         sizeof *shape));
  if (type->dtype != ANF_BOOL)
    anf_graph_builder_set_attr (b, in, "dtype",
                                g_variant_new_string (anf_dtype_name (type->dtype)));
  anf_graph_builder_connect (b, (AnfRef) { in, 0 }, id, 0);
  if ((graph = anf_graph_builder_end (b, NULL)) == NULL)
    return FALSE;
  report = anf_check (graph, NULL);
  for (guint i = 0; type->dtype != ANF_BOOL && i < anf_report_n_findings (report); i++)
    {
      const AnfFinding *finding = anf_report_nth_finding (report, i);

      if (finding->node == id && finding->severity == ANF_ERROR_FINDING
          && g_strcmp0 (finding->field, anf_op_input (op, 0)->name) == 0)
        return FALSE;
    }
  return TRUE;
}

/* Operators to which the wire in hand can be joined. */
static gboolean
accepts (const AnfOp *op, gpointer data)
{
  StudioCanvas *self = data;
  const AnfType *type = self->report != NULL && self->add_from.node != 0
                        ? anf_report_type (self->report, self->add_from.node,
                                           self->add_from.port) : NULL;

  if (self->add_from.node != 0 && anf_op_input (op, 0) == NULL)
    return FALSE;
  return type == NULL || takes (op, type);
}

/* What the popover says below the list: which wire the new node gets. */
static char *
note_for (StudioCanvas *self)
{
  const AnfNode *node = anf_graph_find (self->graph, self->add_from.node != 0
                                                     ? self->add_from.node : self->add_to);
  const AnfType *type = self->report != NULL && self->add_from.node != 0
                        ? anf_report_type (self->report, self->add_from.node,
                                           self->add_from.port) : NULL;
  g_autofree char *shape = type != NULL ? anf_type_to_string (type) : NULL;

  if (node == NULL)
    return g_strdup (_("Enter adds · Esc closes"));
  if (shape != NULL)
    return g_strdup_printf (_("Takes %s from %s · Enter adds · Esc drops the wire"), shape,
                            anf_node_name (node));
  return g_strdup_printf (self->add_from.node != 0
                          ? _("Takes the output of %s · Enter adds · Esc drops the wire")
                          : _("Feeds %s · Enter adds · Esc drops the wire"),
                          anf_node_name (node));
}

static void
on_chosen (StudioPalette *palette, const char *name, StudioCanvas *self)
{
  const AnfOp *op = anf_op_lookup (name);
  AnfRef from = self->add_from;
  AnfId to = self->add_to;

  gtk_popover_popdown (GTK_POPOVER (self->add));
  if (op != NULL && self->graph != NULL)
    studio_canvas_add_node (self, op, self->add_at, from, to, self->add_in);
  gtk_widget_grab_focus (GTK_WIDGET (self));
}

/* The wish for a wire ends with the popover, however that is closed. */
static void
on_add_closed (GtkPopover *popover, StudioCanvas *self)
{
  self->add_from = (AnfRef) { 0 };
  self->add_to = 0;
  studio_canvas_end_wire (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
studio_canvas_open_add (StudioCanvas *self,
                        double        x,
                        double        y)
{
  g_autofree char *note = NULL;

  if (self->graph == NULL || gtk_widget_get_root (GTK_WIDGET (self)) == NULL)
    return;
  if (self->add == NULL)
    {
      self->palette = studio_palette_new ();
      studio_palette_set_compact (STUDIO_PALETTE (self->palette), TRUE);
      gtk_widget_set_size_request (self->palette, 374, 380);
      g_signal_connect (self->palette, "chosen", G_CALLBACK (on_chosen), self);
      self->add = popover_new (self, self->palette, "add-node");
      g_signal_connect (self->add, "closed", G_CALLBACK (on_add_closed), self);
    }
  if (self->add_from.node == 0 && self->add_to == 0)
    {
      StudioPoint p = studio_canvas_to_plane (self, x, y);

      self->add_at = (StudioPoint) { p.x - 16, p.y - STUDIO_HEADER / 2 };
    }
  studio_palette_set_filter (STUDIO_PALETTE (self->palette), accepts, self, NULL);
  studio_palette_set_note (STUDIO_PALETTE (self->palette), note = note_for (self));
  point_at (self->add, x, y, 1, 1);
  gtk_popover_popup (GTK_POPOVER (self->add));
  studio_palette_begin (STUDIO_PALETTE (self->palette));
}

/* ---- renaming */

static gboolean
is_taken (StudioCanvas *self, const char *name)
{
  const AnfNode *other = anf_graph_find_name (self->graph, name);

  return other != NULL && anf_node_id (other) != self->renamed;
}

static const char *
group_problem (StudioCanvas *self, const char *name)
{
  if (*name == '\0' || strchr (name, '/') != NULL)
    return _("A name without a slash, please");
  return studio_canvas_group_is_taken (self, self->renamed_group, name)
         ? _("Another group has this name") : NULL;
}

static const char *
problem_with (StudioCanvas *self, const char *name)
{
  if (self->renamed_group >= 0)
    return group_problem (self, name);
  if (self->renamed == 0)
    return NULL;
  if (!anf_name_is_valid (name))
    return _("Letters, digits and _ only, no digit first");
  return is_taken (self, name) ? _("Another node has this name") : NULL;
}

static void
on_rename_changed (GtkEditable *entry, StudioCanvas *self)
{
  const char *problem = problem_with (self, gtk_editable_get_text (entry));

  gtk_label_set_text (GTK_LABEL (self->rename_note), problem != NULL ? problem : "");
  gtk_widget_set_visible (self->rename_note, problem != NULL);
  if (problem != NULL)
    gtk_widget_add_css_class (GTK_WIDGET (entry), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (entry), "error");
  gtk_accessible_update_state (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_STATE_INVALID,
                               problem != NULL ? GTK_ACCESSIBLE_INVALID_TRUE
                                               : GTK_ACCESSIBLE_INVALID_FALSE, -1);
}

static void
on_renamed (GtkEntry *entry, StudioCanvas *self)
{
  const char *name = gtk_editable_get_text (GTK_EDITABLE (entry));
  const AnfNode *node = anf_graph_find (self->graph, self->renamed);
  AnfGraphBuilder *b;
  g_autofree char *label = NULL;

  if (self->renamed_group >= 0 && problem_with (self, name) == NULL)
    {
      studio_canvas_name_group (self, self->renamed_group, name);
      gtk_popover_popdown (GTK_POPOVER (self->rename));
      gtk_widget_grab_focus (GTK_WIDGET (self));
      return;
    }
  if (self->renamed == 0)
    {
      studio_canvas_name_frame (self, name);
      gtk_popover_popdown (GTK_POPOVER (self->rename));
      gtk_widget_grab_focus (GTK_WIDGET (self));
      return;
    }
  if (node == NULL || problem_with (self, name) != NULL)
    {
      gtk_widget_error_bell (GTK_WIDGET (entry));
      return;
    }
  label = g_strdup_printf (_("Rename %s to %s"), anf_node_name (node), name);
  gtk_popover_popdown (GTK_POPOVER (self->rename));
  gtk_widget_grab_focus (GTK_WIDGET (self));
  if (g_str_equal (name, anf_node_name (node)))
    return;
  b = studio_canvas_begin_edit (self);
  anf_graph_builder_set_name (b, self->renamed, name);
  studio_canvas_ask (self, b, label, NULL);
}

static void
make_rename (StudioCanvas *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4);

  self->rename_entry = gtk_entry_new ();
  gtk_widget_set_tooltip_text (self->rename_entry, _("Name of the node"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->rename_entry),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, _("Name of the node"), -1);
  self->rename_note = gtk_label_new (NULL);
  gtk_label_set_xalign (GTK_LABEL (self->rename_note), 0);
  gtk_widget_add_css_class (self->rename_note, "caption");
  gtk_widget_add_css_class (self->rename_note, "bad");
  gtk_box_append (GTK_BOX (box), self->rename_entry);
  gtk_box_append (GTK_BOX (box), self->rename_note);
  self->rename = popover_new (self, box, NULL);
  g_signal_connect (self->rename_entry, "changed", G_CALLBACK (on_rename_changed), self);
  g_signal_connect (self->rename_entry, "activate", G_CALLBACK (on_renamed), self);
}

void
studio_canvas_open_rename (StudioCanvas *self,
                           AnfId         id)
{
  StudioScene *scene = studio_canvas_scene (self);
  const StudioBox *box = scene != NULL && id != 0 ? studio_scene_box (scene, id) : NULL;
  const StudioFrame *frame = scene != NULL && self->frame > 0
                             && self->frame <= (int) scene->frames->len
                             ? &g_array_index (scene->frames, StudioFrame, self->frame - 1) : NULL;
  StudioPoint at;

  if ((box == NULL && frame == NULL) || gtk_widget_get_root (GTK_WIDGET (self)) == NULL)
    return;
  if (self->rename == NULL)
    make_rename (self);
  self->renamed = box != NULL ? id : 0;
  self->renamed_group = box != NULL ? studio_canvas_chosen_group (self) : STUDIO_NO_GROUP;
  if (box != NULL && self->renamed_group < 0)
    studio_canvas_select (self, id);
  at = box != NULL ? studio_canvas_to_px (self, box->box.x, box->box.y)
                   : studio_canvas_to_px (self, frame->rect.x, frame->rect.y);
  gtk_editable_set_text (GTK_EDITABLE (self->rename_entry),
                         self->renamed_group >= 0
                         ? studio_groups_nth (scene->groups, self->renamed_group)->name
                         : box != NULL ? anf_node_name (box->node) : frame->title);
  point_at (self->rename, at.x, at.y, 1, STUDIO_HEADER * self->zoom);
  gtk_popover_popup (GTK_POPOVER (self->rename));
  gtk_widget_grab_focus (self->rename_entry);
  gtk_editable_select_region (GTK_EDITABLE (self->rename_entry), 0, -1);
}

/* ---- context menu */

static void
append (GMenu *menu, const char *label, const char *action)
{
  g_menu_append (menu, label, action);
}

static GMenu *
section (GMenu *menu)
{
  GMenu *part = g_menu_new ();

  g_menu_append_section (menu, NULL, G_MENU_MODEL (part));
  g_object_unref (part);
  return part;
}

static void
append_alignments (GMenu *menu)
{
  static const struct { const char *label, *how; } rows[] = {
    { N_("_Left"), "left" }, { N_("_Centres"), "centre" }, { N_("_Right"), "right" },
    { N_("_Top"), "top" }, { N_("_Middles"), "middle" }, { N_("_Bottom"), "bottom" },
    { N_("Spread _Across"), "across" }, { N_("Spread _Down"), "down" },
    { N_("_Straighten Wires"), "straight" },
  };
  g_autoptr(GMenu) part = g_menu_new ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *action = g_strconcat ("canvas.align::", rows[i].how, NULL);

      append (part, _(rows[i].label), action);
    }
  g_menu_append_submenu (menu, _("Line _Up"), G_MENU_MODEL (part));
}

static void
append_groups (StudioCanvas *self, GMenu *part)
{
  if (studio_canvas_chosen_group (self) >= 0)
    {
      append (part, _("Fold or Unfol_d Group"), "canvas.fold::this");
      append (part, _("Fold or Unfold Those Li_ke It"), "canvas.fold::like");
      append (part, _("_Enter Group"), "canvas.enter");
      append (part, _("_Ungroup"), "canvas.ungroup");
    }
  append (part, _("_Group"), "canvas.group");
}

static void
append_ends (StudioCanvas *self, GMenu *menu)
{
  g_autoptr(GMenuModel) ends = studio_canvas_ends (self);

  if (g_menu_model_get_n_items (ends) > 0)
    g_menu_append_submenu (menu, _("Follow a _Wire"), ends);
}

/* For what is selected. */
static void
append_node_menu (StudioCanvas *self, GMenu *menu, GMenu *part)
{
  append (part, _("_Rename…"), "canvas.rename");
  append (part, _("_Duplicate"), "canvas.duplicate");
  part = section (menu);
  append (part, _("Cu_t"), "canvas.cut");
  append (part, _("_Copy"), "canvas.copy");
  append (part, _("_Paste"), "canvas.paste");
  part = section (menu);
  append_groups (self, part);
  part = section (menu);
  append (part, _("_Mute"), "canvas.mute");
  append (part, _("Collap_se"), "canvas.collapse");
  append (part, _("U_nfold into Its Parts"), "canvas.unfold");
  part = section (menu);
  append (part, _("_Frame"), "canvas.add-frame");
  append (part, _("Show Selecti_on"), "canvas.frame");
  append_ends (self, part);
  append (part, _("P_in in Place"), "canvas.pin");
  append (part, _("_Arrange Selection"), "canvas.arrange-selection");
  append_alignments (part);
  part = section (menu);
  append (part, _("Delete and Re_connect"), "canvas.delete-reconnect");
  append (part, _("De_lete"), "canvas.delete");
}

static void
append_looks (GMenu *menu)
{
  g_autoptr(GMenu) part = g_menu_new ();

  append (part, _("_Curved"), "canvas.wires::curved");
  append (part, _("_Angled"), "canvas.wires::angled");
  append (part, _("_Straight"), "canvas.wires::straight");
  append (part, _("Constants as S_tubs"), "canvas.stubs");
  g_menu_append_submenu (menu, _("_Wires"), G_MENU_MODEL (part));
}

static GMenu *
menu_for (StudioCanvas *self)
{
  GMenu *menu = g_menu_new (), *part = section (menu);

  if (studio_canvas_active (self) != 0)
    {
      append_node_menu (self, menu, part);
      return menu;
    }
  if (self->frame > 0)
    {
      append (part, _("_Rename…"), "canvas.rename");
      append (part, _("Next _Colour"), "canvas.color-frame");
      append (part, _("De_lete Frame"), "canvas.delete");
      return menu;
    }
  if (self->selected_wire >= 0)
    {
      append (part, _("_Disconnect"), "canvas.delete");
      append (part, _("Put a D_ot"), "canvas.add-dot");
      return menu;
    }
  append (part, _("_Add Node…"), "canvas.add");
  append (part, _("_Paste"), "canvas.paste");
  append (part, _("Select _All"), "canvas.select-all");
  part = section (menu);
  append (part, _("F_old All Groups"), "canvas.fold::all");
  append (part, _("_Unfold All Groups"), "canvas.fold::none");
  append (part, _("Find _Groups"), "canvas.find-groups");
  if (self->scope != NULL)
    append (part, _("_Leave Group"), "canvas.leave");
  part = section (menu);
  append (part, _("A_rrange"), "canvas.arrange");
  append (part, _("_Fit"), "canvas.fit");
  append (part, _("_100 %"), "canvas.zoom-100");
  part = section (menu);
  append_looks (part);
  append (part, _("_Snap to Grid"), "canvas.snap");
  append (part, _("_Minimap"), "canvas.minimap");
  return menu;
}

void
studio_canvas_open_menu (StudioCanvas *self,
                         double        x,
                         double        y)
{
  g_autoptr(GMenu) menu = NULL;
  StudioScene *scene = studio_canvas_scene (self);
  const StudioBox *box = scene != NULL
                         ? studio_scene_box (scene, studio_canvas_active (self)) : NULL;

  if (self->graph == NULL || gtk_widget_get_root (GTK_WIDGET (self)) == NULL)
    return;
  /* By keyboard: at the active node. */
  if (x < 0)
    {
      StudioPoint p = box != NULL ? studio_canvas_to_px (self, box->box.x + 30, box->box.y + 20)
                                  : (StudioPoint) { 40, 40 };

      x = p.x, y = p.y;
    }
  menu = menu_for (self);
  if (self->menu == NULL)
    {
      self->menu = gtk_popover_menu_new_from_model (G_MENU_MODEL (menu));
      gtk_popover_set_has_arrow (GTK_POPOVER (self->menu), FALSE);
      gtk_widget_set_halign (self->menu, GTK_ALIGN_START);
      gtk_widget_set_parent (self->menu, GTK_WIDGET (self));
    }
  else
    gtk_popover_menu_set_menu_model (GTK_POPOVER_MENU (self->menu), G_MENU_MODEL (menu));
  point_at (self->menu, x, y, 1, 1);
  gtk_popover_popup (GTK_POPOVER (self->menu));
}
