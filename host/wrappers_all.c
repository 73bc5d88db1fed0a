/*
 * wrappers_all.c - the table of wrappers that programs have unless they choose (WINLWIP_WRAPPERS, include/winlwip.h).
 *
 * In the static library this file is a member apart from all others, as ini.c is: a program that has
 * such a table is linked without it, and so without the wrappers that it does not name.
 */
#include "host/drivers.h"

const struct link_wrapper *const winlwip_wrappers[] = {
    &winlwip_fault_wrapper,
    &winlwip_dump_wrapper,
    NULL,
};
