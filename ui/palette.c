/* palette.c - the operator table as a list: by category, or by how well it fits what was typed. */
#include "palette.h"
#include "op-card.h"

#include <glib/gi18n-lib.h>
#include <string.h>

struct _StudioPalette
{
  GtkWidget       parent_instance;

  GtkSearchEntry *search;
  GtkWidget      *scroller, *hint;
  GtkListBox     *list;
  gboolean        compact;
  gboolean      (*accepts) (const AnfOp *op, gpointer data);
  gpointer        accepts_data;
  GDestroyNotify  accepts_destroy;
};

G_DEFINE_FINAL_TYPE (StudioPalette, studio_palette, GTK_TYPE_WIDGET)

enum { PROP_0, PROP_COMPACT, N_PROPS };
static GParamSpec *props[N_PROPS];

enum { CHOSEN, N_SIGNALS };
static guint signals[N_SIGNALS];

/* ---- how well words find an operator */

/* Letters in order, not necessarily together: "lrn" in "layer_norm". 0: no; fewer gaps, more. */
static guint
fuzzy (const char *text, const char *word)
{
  guint score = 200, gap = 0;

  for (; *word != '\0'; text++)
    {
      if (*text == '\0')
        return 0;
      if (g_ascii_tolower (*text) == *word)
        {
          score -= MIN (score - 1, 12 * MIN (gap, 6));
          gap = 0;
          word++;
        }
      else
        gap++;
    }
  return score;
}

static guint
rank_word (const AnfOp *op, const char *word)
{
  const char *name = anf_op_name (op), *at;
  g_autofree char *title = g_utf8_casefold (anf_op_title (op), -1);
  g_autofree char *doc = g_utf8_casefold (anf_op_doc (op), -1);

  if (strcmp (name, word) == 0 || strcmp (title, word) == 0)
    return 1000;
  if (g_str_has_prefix (name, word))
    return 900 - MIN (99, strlen (name));
  if (g_str_has_prefix (title, word))
    return 780 - MIN (99, strlen (title));
  if ((at = strstr (name, word)) != NULL)
    return at[-1] == '_' ? 650 : 450;
  if (strstr (title, word) != NULL)
    return 420;
  return MAX (fuzzy (name, word), strlen (word) > 2 && strstr (doc, word) != NULL ? 120 : 0);
}

guint
studio_palette_rank (const AnfOp *op,
                     const char  *words)
{
  g_autofree char *folded = g_utf8_casefold (words, -1);
  g_auto(GStrv) word = g_strsplit_set (folded, " \t", -1);
  guint sum = 0, n = 0;

  for (guint i = 0; word[i] != NULL; i++)
    {
      guint rank = *word[i] != '\0' ? rank_word (op, word[i]) : 0;

      if (*word[i] == '\0')
        continue;
      if (rank == 0)
        return 0;
      sum += rank;
      n++;
    }
  return n > 0 ? sum / n : 1;
}

/* ---- rows */

static const AnfOp *
op_of (gpointer row)
{
  return g_object_get_data (row, "op");
}

static int
place_of (gpointer row)
{
  return GPOINTER_TO_INT (g_object_get_data (row, "place"));
}

static guint
rank_of (gpointer row)
{
  return GPOINTER_TO_UINT (g_object_get_data (row, "rank"));
}

static GdkContentProvider *
on_drag_prepare (GtkDragSource *source, double x, double y, gpointer row)
{
  return gdk_content_provider_new_typed (G_TYPE_STRING, anf_op_name (op_of (row)));
}

static void
on_drag_begin (GtkDragSource *source, GdkDrag *drag, gpointer row)
{
  g_autoptr(GdkPaintable) picture = gtk_widget_paintable_new (gtk_list_box_row_get_child (row));

  gtk_drag_source_set_icon (source, picture, 12, 12);
}

/* How the operator runs, for the mark at the end of its row. */
static const struct { const char *route, *icon, *words; } routes[] = {
  { "fused", "anf-fused-symbolic", N_("Runs inside a fused program") },
  { "bridge", "anf-op-bridge-symbolic", N_("Runs as a program of its own and cuts the graph") },
  { "host", "anf-cpu-symbolic", N_("Runs on the host and cuts the graph") },
};

static GtkWidget *
route_mark (const AnfOp *op)
{
  for (guint i = 0; i < G_N_ELEMENTS (routes); i++)
    if (g_strcmp0 (routes[i].route, anf_op_route (op)) == 0)
      {
        GtkWidget *mark = gtk_image_new_from_icon_name (routes[i].icon);

        gtk_widget_set_tooltip_text (mark, _(routes[i].words));
        gtk_widget_add_css_class (mark, i == 0 ? "dim" : "warn");
        return mark;
      }
  return NULL;
}

