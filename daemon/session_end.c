/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/session.h"

static const struct {
	const char *name;
	const char *text;
} ends[SESSION_ENDS] = {
	[SESSION_CLOSED] = { "closed", "it was closed" },
	[SESSION_FAILED] = { "failed", "it failed" },
	[SESSION_NO_MESSAGE] = { "noMessage", "what it sent was no call" },
	[SESSION_HALF_MESSAGE] = { "halfMessage", "it sent part of a message and no more" },
	[SESSION_UNREAD_REPLIES] = { "unreadReplies", "it did not read its replies" },
	[SESSION_UNREAD_DESCRIPTOR] = { "unreadDescriptor",
					"it did not read the reply with its buffer" },
	[SESSION_CROWDED_OUT] = { "crowdedOut",
				  "its user had the most connections, and others none" },
	[SESSION_REFUSED] = { "refused", "there was no room for it" },
};

const char *session_end_name(enum session_end end)
{
	return ends[end].name;
}

const char *session_end_text(enum session_end end)
{
	return ends[end].text;
}
