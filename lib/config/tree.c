/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/tree.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "config/syntax.h"
#include "config/utf8.h"
#include "e2m/e2m.h"

struct tree_parser {
	yaml_parser_t yaml;
	struct config_report *report;
	uint32_t nodes;
};

static void report_at(struct tree_parser *parser, const yaml_mark_t *mark, const char *text)
{
	config_report_error(parser->report, (uint32_t)mark->line + 1, (uint32_t)mark->column + 1,
			    "", "%s", text);
}

/* Next event, or false when it was reported why there is none. */
static bool next_event(struct tree_parser *parser, yaml_event_t *event)
{
	if (yaml_parser_parse(&parser->yaml, event))
		return true;
	config_syntax_report(&parser->yaml, parser->report);
	return false;
}

static void free_event(yaml_event_t *event)
{
	if (event->type == YAML_SCALAR_EVENT && event->data.scalar.value)
		e2m_wipe(event->data.scalar.value, event->data.scalar.length);
	yaml_event_delete(event);
}

static struct config_node *new_node(struct tree_parser *parser, const yaml_mark_t *mark,
				    enum config_node_kind kind)
{
	if (parser->nodes++ >= CONFIG_MAX_NODES) {
		report_at(parser, mark, "too many values in one file; split the configuration");
		return NULL;
	}
	struct config_node *node = calloc(1, sizeof(*node));
	if (!node) {
		report_at(parser, mark, "out of memory");
		return NULL;
	}
	node->line = (uint32_t)mark->line + 1;
	node->column = (uint32_t)mark->column + 1;
	node->kind = (uint8_t)kind;
	return node;
}

static bool is_decorated(struct tree_parser *parser, const yaml_event_t *event)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (event->type == YAML_SCALAR_EVENT) {
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
	} else if (event->type == YAML_MAPPING_START_EVENT) {
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
	}
	if (anchor)
		report_at(parser, &event->start_mark,
			  "anchors (&) are not supported; write the value out");
	else if (tag)
		report_at(parser, &event->start_mark,
			  "tags (!) are not supported; leave the tag out");
	return anchor || tag;
}

static struct config_node *read_scalar(struct tree_parser *parser, const yaml_event_t *event)
{
	const bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	const bool quoted = event->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE ||
			    event->data.scalar.style == YAML_SINGLE_QUOTED_SCALAR_STYLE;

	if (quoted && event->start_mark.line != event->end_mark.line) {
		config_syntax_report_quote(&event->start_mark, &event->end_mark, parser->report);
		return NULL;
	}
	struct config_node *node = new_node(parser, &event->start_mark, CONFIG_NODE_SCALAR);
	if (!node)
		return NULL;
	node->len = (uint32_t)event->data.scalar.length;
	node->plain = plain;
	node->text = malloc(node->len + 1);
	if (!node->text) {
		report_at(parser, &event->start_mark, "out of memory");
		free(node);
		return NULL;
	}
	memcpy(node->text, event->data.scalar.value, node->len);
	node->text[node->len] = '\0';
	return node;
}

static struct config_node *read_node(struct tree_parser *parser, const yaml_event_t *event,
				     unsigned depth);

/* The items of a sequence, or the keys and values of a mapping, up to its end. */
static struct config_node *read_collection(struct tree_parser *parser, const yaml_event_t *start,
					   unsigned depth)
{
	bool mapping = start->type == YAML_MAPPING_START_EVENT;
	struct config_node *node = new_node(parser, &start->start_mark,
					    mapping ? CONFIG_NODE_MAPPING : CONFIG_NODE_SEQUENCE);
	struct config_node **end = node ? &node->first : NULL;
	uint32_t children = 0;

	while (node) {
		yaml_event_t event;
		if (!next_event(parser, &event))
			break;
		if (event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT) {
			yaml_event_delete(&event);
			node->count = mapping ? children / 2 : children;
			return node;
		}
		struct config_node *child = read_node(parser, &event, depth + 1);
		free_event(&event);
		if (!child)
			break;
		*end = child;
		end = &child->next;
		children++;
	}
	config_tree_free(node);
	return NULL;
}

static struct config_node *read_node(struct tree_parser *parser, const yaml_event_t *event,
				     unsigned depth)
{
	if (event->type == YAML_ALIAS_EVENT) {
		report_at(parser, &event->start_mark,
			  "aliases (*) are not supported; write the value out");
		return NULL;
	}
	if (is_decorated(parser, event))
		return NULL;
	if (event->type == YAML_SCALAR_EVENT)
		return read_scalar(parser, event);
	if (depth >= CONFIG_MAX_DEPTH) {
		report_at(parser, &event->start_mark, "nested too deeply");
		return NULL;
	}
	return read_collection(parser, event, depth);
}

