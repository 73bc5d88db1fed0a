/*
 * event.h - event objects: signaled or not, reset by hand or by the wait that they end.
 */
#ifndef WINSOCK_EVENT_H
#define WINSOCK_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include <winsock2.h>

#include "winsock/wait.h"

struct event {
    uintptr_t value; /* of its first handle */
    struct waitable state;
};

/*
 * Makes an event and its handle; closing that frees it when nobody waits for it or has it selected
 * any more. Returns 0, WSAEMFILE, WSAENOBUFS.
 */
int event_new(bool manual_reset, bool signaled, HANDLE *out);

/*
 * Finds an open event and takes a reference, which event_put() gives back without any lock held.
 * The two low bits of a handle are the caller's (C05). Returns NULL when it names no event.
 */
struct event *event_get(HANDLE handle);
void event_put(struct event *event);

/* Closes the handle. Returns whether it named an event. */
bool event_close(HANDLE handle);

/* A handle without the bits that are the caller's. */
uintptr_t event_handle_value(HANDLE handle);

#endif
