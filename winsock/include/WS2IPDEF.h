/* Another spelling of ws2ipdef.h. */
#include <ws2ipdef.h>
