/* commands.c - the table of commands, and how words find one. */
#include "commands.h"

#include <glib/gi18n-lib.h>
#include <string.h>

static const StudioCommand commands[] = {
  { "app.new", N_("New document") }, { "app.new-window", N_("New window") },
  { "app.open", N_("Open…") }, { "win.save", N_("Save") }, { "win.save-as", N_("Save as…") },
  { "win.reload", N_("Reload from the file") },
  { "win.close-tab", N_("Close this document") },
  { "win.close-other-tabs", N_("Close the other documents") },
  { "win.next-tab", N_("Next document") }, { "win.previous-tab", N_("Previous document") },
  { "win.move-tab-left", N_("Move the tab to the left") },
  { "win.move-tab-right", N_("Move the tab to the right") },
  { "win.undo", N_("Undo"), "<Control>z" }, { "win.redo", N_("Redo"), "<Control><Shift>z" },
  { "win.run", N_("Run: compile, measure and test") }, { "win.compile", N_("Compile") },
  { "win.gates", N_("Measure the gates") }, { "win.stop", N_("Stop the work that is going on") },
  { "win.export-bundle", N_("Export a compiled bundle…") },
  { "win.export-mil", N_("Export MIL text and weights…") },
  { "win.export-picture", N_("Export a picture of the graph…") },
  { "win.report", N_("Save a report…") },
  { "win.workspace::build", N_("Workspace: Build"), "1" },
  { "win.workspace::profile", N_("Workspace: Profile"), "2" },
  { "win.workspace::compress", N_("Workspace: Compress"), "3" },
  { "win.workspace::accuracy", N_("Workspace: Accuracy"), "4" },
  { "win.workspace::chips", N_("Workspace: Chips"), "5" },
  { "win.workspace::compare", N_("Workspace: Compare"), "6" },
  { "win.left-pane", N_("Show or hide palette and outline"), "t" },
  { "win.right-pane", N_("Show or hide the inspector"), "n" },
  { "win.bottom-pane", N_("Show or hide problems and log") },
  { "win.find", N_("Find a node") }, { "win.find-next", N_("Find the next one") },
  { "win.find-previous", N_("Find the one before") },
  { "win.next-problem", N_("Next problem") }, { "win.previous-problem", N_("Previous problem") },
  { "win.fix", N_("Fix the problem that is selected") },
  { "win.insert-snippet::conv-bn-relu", N_("Insert snippet: Conv, norm, ReLU") },
  { "win.insert-snippet::residual", N_("Insert snippet: Residual block") },
  { "win.insert-snippet::mlp", N_("Insert snippet: MLP") },
  { "win.insert-snippet::attention", N_("Insert snippet: Attention") },
  { "win.insert-snippet::decoder", N_("Insert snippet: Decoder block") },
  { "win.save-snippet", N_("Keep the selection as a snippet…") },
  { "canvas.add", N_("Add a node…"), "<Shift>a" }, { "canvas.delete", N_("Delete"), "Delete" },
  { "canvas.delete-reconnect", N_("Delete and reconnect"), "<Control>Delete" },
  { "canvas.duplicate", N_("Duplicate"), "<Control>d" },
  { "canvas.copy", N_("Copy nodes"), "<Control>c" }, { "canvas.cut", N_("Cut"), "<Control>x" },
  { "canvas.paste", N_("Paste"), "<Control>v" },
  { "canvas.paste-wired", N_("Paste with incoming wires"), "<Control><Shift>v" },
  { "canvas.rename", N_("Rename"), "F2" },
  { "canvas.link", N_("Connect two selected nodes"), "<Control>l" },
  { "canvas.mute", N_("Mute or unmute"), "m" },
  { "canvas.collapse", N_("Collapse or expand"), "h" },
  { "canvas.unfold", N_("Unfold a composite into its parts") },
  { "canvas.add-frame", N_("Frame the selection with a comment"), "<Control>g" },
  { "canvas.color-frame", N_("Next colour of the frame"), "c" },
  { "canvas.add-dot", N_("Put a dot on the wire"), "o" },
  { "canvas.group", N_("Make a group of the selection"), "<Control><Shift>g" },
  { "canvas.ungroup", N_("Unpack the group"), "<Control><Alt>g" },
  { "canvas.enter", N_("Enter the group"), "Return" }, { "canvas.leave", N_("Leave the group") },
  { "canvas.find-groups", N_("Find repeated blocks") },
  { "canvas.pin", N_("Pin or unpin the place"), "p" },
  { "canvas.arrange", N_("Arrange all nodes"), "<Shift>l" },
  { "canvas.arrange-selection", N_("Arrange the selection"), "l" },
  { "canvas.align::left", N_("Align left"), "<Control><Shift>a" },
  { "canvas.align::right", N_("Align right"), "<Shift>d" },
  { "canvas.align::top", N_("Align top"), "<Shift>w" },
  { "canvas.align::bottom", N_("Align bottom"), "<Shift>s" },
  { "canvas.align::straight", N_("Straighten wires"), "q" },
  { "canvas.select-all", N_("Select all"), "<Control>a" },
  { "canvas.select-none", N_("Select nothing"), "Escape" },
  { "canvas.select-invert", N_("Invert the selection"), "<Control>i" },
  { "canvas.select-between", N_("Select what lies between"), "<Shift>p" },
  { "canvas.select-along::up", N_("Select upstream"), "bracketleft" },
  { "canvas.select-along::down", N_("Select downstream"), "bracketright" },
  { "canvas.select-along::up-all", N_("Select everything upstream"), "<Shift>braceleft" },
  { "canvas.select-along::down-all", N_("Select everything downstream"), "<Shift>braceright" },
  { "canvas.fit", N_("Whole graph in view"), "Home" },
  { "canvas.frame", N_("Selection in view"), "f" },
  { "canvas.zoom-100", N_("Zoom to 100 %"), "<Control>0" },
  { "canvas.zoom-in", N_("Zoom in"), "<Control>plus" },
  { "canvas.zoom-out", N_("Zoom out"), "<Control>minus" },
  { "canvas.snap", N_("Snap to the grid") }, { "canvas.minimap", N_("Show or hide the minimap") },
  { "app.preferences", N_("Preferences") }, { "app.about", N_("About ANEForge Studio") },
  { "win.show-help-overlay", N_("Keyboard shortcuts") },
  { "app.recover", N_("Recover documents") }, { "app.quit", N_("Quit") },
};

