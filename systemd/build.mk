# SPDX-License-Identifier: LGPL-2.1-or-later
# What systemd and udev read.

PROGRAMS += $(O)/systemd/p2pmemd.service

# Written anew when the place of the daemon changes, and only then.
$(O)/systemd/p2pmemd.service: systemd/p2pmemd.service.in FORCE
	@mkdir -p $(@D)
	@sed 's,@libexecdir@,$(libexecdir),g' $< > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

.PHONY: FORCE
FORCE:

.PHONY: install-systemd
install-systemd: $(O)/systemd/p2pmemd.service
	$(INSTALL) -D -m 0644 systemd/p2pmemd.socket $(DESTDIR)$(unitdir)/p2pmemd.socket
	$(INSTALL) -D -m 0644 $< $(DESTDIR)$(unitdir)/p2pmemd.service
	$(INSTALL) -D -m 0644 systemd/p2pmem.sysusers $(DESTDIR)$(sysusersdir)/p2pmem.conf
	$(INSTALL) -D -m 0644 systemd/p2pmem.tmpfiles $(DESTDIR)$(tmpfilesdir)/p2pmem.conf
	$(INSTALL) -D -m 0644 systemd/p2pmem.catalog $(DESTDIR)$(catalogdir)/p2pmem.catalog
	$(INSTALL) -D -m 0644 systemd/60-p2pmem.rules $(DESTDIR)$(udevrulesdir)/60-p2pmem.rules
	$(if $(DESTDIR),,journalctl --update-catalog)
