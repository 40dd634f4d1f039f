/* plot.c - a chart of two axes and layers upon them; by mouse, keys, as SVG and as CSV. */
#include "plot.h"

#include <cairo-svg.h>
#include <math.h>

#include <glib/gi18n-lib.h>

#include "chart.h"
#include "edits.h"
#include "plot-draw.h"

#define REACH 12                   /* px: so near the pointer is at a point */

struct _StudioPlot
{
  GtkWidget parent_instance;

  StudioPlotScene scene;
  char           *title;
  int             height;
  guint           at;              /* the point that the keys have reached, plus 1; 0: none */
};

G_DEFINE_FINAL_TYPE (StudioPlot, studio_plot, GTK_TYPE_WIDGET)

enum { PICK, N_SIGNALS };
static guint signals[N_SIGNALS];

/* ------------------------------------------------------------------------ filling */

static void
layer_clear (gpointer data)
{
  StudioLayer *layer = data;

  g_array_unref (layer->points);
  g_free (layer->name);
}

static void
point_clear (gpointer data)
{
  g_free ((char *) ((StudioPoint *) data)->label);
}

static void
note_clear (gpointer data)
{
  g_free (((StudioNote *) data)->words);
}

void
studio_plot_begin (StudioPlot *self, const StudioAxis *x, const StudioAxis *y)
{
  g_return_if_fail (STUDIO_IS_PLOT (self));

  self->scene.x = *x;
  self->scene.y = *y;
  g_array_set_size (self->scene.layers, 0);
  g_array_set_size (self->scene.notes, 0);
  self->at = 0;
  self->scene.focus = NULL;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

guint
studio_plot_add_layer (StudioPlot *self, StudioLayerKind kind, const char *name, const char *color)
{
  StudioLayer layer = { kind, g_strdup (name), color };

  g_return_val_if_fail (STUDIO_IS_PLOT (self), 0);

  layer.points = g_array_new (FALSE, FALSE, sizeof (StudioPoint));
  g_array_set_clear_func (layer.points, point_clear);
  g_array_append_val (self->scene.layers, layer);
  return self->scene.layers->len - 1;
}

void
studio_plot_add_point (StudioPlot *self, guint layer, const StudioPoint *point)
{
  StudioPoint own = *point;

  g_return_if_fail (STUDIO_IS_PLOT (self) && layer < self->scene.layers->len);

  own.label = g_strdup (point->label);
  g_array_append_val (g_array_index (self->scene.layers, StudioLayer, layer).points, own);
}

void
studio_plot_add_note (StudioPlot *self, double x, double y, double align, const char *words)
{
  StudioNote note = { x, y, align, g_strdup (words) };

  g_return_if_fail (STUDIO_IS_PLOT (self));

  g_array_append_val (self->scene.notes, note);
}

void
studio_plot_set_active (StudioPlot *self, guint64 key)
{
  g_return_if_fail (STUDIO_IS_PLOT (self));

  if (self->scene.active == key)
    return;
  self->scene.active = key;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
studio_plot_set_stale (StudioPlot *self, gboolean stale)
{
  g_return_if_fail (STUDIO_IS_PLOT (self));

  if (self->scene.stale == stale)
    return;
  self->scene.stale = stale;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* ------------------------------------------------------------------------ points */

static gboolean
is_picked (StudioLayerKind kind)
{
  return kind == STUDIO_LAYER_DOTS || kind == STUDIO_LAYER_RINGS || kind == STUDIO_LAYER_STEPS
         || kind == STUDIO_LAYER_BARS;
}

static int
by_x (gconstpointer a, gconstpointer b)
{
  const StudioPoint *one = *(const StudioPoint *const *) a, *two = *(const StudioPoint *const *) b;

  return (one->x > two->x) - (one->x < two->x);
}

/* Those that can be picked, from left to right. */
static GPtrArray *
points_of (StudioPlot *self)
{
  GPtrArray *points = g_ptr_array_new ();

  for (guint i = 0; i < self->scene.layers->len; i++)
    {
      const StudioLayer *layer = &g_array_index (self->scene.layers, StudioLayer, i);

      for (guint j = 0; is_picked (layer->kind) && j < layer->points->len; j++)
        {
          StudioPoint *point = &g_array_index (layer->points, StudioPoint, j);

          if (point->key != 0 || point->label != NULL)
            g_ptr_array_add (points, point);
        }
    }
  g_ptr_array_sort (points, by_x);
  return points;
}

guint
studio_plot_n_points (StudioPlot *self)
{
  g_autoptr(GPtrArray) points = points_of (self);

  return points->len;
}

static const StudioPoint *
point_at (StudioPlot *self, double x, double y)
{
  const StudioPlotScene *scene = &self->scene;
  StudioPlotArea area = studio_plot_area (GTK_WIDGET (self), scene,
                                          gtk_widget_get_width (GTK_WIDGET (self)),
                                          gtk_widget_get_height (GTK_WIDGET (self)));
  const StudioPoint *best = NULL;
  double least = REACH;

  for (guint i = 0; i < scene->layers->len; i++)
    {
      const StudioLayer *layer = &g_array_index (scene->layers, StudioLayer, i);

      for (guint j = 0; is_picked (layer->kind) && j < layer->points->len; j++)
        {
          double far = studio_plot_distance (scene, &area, layer, j, x, y);

          if (far < least)
            {
              least = far;
              best = &g_array_index (layer->points, StudioPoint, j);
            }
        }
    }
  return best;
}

/* ------------------------------------------------------------------------ by mouse and keys */

static void
name_it (StudioPlot *self, const char *at)
{
  g_autofree char *words = at != NULL ? g_strdup_printf ("%s: %s", self->title, at)
                                      : g_strdup (self->title);

  studio_name_widget (GTK_WIDGET (self), words);
}

static void
on_pressed (GtkGestureClick *click, int n_press, double x, double y, StudioPlot *self)
{
  const StudioPoint *point = point_at (self, x, y);

  gtk_widget_grab_focus (GTK_WIDGET (self));
  if (point != NULL && point->key != 0)
    g_signal_emit (self, signals[PICK], 0, point->key);
}

static gboolean
on_tooltip (GtkWidget *widget, int x, int y, gboolean keyboard, GtkTooltip *tooltip, gpointer data)
{
  const StudioPoint *point = keyboard ? NULL : point_at (STUDIO_PLOT (widget), x, y);

  if (point == NULL || point->label == NULL)
    return FALSE;
  gtk_tooltip_set_text (tooltip, point->label);
  return TRUE;
}

static gboolean
go (GtkWidget *widget, GVariant *args, gpointer data)
{
  StudioPlot *self = STUDIO_PLOT (widget);
  g_autoptr(GPtrArray) points = points_of (self);
  gint32 by = g_variant_get_int32 (args);
  const StudioPoint *point;

  if (points->len == 0)
    return GDK_EVENT_PROPAGATE;
  if (self->at == 0)
    self->at = by > 0 ? 1 : points->len;
  else
    self->at = CLAMP ((int) self->at + by, 1, (int) points->len);
  point = g_ptr_array_index (points, self->at - 1);
  self->scene.focus = point;
  name_it (self, point->label);
  gtk_widget_queue_draw (widget);
  return GDK_EVENT_STOP;
}

static gboolean
pick (GtkWidget *widget, GVariant *args, gpointer data)
{
  StudioPlot *self = STUDIO_PLOT (widget);
  g_autoptr(GPtrArray) points = points_of (self);
  const StudioPoint *point;

  if (self->at == 0 || self->at > points->len)
    return GDK_EVENT_PROPAGATE;
  point = g_ptr_array_index (points, self->at - 1);
  if (point->key != 0)
    g_signal_emit (self, signals[PICK], 0, point->key);
  return GDK_EVENT_STOP;
}

static void
copy_csv (GtkWidget *widget, const char *action, GVariant *parameter)
{
  g_autofree char *text = studio_plot_dup_csv (STUDIO_PLOT (widget));

  gdk_clipboard_set_text (gtk_widget_get_clipboard (widget), text);
}

static void
copy_svg (GtkWidget *widget, const char *action, GVariant *parameter)
{
  g_autofree char *text = studio_plot_dup_svg (STUDIO_PLOT (widget),
                                               gtk_widget_get_width (widget),
                                               gtk_widget_get_height (widget));

  gdk_clipboard_set_text (gtk_widget_get_clipboard (widget), text);
}

static void
on_menu (GtkGestureClick *click, int n_press, double x, double y, StudioPlot *self)
{
  g_autoptr(GMenu) menu = g_menu_new ();
  GtkWidget *popover;

  g_menu_append (menu, _("Copy Numbers as CSV"), "plot.copy-csv");
  g_menu_append (menu, _("Copy Picture as SVG"), "plot.copy-svg");
  popover = gtk_popover_menu_new_from_model (G_MENU_MODEL (menu));
  gtk_widget_set_parent (popover, GTK_WIDGET (self));
  gtk_popover_set_pointing_to (GTK_POPOVER (popover), &(GdkRectangle) { x, y, 1, 1 });
  g_signal_connect (popover, "closed", G_CALLBACK (gtk_widget_unparent), NULL);
  gtk_popover_popup (GTK_POPOVER (popover));
}

/* ------------------------------------------------------------------------ copies */

/* A field that holds a comma or a quote is quoted, as RFC 4180 has it. */
static void
add_field (GString *text, const char *field)
{
  if (field == NULL || strpbrk (field, ",\"\n") == NULL)
    {
      g_string_append (text, field != NULL ? field : "");
      return;
    }
  g_string_append_c (text, '"');
  for (; *field != '\0'; field++)
    {
      if (*field == '"')
        g_string_append_c (text, '"');
      g_string_append_c (text, *field);
    }
  g_string_append_c (text, '"');
}

char *
studio_plot_dup_csv (StudioPlot *self)
{
  GString *text = g_string_new ("layer,x,y,label\n");

  g_return_val_if_fail (STUDIO_IS_PLOT (self), g_string_free (text, FALSE));

  for (guint i = 0; i < self->scene.layers->len; i++)
    {
      const StudioLayer *layer = &g_array_index (self->scene.layers, StudioLayer, i);

      for (guint j = 0; j < layer->points->len; j++)
        {
          const StudioPoint *point = &g_array_index (layer->points, StudioPoint, j);
          char x[G_ASCII_DTOSTR_BUF_SIZE], y[G_ASCII_DTOSTR_BUF_SIZE];

          add_field (text, layer->name);
          g_string_append_printf (text, ",%s,%s,", g_ascii_dtostr (x, sizeof x, point->x),
                                  g_ascii_dtostr (y, sizeof y, point->y));
          add_field (text, point->label);
          g_string_append_c (text, '\n');
        }
    }
  return g_string_free (text, FALSE);
}

static cairo_status_t
collect (void *closure, const unsigned char *data, unsigned int length)
{
  g_string_append_len (closure, (const char *) data, length);
  return CAIRO_STATUS_SUCCESS;
}

char *
studio_plot_dup_svg (StudioPlot *self, int width, int height)
{
  GString *text = g_string_new (NULL);
  cairo_surface_t *surface = cairo_svg_surface_create_for_stream (collect, text, width, height);
  cairo_t *cr = cairo_create (surface);

  studio_chart_set_color (GTK_WIDGET (self), cr, "anf_chart_bg");
  cairo_paint (cr);
  studio_plot_draw (GTK_WIDGET (self), cr, &self->scene, width, height);
  cairo_destroy (cr);
  cairo_surface_finish (surface);
  cairo_surface_destroy (surface);
  return g_string_free (text, FALSE);
}

/* ------------------------------------------------------------------------ the widget */

static void
studio_plot_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  StudioPlot *self = STUDIO_PLOT (widget);
  int width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget);
  GtkWidget *child = gtk_widget_get_first_child (widget);
  cairo_t *cr;

  if (width <= 0 || height <= 0)
    return;
  cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, width, height));
  studio_plot_draw (widget, cr, &self->scene, width, height);
  cairo_destroy (cr);
  if (child != NULL)
    gtk_widget_snapshot_child (widget, child, snapshot);
}

