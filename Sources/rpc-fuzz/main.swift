// Feeds spoilt input to what reads a client's bytes, and ends with 1 or by a signal if that goes
// wrong:
//
//     rpc-fuzz frames --runs 100000 --seed 1 --corpus DIR
//     rpc-fuzz messages --first 4711 --runs 1        (one run again)
//
// Built by scripts/fuzz, it takes libFuzzer's options behind the target instead.
//
// The last line before a crash names the run. An input worth keeping goes into the corpus, which
// every run draws from.

import Glibc
import MartletInterop
import Synchronization

/// The run that is under way, for the handler of signals.
let currentRun = Atomic<Int>(0)

func report(_ text: String) { _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) } }

func corpus(in directory: String?) throws -> [[UInt8]] {
  guard let directory else { return [] }
  guard let folder = opendir(directory) else {
    throw InteropOptions.Problem(description: "--corpus: \(directory) cannot be opened")
  }
  defer { closedir(folder) }
  var names: [String] = []
  while let entry = readdir(folder) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if !name.hasPrefix(".") { names.append(name) }
  }
  return names.sorted().compactMap { name in
    guard let file = fopen("\(directory)/\(name)", "r") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 64 << 10)
    return Array(bytes.prefix(fread(&bytes, 1, bytes.count, file)))
  }
}

do {
  let target = CommandLine.arguments.dropFirst().first ?? ""
  #if MARTLET_LIBFUZZER
    if ["frames", "messages"].contains(target) { exit(LibFuzzer.run(target)) }
  #endif
  let options = try InteropOptions(
    Array(CommandLine.arguments.dropFirst(2)), known: ["runs", "seed", "first", "corpus"])
  let seeds: [[UInt8]]
  let run: ([UInt8], inout FuzzRandom) throws -> Void
  switch target {
  case "frames": (seeds, run) = (try FrameTarget.seeds(), FrameTarget.run)
  case "messages": (seeds, run) = (MessageTarget.seeds(), MessageTarget.run)
  default: throw InteropOptions.Problem(description: "use: rpc-fuzz frames|messages [--runs N] …")
  }
  for number in [SIGILL, SIGSEGV, SIGABRT, SIGBUS, SIGTRAP] {
    signal(number) { number in
      report("rpc-fuzz: crashed in run \(currentRun.load(ordering: .relaxed))\n")
      signal(number, SIG_DFL)
      raise(number)
    }
  }
  let mutator = Mutator(
    corpus: seeds + (try corpus(in: options["corpus"])),
    seed: UInt64(try options.number("seed", default: 1)))
  let first = try options.number("first", default: 0)
  let runs = try options.number("runs", default: 10_000)
  for number in first..<first + runs {
    currentRun.store(number, ordering: .relaxed)
    var (bytes, random) = mutator.input(run: number)
    do {
      try run(bytes, &random)
    } catch {
      throw InteropOptions.Problem(description: "run \(number): \(error)")
    }
  }
  print("\(target): \(runs) runs from \(first), nothing found")
} catch {
  report("rpc-fuzz: \(error)\n")
  exit(1)
}
