/* format.h - numbers as the window writes them: SI units, three significant digits. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* All return new strings; what is not a finite number is "–", "inf" or "NaN". */
char *studio_format_time_us (double us);       /* "285 µs" "2.45 ms" "1.20 s" */
char *studio_format_bytes   (gsize bytes);     /* "20 B" "6.13 KiB" "1.19 MiB" */
char *studio_format_count   (double count);    /* "12" "207 k" "1.81 M" */
char *studio_format_real    (double value);    /* "0.0142" "1.22e-3" "12.1" */
char *studio_format_percent (double fraction); /* 0.252: "25.2 %" */

G_END_DECLS
