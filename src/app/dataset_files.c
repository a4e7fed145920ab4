/* A folder is listed once. Each name is taken apart; the names with the same prefix are a set. */
#include "app/dataset_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/pictures.h"
#include "base/folder.h"
#include "base/path.h"
#include "formats/foreign.h"
#include "formats/raster.h"

#define PREFIX 256   /* bytes: no name is longer */
#define MOST_SETS 16 /* in all folders; more are not told apart */
#define SEPARATORS "-_. "
/* Bytes of the longest path of a set: three names more, of a part, a class and a picture, fit
 * behind it. */
#define MOST_PATH (PATH_SIZE - 3 * PREFIX)

enum kind { IMAGES, LABELS, CSV, MAPPING, KINDS };

/* The name of a set's file, taken apart. */
struct name {
	size_t prefix; /* its length, a separator at its end included */
	enum dataset_part part;
	enum kind kind;
};

/* A set: the files in one folder with one prefix. */
struct set {
	char folder[PATH_SIZE], prefix[PREFIX];
	bool only_csv; /* IDX files of the same names do not count */
};

struct sets {
	struct set all[MOST_SETS];
	int count;
};

/* The text behind `word`, with which `text` must begin; else NULL. */
static const char *behind(const char *text, const char *word)
{
	const size_t length = strlen(word);

	return strncmp(text, word, length) ? NULL : text + length;
}

/* The kind of file by the name's end, behind "train" or "test". */
static bool parse_end(const char *end, enum kind *kind)
{
	static const char *const words[] = {[IMAGES] = "images", [LABELS] = "labels"};

	*kind = CSV;
	if (!strcmp(end, ".csv") || !strcmp(end, ".csv.gz"))
		return true;
	if (!*end || !strchr(SEPARATORS, *end))
		return false;
	for (*kind = IMAGES; *kind <= LABELS; (*kind)++) {
		const char *tail = behind(end + 1, words[*kind]);
		if (tail && (!*tail || !strcmp(tail, ".gz") || behind(tail, "-idx") ||
					 behind(tail, ".idx") || behind(tail, "_idx")))
			return !foreign_name(tail);
	}
	return false;
}

/* False where this is no name of a set's file. */
static bool parse_name(const char *text, struct name *name)
{
	static const struct {
		const char *word;
		enum dataset_part part;
	} parts[] = {{"train", DATASET_TRAIN}, {"test", DATASET_TEST}, {"t10k", DATASET_TEST}};

	for (const char *p = text; *p; p++) {
		if (p > text && !strchr(SEPARATORS, p[-1]))
			continue;
		name->prefix = (size_t)(p - text);
		name->kind = MAPPING;
		if (!strcmp(p, "mapping.txt"))
			return true;
		for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
			const char *end = behind(p, parts[i].word);
			name->part = parts[i].part;
			if (end && parse_end(end, &name->kind))
				return true;
		}
	}
	return false;
}

/* ---- one set's files ---- */

/* WinRAR and 7-Zip unpack a file into a folder of its name: look for it in there. */
static bool find_inside(char path[PATH_SIZE], const struct name *wanted)
{
	struct folder inside;
	struct error ignored;
	struct name name;
	char file[PATH_SIZE];
	bool found = false;

	if (folder_list(path, &inside, &ignored))
		return false;
	for (size_t i = 0; i < inside.count && !found; i++) {
		path_join(file, path, inside.names[i]);
		found = parse_name(inside.names[i], &name) && name.part == wanted->part &&
				name.kind == wanted->kind && !folder_is(file);
	}
	if (found)
		strcpy(path, file);
	folder_free(&inside);
	return found;
}

/* Find the set's file of that part and kind. Of several the first counts: packed behind unpacked,
 * a dot behind a hyphen, and a folder behind them all. */
static bool find_file(char path[PATH_SIZE], const struct set *set, const struct folder *folder,
					  const struct name *wanted)
{
	for (int folders = 0; folders < 2; folders++)
		for (size_t i = 0; i < folder->count; i++) {
			struct name name;

			if (!parse_name(folder->names[i], &name) || name.kind != wanted->kind ||
				(name.kind != MAPPING && name.part != wanted->part) ||
				name.prefix != strlen(set->prefix) ||
				strncmp(folder->names[i], set->prefix, name.prefix))
				continue;
			path_join(path, set->folder, folder->names[i]);
			if (folder_is(path) == folders && (!folders || find_inside(path, wanted)))
				return true;
		}
	*path = '\0';
	return false;
}

