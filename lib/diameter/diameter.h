/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * diameter: libfreediameter, set up from the program's own YAML, and the typed requests and answers of
 * e2m.md 4 and of S6a/S6d (TS 29.272). No caller sees an AVP. One stack a process: freeDiameter keeps
 * global state.
 *
 * Order of calls: diameter_init, then diameter_serve_*, then diameter_start, ..., diameter_stop.
 * Handlers and completions run in freeDiameter's threads: they hand over and return.
 */
#ifndef DIAMETER_DIAMETER_H
#define DIAMETER_DIAMETER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "aka/aka.h"
#include "config/config.h"
#include "e2m/e2m.h"
#include "gtp/gtpc.h"
#include "gtp/pdp_address.h"

struct diameter_peer {
	char *identity; /* DiameterIdentity (a host name); its certificate must bear it */
	char *at;	/* the setting `address`: an IP address or a host name */
	struct config_address address; /* the address, if at is an IP address; otherwise family 0 */
	char *host;	   /* the name, if at is a host name: resolved at each try to connect */
	const char *where; /* place of the setting; NULL: unknown */
	uint16_t port;	   /* 5868 (TLS) by default */
};			   /* Without address and host, the peer connects to this program. */

/* The `diameter:` mapping of every program. */
struct diameter_config {
	char *identity;
	char *realm;
	struct config_address listen; /* family 0: do not listen */
	uint16_t listen_port;	      /* TLS */
	char *tls_certificate;	      /* PEM files: lib/tls says what is in them */
	char *tls_key;
	char *tls_ca;
	/* The places of these settings in the configuration, as fault texts begin ("hse.yaml:7:9:
	 * diameter.tls.key"). NULL: unknown. Set by diameter_config_check. */
	const char *where_certificate, *where_key, *where_ca, *where_listen;
	struct diameter_peer *peers; /* all there are: others are refused */
	size_t peers_count;
	uint32_t connect_interval_s; /* Tc of RFC 6733 2.1: wait between tries to connect */
	uint32_t watchdog_s;	     /* Tw of RFC 3539; at least 6 */
	uint32_t worker_threads;     /* freeDiameter's dispatch threads */
};

extern const struct diameter_config diameter_default_config;
extern const struct config_field diameter_config_fields[];

/*
 * Checks what the table cannot check: invalid DiameterIdentities, duplicate peers, and peers that
 * neither side connects to. Makes the names of TLS files relative to the folder of file. Reports at
 * path ("diameter") of file. Returns true if all is well. config keeps pointers into file.
 */
bool diameter_config_check(struct diameter_config *config, struct config_file *file,
			   const char *path, FILE *errors);

/* Compares without regard to case, because identities are host names. */
bool diameter_config_has_peer(const struct diameter_config *config, const char *identity);
/* The identity at path of file must be a peer. If no peer has it, this reports the error with a
 * suggestion and returns false. */
bool diameter_config_check_name(const struct diameter_config *config,
				const struct config_file *file, const char *path,
				const char *identity, FILE *errors);

/*
 * Checks outside resources for --check: certificate, key and CA are valid, host names of peers
 * resolve, and the listening address can be used. Reports each fault at its place in file. Returns
 * true if there is none. Reads files. Call it after diameter_config_check.
 */
bool diameter_config_check_outside(const struct diameter_config *config,
				   const struct config_file *file, const char *path, FILE *errors);

/*
 * Starts libfdcore with config (through a memfd, so nothing is written to disk) and registers the
 * dictionary of e2m.md 4 with numbers. Takes over libfdcore's log: log gets the lines, on any
 * thread. The lines hold no keys. An error that repeats within a minute is not passed on as an
 * error. Plain TCP is refused: every connection is TLS 1.2 or 1.3 with certificates of both sides.
 * No outside resource is read or opened yet, so only lack of memory and the like make it fail. From
 * here on libfdcore's threads run on the caller's CPUs (sched_setaffinity), and SIGPIPE is ignored.
 * config and numbers are copied. Call it once per process.
 */
typedef void (*diameter_log)(bool is_error, const char *line);
int diameter_init(const struct diameter_config *config, const struct e2m_numbers *numbers,
		  diameter_log log);

