package dev.greenroom.proxy.client;

import dev.greenroom.session.PlaywrightVersion;
import java.util.List;
import java.util.Optional;

/// The paths on which sessions are to be had: `/`, and the aliases that people know from other grids,
/// `/playwright/{browser}`, `/playwright/{browser}/{version}` and `/{browser}/playwright`.
///
/// @param browser as written, known or not
/// @param version what the path asks for, where it names one
public record SessionPath(Optional<String> browser, Optional<PlaywrightVersion> version) {
    private static final String PLAYWRIGHT = "playwright";

    /// Whether an upgrade on this path asks for a session.
    public static boolean matches(String path) {
        var parts = parts(path);
        return path.equals("/")
                || (parts.size() == 2 && parts.contains(PLAYWRIGHT))
                || (parts.size() == 3
                        && parts.getFirst().equals(PLAYWRIGHT)
                        && PlaywrightVersion.of(parts.get(2)).isPresent());
    }

    static SessionPath of(String path) {
        var parts = parts(path);
        if (parts.size() < 2) {
            return new SessionPath(Optional.empty(), Optional.empty());
        }
        var browser = parts.getFirst().equals(PLAYWRIGHT) ? parts.get(1) : parts.getFirst();
        var version = parts.size() == 3 ? PlaywrightVersion.of(parts.get(2)) : Optional.<PlaywrightVersion>empty();
        return new SessionPath(Optional.of(browser), version);
    }

    private static List<String> parts(String path) {
        return path.equals("/") ? List.of() : List.of(path.substring(1).split("/", -1));
    }
}
