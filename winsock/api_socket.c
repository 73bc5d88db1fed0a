/*
 * api_socket.c - making, naming, connecting and closing sockets.
 */
#include "winsock/api.h"

#include <stddef.h>
#include <string.h>

#include "winsock/memory.h"
#include "winsock/name.h"
#include "winsock/options.h"
#include "winsock/socket.h"

#define FLAGS_KNOWN \
    (WSA_FLAG_OVERLAPPED | WSA_FLAG_MULTIPOINT_C_ROOT | WSA_FLAG_MULTIPOINT_C_LEAF | \
     WSA_FLAG_MULTIPOINT_D_ROOT | WSA_FLAG_MULTIPOINT_D_LEAF | WSA_FLAG_ACCESS_SYSTEM_SECURITY | \
     WSA_FLAG_NO_HANDLE_INHERIT | WSA_FLAG_REGISTERED_IO)

/* What both forms of WSAPROTOCOL_INFO begin with: everything but the name. */
#define INFO_HEAD_BYTES offsetof(WSAPROTOCOL_INFOA, szProtocol)

_Static_assert(INFO_HEAD_BYTES == offsetof(WSAPROTOCOL_INFOW, szProtocol), "one head for both");

/* info says what FROM_PROTOCOL_INFO stands for; may be NULL, and of its name nothing is read. */
static SOCKET make_socket(int family, int type, int protocol, const WSAPROTOCOL_INFOA *info,
                          DWORD flags)
{
    SOCKET s = INVALID_SOCKET;
    int error = api_lock_startup();

    if (error == 0) {
        if (info != NULL) {
            family = family == FROM_PROTOCOL_INFO ? info->iAddressFamily : family;
            type = type == FROM_PROTOCOL_INFO ? info->iSocketType : type;
            protocol = protocol == FROM_PROTOCOL_INFO ? info->iProtocol : protocol;
        }
        error = (flags & ~(DWORD)FLAGS_KNOWN) != 0
                    ? WSAEINVAL
                    : socket_new(family, type, protocol, (flags & WSA_FLAG_OVERLAPPED) != 0, &s);
        if (error == 0 && (flags & WSA_FLAG_NO_HANDLE_INHERIT) == 0) {
            SetHandleInformation((HANDLE)s, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
        }
        api_unlock_startup();
    }
    return api_result(error) == 0 ? s : INVALID_SOCKET;
}

/*
 * A further descriptor of the socket that WSADuplicateSocket() described; the other arguments of
 * WSASocket() say nothing then. WSAEINVAL: it has been closed.
 */
static SOCKET make_descriptor(SOCKET described)
{
    SOCKET s = INVALID_SOCKET;
    struct socket *socket;
    int error = api_lock_startup();

    if (error == 0) {
        error = api_get_socket(described, &socket);
        if (error == 0) {
            error = socket_duplicate(socket, &s);
            socket_put(socket);
        }
        api_unlock_startup();
    }
    return api_result(error == WSAENOTSOCK ? WSAEINVAL : error) == 0 ? s : INVALID_SOCKET;
}

/* WSASocket() with either form of the description, which has that many bytes; it may be NULL. */
static SOCKET make_described(int family, int type, int protocol, const void *info, size_t bytes,
                             DWORD flags)
{
    WSAPROTOCOL_INFOA head;

    if (info == NULL) {
        return make_socket(family, type, protocol, NULL, flags);
    }
    if (memory_readable(info, bytes) != 0) {
        api_result(WSAEFAULT);
        return INVALID_SOCKET;
    }
    memcpy(&head, info, INFO_HEAD_BYTES);
    if (head.dwProviderReserved != 0) {
        return make_descriptor(head.dwProviderReserved);
    }
    return make_socket(family, type, protocol, &head, flags);
}

SOCKET WSASocketA(int family, int type, int protocol, LPWSAPROTOCOL_INFOA info, GROUP group,
                  DWORD flags)
{
    (void)group;
    return make_described(family, type, protocol, info, sizeof(*info), flags);
}

SOCKET WSASocketW(int family, int type, int protocol, LPWSAPROTOCOL_INFOW info, GROUP group,
                  DWORD flags)
{
    (void)group;
    return make_described(family, type, protocol, info, sizeof(*info), flags);
}

/* Does the id name the process for which a socket can be duplicated: this one? */
static int check_process(DWORD process)
{
    return process == GetCurrentProcessId() ? 0 : WSAEINVAL;
}

/*
 * WSADuplicateSocket() for the form of the description that the option gives, of so many bytes.
 * info is the caller's pointer, not looked at yet.
 */
static int describe(SOCKET s, DWORD process, int option, void *info, int bytes)
{
    DWORD described = (DWORD)s;
    struct socket *socket;
    int error = api_get_socket(s, &socket);

    if (error == 0) {
        error = check_process(process);
        if (error == 0) {
            error = memory_writable(info, (size_t)bytes);
        }
        if (error == 0) {
            error = options_get(socket, SOL_SOCKET, option, info, &bytes);
        }
        if (error == 0) {
            memcpy((char *)info + offsetof(WSAPROTOCOL_INFOA, dwProviderReserved), &described,
                   sizeof(described));
        }
        socket_put(socket);
    }
    return api_result(error);
}

int WSADuplicateSocketA(SOCKET s, DWORD process, LPWSAPROTOCOL_INFOA info)
{
    return describe(s, process, SO_PROTOCOL_INFOA, info, sizeof(*info));
}

int WSADuplicateSocketW(SOCKET s, DWORD process, LPWSAPROTOCOL_INFOW info)
{
    return describe(s, process, SO_PROTOCOL_INFOW, info, sizeof(*info));
}

SOCKET socket(int family, int type, int protocol)
{
    return make_socket(family, type, protocol, NULL,
                       options_opens_overlapped() ? WSA_FLAG_OVERLAPPED : 0);
}

int closesocket(SOCKET s)
{
    struct socket *socket;
    int error = api_get_socket(s, &socket);

    if (error == 0) {
        error = socket_close(s);
        socket_put(socket);
    }
    return api_result(error);
}

int shutdown(SOCKET s, int how)
{
    struct socket *socket;
    int error = api_get_socket(s, &socket);

    if (error == 0) {
        error = socket_shutdown(socket, how);
        socket_put(socket);
    }
    return api_result(error);
}

/* Reads an address that has to be one of the socket's family. */
static int read_name(const struct socket *socket, const struct sockaddr *address, int length,
                     struct endpoint_name *name)
{
    int size = name_size(socket->family);

    if (length < size || memory_readable(address, (size_t)size) != 0) {
        return WSAEFAULT;
    }
    return name_read(socket->family, address, length, name);
}

int bind(SOCKET s, const struct sockaddr *address, int length)
{
    struct socket *socket;
    struct endpoint_name name;
    int error = api_get_socket(s, &socket);

    if (error == 0) {
        error = read_name(socket, address, length, &name);
        if (error == 0) {
            error = socket_bind(socket, &name);
        }
        if (error == 0) {
            socket_set_bound_through(socket, s);
        }
        socket_put(socket);
    }
    return api_result(error);
}

/* Is it an address of no family, which dissolves the association (WB 4.8)? */
static bool is_unspecified(const struct sockaddr *address, int length)
{
    return length >= (int)sizeof(*address) && memory_readable(address, sizeof(*address)) == 0 &&
           address->sa_family == AF_UNSPEC;
}

static int connect_datagrams(struct socket *socket, const struct sockaddr *address, int length)
{
    struct endpoint_name peer;

    if (is_unspecified(address, length)) {
        return socket_connect(socket, NULL);
    }
    int error = read_name(socket, address, length, &peer);
    if (error != 0) {
        return error;
    }
    if (netaddr_is_any(&peer.address)) { /* all zero dissolves too; a port alone is no peer */
        return peer.port == 0 ? socket_connect(socket, NULL) : WSAEADDRNOTAVAIL;
    }
    return socket_connect(socket, &peer);
}

int connect(SOCKET s, const struct sockaddr *address, int length)
{
    struct socket *socket;
    int error = api_get_socket(s, &socket);

    if (error == 0) {
        error = socket_is_datagram(socket) ? connect_datagrams(socket, address, length)
                                           : WSAEOPNOTSUPP;
        socket_put(socket);
    }
    return api_result(error);
}

int WSAConnect(SOCKET s, const struct sockaddr *address, int length, LPWSABUF caller_data,
               LPWSABUF callee_data, LPQOS send_quality, LPQOS group_quality)
{
    (void)caller_data;
    (void)callee_data;
    (void)send_quality;
    (void)group_quality;
    return connect(s, address, length);
}

/*
 * Gives a name to a caller. available: whether there is one, which is judged before the pointers
 * (WB 4.2). missing: the error when there is none.
 */
static int give_name(const struct socket *socket, bool available, int missing,
                     const struct endpoint_name *name, struct sockaddr *address, int *length)
{
    int size = name_size(socket->family);

    if (!available) {
        return missing;
    }
    if (memory_writable(length, sizeof(*length)) != 0 || *length < size ||
        memory_writable(address, (size_t)size) != 0) {
        return WSAEFAULT;
    }
    name_write(socket->family, name, address);
    *length = size;
    return 0;
}

int getsockname(SOCKET s, struct sockaddr *address, int *length)
{
    struct socket *socket;
    int error = api_get_socket(s, &socket);

    if (error == 0) {
        lock_take(&socket->lock);
        bool bound = socket->bound;
        struct endpoint_name local = socket->local;
        lock_give(&socket->lock);
        error = give_name(socket, bound, WSAEINVAL, &local, address, length);
        socket_put(socket);
    }
    return api_result(error);
}

int getpeername(SOCKET s, struct sockaddr *address, int *length)
{
    struct socket *socket;
    int error = api_get_socket(s, &socket);

    if (error == 0) {
        lock_take(&socket->lock);
        bool connected = socket->connected;
        struct endpoint_name peer = {.port = 0};
        if (connected) {
            peer = socket->extra->peer;
        }
        lock_give(&socket->lock);
        error = give_name(socket, connected, WSAENOTCONN, &peer, address, length);
        socket_put(socket);
    }
    return api_result(error);
}
