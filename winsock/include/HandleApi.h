/* Another spelling of handleapi.h. */
#include <handleapi.h>
