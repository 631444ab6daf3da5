/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the journal's entries are known by (MESSAGE_ID=). Each has a text in
 * systemd/p2pmem.catalog, which says what it means and what to do.
 */
#pragma once

#define MESSAGE_GRANTED "8d38cc74582a4ffcb75d8b2d67dd5d07"
#define MESSAGE_REFUSED "3c95b5673d4a4a049c99095adbb768b2"
#define MESSAGE_NOTICE "cc0106e6bbb54c9880b1669e2d62d785"
#define MESSAGE_REVOKED "ac54763f8d354847b85f97c0697408bb"
#define MESSAGE_LEFT_OUT "96283662f64b4777a84cb982f0b01529"
#define MESSAGE_DRAINING "9a83f59fe9dc4ffe84679a8a4ac74590"
#define MESSAGE_DRAINED "9f1ac83da0e642dab9ad991be955178b"
#define MESSAGE_UNDRAINED "4dee08d740a24e7cb9055b8e784238aa"
#define MESSAGE_POLICY_LOADED "c0e38e3e74e04f08bc32b8ba13716614"
#define MESSAGE_POLICY_INVALID "06079e2f53104e99bce7e12b7b62f044"
#define MESSAGE_DISAGREEMENT "2a15e8c8c201403f9369ab4d5926b7a7"
#define MESSAGE_STRANGER "12547452514c46aa93af073fe1924b09"
