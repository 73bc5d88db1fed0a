# winlwip: build, test, measure. `make help` lists the targets.
#
# Objects go to build/FLAVOUR/, one directory a flavour, so that flavours never mix. A goal that
# belongs to another flavour than the current one (test, asan, tsan) calls make again with that
# flavour and nothing else changed. Those for another architecture go to build/ARCH/FLAVOUR/. The rooms' include paths differ on purpose: a file that includes
# what its room may not see does not compile (tests/check-includes has the finer rules).

MAKEFLAGS += --no-builtin-rules --no-builtin-variables
SHELL := /bin/sh
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# --- Variables ---

BUILD := build
OUT    = $(BUILD)$(ARCH:%=/%)
O      = $(OUT)/$(FLAVOUR)

FLAVOUR   ?= release## release, small, shared, test (with assertions), asan or tsan: the directory in build/
LWIP_DIR  ?=## a checkout of lwIP to build from instead of the pinned one
ARCH      :=## arm64: builds for that by a cross compiler, in build/arm64 (config/cross.mk)
include config/cross.mk
CC        := $(CROSS)gcc## C compiler
CXX       := $(CROSS)g++## C++ compiler, for the tests of the installed headers
CFLAGS    ?=## added after the build's own flags
LDFLAGS   ?=## added to every link
V         ?= 0## 1 shows the commands
CI        ?=## true: a skipped test is a failure
TIMEOUT   ?= 300## seconds that one test suite may take
MODE      := sync## how `make demo` receives: sync, event, apc or port
DEMO_ARGS ?= $(DEMO)## what `make demo` gives to winlwip
BENCH_ARGS ?=## for `make bench`, for example --json or --only P1,P2
FRAMES    ?=## frames that tests/equiv sends through both paths, unless as many as the flavour allows
SWEEP_ARGS ?=## for `make plots`, for example --rounds 7
STRESS_ARGS ?=## for `make stress`, for example --seconds 600 or --seed 7
ONLY      ?=## suites that `make networks` runs, for example vde or "dhcp ra", unless all
SOAK_ARGS ?=## for `make soak`, for example --minutes 1

# Every flag, both families: a socket with room for everything on port 5000, one with short buffers
# on 5001, with short control buffers on 5002, with both on 5003.
DEMO := recv --config examples/demo.conf --mode $(MODE) --stats \
    --bind 5000,join=239.1.2.3 --bind '[::]:5000,join=ff15::1234,join=ff02::fb' \
    --bind 5001,buffer=24      --bind '[::]:5001,buffer=24' \
    --bind 5002,control=40     --bind '[::]:5002,control=40,join=ff15::1234' \
    --bind 5003,buffer=24,control=40,join=239.1.2.3

# Where `make install` puts things, as programs will see them, and in front of all of it DESTDIR.
PREFIX     ?= /usr/local## for `make install`
DESTDIR    ?=## for `make install`: a directory in which PREFIX is put, for packagers
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR     ?= $(PREFIX)/share/man
DOCDIR     ?= $(PREFIX)/share/doc/winlwip

VERSION    := $(shell sed -n 's/^.define VERSION "\(.*\)"/\1/p' config/version.h)
VERSION_SO := $(shell sed -n 's/^.define VERSION_SO //p' config/version.h)

# A section for each function and table: what links the static library drops those it needs not
# (--gc-sections). small is for those who count bytes; without unwind tables a debugger can still
# unwind it, by what -g leaves in files.
SECTIONS      := -ffunction-sections -fdata-sections
FLAGS_release := -O2 -g $(SECTIONS)
FLAGS_small   := -Os -g $(SECTIONS) -fno-asynchronous-unwind-tables
FLAGS_shared  := -O2 -g -fPIC
FLAGS_test    := -O2 -g
FLAGS_asan    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
    -fno-sanitize-recover=undefined
FLAGS_tsan    := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
ifeq ($(FLAGS_$(FLAVOUR)),)
$(error FLAVOUR=$(FLAVOUR) is unknown: release, small, shared, test, asan or tsan)
endif

# Assertions differ by the header that is found first, never by #ifdef.
CONFIG_release := config/release
CONFIG_small   := config/release
CONFIG_shared  := config/release
CONFIG         := $(or $(CONFIG_$(FLAVOUR)),config/debug)

