/* count-tags.c - one tag per severity; those without findings are not shown. */
#include "count-tags.h"

#include <glib/gi18n-lib.h>

#define N_TAGS (ANF_ERROR_FINDING + 1)

struct _StudioCountTags
{
  GtkWidget  parent_instance;

  GtkWidget *tags[N_TAGS];
  AnfReport *report;
};

G_DEFINE_FINAL_TYPE (StudioCountTags, studio_count_tags, GTK_TYPE_WIDGET)

enum { PROP_0, PROP_REPORT, N_PROPS };
static GParamSpec *props[N_PROPS];

/* The worst comes first. */
static const struct { AnfSeverity severity; const char *css, *one, *many; } kinds[] = {
  { ANF_ERROR_FINDING, "failed", N_("%u error"), N_("%u errors") },
  { ANF_WARNING, "warning", N_("%u warning"), N_("%u warnings") },
  { ANF_HINT, NULL, N_("%u hint"), N_("%u hints") },
};

static void
show_counts (StudioCountTags *self)
{
  guint n[N_TAGS] = { 0 };

  for (guint i = 0; self->report != NULL && i < anf_report_n_findings (self->report); i++)
    n[anf_report_nth_finding (self->report, i)->severity]++;

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      guint count = n[kinds[i].severity];
      g_autofree char *number = g_strdup_printf ("%u", count);
      g_autofree char *words =
        g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, kinds[i].one, kinds[i].many, count), count);

      gtk_label_set_label (GTK_LABEL (self->tags[i]), number);
      gtk_widget_set_tooltip_text (self->tags[i], words);
      gtk_widget_set_visible (self->tags[i], count > 0);
      gtk_accessible_update_property (GTK_ACCESSIBLE (self->tags[i]), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                      words, -1);
    }
}

static void
studio_count_tags_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_REPORT)
    g_value_set_boxed (value, STUDIO_COUNT_TAGS (object)->report);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
studio_count_tags_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  StudioCountTags *self = STUDIO_COUNT_TAGS (object);

  if (id != PROP_REPORT || self->report == g_value_get_boxed (value))
    return;

  g_clear_pointer (&self->report, anf_report_unref);
  self->report = g_value_dup_boxed (value);
  show_counts (self);
  g_object_notify_by_pspec (object, pspec);
}

static void
studio_count_tags_dispose (GObject *object)
{
  StudioCountTags *self = STUDIO_COUNT_TAGS (object);

  for (guint i = 0; i < N_TAGS; i++)
    g_clear_pointer (&self->tags[i], gtk_widget_unparent);
  g_clear_pointer (&self->report, anf_report_unref);
  G_OBJECT_CLASS (studio_count_tags_parent_class)->dispose (object);
}

static void
studio_count_tags_class_init (StudioCountTagsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = studio_count_tags_dispose;
  object_class->get_property = studio_count_tags_get_property;
  object_class->set_property = studio_count_tags_set_property;

  props[PROP_REPORT] =
    g_param_spec_boxed ("report", NULL, NULL, ANF_TYPE_REPORT,
                        G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BOX_LAYOUT);
}

static void
studio_count_tags_init (StudioCountTags *self)
{
  GtkLayoutManager *layout = gtk_widget_get_layout_manager (GTK_WIDGET (self));

  gtk_box_layout_set_spacing (GTK_BOX_LAYOUT (layout), 5);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      self->tags[i] = gtk_label_new (NULL);
      gtk_widget_add_css_class (self->tags[i], "tag");
      if (kinds[i].css != NULL)
        gtk_widget_add_css_class (self->tags[i], kinds[i].css);
      gtk_widget_set_valign (self->tags[i], GTK_ALIGN_CENTER);
      gtk_widget_set_parent (self->tags[i], GTK_WIDGET (self));
    }
  show_counts (self);
}

GtkWidget *
studio_count_tags_new (void)
{
  return g_object_new (STUDIO_TYPE_COUNT_TAGS, NULL);
}