/* "data" or, of a set with a prefix, "data/emnist-letters". */
static const char *place_of(char place[PATH_SIZE], const struct set *set)
{
	if (*set->prefix)
		path_join(place, set->folder, set->prefix);
	else
		snprintf(place, PATH_SIZE, "%s", set->folder);
	const size_t length = strlen(place);
	if (*set->prefix && length && strchr(SEPARATORS, place[length - 1]))
		place[length - 1] = '\0';
	return place;
}

static const char *part_word(enum dataset_part part)
{
	return part == DATASET_TRAIN ? "training" : "test";
}

static enum dataset_fault incomplete(const struct dataset_files *files, const struct set *set,
									 enum dataset_part part, struct error *error)
{
	const char *there = *files->images ? files->images : files->labels;

	if (!*there) {
		error_set(error, "no %s data in %s, which has only the %s part", part_word(part),
				  files->place, part_word(!part));
		return DATASET_NO_PART;
	}
	error_set(error, "%s: %s%s-%s is missing, by any of its names; there is only %s", set->folder,
			  set->prefix, part == DATASET_TRAIN ? "train" : "t10k",
			  *files->images ? "labels-idx1-ubyte" : "images-idx3-ubyte", there);
	return DATASET_MISSING;
}

static enum dataset_fault find_part(struct dataset_files *files, const struct set *set,
									enum dataset_part part, struct error *error)
{
	const struct name images = {0, part, IMAGES}, labels = {0, part, LABELS};
	const struct name csv = {0, part, CSV}, mapping = {0, part, MAPPING};
	struct folder folder;

	if (folder_list(set->folder, &folder, error))
		return DATASET_MISSING;
	place_of(files->place, set);
	files->transposed = behind(set->prefix, "emnist") != NULL;
	bool found = false;
	find_file(files->mapping, set, &folder, &mapping);
	if (!set->only_csv) {
		find_file(files->images, set, &folder, &images);
		find_file(files->labels, set, &folder, &labels);
		found = *files->images && *files->labels;
	}
	if (!found && !*files->images && !*files->labels)
		found = find_file(files->images, set, &folder, &csv);
	folder_free(&folder);
	return found ? DATASET_FINE : incomplete(files, set, part, error);
}

/* ---- sets ---- */

/* True where the prefix is `wanted`, with or without a separator behind it. */
static bool is_prefix(const char *prefix, const char *wanted)
{
	const char *rest = behind(prefix, wanted);

	return rest && (!*rest || (*wanted && strchr(SEPARATORS, *rest) && !rest[1]));
}

/* Of the sets from number `first` on, keep those with that prefix. */
static void keep(struct sets *sets, int first, const char *prefix)
{
	int kept = first;

	for (int i = first; i < sets->count; i++)
		if (is_prefix(sets->all[i].prefix, prefix))
			sets->all[kept++] = sets->all[i];
	sets->count = kept;
}

/* Add the sets in a folder that have the prefix. Where that is NULL, a set without a prefix hides
 * the others, which can be named, while it could not. */
static int add_sets(struct sets *sets, const char *path, const char *prefix, struct error *error)
{
	struct folder folder;
	const int first = sets->count;
	bool plain = false;

	if (folder_list(path, &folder, error))
		return error->is_scarcity ? -1 : 0; /* it is no folder, or may not be read */
	for (size_t i = 0; i < folder.count && sets->count < MOST_SETS; i++) {
		struct set *set = &sets->all[sets->count];
		struct name name;
		int known = first;

		if (!parse_name(folder.names[i], &name) || name.kind == MAPPING || name.prefix >= PREFIX)
			continue;
		snprintf(set->folder, PATH_SIZE, "%s", path);
		snprintf(set->prefix, PREFIX, "%.*s", (int)name.prefix, folder.names[i]);
		set->only_csv = false;
		plain |= !*set->prefix;
		while (known < sets->count && strcmp(sets->all[known].prefix, set->prefix))
			known++;
		sets->count += known == sets->count;
	}
	folder_free(&folder);
	if (prefix || plain)
		keep(sets, first, prefix ? prefix : "");
	return 0;
}

