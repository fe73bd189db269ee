/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shared by the files of lib/diameter. Outside of this folder, only diameter.h is known.
 *
 *   conf.c        the YAML table, its checks, and the text that libfdcore reads instead of a file
 *   stack.c       start and stop
 *   log.c         libfdcore's log and hooks, turned into lines without message contents
 *   peers.c       the peers, and which of them are open
 *   identities.c  configured names that must be peers
 *   inbound.c     which peers may connect, and whether a certificate is valid
 *   credentials.c the certificate, key and CA of new connections
 *   handshake.c   one log line for each TLS failure
 *   upkeep.c      outside resources, tried until they are there
 *   listen.c      whether an address can be listened on
 *   resolve.c     peers by host name
 *   dictionary.c  the AVPs and commands of e2m.md 4 and TS 29.272
 *   avp.c         reading and writing AVPs and whole messages
 *   pending.c     requests on their way: each completes exactly once
 *   fixes.c       changes to libfdcore's behaviour
 *   key_pull.c    EKR and EKA, both sides
 *   notification.c  ESR and ESA, both sides
 *   notification_read.c    the AVPs of an ESR
 *   notification_framed.c  addresses, APN and routes in it, as RFC 7155 writes them
 *   hosts.c       pulls from one of several hosts, and from another if the first does not serve
 *   auth_info.c   AIR and AIA, both sides
 */
#ifndef DIAMETER_INTERNAL_H
#define DIAMETER_INTERNAL_H

#include <freeDiameter/freeDiameter-host.h>
#include <freeDiameter/libfdcore.h>

#include "diameter/diameter.h"
#include "tls/tls.h"

#define DIAMETER_VENDOR_3GPP	      10415
#define DIAMETER_APPLICATION_S6A      16777251
#define DIAMETER_COMMAND_NOTIFICATION 16777215 /* e2m.md 4: ESR and ESA */
#define DIAMETER_IDENTITY_MAX	      255      /* octets of a DiameterIdentity */
#define DIAMETER_AUTH_STATE_NONE      1	       /* NO_STATE_MAINTAINED, RFC 6733 8.11 */
#define DIAMETER_SUCCESS	      2001
#define DIAMETER_UNABLE_TO_DELIVER    3002
#define DIAMETER_TOO_BUSY	      3004
#define DIAMETER_UNKNOWN_SESSION      5002 /* UNKNOWN_SESSION_ID */
#define DIAMETER_REJECTED	      5003 /* AUTHORIZATION_REJECTED */
#define DIAMETER_INVALID_VALUE	      5004
#define DIAMETER_MISSING_AVP	      5005
#define DIAMETER_RESOURCES_EXCEEDED   5006
#define DIAMETER_TOO_MANY_TIMES	      5009 /* AVP_OCCURS_TOO_MANY_TIMES */
#define DIAMETER_UNABLE_TO_COMPLY     5012
#define DIAMETER_INVALID_LENGTH	      5014
#define DIAMETER_EXP_USER_UNKNOWN     5001 /* of 10415 */
#define DIAMETER_EXP_DATA_UNAVAILABLE 4181 /* of 10415 */
#define DIAMETER_EXP_KEYSET_MISSING   5001 /* of numbers.diameter_vendor */

/* --- conf.c --- */

/* The text that fd_core_parseconf reads, in a memfd; -errno. */
int diameter_conf_write(const struct diameter_config *config);
bool diameter_identity_is_valid(const char *identity);

/* --- log.c --- */

/* Takes over libfdcore's log, before fd_core_initialize. */
int diameter_log_start(diameter_log log);
enum diameter_log_phase {
	LOG_STARTING,
	LOG_RUNNING,
	LOG_STOPPING,
};
/* What counts as an error among libfdcore's lines depends on what it is doing. */
void diameter_log_phase(enum diameter_log_phase phase);
/* Takes over its hooks, whose defaults would write whole messages, keys and all, to the log. */
int diameter_hooks_start(void);
/* This thread has logged why its connection fails: libfdcore's next line about the failure is not
 * an error. */