/*
 * Called for missing outside resources. subject is the setting ("diameter.tls.key",
 * "diameter.listen"). text begins with the place in the configuration and says what is wrong; NULL:
 * the fault is repaired. The call repeats at each try, about every second. Any thread. Set it
 * before diameter_start. If it is not set, faults are logged as errors.
 */
typedef void (*diameter_fault)(const char *subject, const char *text);
void diameter_watch_faults(diameter_fault fault);

/*
 * Loads the certificates, opens the socket and starts to connect to the peers. -EINVAL: one of
 * these failed, and the fault was reported. Reads files. From here on a thread watches the
 * certificates. It warns 30, 7 and 1 days before one expires. When one has expired, the thread
 * reads the files again until they are valid.
 */
int diameter_start(void);

/*
 * Same for a program that must start in any case. Missing outside resources are reported, and tried
 * again every second until they are there. Until then requests get -EHOSTUNREACH, and
 * diameter_peer_why gives the reason. Does not wait for any outside resource.
 */
int diameter_start_in_any_case(void);

/*
 * From now on new connections use the certificate, key and CA of config. Open connections keep
 * theirs. If one of the three is wrong, each fault is logged with its place in the configuration,
 * nothing changes, and -EINVAL is returned. Reads files: do not call it on a thread that must not
 * wait. Call it after diameter_start. config->identity must be that of diameter_init.
 */
int diameter_reload_certificates(const struct diameter_config *config);

/* Says good-bye to the peers (DPR) and stops all threads. Requests on their way complete with
 * DIAMETER_UNREACHABLE before it returns. */
void diameter_stop(void);

/* True while the peer of that identity is in state OPEN. */
bool diameter_peer_is_open(const char *identity);
/* Why the peer is not connected, for people: "TLS: its certificate expired on ...". It is the
 * reason of the last try. "" while the connection is open. Any thread. */
void diameter_peer_why(const char *identity, char *text, size_t size);

/* Called whenever a peer opens or closes, within a tenth of a second, from a thread of the library.
 * May be NULL. Set before diameter_start. */
typedef void (*diameter_peer_changed)(const char *identity, bool open);
void diameter_watch_peers(diameter_peer_changed changed);

/* How many answers came that nobody waits for: too late, a second time, or to what was never asked. */
uint64_t diameter_unexpected_answers(void);

/* --- key pull, e2m.md 4, steps 7 and 8 --- */

struct diameter_key_request {
	struct e2m_imsi imsi;
	struct e2m_keyset_id id;
	char origin_host[256]; /* server side: who asks, as its certificate says */
	/* Whom a KMS asks for, which goes as Route-Record (RFC 6733 6.7.1); "": it is no KMS that asks. */
	char on_behalf_of[256];
};

/* The outcomes of the table in e2m.md 4, and what can go wrong below it. */
enum diameter_key_outcome {
	DIAMETER_KEY_FOUND,
	DIAMETER_KEY_USER_UNKNOWN,   /* 10415/5001 */
	DIAMETER_KEY_NOT_AVAILABLE,  /* 32473/5001 */
	DIAMETER_KEY_NOT_AUTHORIZED, /* 5003 */
	DIAMETER_KEY_TOO_BUSY,	     /* 3004 */
	DIAMETER_KEY_UNREACHABLE,    /* no peer, connection lost, or not sent */
	DIAMETER_KEY_TIMEOUT,	     /* no answer in time */
	DIAMETER_KEY_BAD_ANSWER,     /* answered, but not as e2m.md 4 says; detail says how */
	DIAMETER_KEY_REFUSED,	     /* any other Result-Code; in detail */
};

/* What is wrong with a BAD_ANSWER, or a REFUSED one. */
#define DIAMETER_KEY_FAULTS(X)                                                               \
	X(NONE, "none")                                                                      \
	X(UNPARSED, "unparsed")			/* also a mandatory AVP that is not known */ \
	X(NO_RESULT, "no_result")		/* or more than one */                       \
	X(OTHER_RESULT, "other_result")		/* a code that is not in the table */        \
	X(OTHER_REQUEST, "other_request")	/* the Session-Id is not the request's */    \
	X(OTHER_SUBSCRIBER, "other_subscriber") /* the User-Name is another's */             \
	X(KEY_LENGTH, "key_length")                                                          \
	X(TWICE, "avp_twice")                                                                \
	X(INCOMPLETE, "incomplete") /* success, but an AVP is missing */                     \
	X(ALGORITHM, "algorithm")   /* unknown, or they do not go together */

