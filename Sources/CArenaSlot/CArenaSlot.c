#include "CArenaSlot.h"

_Thread_local void *martlet_arena_slot;
