/* main.c - starts the window. */
#include <glib/gi18n-lib.h>
#include <locale.h>

#include "application.h"

int
main (int argc, char **argv)
{
  g_autoptr(GtkApplication) application = NULL;
  int status;

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  g_set_application_name ("ANEForge Studio");
  g_set_prgname ("aneforge-studio");

  application = studio_application_new ();
  status = g_application_run (G_APPLICATION (application), argc, argv);
  return status != 0 ? status : studio_application_get_status (STUDIO_APPLICATION (application));
}
