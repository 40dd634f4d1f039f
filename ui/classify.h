/* classify.h - a picture as a model sees it, and what the model takes it for. */
#pragma once

#include <gtk/gtk.h>

#include "anf.h"

G_BEGIN_DECLS

/* Signal: picture (const char *path): the user chose or dropped another one. */
#define STUDIO_TYPE_CLASSIFY (studio_classify_get_type ())
G_DECLARE_FINAL_TYPE (StudioClassify, studio_classify, STUDIO, CLASSIFY, GtkWidget)

GtkWidget *studio_classify_new      (void);
/* @picture (nullable): what was fed, @words below it. @scores (nullable): of an output, one per
 * class. */
void       studio_classify_set      (StudioClassify *self,
                                     GdkPixbuf      *picture,
                                     const char     *words,
                                     const char     *output,
                                     AnfTensor      *scores);
/* Why there is no answer, or that it is being worked out; NULL: nothing to say. */
void       studio_classify_say      (StudioClassify *self,
                                     const char     *words,
                                     gboolean        working);
/* Names of the classes, one per line, in the order of the model; FALSE with the reason. */
gboolean   studio_classify_labels   (StudioClassify *self,
                                     const char     *path,
                                     GError        **error);

/* The @k largest of @n scores, largest first, as shares: as they are if they add up to 1, else
 * their softmax. Gives how many there are. */
guint      studio_classify_top      (const float    *scores,
                                     guint           n,
                                     guint           k,
                                     guint          *at,
                                     double         *share,
                                     gboolean       *softmax);

G_END_DECLS
