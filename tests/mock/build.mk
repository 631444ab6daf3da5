# SPDX-License-Identifier: LGPL-2.1-or-later
# A driver made of memfds, a made-up machine, and the daemon on top of both.

MOCK_LIB := $(O)/mock.a
CHECK_PROGRAMS += $(O)/p2pmemd-mock

$(MOCK_LIB): $(O)/tests/mock/driver.o $(O)/tests/mock/tree.o
	$(archive)

$(O)/p2pmemd-mock: $(O)/tests/mock/main.o $(MOCK_LIB) $(DAEMON_LIB) $(POLICY_LIB) $(TOPOLOGY_LIB) $(COMMON_LIB)
	$(call link,json-c libsystemd libudev)
