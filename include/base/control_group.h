/* Control groups, by which Linux limits what processes take: those of a container or a service. A
 * group lies in another one, up to the root; each of them limits its processes. */
#ifndef BASE_CONTROL_GROUP_H
#define BASE_CONTROL_GROUP_H

#include <stdio.h>

/* Where the system has them, and the list of this process's own groups. */
#define CONTROL_GROUP_FOLDER "/sys/fs/cgroup"
#define CONTROL_GROUP_LIST "/proc/self/cgroup"

struct control_group {
	int version;      /* 1 or 2: files have other names */
	const char *path; /* its folder */
};

typedef void control_group_visitor(const struct control_group *group, void *context);

/* Visit the groups that a process is in, its own and those around it, for a controller such as
 * "memory". A line "0::/a/b" of `list` stands for the folders a/b and a in `folder` and for that
 * itself; in version 1, where each controller has groups of its own, "4:memory:/a" for memory/a and
 * memory. Where there is no such list, there are no groups. */
void control_group_visit(const char *folder, const char *list, const char *controller,
						 control_group_visitor *visit, void *context);

/* Open a file of the group to read it. NULL where there is none. */
FILE *control_group_open(const struct control_group *group, const char *name);

#endif
