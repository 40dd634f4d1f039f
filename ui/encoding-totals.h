/* encoding-totals.h - the whole document in each encoding: bytes and the largest error. */
#pragma once

#include <gtk/gtk.h>

#include "anf.h"

G_BEGIN_DECLS

/* One encoding for all weights; where it does not apply, a weight stays fp16. */
typedef struct
{
  gsize  bytes;
  double worst;             /* largest error of a weight that takes it */
  guint  take, stay, over;  /* weights that take it, stay fp16, are beyond the limit */
} StudioTotal;

/* @encoding ANF_AUTO: as chosen now. Each tensor of the weight table counts once. */
StudioTotal studio_encoding_total     (const AnfWeights *weights, AnfEncoding encoding);

#define STUDIO_TYPE_ENCODING_TOTALS (studio_encoding_totals_get_type ())
G_DECLARE_FINAL_TYPE (StudioEncodingTotals, studio_encoding_totals, STUDIO, ENCODING_TOTALS,
                      GtkWidget)

GtkWidget  *studio_encoding_totals_new  (void);
void        studio_encoding_totals_show (StudioEncodingTotals *self, const AnfWeights *weights);

G_END_DECLS
