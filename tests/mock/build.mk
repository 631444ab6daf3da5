# SPDX-License-Identifier: LGPL-2.1-or-later
# A driver made of memfds, a made-up machine, and the daemon on top of both.

MOCK_LIB := $(O)/mock.a
CHECK_PROGRAMS += $(O)/p2pmemd-mock $(O)/p2pmem-mock-driver

$(MOCK_LIB): $(patsubst %,$(O)/tests/mock/%.o,driver tree wire)
	$(archive)

$(O)/p2pmemd-mock: $(patsubst %,$(O)/tests/mock/%.o,main remote wrap) $(MOCK_LIB) $(DAEMON_LIB) $(POLICY_LIB) $(TOPOLOGY_LIB) $(COMMON_LIB)
	$(call link,json-c libsystemd libudev)

# What a test may have fail, or the daemon be killed before or after.
$(O)/p2pmemd-mock: BASE_LDFLAGS += -Wl,--wrap=renameat,--wrap=unlinkat,--wrap=sendmsg,--wrap=write

$(O)/p2pmem-mock-driver: $(O)/tests/mock/server.o $(MOCK_LIB) $(DAEMON_LIB) $(POLICY_LIB) $(TOPOLOGY_LIB) $(COMMON_LIB)
	$(call link,json-c libsystemd libudev)
