package dev.greenroom.proxy.access;

import dev.greenroom.config.ProxySections.AccessSettings;
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

/// Decides which host names the grid may be called by, and which web pages may call it. Sessions, the
/// dashboard, metrics and the admin API all use this policy.
///
/// A web page can point a name of its own at this machine (DNS rebinding). For the browser, the page
/// and the grid are then the same site. So a name is allowed only if no stranger can own it: an IP
/// address, a name without a dot, a name in a domain that is not in public DNS (Kubernetes calls
/// services `svc`), this machine's own name, or one in `ALLOWED_HOSTS`.
final class HostPolicy {
    private static final Pattern AUTHORITY = Pattern.compile("(\\[[0-9a-f:.]{2,45}]|[a-z0-9._-]{1,253})(:\\d{1,5})?");
    private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");
    private static final Pattern PRIVATE =
            Pattern.compile("[a-z0-9_-]+|.+\\.(localhost|local|internal|svc|test|home\\.arpa)");

    private final Set<String> origins;
    private final List<String> hosts;
    private final String own;

    /// Headers that browsers add, also to requests without `Origin`.
    private static final List<String> BROWSER_HEADERS = List.of("Sec-Fetch-Site", "Referer");

    private static final int MAX_ORIGIN_CHARS = 255;

    /// The last host name and its verdict: most requests name the same host.
    private volatile CheckedHost last = new CheckedHost("", false);

    private record CheckedHost(String authority, boolean allowed) {}

    /// What a request wants.
    enum RequestPurpose {
        SESSION,
        READ,
        CHANGE
    }

    /// @param own the host name of this machine
    HostPolicy(AccessSettings settings, String own) {
        this.origins = new HashSet<>(
                settings.origins().stream().map(HostPolicy::withoutDefaultPort).toList());
        this.hosts = settings.hosts();
        this.own = own.toLowerCase(Locale.ROOT);
    }

    /// The host name of this machine as the kernel has it; empty if it is unknown.
    static String ownName() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException _) {
            return "";
        }
    }

    /// Whether `ALLOWED_HOSTS` is set. It then applies to clients with a token, too.
    boolean isConfigured() {
        return !hosts.isEmpty();
    }

    /// Whether the `Host` header names the grid by an allowed name.
    boolean isAllowedHost(RequestHead head) {
        var asked = head.header("Host").orElse("");
        var known = last;
        if (!known.authority().equals(asked)) {
            known = new CheckedHost(asked, isAllowedHost(asked));
            last = known;
        }
        return known.allowed();
    }

    private boolean isAllowedHost(String asked) {
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
                || hosts.stream().anyMatch(pattern -> matches(name, pattern));
    }

    private static boolean matches(String name, String pattern) {
        return pattern.equals("*")
                || name.equals(pattern)
                || (pattern.startsWith("*.")
                        && name.length() > pattern.length() - 1
                        && name.endsWith(pattern.substring(1)));
    }

    /// The host that a request names, for the refusal; empty if it is not a valid host name.
    static String hostOf(RequestHead head) {
        var authority = AUTHORITY.matcher(head.header("Host").orElse("").toLowerCase(Locale.ROOT));
        return authority.matches() ? authority.group(1) : "";
    }

    /// The origin of a request, for the refusal; empty if there is none, or it is too long.
    static String originOf(RequestHead head) {
        return head.header("Origin")
                .filter(origin -> origin.length() <= MAX_ORIGIN_CHARS)
                .orElse("");
    }

    /// Whether the request is not from a web page, or from a page that may make it. A page of
    /// `ALLOWED_ORIGINS` may do everything, the grid's own pages all but open sessions.
    boolean isAllowedOrigin(RequestHead head, RequestPurpose purpose) {
        var fieldValues = head.values("Origin");
        if (fieldValues.isEmpty()) {
            return purpose != RequestPurpose.CHANGE
                    || BROWSER_HEADERS.stream()
                            .allMatch(field -> head.header(field).isEmpty());
        }
        var origin = withoutDefaultPort(fieldValues.getFirst().toLowerCase(Locale.ROOT));
        return fieldValues.size() == 1
                && (origins.contains(origin)
                        || (purpose != RequestPurpose.SESSION && isSameSite(origin, head.header("Host"))));
    }

    private static boolean isSameSite(String origin, Optional<String> host) {
        var name = host.orElse("").toLowerCase(Locale.ROOT);
        return List.of("http://", "https://").stream()
                .anyMatch(scheme -> origin.equals(withoutDefaultPort(scheme + name)));
    }

    private static String withoutDefaultPort(String origin) {
        var port = origin.startsWith("https://") ? ":443" : origin.startsWith("http://") ? ":80" : "-";
        return origin.endsWith(port) ? origin.substring(0, origin.length() - port.length()) : origin;
    }
}
