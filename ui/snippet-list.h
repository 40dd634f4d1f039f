/* snippet-list.h - snippets by their names: a click puts one into the graph. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Rows activate win.insert-snippet, the button above win.save-snippet. Of a snippet of the user's
 * own the menu renames and removes. */
#define STUDIO_TYPE_SNIPPET_LIST (studio_snippet_list_get_type ())
G_DECLARE_FINAL_TYPE (StudioSnippetList, studio_snippet_list, STUDIO, SNIPPET_LIST, GtkWidget)

GtkWidget *studio_snippet_list_new  (void);
/* Reads anew what the user kept. */
void       studio_snippet_list_fill (StudioSnippetList *self);

G_END_DECLS
