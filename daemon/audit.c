/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "common/log.h"
#include "common/pci.h"
#include "daemon/audit.h"
#include "daemon/audit_fields.h"
#include "daemon/messages.h"

/*
 * Together, for all slots, and where two windows meet, below the 10000 lines
 * in 30 s at which the journal itself would leave out what is not seen then.
 */
static const unsigned int bursts[AUDIT_KINDS] = {
	[AUDIT_GRANTS] = 64,
	[AUDIT_REFUSALS] = 16,
	[AUDIT_REVOCATIONS] = 64,
};

/* ---- what was left out ------------------------------------------------ */

static uint64_t now_usec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000U + (uint64_t)t.tv_nsec / 1000U;
}

static void tell_left_out(enum audit_kind kind, const struct throttle_window *w)
{
	static const char *const words[AUDIT_KINDS] = {
		[AUDIT_GRANTS] = "leases",
		[AUDIT_REFUSALS] = "refusals",
		[AUDIT_REVOCATIONS] = "revocations",
	};
	char whose[32] = "other users";
	struct entry e;

	entry_begin(&e, LOG_NOTICE, MESSAGE_LEFT_OUT);
	if (w->uid != THROTTLE_OTHERS) {
		snprintf(whose, sizeof(whose), "uid %u", (unsigned int)w->uid);
		entry_number(&e, "P2PMEM_CHARGED_UID", w->uid);
	}
	entry_text(&e, "P2PMEM_KIND", words[kind]);
	entry_number(&e, "P2PMEM_COUNT", w->left_out);
	entry_number(&e, "P2PMEM_SIZE", w->bytes);
	entry_send(&e, "And %llu more %s of %s, of %llu bytes in all.",
		   (unsigned long long)w->left_out, words[kind], whose,
		   (unsigned long long)w->bytes);
}

static void tell_what_is_over(struct audit *a, uint64_t now)
{
	struct throttle_window w;

	for (int i = 0; i < AUDIT_KINDS; i++)
		while (throttle_take(&a->throttles[i], now, &w))
			tell_left_out((enum audit_kind)i, &w);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata);

/* Only while there is something to tell: an idle daemon is not to be woken. */
static void set_timer(struct audit *a)
{
	uint64_t at = UINT64_MAX;

	for (int i = 0; i < AUDIT_KINDS; i++)
		if (throttle_next(&a->throttles[i]) < at)
			at = throttle_next(&a->throttles[i]);
	if (!a->event || a->timer || at == UINT64_MAX)
		return;
	/* Without a timer it is told with whatever comes next. */
	sd_event_add_time(a->event, &a->timer, CLOCK_MONOTONIC, at, 0, on_timer, a);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct audit *a = userdata;

	tell_what_is_over(a, now_usec());
	a->timer = sd_event_source_disable_unref(a->timer);
	set_timer(a);
	return 0;
}

void audit_init(struct audit *a)
{
	*a = (struct audit){};
	for (int i = 0; i < AUDIT_KINDS; i++)
		a->throttles[i].burst = bursts[i];
}

void audit_set_event(struct audit *a, sd_event *event)
{
	a->event = event;
}

void audit_done(struct audit *a)
{
	tell_what_is_over(a, UINT64_MAX);
	a->timer = sd_event_source_disable_unref(a->timer);
}

static bool passes(struct audit *a, enum audit_kind kind, uid_t uid, uint64_t bytes)
{
	uint64_t now = now_usec();
	bool pass;

	tell_what_is_over(a, now);
	pass = uid == 0 || throttle_pass(&a->throttles[kind], uid, bytes, now);
	if (!pass)
		set_timer(a);
	return pass;
}

/* ---- leases ------------------------------------------------------------ */

void audit_granted(struct audit *a, const struct peer *who, const struct lease *l)
{
	struct entry e;

	if (!passes(a, AUDIT_GRANTS, peer_charged_uid(who), l->size))
		return;
	entry_begin(&e, LOG_INFO, MESSAGE_GRANTED);
	audit_add_peer(&e, who);
	audit_add_lease(&e, l);
	entry_send(&e, "Lent %llu bytes of p2pmem%u to uid %u (pid %d), charged to %s by rule %s.",
		   (unsigned long long)l->size, l->region, (unsigned int)who->uid, (int)who->pid,
		   l->tenant, l->rule);
}

