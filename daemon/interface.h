/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of docs/io.p2pmem.Broker.varlink, put into a string by the build. */
#pragma once

extern const char broker_interface_description[];
