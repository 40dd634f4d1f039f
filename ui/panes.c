/* panes.c - sets a GtkPaned by the size of one child, and notes down what becomes of it. */
#include "panes.h"

typedef struct
{
  GtkPaned  *paned;
  StudioPane pane;
  GSettings *settings;             /* (nullable) */
  char      *key;
  int        size;                 /* wanted */
  gboolean   placed;
} Memory;

static void
memory_free (gpointer data)
{
  Memory *memory = data;

  g_clear_object (&memory->settings);
  g_free (memory->key);
  g_free (memory);
}

static int
total (Memory *memory)
{
  GtkWidget *widget = GTK_WIDGET (memory->paned);
  GtkOrientation orientation = gtk_orientable_get_orientation (GTK_ORIENTABLE (widget));

  return orientation == GTK_ORIENTATION_HORIZONTAL ? gtk_widget_get_width (widget)
                                                   : gtk_widget_get_height (widget);
}

static GtkWidget *
child (Memory *memory)
{
  return memory->pane == STUDIO_PANE_START ? gtk_paned_get_start_child (memory->paned)
                                           : gtk_paned_get_end_child (memory->paned);
}

/* Only when it has a size of its own can a size be counted from the end. */
static void
on_max_position (GtkPaned *paned, GParamSpec *pspec, Memory *memory)
{
  int max;

  g_object_get (paned, "max-position", &max, NULL);
  if (memory->placed || max <= 0 || max == G_MAXINT || !gtk_widget_get_visible (child (memory)))
    return;

  memory->placed = TRUE;
  gtk_paned_set_position (paned, memory->pane == STUDIO_PANE_START
                                 ? memory->size : MAX (0, total (memory) - 1 - memory->size));
}

static void
on_position (GtkPaned *paned, GParamSpec *pspec, Memory *memory)
{
  int position = gtk_paned_get_position (paned);
  int size = memory->pane == STUDIO_PANE_START ? position : total (memory) - 1 - position;

  if (!memory->placed || size <= 0 || size == memory->size ||
      !gtk_widget_get_visible (child (memory)))
    return;

  memory->size = size;
  if (memory->settings != NULL)
    {
      g_autoptr(GSettingsSchema) schema = NULL;
      g_autoptr(GSettingsSchemaKey) key = NULL;
      g_autoptr(GVariant) value = g_variant_ref_sink (g_variant_new_int32 (size));

      g_object_get (memory->settings, "settings-schema", &schema, NULL);
      key = g_settings_schema_get_key (schema, memory->key);
      if (g_settings_schema_key_range_check (key, value))
        g_settings_set_value (memory->settings, memory->key, value);
    }
}

/* A pane that comes back has the size that it had, whatever the window's is by now. */
static void
on_visible (GtkWidget *widget, GParamSpec *pspec, Memory *memory)
{
  if (gtk_widget_get_visible (widget) && memory->placed && memory->pane == STUDIO_PANE_END &&
      total (memory) > 0)
    gtk_paned_set_position (memory->paned, MAX (0, total (memory) - 1 - memory->size));
}

void
studio_panes_remember (GtkPaned *paned, StudioPane pane, GSettings *settings, const char *key,
                       int size)
{
  Memory *memory = g_new0 (Memory, 1);

  memory->paned = paned;
  memory->pane = pane;
  memory->settings = settings != NULL ? g_object_ref (settings) : NULL;
  memory->key = g_strdup (key);
  memory->size = settings != NULL ? g_settings_get_int (settings, key) : size;
  g_object_set_data_full (G_OBJECT (paned), "memory", memory, memory_free);
  g_signal_connect (paned, "notify::max-position", G_CALLBACK (on_max_position), memory);
  g_signal_connect (paned, "notify::position", G_CALLBACK (on_position), memory);
  g_signal_connect (child (memory), "notify::visible", G_CALLBACK (on_visible), memory);
}