void audit_refused(struct audit *a, const struct peer *who, const char *method,
		   const struct answer *answer)
{
	struct audit_refusal refusal;
	struct entry e;

	if (!audit_refusal_of(answer, &refusal) ||
	    !passes(a, AUDIT_REFUSALS, peer_charged_uid(who), 0))
		return;
	entry_begin(&e, LOG_NOTICE, MESSAGE_REFUSED);
	audit_add_peer(&e, who);
	audit_add_refusal(&e, method, &refusal);
	entry_send(&e, "Refused %s to uid %u (pid %d): %s%s%s.", audit_last_word(method),
		   (unsigned int)who->uid, (int)who->pid, refusal.error,
		   *refusal.reason ? ", " : "", refusal.reason);
}

static const struct {
	const char *reason;
	const char *text;
} ends[] = {
	[AUDIT_NOTICE] = { "notice", "Gave notice of the end" },
	[AUDIT_REVOKED] = { "asked", "Revoked, as was asked for" },
	[AUDIT_DEADLINE] = { "deadline", "Revoked after the notice" },
	[AUDIT_DRAIN] = { "drain", "Revoked for a drain" },
	[AUDIT_BY_DRIVER] = { "driver", "Revoked by the driver, as when a device is taken out" },
};

const char *audit_end_name(enum audit_end why)
{
	return ends[why].reason;
}

void audit_revoked(struct audit *a, const struct peer *who, const struct lease *l,
		   enum audit_end why)
{
	char id[LEASE_ID_MAX];
	struct entry e;

	/* What nobody asks for happens once to each lease. */
	if (!passes(a, AUDIT_REVOCATIONS, who ? peer_charged_uid(who) : 0, l->size))
		return;
	entry_begin(&e, LOG_NOTICE, why == AUDIT_NOTICE ? MESSAGE_NOTICE : MESSAGE_REVOKED);
	audit_add_peer(&e, who);
	audit_add_lease(&e, l);
	entry_text(&e, "P2PMEM_REASON", ends[why].reason);
	entry_send(&e, "%s: lease %s of %s, %llu bytes of p2pmem%u.", ends[why].text,
		   lease_id(l, id), l->tenant, (unsigned long long)l->size, l->region);
}

/* ---- regions and policy ------------------------------------------------ */

void audit_drain(const struct peer *who, const struct p2pmem_pci_address *provider,
		 enum audit_drain what)
{
	static const struct {
		const char *id;
		const char *text;
	} known[] = {
		[AUDIT_DRAIN_BEGUN] = { MESSAGE_DRAINING, "nothing more is lent from it" },
		[AUDIT_DRAIN_EMPTY] = { MESSAGE_DRAINED,
					"it is drained and empty: its device can be taken out" },
		[AUDIT_DRAIN_ENDED] = { MESSAGE_UNDRAINED, "memory is lent from it again" },
	};
	char address[PCI_ADDRESS_MAX];
	struct entry e;

	pci_address_format(provider, address);
	entry_begin(&e, LOG_NOTICE, known[what].id);
	audit_add_peer(&e, who);
	entry_text(&e, "P2PMEM_PROVIDER", address);
	if (who)
		entry_send(&e, "The region of %s: %s, by uid %u (pid %d).", address,
			   known[what].text, (unsigned int)who->uid, (int)who->pid);
	else
		entry_send(&e, "The region of %s: %s.", address, known[what].text);
}

void audit_policy_loaded(const struct peer *who, size_t rules)
{
	struct entry e;

	entry_begin(&e, rules > 0 ? LOG_INFO : LOG_WARNING, MESSAGE_POLICY_LOADED);
	audit_add_peer(&e, who);
	entry_number(&e, "P2PMEM_COUNT", rules);
	if (rules == 0)
		entry_send(&e, "The policy has no rules, so nothing is lent but to root; see "
			       "p2pmem.policy(5).");
	else
		entry_send(&e, "The policy has %zu rule%s.", rules, rules == 1 ? "" : "s");
}

void audit_policy_invalid(const struct peer *who, const char *problem, size_t mistakes,
			  bool had_one)
{
	struct entry e;

	entry_begin(&e, LOG_ERR, MESSAGE_POLICY_INVALID);
	audit_add_peer(&e, who);
	entry_number(&e, "P2PMEM_COUNT", mistakes);
	entry_text(&e, "P2PMEM_REASON", problem);
	entry_send(&e, "The policy has %zu mistake%s, so %s.", mistakes, mistakes == 1 ? "" : "s",
		   had_one ? "the one before it stays in force" : "nothing is lent but to root");
}
