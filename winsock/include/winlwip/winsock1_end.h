/*
 * winlwip/winsock1_end.h - takes back what winsock.h has and winsock2.h has otherwise
 *
 * Windows does not compile a file that includes winsock.h (windows.h does it) and then winsock2.h.
 * Here it may: from the latter on it speaks Winsock 2. Without a guard, as it may have to be done
 * whenever one of the later headers is met.
 */
#ifdef WINLWIP_WINSOCK1
#undef WINLWIP_WINSOCK1
#undef setsockopt
#undef getsockopt
#undef SOMAXCONN
#undef IP_OPTIONS
#undef IP_MULTICAST_IF
#undef IP_MULTICAST_TTL
#undef IP_MULTICAST_LOOP
#undef IP_ADD_MEMBERSHIP
#undef IP_DROP_MEMBERSHIP
#undef IP_TTL
#undef IP_TOS
#undef IP_DONTFRAGMENT
#endif
