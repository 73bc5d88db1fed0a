/*
 * ioctl.c - the table of control codes. Adding one is adding a row and its function.
 */
#include "winsock/ioctl.h"

#include <string.h>

#include <mstcpip.h>
#include <mswsock.h>
#include <mstcpip.h>
#include <ws2tcpip.h>

#include "stack/loop.h"
#include "winsock/api.h"
#include "winsock/errors.h"
#include "winsock/ioctl_query.h"
#include "winsock/memory.h"
#include "winsock/options.h"
#include "winsock/options_multicast.h"
#include "winsock/socket.h"
#include "winsock/timestamp.h"

struct ioctl_row {
    DWORD code;
    DWORD in_bytes;  /* least input, 0: input is not looked at */
    DWORD out_bytes; /* least output, and what is written; 0: output is run's affair */
    int (*run)(struct socket *socket, struct ioctl_call *call);
};

/*
 * FIONBIO: only 32 bits of the argument count (C42). A socket whose network events are selected
 * stays non-blocking (WB 9.6).
 */
static int set_nonblocking(struct socket *socket, struct ioctl_call *call)
{
    u_long on;

    memcpy(&on, call->in, sizeof(on));
    lock_take(&socket->lock);
    bool allowed = on != 0 || socket->selected_events == 0;
    if (allowed) {
        socket->nonblocking = on != 0;
    }
    lock_give(&socket->lock);
    call->tells_returned = true; /* 0 bytes, in either case */
    return allowed ? 0 : WSAEINVAL;
}

/* FIONREAD: all payload that is queued (winsock-facts 4.19). */
static int get_queued_bytes(struct socket *socket, struct ioctl_call *call)
{
    loop_poll();
    lock_take(&socket->lock);
    u_long told = socket->queue.bytes;
    lock_give(&socket->lock);
    memcpy(call->out, &told, sizeof(told));
    return 0;
}

typedef void (*extension_function)(void);

/* SIO_GET_EXTENSION_FUNCTION_POINTER (C01-C03). */
static int get_extension_function(struct socket *socket, struct ioctl_call *call)
{
    static const struct {
        GUID id;
        extension_function function;
    } extensions[] = {
        {WSAID_WSARECVMSG, (extension_function)api_recvmsg},
        {WSAID_WSASENDMSG, (extension_function)WSASendMsg},
        {WSAID_WSAPOLL, (extension_function)WSAPoll},
    };

    (void)socket;
    for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
        if (memcmp(call->in, &extensions[i].id, sizeof(GUID)) == 0) {
            memcpy(call->out, &extensions[i].function, sizeof(extension_function));
            return 0;
        }
    }
    return WSAEINVAL;
}

/* SIO_BASE_HANDLE and its kin: there are no layers, so a socket is its own base. */
static int get_own_handle(struct socket *socket, struct ioctl_call *call)
{
    (void)socket;
    memcpy(call->out, &call->handle, sizeof(call->handle));
    return 0;
}

/* Reads a switch; programs give a BOOL or a single byte (winsock-facts 4.7). */
static bool read_switch(const struct ioctl_call *call)
{
    uint32_t value = 0;

    memcpy(&value, call->in, call->in_bytes < sizeof(value) ? call->in_bytes : sizeof(value));
    return value != 0;
}

static int set_connreset(struct socket *socket, struct ioctl_call *call)
{
    bool on = read_switch(call);

    lock_take(&socket->lock);
    socket->report_port_unreachable = on;
    lock_give(&socket->lock);
    return 0;
}

static int set_netreset(struct socket *socket, struct ioctl_call *call)
{
    bool on = read_switch(call);

    lock_take(&socket->lock);
    socket->report_ttl_expired = on;
    lock_give(&socket->lock);
    return 0;
}

/* Does the socket have the kind that may capture (winsock-facts 4.17)? */
static bool may_capture(const struct socket *socket)
{
    return socket_is_raw(socket) &&
           socket->protocol == (socket->family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6);
}

/* SIO_RCVALL; RCVALL_SOCKETLEVELONLY is documented to have no effect. */
static int set_receive_all(struct socket *socket, struct ioctl_call *call)
{
    static const enum endpoint_capture captures[] = {
        [RCVALL_OFF] = ENDPOINT_CAPTURE_OFF,
        [RCVALL_ON] = ENDPOINT_CAPTURE_ALL,
        [RCVALL_IPLEVEL] = ENDPOINT_CAPTURE_OWN,
    };
    uint32_t mode = 0;

    if (call->in_bytes == 0) {
        return WSAEINVAL;
    }
    size_t bytes = call->in_bytes < sizeof(mode) ? call->in_bytes : sizeof(mode);
    if (memory_readable(call->in, bytes) != 0) {
        return WSAEFAULT;
    }
    memcpy(&mode, call->in, bytes);
    if (mode > RCVALL_IPLEVEL || !may_capture(socket)) {
        return WSAEINVAL;
    }
    if (mode == RCVALL_SOCKETLEVELONLY) {
        return 0;
    }
    lock_take(&socket->lock);
    bool closed = socket->closed;
    if (!closed) {
        socket_enter_locked(socket);
    }
    lock_give(&socket->lock);
    if (closed) {
        return WSAENOTSOCK;
    }
    int error = endpoint_set_capture(socket->endpoint, captures[mode]);
    socket_leave(socket);
    return errors_wsa_from_errno(error);
}