enum diameter_key_fault {
#define X(symbol, name) DIAMETER_KEY_FAULT_##symbol,
	DIAMETER_KEY_FAULTS(X)
#undef X
		DIAMETER_KEY_FAULT_COUNT
};

/* "unparsed", ...: the names of counters. */
const char *diameter_key_fault_name(enum diameter_key_fault fault);

struct diameter_key_answer {
	enum diameter_key_outcome outcome;
	enum diameter_key_fault fault;
	struct e2m_keyset keyset; /* FOUND only; the receiver wipes its copy */
	enum e2m_eea ciphering;	  /* FOUND only */
	enum e2m_eia integrity;	  /* FOUND only */
	uint32_t lifetime_s;	  /* 0: until the keyset is replaced */
	char detail[96];	  /* for people; no keys */
};

typedef void (*diameter_key_answered)(void *arg, const struct diameter_key_answer *answer);

/*
 * Sends an EKR to destination_host (NULL: any peer of destination_realm). answered is called exactly
 * once if 0 is returned, never otherwise, and in time also when the peer hangs. Never blocks.
 * -EHOSTUNREACH: destination_host (NULL: every peer) is not open. -ENOBUFS: too many requests are on
 * their way (DIAMETER_REQUESTS_MAX). -EINVAL: the IMSI, the id or on_behalf_of is none. -ENOMEM.
 */
#define DIAMETER_REQUESTS_MAX 65536
int diameter_send_key_request(const char *destination_host, const char *destination_realm,
			      const struct diameter_key_request *request, uint32_t timeout_ms,
			      diameter_key_answered answered, void *arg);

/*
 * Hosts that answer the same pulls: front ends of one HSS, say. Each pull goes to one of them that is
 * open, in turn. When that does not serve (its connection breaks, it is busy, it does not answer in half of
 * the time that is left, or not as e2m.md 4 says), another is asked within the same time-out. A host that
 * was silent is asked last, for a time that doubles up to a minute. What it does not have another has not
 * either: such answers are final.
 */
struct diameter_hosts;

/* count: 0 to DIAMETER_HOSTS_MAX; none: any peer of the realm, chosen by libfdcore. names and realm are
 * copied. NULL: no memory. */
#define DIAMETER_HOSTS_MAX 16
struct diameter_hosts *diameter_hosts_new(const char *realm, char *const *names, size_t count);
/* When nothing that was asked is on its way any more: after diameter_stop. */
void diameter_hosts_free(struct diameter_hosts *hosts);

/* As diameter_send_key_request. -EHOSTUNREACH: none of them is open. */
int diameter_hosts_ask(struct diameter_hosts *hosts, const struct diameter_key_request *request,
		       uint32_t timeout_ms, diameter_key_answered answered, void *arg);
/* Why no host can be asked, for people: "hss.home.example is not connected: ..."; "": at least one
 * can. */
void diameter_hosts_why(const struct diameter_hosts *hosts, char *text, size_t size);
/* How often another host was asked because one did not serve. */
uint64_t diameter_hosts_failovers(const struct diameter_hosts *hosts);

/*
 * Server: handler fills answer (FOUND, USER_UNKNOWN, NOT_AVAILABLE, NOT_AUTHORIZED or TOO_BUSY; else
 * 5012 is sent) and may run in several threads at once. The answer is wiped after sending. Malformed
 * requests are answered here without calling it: 5005 and 5009 as e2m.md 4 says, 5004 for an IMSI or a
 * Route-Record that is none, 5014 for a RAND or E2M-SQN of wrong length, and 5003 when Origin-Host is not
 * the peer that its certificate says. on_behalf_of is what the peer says, and worth what the peer is.
 * Call between diameter_init and diameter_start.
 */
typedef void (*diameter_key_handler)(void *arg, const struct diameter_key_request *request,
				     struct diameter_key_answer *answer);
int diameter_serve_keys(diameter_key_handler handler, void *arg);