static GtkWidget *
words_new (const char *text)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  return label;
}

static gboolean
on_query_tooltip (GtkWidget *row, int x, int y, gboolean keyboard, GtkTooltip *tooltip,
                  gpointer data)
{
  GtkWidget *card = g_object_get_data (G_OBJECT (row), "card");

  /* Asked at every move of the pointer; the same card is not laid out again. */
  if (card == NULL)
    {
      card = g_object_ref_sink (studio_op_card_new (op_of (row)));
      g_object_set_data_full (G_OBJECT (row), "card", card, g_object_unref);
    }
  gtk_tooltip_set_custom (tooltip, card);
  return TRUE;
}

/* What it does is shown in the popover; in the sidebar on the card that comes as a tooltip. */
static GtkWidget *
row_new (const AnfOp *op, guint place)
{
  GtkWidget *row = gtk_list_box_row_new (), *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 10);
  g_autofree char *icon_name
    = g_strdup_printf ("anf-op-%s-symbolic", anf_category_name (anf_op_category (op)));
  g_autofree char *class = g_strdup_printf ("cat-%s", anf_category_name (anf_op_category (op)));
  GtkWidget *icon = gtk_image_new_from_icon_name (icon_name), *mark = route_mark (op);
  GtkWidget *name = words_new (anf_op_name (op)), *doc = words_new (anf_op_doc (op));
  GtkDragSource *drag = gtk_drag_source_new ();

  gtk_widget_add_css_class (icon, class);
  gtk_widget_set_hexpand (name, TRUE);
  gtk_widget_set_hexpand (doc, TRUE);
  gtk_widget_add_css_class (doc, "caption");
  gtk_widget_add_css_class (doc, "dim");
  gtk_widget_set_visible (doc, FALSE);
  gtk_box_append (GTK_BOX (box), icon);
  gtk_box_append (GTK_BOX (box), name);
  gtk_box_append (GTK_BOX (box), doc);
  if (mark != NULL)
    gtk_box_append (GTK_BOX (box), mark);
  gtk_widget_set_margin_start (box, 6);
  gtk_widget_set_margin_end (box, 6);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), box);
  gtk_widget_set_has_tooltip (row, TRUE);
  g_signal_connect (row, "query-tooltip", G_CALLBACK (on_query_tooltip), NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (row),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, anf_op_name (op),
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, anf_op_doc (op), -1);
  g_object_set_data (G_OBJECT (row), "op", (gpointer) op);
  g_object_set_data (G_OBJECT (row), "name", name);
  g_object_set_data (G_OBJECT (row), "doc", doc);
  g_object_set_data (G_OBJECT (row), "place", GUINT_TO_POINTER (place));
  g_signal_connect (drag, "prepare", G_CALLBACK (on_drag_prepare), row);
  g_signal_connect (drag, "drag-begin", G_CALLBACK (on_drag_begin), row);
  gtk_widget_add_controller (row, GTK_EVENT_CONTROLLER (drag));
  return row;
}

/* ---- what is listed */

static gboolean
is_searching (StudioPalette *self)
{
  return *gtk_editable_get_text (GTK_EDITABLE (self->search)) != '\0';
}

static gboolean
filter (GtkListBoxRow *row, gpointer data)
{
  StudioPalette *self = data;
  const AnfOp *op = op_of (row);

  if (self->accepts != NULL && !self->accepts (op, self->accepts_data))
    return FALSE;
  return rank_of (row) > 0;
}

static int
compare (GtkListBoxRow *a, GtkListBoxRow *b, gpointer data)
{
  guint ra = rank_of (a), rb = rank_of (b);

  if (is_searching (data) && ra != rb)
    return ra > rb ? -1 : 1;
  if (anf_op_category (op_of (a)) != anf_op_category (op_of (b)))
    return (int) anf_op_category (op_of (a)) - (int) anf_op_category (op_of (b));
  return place_of (a) - place_of (b);
}

static GtkWidget *
header_new (AnfCategory category)
{
  GtkWidget *label = gtk_label_new (anf_category_title (category));

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_add_css_class (label, "group-title");
  gtk_widget_add_css_class (label, "heading");
  gtk_widget_add_css_class (label, "dim");
  gtk_widget_set_margin_start (label, 12);
  gtk_widget_set_margin_top (label, 8);
  gtk_widget_set_margin_bottom (label, 2);
  return label;
}

