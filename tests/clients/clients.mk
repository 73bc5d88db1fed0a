# Programs written for Windows, built with their Windows code path and not one line changed: the
# part of the build that `make clients` is for. Included by the Makefile.
#
# A client is a directory beside this file:
#
#   source.pin  where its source comes from, as config/lwip.pin is for lwIP
#   client.mk   what is built of it, see below
#   run.sh      its tests, a suite of tests/run-suites; programs stand in $WINLWIP_BUILD/clients/NAME
#   *.c, *.h    the shim: what is no part of Winsock (files, console) and what Windows' toolchain
#               would give. It defines no name that ws2_32, mswsock, iphlpapi or the waiting and port
#               part of kernel32 export: tests/clients/check-shim looks
#
# client.mk sets, for the client NAME, whose source is in $(NAME_TREE):
#
#   NAME_SRC        sources of its library, paths in its tree
#   NAME_SHIM       files of ours, in tests/clients/NAME, linked to all its programs
#   NAME_FLAGS      compiler flags for all of them
#   NAME_TREE_FLAGS further ones, for sources in its tree alone
#   NAME_CC         compiler for these, if CC does not know their language
#   NAME_LIBS       libraries at the end of the link, if it needs any
#   NAME_PROGRAMS   names of programs, for each of which NAME_PROGRAM_SRC lists sources: paths in its
#                   tree, or in this one when they begin with tests/

CLIENTS      := $(sort $(patsubst tests/clients/%/client.mk,%,$(wildcard tests/clients/*/client.mk)))
CLIENT_FLAGS := -std=gnu11 -pthread -D_WIN32 -D_WIN64 -Iwinsock/include -include winlwip/compiler.h \
    $(FLAGS_$(FLAVOUR))

# Our shims are ours: they compile without a warning. The clients' own sources are what they are.
$(O)/clients/shim/%.o: tests/clients/%.c $(O)/built-with
	$(call quiet,CC,$<)mkdir -p $(@D) && $(CC) $(CLIENT_FLAGS) $(WARNINGS) \
	    $($(firstword $(subst /, ,$*))_FLAGS) $(CFLAGS) -MD -MP -c -o $@ $<

# Objects of paths in client $(1): its tree's, or ours.
client_objects = $(foreach s,$(2),$(if $(filter tests/%,$s),$(patsubst \
    tests/clients/%.c,$(O)/clients/shim/%.o,$s),$(s:%.c=$(O)/clients/$(1)/%.o)))

# Everything of the client $(1).
define client
$(1)_TREE := $(BUILD)/deps/$(1)
include tests/clients/$(1)/client.mk

$$($(1)_TREE)/unpacked: tests/clients/$(1)/source.pin | $(BUILD)/deps/packages.stamp
	@config/deps.sh source $$< $$(@D) && touch $$@

# The tree's sources are known only when it is there.
$$($(1)_TREE)/%.c: $$($(1)_TREE)/unpacked ;

$(O)/clients/$(1)/%.o: $$($(1)_TREE)/%.c tests/clients/$(1)/client.mk $(O)/built-with
	$$(call quiet,CC,$$<)mkdir -p $$(@D) && $$(or $$($(1)_CC),$(CC)) $(CLIENT_FLAGS) -w \
	    $$($(1)_FLAGS) $$($(1)_TREE_FLAGS) $(CFLAGS) -MD -MP -c -o $$@ $$<

$(1)_OBJ := $$(call client_objects,$(1),$$($(1)_SRC) $$($(1)_SHIM:%=tests/clients/$(1)/%))
$$(foreach p,$$($(1)_PROGRAMS),$$(eval $$(call client_program,$(1),$$p)))

-include $$(patsubst %.o,%.d,$$($(1)_OBJ))
endef

# The program $(2) of the client $(1).
define client_program
CLIENT_PROGRAMS += $(O)/clients/$(1)/$(2)
$(O)/clients/$(1)/$(2): $$(call client_objects,$(1),$$($(1)_$(2)_SRC)) $$($(1)_OBJ) $(O)/libwinlwip.a
	$$(call link,$$($(1)_LIBS) -Xlinker -Map=$$@.map)
endef

$(foreach c,$(CLIENTS),$(eval $(call client,$c)))

# Two hosts are processes with a TAP each; this joins the TAPs and loses frames on the way.
$(O)/clients/wire: $(call objects,tests/clients/wire.c)
	$(call link)

.PHONY: run-clients
run-clients: $(CLIENT_PROGRAMS) $(O)/clients/wire $(PROGRAM)
	@tests/run-suites $(O) $(CLIENTS:%=tests/clients/%/run.sh) tests/clients/check-shim
