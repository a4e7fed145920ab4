/* Makes the manual and the shells' completions from the program's own tables, while building:
 * describe TEMPLATE OUTPUT. The template is copied; a line "@NAME@" gives way to a section. */
#include <assert.h>
#include <ctype.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/command.h"

#define MANUAL_WIDTH 78
#define MOST_LINE 1024 /* bytes of a line or word */

/* ---- the manual: man's macros ---- */

/* Write a word or a line so that man shows it as it is: a backslash, a dash in front of an option,
 * and a dot or quote at the beginning of a line mean something to it. Returns `escaped`. */
static const char *roff(const char *text, size_t length, char escaped[MOST_LINE])
{
	size_t used = 0;

	assert(length < MOST_LINE / 3);
	for (size_t i = 0; i < length; i++) {
		const char before = i == 0 ? ' ' : text[i - 1];

		if (i == 0 && strchr(".'", text[i])) {
			escaped[used++] = '\\';
			escaped[used++] = '&';
		} else if (text[i] == '-' && strchr(" -", before))
			escaped[used++] = '\\';
		escaped[used++] = text[i];
		if (text[i] == '\\')
			escaped[used++] = 'e';
	}
	escaped[used] = '\0';
	return escaped;
}

/* Print words, in lines that are not too long. */
static void print_filled(FILE *out, const char *text, size_t length)
{
	struct wrapper wrapper = {out, 0, MANUAL_WIDTH, "", 0};
	char word[MOST_LINE];

	for (size_t size, at = 0; at < length; at += size + 1) {
		size = strcspn(text + at, " \n");
		wrapper_piece(&wrapper, roff(text + at, size, word));
	}
	fputc('\n', out);
}

/* True for a line of notes that has columns, or goes on with such a one. */
static bool is_laid_out(const char *line)
{
	const size_t length = strcspn(line, "\n");

	return *line == ' ' || (strstr(line, "  ") && strstr(line, "  ") < line + length);
}

/* Print what help has under the options: lines with columns as they are, others as paragraphs. */
static void print_notes(FILE *out, const char *notes)
{
	char line[MOST_LINE];

	while (*notes) {
		const bool laid_out = is_laid_out(notes);
		const char *end = notes;

		fputs(laid_out ? ".PP\n.nf\n" : ".PP\n", out);
		for (; *end && *end != '\n' && is_laid_out(end) == laid_out; end += strcspn(end, "\n") + 1)
			if (laid_out)
				fprintf(out, "%s\n", roff(end, strcspn(end, "\n"), line));
		if (laid_out)
			fputs(".fi\n", out);
		else
			print_filled(out, notes, (size_t)(end - notes - 1));
		notes = end + strspn(end, "\n");
	}
}

/* Print what a command explains by a function. */
static void print_explained(FILE *out, void (*explain)(FILE *))
{
	char text[8192];
	FILE *kept = tmpfile();

	if (!kept)
		return;
	explain(kept);
	rewind(kept);
	text[fread(text, 1, sizeof text - 1, kept)] = '\0';
	fclose(kept);
	print_notes(out, text);
}

static void print_manual_option(FILE *out, const struct option_section *section,
								const struct field *field, const void *values)
{
	char name[OPTION_NAME], argument[FIELD_TEXT_SIZE], text[OPTION_EXPLANATION];
	const char letter = options_letter(field);

	fputs(".TP\n", out);
	if (letter)
		fprintf(out, "\\fB\\-%c\\fR, ", letter);
	fputs("\\fB\\-\\-", out);
	for (const char *c = options_name(field->name, name); *c; c++)
		fprintf(out, *c == '-' ? "\\%c" : "%c", *c);
	fputs("\\fR", out);
	if (field->type != FIELD_FLAG)
		fprintf(out, " \\fI%s\\fR", options_argument(field, argument));
	fputc('\n', out);
	options_explain(section, field, values, text);
	print_filled(out, text, strlen(text));
}

static void print_manual_command(FILE *out, const struct command *command)
{
	alignas(max_align_t) char values[COMMAND_MOST_VALUES];
	const struct option_section *section = command->options;

	command_set_defaults(command, values);
	fprintf(out, ".SS %s\n\\fBmnist\\-cnn %s\\fR", command->name, command->name);
	fprintf(out, section->fields ? " [\\fIoption\\fR ...]" : "");
	if (command->operands)
		fprintf(out, " \\fI%s\\fR", command->operands);
	fprintf(out, "\n.PP\n%c%s.\n", toupper((unsigned char)*command->summary), command->summary + 1);
	for (; section->fields; section++) {
		if (section->title)
			fprintf(out, ".PP\n%s:\n", section->title);
		for (const struct field *field = section->fields; field->name; field++)
			print_manual_option(out, section, field, values);
	}
	if (command->notes)
		print_notes(out, command->notes);
	if (command->explain)
		print_explained(out, command->explain);
}

