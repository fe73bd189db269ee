/* SPDX-License-Identifier: BSD-3-Clause */
#include <signal.h>

#include "program/program.h"

/* Signals that end or stop a process by default, except SIGTERM, SIGINT, SIGHUP, SIGTSTP, and
 * signals for its own faults. */
static const int ending[] = {SIGQUIT, SIGUSR1,	 SIGUSR2, SIGALRM, SIGPIPE, SIGVTALRM, SIGPROF,
			     SIGIO,   SIGSTKFLT, SIGPWR,  SIGXCPU, SIGXFSZ, SIGTTIN,   SIGTTOU};

/* Ignores the signal, unless it is blocked to be read, or a library has a handler for it. */
static void ignore(const sigset_t *blocked, int number)
{
	struct sigaction action;

	if (!sigismember(blocked, number) && sigaction(number, NULL, &action) == 0 &&
	    !(action.sa_flags & SA_SIGINFO) && action.sa_handler == SIG_DFL)
		signal(number, SIG_IGN);
}

static void ignore_ending(const sigset_t *blocked)
{
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		ignore(blocked, ending[i]);
}

void program_ignore_signals(void)
{
	sigset_t blocked;

	pthread_sigmask(SIG_BLOCK, NULL, &blocked);
	ignore_ending(&blocked);
	for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
		ignore(&blocked, number);
}

void program_take_signals(const int *numbers, size_t count, sigset_t *taken)
{
	sigemptyset(taken);
	for (size_t i = 0; i < count; i++)
		sigaddset(taken, numbers[i]);
	pthread_sigmask(SIG_BLOCK, taken, NULL);
	/* An ignored signal never becomes pending, and the parent may have set it to ignored. */
	for (size_t i = 0; i < count; i++)
		signal(numbers[i], SIG_DFL);
	ignore_ending(taken);
}
