/* attr-value.h - an attribute's value as people write it: "1, 1", "0.01", "true". */
#pragma once

#include "anf.h"

G_BEGIN_DECLS

/* (transfer full) floating; NULL: refused, @reason (transfer full) says why in one sentence. */
GVariant *studio_attr_parse (const AnfAttr *attr, const char *text, char **reason);
/* "" for NULL (transfer full). */
char     *studio_attr_text  (GVariant *value);
/* The value one step up (+1) or down (-1), within the range; NULL if it is no number. */
GVariant *studio_attr_step  (const AnfAttr *attr, GVariant *value, int direction);
/* "1 to 8"; NULL if any value goes (transfer full). */
char     *studio_attr_range (const AnfAttr *attr);
/* The shortest text that reads back as @value (transfer full). */
char     *studio_real_text  (double value);
/* The whole text as one number in C's form. */
gboolean  studio_real_parse (const char *text, double *value);
/* "16, 1, 3, 3", also with × or spaces: at most @max positive numbers; 0 if it is no shape. */
guint     studio_shape_parse (const char *text, guint max, gint64 *shape);

G_END_DECLS
