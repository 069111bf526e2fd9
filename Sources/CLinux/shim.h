#ifndef MARTLET_CLINUX_SHIM_H
#define MARTLET_CLINUX_SHIM_H

#include <linux/openat2.h>
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
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

// Of glibc, but shown with _GNU_SOURCE only.
int pthread_setname_np(pthread_t thread, const char *name);
int pthread_getname_np(pthread_t thread, char *name, size_t size);
int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *end);

#endif
