/*
 * recvwait.c - the list of receives that wait on one socket. Theory of operation: recvmsg.c.
 */
#include "winsock/recvwait.h"

#include "stack/loop.h"
#include "winsock/operation.h"
#include "winsock/socket.h"

void recvwait_park_locked(struct socket *socket, struct recv_wait *wait)
{
    wait->next = NULL;
    wait->previous = socket->last_wait;
    if (wait->previous != NULL) {
        wait->previous->next = wait;
    } else {
        socket->first_wait = wait;
    }
    socket->last_wait = wait;
    socket->posted += wait->operation != NULL;
}

static void unpark_locked(struct socket *socket, struct recv_wait *wait)
{
    if (wait->previous != NULL) {
        wait->previous->next = wait->next;
    } else {
        socket->first_wait = wait->next;
    }
    if (wait->next != NULL) {
        wait->next->previous = wait->previous;
    } else {
        socket->last_wait = wait->previous;
    }
    socket->posted -= wait->operation != NULL;
}

void recvwait_complete_locked(struct socket *socket, struct recv_wait *wait)
{
    unpark_locked(socket, wait);
    if (wait->operation != NULL) {
        op_complete_receive(socket, wait->operation);
    } else {
        wait->complete = true;
        loop_wake(wait->waiter);
    }
}

void recvwait_end_locked(struct socket *socket, struct recv_wait *wait, int error)
{
    *wait->result = (struct recv_result){.error = error};
    recvwait_complete_locked(socket, wait);
}

void recvwait_end_all_locked(struct socket *socket, int call_error, int posted_error)
{
    while (socket->first_wait != NULL) {
        struct recv_wait *wait = socket->first_wait;
        recvwait_end_locked(socket, wait, wait->operation != NULL ? posted_error : call_error);
    }
}

bool recvwait_offer_locked(struct socket *socket, const struct datagram *datagram)
{
    struct recv_wait *wait = socket->first_wait;
    bool consumed = false;

    struct recv_view view = recvmsg_view_locked(socket);
    while (wait != NULL && !consumed) {
        struct recv_wait *next = wait->next;
        consumed = !wait->request->peek;
        recvmsg_fill(&view, datagram, wait->request, wait->result);
        recvwait_complete_locked(socket, wait);
        wait = next;
    }
    return consumed;
}

bool recvwait_offer_error_locked(struct socket *socket, const struct recvqueue_error *error)
{
    bool consumed = false;

    while (socket->first_wait != NULL && !consumed) {
        struct recv_wait *wait = socket->first_wait;
        consumed = !wait->request->peek;
        recvmsg_fill_error(socket->family, error, wait->request, wait->result);
        recvwait_complete_locked(socket, wait);
    }
    return consumed;
}
