# SPDX-License-Identifier: LGPL-2.1-or-later
# Debian packages, in $(O)/packages. They are built from a copy of the sources,
# as what builds packages writes all over; objects are kept from one build to
# the next.

PACKAGES := $(O)/packages
PACKAGES_SRC := $(PACKAGES)/p2pmem-$(VERSION)

newer_than_packages = find . \( -path ./build -o -path ./.git -o -path './tests/*' \) -prune -o \
	! -path . ! -path ./tests -newer $(PACKAGES)/complete -print -quit

define build_packages
{ rm -rf $(PACKAGES_SRC) $(PACKAGES)/*.deb $(PACKAGES)/*.buildinfo $(PACKAGES)/*.changes $(PACKAGES)/complete && \
	mkdir -p $(PACKAGES_SRC) && touch $(PACKAGES)/begun && \
	tar -cf - --exclude=./build --exclude=./.git . | tar -xf - -C $(PACKAGES_SRC) && \
	(cd $(PACKAGES_SRC) && env -u MAKEFLAGS -u MAKEOVERRIDES P2PMEM_OUT=$(abspath $(PACKAGES))/objects \
		DEB_BUILD_OPTIONS="nocheck parallel=$(shell nproc) $(DEB_BUILD_OPTIONS)" \
		dpkg-buildpackage --build=binary --no-sign --no-pre-clean --no-check-builddeps) && \
	rm -rf $(PACKAGES_SRC); }
endef

.PHONY: packages packages-here
# A status of 127 would have make repeat the output of the command.
ifneq ($(shell command -v dh_dkms >/dev/null && command -v dpkg-buildpackage || true),)
packages: packages-here
else
packages:
	@echo "p2pmem: packages are built in the lab's root, as this machine lacks something that it takes"
	@tests/vm/lab make O=build/lab packages
endif

packages-here:
	@grep -q '^p2pmem ($(VERSION))' debian/changelog || { \
		echo "p2pmem: debian/changelog does not begin with version $(VERSION), which the Makefile says" >&2; exit 1; }
	@mkdir -p $(PACKAGES)
	@test -e $(PACKAGES)/complete && test -z "$$($(newer_than_packages))" || { \
		$(build_packages) > $(abspath $(PACKAGES))/log 2>&1 && mv $(PACKAGES)/begun $(PACKAGES)/complete || \
		{ tail -n 40 $(abspath $(PACKAGES))/log >&2; exit 1; }; }
	@ls $(PACKAGES)/*.deb

## make packages      Debian packages, in build/packages
