package dev.greenroom.access;

import dev.greenroom.config.AccessSettings;
import dev.greenroom.wire.RequestHead;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// By which name the grid is called, and by which web page.
///
/// A page can make a name of its own point at this machine (DNS rebinding), and then is, for its browser, the same site
/// as the grid. So a name counts only if no stranger can own it: an address, a name without a dot, one that ends in a
/// domain which is not in public DNS, this machine's own, or one that was set.
final class Names {
    private static final Pattern AUTHORITY = Pattern.compile("(\\[[0-9a-f:.]{2,45}]|[a-z0-9._-]{1,253})(:\\d{1,5})?");
    private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");
    private static final Pattern PRIVATE =
            Pattern.compile("[a-z0-9_-]+|.+\\.(localhost|local|internal|test|home\\.arpa)");

    private final Set<String> origins;
    private final List<String> hosts;
    private final String own;

    /// What was asked for last, which is nearly always what is asked for next.
    private volatile Known last = new Known("", false);

    private record Known(String authority, boolean ours) {}

    /// @param own the name of this machine
    Names(AccessSettings settings, String own) {
        this.origins = new HashSet<>(
                settings.origins().stream().map(Names::withoutUsualPort).toList());
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

    /// Whether no page asks, or one that may.
    ///
    /// @param sameSite whether our own pages may
    boolean mayAsk(RequestHead head, boolean sameSite) {
        var fields = head.values("Origin");
        if (fields.size() != 1) {
            return fields.isEmpty();
        }
        var origin = withoutUsualPort(fields.getFirst().toLowerCase(Locale.ROOT));
        return origins.contains(origin) || (sameSite && isSameSite(origin, head.header("Host")));
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
