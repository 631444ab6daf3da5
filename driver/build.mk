# SPDX-License-Identifier: LGPL-2.1-or-later
# The kernel module is built out of tree, with the object files in
# $(O)/driver/RELEASE, so that several kernels' builds stand side by side.

KRELEASE ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KRELEASE)/build
DRIVER_OUT := $(abspath $(O))/driver/$(KRELEASE)
DRIVER_SRC := $(wildcard driver/*.[ch]) driver/Kbuild include/uapi/linux/p2pmem.h

.PHONY: driver
driver: $(DRIVER_OUT)/p2pmem.ko

# kbuild wants sources and objects in one folder: links make it one. Our O= is
# not to become the kernel's, which takes it for where that was built.
$(DRIVER_OUT)/p2pmem.ko: MAKEOVERRIDES :=
$(DRIVER_OUT)/p2pmem.ko: $(DRIVER_SRC)
	@test -d $(KDIR) || { echo "p2pmem: no kernel headers in $(KDIR); on Debian: apt-get install linux-headers-$(KRELEASE), or set KDIR=" >&2; exit 1; }
	@mkdir -p $(DRIVER_OUT)
	@ln -sf $(abspath $(wildcard driver/*.[ch]) driver/Kbuild) $(DRIVER_OUT)/
	$(call quiet,KBUILD,$@)$(MAKE) -C $(KDIR) M=$(DRIVER_OUT) P2PMEM_INCLUDE=$(abspath include) \
		P2PMEM_VERSION=$(VERSION) $(KBUILD_OPTIONS) $(if $(filter 0,$(V)),--no-print-directory -s) modules

.PHONY: install-driver
install-driver: $(DRIVER_OUT)/p2pmem.ko
	$(INSTALL) -D -m 0644 $< $(DESTDIR)/lib/modules/$(KRELEASE)/updates/p2pmem.ko
	$(if $(DESTDIR),,depmod $(KRELEASE))

.PHONY: uninstall-driver
uninstall-driver:
	rm -f $(DESTDIR)/lib/modules/$(KRELEASE)/updates/p2pmem.ko
	$(if $(DESTDIR),,depmod $(KRELEASE))

# For DKMS, which builds it for each kernel that comes.
DKMS_SRC := $(DESTDIR)/usr/src/p2pmem-$(VERSION)

.PHONY: install-dkms
install-dkms:
	$(INSTALL) -d $(DKMS_SRC)
	$(INSTALL) -m 0644 $(wildcard driver/*.[ch]) driver/Kbuild $(DKMS_SRC)
	$(INSTALL) -D -m 0644 include/uapi/linux/p2pmem.h $(DKMS_SRC)/include/uapi/linux/p2pmem.h
	sed 's/#MODULE_VERSION#/$(VERSION)/' driver/dkms.conf > $(DKMS_SRC)/dkms.conf
	chmod 0644 $(DKMS_SRC)/dkms.conf