WARNINGS := -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes \
    -Wwrite-strings

# config/ is searched last: config/limits.h must not stand in for <limits.h>.
BASE_FLAGS := -std=gnu11 -pthread -iquote . -iquote $(CONFIG) -idirafter config \
    $(FLAGS_$(FLAVOUR)) $(SYSROOT)

DEPS_LWIP  := $(BUILD)/deps/lwip-2.2.1
LWIP       := $(or $(LWIP_DIR),$(DEPS_LWIP))
ifneq ($(LWIP_DIR),)
ifeq ($(wildcard $(LWIP_DIR)/src/include/lwip/init.h),)
$(error LWIP_DIR=$(LWIP_DIR) is no checkout of lwIP: it has no src/include/lwip/init.h)
endif
endif

# Our code sees lwIP's headers as system headers: their warnings are not ours. Its own files get no
# warning flags.
LWIP_FLAGS := -isystem $(LWIP)/src/include
API_FLAGS  := -Iwinsock/include

# What each room may see beyond its own tree.
ROOM_stack   := $(LWIP_FLAGS)
ROOM_drivers :=
ROOM_winsock := $(API_FLAGS)
ROOM_host    := $(API_FLAGS)
ROOM_tools   := $(API_FLAGS)
ROOM_lab     := $(API_FLAGS)
ROOM_tests    = $(API_FLAGS) $(LWIP_FLAGS) $(PKG_CFLAGS_CHECK)

# Asked of pkg-config once, and only when something is compiled or linked: it may have to be
# installed first.
PACKAGES         := libpcap inih jansson
PKG_CFLAGS       = $(eval PKG_CFLAGS := $$(shell $(PKG_CONFIG) --cflags $(PACKAGES)))$(PKG_CFLAGS)
PKG_LIBS         = $(eval PKG_LIBS := -Wl,--as-needed $$(shell $(PKG_CONFIG) --libs $(PACKAGES)))$(PKG_LIBS)
PKG_CFLAGS_CHECK = $(eval PKG_CFLAGS_CHECK := $$(shell $(PKG_CONFIG) --cflags check))$(PKG_CFLAGS_CHECK)
PKG_LIBS_CHECK   = $(eval PKG_LIBS_CHECK := $$(shell $(PKG_CONFIG) --libs check))$(PKG_LIBS_CHECK)

# --- Sources ---

# Drivers that are left out where the header of their library is missing; drivers/absent/ has what
# says so in their place.
has_header = $(shell echo '\#include <$(1)>' | $(CC) $(SYSROOT) -E -x c - >/dev/null 2>&1 && echo yes)
ABSENT    := $(if $(call has_header,libvdeplug.h),,vde)

