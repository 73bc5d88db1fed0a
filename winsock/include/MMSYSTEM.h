/* Another spelling of mmsystem.h. */
#include <mmsystem.h>
