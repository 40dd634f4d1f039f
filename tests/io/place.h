/* place.h - where the tests of files read and write: their data, and a folder of their own. */
#pragma once

#include "anf.h"

/* Each test gets an empty folder, which is gone afterwards. */
typedef struct { char *path; } Folder;

void        folder_open    (Folder *folder, gconstpointer data);
void        folder_close   (Folder *folder, gconstpointer data);
/* (transfer full) */
char       *folder_file    (const Folder *folder, const char *name);
/* Writes @name and gives its path. (transfer full) */
char       *folder_write   (const Folder *folder, const char *name, gconstpointer data,
                            gsize size);
guint       folder_n_files (const Folder *folder);

/* A file of tests/io/data. (transfer full) */
char       *data_file      (const char *name);
GBytes     *data_bytes     (const char *name);

/* A bad-file error of one line that begins with @path and holds @cause; cleared. */
void        assert_refused (GError **error, const char *path, const char *cause);

#define ADD(name, test) g_test_add ("/" name, Folder, NULL, folder_open, test, folder_close)
