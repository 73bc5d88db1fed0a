/*
 * control.c - builds and finds control messages with Microsoft's macros.
 */
#include "tests/support/control.h"

#include <string.h>

void control_add(struct control_data *control, int level, int type, const void *data, size_t bytes)
{
    WSACMSGHDR header = {WSA_CMSG_LEN(bytes), level, type};

    ck_assert_uint_le(control->bytes + WSA_CMSG_SPACE(bytes), sizeof(control->data));
    memcpy(control->data + control->bytes, &header, sizeof(header));
    memcpy(control->data + control->bytes + sizeof(header), data, bytes);
    control->bytes += WSA_CMSG_SPACE(bytes);
}

void control_add_int(struct control_data *control, int level, int type, int value)
{
    control_add(control, level, type, &value, sizeof(value));
}

void control_add_pktinfo(struct control_data *control, const char *address, unsigned index)
{
    uint8_t bytes[16];

    if (frame_address(address, bytes) == 4) {
        IN_PKTINFO info = {.ipi_ifindex = index};
        memcpy(&info.ipi_addr, bytes, 4);
        control_add(control, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
    } else {
        IN6_PKTINFO info = {.ipi6_ifindex = index};
        memcpy(&info.ipi6_addr, bytes, 16);
        control_add(control, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
    }
}

int control_send(SOCKET s, const char *address, uint16_t port, const void *data, size_t bytes,
                 const struct control_data *control, DWORD *sent)
{
    SOCKADDR_STORAGE name;
    WSABUF buffer = {.len = (ULONG)bytes, .buf = (CHAR *)data};
    WSAMSG message = {
        .name = (LPSOCKADDR)&name,
        .namelen = world_name(address, port, &name),
        .lpBuffers = &buffer,
        .dwBufferCount = 1,
    };
    DWORD ignored;

    if (control != NULL) {
        message.Control.len = (ULONG)control->bytes;
        message.Control.buf = (CHAR *)control->data;
    }
    return WSASendMsg(s, &message, 0, sent != NULL ? sent : &ignored, NULL, NULL);
}

bool control_find(const struct received *received, int level, int type, void *data, size_t bytes)
{
    WSAMSG message = {
        .Control = {.len = received->control_len, .buf = (CHAR *)received->control_bytes}};

    for (WSACMSGHDR *header = WSA_CMSG_FIRSTHDR(&message); header != NULL;
         header = WSA_CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level == level && header->cmsg_type == type) {
            ck_assert_uint_eq(header->cmsg_len, WSA_CMSG_LEN(bytes));
            memcpy(data, WSA_CMSG_DATA(header), bytes);
            return true;
        }
    }
    return false;
}

uint64_t control_datagrams_sent(void)
{
    struct winlwip_stats stats;

    world_settle(&stats);
    return stats.datagrams_sent;
}