/*
 * The same for a server that may have to ask somebody else first: it is given asked, and for each one
 * calls diameter_answer_key exactly once, from any thread, within the call or later, but before
 * diameter_stop returns. Besides the outcomes above, UNREACHABLE and TIMEOUT may be answered: 3002 is
 * sent, which says that asking again makes sense.
 */
struct diameter_asked;
typedef void (*diameter_key_taker)(void *arg, const struct diameter_key_request *request,
				   struct diameter_asked *asked);
int diameter_serve_keys_later(diameter_key_taker taker, void *arg);
void diameter_answer_key(struct diameter_asked *asked, const struct diameter_key_answer *answer);

/* --- session notifications of a GGSN or P-GW, e2m.md 4, step 6 --- */

/* The values of E2M-Session-Event. */
enum diameter_session_event {
	DIAMETER_SESSION_ACTIVATE = 0,
	DIAMETER_SESSION_UPDATE = 1,
	DIAMETER_SESSION_DELETE = 2,
};

struct diameter_tunnel {
	uint32_t teid;		   /* never 0 */
	struct config_address gsn; /* who receives on it; family 0: the tunnel is not given */
};

struct diameter_notification {
	enum diameter_session_event event;
	struct e2m_imsi imsi;
	uint8_t nsapi;		     /* 5 to 15 */
	uint8_t key_id;		     /* 1 to 7 */
	struct e2m_keyset_id keyset; /* type 0: not given */
	struct diameter_tunnel uplink, downlink;
	struct pdp_address address; /* versions that are not given are PDP_UNBOUND */
	uint8_t apn_len;	    /* 0: not given */
	uint8_t apn[GTP_APN_MAX];   /* labels, as gtp_apn_write writes them */
	/* Networks behind the UE. A list that is given replaces the session's. */
	uint8_t lists; /* bit of each enum pdp_network_list that is given */
	uint8_t networks_count;
	struct pdp_network networks[PDP_NETWORKS_MAX];
	char origin_host[256]; /* server side: who notifies, as its certificate says */
};

enum diameter_notification_outcome {
	DIAMETER_NOTIFICATION_DONE,	      /* 2001: the HSE has done so */
	DIAMETER_NOTIFICATION_UNKNOWN,	      /* 5002 UNKNOWN_SESSION_ID */
	DIAMETER_NOTIFICATION_NOT_AUTHORIZED, /* 5003 */
	DIAMETER_NOTIFICATION_INVALID,	      /* 5004 INVALID_AVP_VALUE: for this session */
	DIAMETER_NOTIFICATION_NO_ROOM,	      /* 5006 RESOURCES_EXCEEDED */
	DIAMETER_NOTIFICATION_TOO_BUSY,	      /* 3004 */
	DIAMETER_NOTIFICATION_UNREACHABLE,    /* no peer, connection lost, or not sent */
	DIAMETER_NOTIFICATION_TIMEOUT,
	DIAMETER_NOTIFICATION_BAD_ANSWER, /* answered, but not as e2m.md 4 says */
	DIAMETER_NOTIFICATION_REFUSED,	  /* any other Result-Code */
};

/* What is wrong with a notification that is refused without anybody being asked. */
#define DIAMETER_NOTIFICATION_FAULTS(X)                                                            \
	X(UNPARSED, "unparsed") /* refused by libfdcore: what every request needs is missing or */ \
	/* doubled, a fixed length is wrong, an AVP is mandatory and unknown */                    \
	X(ORIGIN_HOST, "origin_host") /* is not the peer that its certificate says */              \
	X(IMSI, "imsi")		      /* the User-Name is none */                                  \
	X(MISSING, "missing_avp")                                                                  \
	X(TWICE, "avp_twice")                                                                      \
	X(RAND_AND_SQN, "rand_and_sqn")                                                            \
	X(NAME_LENGTH, "name_length") /* of RAND or E2M-SQN */                                     \
	X(EVENT, "event")	      /* not in the list */                                        \
	X(NSAPI, "nsapi")                                                                          \
	X(KEY_ID, "key_id")                                                                        \
	X(TEID, "teid")		      /* 0 */                                                      \
	X(ADDRESS, "address")	      /* neither IPv4 nor IPv6, or none */                         \
	X(SAME_TUNNEL, "same_tunnel") /* uplink and downlink are one */                            \
	X(PDP_ADDRESS, "pdp_address") /* not an address that a UE can have */                      \
	X(APN, "apn")                                                                              \
	X(ROUTE, "route")		      /* not as RFC 7155 writes it, or a default route */  \
	X(TOO_MANY_ROUTES, "too_many_routes") /* and delegated prefixes */

