/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/decode.h"
#include "config/report.h"
#include "config/tree.h"

struct config_file {
	char *name;
	struct config_node *root;
	struct config_block *blocks;
};

static bool needs_something(const struct config_field *table)
{
	bool needs = false;

	for (; table->name; table++)
		needs |= table->required;
	return needs;
}

static struct config_file *load(const char *name, bool is_open, const char *text, size_t len,
				const struct config_field *table, void *out, FILE *errors)
{
	struct config_report report = {.name = name, .errors = errors, .is_open = is_open};
	struct config_file *file = calloc(1, sizeof(*file));

	if (file)
		file->name = strdup(name);
	if (!file || !file->name) {
		config_report_error(&report, 0, 0, "", "out of memory");
		config_free(file);
		return NULL;
	}
	file->root = config_tree_parse(text, len, &report);
	if (file->root && file->root->kind == CONFIG_NODE_MAPPING && file->root->count == 0 &&
	    needs_something(table))
		config_report_error(
			&report, 1, 1, "",
			"nothing is configured: the file is empty, or has comments alone");
	else if (file->root)
		config_decode(file->root, table, out, &file->blocks, &report);
	config_report_finish(&report);
	if (report.count > 0) {
		config_free(file);
		return NULL;
	}
	return file;
}

struct config_file *config_load_memory(const char *name, const char *text, size_t len,
				       const struct config_field *table, void *out, FILE *errors)
{
	return load(name, false, text, len, table, out, errors);
}

/* Other users cannot read a pipe, such as a shell's <(...). */
static bool is_open_to_others(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_mode & (S_IRWXG | S_IRWXO);
}

/* What is left of a buffer when a larger one takes over: nothing. */
static char *grow(char *text, size_t used, size_t size)
{
	char *larger = malloc(size);

	if (larger && text)
		memcpy(larger, text, used);
	if (text)
		e2m_wipe(text, used);
	free(text);
	return larger;
}

/* All of fd, one octet beyond the bound at most; NULL with errno. */
static char *read_all(int fd, size_t *len)
{
	struct stat st;
	size_t size = 4096, used = 0;
	char *text = NULL;

	if (fstat(fd, &st))
		return NULL;
	/* One octet more, so that the read that finds the end does not make the buffer grow. */
	if (S_ISREG(st.st_mode) && st.st_size > 0 && (uint64_t)st.st_size <= CONFIG_MAX_OCTETS)
		size = (size_t)st.st_size + 1;
	for (ssize_t got = 1; got > 0 && used <= CONFIG_MAX_OCTETS; size *= 2) {
		text = grow(text, used, size);
		if (!text)
			return NULL;
		while (used < size && (got = read(fd, text + used, size - used)) > 0)
			used += (size_t)got;
		if (got < 0) {
			e2m_wipe(text, used);
			free(text);
			return NULL;
		}
	}
	*len = used;
	return text;
}

struct config_file *config_load(const char *path, const struct config_field *table, void *out,
				FILE *errors)
{
	struct config_file *file = NULL;
	char *text = NULL;
	size_t len = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		text = read_all(fd, &len);
	if (!text)
		fprintf(errors, "%s: cannot be read: %s\n", path, strerror(errno));
	else
		file = load(path, is_open_to_others(fd), text, len, table, out, errors);
	if (text)
		e2m_wipe(text, len);
	free(text);
	if (fd >= 0)
		close(fd);
	return file;
}

const char *config_resolve_path(struct config_file *file, const char *path)
{
	const char *slash = strrchr(file->name, '/');

	if (path[0] == '/' || !slash)
		return path;
	size_t folder = (size_t)(slash - file->name) + 1;
	char *resolved = config_block_new(&file->blocks, folder + strlen(path) + 1);
	if (!resolved)
		return NULL;
	memcpy(resolved, file->name, folder);
	memcpy(resolved + folder, path, strlen(path));
	return resolved;
}

static void report_at(const struct config_file *file, FILE *errors, const char *kind,
		      const char *path, const char *format, va_list args)
{
	const struct config_node *node = config_tree_find(file->root, path);
	char prefixed[256];

	snprintf(prefixed, sizeof(prefixed), "%s%s", kind, path);
	config_report_write(errors, file->name, node->line, node->column, prefixed, format, args);
}

const char *config_where(struct config_file *file, const char *path)
{
	const struct config_node *node = config_tree_find(file->root, path);
	char place[32] = "";
	size_t size;
	char *where;

	if (node->line > 0)
		snprintf(place, sizeof(place), ":%u:%u", node->line, node->column);
	size = strlen(file->name) + strlen(place) + strlen(": ") + strlen(path) + 1;
	where = config_block_new(&file->blocks, size);
	if (where)
		snprintf(where, size, "%s%s: %s", file->name, place, path);
	return where;
}

void config_error(const struct config_file *file, FILE *errors, const char *path,
		  const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report_at(file, errors, "", path, format, args);
	va_end(args);
}

void config_warning(const struct config_file *file, FILE *errors, const char *path,
		    const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report_at(file, errors, CONFIG_WARNING, path, format, args);
	va_end(args);
}

void config_warn_of_folder(const struct config_file *file, FILE *errors, const char *path,
			   const char *name)
{
	const char *slash = strrchr(name, '/');
	/* The folder of "/name" is "/". The folder of "name" is the working folder, which
	 * exists. */
	const int len = slash ? (int)(slash - name) + (slash == name) : 0;
	char folder[PATH_MAX];
	struct stat st;

	snprintf(folder, sizeof(folder), "%.*s", len, name);
	if (len > 0 && (stat(folder, &st) != 0 || !S_ISDIR(st.st_mode)))
		config_warning(
			file, errors, path,
			"there is no folder %s: make it before the start, or correct the path",
			folder);
}

unsigned config_line(const struct config_file *file, const char *path)
{
	return config_tree_find(file->root, path)->line;
}

void config_free(struct config_file *file)
{
	if (!file)
		return;
	config_tree_free(file->root);
	config_blocks_free(file->blocks);
	free(file->name);
	free(file);
}
