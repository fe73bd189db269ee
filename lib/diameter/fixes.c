/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Functions that libfdcore and libfdproto call, in place of other libraries', in programs that link
 * this one: the linker exports them, because those refer to them, and a program's symbols come before a
 * library's. Without them libfdcore 1.2.1 can bring the process down, or is slow.
 */
#include <dlfcn.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "diameter/internal.h"

struct fd_peer; /* libfdcore's own */

static int (*real_bye)(gnutls_session_t session, gnutls_close_request_t how);
static int (*real_fifo_new)(struct fifo **queue, int max);
static int (*real_fifo_del)(struct fifo **queue);
static void (*real_next_timeout)(struct fd_peer *peer, int add_random, int delay);
static int (*real_rescode_set)(struct msg *answer, char *code, char *text, struct avp *failed,
			       int type);

/*
 * GnuTLS lets one thread send and one receive on a session at a time. libfdcore's receiving thread
 * breaks that: when the other side says good-bye it calls gnutls_bye, which sends, while another thread
 * may be sending the same good-bye or a message. The loser writes from memory that the winner has
 * freed. So this leaves out that one call, the only one that asks for both directions; libfdcore closes
 * the socket next, and that is good-bye enough.
 */
int gnutls_bye(gnutls_session_t session, gnutls_close_request_t how)
{
	return how == GNUTLS_SHUT_RDWR || !real_bye ? GNUTLS_E_SUCCESS : real_bye(session, how);
}

/*
 * A message goes through six threads of libfdcore, by queues that it bounds to 5 to 30 messages. A queue so
 * short makes the thread before it sleep after each handful, and most of the time of a pull is spent on
 * waking threads. In longer ones each thread finds work for a while, at the third of the CPU time a pull.
 * Bounded they stay: a peer that does not read holds up who sends to it, in the end.
 */
#define QUEUE_MIN 256

int fd_fifo_new(struct fifo **queue, int max)
{
	if (!real_fifo_new)
		return EINVAL;
	return real_fifo_new(queue, max > 0 && max < QUEUE_MIN ? QUEUE_MIN : max);
}

/*
 * When libfdproto deletes a queue, it wakes the threads that wait there and aborts the process if they
 * have not left after twenty sleeps of a millisecond, which they cannot on a machine that is busy. So
 * these sleeps get longer, to two seconds in all.
 */
#define FIRST_SLEEP_US 10000

static _Thread_local unsigned sleeps; /* of a deletion that is going on; 0: none */

int fd_fifo_del(struct fifo **queue)
{
	int rc = EINVAL;

	sleeps = 1;
	if (real_fifo_del)
		rc = real_fifo_del(queue);
	sleeps = 0;
	return rc;
}

int usleep(useconds_t us)
{
	if (sleeps > 0)
		us = FIRST_SLEEP_US * sleeps++;
	struct timespec time = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000L};
	return nanosleep(&time, NULL);
}

/*
 * libfdcore answers by itself what does not parse, with a copy of the AVP at fault. Of one without contents it
 * makes a copy that it cannot write, and closes the connection. So such an answer says the Result-Code alone.
 */
static bool is_without_contents(struct avp *avp)
{
	struct avp_hdr *header;
	size_t header_len;

	if (fd_msg_avp_hdr(avp, &header) || header->avp_value)
		return false;
	header_len = header->avp_flags & AVP_FLAG_VENDOR ? 12 : 8; /* RFC 6733 4.1 */
	return header->avp_len <= header_len;
}

int fd_msg_rescode_set(struct msg *answer, char *code, char *text, struct avp *failed, int type)
{
	if (!real_rescode_set)
		return EINVAL;
	if (failed && is_without_contents(failed))
		failed = NULL;
	return real_rescode_set(answer, code, text, failed, type);
}

/*
 * libfdcore spreads every wait over four seconds: that of the watchdog, as RFC 3539 3.4.1 has it, but the one
 * before it connects, too. So a try that is due at once is made at some time in four seconds, if the thread that
 * makes it was slow to start, and one that is due after two seconds likewise. Short waits are kept as they are.
 */
#define WATCHDOG_MIN_S 6

void fd_psm_next_timeout(struct fd_peer *peer, int add_random, int delay);

void fd_psm_next_timeout(struct fd_peer *peer, int add_random, int delay)
{
	if (real_next_timeout)
		real_next_timeout(peer, add_random && delay >= WATCHDOG_MIN_S, delay);
}

int diameter_fixes_start(void)
{
	void *bye = dlsym(RTLD_NEXT, "gnutls_bye");
	void *fifo_new = dlsym(RTLD_NEXT, "fd_fifo_new");
	void *fifo_del = dlsym(RTLD_NEXT, "fd_fifo_del");
	void *next_timeout = dlsym(RTLD_NEXT, "fd_psm_next_timeout");
	void *rescode_set = dlsym(RTLD_NEXT, "fd_msg_rescode_set");

	/* ISO C has no cast from void * to a pointer to a function. */
	memcpy(&real_bye, &bye, sizeof(bye));
	memcpy(&real_fifo_new, &fifo_new, sizeof(fifo_new));
	memcpy(&real_fifo_del, &fifo_del, sizeof(fifo_del));
	memcpy(&real_next_timeout, &next_timeout, sizeof(next_timeout));
	memcpy(&real_rescode_set, &rescode_set, sizeof(rescode_set));
	return real_bye && real_fifo_new && real_fifo_del && real_next_timeout && real_rescode_set
		       ? 0
		       : -ENOENT;
}
