/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pages: is the file what LMDB left? LMDB has no checksums and follows whatever its pages say, out of
 * bounds and round in circles. So its two trees, that of the records and that of the free pages, are walked
 * here first, by the layout of LMDB 0.9's files, with nothing believed: every page is used once, every key
 * is in order, and there is as much of everything as the file's own sums say.
 *
 *   page 0, 1   meta: the roots of both trees; the one with the higher transaction counts
 *   others      header of 16 octets; branch and leaf pages: offsets of nodes, free space, nodes
 */
#include "state/pages.h"

#include <lmdb.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define META_MAGIC   0xBEEFC0DE
#define META_VERSION 1
#define META_PAGES   2
#define NO_PAGE	     UINT64_MAX
#define DEPTH_MAX    32
/* Of the tree of free pages, among them those of the file, as we open it. */
#define FREE_FLAGS (MDB_INTEGERKEY | MDB_NOSUBDIR)

enum page_flag { PAGE_BRANCH = 1, PAGE_LEAF = 2, PAGE_OVERFLOW = 4, PAGE_META = 8 };
enum node_flag { NODE_OVERFLOW = 1 };

struct page {
	uint64_t number;
	uint16_t unused;
	uint16_t flags;
	union {
		struct {
			uint16_t lower, upper; /* bounds of the free space */
		};
		uint32_t overflow_pages;
	};
};

struct node {
	uint16_t low, high; /* of a leaf: octets of data; of a branch: page number, with flags */
	uint16_t flags;
	uint16_t key_len;
};

struct tree {
	uint32_t page_size; /* in that of free pages alone */
	uint16_t flags;
	uint16_t depth;
	uint64_t branch_pages, leaf_pages, overflow_pages, entries;
	uint64_t root;
};

struct meta {
	uint32_t magic, version;
	uint64_t address, map_size;
	struct tree free, records;
	uint64_t last_page;
	uint64_t transaction;
};

_Static_assert(sizeof(struct page) == 16 && sizeof(struct node) == 8 && sizeof(struct meta) == 136,
	       "as in LMDB's file");

struct key {
	const uint8_t *octets; /* NULL: no bound */
	size_t len;
};

struct check {
	const uint8_t *map;
	uint64_t pages; /* in the file */
	uint32_t page_size;
	struct meta meta; /* the one that counts */
	uint8_t *claimed; /* a bit a page */
	bool is_free;	  /* the tree that is being walked */
	struct tree sum;  /* of what was found in it */
	char *why;
	size_t why_size;
};

