/* Another spelling of timeapi.h. */
#include <timeapi.h>
