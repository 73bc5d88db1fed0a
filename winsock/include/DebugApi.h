/* Another spelling of debugapi.h. */
#include <debugapi.h>