enum diameter_notification_fault {
#define X(symbol, name) DIAMETER_NOTIFICATION_FAULT_##symbol,
	DIAMETER_NOTIFICATION_FAULTS(X)
#undef X
		DIAMETER_NOTIFICATION_FAULT_COUNT
};

/* "unparsed", ...: the names of counters; and how many there were of each. */
const char *diameter_notification_fault_name(enum diameter_notification_fault fault);
uint64_t diameter_notification_faults(enum diameter_notification_fault fault);

/* As diameter_send_key_request. detail: for people. */
typedef void (*diameter_notification_answered)(void *arg,
					       enum diameter_notification_outcome outcome,
					       const char *detail);
int diameter_send_notification(const char *destination_host, const char *destination_realm,
			       const struct diameter_notification *notification,
			       uint32_t timeout_ms, diameter_notification_answered answered,
			       void *arg);

/*
 * Server: taker is given each notification that is as e2m.md 4 says, and asked, for which
 * diameter_answer_notification is called exactly once, from any thread, within the call or later, but
 * before diameter_stop. taker may run in several threads at once. ACTIVATE has a keyset and both tunnels;
 * UPDATE and DELETE have what the GGSN gave. Others are answered here, with the Result-Code and the
 * Failed-AVP of RFC 6733 7, and counted by their fault. Call between diameter_init and diameter_start.
 */
typedef void (*diameter_notification_taker)(void *arg,
					    const struct diameter_notification *notification,
					    struct diameter_asked *asked);
int diameter_serve_notifications(diameter_notification_taker taker, void *arg);
/* DONE, UNKNOWN, NOT_AUTHORIZED, INVALID, NO_ROOM or TOO_BUSY; else 5012 is sent. Never blocks. */
void diameter_answer_notification(struct diameter_asked *asked,
				  enum diameter_notification_outcome outcome);

/* --- authentication vectors, TS 29.272 5.2.3.1, one vector a request --- */

struct diameter_auth_request {
	struct e2m_imsi imsi;
	enum aka_system system; /* UMTS: UTRAN vector for an SGSN; EPS: E-UTRAN vector for an MME */
	uint8_t visited_plmn[AKA_SN_ID_LEN];
	bool resynchronise; /* Re-Synchronization-Info: rand || auts */
	uint8_t rand[E2M_RAND_LEN];
	uint8_t auts[AKA_AUTS_LEN];
	char origin_host[256]; /* server side: who asks, as its certificate says */
};

enum diameter_auth_outcome {
	DIAMETER_AUTH_OK,
	DIAMETER_AUTH_USER_UNKNOWN,	/* 10415/5001 */
	DIAMETER_AUTH_DATA_UNAVAILABLE, /* 10415/4181 */
	DIAMETER_AUTH_NOT_AUTHORIZED,	/* 5003 */
	DIAMETER_AUTH_UNREACHABLE,
	DIAMETER_AUTH_TIMEOUT,
	DIAMETER_AUTH_BAD_ANSWER,
	DIAMETER_AUTH_REFUSED,
};

struct diameter_auth_answer {
	enum diameter_auth_outcome outcome;
	/* The vector; its keyset member is never sent and stays zero on the client. */
	struct aka_vector vector;
	char detail[96];
};

/* As diameter_send_key_request. */
typedef void (*diameter_auth_answered)(void *arg, const struct diameter_auth_answer *answer);
int diameter_send_auth_request(const char *destination_host, const char *destination_realm,
			       const struct diameter_auth_request *request, uint32_t timeout_ms,
			       diameter_auth_answered answered, void *arg);

/* As diameter_serve_keys. handler fills answer with OK, USER_UNKNOWN, DATA_UNAVAILABLE or
 * NOT_AUTHORIZED. One vector is given, whatever number was asked for. */
typedef void (*diameter_auth_handler)(void *arg, const struct diameter_auth_request *request,
				      struct diameter_auth_answer *answer);
int diameter_serve_auth(diameter_auth_handler handler, void *arg);

#endif
