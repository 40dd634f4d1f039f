/* edits.c - words and small graph questions that several panels share. */
#include "edits.h"

#include <string.h>

#include <glib/gi18n-lib.h>

char *
studio_name_reason (const AnfGraph *graph, AnfId id, const char *name)
{
  const AnfNode *other;

  if (*name == '\0')
    return g_strdup (_("A node needs a name"));
  if (!anf_name_is_valid (name))
    return g_strdup (_("Only letters, digits and _, not beginning with a digit"));
  other = anf_graph_find_name (graph, name);
  if (other != NULL && anf_node_id (other) != id)
    return g_strdup_printf (_("“%s” is taken by a node of operator %s"), name,
                            anf_node_op_name (other));
  return NULL;
}

gboolean
studio_rename (StudioPanel *panel, AnfId id, const char *name, char **reason)
{
  const AnfGraph *graph = studio_panel_view (panel)->graph;
  const AnfNode *node = graph != NULL ? anf_graph_find (graph, id) : NULL;
  g_autofree char *label = NULL;
  AnfGraphBuilder *b;

  *reason = NULL;
  if (node == NULL || g_str_equal (anf_node_name (node), name))
    return TRUE;
  if ((*reason = studio_name_reason (graph, id, name)) != NULL)
    return FALSE;

  b = anf_graph_builder_new (graph);
  label = g_strdup_printf (_("Rename %s to %s"), anf_node_name (node), name);
  if (!anf_graph_builder_set_name (b, id, name))
    {
      anf_graph_builder_free (b);
      *reason = g_strdup (_("This name cannot be used"));
      return FALSE;
    }
  return studio_panel_edit (panel, b, label, NULL, NULL);
}

char *
studio_ref_text (const AnfGraph *graph, AnfRef ref)
{
  const AnfNode *node = ref.node != 0 ? anf_graph_find (graph, ref.node) : NULL;

  if (node == NULL)
    return NULL;
  if (ref.port == 0)
    return g_strdup (anf_node_name (node));
  return g_strdup_printf ("%s:%u", anf_node_name (node), ref.port);
}

char *
studio_shape_text (const AnfReport *report, AnfId id, guint port)
{
  const AnfType *type = report != NULL ? anf_report_type (report, id, port) : NULL;
  g_autofree char *shape = NULL;

  if (type == NULL)
    return g_strdup ("–");
  shape = anf_type_to_string (type);
  if (type->dtype == ANF_F16)
    return g_steal_pointer (&shape);
  return g_strdup_printf ("%s %s", shape, anf_dtype_name (type->dtype));
}

const AnfFinding *
studio_worst_finding (const AnfReport *report, AnfId id, const char *field)
{
  const AnfFinding *worst = NULL;

  for (guint i = 0; report != NULL && i < anf_report_n_findings (report); i++)
    {
      const AnfFinding *at = anf_report_nth_finding (report, i);

      if (at->node == id && (field == NULL || g_strcmp0 (at->field, field) == 0)
          && (worst == NULL || at->severity > worst->severity))
        worst = at;
    }
  return worst;
}

const char *
studio_severity_icon (AnfSeverity severity)
{
  static const char *const icons[] = {
    [ANF_HINT] = "dialog-information-symbolic", [ANF_WARNING] = "dialog-warning-symbolic",
    [ANF_ERROR_FINDING] = "dialog-error-symbolic",
  };

  return icons[severity];
}

const char *
studio_severity_class (AnfSeverity severity)
{
  static const char *const classes[] = {
    [ANF_HINT] = "info", [ANF_WARNING] = "warn", [ANF_ERROR_FINDING] = "bad",
  };

  return classes[severity];
}

const char *
studio_severity_word (AnfSeverity severity)
{
  static const char *const words[] = {
    [ANF_HINT] = N_("hint"), [ANF_WARNING] = N_("warning"), [ANF_ERROR_FINDING] = N_("error"),
  };

  return _(words[severity]);
}

char *
studio_findings_text (const AnfReport *report)
{
  guint count[3] = { 0 };
  g_autoptr(GString) text = g_string_new (NULL);

  for (guint i = 0; report != NULL && i < anf_report_n_findings (report); i++)
    count[anf_report_nth_finding (report, i)->severity]++;
  if (count[ANF_ERROR_FINDING] > 0)
    g_string_append_printf (text, ngettext ("%u error", "%u errors", count[ANF_ERROR_FINDING]),
                            count[ANF_ERROR_FINDING]);
  if (count[ANF_WARNING] > 0)
    {
      g_string_append (text, text->len > 0 ? ", " : "");
      g_string_append_printf (text, ngettext ("%u warning", "%u warnings", count[ANF_WARNING]),
                              count[ANF_WARNING]);
    }
  if (count[ANF_HINT] > 0)
    {
      g_string_append (text, text->len > 0 ? ", " : "");
      g_string_append_printf (text, ngettext ("%u hint", "%u hints", count[ANF_HINT]),
                              count[ANF_HINT]);
    }
  return text->len > 0 ? g_string_free (g_steal_pointer (&text), FALSE) : NULL;
}

char *
studio_category_icon (AnfCategory category)
{
  return g_strdup_printf ("anf-op-%s-symbolic", anf_category_name (category));
}

char *
studio_category_class (AnfCategory category)
{
  return g_strdup_printf ("cat-%s", anf_category_name (category));
}

GtkWidget *
studio_label_new (const char *text, ...)
{
  GtkWidget *label = gtk_label_new (text);
  const char *css;
  va_list classes;

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  va_start (classes, text);
  while ((css = va_arg (classes, const char *)) != NULL)
    gtk_widget_add_css_class (label, css);
  va_end (classes);
  return label;
}

GtkWidget *
studio_button_new (const char *icon, const char *words)
{
  GtkWidget *button = gtk_button_new_from_icon_name (icon);

  gtk_widget_add_css_class (button, "flat");
  gtk_widget_add_css_class (button, "small");
  gtk_widget_add_css_class (button, "icon");
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_set_tooltip_text (button, words);
  studio_name_widget (button, words);
  return button;
}

void
studio_label_show (GtkWidget *label, const char *text)
{
  gboolean any = text != NULL && *text != '\0';

  if (any && strcmp (gtk_label_get_text (GTK_LABEL (label)), text) != 0)
    gtk_label_set_text (GTK_LABEL (label), text);
  gtk_widget_set_visible (label, any);
}

void
studio_set_tip (GtkWidget *widget, const char *tip)
{
  const char *had = gtk_widget_get_tooltip_text (widget);

  if (g_strcmp0 (had, tip) != 0)
    gtk_widget_set_tooltip_text (widget, tip);
}

void
studio_name_widget (GtkWidget *widget, const char *name)
{
  gtk_accessible_update_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}
