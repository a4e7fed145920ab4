/* Writes a file as C source, to be compiled into the program: embed FILE NAME SOURCE */
#include <stdio.h>

static void embed(FILE *in, const char *name, FILE *out)
{
	size_t size = 0;

	fprintf(out,
			"#include <stddef.h>\n\nextern const unsigned char %s[];\n"
			"extern const size_t %s_size;\n\nconst unsigned char %s[] = {",
			name, name, name);
	for (int byte; (byte = getc(in)) != EOF; size++)
		fprintf(out, "%s%d,", size % 20 ? "" : "\n", byte);
	fprintf(out, "\n};\nconst size_t %s_size = %zu;\n", name, size);
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fputs("Usage: embed FILE NAME SOURCE\n", stderr);
		return 1;
	}
	FILE *in = fopen(argv[1], "rb"), *out = in ? fopen(argv[3], "w") : NULL;
	if (!out) {
		perror(in ? argv[3] : argv[1]);
		return 1;
	}
	embed(in, argv[2], out);
	if (!ferror(in) && !ferror(out) && fclose(in) == 0 && fclose(out) == 0)
		return 0;
	perror(argv[3]);
	return 1;
}
