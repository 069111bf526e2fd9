#ifndef MARTLET_CLINUX_SHIM_H
#define MARTLET_CLINUX_SHIM_H

#include <linux/openat2.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// O_PATH, which <fcntl.h> shows with _GNU_SOURCE only. The same on x86-64 and arm64.
static const int32_t martlet_o_path = 010000000;

// openat2(2), which glibc does not wrap before 2.43. -1 and errno on failure; ENOSYS before Linux
// 5.6.
static inline int martlet_openat2(
    int directory, const char *path, uint64_t flags, uint64_t resolve) {
  struct open_how how = {.flags = flags, .mode = 0, .resolve = resolve};
  return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

// How nice a thread is; 0: the calling one, the process's number: its main thread.
static inline int32_t martlet_nice(pid_t thread) { return getpriority(PRIO_PROCESS, thread); }

// How the calling thread shares the cores with others: it gets so much nicer than it is, and runs
// in slices of so many nanoseconds, of which kernels before 6.12 take no notice. With `is_batch` it
// takes no core from another thread when it wakes (SCHED_BATCH). Does nothing to a thread that has
// another policy than the usual one. -1 and errno on failure.
static inline int martlet_share_cores(int32_t nice_more, int32_t is_batch, uint64_t slice) {
  // sched_setattr(2), which glibc does not wrap before 2.41; SCHED_BATCH it shows with _GNU_SOURCE
  // only.
  struct {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t slice, deadline, period;
  } attributes = {.size = sizeof attributes, .policy = is_batch ? 3 : SCHED_OTHER, .slice = slice};
  if (sched_getscheduler(0) != SCHED_OTHER) return 0;
  int32_t nice = martlet_nice(0) + nice_more;
  attributes.nice = nice > 19 ? 19 : nice;
  return (int)syscall(SYS_sched_setattr, 0, &attributes, 0);
}

// Of glibc, but shown with _GNU_SOURCE only.
int pthread_setname_np(pthread_t thread, const char *name);
int pthread_getname_np(pthread_t thread, char *name, size_t size);
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *end);

#endif
