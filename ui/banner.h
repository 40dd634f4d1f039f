/* banner.h - a bar for a lasting state, with what can be done about it. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

typedef enum { STUDIO_BANNER_INFO, STUDIO_BANNER_WARNING, STUDIO_BANNER_ERROR } StudioBannerKind;

#define STUDIO_TYPE_BANNER (studio_banner_get_type ())
G_DECLARE_FINAL_TYPE (StudioBanner, studio_banner, STUDIO, BANNER, GtkWidget)

GtkWidget  *studio_banner_new       (void);
/* Shows @words, in place of what was there. The user may close it if @closable. */
void        studio_banner_show      (StudioBanner     *self,
                                     StudioBannerKind  kind,
                                     const char       *words,
                                     gboolean          closable);
/* Adds a button to what is shown; @action is a detailed name. Any button hides the banner. */
void        studio_banner_add       (StudioBanner     *self,
                                     const char       *label,
                                     const char       *action);
void        studio_banner_hide      (StudioBanner     *self);
gboolean    studio_banner_get_shown (StudioBanner     *self);
const char *studio_banner_get_words (StudioBanner     *self);

G_END_DECLS
