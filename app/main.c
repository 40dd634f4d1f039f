/* main.c - starts the window. */
#include <glib/gi18n-lib.h>
#include <locale.h>

#include "application.h"

int
main (int argc, char **argv)
{
  /* Programs started from the build folder find their words with TEXTDOMAINDIR=po. */
  const char *words = g_getenv ("TEXTDOMAINDIR");
  g_autoptr(GtkApplication) application = NULL;
  int status;

  /* Numbers keep their point, as in documents and entries: a comma parts those of a shape. */
  gtk_disable_setlocale ();
  setlocale (LC_ALL, "");
  setlocale (LC_NUMERIC, "C");
  bindtextdomain (GETTEXT_PACKAGE, words != NULL ? words : LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  g_set_application_name ("ANEForge Studio");
  g_set_prgname ("aneforge-studio");

  application = studio_application_new ();
  status = g_application_run (G_APPLICATION (application), argc, argv);
  return status != 0 ? status : studio_application_get_status (STUDIO_APPLICATION (application));
}
