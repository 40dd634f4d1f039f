/* export.h - a graph as a picture file. */
#pragma once

#include "anf.h"
#include "colors.h"

G_BEGIN_DECLS

typedef enum { STUDIO_FORMAT_SVG, STUDIO_FORMAT_PNG, STUDIO_FORMAT_PDF } StudioFormat;

/* "svg" "png" "pdf", or a path that ends so; FALSE: none of them. */
gboolean studio_format_from_name (const char *name, StudioFormat *format);

/* Draws the whole graph at 100 % (PNG at 200 %, less where it would exceed 16,384 px) with a margin
 * of 48. @report and @plan (nullable) add shapes, badges and segments. Replaces the file at @path
 * atomically. G_FILE_ERROR or G_IO_ERROR if it cannot be written. */
gboolean studio_scene_export       (AnfGraph *graph, AnfReport *report, AnfPlan *plan,
                                    const char *path, StudioFormat format, StudioTheme theme,
                                    GError **error);
/* Only the nodes of @ids (AnfId), with the wires between them. */
gboolean studio_scene_export_nodes (AnfGraph *graph, AnfReport *report, AnfPlan *plan,
                                    const GArray *ids, const char *path, StudioFormat format,
                                    StudioTheme theme, GError **error);

G_END_DECLS