static struct config_node *empty_document(struct tree_parser *parser)
{
	yaml_mark_t start = {0};

	return new_node(parser, &start, CONFIG_NODE_MAPPING);
}

/* From after STREAM-START to STREAM-END; *root stays NULL when there is no document. */
static bool read_documents(struct tree_parser *parser, struct config_node **root)
{
	for (;;) {
		yaml_event_t event;
		if (!next_event(parser, &event))
			return false;
		yaml_event_type_t type = event.type;
		if (type == YAML_DOCUMENT_START_EVENT && *root)
			report_at(parser, &event.start_mark,
				  "a second document begins here: put all into the first, without "
				  "the '---'");
		bool ok = !(type == YAML_DOCUMENT_START_EVENT && *root);
		if (ok && type != YAML_STREAM_START_EVENT && type != YAML_STREAM_END_EVENT &&
		    type != YAML_DOCUMENT_START_EVENT && type != YAML_DOCUMENT_END_EVENT) {
			*root = read_node(parser, &event, 0);
			ok = *root != NULL;
		}
		free_event(&event);
		if (!ok)
			return false;
		if (type == YAML_STREAM_END_EVENT)
			return true;
	}
}

/* "---" alone, or a document of comments. */
static bool is_nothing(const struct config_node *root)
{
	return root->kind == CONFIG_NODE_SCALAR && root->plain && root->len == 0;
}

static void free_parser(yaml_parser_t *yaml)
{
	if (yaml->raw_buffer.start)
		e2m_wipe(yaml->raw_buffer.start,
			 (size_t)(yaml->raw_buffer.end - yaml->raw_buffer.start));
	if (yaml->buffer.start)
		e2m_wipe(yaml->buffer.start, (size_t)(yaml->buffer.end - yaml->buffer.start));
	yaml_parser_delete(yaml);
}

struct config_node *config_tree_parse(const char *text, size_t len, struct config_report *report)
{
	struct tree_parser parser = {.report = report};
	struct config_node *root = NULL;

	if (len > CONFIG_MAX_OCTETS) {
		config_report_error(report, 1, 1, "", "larger than %zu MiB",
				    CONFIG_MAX_OCTETS >> 20);
		return NULL;
	}
	if (!config_utf8_check(text, len, report))
		return NULL;
	if (!yaml_parser_initialize(&parser.yaml)) {
		config_report_error(report, 0, 0, "", "out of memory");
		return NULL;
	}
	yaml_parser_set_input_string(&parser.yaml, (const unsigned char *)text, len);
	bool ok = read_documents(&parser, &root);
	if (ok && root && is_nothing(root)) {
		config_tree_free(root);
		root = NULL;
	}
	if (ok && !root)
		root = empty_document(&parser);
	if (!ok) {
		config_tree_free(root);
		root = NULL;
	}
	free_parser(&parser.yaml);
	return root;
}

void config_tree_free(struct config_node *root)
{
	if (!root)
		return;
	for (struct config_node *child = root->first, *next; child; child = next) {
		next = child->next;
		config_tree_free(child);
	}
	if (root->text)
		e2m_wipe(root->text, root->len);
	free(root->text);
	free(root);
}

static const struct config_node *find_key(const struct config_node *mapping, const char *key,
					  size_t len)
{
	if (mapping->kind != CONFIG_NODE_MAPPING)
		return NULL;
	for (const struct config_node *k = mapping->first; k; k = k->next->next)
		if (k->kind == CONFIG_NODE_SCALAR && k->len == len && !memcmp(k->text, key, len))
			return k->next;
	return NULL;
}

static const struct config_node *find_item(const struct config_node *sequence, unsigned long index)
{
	if (sequence->kind != CONFIG_NODE_SEQUENCE)
		return NULL;
	const struct config_node *item = sequence->first;
	while (item && index-- > 0)
		item = item->next;
	return item;
}

const struct config_node *config_tree_find(const struct config_node *root, const char *path)
{
	const struct config_node *node = root;

	while (*path) {
		const struct config_node *child;
		if (*path == '[') {
			char *end;
			child = find_item(node, strtoul(path + 1, &end, 10));
			path = *end == ']' ? end + 1 : end;
		} else {
			path += *path == '.';
			size_t len = strcspn(path, ".[");
			child = find_key(node, path, len);
			path += len;
		}
		if (!child)
			break;
		node = child;
	}
	return node;
}
