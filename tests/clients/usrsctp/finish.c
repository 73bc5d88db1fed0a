/*
 * finish.c - usrsctp_finish() returns: closesocket() wakes the threads that usrsctp lets receive.
 *
 *   finish PORT ROUNDS
 *
 * usrsctp has a thread for each of its sockets, which blocks in WSARecvFrom() or WSARecvMsg(): raw
 * sockets for IPv4 and IPv6 and, unless PORT is 0, UDP sockets on PORT. Each round starts it all,
 * lets the threads come to block, and ends it. The time of the fastest end is printed; who runs
 * this sets a limit for the whole.
 *
 * Every receive of usrsctp has a time limit of 100 ms, too, with which the threads would find their
 * sockets closed at last. So an end that is faster than what is left of it was woken. That can be
 * said of the raw sockets only: usrsctp forgets its UDP socket for IPv6 before it would close it.
 */
#include <usrsctp.h>

#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

/* Long enough for a thread to get from its start into its receive; too short would be no failure. */
#define BLOCK_MS 30

int main(int argc, char **argv)
{
    int port = argc > 1 ? atoi(argv[1]) : 0;
    int rounds = argc > 2 ? atoi(argv[2]) : 1;
    ULONGLONG fastest_ms = UINT64_MAX;

    for (int i = 0; i < rounds; i++) {
        ULONGLONG start, took_ms;

        usrsctp_init((uint16_t)port, NULL, NULL);
        Sleep(BLOCK_MS);
        start = GetTickCount64();
        if (usrsctp_finish() != 0) {
            fprintf(stderr, "round %d: usrsctp_finish() failed with nothing open\n", i);
            return 1;
        }
        took_ms = GetTickCount64() - start;
        fastest_ms = min(fastest_ms, took_ms);
    }
    printf("fastest %llu ms\n", (unsigned long long)fastest_ms);
    return 0;
}
