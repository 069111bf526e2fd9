#ifndef MARTLET_C_ARENA_SLOT_H
#define MARTLET_C_ARENA_SLOT_H

// Where MartletProtobuf keeps the calling thread's arena; NULL until it has one. Swift has no
// variables of a thread, and every message would pay for pthread_getspecific twice.
extern _Thread_local void *martlet_arena_slot;

static inline void *martlet_arena(void) { return martlet_arena_slot; }
static inline void martlet_set_arena(void *arena) { martlet_arena_slot = arena; }

#endif
