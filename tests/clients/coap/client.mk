# libcoap 4.3.1: the library without TLS, and its example server and client.
#
# The compiler is clang with Microsoft's extensions: the sources have number suffixes (Ui64) and
# __declspec(thread) of Visual C, which gcc does not read.
#
# -std=c11 is the C standard's library without POSIX, which is what Visual C's headers give: the
# programs bring a strndup() of their own and would collide with a declared one. What Visual C's
# headers have beyond the standard is in msvcrt.h.
#
# Sanitizers watch its memory, not its arithmetic: pdu.c moves pointers by unsigned differences.

coap_SRC := $(addprefix src/,block.c coap_address.c coap_asn1.c coap_async.c coap_cache.c \
    coap_debug.c coap_event.c coap_hashkey.c coap_io.c coap_notls.c coap_option.c coap_prng.c \
    coap_session.c coap_subscribe.c coap_tcp.c coap_time.c encode.c mem.c net.c pdu.c resource.c \
    str.c uri.c)
coap_SHIM  := msvcrt.c
coap_CC    := clang
coap_FLAGS := -Itests/clients/coap -I$(coap_TREE) -I$(coap_TREE)/include
coap_TREE_FLAGS := -std=c11 -fms-extensions -fno-sanitize=undefined -include msvcrt.h

coap_PROGRAMS   := server client
coap_server_SRC := examples/coap-server.c
coap_client_SRC := examples/coap-client.c

# The programs in one process (loopback.c): each in one object with a library of its own. The client
# is there twice, since its main() can be called only once.
$(O)/clients/coap/whole-%.o: $(O)/clients/coap/examples/coap-%.o $$(coap_OBJ)
	$(call quiet,LD,$@)$(CC) -nostdlib -r -o $@ $^ && \
	    objcopy --redefine-sym main=$*_main --keep-global-symbol=$*_main $@

$(O)/clients/coap/whole-second.o: $(O)/clients/coap/whole-client.o
	$(call quiet,OBJCOPY,$@)objcopy --redefine-sym client_main=second_main $< $@

CLIENT_PROGRAMS += $(O)/clients/coap/loopback
$(O)/clients/coap/loopback: $(O)/clients/shim/coap/loopback.o \
    $(patsubst %,$(O)/clients/coap/whole-%.o,server client second) $(O)/libwinlwip.a
	$(call link)
