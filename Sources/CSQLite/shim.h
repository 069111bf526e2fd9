#include <sqlite3.h>

/* Variadic C functions are out of Swift's reach. Both must come before SQLite's first use. */

/* Counting bytes takes one global lock per allocation. */
static inline int martlet_sqlite3_without_memory_statistics(void) {
  return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}
