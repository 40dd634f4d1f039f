/* profile-export.h - a profile as files for other programs: a table of numbers, a trace. */
#pragma once

#include <gtk/gtk.h>

#include "anf.h"

G_BEGIN_DECLS

/* A line for each operator: segment,kind,node,op,median_us,p10_us,p90_us,p99_us,min_us,flops,bytes;
 * the same numbers as `aneforge profile --json` has (transfer full). */
char      *studio_profile_csv        (const AnfProfile *profile);

/* A button whose menu writes the CSV or a Perfetto trace where the user says. */
GtkWidget *studio_export_button_new  (void);
/* What it writes (nullable: nothing yet). */
void       studio_export_button_show (GtkWidget *button, AnfProfile *profile);

G_END_DECLS
