/* canvas-snippet.c - puts a snippet behind the active node, or into the middle of the view. */
#include "canvas-snippet.h"

#include <glib/gi18n-lib.h>

#include "canvas-private.h"
#include "snippet.h"

#define AIR 64.0

void
studio_canvas_insert_snippet (StudioCanvas *self, const char *name)
{
  const StudioSnippet *snippet = studio_snippet_lookup (name);
  StudioScene *scene = studio_canvas_scene (self);
  const StudioBox *active = scene != NULL ? studio_scene_box (scene, studio_canvas_active (self))
                                          : NULL;
  AnfRef from = { active != NULL ? active->id : 0, 0 };
  const AnfType *type = active != NULL && self->report != NULL
                        ? anf_report_type (self->report, from.node, 0) : NULL;
  g_autofree char *label = NULL;
  g_autoptr(GArray) made = NULL;
  AnfGraphBuilder *b;
  StudioPoint at;

  if (snippet == NULL || scene == NULL)
    return;
  if (studio_snippet_fits (name, type))
    at = (StudioPoint) { active->box.x + active->box.width + AIR, active->box.y };
  else if (scene->bounds.width >= 0)
    /* Nothing to be wired to: below all there is, where it covers nothing. */
    at = (StudioPoint) { scene->bounds.x, scene->bounds.y + scene->bounds.height + AIR };
  else
    at = studio_canvas_to_plane (self, AIR, AIR);
  b = studio_canvas_begin_edit (self);
  made = studio_snippet_build (name, b, from, type, studio_canvas_snapped (self, at.x),
                               studio_canvas_snapped (self, at.y));
  label = g_strdup_printf (_("Insert %s"), _(snippet->title));
  if (!studio_canvas_ask (self, b, label, NULL))
    return;
  /* The end is what the next one goes on from. */
  studio_canvas_set_selection (self, made);
  studio_canvas_reveal (self, g_array_index (made, AnfId, made->len - 1));
}

void
studio_canvas_insert_snippet_text (StudioCanvas *self, const char *text)
{
  studio_canvas_paste_text (self, text, TRUE);
}

char *
studio_canvas_dup_snippet_text (StudioCanvas *self)
{
  return studio_canvas_copy_text (self);
}
