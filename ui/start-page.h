/* start-page.h - what is there before a document is: samples, recent files, new, open. */
#pragma once

#include <gtk/gtk.h>

#include "anf.h"

G_BEGIN_DECLS

/* Its buttons activate app.new, app.open, app.open-sample (path), app.open-uri. */
#define STUDIO_TYPE_START_PAGE (studio_start_page_get_type ())
G_DECLARE_FINAL_TYPE (StudioStartPage, studio_start_page, STUDIO, START_PAGE, GtkWidget)

GtkWidget *studio_start_page_new        (void);
/* A card that opens a copy of the document at @path; @words is one line on what it shows. */
void       studio_start_page_add_sample (StudioStartPage *self,
                                         const char      *path,
                                         const char      *words,
                                         AnfGraph        *graph);

G_END_DECLS
