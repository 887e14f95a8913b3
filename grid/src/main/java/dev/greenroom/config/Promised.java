package dev.greenroom.config;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// Settings of other versions that protect something, which this version would not do. Who sets one relies on it, so
/// nothing is started.
final class Promised {
    private static final Set<String> NAMES = Set.of("BLOCK_PRIVATE_NETWORK");

    private Promised() {}

    /// A sentence for each, in alphabetical order.
    static List<String> among(Collection<String> variables) {
        var found = new TreeSet<>(variables);
        found.retainAll(NAMES);
        return found.stream()
                .map(name -> name + ": this version does not have this setting and would protect nothing with it,"
                        + " unset it and see SECURITY.md for what to put in front of the grid")
                .toList();
    }
}
