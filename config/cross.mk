# Building for another architecture: `make ARCH=arm64 GOAL`. Included by the Makefile.
#
# What is built for it goes to build/ARCH/FLAVOUR. Its compiler is Debian's cross compiler; headers,
# C library and other libraries come from a root of packages for that architecture, build/deps/ARCH,
# which is nothing but a directory: the machine itself learns nothing of the architecture.
# config/packages.ARCH names what is in it.
#
# An emulator of user programs runs the tests. tests/ARCH/cannot names those that it cannot carry.

# The names that compiler and emulator have for Debian's architectures.
TRIPLET_arm64  := aarch64-linux-gnu
EMULATOR_arm64 := qemu-aarch64

PKG_CONFIG := pkg-config

ifneq ($(ARCH),)
TRIPLET := $(TRIPLET_$(ARCH))
ifeq ($(TRIPLET),)
$(error ARCH=$(ARCH) is unknown: arm64, or none for this machine's own)
endif

CROSS      := $(TRIPLET)-
ROOT       := $(abspath $(BUILD)/deps/$(ARCH))
ROOT_READY := $(BUILD)/deps/$(ARCH)/packages
SYSROOT    := --sysroot=$(ROOT)
PKG_CONFIG := PKG_CONFIG_SYSROOT_DIR=$(ROOT) PKG_CONFIG_PATH= \
    PKG_CONFIG_LIBDIR=$(ROOT)/usr/lib/$(TRIPLET)/pkgconfig:$(ROOT)/usr/share/pkgconfig pkg-config
EMULATE    := $(EMULATOR_$(ARCH)) -L $(ROOT)

$(BUILD)/deps/cross.stamp: config/packages.cross config/deps.sh | $(BUILD)/deps/packages.stamp
	@config/deps.sh packages $<
	@touch $@

# The root's own list of packages comes with it.
$(ROOT_READY): config/packages.$(ARCH) config/deps.sh | $(BUILD)/deps/cross.stamp
	@config/deps.sh foreign $(ARCH) $< $(@D)
	@touch $@

# The tests look for the program beside themselves and start it: there it has to be a script that
# calls the emulator.
$(O)/emulated/winlwip: $(O)/winlwip
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nexec %s %s "$$@"\n' '$(EMULATE)' '$(abspath $<)' >$@
	@chmod +x $@

$(O)/emulated/test-%: $(O)/test-% $(O)/emulated/winlwip
	@ln -f $< $@

.PHONY: run-cross
run-cross: export EMULATOR = $(EMULATE)
run-cross: export CANNOT = tests/$(ARCH)/cannot
run-cross: $(O)/emulated/test-unit $(O)/emulated/test-contract
	@tests/run-suites $(O) $^ tests/$(ARCH)/shipped
endif