DRIVER_SRC := $(filter-out drivers/absent/% $(foreach d,$(ABSENT),$(wildcard drivers/$d/*.c)), \
    $(wildcard drivers/*/*.c)) $(ABSENT:%=drivers/absent/%.c)

LIB_SRC   := $(wildcard stack/*.c winsock/*.c host/*.c) $(DRIVER_SRC)
LAB_SRC   := $(wildcard lab/*.c)
TOOL_SRC  := $(wildcard tools/*.c) $(LAB_SRC)
SUITES    := $(foreach s,unit contract equiv program alloc net,$(if $(wildcard tests/$s/*.c),$s))
NETWORKS  := $(filter-out %/lib.sh,$(wildcard tests/networks/*.sh))
SCRIPTS   := $(filter-out tests/clients/%,$(wildcard tests/*/*/run.sh))
BENCH_SRC := $(wildcard tests/bench/*.c)
NET_SRC   := $(wildcard tests/bench/net/*.c)
PEER_SRC  := $(wildcard tests/bench/peer/*.c)
OUR_SRC   := $(LIB_SRC) $(TOOL_SRC) $(wildcard tests/*/*.c) \
    $(foreach d,common drivers net winlwip,$(wildcard tests/bench/$d/*.c))

# The part of lwIP that lwipopts.h leaves something of: no TCP, no sequential API, no timers.
LWIP_NAMES := \
    $(addprefix core/,def dns inet_chksum init ip mem memp netif pbuf raw stats udp) \
    $(addprefix core/ipv4/,acd autoip dhcp etharp icmp igmp ip4 ip4_addr ip4_frag) \
    $(addprefix core/ipv6/,ethip6 icmp6 inet6 ip6 ip6_addr ip6_frag mld6 nd6) \
    netif/ethernet

# The whole of lwIP with its socket layer and its own port to Unix, for the benchmark that compares
# with lwip_recvmsg.
PEER_PORT  := contrib/ports/unix/port
PEER_NAMES := \
    $(LWIP_NAMES:%=src/%) \
    $(addprefix src/core/,sys timeouts tcp tcp_in tcp_out) \
    $(addprefix src/api/,api_lib api_msg err if_api netbuf netdb netifapi sockets tcpip) \
    $(PEER_PORT)/sys_arch
PEER_FLAGS := -iquote tests/bench/peer $(LWIP_FLAGS) -isystem $(LWIP)/$(PEER_PORT)/include

objects = $(patsubst %.c,$(O)/%.o,$(1))

LIB_OBJ     := $(call objects,$(LIB_SRC))
TOOL_OBJ    := $(call objects,$(TOOL_SRC))
SUPPORT_OBJ := $(call objects,$(wildcard tests/support/*.c))
BENCH_OBJ   := $(call objects,$(wildcard tests/bench/common/*.c))
KERNEL_OBJ  := $(call objects,tests/support/kernel.c tests/support/veth.c)
STACK_OBJ   := $(call objects,$(wildcard tests/bench/winlwip/*.c))
PEER_OBJ    := $(call objects,tests/bench/peer/stack.c) $(PEER_NAMES:%=$(O)/peer-lwip/%.o)
LWIP_OBJ    := $(LWIP_NAMES:%=$(O)/lwip/%.o)

PROGRAM    := $(if $(TOOL_SRC),$(O)/winlwip)
TEST_PROGS := $(SUITES:%=$(O)/test-%)
BENCHES    := $(BENCH_SRC:tests/bench/%.c=$(O)/bench/%) $(O)/bench/peer-receive \
    $(O)/bench/peer-closed $(if $(NET_SRC),$(O)/bench/net)

# --- Commands ---

ifeq ($(V),1)
quiet =
else
quiet = @printf '  %-7s %s\n' '$(1)' '$(2)';
endif

# --- Targets for people ---

.PHONY: help
help: ## this list
	@echo 'make TARGET [VARIABLE=value ...]'
	@echo; echo 'Targets:'
	@sed -n 's/^\([a-zA-Z%-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | \
	    sed 's/%/NAME/' | expand -t 20
	@echo; echo 'Variables (value):'
	@sed -n 's/^\([A-Z_]*\) *[:?]= *\(.*\)## \(.*\)/  \1\t\3 (\2)/p' Makefile | \
	    sed 's/ ()$$//' | expand -t 20
	@echo; echo 'One test under the debugger: CK_FORK=no CK_RUN_CASE=NAME gdb build/test/test-unit'

.PHONY: deps
deps: ## installs missing packages, fetches lwIP; quick when nothing is missing
	@config/deps.sh packages
	@config/deps.sh packages config/packages.tests
	@mkdir -p $(BUILD)/deps && touch $(BUILD)/deps/packages.stamp $(BUILD)/deps/tests.stamp
	@$(if $(LWIP_DIR),:,config/deps.sh source config/lwip.pin $(DEPS_LWIP))

.PHONY: all
all: $(O)/libwinlwip.a $(PROGRAM) ## the library and the program

.PHONY: lwip
lwip: $(O)/liblwip.a ## lwIP alone, as a library with all its symbols

.PHONY: shared
shared: $(BUILD)/deps/ready ## the shared library, build/shared/libwinlwip.so
	+@$(MAKE) --no-print-directory FLAVOUR=shared $(OUT)/shared/libwinlwip.so

# One script knows what goes where.
INSTALL = PREFIX='$(PREFIX)' LIBDIR='$(LIBDIR)' INCLUDEDIR='$(INCLUDEDIR)' MANDIR='$(MANDIR)' \
    DOCDIR='$(DOCDIR)' DESTDIR='$(DESTDIR)' BUILD=$(OUT) VERSION=$(VERSION) \
    VERSION_SO=$(VERSION_SO) config/install/install

.PHONY: install uninstall dist
install: shared ## libraries, headers, program, manual, pkg-config and CMake files below PREFIX
	+@$(MAKE) --no-print-directory FLAVOUR=release all
	@$(INSTALL) put
uninstall: ## removes what `make install` with the same PREFIX and DESTDIR put there
	@$(INSTALL) remove
dist: ## what is committed, as build/winlwip-VERSION.tar.gz
	@mkdir -p $(BUILD)
	git archive --format=tar.gz --prefix=winlwip-$(VERSION)/ -o $(BUILD)/winlwip-$(VERSION).tar.gz HEAD
	@echo $(BUILD)/winlwip-$(VERSION).tar.gz

.PHONY: demo
demo: all ## a capture file through the stack: each datagram as WSARecvMsg gave it
	$(O)/winlwip $(DEMO_ARGS)

.PHONY: examples
examples: all ## the programs of examples/, into build/release/examples
	@mkdir -p $(O)/examples
	+$(call quiet,MAKE,examples)$(MAKE) --no-print-directory --silent -C examples \
	    OUT=$(abspath $(O))/examples CC='$(CC)' FLAGS='-I$(abspath winsock/include) -D_WIN32 -D_WIN64' \
	    LIBRARY=$(abspath $(O))/libwinlwip.a LIBS='$(abspath $(O))/libwinlwip.a -linih -pthread $(filter -fsanitize%,$(FLAGS_$(FLAVOUR)))'

.PHONY: demo-capture
demo-capture: $(O)/mkdemo ## writes examples/demo.pcapng anew
	$(O)/mkdemo examples/demo.pcapng

.PHONY: test asan tsan
test: $(BUILD)/deps/ready-tests ## builds and runs all tests
	+@$(MAKE) --no-print-directory FLAVOUR=release all $(OUT)/release/cost \
	    $(OUT)/release/size/minimal
	+@$(MAKE) --no-print-directory FLAVOUR=shared $(OUT)/shared/libwinlwip.so
	+@$(MAKE) --no-print-directory FLAVOUR=test run-tests
asan: $(BUILD)/deps/ready-tests ## the same tests under the address and undefined-behaviour sanitizers
	+@$(MAKE) --no-print-directory FLAVOUR=asan run-tests
tsan: $(BUILD)/deps/ready-tests ## the same tests under the thread sanitizer
	+@$(MAKE) --no-print-directory FLAVOUR=tsan run-tests

# check-NAME of another flavour: make FLAVOUR=asan check-NAME
check-%: $(BUILD)/deps/ready-tests ## one test suite or test case by name, for example check-cmsg
	+@$(MAKE) --no-print-directory FLAVOUR=$(FLAVOUR:release=test) NAME=$* run-one

.PHONY: mutate
mutate: $(BUILD)/deps/ready-tests ## a fault for each clause: exactly the clause's tests fail (mutate-C16: one)
	+@$(MAKE) --no-print-directory FLAVOUR=test run-mutate

mutate-%: $(BUILD)/deps/ready-tests
	+@$(MAKE) --no-print-directory FLAVOUR=test NAME=$* run-mutate

.PHONY: bench
bench: $(BENCHES) ## the table of figures P1-P12 beside their yardsticks; BENCH_ARGS=--help
	@tests/bench/run $(BENCH_ARGS) $(O)/bench

# A table with a row for each driver; bench-drivers-report writes it into docs/networks.md, too.
.PHONY: bench-drivers bench-drivers-report
bench-drivers: $(O)/bench/drivers $(O)/bench/net ## nanoseconds a frame of each driver beside a loop that only reads
	@tests/bench/drivers/run $(BENCH_ARGS) $(O)/bench
bench-drivers-report: $(O)/bench/drivers $(O)/bench/net ## the same, written into docs/networks.md
	@tests/bench/drivers/run $(BENCH_ARGS) --into docs/networks.md $(O)/bench

# Instructions are those of the flavour that is shipped.
.PHONY: cost cost-update profile
cost: $(BUILD)/deps/ready-tests ## instructions a datagram against the committed figures
	+@$(MAKE) --no-print-directory FLAVOUR=release $(OUT)/release/cost
	@tests/cost/check
cost-update: $(BUILD)/deps/ready-tests ## takes today's instructions a datagram as the figures
	+@$(MAKE) --no-print-directory FLAVOUR=release $(OUT)/release/cost
	@tests/cost/check --update
profile: $(BUILD)/deps/ready-tests ## where the instructions of a datagram go, stage by stage
	+@$(MAKE) --no-print-directory FLAVOUR=release $(OUT)/release/cost
	@tests/cost/profile $(OUT)/release/cost $$($(OUT)/release/cost --paths)

# A compiler of its own, which nothing else needs: config/packages.clang.
.PHONY: headers-clang
headers-clang: ## the tests of the Winsock headers again with clang, and with its -fms-extensions
	@config/deps.sh packages config/packages.clang
	@tests/unit/headers/run.sh clang clang++ winsock/include

# Tools of their own, which nothing else needs: config/packages.report.
.PHONY: plots bench-report
plots: $(BENCHES) ## measures and draws docs/plots/*.svg: cost by number of sockets and by size
	@config/deps.sh packages config/packages.report
	@mkdir -p docs/bench
	tests/bench/run --sweep $(SWEEP_ARGS) $(O)/bench >$(BUILD)/sweep.json
	cp $(BUILD)/sweep.json docs/bench/sweep.json
	tests/bench/plot docs/bench/sweep.json docs/plots
bench-report: plots $(O)/cost ## make bench, plots and profile into docs/performance.md and docs/bench
	tests/bench/run --json $(BENCH_ARGS) $(O)/bench >$(BUILD)/bench.json
	cp $(BUILD)/bench.json docs/bench/table.json
	tests/cost/profile $(O)/cost $$($(O)/cost --paths) >$(BUILD)/profile.txt
	tests/bench/report docs/performance.md docs/bench/table.json $(BUILD)/profile.txt

.PHONY: clients
clients: $(BUILD)/deps/ready-tests ## programs written for Windows, unchanged, from Debian's sources, and their tests
	@config/deps.sh packages config/packages.clients
	+@$(MAKE) --no-print-directory FLAVOUR=$(FLAVOUR) run-clients

.PHONY: networks
networks: $(BUILD)/deps/ready-tests ## drivers and stack against real programs and kernels in namespaces; ONLY=NAME
	@config/deps.sh packages config/packages.networks
	+@$(MAKE) --no-print-directory FLAVOUR=$(FLAVOUR) run-networks

.PHONY: stress
stress: $(BUILD)/deps/ready-tests ## a minute of overlapped calls from 8 threads under the thread sanitizer
	+@$(MAKE) --no-print-directory FLAVOUR=$(FLAVOUR:release=tsan) run-stress

.PHONY: soak
soak: $(BUILD)/deps/ready-tests ## ten minutes of the same against the kernel on a TAP (--minutes N); no leak
	+@$(MAKE) --no-print-directory FLAVOUR=$(FLAVOUR) run-soak

.PHONY: lint
lint: check-includes $(BUILD)/deps/ready ## static analysis by the tools that are installed
	@CC_FLAGS='$(BASE_FLAGS) $(API_FLAGS) $(LWIP_FLAGS)' tests/lint $(OUR_SRC)
	@CC_FLAGS='$(BASE_FLAGS) $(PEER_FLAGS)' tests/lint $(PEER_SRC)

.PHONY: check-includes
check-includes: ## who may include whom
	@tests/check-includes

.PHONY: check-symbols
check-symbols: $(OUT)/release/libwinlwip.a ## the library defines no global name but winlwip_*
	@tests/check-symbols $<

.PHONY: cross
cross: ## builds for 64-bit ARM and runs unit and contract tests under an emulator
	+@$(MAKE) --no-print-directory ARCH=arm64 FLAVOUR=release all
	+@$(MAKE) --no-print-directory ARCH=arm64 FLAVOUR=shared $(BUILD)/arm64/shared/libwinlwip.so
	+@$(MAKE) --no-print-directory ARCH=arm64 FLAVOUR=test run-cross

.PHONY: clauses
clauses: ## each clause of tests/clauses.txt and the tests that name it
	@tests/clauses

# Of what is shipped, and of the flavour for small programs.
.PHONY: size
size: $(BUILD)/deps/ready-tests ## text, data and bss of a minimal program, bytes of an idle socket
	+@$(MAKE) --no-print-directory FLAVOUR=small $(OUT)/small/size/minimal
	+@$(MAKE) --no-print-directory FLAVOUR=release $(OUT)/release/size/minimal \
	    $(OUT)/release/bench/memory
	@tests/size/check --rooms --socket $(OUT)/release/bench/memory $(OUT) small release

.PHONY: clean
clean: ## removes what was built, keeps what was fetched
	rm -rf $(filter-out $(BUILD)/deps,$(wildcard $(BUILD)/*))

.PHONY: distclean
distclean: ## removes build/
	rm -rf $(BUILD)

print-%: ## the value of a variable of this file, for example print-LIB_SRC
	@echo '$($*)'

# --- Tests ---

# What only one flavour can show: `make test` builds the release library first and looks at its
# symbols.
TESTS_test := tests/check-symbols

# For scripts: the directory of this flavour's program.
export WINLWIP_BUILD := $(O)
export CI CC CXX TIMEOUT
# Sanitizers cost time, and so does an emulator; the tests' own limits grow with them.
export CK_TIMEOUT_MULTIPLIER := $(if $(filter asan tsan,$(FLAVOUR))$(ARCH),4,1)
# A test is short: 16 MiB of freed memory are watched, not 256, which every forked test would carry.
export ASAN_OPTIONS ?= detect_leaks=1:quarantine_size_mb=16
export UBSAN_OPTIONS ?= print_stacktrace=1
export TSAN_OPTIONS ?= halt_on_error=1
export WINLWIP_FRAMES := $(or $(FRAMES),$(if $(filter asan tsan,$(FLAVOUR))$(ARCH),100000,1000000))

.PHONY: run-tests run-one run-mutate run-networks run-stress run-soak
# Scripts look at headers, sources and the shipped library, which no sanitizer changes.
run-tests: $(TEST_PROGS) $(PROGRAM) $(O)/stress \
    $(if $(filter test,$(FLAVOUR)),$(OUT)/release/libwinlwip.a $(OUT)/release/cost \
        $(OUT)/release/size/minimal $(OUT)/shared/libwinlwip.so)
	@tests/run-suites $(O) $(TEST_PROGS) tests/contract/through-lwip tests/stress/brief \
	    $(if $(filter test,$(FLAVOUR)),$(SCRIPTS) tests/check-includes tests/clauses \
	        tests/check-symbols tests/check-code tests/check-limits tests/cost/check \
	        tests/size/check)

run-one: $(TEST_PROGS) $(PROGRAM)
	@tests/run-suites --only '$(NAME)' $(O) $(TEST_PROGS)

run-networks: $(PROGRAM) examples
	@tests/run-suites $(O) $(or $(ONLY:%=tests/networks/%.sh),$(NETWORKS))

run-stress: $(O)/stress
	$(O)/stress $(STRESS_ARGS)

run-soak: $(O)/soak
	$(O)/soak $(SOAK_ARGS)

run-mutate: $(TEST_PROGS) $(PROGRAM)
	+@MAKE='$(MAKE)' tests/mutate/run $(NAME)

# --- What comes from outside ---

# Made anew when what is needed changes, or when lwIP's directory is gone.
$(BUILD)/deps/packages.stamp: config/packages config/deps.sh
	@config/deps.sh packages
	@mkdir -p $(@D) && touch $@

$(BUILD)/deps/tests.stamp: config/packages.tests config/deps.sh | $(BUILD)/deps/packages.stamp
	@config/deps.sh packages config/packages.tests
	@touch $@

$(DEPS_LWIP)/src/include/lwip/init.h: | $(BUILD)/deps/packages.stamp
	@config/deps.sh source config/lwip.pin $(DEPS_LWIP)

# What the library needs, and what the tests need beside it.
.PHONY: $(BUILD)/deps/ready $(BUILD)/deps/ready-tests
$(BUILD)/deps/ready: $(BUILD)/deps/packages.stamp $(LWIP)/src/include/lwip/init.h $(ROOT_READY)
$(BUILD)/deps/ready-tests: $(BUILD)/deps/tests.stamp $(BUILD)/deps/ready

$(LWIP)/src/%.c $(LWIP)/contrib/%.c: | $(LWIP)/src/include/lwip/init.h ;

# --- Objects ---

# Objects are made anew when what decides about them and is no file changes: compiler, flags, lwIP's
# directory.
# Libraries and programs are, when a source file comes or goes.
$(O)/built-with: TEXT = $(CC) $(BASE_FLAGS) $(WARNINGS) $(CFLAGS) $(LWIP)
$(O)/made-of: TEXT = $(OUR_SRC) $(LWIP_NAMES)

.PHONY: always
$(O)/built-with $(O)/made-of: always
	@mkdir -p $(@D) && { echo '$(TEXT)' | cmp -s - $@ || echo '$(TEXT)' >$@; }

# $(call compile,flags): one object, with the list of headers it depends on beside it.
compile = $(call quiet,CC,$<)mkdir -p $(@D) && \
    $(CC) $(BASE_FLAGS) $(1) $(PKG_CFLAGS) $(CFLAGS) -MD -MP -c -o $@ $<

READY := $(O)/built-with | $(BUILD)/deps/packages.stamp $(LWIP)/src/include/lwip/init.h $(ROOT_READY)

$(O)/lwip/%.o: $(LWIP)/src/%.c $(READY)
	$(call compile,-w $(LWIP_FLAGS))

# Before the rule for our own files: its configuration is a different one, found first by the quoted
# form.
$(O)/peer-lwip/%.o: $(LWIP)/%.c $(READY)
	$(call compile,-w $(PEER_FLAGS))

$(O)/tests/bench/peer/%.o: tests/bench/peer/%.c $(READY)
	$(call compile,$(WARNINGS) $(PEER_FLAGS))

$(O)/tests/%.o: tests/%.c $(READY) $(BUILD)/deps/tests.stamp
	$(call compile,$(WARNINGS) $(ROOM_tests))

$(O)/%.o: %.c $(READY)
	$(call compile,$(WARNINGS) $(ROOM_$(firstword $(subst /, ,$<))))

-include $(patsubst %.o,%.d,$(LIB_OBJ) $(TOOL_OBJ) $(LWIP_OBJ) $(PEER_OBJ) $(BENCH_OBJ) $(STACK_OBJ) \
    $(call objects,$(wildcard tests/*/*.c tests/bench/drivers/*.c tests/bench/net/*.c tests/bench/peer/*.c)))

# --- Libraries ---

# Archives are made anew each time: ar leaves the members of deleted sources in an old one.
archive = $(call quiet,AR,$@)rm -f $@ && $(CROSS)ar rcs $@ $(filter %.o,$^)

$(O)/liblwip.a: $(LWIP_OBJ)
	$(archive)

# Everything with all its symbols: for the program, which puts the parts together, and for the
# tests.
$(O)/internal.a: $(LIB_OBJ) $(LWIP_OBJ) $(O)/made-of
	$(archive)

# What programs link: one object, in which every name but winlwip_* is local. Otherwise lwIP's and
# our internal names would clash with the host program's. Beside it files that programs may replace.
APART := $(O)/host/ini.o $(O)/host/drivers_all.o $(O)/host/wrappers_all.o

$(O)/libwinlwip.a: $(O)/libwinlwip.o $(APART)
	$(archive)

# Sections stay apart, static functions of one name too, so that the last link may drop some.
$(O)/libwinlwip.o: $(filter-out $(APART),$(LIB_OBJ)) $(LWIP_OBJ) $(O)/made-of
	$(call quiet,LD,$@)$(CC) -nostdlib -r -Wl,--unique -o $@ $(filter %.o,$^) && \
	    $(CROSS)objcopy --wildcard --keep-global-symbol='winlwip_*' $@

# The same for programs that load it at run time.
$(O)/libwinlwip.so: $(LIB_OBJ) $(LWIP_OBJ) $(O)/made-of config/install/winlwip.map
	$(call quiet,LINK,$@)$(CC) -pthread -shared $(FLAGS_$(FLAVOUR)) $(SYSROOT) $(LDFLAGS) -o $@ \
	    -Wl,-soname,libwinlwip.so.$(VERSION_SO) -Wl,--version-script,config/install/winlwip.map \
	    -Wl,-z,defs $(filter %.o,$^) $(PKG_LIBS)

# --- Programs ---

link = $(call quiet,LINK,$@)mkdir -p $(@D) && \
    $(CC) -pthread $(FLAGS_$(FLAVOUR)) $(SYSROOT) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) $(PKG_LIBS) $(1)

$(O)/winlwip: $(TOOL_OBJ) $(O)/internal.a
	$(call link)

.SECONDEXPANSION:
$(O)/test-%: $$(call objects,$$(wildcard tests/$$*/*.c)) $(SUPPORT_OBJ) $(O)/internal.a
	$(call link,$(PKG_LIBS_CHECK))

