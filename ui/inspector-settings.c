/* inspector-settings.c - the document's own settings: title, target, compression, limits. */
#include <string.h>

#include <glib/gi18n-lib.h>

#include "attr-value.h"
#include "edits.h"
#include "encoding-list.h"
#include "inspector-sections.h"

#define STUDIO_TYPE_SETTINGS (studio_settings_get_type ())
G_DECLARE_FINAL_TYPE (StudioSettings, studio_settings, STUDIO, SETTINGS, StudioPanel)

static const char *const opts[] = { "0", "1", "2", "routes", NULL };
static const guint blocks[] = { 8, 16, 32, 64, 128 };
#define DEFAULT_TARGET "h16s"

struct _StudioSettings
{
  StudioPanel parent_instance;

  GtkWidget *title, *target, *compress, *atol, *block, *opt, *reason;
  gboolean   filling;
};

G_DEFINE_FINAL_TYPE (StudioSettings, studio_settings, STUDIO_TYPE_PANEL)

static void
ask (StudioSettings *self, const AnfSettings *settings, const char *what)
{
  AnfGraphBuilder *b = anf_graph_builder_new (studio_panel_view (STUDIO_PANEL (self))->graph);

  anf_graph_builder_set_settings (b, settings);
  studio_panel_edit (STUDIO_PANEL (self), b, what, NULL, NULL);
}

/* The settings to change, or FALSE while there is nothing to change. */
static gboolean
begin (StudioSettings *self, AnfSettings *settings)
{
  const AnfGraph *graph = studio_panel_view (STUDIO_PANEL (self))->graph;

  if (self->filling || graph == NULL)
    return FALSE;
  *settings = *anf_graph_settings (graph);
  return TRUE;
}

static void
on_target (StudioSettings *self)
{
  guint at = gtk_drop_down_get_selected (GTK_DROP_DOWN (self->target));
  AnfSettings settings;
  g_autofree char *label = NULL;

  if (!begin (self, &settings) || at >= anf_arch_n ()
      || g_strcmp0 (settings.target, anf_arch_nth (at)) == 0)
    return;
  settings.target = g_intern_string (anf_arch_nth (at));
  label = g_strdup_printf (_("Set the target to %s"), settings.target);
  ask (self, &settings, label);
}

static void
on_compress (StudioSettings *self)
{
  guint at = gtk_drop_down_get_selected (GTK_DROP_DOWN (self->compress));

  if (!self->filling && at <= ANF_AUTO)
    studio_compress_edit (STUDIO_PANEL (self), at);
}

static void
on_block (StudioSettings *self)
{
  guint at = gtk_drop_down_get_selected (GTK_DROP_DOWN (self->block));
  AnfSettings settings;
  g_autofree char *label = NULL;

  if (!begin (self, &settings) || at >= G_N_ELEMENTS (blocks) || settings.block_size == blocks[at])
    return;
  settings.block_size = blocks[at];
  label = g_strdup_printf (_("Set the block size to %u"), blocks[at]);
  ask (self, &settings, label);
}

static void
on_opt (StudioSettings *self)
{
  guint at = gtk_drop_down_get_selected (GTK_DROP_DOWN (self->opt));
  AnfSettings settings;
  g_autofree char *label = NULL;

  if (!begin (self, &settings) || at + 1 >= G_N_ELEMENTS (opts)
      || g_strcmp0 (settings.opt, opts[at]) == 0)
    return;
  settings.opt = g_intern_string (opts[at]);
  label = g_strdup_printf (_("Set optimisation to %s"), settings.opt);
  ask (self, &settings, label);
}

static void
on_atol (StudioSettings *self)
{
  AnfSettings settings;
  g_autofree char *label = NULL;
  double atol;

  if (!begin (self, &settings))
    return;
  if (!studio_real_parse (gtk_editable_get_text (GTK_EDITABLE (self->atol)), &atol)
      || atol <= 0 || atol > 1)
    {
      studio_label_show (self->reason, _("The weight error limit is a number above 0, at most 1"));
      gtk_widget_add_css_class (self->atol, "error");
      return;
    }
  studio_label_show (self->reason, NULL);
  gtk_widget_remove_css_class (self->atol, "error");
  if (settings.atol == atol)
    return;
  settings.atol = atol;
  label = g_strdup_printf (_("Set the weight error limit to %g"), atol);
  ask (self, &settings, label);
}

static void
on_title (StudioSettings *self)
{
  const AnfGraph *graph = studio_panel_view (STUDIO_PANEL (self))->graph;
  const char *title = gtk_editable_get_text (GTK_EDITABLE (self->title));
  AnfGraphBuilder *b;

  if (self->filling || graph == NULL || g_strcmp0 (anf_graph_title (graph), title) == 0
      || (anf_graph_title (graph) == NULL && *title == '\0'))
    return;
  b = anf_graph_builder_new (graph);
  anf_graph_builder_set_title (b, title);
  studio_panel_edit (STUDIO_PANEL (self), b, _("Change the title"), NULL, NULL);
}

static void
on_entry_leave (GtkEventController *focus, StudioSettings *self)
{
  GtkWidget *entry = gtk_event_controller_get_widget (focus);

  if (entry == self->title)
    on_title (self);
  else
    on_atol (self);
}

/* ------------------------------------------------------------------------ showing */

static void
select_target (StudioSettings *self, const char *target)
{
  for (guint i = 0; i < anf_arch_n (); i++)
    if (g_strcmp0 (anf_arch_nth (i), target != NULL ? target : DEFAULT_TARGET) == 0)
      gtk_drop_down_set_selected (GTK_DROP_DOWN (self->target), i);
}

