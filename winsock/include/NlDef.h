/* Another spelling of nldef.h. */
#include <nldef.h>
