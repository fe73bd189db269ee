/* SPDX-License-Identifier: BSD-3-Clause */
/* One hse a wire: who has the lock, and when it ends. Two users are in test/e2e/two_on_one_wire.sh. */
#include "wire_lock.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static struct device device;
static struct wire_lock lock, other;
static pid_t holder;
static const char *what;

/* A name that no other run of this test has. */
static const struct device *own_device(void)
{
	char text[64];

	snprintf(text, sizeof(text), "net_af_packet0,iface=u%d", (int)getpid());
	device_read(text, &device);
	return &device;
}

static void a_second_is_refused_and_told_by_whom(void)
{
	CU_ASSERT_EQUAL(wire_lock_take(&lock, own_device(), &holder, &what), 0);
	CU_ASSERT_EQUAL(wire_lock_take(&other, &device, &holder, &what), -EBUSY);
	CU_ASSERT_EQUAL(holder, getpid());
	CU_ASSERT_STRING_EQUAL(what, device.interfaces[0]);
	CU_ASSERT_EQUAL(other.count, 0);
	wire_lock_release(&lock);
}

static void a_released_lock_can_be_taken(void)
{
	CU_ASSERT_EQUAL(wire_lock_take(&lock, own_device(), &holder, &what), 0);
	wire_lock_release(&lock);
	CU_ASSERT_EQUAL(wire_lock_take(&other, &device, &holder, &what), 0);
	wire_lock_release(&other);
}

static void what_is_held_in_part_is_released(void)
{
	struct device both;
	char text[64];

	snprintf(text, sizeof(text), "net_pcap0,rx_iface=free%d,tx_iface=u%d",
		 (int)getpid() % 10000, (int)getpid());
	device_read(text, &both);
	CU_ASSERT_EQUAL(wire_lock_take(&lock, own_device(), &holder, &what), 0);
	CU_ASSERT_EQUAL(wire_lock_take(&other, &both, &holder, &what), -EBUSY);
	CU_ASSERT_STRING_EQUAL(what, both.interfaces[1]);
	wire_lock_release(&lock);
	CU_ASSERT_EQUAL(wire_lock_take(&other, &both, &holder, &what), 0);
	wire_lock_release(&other);
}

static void an_interface_is_locked_under_all_its_names(void)
{
	struct device loopback, renamed;

	/* By the index, as it would be after `ip link set lo name other`. */
	device_read("net_af_packet0,iface=lo", &loopback);
	CU_ASSERT_EQUAL_FATAL(wire_lock_take(&lock, &loopback, &holder, &what), 0);
	CU_ASSERT_EQUAL(lock.count, 2);
	close(lock.fds[0]); /* that of the name */
	renamed = loopback;
	CU_ASSERT_EQUAL(wire_lock_take(&other, &renamed, &holder, &what), -EBUSY);
	close(lock.fds[1]);
}

/* The child takes the lock and is then killed. */
static void a_crash_ends_it(void)
{
	int ready[2];
	char c;
	pid_t child;

	own_device();
	if (pipe(ready) != 0)
		abort();
	child = fork();
	if (child == 0) {
		if (wire_lock_take(&lock, &device, &holder, &what) == 0 &&
		    write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	CU_ASSERT_EQUAL_FATAL(read(ready[0], &c, 1), 1);
	CU_ASSERT_EQUAL(wire_lock_take(&other, &device, &holder, &what), -EBUSY);
	CU_ASSERT_EQUAL(holder, child);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	CU_ASSERT_EQUAL(wire_lock_take(&other, &device, &holder, &what), 0);
	wire_lock_release(&other);
	close(ready[0]);
}

/* Each refused start leaves a connection that waits: a service manager may try for days. */
static void it_is_seen_however_often_it_was_looked_at(void)
{
	CU_ASSERT_EQUAL(wire_lock_take(&lock, own_device(), &holder, &what), 0);
	for (unsigned i = 0; i < 2 * SOMAXCONN; i++) {
		if (i % 100 == 0)
			wire_lock_answer(&lock);
		if (wire_lock_take(&other, &device, &holder, &what) != -EBUSY) {
			CU_FAIL("the lock was no longer seen");
			break;
		}
	}
	wire_lock_release(&lock);
}

/* hse may have become another user, whose lock root's next hse would not respect. */
static void a_name_stays_locked_when_its_interface_is_made_again(void)
{
	struct device loopback;
	int of_name;

	device_read("net_af_packet0,iface=lo", &loopback);
	CU_ASSERT_EQUAL_FATAL(wire_lock_take(&lock, &loopback, &holder, &what), 0);
	of_name = lock.fds[0];
	CU_ASSERT_EQUAL(wire_lock_follow(&lock, &loopback, &holder, &what), 0);
	CU_ASSERT_EQUAL(lock.count, 2);
	CU_ASSERT_EQUAL(lock.fds[0], of_name);
	CU_ASSERT_EQUAL(wire_lock_take(&other, &loopback, &holder, &what), -EBUSY);
	/* The index, too. */
	close(lock.fds[0]);
	CU_ASSERT_EQUAL(wire_lock_take(&other, &loopback, &holder, &what), -EBUSY);
	close(lock.fds[1]);
}

/* While a local user connects without end, the thread of the links has other things to do as well. */
static void a_flood_of_looks_is_answered_in_parts(void)
{
	static int fds[WIRE_LOCK_ANSWERS + 10];
	struct sockaddr_un address;
	socklen_t len = sizeof(address);
	unsigned answered = 0;

	CU_ASSERT_EQUAL_FATAL(wire_lock_take(&lock, own_device(), &holder, &what), 0);
	CU_ASSERT_EQUAL_FATAL(getsockname(lock.fds[0], (struct sockaddr *)&address, &len), 0);
	for (unsigned i = 0; i < WIRE_LOCK_ANSWERS + 10; i++) {
		fds[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		CU_ASSERT_EQUAL_FATAL(connect(fds[i], (struct sockaddr *)&address, len), 0);
	}
	wire_lock_answer(&lock);
	for (unsigned i = 0; i < WIRE_LOCK_ANSWERS + 10; i++) {
		char c;

		answered += recv(fds[i], &c, 1, 0) == 0; /* else EAGAIN */
		close(fds[i]);
	}
	CU_ASSERT_EQUAL(answered, WIRE_LOCK_ANSWERS);
	wire_lock_release(&lock);
}

UNIT_MAIN("wire-lock",
	  {"a_name_stays_locked_when_its_interface_is_made_again",
	   a_name_stays_locked_when_its_interface_is_made_again},
	  {"a_flood_of_looks_is_answered_in_parts", a_flood_of_looks_is_answered_in_parts},
	  {"a_second_is_refused_and_told_by_whom", a_second_is_refused_and_told_by_whom},
	  {"a_released_lock_can_be_taken", a_released_lock_can_be_taken},
	  {"what_is_held_in_part_is_released", what_is_held_in_part_is_released},
	  {"an_interface_is_locked_under_all_its_names",
	   an_interface_is_locked_under_all_its_names},
	  {"a_crash_ends_it", a_crash_ends_it},
	  {"it_is_seen_however_often_it_was_looked_at", it_is_seen_however_often_it_was_looked_at})