void diameter_log_told(void);
void diameter_log_line(bool is_error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* --- peers.c --- */

int diameter_peers_start(const struct diameter_config *config);
/* Makes libfdcore connect to the peers that have an address. Call it once, when there are
 * credentials. */
void diameter_peers_connect(void);
/* Tells the watcher what has changed; called every tenth of a second. */
void diameter_peers_poll(void);
/* True when a request to host (NULL: to whoever) has a chance to leave. */
bool diameter_peers_can_reach(const char *host);
/* How often the peer has been seen to open; 0 for a host that is no peer. */
uint32_t diameter_peers_openings(const char *host);
bool diameter_peers_know(const char *identity);
/* The peer named in the certificate, or NULL. */
const char *diameter_peers_named_by(const gnutls_datum_t *der);
/* For a peer with a host name as address: the name, and the subject and place of its faults. NULL:
 * another kind of peer. */
struct diameter_peer_name {
	const char *host, *where;
	char subject[48];
};
const struct diameter_peer_name *diameter_peers_name(const char *identity);
/* Stores why a connection with a peer failed. A reason from TLS is kept for some seconds when
 * libfdcore adds its own. */
void diameter_peers_note(const char *identity, const char *reason, bool is_tls);
/* Stores one reason for all peers, or only for the peers that connect to this program. */
void diameter_peers_note_all(bool that_connect_to_us, const char *reason);
/* Has libfdcore send a request to its Destination-Host, when that is a peer, and to no other. */
int diameter_peers_route(void);
void diameter_peers_stop(void);

/* --- inbound.c --- */

int diameter_inbound_start(void);
/* Called by GnuTLS in the handshake. Checks that the peer's certificate is valid. If this side
 * connects, also checks that it names the peer. */
int diameter_inbound_verify(gnutls_session_t session);
/* The first message of a connection, a CER: makes libfdcore close the connection unless it may go on. */
void diameter_inbound_check(struct msg *message, const char *connection);
/* True when that was the last thing on this thread: what libfdcore says next of it is no news. */
bool diameter_inbound_has_refused(void);

/* --- credentials.c --- */

/* From now on new connections use these credentials. Takes ownership unless it fails: -ENOMEM. */
int diameter_credentials_take(gnutls_certificate_credentials_t credentials);
/* From now on new connections fail. */
void diameter_credentials_drop(void);
/* The identity that libfdcore connects to in this session; "" if the peer connects. NULL: not a
 * session of libfdcore. The buffer has DIAMETER_IDENTITY_MAX + 1 octets. */
char *diameter_tls_peer(gnutls_session_t session);

/* --- handshake.c --- */

/* Sets why the handshake on this thread is about to fail: reason for the log, alert for the
 * peer. */
void diameter_handshake_refuse(gnutls_alert_description_t alert, const char *reason);

/* --- dictionary.c --- */

struct diameter_dictionary {
	struct dict_object *e2m_application, *auth_application;
	struct dict_object *key_request, *notification_request, *auth_request; /* commands */
	/* RFC 6733 */
	struct dict_object *session_id, *vendor_specific_application_id, *vendor_id,
		*auth_application_id, *auth_session_state, *origin_host, *origin_realm,
		*destination_host, *destination_realm, *route_record, *user_name, *result_code,
		*experimental_result, *experimental_result_code, *failed_avp;
	/* RFC 7155 4.4.10.5, RFC 4818 */
	struct dict_object *framed_ip_address, *framed_ipv6_prefix, *called_station_id,
		*framed_route, *framed_ipv6_route, *delegated_ipv6_prefix;
	/* 3GPP */
	struct dict_object *rand, *confidentiality_key, *integrity_key, *visited_plmn_id,
		*requested_eutran, *requested_utran, *number_of_vectors, *immediate_response,
		*resynchronization, *authentication_info, *eutran_vector, *utran_vector,
		*item_number, *xres, *autn, *kasme;
	/* e2m.md 4 */
	struct dict_object *e2m_sqn, *e2m_ciphering, *e2m_integrity, *e2m_lifetime, *e2m_teid,
		*e2m_gsn_address, *e2m_nsapi, *e2m_key_id, *e2m_uplink_tunnel, *e2m_downlink_tunnel,
		*e2m_session_event;
};

extern struct diameter_dictionary diameter_dict;
extern struct e2m_numbers diameter_numbers;

int diameter_dictionary_start(void);

/* --- avp.c --- */

/* One AVP, read: data and len of its contents when it is an OctetString, else value. */
struct diameter_avp {
	struct avp *avp;
	uint32_t code, vendor;
	const uint8_t *data;
	size_t len;
	uint32_t value;
};

/* The first AVP in parent (a message or a Grouped AVP), and the one after; false: there is none. */
bool diameter_avp_first(msg_or_avp *parent, struct diameter_avp *out);
bool diameter_avp_next(struct diameter_avp *avp);
bool diameter_avp_is(const struct diameter_avp *avp, uint32_t code, uint32_t vendor);
/* Copies an OctetString of exactly size octets; false when it is of another length. */
bool diameter_avp_copy(const struct diameter_avp *avp, void *out, size_t size);

/* Writers add an AVP at the end of parent; they return 0 or a positive errno, as libfdproto does. */
int diameter_add_octets(msg_or_avp *parent, struct dict_object *model, const void *data,
			size_t len);
int diameter_add_text(msg_or_avp *parent, struct dict_object *model, const char *text);
int diameter_add_number(msg_or_avp *parent, struct dict_object *model, uint32_t value);
int diameter_add_group(msg_or_avp *parent, struct dict_object *model, struct avp **group);

/* A request with all that comes before its own AVPs: Session-Id to User-Name. */
int diameter_request_new(struct dict_object *command, uint32_t vendor, uint32_t application,
			 const char *host, const char *realm, const struct e2m_imsi *imsi,
			 struct msg **request);

struct diameter_result {
	uint32_t code;		 /* Result-Code, or Experimental-Result-Code */
	uint32_t vendor;	 /* of an Experimental-Result; else 0 */
	struct dict_object *avp; /* for Failed-AVP; NULL: none */
	const void *failed;	 /* contents of the failed AVP; NULL: len zeros */
	size_t failed_len;
	uint32_t failed_number; /* the same of one that is a number */
};

/* Turns *message from a request into its answer, up to and with its result. */
int diameter_answer_new(struct msg **message, uint32_t vendor, uint32_t application,
			const struct diameter_result *result);
/* Sends the answer, or drops it when rc says that it could not be made. (A callback that told libfdcore
 * of an error would make it shut itself down.) */
void diameter_answer_send(struct msg **answer, int rc);
/* Reads the result of an answer; false when there is none, or two. */
bool diameter_read_result(struct msg *answer, struct diameter_result *result);

/* The first AVP of that code and no vendor in a message; false: there is none. */
bool diameter_find_avp(struct msg *message, uint32_t code, struct diameter_avp *found);

/* Is what an answer repeats of its request as it was there? An AVP that it leaves out is no fault: a relay that
 * refuses may do so. */
bool diameter_repeats(struct msg *answer, struct msg *request, uint32_t code);

/* What every request has: who asks (of the peer's certificate, not only of the message) and for whom.
 * False: result says why not. */
bool diameter_read_requester(struct msg *request, char origin_host[256], struct e2m_imsi *imsi,
			     struct diameter_result *result);

/* Wipes the contents of all AVPs, then frees. */
void diameter_message_free(struct msg *message);
void diameter_message_wipe(struct msg *message);

/* --- pending.c --- */

enum diameter_end {
	DIAMETER_END_ANSWER,
	DIAMETER_END_UNPARSED, /* an answer came, but libfdproto could not make sense of it */
	DIAMETER_END_UNREACHABLE,
	DIAMETER_END_TIMEOUT,
};

/* Whom to tell, and how. finish is called once: answer is set for DIAMETER_END_ANSWER alone. */
struct diameter_asker {
	void (*finish)(const struct diameter_asker *asker, enum diameter_end end,
		       struct msg *answer);
	union {
		diameter_key_answered key;
		diameter_auth_answered auth;
		diameter_notification_answered notification;
	} answered;
	void *arg;
	int kind; /* what finish has to know of the request: enum aka_system */
};

int diameter_pending_start(void);
/* Takes the request whatever it returns: 0, -ENOBUFS or -ENOMEM. */
int diameter_pending_send(struct msg *request, uint32_t timeout_ms,
			  const struct diameter_asker *asker);
/* Sends an answer from a thread that may be held up by a peer that does not read. Takes it in any case. */
void diameter_pending_answer(struct msg *answer);
/* libfdcore lets go of a message: when it belongs to a request of ours, that ends here. False: an answer
 * that belongs to none. */
bool diameter_pending_dropped(struct msg *message);
/* Completes all with DIAMETER_END_UNREACHABLE and takes no more. */
void diameter_pending_stop(void);

/* --- key_pull.c, notification_read.c: what is read of messages, whoever they are from --- */

/* request: that message is the answer to. */
void diameter_read_key_answer(struct msg *message, struct msg *request,
			      struct diameter_key_answer *answer);
/* All but origin_host and imsi. False: fault and result say why not. */
bool diameter_read_notification(struct msg *message, struct diameter_notification *notification,
				enum diameter_notification_fault *fault,
				struct diameter_result *result);
void diameter_notification_count(enum diameter_notification_fault fault);

/* The AddressType of an Address, RFC 6733 4.3.1, and how long it is with that. */
#define ADDRESS_IPV4	   1
#define ADDRESS_IPV6	   2
#define ADDRESS_TYPE_LEN   2
#define ADDRESS_IPV4_LEN   (ADDRESS_TYPE_LEN + 4)
#define ADDRESS_OCTETS_MAX (ADDRESS_TYPE_LEN + 16)

/* --- notification_framed.c --- */

/* The contents of one AVP of RFC 7155. Each returns false where the contents are invalid. */
bool framed_read_ip_address(const uint8_t *data, size_t len, struct pdp_address *address);
/* Framed-IPv6-Prefix, as the session's address. */
bool framed_read_ipv6_prefix(const uint8_t *data, size_t len, struct pdp_address *address);
/* Called-Station-Id: "internet.example" into labels, as gtp_apn_write writes them. */
bool framed_read_apn(const uint8_t *data, size_t len, uint8_t apn[GTP_APN_MAX], uint8_t *apn_len);
/* Framed-Route: "192.0.2.0/24 192.0.2.1 1"; Framed-IPv6-Route: "2001:db8::/32 2001:db8::1 1"; Delegated-IPv6-Prefix. A
 * gateway and metrics need not be there. Bits behind the length are cleared. */
bool framed_read_network(const uint8_t *data, size_t len, struct pdp_network *network);
/* Adds what the notification has of these AVPs. Returns 0 or an errno. */
int framed_add(struct msg *message, const struct diameter_notification *notification);

/* --- fixes.c --- */

int diameter_fixes_start(void);

/* --- listen.c --- */

#define DIAMETER_FAULT_MAX 1024

/* Whether libfdcore can listen at the address of config. Returns 0, also if config has no such
 * address, or -errno and a text. */
int diameter_listen_try(const struct diameter_config *config, char text[DIAMETER_FAULT_MAX]);

/* --- resolve.c --- */

/* Whether a name resolves. Returns 0, or another value and a text. Waits for the resolver. */
int diameter_resolve_try(const char *host, char text[DIAMETER_FAULT_MAX]);

/* --- upkeep.c --- */

int diameter_upkeep_init(const struct diameter_config *config);
/* Tries once to get missing resources. Returns true if nothing is missing any more. */
bool diameter_upkeep_try(void);
/* Reports a fault, or its repair (text NULL), as described at diameter_watch_faults. */
void diameter_upkeep_tell(const char *subject, const char *where, const char *text);
/* Starts a thread that tries again. */
int diameter_upkeep_start(void);
void diameter_upkeep_stop(void);
void diameter_upkeep_free(void);

/* --- stack.c --- */

/* Opens the socket for peers that connect, after diameter_listen_try has succeeded; -errno. */
int diameter_stack_listen(uint16_t port);

extern char diameter_identity[DIAMETER_IDENTITY_MAX + 1];

#endif
