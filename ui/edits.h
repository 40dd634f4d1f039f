/* edits.h - words and small graph questions that several panels share. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

/* Why @name cannot be the node's; NULL if it can (transfer full). */
char       *studio_name_reason    (const AnfGraph *graph, AnfId id, const char *name);
/* Asks to rename; FALSE with @reason (transfer full) if it cannot be. The old name asks nothing. */
gboolean    studio_rename         (StudioPanel *panel, AnfId id, const char *name, char **reason);
/* "c1", "split:1"; NULL for a reference to nothing (transfer full). */
char       *studio_ref_text       (const AnfGraph *graph, AnfRef ref);
/* "1×16×28×28", with the type if it is not fp16; "–" if it is unknown (transfer full). */
char       *studio_shape_text     (const AnfReport *report, AnfId id, guint port);
/* The worst finding at a node, or NULL; with @field only those that name it. */
const AnfFinding *studio_worst_finding (const AnfReport *report, AnfId id, const char *field);
const char *studio_severity_icon  (AnfSeverity severity);
const char *studio_severity_class (AnfSeverity severity);     /* "bad" "warn" "info" */
const char *studio_severity_word  (AnfSeverity severity);     /* translated */
char       *studio_category_icon  (AnfCategory category);     /* (transfer full) */
char       *studio_category_class (AnfCategory category);     /* "cat-pool" (transfer full) */

/* "1 error, 2 hints", of those there are; NULL if there are none (transfer full). */
char       *studio_findings_text  (const AnfReport *report);

/* A label of the section's small print; class names are given as one or more strings up to NULL. */
GtkWidget  *studio_label_new      (const char *text, ...) G_GNUC_NULL_TERMINATED;
/* An icon button with its words as tooltip and accessible name. */
GtkWidget  *studio_button_new     (const char *icon, const char *words);
/* Shows @text, or hides the label where it is NULL or empty. */
void        studio_label_show     (GtkWidget *label, const char *text);
/* The tooltip, where it differs: setting one waits for the X server. */
void        studio_set_tip        (GtkWidget *widget, const char *tip);
void        studio_name_widget    (GtkWidget *widget, const char *name);  /* for screen readers */

G_END_DECLS
