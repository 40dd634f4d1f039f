/* encoding-list.h - the choice of an encoding, with what each would cost and spoil. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

#define STUDIO_FOLLOWS_DOCUMENT (-1)

/* Signal: choose (int encoding): an AnfEncoding, or STUDIO_FOLLOWS_DOCUMENT. */
#define STUDIO_TYPE_ENCODING_LIST (studio_encoding_list_get_type ())
G_DECLARE_FINAL_TYPE (StudioEncodingList, studio_encoding_list, STUDIO, ENCODING_LIST, GtkBox)

/* @name: for screen readers, "Encoding of c1 weight". */
GtkWidget *studio_encoding_list_new     (const char *name);
/* For tables: the drop-down, itself a dozen widgets, is made when there is nothing else to do. */
GtkWidget *studio_encoding_list_new_later (void);
void       studio_encoding_list_set_name (StudioEncodingList *self, const char *name);
/* @facts (nullable): without them only the names are listed. */
void       studio_encoding_list_show    (StudioEncodingList *self, const AnfNode *node,
                                         const char *role, AnfEncoding document,
                                         const AnfWeightFacts *facts);

/* "1.15 KiB, error 0.0043 ≤ 0.05, streams on h16s"; @css: class of the verdict (transfer full). */
char      *studio_encoding_verdict      (const AnfWeightFacts *facts, const AnfReport *report,
                                         const char **css);
/* Asks for @encoding of a weight; nothing if it is so already. */
void       studio_encoding_edit         (StudioPanel *panel, AnfId node, const char *role,
                                         int encoding);

/* Asks for the document's encoding, of weights that choose none themselves. */
void       studio_compress_edit         (StudioPanel *panel, AnfEncoding encoding);

G_END_DECLS
