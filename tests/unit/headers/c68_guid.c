/* C68: the page's first step, the GUID and the pointer's type, with mswsock.h alone. */
#include <mswsock.h>

static LPFN_WSARECVMSG receive_message;

int get_pointer(SOCKET s)
{
    GUID guid = WSAID_WSARECVMSG;
    DWORD bytes = 0;

    return WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &guid, sizeof(guid), &receive_message,
                    sizeof(receive_message), &bytes, NULL, NULL);
}

int receive(SOCKET s, LPWSAMSG message, LPWSAOVERLAPPED overlapped,
            LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    DWORD bytes;

    return receive_message(s, message, &bytes, overlapped, routine);
}
