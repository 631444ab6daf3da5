/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Gives every file of a target's corpus to it, and prints TAP. The folder is
 * built in; an argument takes its place.
 */
#include <dirent.h>
#include <err.h>
#include <string.h>

#include "common/cleanup.h"
#include "tests/fuzz/fuzz.h"

static void replay(const char *folder, const char *name, int number)
{
	_cleanup_free_ uint8_t *data = NULL;
	_cleanup_fclose_ FILE *f = NULL;
	char path[512];
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "r");
	if (!f)
		err(1, "%s", path);
	data = malloc(1 << 20);
	n = fread(data, 1, 1 << 20, f);
	printf("# %s\n", name);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, n);
	printf("ok %d - %s\n", number, name);
}

static int is_file(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	const char *folder = argc > 1 ? argv[1] : FUZZ_CORPUS;
	struct dirent **files;
	int n = scandir(folder, &files, is_file, alphasort);

	if (n < 0)
		err(1, "%s", folder);
	for (int i = 0; i < n; i++) {
		replay(folder, files[i]->d_name, i + 1);
		free(files[i]);
	}
	free(files);
	printf("1..%d\n", n);
	return 0;
}