const StudioCommand *
studio_command_nth (guint i)
{
  return i < G_N_ELEMENTS (commands) ? &commands[i] : NULL;
}

/* Letters in order, not necessarily together; fewer gaps are better. */
static guint
scattered (const char *text, const char *word)
{
  guint score = 200, gap = 0;

  while (*word != '\0')
    {
      if (*text == '\0')
        return 0;
      if (g_utf8_get_char (text) == g_utf8_get_char (word))
        {
          score -= MIN (score - 1, 12 * MIN (gap, 6));
          gap = 0;
          word = g_utf8_next_char (word);
        }
      else
        gap++;
      text = g_utf8_next_char (text);
    }
  return score;
}

static guint
rank_word (const char *title, const char *word)
{
  const char *at = strstr (title, word);

  if (at == title)
    return 900;
  if (at != NULL)
    return at[-1] == ' ' ? 700 : 450;
  return scattered (title, word);
}

guint
studio_command_rank (const char *title, const char *words)
{
  g_autofree char *folded_title = g_utf8_casefold (title, -1);
  g_autofree char *folded = g_utf8_casefold (words, -1);
  g_auto(GStrv) word = g_strsplit_set (folded, " \t", -1);
  guint sum = 0, n = 0;

  for (guint i = 0; word[i] != NULL; i++)
    {
      guint rank = *word[i] != '\0' ? rank_word (folded_title, word[i]) : 0;

      if (*word[i] == '\0')
        continue;
      if (rank == 0)
        return 0;
      sum += rank;
      n++;
    }
  return n > 0 ? sum / n : 1;
}
