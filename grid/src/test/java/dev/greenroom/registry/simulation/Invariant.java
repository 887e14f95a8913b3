package dev.greenroom.registry.simulation;

import java.util.Locale;

/// A condition that must hold at every step. It is checked millions of times, so the message is built only when it
/// is broken.
final class Invariant {

    private Invariant() {}

    /// @throws AssertionError when it does not hold, naming the invariant of the fault list, where, and
    ///     what was found
    static void holds(boolean held, String id, Object where, long found) {
        if (!held) {
            throw new AssertionError(String.format(Locale.ROOT, "%s is broken at %s: %d", id, where, found));
        }
    }
}