static bool fail(struct check *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool fail(struct check *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(c->why, c->why_size, format, args);
	va_end(args);
	return false;
}

static bool is_claimed(const struct check *c, uint64_t page)
{
	return c->claimed[page / 8] >> (page % 8) & 1;
}

/* Takes count pages from number on for one use; whether they must be in the file. */
static bool claim(struct check *c, uint64_t number, uint64_t count, bool in_file)
{
	const uint64_t end = c->meta.last_page + 1;

	if (number < META_PAGES || number >= end || count > end - number)
		return fail(c, "page %lu does not exist", number);
	if (in_file && (number >= c->pages || count > c->pages - number))
		return fail(c, "it is cut off before page %lu", number + count - 1);
	for (uint64_t i = number; i < number + count; i++) {
		if (is_claimed(c, i))
			return fail(c, "page %lu is used twice", i);
		c->claimed[i / 8] |= (uint8_t)(1 << (i % 8));
	}
	return true;
}

static const uint8_t *page_at(const struct check *c, uint64_t number)
{
	return c->map + number * c->page_size;
}

/* --- keys --- */

static uint64_t integer(const void *octets)
{
	uint64_t value;

	memcpy(&value, octets, sizeof(value));
	return value;
}

static int compare(const struct check *c, struct key a, struct key b)
{
	int difference;

	if (c->is_free) {
		const uint64_t x = integer(a.octets), y = integer(b.octets);
		return x < y ? -1 : x > y;
	}
	difference = memcmp(a.octets, b.octets, a.len < b.len ? a.len : b.len);
	return difference ? difference : (a.len > b.len) - (a.len < b.len);
}

static bool key_is_good(struct check *c, uint64_t number, struct key key, struct key low,
			struct key high)
{
	if (c->is_free ? key.len != sizeof(uint64_t) : key.len == 0 || key.len > PAGES_KEY_MAX)
		return fail(c, "page %lu has a key that is none", number);
	if ((low.octets && compare(c, key, low) < 0) || (high.octets && compare(c, key, high) >= 0))
		return fail(c, "the keys of page %lu are not in order", number);
	return true;
}

/* --- nodes --- */

static unsigned node_count(const struct page *page)
{
	return (unsigned)(page->lower - sizeof(*page)) / 2;
}

/* Node i of a page whose bounds are good. False: it reaches out of the page. */
static bool read_node(struct check *c, uint64_t number, unsigned i, struct node *node,
		      struct key *key)
{
	const uint8_t *page = page_at(c, number);
	uint16_t offset;

	memcpy(&offset, page + sizeof(struct page) + 2 * i, sizeof(offset));
	if (offset < ((const struct page *)page)->upper || offset + sizeof(*node) > c->page_size)
		return fail(c, "a node of page %lu lies outside of it", number);
	memcpy(node, page + offset, sizeof(*node));
	*key = (struct key){page + offset + sizeof(*node), node->key_len};
	if (offset + sizeof(*node) + node->key_len > c->page_size)
		return fail(c, "a key of page %lu lies outside of it", number);
	return true;
}

static uint64_t child_of(const struct node *node)
{
	return node->low | (uint64_t)node->high << 16 | (uint64_t)node->flags << 32;
}

static uint32_t data_len(const struct node *node)
{
	return node->low | (uint32_t)node->high << 16;
}

/* Data that does not fit its page, on pages of its own. */
static const uint8_t *overflow_data(struct check *c, const uint8_t *reference, uint32_t len)
{
	const uint64_t number = integer(reference);
	const uint64_t count = (sizeof(struct page) + len + c->page_size - 1) / c->page_size;
	const struct page *page;

	if (!claim(c, number, count, true))
		return NULL;
	page = (const struct page *)page_at(c, number);
	if (page->number != number || page->flags != PAGE_OVERFLOW ||
	    page->overflow_pages != count) {
		fail(c, "page %lu does not begin what it should", number);
		return NULL;
	}
	c->sum.overflow_pages += count;
	return (const uint8_t *)(page + 1);
}

/* Page numbers, the highest first, that a transaction has freed; before them their count. */
static bool check_free_list(struct check *c, uint64_t number, uint64_t transaction,
			    const uint8_t *data, uint32_t len)
{
	const uint64_t count = len < 8 || len % 8 ? NO_PAGE : integer(data);
	uint64_t before = NO_PAGE;

	if (transaction == 0 || transaction > c->meta.transaction || count > len / 8 - 1)
		return fail(c, "page %lu has a list of free pages that is none", number);
	for (uint64_t i = 1; i <= count; i++) {
		const uint64_t page = integer(data + 8 * i);
		if (page >= before)
			return fail(c, "the free pages in page %lu are not in order", number);
		if (!claim(c, page, 1, false))
			return false;
		before = page;
	}
	return true;
}

static bool check_leaf_node(struct check *c, uint64_t number, const struct node *node,
			    struct key key)
{
	const uint8_t *data = key.octets + key.len;
	const size_t left = (size_t)(page_at(c, number) + c->page_size - data);
	const uint32_t len = data_len(node);
	const bool overflows = c->is_free && node->flags == NODE_OVERFLOW;

	c->sum.entries++;
	if (node->flags != 0 && !overflows)
		return fail(c, "a node of page %lu is of no known kind", number);
	if (left < (overflows ? sizeof(uint64_t) : len))
		return fail(c, "the data of page %lu lies outside of it", number);
	if (overflows && !(data = overflow_data(c, data, len)))
		return false;
	return !c->is_free || check_free_list(c, number, integer(key.octets), data, len);
}

/* --- pages --- */

static bool check_page(struct check *c, uint64_t number, unsigned level, struct key low,
		       struct key high);

static bool check_leaf(struct check *c, uint64_t number, struct key low, struct key high)
{
	const unsigned count = node_count((const struct page *)page_at(c, number));
	struct node node = {0};
	struct key key = low, before = low;

	c->sum.leaf_pages++;
	for (unsigned i = 0; i < count; i++, before = key) {
		if (!read_node(c, number, i, &node, &key) ||
		    !key_is_good(c, number, key, before, high))
			return false;
		if (i > 0 && compare(c, key, before) == 0)
			return fail(c, "page %lu has a key twice", number);
		if (!check_leaf_node(c, number, &node, key))
			return false;
	}
	return true;
}

/* The first node's key is not looked at: whatever is below the second's is there. */
static bool check_branch(struct check *c, uint64_t number, unsigned level, struct key low,
			 struct key high)
{
	const unsigned count = node_count((const struct page *)page_at(c, number));
	struct node node, next = {0};
	struct key key, end;

	c->sum.branch_pages++;
	if (!read_node(c, number, 0, &node, &key))
		return false;
	for (unsigned i = 0; i < count; i++) {
		end = high;
		if (i + 1 < count && (!read_node(c, number, i + 1, &next, &end) ||
				      !key_is_good(c, number, end, low, high)))
			return false;
		if (!check_page(c, child_of(&node), level + 1, low, end))
			return false;
		low = end;
		node = next;
	}
	return true;
}

static bool check_page(struct check *c, uint64_t number, unsigned level, struct key low,
		       struct key high)
{
	const struct tree *tree = c->is_free ? &c->meta.free : &c->meta.records;
	const bool is_leaf = level == tree->depth;
	const struct page *page;

	if (!claim(c, number, 1, true))
		return false;
	page = (const struct page *)page_at(c, number);
	if (page->number != number || page->flags != (is_leaf ? PAGE_LEAF : PAGE_BRANCH))
		return fail(c, "page %lu is not what should be there", number);
	if (page->lower <= sizeof(*page) || page->lower % 2 || page->lower > page->upper ||
	    page->upper > c->page_size)
		return fail(c, "the header of page %lu is damaged", number);
	return is_leaf ? check_leaf(c, number, low, high)
		       : check_branch(c, number, level, low, high);
}

static bool check_tree(struct check *c, const struct tree *tree, bool is_free)
{
	const struct key no_bound = {NULL, 0};
	const struct tree *sum = &c->sum;

	c->is_free = is_free;
	c->sum = (struct tree){0};
	if (tree->flags != (is_free ? FREE_FLAGS : 0) || tree->depth > DEPTH_MAX ||
	    (tree->depth == 0) != (tree->root == NO_PAGE))
		return fail(c, "its meta page is damaged");
	if (tree->depth > 0 && !check_page(c, tree->root, 1, no_bound, no_bound))
		return false;
	if (tree->branch_pages != sum->branch_pages || tree->leaf_pages != sum->leaf_pages ||
	    tree->overflow_pages != sum->overflow_pages || tree->entries != sum->entries)
		return fail(c, "pages or records are missing");
	return true;
}

/* --- meta pages --- */

static bool meta_is_good(const struct check *c, unsigned which, struct meta *meta)
{
	const uint8_t *octets = page_at(c, which);
	const struct page *page = (const struct page *)octets;

	memcpy(meta, octets + sizeof(*page), sizeof(*meta));
	return page->number == which && page->flags == PAGE_META && meta->magic == META_MAGIC &&
	       meta->version == META_VERSION && meta->free.page_size == c->page_size;
}

/* They are written in turns, the even transactions in the first; a new file has none. */
static bool pick_meta(struct check *c)
{
	struct meta metas[META_PAGES];

	for (unsigned i = 0; i < META_PAGES; i++)
		if (!meta_is_good(c, i, &metas[i]))
			return fail(c, "meta page %u is damaged", i);
	const uint64_t even = metas[0].transaction, odd = metas[1].transaction;
	if (even % 2 || !(odd % 2 ? even + 1 == odd || odd + 1 == even : even == 0 && odd == 0))
		return fail(c, "its meta pages contradict one another");
	c->meta = metas[even < odd];
	return true;
}

static bool check_all(struct check *c)
{
	if (c->pages < META_PAGES)
		return fail(c, "it is cut off in its first pages");
	if (!pick_meta(c))
		return false;
	/* Free pages at the end need not be in the file, but then they are free. */
	if (c->meta.last_page < META_PAGES - 1 || c->meta.last_page / 16 > c->pages)
		return fail(c, "it is cut off");
	c->claimed = calloc(1, c->meta.last_page / 8 + 1);
	if (!c->claimed)
		return fail(c, "there is no memory to check it");
	if (!check_tree(c, &c->meta.free, true) || !check_tree(c, &c->meta.records, false))
		return false;
	if (c->meta.last_page >= c->pages && !is_claimed(c, c->meta.last_page))
		return fail(c, "it is cut off");
	return true;
}

bool pages_check(int fd, char *why, size_t size)
{
	struct check c = {
		.page_size = (uint32_t)sysconf(_SC_PAGESIZE), .why = why, .why_size = size};
	struct stat st;
	void *map;
	bool good;

	if (fstat(fd, &st) != 0 || st.st_size < (off_t)c.page_size)
		return fail(&c, "it is cut off in its first pages");
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return fail(&c, "it cannot be read");
	c.map = map;
	c.pages = (uint64_t)st.st_size / c.page_size;
	good = check_all(&c);
	free(c.claimed);
	munmap(map, (size_t)st.st_size);
	return good;
}
