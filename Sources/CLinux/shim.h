#ifndef FORDELER_CLINUX_SHIM_H
#define FORDELER_CLINUX_SHIM_H
// Functions of the C library that Swift's own module leaves out, because their headers hide them without _GNU_SOURCE.
#include <spawn.h>

extern int memfd_create(const char *name, unsigned int flags);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
#endif
