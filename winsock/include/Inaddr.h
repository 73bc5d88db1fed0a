/* Another spelling of inaddr.h. */
#include <inaddr.h>
