/*
 * wait.h - waits until the interfaces have the addresses that servers and routers are to give them.
 */
#ifndef TOOLS_WAIT_H
#define TOOLS_WAIT_H

#include "tools/interface.h"
#include "tools/tool.h"

/*
 * Waits until no interface of the started stack lacks an address, at most so many milliseconds (0:
 * not at all), and shows on standard error, if that is a terminal, for which interface and since when.
 * Returns TOOL_OK, also when a signal that run_hold_signals() holds back ended the wait; or
 * TOOL_FAILED, after one line, when the time is over.
 */
enum tool_status wait_for_addresses(const struct interface_options *options, unsigned long wait_ms);

#endif
