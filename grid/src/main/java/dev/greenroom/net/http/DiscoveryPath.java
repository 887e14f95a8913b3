package dev.greenroom.net.http;

import java.util.List;
import java.util.Set;

/// The addresses at which clients of the Chrome DevTools Protocol look for a browser, in the spellings that
/// they use: with one slash or two in front and one at the end, below the addresses of sessions, and behind
/// a query.
public final class DiscoveryPath {
    private static final String ROOT = "/json/";
    private static final List<String> PREFIXES =
            List.of("/cdp", "/chromium/playwright", "/chromium", "/playwright/chromium", "/playwright");
    private static final String VERSION = "/json/version";
    private static final Set<String> WITH_SLASH =
            Set.of("/json/version/", "/json/list/", "/json/protocol/", "/json/new/");

    private DiscoveryPath() {}

    /// The request with the usual spelling of such a path; any other request as it is. Some clients append
    /// the path to the whole address: `/?token=secret/json/version`.
    public static RequestHead usual(RequestHead head) {
        var path = head.path();
        var query = head.target().substring(path.length());
        var bareQuery = query.endsWith("/") ? query.substring(0, query.length() - 1) : query;
        var appended = (path.endsWith("/") ? path.substring(0, path.length() - 1) : path) + VERSION;
        var isAppended = bareQuery.endsWith(VERSION) && matches(appended);
        var target = isAppended
                ? usual(appended) + bareQuery.substring(0, bareQuery.length() - VERSION.length())
                : usual(path) + query;
        return target.equals(head.target()) ? head : new RequestHead(head.method(), target, head.headers());
    }

    private static String usual(String path) {
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
