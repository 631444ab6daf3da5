// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The library's structures and numbers as released, on 64-bit machines. A line
 * here changes never; what grows gets further lines.
 */
#include <stddef.h>
#include <p2pmem/io.h>
#include <p2pmem/libp2pmem.h>

#define AT(type, member, offset) \
	_Static_assert(offsetof(struct type, member) == (offset), #type "." #member)
/* What callers fill may grow, but an older caller's must do. */
#define LEAST(type, size) _Static_assert(sizeof(struct type) >= (size), #type)
#define IS(name, value) _Static_assert((int)(name) == (value), #name)

AT(p2pmem_connect_options, struct_size, 0);
AT(p2pmem_connect_options, socket_path, 8);
AT(p2pmem_connect_options, timeout_ms, 16);
AT(p2pmem_connect_options, interruptible, 20);
LEAST(p2pmem_connect_options, 24);

AT(p2pmem_refusal, next, 0);
AT(p2pmem_refusal, region, 8);
AT(p2pmem_refusal, provider, 16);
AT(p2pmem_refusal, device, 24);
AT(p2pmem_refusal, verdict, 32);
AT(p2pmem_refusal, reason, 40);
AT(p2pmem_refusal, remedy, 48);

AT(p2pmem_broker_info, vendor, 0);
AT(p2pmem_broker_info, product, 8);
AT(p2pmem_broker_info, version, 16);

IS(P2PMEM_ANSWER_UNKNOWN, 0);
IS(P2PMEM_ANSWER_NO, 1);
IS(P2PMEM_ANSWER_YES, 2);

AT(p2pmem_region, next, 0);
AT(p2pmem_region, name, 8);
AT(p2pmem_region, provider, 16);
AT(p2pmem_region, driver, 24);
AT(p2pmem_region, serial, 32);
AT(p2pmem_region, model, 40);
AT(p2pmem_region, size, 48);
AT(p2pmem_region, free, 56);
AT(p2pmem_region, allocated, 64);
AT(p2pmem_region, draining, 72);
AT(p2pmem_region, buffers, 80);
AT(p2pmem_region, vendor, 88);
AT(p2pmem_region, device, 92);
AT(p2pmem_region, numa_node, 96);
AT(p2pmem_region, held_by_others, 104);
AT(p2pmem_region, largest_estimate, 112);
AT(p2pmem_region, not_lent, 120);
AT(p2pmem_region, drained, 128);

IS(P2PMEM_QUEUE_UNKNOWN, 0);
IS(P2PMEM_QUEUE_HOST_ONLY, 1);
IS(P2PMEM_QUEUE_PEER_TO_PEER, 2);

AT(p2pmem_block_device, next, 0);
AT(p2pmem_block_device, name, 8);
AT(p2pmem_block_device, major, 16);
AT(p2pmem_block_device, minor, 20);
AT(p2pmem_block_device, size, 24);
AT(p2pmem_block_device, logical_block_size, 32);
AT(p2pmem_block_device, queue, 36);

AT(p2pmem_device, next, 0);
AT(p2pmem_device, address, 8);
AT(p2pmem_device, driver, 16);
AT(p2pmem_device, serial, 24);
AT(p2pmem_device, model, 32);
AT(p2pmem_device, block_devices, 40);
AT(p2pmem_device, vendor, 48);
AT(p2pmem_device, device, 52);
AT(p2pmem_device, numa_node, 56);

IS(P2PMEM_SOURCE_COMPUTED, 0);
IS(P2PMEM_SOURCE_KERNEL, 1);

AT(p2pmem_pair, next, 0);
AT(p2pmem_pair, region, 8);
AT(p2pmem_pair, provider, 16);
AT(p2pmem_pair, device, 24);
AT(p2pmem_pair, reason, 32);
AT(p2pmem_pair, remedy, 40);
AT(p2pmem_pair, verdict, 48);
AT(p2pmem_pair, distance, 52);
AT(p2pmem_pair, cause, 56);
AT(p2pmem_pair, cost, 64);
AT(p2pmem_pair, source, 72);

AT(p2pmem_name, next, 0);
AT(p2pmem_name, name, 8);

AT(p2pmem_path_hop, next, 0);
AT(p2pmem_path_hop, address, 8);
AT(p2pmem_path_hop, redirects, 16);
AT(p2pmem_path_hop, kind, 24);
AT(p2pmem_path_hop, sides, 28);
AT(p2pmem_path_hop, vendor, 32);
AT(p2pmem_path_hop, device, 34);
AT(p2pmem_path_hop, acs_known, 36);
AT(p2pmem_path_hop, has_acs, 40);
AT(p2pmem_path_hop, acs_capability, 44);
AT(p2pmem_path_hop, acs_control, 46);
AT(p2pmem_path_hop, turn, 48);

AT(p2pmem_path, next, 0);
AT(p2pmem_path, device, 8);
AT(p2pmem_path, cause, 16);
AT(p2pmem_path, reason, 24);
AT(p2pmem_path, remedy, 32);
AT(p2pmem_path, cost, 40);
AT(p2pmem_path, hops, 48);
AT(p2pmem_path, verdict, 56);
AT(p2pmem_path, computed, 60);
AT(p2pmem_path, has_computed, 64);
AT(p2pmem_path, source, 68);
AT(p2pmem_path, distance, 72);

AT(p2pmem_layer, next, 0);
AT(p2pmem_layer, name, 8);
AT(p2pmem_layer, kind, 16);
AT(p2pmem_layer, reason, 24);
AT(p2pmem_layer, passes, 32);

AT(p2pmem_explanation, region, 0);
AT(p2pmem_explanation, provider, 8);
AT(p2pmem_explanation, device, 16);
AT(p2pmem_explanation, cause, 24);
AT(p2pmem_explanation, reason, 32);
AT(p2pmem_explanation, remedy, 40);
AT(p2pmem_explanation, cost, 48);
AT(p2pmem_explanation, layers, 56);
AT(p2pmem_explanation, paths, 64);
AT(p2pmem_explanation, verdict, 72);

AT(p2pmem_host_bridge, next, 0);
AT(p2pmem_host_bridge, root, 8);
AT(p2pmem_host_bridge, address, 16);
AT(p2pmem_host_bridge, reason, 24);
AT(p2pmem_host_bridge, vendor, 32);
AT(p2pmem_host_bridge, device, 34);
AT(p2pmem_host_bridge, passes, 36);

AT(p2pmem_function, next, 0);
AT(p2pmem_function, address, 8);
AT(p2pmem_function, parent, 16);
AT(p2pmem_function, root, 24);
AT(p2pmem_function, driver, 32);
AT(p2pmem_function, serial, 40);
AT(p2pmem_function, model, 48);
AT(p2pmem_function, region, 56);
AT(p2pmem_function, blocks, 64);
AT(p2pmem_function, redirects, 72);
AT(p2pmem_function, kind, 80);
AT(p2pmem_function, class_code, 84);
AT(p2pmem_function, numa_node, 88);
AT(p2pmem_function, vendor, 92);
AT(p2pmem_function, device, 94);
AT(p2pmem_function, acs_known, 96);
AT(p2pmem_function, has_acs, 100);
AT(p2pmem_function, acs_capability, 104);
AT(p2pmem_function, acs_control, 106);
AT(p2pmem_function, client, 108);

AT(p2pmem_lease, next, 0);
AT(p2pmem_lease, id, 8);
AT(p2pmem_lease, tenant, 16);
AT(p2pmem_lease, name, 24);
AT(p2pmem_lease, region, 32);
AT(p2pmem_lease, provider, 40);
AT(p2pmem_lease, devices, 48);
AT(p2pmem_lease, size, 56);
AT(p2pmem_lease, age_usec, 64);
AT(p2pmem_lease, uid, 72);
AT(p2pmem_lease, state, 76);
AT(p2pmem_lease, verdict, 80);
AT(p2pmem_lease, rule, 88);
AT(p2pmem_lease, has_borrower, 96);
AT(p2pmem_lease, borrower_uid, 100);
AT(p2pmem_lease, borrower_unit, 104);
AT(p2pmem_lease, has_container, 112);
AT(p2pmem_lease, container, 120);
AT(p2pmem_lease, container_runtime, 128);
AT(p2pmem_lease, container_claimed_by, 136);

AT(p2pmem_revoke_options, struct_size, 0);
AT(p2pmem_revoke_options, lease, 8);
AT(p2pmem_revoke_options, tenant, 16);
AT(p2pmem_revoke_options, region, 24);
AT(p2pmem_revoke_options, all, 32);
AT(p2pmem_revoke_options, grace_usec, 40);
LEAST(p2pmem_revoke_options, 48);

AT(p2pmem_drain_progress, provider, 0);
AT(p2pmem_drain_progress, buffers, 8);
AT(p2pmem_drain_progress, bytes, 16);
AT(p2pmem_drain_progress, safe_to_remove, 24);

IS(P2PMEM_MONITOR_OTHER, 0);
IS(P2PMEM_MONITOR_READY, 1);
IS(P2PMEM_MONITOR_OVERFLOW, 2);
IS(P2PMEM_MONITOR_LEASE_GRANTED, 3);
IS(P2PMEM_MONITOR_LEASE_STATE, 4);
IS(P2PMEM_MONITOR_LEASE_ENDED, 5);
IS(P2PMEM_MONITOR_REGION_ADDED, 6);
IS(P2PMEM_MONITOR_REGION_REMOVED, 7);
IS(P2PMEM_MONITOR_REGION_CHANGED, 8);
IS(P2PMEM_MONITOR_DEVICES_CHANGED, 9);
IS(P2PMEM_MONITOR_POLICY_READ, 10);

AT(p2pmem_monitor_event, kind_name, 0);
AT(p2pmem_monitor_event, lease, 8);
AT(p2pmem_monitor_event, region, 16);
AT(p2pmem_monitor_event, reason, 24);
AT(p2pmem_monitor_event, rules, 32);
AT(p2pmem_monitor_event, lost, 40);
AT(p2pmem_monitor_event, kind, 48);
AT(p2pmem_monitor_event, valid, 52);

AT(p2pmem_count, next, 0);
AT(p2pmem_count, name, 8);
AT(p2pmem_count, count, 16);

AT(p2pmem_latency_bucket, next, 0);
AT(p2pmem_latency_bucket, up_to_usec, 8);
AT(p2pmem_latency_bucket, count, 16);

AT(p2pmem_tenant_use, next, 0);
AT(p2pmem_tenant_use, tenant, 8);
AT(p2pmem_tenant_use, provider, 16);
AT(p2pmem_tenant_use, leases, 24);
AT(p2pmem_tenant_use, bytes, 32);

AT(p2pmem_metrics, version, 0);
AT(p2pmem_metrics, regions, 8);
AT(p2pmem_metrics, leases, 16);
AT(p2pmem_metrics, tenants, 24);
AT(p2pmem_metrics, requests, 32);
AT(p2pmem_metrics, refusals, 40);
AT(p2pmem_metrics, revocations, 48);
AT(p2pmem_metrics, disconnections, 56);
AT(p2pmem_metrics, latency, 64);
AT(p2pmem_metrics, policy_rules, 72);
AT(p2pmem_metrics, policy_loads, 80);
AT(p2pmem_metrics, leases_granted, 88);
AT(p2pmem_metrics, leases_ended, 96);
AT(p2pmem_metrics, bytes_granted, 104);
AT(p2pmem_metrics, connections_accepted, 112);
AT(p2pmem_metrics, latency_sum_usec, 120);
AT(p2pmem_metrics, policy_valid, 128);
AT(p2pmem_metrics, has_tenants, 132);

AT(p2pmem_policy_mistake, next, 0);
AT(p2pmem_policy_mistake, file, 8);
AT(p2pmem_policy_mistake, field, 16);
AT(p2pmem_policy_mistake, problem, 24);
AT(p2pmem_policy_mistake, remedy, 32);
AT(p2pmem_policy_mistake, line, 40);
AT(p2pmem_policy_mistake, warning, 48);

AT(p2pmem_policy, mistakes, 0);
AT(p2pmem_policy, rules, 8);

IS(P2PMEM_KIND_PEER_TO_PEER, 1);
IS(P2PMEM_KIND_HOST, 2);
IS(P2PMEM_KIND_HOST_HUGE, 3);

IS(P2PMEM_FALLBACK_NONE, 0);
IS(P2PMEM_FALLBACK_HOST, 1);
IS(P2PMEM_FALLBACK_HUGE, 2);

AT(p2pmem_allocate_options, struct_size, 0);
AT(p2pmem_allocate_options, size, 8);
AT(p2pmem_allocate_options, min_size, 16);
AT(p2pmem_allocate_options, fds, 24);
AT(p2pmem_allocate_options, n_fds, 32);
AT(p2pmem_allocate_options, devices, 40);
AT(p2pmem_allocate_options, n_devices, 48);
AT(p2pmem_allocate_options, region, 56);
AT(p2pmem_allocate_options, name, 64);
AT(p2pmem_allocate_options, min_verdict, 72);
AT(p2pmem_allocate_options, fallback, 76);
LEAST(p2pmem_allocate_options, 80);

AT(p2pmem_info, struct_size, 0);
AT(p2pmem_info, size, 8);
AT(p2pmem_info, id, 16);
AT(p2pmem_info, pinned, 24);
AT(p2pmem_info, kind, 32);
AT(p2pmem_info, state, 36);
AT(p2pmem_info, region, 40);
AT(p2pmem_info, provider, 64);
LEAST(p2pmem_info, 88);

IS(P2PMEM_IO_ENGINE_ANY, 0);
IS(P2PMEM_IO_ENGINE_URING, 1);
IS(P2PMEM_IO_ENGINE_SYNC, 2);

AT(p2pmem_io_options, struct_size, 0);
AT(p2pmem_io_options, buffer, 8);
AT(p2pmem_io_options, memory, 16);
AT(p2pmem_io_options, memory_size, 24);
AT(p2pmem_io_options, queue_depth, 32);
AT(p2pmem_io_options, engine, 36);
LEAST(p2pmem_io_options, 40);

AT(p2pmem_io_copy_options, struct_size, 0);
AT(p2pmem_io_copy_options, src, 8);
AT(p2pmem_io_copy_options, dst, 16);
AT(p2pmem_io_copy_options, src_offset, 24);
AT(p2pmem_io_copy_options, dst_offset, 32);
AT(p2pmem_io_copy_options, length, 40);
AT(p2pmem_io_copy_options, block_size, 48);
AT(p2pmem_io_copy_options, truncate, 56);
AT(p2pmem_io_copy_options, sync, 60);
AT(p2pmem_io_copy_options, progress, 64);
AT(p2pmem_io_copy_options, userdata, 72);
LEAST(p2pmem_io_copy_options, 80);

AT(p2pmem_io_counters, peer_to_peer_read, 0);
AT(p2pmem_io_counters, peer_to_peer_written, 8);
AT(p2pmem_io_counters, host_memory_read, 16);
AT(p2pmem_io_counters, host_memory_written, 24);

IS(P2PMEM_IO_READ, 1);
IS(P2PMEM_IO_WRITE, 2);
IS(P2PMEM_IO_SYNC, 3);
IS(P2PMEM_IO_TRUNCATE, 4);

AT(p2pmem_io_failure, operation, 0);
AT(p2pmem_io_failure, fd, 4);
AT(p2pmem_io_failure, name, 8);
AT(p2pmem_io_failure, offset, 16);
AT(p2pmem_io_failure, error, 24);
