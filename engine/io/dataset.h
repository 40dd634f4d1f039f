/* dataset.h - readers of data sets, by format. The error's message is the cause, with the file
 * before it where there are several. */
#pragma once

#include "train/dataset.h"

AnfDataset *anf_dataset_open_csv    (const char *path, GError **error);
/* A file, or a folder of files; without any, a folder of images. */
AnfDataset *anf_dataset_open_idx    (const char *path, GError **error);
/* A folder with one folder of PNG, PGM or PPM files per class. */
AnfDataset *anf_dataset_open_images (const char *path, GError **error);
