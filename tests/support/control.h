/*
 * control.h - control messages for sends, and those of a receive one by one.
 */
#ifndef TESTS_CONTROL_H
#define TESTS_CONTROL_H

#include "tests/support/world.h"

/* Control data that is being built; zeroed at the start. */
struct control_data {
    size_t bytes;
    _Alignas(8) UCHAR data[512];
};

void control_add(struct control_data *control, int level, int type, const void *data, size_t bytes);
void control_add_int(struct control_data *control, int level, int type, int value);

/* IP_PKTINFO or IPV6_PKTINFO, by the family of the address. */
void control_add_pktinfo(struct control_data *control, const char *address, unsigned index);

/* WSASendMsg to address:port with one buffer. control NULL: none. Returns what the call returns. */
int control_send(SOCKET s, const char *address, uint16_t port, const void *data, size_t bytes,
                 const struct control_data *control, DWORD *sent);

/*
 * Finds a message of a receive and copies its data, which must be of that many bytes. Returns
 * whether it is there.
 */
bool control_find(const struct received *received, int level, int type, void *data, size_t bytes);

/* Datagrams that the host has sent since its start. */
uint64_t control_datagrams_sent(void);

#endif