# The lab is no part of the library; its parser is tested all the same.
$(O)/test-unit: $(call objects,$(LAB_SRC))

MEMORY_NAMES := $(foreach f,malloc calloc realloc reallocarray free strdup,$f=alloc_$f)

# The library in one object whose calls for memory go to tests/alloc/memory.c; nobody else's do.
$(O)/alloc-library.o: $(LIB_OBJ) $(LWIP_OBJ) $(O)/made-of
	$(call quiet,LD,$@)$(CC) -nostdlib -r -o $@ $(filter %.o,$^) && \
	    $(CROSS)objcopy $(MEMORY_NAMES:%=--redefine-sym %) $@

$(O)/test-alloc: $(call objects,$(wildcard tests/alloc/*.c)) $(SUPPORT_OBJ) $(O)/alloc-library.o
	$(call link,$(PKG_LIBS_CHECK))

# A test program with a fault in it, for tests/mutate/run: FAULT is a directory in build/mutate,
# SOURCE the path of the one source that stands there changed. It is linked before the library, which
# then does not give its own.
ifneq ($(FAULT),)
$(OUT)/mutate/%.o: $(OUT)/mutate/%.c $(READY)
	$(call compile,$(WARNINGS) $(ROOM_$(word 2,$(subst /, ,$*))))

$(FAULT)/test-unit: $(call objects,$(LAB_SRC))

$(FAULT)/test-%: $(FAULT)/$(SOURCE:.c=.o) $$(call objects,$$(wildcard tests/$$*/*.c)) \
    $(SUPPORT_OBJ) $(O)/internal.a
	$(call link,$(PKG_LIBS_CHECK))
