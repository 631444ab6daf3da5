# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every test is a program that prints TAP; tests/run runs them, counts, and
# ends with `N passed, M failed`.

UNIT_TESTS := $(patsubst tests/unit/%.c,$(O)/tests/unit/%,$(wildcard tests/unit/test_*.c))
CHECKS := $(wildcard tests/integration/*.py tests/integration/*.sh)
CHECK_PROGRAMS := $(PYTHON_MODULE) $(EXAMPLES)

-include tests/mock/build.mk
-include tests/fixtures/build.mk
include tests/fuzz/build.mk

$(O)/tests/unit/test_verify: LDFLAGS += -Wl,--wrap=p2pmem_io_read,--wrap=p2pmem_io_write
$(UNIT_TESTS): $(O)/tests/unit/%: $(O)/tests/unit/%.o $(MOCK_LIB) $(DAEMON_LIB) $(CTL_LIB) $(LIBP2PMEM) $(POLICY_LIB) $(TOPOLOGY_LIB) $(COMMON_LIB)
	$(call link,cmocka $(PKGS))

# Under events that umockdev makes up.
$(O)/tests/unit/test_monitor.o: CPPFLAGS += $(shell $(PKG_CONFIG) --cflags umockdev-1.0 2>/dev/null)
$(O)/tests/unit/test_monitor: LDLIBS += $(shell $(PKG_CONFIG) --libs umockdev-1.0 2>/dev/null)

# Costs of the model alone, which need no lab's guest.
BENCH_TOPOLOGY := $(O)/tests/bench/topology
BENCH_TOPOLOGY_JSON ?= $(O)/bench-topology.json

$(BENCH_TOPOLOGY): $(O)/tests/bench/topology.o $(MOCK_LIB) $(TOPOLOGY_LIB) $(COMMON_LIB)
	$(call link,json-c)

.PHONY: bench-topology
bench-topology: $(BENCH_TOPOLOGY)
	@mkdir -p $(dir $(BENCH_TOPOLOGY_JSON))
	@$(BENCH_TOPOLOGY) $(BENCH_TOPOLOGY_JSON)

# What the daemon can do for many clients, which needs no guest either.
BENCH_BROKER := $(O)/tests/bench/broker
BENCH_BROKER_JSON ?= $(O)/bench-broker.json

$(BENCH_BROKER): $(patsubst %,$(O)/tests/bench/%.o,broker broker_world broker_hostile)
	$(call link,)

.PHONY: bench-broker
bench-broker: $(BENCH_BROKER) $(O)/p2pmemd-mock
	@mkdir -p $(dir $(BENCH_BROKER_JSON))
	@$(BENCH_BROKER) $(O)/p2pmemd-mock $(BENCH_BROKER_JSON)

# Programs that run in the lab's guests: static, so that a bare init will do.
GUEST_PROGRAMS := $(O)/tests/vm/driver-test $(O)/tests/vm/pretend.so
LOAD_PROGRAMS := $(addprefix $(O)/tests/vm/,driver-faults driver-slow driver-stress driver-verdicts)
GUEST_PROGRAMS += $(LOAD_PROGRAMS)

guest_objects = $(patsubst %.c,$(O)/%.o,$(wildcard $(addprefix tests/vm/guest/,$(1))))

define link_static
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(CC) -static $(LDFLAGS) -pthread -o $@ $^
endef

$(O)/tests/vm/driver-test: $(call guest_objects,driver-test*.c)
	$(link_static)

# What they share with the driver's tests is the view of the machine, and checks.
$(LOAD_PROGRAMS): $(O)/tests/vm/%: $(call guest_objects,load*.c driver-test-lab.c driver-test-check.c)
	$(link_static)

$(O)/tests/vm/driver-faults: $(call guest_objects,driver-faults.c faults-*.c)

$(O)/tests/vm/driver-slow: $(call guest_objects,driver-slow.c)

$(O)/tests/vm/driver-stress: $(call guest_objects,driver-stress.c stress-*.c)

$(O)/tests/vm/driver-verdicts: $(call guest_objects,driver-verdicts.c)

$(O)/tests/vm/pretend.so: tests/vm/preload/pretend.c
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(CC) -shared -fPIC $(WARNINGS) -Wno-missing-prototypes -O2 $(LDFLAGS) -o $@ $<

# Beside the library as programs use it.
GUEST_PROGRAMS += $(O)/tests/vm/bench-allocate
$(O)/tests/vm/bench-allocate: $(O)/tests/vm/guest/bench-allocate.o $(LIBP2PMEM) $(COMMON_LIB)
	$(call link,json-c)

# As others link it.
GUEST_PROGRAMS += $(O)/tests/vm/lib-test
CHECK_PROGRAMS += $(O)/tests/vm/lib-test
$(O)/tests/vm/lib-test: $(call guest_objects,lib-test*.c) | $(O)/lib/libp2pmem.so $(O)/lib/$(LIBP2PMEM_SONAME)
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(CC) $(BASE_LDFLAGS) $(LDFLAGS) -pthread -o $@ $^ -L$(O)/lib -lp2pmem

.PHONY: guest-programs
guest-programs: $(GUEST_PROGRAMS)

# Where something to build with is missing, the lab brings it.
native := $(shell $(PKG_CONFIG) --exists $(PKGS) cmocka umockdev-1.0 'python3 >= 3.11' 2>/dev/null && \
	command -v umockdev-run >/dev/null && command -v varlinkctl >/dev/null && \
	command -v python3 >/dev/null && echo yes)

.PHONY: check lint fuzz test test-kernels demo demo-by-hand bench vm-shell lab-clean
ifeq ($(native),yes)
check: programs $(UNIT_TESTS) $(FUZZ_REPLAYS) $(CHECK_PROGRAMS)
	@BUILD=$(abspath $(O)) tests/run $(UNIT_TESTS) $(FUZZ_REPLAYS) $(CHECKS)

lint:
	@BUILD=$(abspath $(O)) tests/run tests/lint.sh

fuzz: fuzz-here
else
check lint fuzz:
	@echo "p2pmem: $@ runs in the lab's root, as this machine lacks something that it needs"
	@tests/vm/lab make O=build/lab FUZZ_SECONDS=$(FUZZ_SECONDS) $@
endif

test:
	@tests/all

test-kernels:
	@tests/run tests/vm/suites-kernels/*

demo:
	@tests/vm/demo

demo-by-hand:
	@tests/vm/demo --by-hand

bench:
	@tests/bench/run

vm-shell:
	@tests/vm/run --shell

lab-clean:
	@tests/vm/lab clean

## make check         unit, fixture and mock-daemon tests
## make lint          formatting, static analysis, headers
## make test          everything, from unit tests to the lab; sets up the lab
## make test-kernels  the driver's tests on further kernels, which are built for it
## make demo          boots the lab and copies drive to drive, with witnesses
## make demo-by-hand  prints how to see the same with stock tools only
## make bench         costs of the model, and ratios against what users have today, in the lab
## make vm-shell      an interactive root shell in the lab
## make lab-clean     removes the lab's caches
