package dev.greenroom.registry.simulation;

import java.util.Locale;

/// What must hold at every step. Checked millions of times, so that it says nothing unless it is broken.
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
