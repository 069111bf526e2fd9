#include <sqlite3.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Begins to write a stretch of a file out to the medium, and waits until it is there or in the
   medium's own cache. Of Linux, and shown with _GNU_SOURCE only. */
static inline void martlet_write_out(int descriptor, long offset, long count) {
  syscall(SYS_sync_file_range, descriptor, offset, count, 7);
}

/* Variadic C functions are out of Swift's reach. Both must come before SQLite's first use. */

/* Counting bytes takes one global lock per allocation. */
static inline int martlet_sqlite3_without_memory_statistics(void) {
  return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}
