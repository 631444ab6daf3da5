/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: the steps of a buffer's life. `id` is the number that lists and
 * events show.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM p2pmem

#if !defined(P2PMEM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define P2PMEM_TRACE_H

#include <linux/tracepoint.h>

#include "p2pmem.h"

/* clang-format off */

/* Memory was taken out of the pool, and will be cleared next. */
TRACE_EVENT(p2pmem_alloc,
	TP_PROTO(const struct p2pmem_buffer *buffer),
	TP_ARGS(buffer),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, region)
		__field(u64, length)
		__field(u32, caching)
		__field(uid_t, uid)
	),
	TP_fast_assign(
		__entry->id = buffer->id;
		__entry->region = buffer->region->dev.id;
		__entry->length = p2pmem_buffer_length(buffer);
		__entry->caching = buffer->caching;
		__entry->uid = from_kuid(&init_user_ns, buffer->uid);
	),
	TP_printk("id=%llu region=%u length=%llu caching=%u uid=%u",
		  __entry->id, __entry->region, __entry->length,
		  __entry->caching, __entry->uid)
);

/* A part was mapped; its pages follow when they are touched. */
TRACE_EVENT(p2pmem_map,
	TP_PROTO(const struct p2pmem_buffer *buffer,
		 const struct vm_area_struct *vma),
	TP_ARGS(buffer, vma),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, region)
		__field(u64, offset)
		__field(u64, length)
	),
	TP_fast_assign(
		__entry->id = buffer->id;
		__entry->region = buffer->region->dev.id;
		__entry->offset = (u64)vma->vm_pgoff << PAGE_SHIFT;
		__entry->length = vma->vm_end - vma->vm_start;
	),
	TP_printk("id=%llu region=%u offset=%llu length=%llu", __entry->id,
		  __entry->region, __entry->offset, __entry->length)
);

/* Access has ended or, with notice, is asked to. */
TRACE_EVENT(p2pmem_revoke,
	TP_PROTO(const struct p2pmem_buffer *buffer, bool notice),
	TP_ARGS(buffer, notice),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, region)
		__field(bool, notice)
	),
	TP_fast_assign(
		__entry->id = buffer->id;
		__entry->region = buffer->region->dev.id;
		__entry->notice = notice;
	),
	TP_printk("id=%llu region=%u notice=%d", __entry->id, __entry->region,
		  __entry->notice)
);

/* Memory should go back, but transfers hold it; when the next look is. */
TRACE_EVENT(p2pmem_drain,
	TP_PROTO(const struct p2pmem_buffer *buffer, unsigned int delay),
	TP_ARGS(buffer, delay),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, region)
		__field(u64, quiet_pages)
		__field(u64, pages)
		__field(unsigned int, delay)
	),
	TP_fast_assign(
		__entry->id = buffer->id;
		__entry->region = buffer->region->dev.id;
		__entry->quiet_pages = buffer->memory.frozen;
		__entry->pages = buffer->memory.nr_pages;
		__entry->delay = delay;
	),
	TP_printk("id=%llu region=%u quiet_pages=%llu/%llu next_look_ms=%u",
		  __entry->id, __entry->region, __entry->quiet_pages,
		  __entry->pages, __entry->delay)
);

/* Memory is back in the pool. */
TRACE_EVENT(p2pmem_free,
	TP_PROTO(const struct p2pmem_buffer *buffer),
	TP_ARGS(buffer),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, region)
		__field(u64, length)
	),
	TP_fast_assign(
		__entry->id = buffer->id;
		__entry->region = buffer->region->dev.id;
		__entry->length = p2pmem_buffer_length(buffer);
	),
	TP_printk("id=%llu region=%u length=%llu", __entry->id,
		  __entry->region, __entry->length)
);

/* clang-format on */

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