static void
studio_plot_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum,
                     int *natural, int *minimum_baseline, int *natural_baseline)
{
  *minimum = *natural = orientation == GTK_ORIENTATION_VERTICAL ? STUDIO_PLOT (widget)->height
                                                                : 160;
}

static void
studio_plot_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  GtkWidget *child = gtk_widget_get_first_child (widget);

  if (GTK_IS_POPOVER (child))
    gtk_popover_present (GTK_POPOVER (child));
}

static void
studio_plot_dispose (GObject *object)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (object))) != NULL)
    gtk_widget_unparent (child);
  G_OBJECT_CLASS (studio_plot_parent_class)->dispose (object);
}

static void
studio_plot_finalize (GObject *object)
{
  StudioPlot *self = STUDIO_PLOT (object);

  g_array_unref (self->scene.layers);
  g_array_unref (self->scene.notes);
  g_free (self->title);
  G_OBJECT_CLASS (studio_plot_parent_class)->finalize (object);
}

static void
studio_plot_class_init (StudioPlotClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = studio_plot_dispose;
  G_OBJECT_CLASS (klass)->finalize = studio_plot_finalize;
  widget_class->snapshot = studio_plot_snapshot;
  widget_class->measure = studio_plot_measure;
  widget_class->size_allocate = studio_plot_size_allocate;

  signals[PICK] = g_signal_new ("pick", STUDIO_TYPE_PLOT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 1, G_TYPE_UINT64);
  gtk_widget_class_install_action (widget_class, "plot.copy-csv", NULL, copy_csv);
  gtk_widget_class_install_action (widget_class, "plot.copy-svg", NULL, copy_svg);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Left, 0, go, "i", -1);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Right, 0, go, "i", 1);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Return, 0, pick, NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_c, GDK_CONTROL_MASK, "plot.copy-csv",
                                       NULL);
  gtk_widget_class_set_css_name (widget_class, "plot");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
