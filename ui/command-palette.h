/* command-palette.h - every action by its name, found by a few letters, with its keys. */
#pragma once

#include <gtk/gtk.h>

#include "window.h"

G_BEGIN_DECLS

/* A popover at the top of the sheet in front; it goes when it is closed. */
#define STUDIO_TYPE_COMMAND_PALETTE (studio_command_palette_get_type ())
G_DECLARE_FINAL_TYPE (StudioCommandPalette, studio_command_palette, STUDIO, COMMAND_PALETTE,
                      GtkPopover)

/* @settings (nullable): where the last commands are remembered. */
void   studio_command_palette_open       (StudioWindow         *window,
                                          GSettings            *settings);
/* Titles as listed, best first (transfer full). */
char **studio_command_palette_dup_listed (StudioCommandPalette *self);
void   studio_command_palette_set_search (StudioCommandPalette *self,
                                          const char           *words);

G_END_DECLS
