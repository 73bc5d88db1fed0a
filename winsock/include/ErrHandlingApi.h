/* Another spelling of errhandlingapi.h. */
#include <errhandlingapi.h>
