package dev.greenroom.proxy.access;

import dev.greenroom.config.settings.AccessSettings;
import dev.greenroom.net.http.RequestHead;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// Decides by which host names the grid may be called, and which web pages may call it. The only such
/// policy: sessions, the dashboard, metrics and the admin API all go through it.
///
/// A page can make a name of its own point at this machine (DNS rebinding), and then is, for its
/// browser, the same site as the grid. So a name counts only if no stranger can own it: an address, a
/// name without a dot, one that ends in a domain which is not in public DNS (`svc` is what Kubernetes
/// calls services), this machine's own, or one that was set.
final class HostPolicy {
    private static final Pattern AUTHORITY = Pattern.compile("(\\[[0-9a-f:.]{2,45}]|[a-z0-9._-]{1,253})(:\\d{1,5})?");
    private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");
    private static final Pattern PRIVATE =
            Pattern.compile("[a-z0-9_-]+|.+\\.(localhost|local|internal|svc|test|home\\.arpa)");

    private final Set<String> origins;
    private final List<String> hosts;
    private final String own;

    /// What a browser adds to requests, even to those that have no `Origin`.
    private static final List<String> BROWSER_FIELDS = List.of("Sec-Fetch-Site", "Referer");

    private static final int MAX_NAMED_CHARS = 255;

    /// What was asked for last, which is nearly always what is asked for next.
    private volatile Known last = new Known("", false);

    private record Known(String authority, boolean ours) {}

    /// What a request is for.
    enum RequestPurpose {
        SESSION,
        READ,
        CHANGE
    }

    /// @param own the name of this machine
    HostPolicy(AccessSettings settings, String own) {
        this.origins = new HashSet<>(
                settings.origins().stream().map(HostPolicy::withoutUsualPort).toList());
        this.hosts = settings.hosts();
        this.own = own.toLowerCase(Locale.ROOT);
    }

    /// What this machine calls itself, without asking the network; empty where the system does not say.
    static String ownName() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException _) {
            return "";
        }
    }

    /// Whether names were set, which then count even for those who have a token.
    boolean areSet() {
        return !hosts.isEmpty();
    }

    /// Whether the request calls the grid by a name that it goes by.
    boolean isOurs(RequestHead head) {
        var asked = head.header("Host").orElse("");
        var known = last;
        if (!known.authority().equals(asked)) {
            known = new Known(asked, isOurs(asked));
            last = known;
        }
        return known.ours();
    }

    private boolean isOurs(String asked) {
        var authority = AUTHORITY.matcher(asked.toLowerCase(Locale.ROOT));
        if (!authority.matches()) {
            return false;
        }
        var host = authority.group(1);
        var name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
        return name.startsWith("[")
                || IPV4.matcher(name).matches()
                || PRIVATE.matcher(name).matches()
                || name.equals(own)
                || hosts.stream().anyMatch(pattern -> fits(name, pattern));
    }

    private static boolean fits(String name, String pattern) {
        return pattern.equals("*")
                || name.equals(pattern)
                || (pattern.startsWith("*.")
                        && name.length() > pattern.length() - 1
                        && name.endsWith(pattern.substring(1)));
    }

    /// The host that a request names, for the answer that refuses it; empty where that is no host name.
    static String hostOf(RequestHead head) {
        var authority = AUTHORITY.matcher(head.header("Host").orElse("").toLowerCase(Locale.ROOT));
        return authority.matches() ? authority.group(1) : "";
    }

    /// The page that asks, for the answer that refuses it.
    static String originOf(RequestHead head) {
        return head.header("Origin")
                .filter(origin -> origin.length() <= MAX_NAMED_CHARS)
                .orElse("");
    }

    /// Whether no page asks, or one that may: a page of `ALLOWED_ORIGINS` may do everything, the grid's
    /// own may read.
    boolean mayAsk(RequestHead head, RequestPurpose use) {
        var fields = head.values("Origin");
        if (fields.isEmpty()) {
            return use != RequestPurpose.CHANGE
                    || BROWSER_FIELDS.stream()
                            .allMatch(field -> head.header(field).isEmpty());
        }
        var origin = withoutUsualPort(fields.getFirst().toLowerCase(Locale.ROOT));
        return fields.size() == 1
                && (origins.contains(origin)
                        || (use == RequestPurpose.READ && isSameSite(origin, head.header("Host"))));
    }

    private static boolean isSameSite(String origin, Optional<String> host) {
        var name = host.orElse("").toLowerCase(Locale.ROOT);
        return List.of("http://", "https://").stream()
                .anyMatch(scheme -> origin.equals(withoutUsualPort(scheme + name)));
    }

    private static String withoutUsualPort(String origin) {
        var usual = origin.startsWith("https://") ? ":443" : origin.startsWith("http://") ? ":80" : "-";
        return origin.endsWith(usual) ? origin.substring(0, origin.length() - usual.length()) : origin;
    }
}