static void
update_header (GtkListBoxRow *row, GtkListBoxRow *before, gpointer data)
{
  StudioPalette *self = data;
  AnfCategory category = anf_op_category (op_of (row));
  gboolean wanted = !is_searching (self) && !self->compact
                    && (before == NULL || anf_op_category (op_of (before)) != category);

  gtk_list_box_row_set_header (row, wanted ? header_new (category) : NULL);
}

/* (nullable) the first row that can be seen */
static GtkListBoxRow *
first_row (StudioPalette *self)
{
  GtkListBoxRow *row;

  for (int i = 0; (row = gtk_list_box_get_row_at_index (self->list, i)) != NULL; i++)
    if (gtk_widget_get_child_visible (GTK_WIDGET (row)))
      return row;
  return NULL;
}

static void
refresh (StudioPalette *self)
{
  const char *words = gtk_editable_get_text (GTK_EDITABLE (self->search));
  GtkListBoxRow *row;

  for (int i = 0; (row = gtk_list_box_get_row_at_index (self->list, i)) != NULL; i++)
    g_object_set_data (G_OBJECT (row), "rank",
                       GUINT_TO_POINTER (studio_palette_rank (op_of (row), words)));
  gtk_list_box_invalidate_sort (self->list);
  gtk_list_box_invalidate_filter (self->list);
  gtk_list_box_invalidate_headers (self->list);
  gtk_list_box_select_row (self->list,
                           is_searching (self) || self->compact ? first_row (self) : NULL);
  gtk_adjustment_set_value (gtk_scrolled_window_get_vadjustment (
                              GTK_SCROLLED_WINDOW (self->scroller)), 0);
}

char **
studio_palette_dup_listed (StudioPalette *self)
{
  g_autoptr(GStrvBuilder) names = g_strv_builder_new ();
  GtkListBoxRow *row;

  g_return_val_if_fail (STUDIO_IS_PALETTE (self), NULL);

  for (int i = 0; (row = gtk_list_box_get_row_at_index (self->list, i)) != NULL; i++)
    if (gtk_widget_get_child_visible (GTK_WIDGET (row)))
      g_strv_builder_add (names, anf_op_name (op_of (row)));
  return g_strv_builder_end (names);
}

/* ---- choosing */

static void
choose (StudioPalette *self, GtkListBoxRow *row)
{
  if (row != NULL)
    g_signal_emit (self, signals[CHOSEN], 0, anf_op_name (op_of (row)));
}

static void
on_activated (GtkListBox *list, GtkListBoxRow *row, StudioPalette *self)
{
  choose (self, row);
}

static void
on_enter (GtkSearchEntry *search, StudioPalette *self)
{
  GtkListBoxRow *selected = gtk_list_box_get_selected_row (self->list);

  choose (self, selected != NULL && gtk_widget_get_child_visible (GTK_WIDGET (selected))
                ? selected : first_row (self));
}

static void
on_search_changed (GtkSearchEntry *search, StudioPalette *self)
{
  refresh (self);
}

/* Up and Down walk the list while the search keeps the keyboard. */
static gboolean
on_key (GtkEventControllerKey *keys, guint key, guint code, GdkModifierType state,
        StudioPalette *self)
{
  GtkListBoxRow *row = gtk_list_box_get_selected_row (self->list);
  int step = key == GDK_KEY_Down || key == GDK_KEY_KP_Down ? 1
             : key == GDK_KEY_Up || key == GDK_KEY_KP_Up ? -1 : 0;
  int i = row != NULL ? gtk_list_box_row_get_index (row) + step : 0;
  graphene_rect_t place;

  if (step == 0)
    return FALSE;
  while ((row = gtk_list_box_get_row_at_index (self->list, i)) != NULL
         && !gtk_widget_get_child_visible (GTK_WIDGET (row)))
    i += step;
  if (row == NULL || i < 0)
    return TRUE;
  gtk_list_box_select_row (self->list, row);
  if (gtk_widget_compute_bounds (GTK_WIDGET (row), GTK_WIDGET (self->list), &place))
    gtk_adjustment_clamp_page (gtk_scrolled_window_get_vadjustment (
                                 GTK_SCROLLED_WINDOW (self->scroller)),
                               place.origin.y, place.origin.y + place.size.height);
  return TRUE;
}

void
studio_palette_begin (StudioPalette *self)
{
  g_return_if_fail (STUDIO_IS_PALETTE (self));

  studio_palette_set_search (self, "");
  gtk_widget_grab_focus (GTK_WIDGET (self->search));
}

void
studio_palette_set_search (StudioPalette *self,
                           const char    *words)
{
  g_return_if_fail (STUDIO_IS_PALETTE (self));

  gtk_editable_set_text (GTK_EDITABLE (self->search), words);
  refresh (self);
}

