/* Names and addresses as wide text. FLAGS: -fshort-wchar -DUNICODE -D_UNICODE */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <iphlpapi.h>
#include <tchar.h>

static const WCHAR service[] = L"5000";
static LPCTSTR const names[] = {TEXT("localhost"), _T("127.0.0.1"), L"::1"};

static void format_address(LPSOCKADDR address, DWORD length)
{
    TCHAR text[INET6_ADDRSTRLEN];
    DWORD chars = _countof(text);
    SOCKADDR_STORAGE back;
    INT bytes = sizeof(back);

    if (WSAAddressToString(address, length, NULL, text, &chars) == 0) {
        WSAStringToAddress(text, address->sa_family, NULL, (LPSOCKADDR)&back, &bytes);
    }
}

static SOCKET open_named(PCWSTR name)
{
    ADDRINFOW hints = {0}, *result = NULL;
    WCHAR host[NI_MAXHOST];
    SOCKET s = INVALID_SOCKET;

    hints.ai_socktype = SOCK_DGRAM;
    if (GetAddrInfoW(name, L"5000", &hints, &result) == 0 &&
        GetAddrInfo(name, service, &hints, &result) == 0) {
        s = WSASocketW(result->ai_family, SOCK_DGRAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED);
        format_address(result->ai_addr, (DWORD)result->ai_addrlen);
        GetNameInfoW(result->ai_addr, (socklen_t)result->ai_addrlen, host, NI_MAXHOST, NULL, 0, 0);
        FreeAddrInfoW(result);
    }
    return s;
}

int wmain(int argc, wchar_t *argv[])
{
    WSADATA wsaData;
    IN_ADDR a4;
    IN6_ADDR a6;
    WCHAR text[INET6_ADDRSTRLEN];
    wchar_t *name = argc > 1 ? argv[1] : NULL;
    HANDLE event = CreateEvent(NULL, TRUE, FALSE, NULL);
    HMODULE module = GetModuleHandle(L"ws2_32.dll");
    SOCKET s;

    if (WSAStartup(MAKEWORD(2, 2), &wsaData) != 0) {
        return 1;
    }
    s = open_named(name != NULL ? name : names[0]);
    if (InetPton(AF_INET, TEXT("10.0.0.1"), &a4) != 1 || InetPtonW(AF_INET6, L"::1", &a6) != 1 ||
        InetNtop(AF_INET6, &a6, text, _countof(text)) == NULL || module == NULL) {
        return 1;
    }
    CloseHandle(event);
    closesocket(s);
    return WSACleanup();
}
