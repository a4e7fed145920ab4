/* The list names a group by its path in the folder. Those around it are the path's beginnings. */
#include "base/control_group.h"

#include <stdbool.h>
#include <string.h>

#include "base/path.h"

/* Is the controller among those of "cpu,cpuacct"? */
static bool is_among(const char *controllers, const char *controller)
{
	const size_t length = strlen(controller);

	while (strcspn(controllers, ",") != length || strncmp(controllers, controller, length)) {
		controllers += strcspn(controllers, ",");
		if (!*controllers++)
			return false;
	}
	return true;
}

/* From the group "/a/b" to the root, "", which the group's text is cut to. */
static void visit_upwards(int version, const char *folder, const char *controller, char *group,
						  control_group_visitor *visit, void *context)
{
	char path[PATH_SIZE + 64], *end;

	do {
		snprintf(path, sizeof path, "%s%s%s%s", folder, *controller ? "/" : "", controller, group);
		visit(&(struct control_group){version, path}, context);
		end = strrchr(group, '/');
		if (end)
			*end = '\0';
	} while (end);
}

void control_group_visit(const char *folder, const char *list, const char *controller,
						 control_group_visitor *visit, void *context)
{
	char line[PATH_SIZE];
	FILE *file = fopen(list, "r");

	if (!file)
		return;
	while (fgets(line, sizeof line, file)) {
		char *controllers = strchr(line, ':');
		char *group = controllers ? strchr(++controllers, ':') : NULL;
		if (!group || group[1] != '/')
			continue;
		*group++ = '\0';
		group[strcspn(group, "\n")] = '\0';
		if (!*controllers)
			visit_upwards(2, folder, "", group, visit, context);
		else if (is_among(controllers, controller))
			visit_upwards(1, folder, controller, group, visit, context);
	}
	fclose(file);
}

FILE *control_group_open(const struct control_group *group, const char *name)
{
	char path[PATH_SIZE + 128];

	snprintf(path, sizeof path, "%s/%s", group->path, name);
	return fopen(path, "r");
}
