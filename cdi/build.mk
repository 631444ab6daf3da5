# SPDX-License-Identifier: LGPL-2.1-or-later
# What container runtimes read: the broker as a device of the Container Device
# Interface. The directory of the socket is mounted, not the socket, so that
# one that was made anew is seen; read-only is enough to connect.

install: install-cdi
.PHONY: install-cdi
install-cdi:
	$(INSTALL) -D -m 0644 cdi/p2pmem.json $(DESTDIR)$(cdidir)/p2pmem.json
