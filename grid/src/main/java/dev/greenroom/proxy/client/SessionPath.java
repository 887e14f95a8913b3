package dev.greenroom.proxy.client;

import dev.greenroom.session.PlaywrightVersion;
import java.util.List;
import java.util.Optional;

/// The paths on which sessions are to be had: `/`, and the aliases that people know from other grids,
/// `/playwright/{browser}`, `/playwright/{browser}/{version}` and `/{browser}/playwright`.
///
/// @param browser as written, known or not
/// @param version what the path asks for, where it names one
record SessionPath(Optional<String> browser, Optional<PlaywrightVersion> version) {
    private static final String PLAYWRIGHT = "playwright";

    /// Reads the path of an upgrade; empty when it asks for no session.
    static Optional<SessionPath> of(String path) {
        if (path.equals("/")) {
            return Optional.of(new SessionPath(Optional.empty(), Optional.empty()));
        }
        var parts = List.of(path.substring(1).split("/", -1));
        var first = parts.getFirst();
        if (parts.size() == 2 && parts.contains(PLAYWRIGHT)) {
            var browser = first.equals(PLAYWRIGHT) ? parts.get(1) : first;
            return Optional.of(new SessionPath(Optional.of(browser), Optional.empty()));
        }
        if (parts.size() == 3 && first.equals(PLAYWRIGHT)) {
            return PlaywrightVersion.of(parts.get(2))
                    .map(version -> new SessionPath(Optional.of(parts.get(1)), Optional.of(version)));
        }
        return Optional.empty();
    }
}