/* Find the sets in a folder or, where it has none, in the folders in it and in their "raw", which
 * is where torchvision puts them. */
static int search(struct sets *sets, const char *path, const char *prefix, struct error *error)
{
	struct folder folder;
	char inner[PATH_SIZE], raw[PATH_SIZE];

	sets->count = 0;
	if (folder_list(path, &folder, error))
		return -1;
	int status = add_sets(sets, path, prefix, error);
	const bool deeper = !sets->count;
	for (size_t i = 0; deeper && !status && i < folder.count; i++) {
		path_join(inner, path, folder.names[i]);
		path_join(raw, inner, "raw");
		status =
			add_sets(sets, inner, prefix, error) || add_sets(sets, raw, prefix, error) ? -1 : 0;
	}
	folder_free(&folder);
	return status;
}

static void list_sets(const struct sets *sets, struct error *error)
{
	char place[PATH_SIZE];

	for (int i = 0; i < sets->count; i++)
		error_append(error, "%s %s", i ? "," : ":", place_of(place, &sets->all[i]));
}

static enum dataset_fault take(struct dataset_files *files, const struct sets *sets,
							   const char *path, enum dataset_part part, struct error *error)
{
	if (sets->count == 1)
		return find_part(files, &sets->all[0], part, error);
	error_set(error, "%s has several sets", path);
	list_sets(sets, error);
	return DATASET_SEVERAL;
}

/* ---- what the path may be ---- */

/* Name a file of another kind, or a picture, that is in the folder, if there is any. */
static void add_foreign(const char *path, struct error *error)
{
	struct folder folder;
	struct error ignored;

	if (folder_list(path, &folder, &ignored))
		return;
	for (size_t i = 0; i < folder.count; i++) {
		const char *phrase = foreign_name(folder.names[i]);
		if (!phrase && raster_is_name(folder.names[i]))
			phrase = "a picture in no folder of a class";
		if (!phrase)
			continue;
		error_append(error, "; there is %s, %s", folder.names[i], phrase);
		break;
	}
	folder_free(&folder);
}

static enum dataset_fault nothing_found(const char *folders, enum dataset_part part,
										struct error *error)
{
	error_set(error,
			  "no %s data in %s: neither %s-images-idx3-ubyte nor %s.csv, by any of their names",
			  part_word(part), folders, part == DATASET_TRAIN ? "train" : "t10k",
			  part == DATASET_TRAIN ? "train" : "test");
	return DATASET_MISSING;
}

static enum dataset_fault find_in_folder(struct dataset_files *files, struct sets *sets,
										 const char *path, enum dataset_part part,
										 struct error *error)
{
	if (search(sets, path, NULL, error))
		return DATASET_MISSING;
	if (sets->count)
		return take(files, sets, path, part, error);
	const enum dataset_fault fault = pictures_find(files->images, path, part, error);
	files->pictures = true;
	snprintf(files->place, PATH_SIZE, "%s", path);
	if (fault != DATASET_MISSING)
		return fault;
	nothing_found(path, part, error);
	error_append(error, ", nor folders of pictures, one for each class");
	add_foreign(path, error);
	return DATASET_MISSING;
}

