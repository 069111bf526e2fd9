extension DatabaseFile {
  /// `task_by_state` ends, as every index does, with the rowid, which is the id: within a pool and
  /// state, tasks come by id. A payload above `TaskTable.inlinePayloadMax` has a row of its own in
  /// `payload`, so that a change of state does not write it again, and so has what attempts saved
  /// (`SavedWorkTable`), each turn of a task's life (`TurnTable`), and each change of a pool
  /// (`PoolRevisionTable`). Statistics are in a table of rows by time (`StatsTable`). Labels are
  /// also in a table of their own (`LabelTable`). Remembered requests are in tables of an hour
  /// each, made when needed (`RequestTables`).
  static let index = DatabaseFile(
    name: "index.db", applicationID: 0x4d4c_4958, format: 1, pageBytes: 4096,
    schema: """
      CREATE TABLE task (
        id INTEGER PRIMARY KEY,
        pool INTEGER NOT NULL,
        kind INTEGER NOT NULL,
        priority INTEGER NOT NULL,
        create_time INTEGER NOT NULL,
        submit_revision INTEGER NOT NULL,
        deadline INTEGER NOT NULL,
        state INTEGER NOT NULL,
        attempt INTEGER NOT NULL,
        attempts_forgiven INTEGER NOT NULL,
        revision INTEGER NOT NULL,
        due INTEGER NOT NULL,
        due_time INTEGER NOT NULL,
        start_time INTEGER,
        finish_time INTEGER,
        labels BLOB,
        policy BLOB NOT NULL,
        status BLOB NOT NULL,
        spec BLOB NOT NULL,
        payload BLOB,
        result BLOB
      ) STRICT;
      CREATE INDEX task_by_state ON task (pool, state);
      CREATE INDEX task_by_finish ON task (finish_time) WHERE finish_time IS NOT NULL;
      CREATE INDEX task_live ON task (id) WHERE finish_time IS NULL;
      CREATE TABLE payload (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
      CREATE TABLE fact (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
      CREATE TABLE progress (
        id INTEGER PRIMARY KEY,
        applied_through INTEGER NOT NULL,
        finished INTEGER NOT NULL
      ) STRICT;
      INSERT INTO progress VALUES (1, 0, 0)
      """)
}
