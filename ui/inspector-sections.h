/* inspector-sections.h - the parts that the inspector is put together from. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

/* Each is a StudioPanel of class "section" that shows its part of the active node, or hides. */
GtkWidget *studio_attributes_new  (void);
GtkWidget *studio_ports_new       (void);
GtkWidget *studio_roles_new       (void);
GtkWidget *studio_cost_new        (void);
GtkWidget *studio_docs_new        (void);
/* Shown while nothing is selected. */
GtkWidget *studio_settings_new    (void);
GtkWidget *studio_results_new     (void);  /* outputs of the document */
GtkWidget *studio_gate_list_new   (void);

/* As after choosing @path in the dialog of @role. */
void       studio_roles_attach    (GtkWidget *roles, const char *role, const char *path);

/* Begins a section: its class, its bold title. Returns the title's line for buttons at its end. */
GtkWidget *studio_section_begin   (GtkWidget *section, const char *title);
/* "name ... value" in one line; the value is right-aligned and returned. */
GtkWidget *studio_section_value   (GtkWidget *section, const char *name);

G_END_DECLS