studio_plot_init (StudioPlot *self)
{
  GtkGesture *click = gtk_gesture_click_new (), *menu = gtk_gesture_click_new ();

  self->scene.layers = g_array_new (FALSE, FALSE, sizeof (StudioLayer));
  self->scene.notes = g_array_new (FALSE, FALSE, sizeof (StudioNote));
  g_array_set_clear_func (self->scene.layers, layer_clear);
  g_array_set_clear_func (self->scene.notes, note_clear);
  self->scene.x = self->scene.y = (StudioAxis) { 0, 1 };

  g_signal_connect (click, "pressed", G_CALLBACK (on_pressed), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (click));
  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (menu), GDK_BUTTON_SECONDARY);
  g_signal_connect (menu, "pressed", G_CALLBACK (on_menu), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (menu));
  gtk_widget_set_has_tooltip (GTK_WIDGET (self), TRUE);
  g_signal_connect (self, "query-tooltip", G_CALLBACK (on_tooltip), NULL);
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
}

GtkWidget *
studio_plot_new (const char *title, int height)
{
  StudioPlot *self = g_object_new (STUDIO_TYPE_PLOT, NULL);

  self->title = g_strdup (title);
  self->height = height;
  name_it (self, NULL);
  return GTK_WIDGET (self);
}
