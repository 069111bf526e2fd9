/// The deadline of the call that a handler answers, for the calls that it makes.
enum InheritedDeadline {
  /// On the clock of the loops, in nanoseconds; 0: none.
  @TaskLocal static var nanoseconds: UInt64 = 0
}
