/* settings.h - where the program finds what it carries along, and what it remembers. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* NULL if the schema is installed nowhere: then nothing is remembered (transfer full). */
GSettings *studio_gsettings_new    (void);
/* The folder of example documents (transfer full) (nullable). */
char      *studio_examples_folder (void);

G_END_DECLS
