/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * GnuTLS lets one thread send and one receive on a session at a time. libfdcore's receiving thread
 * breaks that: when the other side says good-bye it calls gnutls_bye, which sends, while another thread
 * may be sending the same good-bye or a message. The loser writes from memory that the winner has freed.
 *
 * The gnutls_bye below takes the place of GnuTLS's in programs that link this library (the linker
 * exports it, because libfdcore refers to it, and a program's symbols come first). It leaves out that
 * one call, the only one that asks for both directions; libfdcore closes the socket next, and that is
 * good-bye enough.
 */
#include <dlfcn.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <string.h>

#include "diameter/internal.h"

static int (*real_bye)(gnutls_session_t session, gnutls_close_request_t how);

int gnutls_bye(gnutls_session_t session, gnutls_close_request_t how)
{
	return how == GNUTLS_SHUT_RDWR || !real_bye ? GNUTLS_E_SUCCESS : real_bye(session, how);
}

int diameter_tls_close_start(void)
{
	void *symbol = dlsym(RTLD_NEXT, "gnutls_bye");

	memcpy(&real_bye, &symbol, sizeof(symbol));
	return real_bye ? 0 : -ENOENT;
}