endif

$(O)/mkdemo: $(call objects,tests/demo/mkdemo.c tests/support/frames.c tests/support/frame_parse.c)
	$(call link)

$(O)/cost: $(call objects,tests/cost/cost.c tests/support/frames.c tests/support/frame_parse.c) \
    $(O)/internal.a
	$(call link)

# The same objects twice: as programs link the library, and one by one, for a map that tells of files.
GC_SECTIONS := -Wl,--gc-sections

$(O)/size/minimal: $(O)/tests/size/minimal.o $(O)/libwinlwip.a $(O)/size/rooms
	$(call quiet,LINK,$@)$(CC) -pthread $(FLAGS_$(FLAVOUR)) $(GC_SECTIONS) -o $@ \
	    $(filter %.o %.a,$^) $(PKG_LIBS)

$(O)/size/rooms: $(O)/tests/size/minimal.o $(filter-out $(APART),$(LIB_OBJ)) $(LWIP_OBJ)
	$(call quiet,LINK,$@)mkdir -p $(@D) && $(CC) -pthread $(FLAGS_$(FLAVOUR)) $(GC_SECTIONS) -o $@ \
	    $(filter %.o,$^) $(PKG_LIBS) -Wl,-Map=$@.map

$(O)/stress: $(call objects,$(wildcard tests/stress/*.c)) $(O)/internal.a
	$(call link)

$(O)/soak: $(call objects,$(wildcard tests/soak/*.c) \
    $(filter-out %/main.c,$(wildcard tests/stress/*.c))) $(KERNEL_OBJ) $(O)/internal.a
	$(call link)

$(O)/bench/peer-%: $(O)/tests/bench/peer/%.o $(PEER_OBJ) $(BENCH_OBJ)
	$(call link)

$(O)/bench/memory: $(KERNEL_OBJ)

# The rows that need interfaces of the kernel: one program.
$(O)/bench/net: $(call objects,$(NET_SRC)) $(BENCH_OBJ) $(O)/internal.a
	$(call link)

# Every driver beside a loop that reads what it reads.
$(O)/bench/drivers: $(call objects,$(wildcard tests/bench/drivers/*.c) tests/bench/net/row.c \
    tests/support/veth.c) $(BENCH_OBJ) $(STACK_OBJ) $(O)/internal.a
	$(call link)

$(O)/bench/%: $(O)/tests/bench/%.o $(BENCH_OBJ) $(STACK_OBJ) $(O)/internal.a
	$(call link)

include tests/clients/clients.mk

.SECONDARY:
