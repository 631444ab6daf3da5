/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/session.h"

const char *session_end_name(enum session_end end)
{
	static const char *const names[SESSION_ENDS] = {
		[SESSION_CLOSED] = "closed",
		[SESSION_FAILED] = "failed",
		[SESSION_NO_MESSAGE] = "noMessage",
		[SESSION_HALF_MESSAGE] = "halfMessage",
		[SESSION_UNREAD_REPLIES] = "unreadReplies",
		[SESSION_UNREAD_DESCRIPTOR] = "unreadDescriptor",
		[SESSION_CROWDED_OUT] = "crowdedOut",
		[SESSION_REFUSED] = "refused",
	};

	return names[end];
}

const char *session_end_text(enum session_end end)
{
	static const char *const texts[SESSION_ENDS] = {
		[SESSION_CLOSED] = "it was closed",
		[SESSION_FAILED] = "it failed",
		[SESSION_NO_MESSAGE] = "what it sent was no call",
		[SESSION_HALF_MESSAGE] = "it sent part of a message and no more",
		[SESSION_UNREAD_REPLIES] = "it did not read its replies",
		[SESSION_UNREAD_DESCRIPTOR] = "it did not read the reply with its buffer",
		[SESSION_CROWDED_OUT] = "its user had the most connections, and others none",
		[SESSION_REFUSED] = "there was no room for it",
	};

	return texts[end];
}
