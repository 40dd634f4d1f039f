/* standin.h - a stand-in for Espresso: what tests ask of it besides the functions of e5rt. */
#pragma once

#include <glib.h>

/* The library exports one of these as "standin". */
typedef struct
{
  guint       calls;               /* of any function so far */
  guint       fail_at;             /* the call to fail, counted from 1; 0: none. Programs that do
                                    * not know of this take it from STANDIN_FAIL_AT */
  const char *failed;              /* its name, once it did */
  const char *violation;           /* the first rule that was broken; NULL: none */
  guint       live;                /* objects not yet released */
  guint       compiles, executes;
  const char *backend;             /* what is said to have been chosen; NULL: ane */
  gint64    (*now_us) (void);      /* if set, compiles too soon after a failed one are refused */
  void      (*on_execute) (gpointer data);
  gpointer    data;
} StandIn;