/* Split "data/emnist" into the folder "data" and "emnist". Returns the latter. */
static const char *split_path(char folder[PATH_SIZE], const char *path)
{
	const char *slash = strrchr(path, '/');

	snprintf(folder, PATH_SIZE, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
	if (slash == path)
		strcpy(folder, "/");
	return slash ? slash + 1 : path;
}

/* The file is one of a set, or a CSV file on its own, whose images are for training. */
static enum dataset_fault find_by_file(struct dataset_files *files, const char *path,
									   enum dataset_part part, struct error *error)
{
	char folder[PATH_SIZE];
	const char *text = split_path(folder, path);
	struct set set = {.prefix = ""};
	struct name name;

	if (parse_name(text, &name) && name.kind != MAPPING && name.prefix < PREFIX) {
		snprintf(set.folder, PATH_SIZE, "%s", folder);
		snprintf(set.prefix, PREFIX, "%.*s", (int)name.prefix, text);
		set.only_csv = name.kind == CSV;
		return find_part(files, &set, part, error);
	}
	if (part == DATASET_TEST) {
		const char *phrase = foreign_name(text);
		error_set(
			error, "%s: %s", path,
			phrase ? phrase
				   : "a file of its own, without test images; to measure on it, name it test.csv");
		return DATASET_NO_PART;
	}
	snprintf(files->images, PATH_SIZE, "%s", path);
	snprintf(files->place, PATH_SIZE, "%s", path);
	files->transposed = behind(text, "emnist") != NULL;
	return DATASET_FINE;
}

static enum dataset_fault find_by_prefix(struct dataset_files *files, struct sets *sets,
										 const char *path, enum dataset_part part,
										 struct error *error)
{
	char folder[PATH_SIZE];
	const char *prefix = split_path(folder, path);
	const bool may_be_prefix = *prefix && folder_is(folder);

	if (may_be_prefix && search(sets, folder, prefix, error))
		return DATASET_MISSING;
	if (may_be_prefix && sets->count)
		return take(files, sets, path, part, error);
	if (may_be_prefix && add_sets(sets, folder, NULL, error))
		return DATASET_MISSING;
	error_set(error, "there is no folder \"%s\"", path);
	if (may_be_prefix && sets->count && *sets->all[0].prefix) {
		error_append(error, ", and no set of that name");
		list_sets(sets, error);
	}
	return DATASET_MISSING;
}

static enum dataset_fault find_by_path(struct dataset_files *files, struct sets *sets,
									   const char *path, enum dataset_part part,
									   struct error *error)
{
	if (strlen(path) > MOST_PATH) {
		error_set(error, "%s: a path of %zu bytes; %d are possible", path, strlen(path), MOST_PATH);
		return DATASET_BROKEN;
	}
	if (folder_is(path))
		return find_in_folder(files, sets, path, part, error);
	if (*path && file_exists(path))
		return find_by_file(files, path, part, error);
	return find_by_prefix(files, sets, path, part, error);
}

/* As dataset_find does, with room for sets. */
static enum dataset_fault find(struct dataset_files *files, struct sets *sets, const char *path,
							   enum dataset_part part, struct error *error)
{
	const char *chosen = getenv("MNIST_CNN_DATA");
	char tried[sizeof "data, " + PATH_SIZE];

	if (path)
		return find_by_path(files, sets, path, part, error);
	if (chosen && *chosen) {
		const enum dataset_fault fault = find_by_path(files, sets, chosen, part, error);
		if (fault)
			error_prefix(error, "$MNIST_CNN_DATA");
		return fault;
	}
	char *moved = file_near_program(MNIST_CNN_DATA_FROM_PROGRAM);
	snprintf(tried, sizeof tried, "data, %s", moved ? moved : MNIST_CNN_DATADIR);
	free(moved);
	const char *const places[] = {"data", tried + strlen("data, ")};
	for (int i = 0; i < 2; i++) {
		if (!folder_is(places[i]))
			continue;
		if (search(sets, places[i], NULL, error))
			return DATASET_MISSING;
		if (sets->count)
			return take(files, sets, places[i], part, error);
	}
	return nothing_found(tried, part, error);
}

enum dataset_fault dataset_find(struct dataset_files *files, const char *path,
								enum dataset_part part, struct error *error)
{
	struct sets *sets = malloc(sizeof *sets);
	enum dataset_fault fault = DATASET_MISSING;

	*files = (struct dataset_files){.transposed = false};
	if (sets)
		fault = find(files, sets, path, part, error);
	else
		error_scarce(error, "not enough memory to look for data");
	free(sets);
	return fault;
}

int dataset_check_output(const struct dataset_options *options, const char *path,
						 struct error *error)
{
	struct dataset_files files;

	for (int part = DATASET_TRAIN; file_exists(path) && part <= DATASET_TEST; part++) {
		bool found = false;
		error->is_scarcity = false;
		if (!dataset_find(&files, options->path, (enum dataset_part)part, error))
			found = files.pictures
						? pictures_have_file(files.images, path, error)
						: file_is_same(files.images, path) || file_is_same(files.labels, path) ||
							  file_is_same(files.mapping, path);
		if (found)
			return error_set(error, "%s: a file of the data set", path);
		if (error->is_scarcity)
			return -1;
	}
	return 0;
}

bool dataset_has(const struct dataset_options *options, enum dataset_part part)
{
	struct dataset_files files;
	struct error ignored;

	return !dataset_find(&files, options->path, part, &ignored);
}
