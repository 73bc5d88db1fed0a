/* Another spelling of timezoneapi.h. */
#include <timezoneapi.h>
