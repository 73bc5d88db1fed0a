/*
 * mmsystem.h - of winmm, the clock alone
 */
#ifndef _INC_MMSYSTEM
#define _INC_MMSYSTEM

#include <timeapi.h>

#endif
