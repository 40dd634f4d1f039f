/* old.c - a runtime of which only the first function is left, as after an update of the system. */
#include <stdint.h>

int64_t e5rt_e5_compiler_config_options_create (void **out);

int64_t
e5rt_e5_compiler_config_options_create (void **out)
{
  return 1;
}
