/* recent.h - documents opened lately, of the desktop's own list. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* At most @max GtkRecentInfo, latest first, only files that exist (transfer full). */
GPtrArray *studio_recent_list (guint max);
/* Items that activate app.open-uri; one that does nothing if there are none. */
void       studio_recent_fill (GMenu *menu, guint max);

G_END_DECLS
