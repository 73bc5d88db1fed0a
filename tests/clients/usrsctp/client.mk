# usrsctp: SCTP over raw sockets and over UDP. Read by tests/clients/clients.mk.
#
# Its code for Visual Studio has literals such as 10UI64, which gcc does not know; and there, no macro
# says that this is Linux.
usrsctp_CC := clang
usrsctp_TREE_FLAGS := -fms-extensions -U__linux__ -include tests/clients/usrsctp/crt/crt.h

usrsctp_FLAGS := -D__Userspace__ -DSCTP_SIMPLE_ALLOCATOR -DSCTP_PROCESS_LEVEL_LOCKS \
    -DINET -DINET6 -I$(usrsctp_TREE)/usrsctplib -Itests/clients/usrsctp/crt

# Its own races are not what the thread sanitizer is asked for.
usrsctp_TREE_FLAGS += $(if $(filter tsan,$(FLAVOUR)),-fno-sanitize=all)

usrsctp_SRC := $(addprefix usrsctplib/,$(addsuffix .c, \
    $(addprefix netinet/sctp,_asconf _auth _bsd_addr _callout _cc_functions _crc32 _indata _input \
        _output _pcb _peeloff _sha1 _ss_functions _sysctl _timer _userspace _usrreq util) \
    netinet6/sctp6_usrreq user_environment user_mbuf user_recv_thread user_socket))

usrsctp_SHIM := crt.c

usrsctp_PROGRAMS := client discard_server echo_server finish
usrsctp_client_SRC := programs/client.c programs/programs_helper.c
usrsctp_discard_server_SRC := programs/discard_server.c programs/programs_helper.c
usrsctp_echo_server_SRC := programs/echo_server.c programs/programs_helper.c
usrsctp_finish_SRC := tests/clients/usrsctp/finish.c
