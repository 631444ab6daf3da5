# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034
#
# The machines that the lab boots. Each function topology_NAME appends QEMU
# arguments to `devices`; `cpu` is the processor it needs where that matters.
#
# Drives are known by serial number: cmb0 has the memory, plain1 sits beside
# it, far2 elsewhere.

topologies="switch bridge acs nested multipath iommu iommu-translate none"

# nvme SERIAL BUS [OPTION...]: a drive on BUS (with ,addr= where it matters).
nvme() {
	local serial=$1 bus=$2 options slow
	shift 2
	options=$(printf ',%s' "$@")
	slow=${throttles[$serial]:+,throttling.bps-read=${throttles[$serial]}}
	devices+=(
		-drive "if=none,id=drive-$serial,format=raw,cache=unsafe,discard=unmap$slow,file=$(disk "$serial")"
		-device "nvme,id=$serial,serial=$serial,drive=drive-$serial,bus=$bus${*:+$options}"
	)
}

# two_ported SERIAL BUS1 BUS2 [OPTION]: a drive with a controller on each bus; OPTION is the first one's.
two_ported() {
	devices+=(
		-device "nvme-subsys,id=subsystem-$1,nqn=$1"
		-device "nvme,id=$1-1,serial=$1,subsys=subsystem-$1,bus=$2${4:+,$4}"
		-device "nvme,id=$1-2,serial=$1,subsys=subsystem-$1,bus=$3"
		-drive "if=none,id=drive-$1,format=raw,cache=unsafe,discard=unmap,file=$(disk "$1")"
		-device "nvme-ns,drive=drive-$1,bus=$1-1,nsid=1,shared=on"
	)
}

# root_port NAME SLOT
root_port() {
	devices+=(-device "pcie-root-port,id=$1,slot=$2,chassis=$2,bus=pcie.0")
}

# switch NAME BUS: its upstream port
switch() {
	devices+=(-device "x3130-upstream,id=$1,bus=$2")
}

# switch_port NAME CHASSIS [SWITCH]: a port of it; without, of up0.
switch_port() {
	devices+=(-device "xio3130-downstream,id=$1,bus=${3:-up0},chassis=$2,slot=0")
}

# A switch with a drive that has a CMB, a plain drive, and a device whose BAR
# is memory; one more drive behind another root port.
topology_switch() {
	root_port rp0 1
	switch up0 rp0
	switch_port dn0 2
	switch_port dn1 3
	switch_port dn2 4
	nvme cmb0 dn0 cmb_size_mb=64
	nvme plain1 dn1
	devices+=(
		-object memory-backend-ram,id=ivshmem,size=64M,share=on
		-device ivshmem-plain,memdev=ivshmem,bus=dn2
	)
	root_port rp1 5
	nvme far2 rp1
}

# The same, with a processor whose host bridge the kernel lets P2P traffic through.
topology_bridge() {
	cpu=EPYC
	topology_switch
}

# The same, with an IOMMU that lets drivers of the kernel through untranslated:
# functions can be given to user space by vfio-pci.
topology_iommu() {
	devices+=(-device intel-iommu)
	append="intel_iommu=on iommu=pt $append"
	topology_switch
}

# And one that translates for all: what drivers of the kernel map goes through it.
topology_iommu-translate() {
	devices+=(-device intel-iommu)
	append="intel_iommu=on iommu.passthrough=0 $append"
	topology_switch
}

# Switches below switches: drives at three depths, with memory at the first and
# at the last.
topology_nested() {
	root_port rp0 1
	switch up0 rp0
	switch_port dn0 2
	switch_port dn1 3
	nvme cmb0 dn0 cmb_size_mb=64
	switch up1 dn1
	switch_port dn10 4 up1
	switch_port dn11 5 up1
	nvme plain1 dn10
	switch up2 dn11
	switch_port dn20 6 up2
	switch_port dn21 7 up2
	nvme deep3 dn20 cmb_size_mb=16
	nvme deep4 dn21
	root_port rp1 8
	nvme far2 rp1
}

# Two functions of one slot, below a port that can do ACS.
topology_acs() {
	root_port rp0 1
	nvme cmb0 rp0 addr=0.0 multifunction=on cmb_size_mb=64
	nvme plain1 rp0 addr=0.1
	root_port rp1 5
	nvme far2 rp1
}

# Two drives with two controllers each: `near` has both below one switch, one of
# them with memory; `apart` has the other one behind another root port.
topology_multipath() {
	root_port rp0 1
	devices+=(-device x3130-upstream,id=up0,bus=rp0)
	switch_port dn0 2
	switch_port dn1 3
	switch_port dn2 4
	root_port rp1 5
	two_ported near dn0 dn1 cmb_size_mb=64
	two_ported apart dn2 rp1
}

# Drives as most machines have them: none with memory to lend.
topology_none() {
	root_port rp0 1
	nvme plain1 rp0
	root_port rp1 5
	nvme far2 rp1
}
