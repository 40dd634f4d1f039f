/* reference-button.h - values of another framework, to hold this document's against. */
#pragma once

#include "errors-panel.h"

G_BEGIN_DECLS

/* Opens a .npz whose arrays are called like nodes or outputs, and shows the errors against them in
 * @errors, which lives as long as the button. */
GtkWidget *studio_reference_button_new  (StudioErrorsPanel *errors);
/* As if the user had chosen the file. */
void       studio_reference_button_open (GtkWidget *button, const char *path);

G_END_DECLS
