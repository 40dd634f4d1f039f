/* main.c - `aneforge`: the engine without a screen. */
#include "cli.h"

#include <locale.h>
#include <stdio.h>

static const StudioCommand *const commands[] = {
  &studio_command_ops, &studio_command_check, &studio_command_compile, &studio_command_run,
  &studio_command_profile, &studio_command_gate, &studio_command_compress,
  &studio_command_estimate, &studio_command_import, &studio_command_export,
  &studio_command_render, &studio_command_tune, &studio_command_diff, &studio_command_train,
  &studio_command_embed,
  &studio_command_new, &studio_command_report,
};

/* Of the plan of the command line, still without an engine behind them. */
static const char *const planned[] = {
  NULL,
};

static const StudioCommand *
find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (g_str_equal (commands[i]->name, name))
      return commands[i];
  return NULL;
}

static void
print_help (void)
{
  puts ("Usage: aneforge COMMAND [OPTION...] [FILE]\n\n"
        "Check, compile, run and measure models for the Apple Neural Engine, on any machine.\n");
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    printf ("  %-9s %s\n", commands[i]->name, commands[i]->summary);
  puts ("\n  aneforge COMMAND --help   what it takes\n"
        "  aneforge --version\n\n"
        "Exit status: 0 fine; 1 a gate fails or check found errors; 2 the command line or a file "
        "is wrong;\n3 the target refuses the graph; 4 the device failed.");
}

/* Wrong before there is a command: its --json may stand anywhere. */
static StudioExit
misspelt (int argc, char **argv, const char *word, const char *what)
{
  StudioCli cli = { NULL };

  for (int i = 1; i < argc; i++)
    cli.json |= g_str_equal (argv[i], "--json");
  return studio_cli_wrong (&cli, word, "%s", what);
}

static StudioExit
run (const StudioCommand *command, int argc, char **argv)
{
  StudioCli cli = { .command = command };
  g_autofree char *name = g_strdup_printf ("aneforge %s", command->name);
  g_autoptr(GError) error = NULL;
  StudioExit code;

  for (int i = 1; i < argc; i++)   /* for errors in what stands before it */
    cli.json |= g_str_equal (argv[i], "--json");
  g_set_prgname (name);
  if (studio_cli_parse (&cli, argc, argv, &error))
    code = command->run (&cli);
  else
    code = studio_cli_wrong (&cli, NULL, "%s", error->message);
  if ((fflush (stdout) != 0 || ferror (stdout)) && code <= STUDIO_EXIT_FAILED)
    code = studio_cli_wrong (&cli, NULL, "the answer could not be written");
  studio_cli_clear (&cli);
  return code;
}

int
main (int argc, char **argv)
{
  const char *word = argc > 1 ? argv[1] : NULL;
  const StudioCommand *command;

  setlocale (LC_ALL, "");
  setlocale (LC_NUMERIC, "C");     /* numbers are for programs, too */

  if (word == NULL)
    return misspelt (argc, argv, NULL, "no command; aneforge --help lists them");
  if (g_str_equal (word, "--help") || g_str_equal (word, "-h") || g_str_equal (word, "help"))
    {
      print_help ();
      return STUDIO_EXIT_OK;
    }
  if (g_str_equal (word, "--version"))
    {
      puts ("aneforge " ANF_VERSION);
      return STUDIO_EXIT_OK;
    }
  if ((command = find (word)) != NULL)
    return run (command, argc - 1, argv + 1);
  if (g_strv_contains (planned, word))
    return misspelt (argc, argv, word, "this command does not exist yet");
  return misspelt (argc, argv, word, "no such command; aneforge --help lists them");
}
