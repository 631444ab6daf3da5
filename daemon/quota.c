/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "daemon/quota.h"

enum level {
	LEVEL_REGION,
	LEVEL_TENANT,
	LEVEL_UID,
};

struct key {
	struct p2pmem_pci_address provider;
	enum level level;
	const char *tenant; /* "" for a region */
	uid_t uid; /* 0 but for a uid */
};

/* What is charged to one account is in those above it as well. */
struct account {
	struct key key;
	struct accounts *accounts;
	struct account *above; /* NULL: a region's */
	struct usage usage;
	char tenant[];
};

static int order(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* Keys are the first member of accounts, so either is compared. */
static int compare(const void *left, const void *right)
{
	const struct key *a = left, *b = right;
	int r = order(a->provider.domain, b->provider.domain);

	if (r == 0)
		r = order(a->provider.bus, b->provider.bus);
	if (r == 0)
		r = order(a->provider.devfn, b->provider.devfn);
	if (r == 0)
		r = order(a->level, b->level);
	if (r == 0)
		r = order(a->uid, b->uid);
	return r == 0 ? strcmp(a->tenant, b->tenant) : r;
}

static struct account *find(const struct accounts *a, const struct key *key)
{
	struct account *const *node = tfind(key, &a->tree, compare);

	return node ? *node : NULL;
}

/* Frees those that nothing is charged to, from @account upwards. */
static void prune(struct account *account)
{
	while (account && account->usage.buffers == 0) {
		struct account *above = account->above;

		tdelete(account, &account->accounts->tree, compare);
		free(account);
		account = above;
	}
}

/* NULL when memory is short; then @above is pruned. */
static struct account *get(struct accounts *a, const struct key *key, struct account *above)
{
	_cleanup_free_ struct account *new = NULL;
	struct account *old = find(a, key);
	size_t length = strlen(key->tenant) + 1;

	if (old)
		return old;
	new = malloc(sizeof(*new) + length);
	if (!new) {
		prune(above);
		return NULL;
	}
	*new = (struct account){ .key = *key, .accounts = a, .above = above };
	memcpy(new->tenant, key->tenant, length);
	new->key.tenant = new->tenant;
	if (!tsearch(new, &a->tree, compare)) {
		prune(above);
		return NULL;
	}
	return take_ptr(new);
}

int charge_take(struct accounts *a, const char *tenant, uid_t uid,
		const struct p2pmem_pci_address *provider, uint64_t bytes, struct charge *ret)
{
	const struct key keys[] = {
		{ *provider, LEVEL_REGION, "", 0 },
		{ *provider, LEVEL_TENANT, tenant, 0 },
		{ *provider, LEVEL_UID, tenant, uid },
	};
	struct account *account = NULL;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		account = get(a, &keys[i], account);
		if (!account)
			return -ENOMEM;
	}
	*ret = (struct charge){ .account = account, .bytes = bytes };
	for (; account; account = account->above) {
		account->usage.bytes += bytes;
		account->usage.buffers++;
	}
	return 0;
}

void charge_release(struct charge *c)
{
	struct account *account = c->account;

	for (; account; account = account->above) {
		account->usage.bytes -= c->bytes;
		account->usage.buffers--;
	}
	prune(c->account);
	*c = (struct charge){};
}

static struct usage usage_of(const struct accounts *a, const struct key *key)
{
	const struct account *account = find(a, key);

	return account ? account->usage : (struct usage){};
}

struct usage accounts_region(const struct accounts *a, const struct p2pmem_pci_address *provider)
{
	return usage_of(a, &(struct key){ *provider, LEVEL_REGION, "", 0 });
}

struct usage accounts_tenant(const struct accounts *a, const struct p2pmem_pci_address *provider,
			     const char *tenant)
{
	return usage_of(a, &(struct key){ *provider, LEVEL_TENANT, tenant, 0 });
}

struct usage accounts_uid(const struct accounts *a, const struct p2pmem_pci_address *provider,
			  const char *tenant, uid_t uid)
{
	return usage_of(a, &(struct key){ *provider, LEVEL_UID, tenant, uid });
}

struct visit {
	int (*each)(const char *tenant, const struct p2pmem_pci_address *provider,
		    const struct usage *usage, void *userdata);
	void *userdata;
	int error;
};

static void visit_account(const void *node, VISIT when, void *closure)
{
	const struct account *account = *(const struct account *const *)node;
	struct visit *v = closure;

	if ((when != postorder && when != leaf) || v->error < 0 ||
	    account->key.level != LEVEL_TENANT)
		return;
	v->error = v->each(account->tenant, &account->key.provider, &account->usage, v->userdata);
}

int accounts_each_tenant(const struct accounts *a,
			 int (*each)(const char *tenant, const struct p2pmem_pci_address *provider,
				     const struct usage *usage, void *userdata),
			 void *userdata)
{
	struct visit v = { each, userdata, 0 };

	twalk_r(a->tree, visit_account, &v);
	return v.error < 0 ? v.error : 0;
}