/* Sets the option of the socket's own level that an ioctl is a twin of. */
static int set_twin(struct socket *socket, const struct ioctl_call *call, int name4, int name6)
{
    return socket->family == AF_INET
               ? options_set(socket, IPPROTO_IP, name4, call->in, sizeof(DWORD))
               : options_set(socket, IPPROTO_IPV6, name6, call->in, sizeof(DWORD));
}

static int set_multicast_loop(struct socket *socket, struct ioctl_call *call)
{
    return set_twin(socket, call, IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP);
}

static int set_multicast_ttl(struct socket *socket, struct ioctl_call *call)
{
    return set_twin(socket, call, IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS);
}

/* SIO_ENABLE_CIRCULAR_QUEUEING: accepted without effect (WB 10.13). */
static int accept_silently(struct socket *socket, struct ioctl_call *call)
{
    (void)socket;
    (void)call;
    return 0;
}

static const struct ioctl_row table[] = {
    {FIONBIO, sizeof(u_long), 0, set_nonblocking},
    {FIONREAD, 0, sizeof(u_long), get_queued_bytes},
    {SIO_GET_EXTENSION_FUNCTION_POINTER, sizeof(GUID), sizeof(extension_function),
     get_extension_function},
    {SIO_UDP_CONNRESET, 1, 0, set_connreset},
    {SIO_UDP_NETRESET, 1, 0, set_netreset},
    {SIO_RCVALL, 0, 0, set_receive_all},
    {SIO_BASE_HANDLE, 0, sizeof(SOCKET), get_own_handle},
    {SIO_BSP_HANDLE, 0, sizeof(SOCKET), get_own_handle},
    {SIO_BSP_HANDLE_SELECT, 0, sizeof(SOCKET), get_own_handle},
    {SIO_BSP_HANDLE_POLL, 0, sizeof(SOCKET), get_own_handle},
    {SIO_TIMESTAMPING, sizeof(TIMESTAMPING_CONFIG), 0, timestamp_configure},
    {SIO_GET_TX_TIMESTAMP, sizeof(UINT32), sizeof(UINT64), timestamp_take},
    {SIO_SET_MULTICAST_FILTER, IP_MSFILTER_SIZE(0), 0, multicast_ioctl_set_filter4},
    {SIO_GET_MULTICAST_FILTER, IP_MSFILTER_SIZE(0), 0, multicast_ioctl_get_filter4},
    {SIOCSMSFILTER, GROUP_FILTER_SIZE(0), 0, multicast_ioctl_set_group_filter},
    {SIOCGMSFILTER, GROUP_FILTER_SIZE(0), 0, multicast_ioctl_get_group_filter},
    {SIO_MULTIPOINT_LOOPBACK, sizeof(BOOL), 0, set_multicast_loop},
    {SIO_MULTICAST_SCOPE, sizeof(INT), 0, set_multicast_ttl},
    {SIO_ENABLE_CIRCULAR_QUEUEING, 0, 0, accept_silently},
};

static const struct ioctl_row *find(DWORD code)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].code == code) {
            return &table[i];
        }
    }
    return NULL;
}

bool ioctl_tells_base(DWORD code)
{
    const struct ioctl_row *row = find(code);

    return row != NULL && row->run == get_own_handle;
}

int ioctl_run(struct socket *socket, DWORD code, struct ioctl_call *call)
{
    const struct ioctl_row *row = find(code);

    if (row == NULL) {
        return ioctl_query_run(socket, code, call);
    }
    if (call->in_bytes < row->in_bytes || call->out_bytes < row->out_bytes) {
        return WSAEFAULT;
    }
    if (row->in_bytes != 0 && memory_readable(call->in, call->in_bytes) != 0) {
        return WSAEFAULT;
    }
    if (row->out_bytes != 0 && memory_writable(call->out, row->out_bytes) != 0) {
        return WSAEFAULT;
    }
    int error = row->run(socket, call);
    if (error == 0) {
        call->returned = row->out_bytes != 0 ? row->out_bytes : call->returned;
        call->tells_returned = true;
    }
    return error;
}