/* The entry's text, unless it is being typed in. */
static void
put_text (GtkWidget *entry, const char *text)
{
  if (!gtk_widget_has_focus (GTK_WIDGET (gtk_editable_get_delegate (GTK_EDITABLE (entry))))
      && g_strcmp0 (gtk_editable_get_text (GTK_EDITABLE (entry)), text) != 0)
    gtk_editable_set_text (GTK_EDITABLE (entry), text);
}

static void
studio_settings_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  StudioSettings *self = STUDIO_SETTINGS (panel);
  const AnfSettings *settings;
  g_autofree char *atol = NULL;

  gtk_widget_set_visible (GTK_WIDGET (self),
                          view->graph != NULL && studio_panel_n_selected (panel) == 0);
  if (view->graph == NULL || !(changed & STUDIO_GRAPH))
    return;

  settings = anf_graph_settings (view->graph);
  atol = studio_real_text (settings->atol);
  self->filling = TRUE;
  put_text (self->title, anf_graph_title (view->graph) != NULL ? anf_graph_title (view->graph)
            : "");
  put_text (self->atol, atol);
  select_target (self, settings->target);
  gtk_drop_down_set_selected (GTK_DROP_DOWN (self->compress), settings->compress);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    if (blocks[i] == settings->block_size)
      gtk_drop_down_set_selected (GTK_DROP_DOWN (self->block), i);
  for (guint i = 0; opts[i] != NULL; i++)
    if (g_strcmp0 (opts[i], settings->opt) == 0)
      gtk_drop_down_set_selected (GTK_DROP_DOWN (self->opt), i);
  self->filling = FALSE;
}

/* ------------------------------------------------------------------------ making */

static void
add_line (StudioSettings *self, const char *name, const char *tip, GtkWidget *control)
{
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *label = studio_label_new (name, NULL);

  gtk_label_set_width_chars (GTK_LABEL (label), 12);
  gtk_widget_set_hexpand (control, TRUE);
  gtk_widget_set_tooltip_text (line, tip);
  studio_name_widget (control, name);
  gtk_box_append (GTK_BOX (line), label);
  gtk_box_append (GTK_BOX (line), control);
  gtk_box_append (GTK_BOX (self), line);
}

static GtkWidget *
add_entry (StudioSettings *self, const char *name, const char *tip, GCallback on_enter)
{
  GtkWidget *entry = gtk_entry_new ();
  GtkEventController *focus = gtk_event_controller_focus_new ();

  gtk_editable_set_width_chars (GTK_EDITABLE (entry), 8);
  g_signal_connect_swapped (entry, "activate", on_enter, self);
  g_signal_connect (focus, "leave", G_CALLBACK (on_entry_leave), self);
  gtk_widget_add_controller (entry, focus);
  add_line (self, name, tip, entry);
  return entry;
}

static GtkWidget *
add_list (StudioSettings *self, const char *name, const char *tip, GtkStringList *words,
          GCallback on_selected)
{
  GtkWidget *list = gtk_drop_down_new (G_LIST_MODEL (words), NULL);

  g_signal_connect_swapped (list, "notify::selected", on_selected, self);
  add_line (self, name, tip, list);
  return list;
}

static GtkStringList *
target_words (void)
{
  GtkStringList *words = gtk_string_list_new (NULL);

  for (guint i = 0; i < anf_arch_n (); i++)
    {
      const char *arch = anf_arch_nth (i), *title = anf_arch_title (arch);
      g_autofree char *both = strstr (title, arch) != NULL ? g_strdup (title)
        : g_strdup_printf ("%s (%s)", title, arch);

      gtk_string_list_append (words, both);
    }
  return words;
}

static void
make_lists (StudioSettings *self)
{
  GtkStringList *encodings = gtk_string_list_new (NULL), *sizes = gtk_string_list_new (NULL);

  for (guint i = 0; i <= ANF_AUTO; i++)
    gtk_string_list_append (encodings, anf_encoding_name (i));
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    {
      char size[16];

      g_snprintf (size, sizeof size, "%u", blocks[i]);
      gtk_string_list_append (sizes, size);
    }
  self->target = add_list (self, _("target"),
                           _("The chip that the graph is checked and compiled for"),
                           target_words (), G_CALLBACK (on_target));
  self->compress = add_list (self, _("compress"),
                             _("Encoding of weights that choose none themselves"),
                             encodings, G_CALLBACK (on_compress));
  self->block = add_list (self, _("block size"), _("Weights that share one scale, of blockwise"),
                          sizes, G_CALLBACK (on_block));
  self->opt = add_list (self, _("optimise"), _("How far the compiler rewrites the graph"),
                        gtk_string_list_new (opts), G_CALLBACK (on_opt));
}

static void
studio_settings_class_init (StudioSettingsClass *klass)
{
  STUDIO_PANEL_CLASS (klass)->update = studio_settings_update;
}

static void
studio_settings_init (StudioSettings *self)
{
  self->filling = TRUE;
  studio_section_begin (GTK_WIDGET (self), _("Document"));
  self->title = add_entry (self, _("title"), _("Shown in the window's title"),
                           G_CALLBACK (on_title));
  make_lists (self);
  self->atol = add_entry (self, _("weight error"), _("Largest relative error an encoding may bring "
                                                     "(Frobenius norm)"), G_CALLBACK (on_atol));
  self->reason = studio_label_new (NULL, "caption", "bad", NULL);
  gtk_label_set_wrap (GTK_LABEL (self->reason), TRUE);
  gtk_widget_set_visible (self->reason, FALSE);
  gtk_box_append (GTK_BOX (self), self->reason);
  gtk_box_set_spacing (GTK_BOX (self), 4);
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
  self->filling = FALSE;
}

GtkWidget *
studio_settings_new (void)
{
  return g_object_new (STUDIO_TYPE_SETTINGS, NULL);
}
