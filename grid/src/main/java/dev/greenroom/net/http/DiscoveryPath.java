package dev.greenroom.net.http;

import java.util.List;
import java.util.Set;

/// The addresses at which clients of the Chrome DevTools Protocol look for a browser, in the spellings that
/// they use: with one slash or two in front and one at the end, and below the addresses of sessions.
public final class DiscoveryPath {
    private static final String ROOT = "/json/";
    private static final List<String> PREFIXES =
            List.of("/cdp", "/chromium/playwright", "/chromium", "/playwright/chromium", "/playwright");
    private static final Set<String> WITH_SLASH =
            Set.of("/json/version/", "/json/list/", "/json/protocol/", "/json/new/");

    private DiscoveryPath() {}

    /// The usual spelling of such a path; any other path as it is.
    public static String usual(String path) {
        var bare = path.startsWith("//") ? path.substring(1) : path;
        if (!bare.startsWith(ROOT)) {
            bare = PREFIXES.stream()
                    .filter(prefix -> path.startsWith(prefix + ROOT))
                    .findFirst()
                    .map(prefix -> path.substring(prefix.length()))
                    .orElse("");
        }
        if (bare.isEmpty()) {
            return path;
        }
        return WITH_SLASH.contains(bare) ? bare.substring(0, bare.length() - 1) : bare;
    }

    /// Whether this is such a path, in any spelling.
    public static boolean matches(String path) {
        return usual(path).startsWith(ROOT);
    }
}
