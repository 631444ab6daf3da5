/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What p2pmemctl exits with. Scripts rely on the numbers: none is ever given
 * another meaning. After a signal it is 128 and the signal's number.
 */
#pragma once

enum ctl_status {
	STATUS_OK = 0,
	STATUS_FAILURE = 1,
	STATUS_USAGE = 2,
	STATUS_NO_DEVICE = 3,
	STATUS_NO_PATH = 4,
	STATUS_NOT_PERMITTED = 5,
	STATUS_NO_ROOM = 6,
	STATUS_NO_DAEMON = 7,
	STATUS_NO_DRIVER = 8,
	STATUS_IN_USE = 9,
	STATUS_HOLDS_DATA = 10,
	STATUS_OVERLAP = 11,
	STATUS_TOO_SMALL = 12,
	STATUS_DIFFERENT = 13,
	STATUS_IO = 14,
	STATUS_NO_KERNEL_SUPPORT = 15,
	STATUS_NO_HARDWARE = 16,
	STATUS_NO_DIRECT_IO = 17,
	STATUS_DOCTOR_WARNING = 18,
	STATUS_DOCTOR_FAILURE = 19,
	STATUS_DOCTOR_UNKNOWN = 20,
	STATUS_UNKNOWN = 21,
	STATUS_MAX,
	STATUS_SIGNAL = 128,
};

/* What --help and the man page say about one; NULL for a number that has none. */
const char *status_text(int status);
