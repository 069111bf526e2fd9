/// Says when a process holds too much memory to take more work: above its limit, and from then on
/// until it is well below it, so that it does not say yes and no by turns.
package struct MemoryGuard: Hashable, Sendable {
  /// 0: no guard.
  package let bytesMax: Int
  package private(set) var isTight = false
  /// As last seen.
  package private(set) var bytes = 0

  package init(bytesMax: Int) { self.bytesMax = bytesMax }

  /// Under it, the guard lets go: 95 % of the limit.
  package var bytesEnough: Int { bytesMax - bytesMax / 20 }

  /// True if the answer is another one than before.
  package mutating func saw(bytes now: Int) -> Bool {
    bytes = now
    guard bytesMax > 0 else { return false }
    let wasTight = isTight
    isTight = now > (wasTight ? bytesEnough : bytesMax)
    return isTight != wasTight
  }
}
