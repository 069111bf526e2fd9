// The room is described in docs/ARCHITECTURE.md.
