/* Programs have members, locals and parameters with the names of Winsock's functions. */
#include <stdlib.h>
#include <mswsock.h>
#include <unistd.h>
#include <ws2tcpip.h>

struct transport {
    int (*send)(struct transport *self, const char *text);
    int (*recv)(struct transport *self);
    int bind, connect, socket, shutdown, select, closesocket;
    LPFN_WSARECVMSG WSARecvMsg;
    LPFN_WSASENDMSG WSASendMsg;
    int u_long, fd_set;
};

int use(struct transport *t, int send, int recv)
{
    int bind = t->bind, connect = t->connect, htons = t->socket;
    LPFN_WSARECVMSG WSARecvMsg = t->WSARecvMsg;
    LPFN_WSASENDMSG WSASendMsg = t->WSASendMsg;

    if (WSARecvMsg != NULL && WSASendMsg != NULL) {
        return t->send(t, "text") + t->recv(t);
    }
    return send + recv + bind + connect + htons + t->select + t->u_long + t->fd_set;
}