void
studio_palette_set_filter (StudioPalette *self,
                           gboolean     (*accepts) (const AnfOp *op, gpointer data),
                           gpointer       data,
                           GDestroyNotify destroy)
{
  g_return_if_fail (STUDIO_IS_PALETTE (self));

  if (self->accepts_destroy != NULL)
    self->accepts_destroy (self->accepts_data);
  self->accepts = accepts;
  self->accepts_data = data;
  self->accepts_destroy = destroy;
  refresh (self);
}

void
studio_palette_set_note (StudioPalette *self,
                         const char    *note)
{
  g_return_if_fail (STUDIO_IS_PALETTE (self));

  gtk_label_set_label (GTK_LABEL (self->hint), note);
}

void
studio_palette_set_compact (StudioPalette *self,
                            gboolean       compact)
{
  GtkListBoxRow *row;

  g_return_if_fail (STUDIO_IS_PALETTE (self));

  if (self->compact == !!compact)
    return;

  self->compact = !!compact;
  gtk_list_box_set_activate_on_single_click (self->list, self->compact);
  gtk_widget_set_visible (self->hint, self->compact);
  g_object_set (self->search, "placeholder-text",
                self->compact ? _("Add a node") : _("Search operators"), NULL);
  for (int i = 0; (row = gtk_list_box_get_row_at_index (self->list, i)) != NULL; i++)
    {
      GtkWidget *name = g_object_get_data (G_OBJECT (row), "name");

      gtk_label_set_width_chars (GTK_LABEL (name), self->compact ? 16 : -1);
      gtk_widget_set_hexpand (name, !self->compact);
      gtk_widget_set_visible (g_object_get_data (G_OBJECT (row), "doc"), self->compact);
    }
  refresh (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_COMPACT]);
}

/* ---- widget */

static void
studio_palette_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_COMPACT)
    g_value_set_boolean (value, STUDIO_PALETTE (object)->compact);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
studio_palette_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  if (id == PROP_COMPACT)
    studio_palette_set_compact (STUDIO_PALETTE (object), g_value_get_boolean (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
studio_palette_dispose (GObject *object)
{
  StudioPalette *self = STUDIO_PALETTE (object);

  if (self->accepts_destroy != NULL)
    self->accepts_destroy (self->accepts_data);
  self->accepts_destroy = NULL;
  self->accepts = NULL;
  gtk_widget_dispose_template (GTK_WIDGET (self), STUDIO_TYPE_PALETTE);
  G_OBJECT_CLASS (studio_palette_parent_class)->dispose (object);
}

static void
studio_palette_class_init (StudioPaletteClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = studio_palette_dispose;
  object_class->get_property = studio_palette_get_property;
  object_class->set_property = studio_palette_set_property;
  props[PROP_COMPACT] =
    g_param_spec_boolean ("compact", NULL, NULL, FALSE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
  /* chosen (op_name): the user wants such a node. */
  signals[CHOSEN] =
    g_signal_new ("chosen", STUDIO_TYPE_PALETTE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, G_TYPE_STRING);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/aneforge/Studio/ui/palette.ui");
  gtk_widget_class_bind_template_child (widget_class, StudioPalette, search);
  gtk_widget_class_bind_template_child (widget_class, StudioPalette, scroller);
  gtk_widget_class_bind_template_child (widget_class, StudioPalette, list);
  gtk_widget_class_bind_template_child (widget_class, StudioPalette, hint);
  gtk_widget_class_bind_template_callback (widget_class, on_search_changed);
  gtk_widget_class_bind_template_callback (widget_class, on_enter);
  gtk_widget_class_bind_template_callback (widget_class, on_activated);
}

static void
studio_palette_init (StudioPalette *self)
{
  GtkEventController *keys = gtk_event_controller_key_new ();
  const AnfOp *op;

  gtk_widget_init_template (GTK_WIDGET (self));
  for (guint i = 0; (op = anf_op_nth (i)) != NULL; i++)
    gtk_list_box_append (self->list, row_new (op, i));
  gtk_list_box_set_filter_func (self->list, filter, self, NULL);
  gtk_list_box_set_sort_func (self->list, compare, self, NULL);
  gtk_list_box_set_header_func (self->list, update_header, self, NULL);
  gtk_search_entry_set_key_capture_widget (self->search, GTK_WIDGET (self));
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (on_key), self);
  gtk_widget_add_controller (GTK_WIDGET (self->search), keys);
  refresh (self);
}

GtkWidget *
studio_palette_new (void)
{
  return g_object_new (STUDIO_TYPE_PALETTE, NULL);
}
