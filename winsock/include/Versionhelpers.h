/* Another spelling of versionhelpers.h. */
#include <versionhelpers.h>