static void print_title(FILE *out)
{
	fprintf(out, ".TH MNIST\\-CNN 1 %s \"mnist\\-cnn %s\" \"User Commands\"\n", RELEASE_DATE,
			MNIST_CNN_VERSION);
}

static void print_manual(FILE *out)
{
	for (const struct command *const *c = commands; *c; c++)
		print_manual_command(out, *c);
}

/* ---- completions: the same table for all shells ---- */

/* Print the beginning of an explanation as part of a text in double quotes: "size of the steps" of
 * "size of the steps, at its peak; with sgd 0.05". */
static void print_gist(FILE *out, const char *text)
{
	size_t length = strlen(text);

	for (size_t i = 0; text[i] && length > i; i++)
		if (strchr(",;:", text[i]) || !strncmp(text + i, " (", 2))
			length = i;
	for (size_t i = 0; i < length; i++)
		fprintf(out, strchr("\"$\\", text[i]) ? "\\%c" : "%c", text[i]);
}

/* Print "file|ENDINGS|" of a value's or an operand's text in help: "file||" for "FILE",
 * "file|html onnx|" for "FILE.html|FILE.onnx"; "value||" where it names no file. */
static void print_kind(FILE *out, const char *argument)
{
	const char *end;

	if (strncmp(argument, "FILE", 4) && strncmp(argument, "PATH", 4)) {
		fputs("value||", out);
		return;
	}
	fputs("file|", out);
	for (const char *word = argument; (word = strstr(word, "FILE.")); word = end) {
		word += strlen("FILE.");
		end = word + strcspn(word, "| ");
		fprintf(out, "%s%.*s", word > argument + 5 ? " " : "", (int)(end - word), word);
	}
	fputc('|', out);
}

static void print_row(FILE *out, const struct command *command, const struct field *field)
{
	char name[OPTION_NAME];
	const char letter = options_letter(field);

	fprintf(out, "%s|--%s|", command->name, options_name(field->name, name));
	if (field->word) {
		fputs("words|", out);
		for (int i = 0; field->word(i); i++)
			fprintf(out, "%s%s", i ? " " : "", field->word(i));
		fputc('|', out);
	} else if (field->type == FIELD_FLAG)
		fputs("flag||", out);
	else
		print_kind(out, field->argument);
	print_gist(out, field->help);
	fputc('\n', out);
	if (letter) {
		fprintf(out, "%s|-%c|flag||", command->name, letter);
		print_gist(out, field->help);
		fputc('\n', out);
	}
}

/* Print a line for each command and each option: COMMAND|OPTION|KIND|WORDS|EXPLANATION. Without an
 * option, the kind is that of the command's operands. */
static void print_table(FILE *out)
{
	static const struct field help = {"help", FIELD_FLAG, .help = "explain the command"};

	for (const struct command *const *c = commands; *c; c++) {
		fprintf(out, "%s||", (*c)->name);
		print_kind(out, (*c)->operands ? (*c)->operands : "");
		print_gist(out, (*c)->summary);
		fputc('\n', out);
		for (const struct option_section *section = (*c)->options; section->fields; section++)
			for (const struct field *field = section->fields; field->name; field++)
				print_row(out, *c, field);
		print_row(out, *c, &help);
	}
}

/* ---- templates ---- */

static const struct section {
	const char *line; /* of the template */
	void (*print)(FILE *out);
} sections[] = {
	{"@title@\n", print_title}, {"@commands@\n", print_manual}, {"@table@\n", print_table}};

static void fill(FILE *template, FILE *out)
{
	char line[MOST_LINE];

	while (fgets(line, sizeof line, template)) {
		const struct section *found = NULL;

		for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
			if (!strcmp(line, sections[i].line))
				found = &sections[i];
		if (found)
			found->print(out);
		else
			fputs(line, out);
	}
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fputs("Usage: describe TEMPLATE OUTPUT\n", stderr);
		return 1;
	}
	FILE *template = fopen(argv[1], "r"), *out = template ? fopen(argv[2], "w") : NULL;
	if (!out) {
		perror(template ? argv[2] : argv[1]);
		return 1;
	}
	fill(template, out);
	if (!ferror(template) && !ferror(out) && !fclose(template) && !fclose(out))
		return 0;
	perror(argv[2]);
	return 1;
}
