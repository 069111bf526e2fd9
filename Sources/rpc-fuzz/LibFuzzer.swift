#if MARTLET_LIBFUZZER
  import Glibc

  /// libFuzzer as what spoils the input, guided by which code the input reaches. Only in programs
  /// that `scripts/fuzz` builds.
  enum LibFuzzer {
    private typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

    @_silgen_name("LLVMFuzzerRunDriver")
    private static func runDriver(
      _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<Arguments?>,
      _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
    ) -> CInt

    /// Runs the target until it goes wrong or libFuzzer's options, which are the arguments from the
    /// third on, say stop.
    static func run(_ target: String) -> CInt {
      // libFuzzer takes the first argument for the program, which it starts again for some options.
      var given = Array(CommandLine.arguments.dropFirst())
      given[0] = CommandLine.arguments[0]
      var arguments = given.map { strdup($0) }
      var count = CInt(arguments.count)
      arguments.append(nil)
      return arguments.withUnsafeMutableBufferPointer { buffer in
        var start = buffer.baseAddress
        return target == "frames"
          ? runDriver(&count, &start) { LibFuzzer.frames($0, $1) }
          : runDriver(&count, &start) { LibFuzzer.messages($0, $1) }
      }
    }

    private static func frames(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
      let bytes = Array(UnsafeBufferPointer(start: start, count: count))
      // The same pieces and answers for inputs of one size, so that libFuzzer sees what it changed.
      var random = FuzzRandom(seed: UInt64(count))
      do {
        try FrameTarget.run(bytes, &random)
      } catch {
        fatalError("\(error)")
      }
      return 0
    }

    private static func messages(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
      do {
        try MessageTarget.runAll(Array(UnsafeBufferPointer(start: start, count: count)))
      } catch {
        fatalError("\(error)")
      }
      return 0
    }
  }
#endif
