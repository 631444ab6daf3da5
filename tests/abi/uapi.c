// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The kernel interface as released. A line here changes never; a structure
 * that grows gets a further line. Compiled for 64 and for 32 bits.
 */
#include <stddef.h>
#include <linux/p2pmem.h>

#define SIZE(type, size) _Static_assert(sizeof(struct type) == (size), #type)
#define AT(type, member, offset) \
	_Static_assert(offsetof(struct type, member) == (offset), #type "." #member)

SIZE(p2pmem_pci_address, 8);
AT(p2pmem_pci_address, bus, 4);
AT(p2pmem_pci_address, devfn, 5);

SIZE(p2pmem_region_info, 48);
AT(p2pmem_region_info, abi_version, 4);
AT(p2pmem_region_info, region, 8);
AT(p2pmem_region_info, granule, 12);
AT(p2pmem_region_info, provider, 16);
AT(p2pmem_region_info, allocated, 24);
AT(p2pmem_region_info, draining, 32);
AT(p2pmem_region_info, buffers, 40);
AT(p2pmem_region_info, numa_node, 44);

SIZE(p2pmem_alloc, 48);
AT(p2pmem_alloc, flags, 4);
AT(p2pmem_alloc, length, 8);
AT(p2pmem_alloc, cookie, 16);
AT(p2pmem_alloc, caching, 32);
AT(p2pmem_alloc, fd, 36);
AT(p2pmem_alloc, id, 40);

SIZE(p2pmem_buffer_info, 72);
AT(p2pmem_buffer_info, state, 4);
AT(p2pmem_buffer_info, id, 8);
AT(p2pmem_buffer_info, length, 16);
AT(p2pmem_buffer_info, cookie, 24);
AT(p2pmem_buffer_info, provider, 40);
AT(p2pmem_buffer_info, region, 48);
AT(p2pmem_buffer_info, caching, 52);
AT(p2pmem_buffer_info, uid, 56);
AT(p2pmem_buffer_info, pid, 60);
AT(p2pmem_buffer_info, pinned_pages, 64);

SIZE(p2pmem_list, 32);
AT(p2pmem_list, entry_size, 4);
AT(p2pmem_list, entries, 8);
AT(p2pmem_list, capacity, 16);
AT(p2pmem_list, count, 20);
AT(p2pmem_list, start, 24);

SIZE(p2pmem_query, 56);
AT(p2pmem_query, flags, 4);
AT(p2pmem_query, provider, 8);
AT(p2pmem_query, client, 16);
AT(p2pmem_query, distance, 24);
AT(p2pmem_query, verdict, 28);
AT(p2pmem_query, hops, 32);
AT(p2pmem_query, hop_size, 40);
AT(p2pmem_query, hop_capacity, 44);
AT(p2pmem_query, hop_count, 48);
AT(p2pmem_query, reserved, 52);

SIZE(p2pmem_hop, 32);
AT(p2pmem_hop, kind, 4);
AT(p2pmem_hop, address, 8);
AT(p2pmem_hop, vendor, 16);
AT(p2pmem_hop, device, 18);
AT(p2pmem_hop, acs_capability, 20);
AT(p2pmem_hop, acs_control, 22);
AT(p2pmem_hop, flags, 24);
AT(p2pmem_hop, reserved, 28);

SIZE(p2pmem_query_block, 24);
AT(p2pmem_query_block, major, 4);
AT(p2pmem_query_block, minor, 8);
AT(p2pmem_query_block, flags, 12);
AT(p2pmem_query_block, max_segments, 16);
AT(p2pmem_query_block, max_bytes, 20);

SIZE(p2pmem_revoke, 16);
AT(p2pmem_revoke, flags, 4);
AT(p2pmem_revoke, id, 8);

SIZE(p2pmem_rescan, 8);
AT(p2pmem_rescan, flags, 4);

SIZE(p2pmem_event, 64);
AT(p2pmem_event, type, 4);
AT(p2pmem_event, id, 8);
AT(p2pmem_event, length, 16);
AT(p2pmem_event, cookie, 24);
AT(p2pmem_event, provider, 40);
AT(p2pmem_event, region, 48);
AT(p2pmem_event, uid, 52);
AT(p2pmem_event, lost, 56);

_Static_assert(P2PMEM_REGION_INFO == 0xb900, "number");
_Static_assert(P2PMEM_REGION_ALLOC == 0xb901, "number");
_Static_assert(P2PMEM_BUFFER_INFO == 0xb920, "number");
_Static_assert(P2PMEM_BUFFER_EXPORT == 0xb921, "number");
_Static_assert(P2PMEM_CONTROL_LIST_BUFFERS == 0xb940, "number");
_Static_assert(P2PMEM_CONTROL_LIST_REGIONS == 0xb941, "number");
_Static_assert(P2PMEM_CONTROL_QUERY == 0xb942, "number");
_Static_assert(P2PMEM_CONTROL_QUERY_BLOCK == 0xb943, "number");
_Static_assert(P2PMEM_CONTROL_REVOKE == 0xb944, "number");
_Static_assert(P2PMEM_CONTROL_RESCAN == 0xb945, "number");
_Static_assert(P2PMEM_FS_MAGIC == 0x7032706d, "file system");
_Static_assert(P2PMEM_REVOKE_NOTICE == 1, "flag");
_Static_assert(P2PMEM_EVENT_FREED == 1 && P2PMEM_EVENT_NOTICE == 2 && P2PMEM_EVENT_REVOKED == 3 &&
		       P2PMEM_EVENT_REGION_ADDED == 4 && P2PMEM_EVENT_REGION_GONE == 5 &&
		       P2PMEM_EVENT_LOST == 6,
	       "events");
_Static_assert(P2PMEM_VERDICT_UNKNOWN == 0 && P2PMEM_VERDICT_UNSUPPORTED == 1 &&
		       P2PMEM_VERDICT_BRIDGE == 2 && P2PMEM_VERDICT_BUS == 3,
	       "verdicts");
