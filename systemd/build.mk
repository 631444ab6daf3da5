# SPDX-License-Identifier: LGPL-2.1-or-later
# What systemd and udev read.

SERVICES := $(O)/systemd/p2pmemd.service $(O)/systemd/p2pmem-metrics.service
PROGRAMS += $(SERVICES)

# Written anew when the place of the programs changes, and only then.
$(SERVICES): $(O)/systemd/%.service: systemd/%.service.in FORCE
	@mkdir -p $(@D)
	@sed -e 's,@libexecdir@,$(libexecdir),g' -e 's,@bindir@,$(bindir),g' $< > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

.PHONY: FORCE
FORCE:

install: install-systemd
.PHONY: install-systemd
install-systemd: $(SERVICES)
	$(INSTALL) -D -m 0644 systemd/p2pmemd.socket $(DESTDIR)$(unitdir)/p2pmemd.socket
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(unitdir) $(SERVICES)
	$(INSTALL) -D -m 0644 systemd/p2pmem-metrics.timer $(DESTDIR)$(unitdir)/p2pmem-metrics.timer
	$(INSTALL) -D -m 0644 systemd/p2pmem.sysusers $(DESTDIR)$(sysusersdir)/p2pmem.conf
	$(INSTALL) -D -m 0644 systemd/p2pmem.tmpfiles $(DESTDIR)$(tmpfilesdir)/p2pmem.conf
	$(INSTALL) -D -m 0644 systemd/p2pmem.catalog $(DESTDIR)$(catalogdir)/p2pmem.catalog
	$(INSTALL) -D -m 0644 systemd/60-p2pmem.rules $(DESTDIR)$(udevrulesdir)/60-p2pmem.rules
	$(if $(DESTDIR),,journalctl --update-catalog)
