/* attr-editor.h - one attribute of a node: its name, a control of its kind, what is wrong. */
#pragma once

#include <gtk/gtk.h>

#include "anf.h"

G_BEGIN_DECLS

/* Signal: set (GVariant *value, gboolean spinning): the user wants this value; NULL: the default.
 * While he steps through values, spinning is TRUE. A refused entry says why and emits nothing. */
#define STUDIO_TYPE_ATTR_EDITOR (studio_attr_editor_get_type ())
G_DECLARE_FINAL_TYPE (StudioAttrEditor, studio_attr_editor, STUDIO, ATTR_EDITOR, GtkBox)

GtkWidget     *studio_attr_editor_new   (const AnfAttr *attr);
const AnfAttr *studio_attr_editor_attr  (StudioAttrEditor *self);
/* Shows a value (nullable: required and not set). Text that is being typed stays. */
void           studio_attr_editor_show  (StudioAttrEditor *self, GVariant *value, gboolean is_set,
                                         const char *problem);
/* For tests: what a person does. */
GtkWidget     *studio_attr_editor_control (StudioAttrEditor *self);      /* entry, switch, list */
const char    *studio_attr_editor_reason  (StudioAttrEditor *self);      /* shown now, or NULL */

G_END_DECLS
