/* Another spelling of minwinbase.h. */
#include <minwinbase.h>
