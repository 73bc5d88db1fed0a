/*
 * call.c - one WSARecvMsg with everything in the caller's hands. No state but scratch memory.
 */
#include "tests/contract/call.h"

#include <string.h>

static struct received received;

void call_prepare(struct call *call, const struct world_family *family)
{
    memset(call, 0, sizeof(*call));
    call->s = world_socket(family->us, &call->port);
    world_set_nonblocking(call->s);
    call->bytes = 0xdeadbeef;
    call->buffer = (WSABUF){.len = sizeof(call->data), .buf = call->data};
    call->message = (WSAMSG){.name = (LPSOCKADDR)&call->name,
                             .namelen = sizeof(call->name),
                             .lpBuffers = &call->buffer,
                             .dwBufferCount = 1,
                             .Control = {.len = sizeof(call->control), .buf = call->control}};
    deliver(family, call->port, "waits");
    world_settle(&(struct winlwip_stats){0});
}

int call_do(struct call *call)
{
    return world.recvmsg(call->s, &call->message, &call->bytes, NULL, NULL);
}

void call_still_queued(struct call *call)
{
    ck_assert_uint_eq(call->bytes, 0xdeadbeef);
    world_receive(call->s, &received);
    world_assert_text(&received, "waits");
    world_assert_empty(call->s);
}
