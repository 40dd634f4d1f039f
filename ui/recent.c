/* recent.c - which of the desktop's recent files are ours. */
#include "recent.h"

#include <glib/gi18n-lib.h>

static int
by_time (gconstpointer a, gconstpointer b)
{
  GDateTime *time_a = gtk_recent_info_get_modified (*(GtkRecentInfo *const *) a);
  GDateTime *time_b = gtk_recent_info_get_modified (*(GtkRecentInfo *const *) b);

  return g_date_time_compare (time_b, time_a);
}

GPtrArray *
studio_recent_list (guint max)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) gtk_recent_info_unref);
  GList *all = gtk_recent_manager_get_items (gtk_recent_manager_get_default ());

  for (GList *l = all; l != NULL; l = l->next)
    {
      GtkRecentInfo *info = l->data;

      if (g_str_has_suffix (gtk_recent_info_get_uri (info), ".anf") &&
          gtk_recent_info_is_local (info) && gtk_recent_info_exists (info))
        g_ptr_array_add (list, gtk_recent_info_ref (info));
    }
  g_list_free_full (all, (GDestroyNotify) gtk_recent_info_unref);

  g_ptr_array_sort (list, by_time);
  if (list->len > max)
    g_ptr_array_set_size (list, max);
  return list;
}

void
studio_recent_fill (GMenu *menu, guint max)
{
  g_autoptr(GPtrArray) list = studio_recent_list (max);

  g_menu_remove_all (menu);
  for (guint i = 0; i < list->len; i++)
    {
      GtkRecentInfo *info = g_ptr_array_index (list, i);
      g_autofree char *name = gtk_recent_info_get_short_name (info);
      g_auto(GStrv) words = g_strsplit (name, "_", -1);
      g_autofree char *label = g_strjoinv ("__", words);   /* no mnemonic */
      g_autoptr(GMenuItem) item = g_menu_item_new (label, NULL);

      g_menu_item_set_action_and_target (item, "app.open-uri", "s", gtk_recent_info_get_uri (info));
      g_menu_append_item (menu, item);
    }
  if (list->len == 0)
    g_menu_append (menu, _("No recent documents"), "app.none");
}
