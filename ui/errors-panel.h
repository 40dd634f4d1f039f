/* errors-panel.h - where errors come from: every operator alone and with all before it. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

#define STUDIO_TYPE_ERRORS_PANEL (studio_errors_panel_get_type ())
G_DECLARE_FINAL_TYPE (StudioErrorsPanel, studio_errors_panel, STUDIO, ERRORS_PANEL, StudioPanel)

GtkWidget *studio_errors_panel_new   (void);
/* Shows @errors, against the values of the file called @name, until others are measured. */
void       studio_errors_panel_against (StudioErrorsPanel *self, AnfErrors *errors,
                                        const char *name);
/* The least limit of a relative gate, to hold operators against; NAN: the graph has none. */
double     studio_errors_limit       (const AnfGraph *graph);
/* Selects the first operator over that limit; FALSE: there is none. */
gboolean   studio_errors_panel_first (StudioErrorsPanel *self);

G_END_DECLS
