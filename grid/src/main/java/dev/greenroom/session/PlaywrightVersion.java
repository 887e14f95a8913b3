package dev.greenroom.session;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// The major and minor version of Playwright, which must match between client and driver. The patch level
/// does not matter.
///
/// @param major 0 to 9999
/// @param minor 0 to 9999
public record PlaywrightVersion(int major, int minor) implements Comparable<PlaywrightVersion> {
    private static final Pattern USER_AGENT = Pattern.compile("^Playwright/(\\d{1,4})\\.(\\d{1,4})\\.\\d+");
    private static final Pattern TEXT = Pattern.compile("v?(\\d{1,4})\\.(\\d{1,4})(?:\\..*)?");

    /// The version that a `User-Agent` header names, for example `Playwright/1.62.1 (x64; debian 12)
    /// java/25`; empty for the user agents that Playwright's own server does not check either.
    public static Optional<PlaywrightVersion> ofUserAgent(String userAgent) {
        return parse(USER_AGENT, userAgent, false);
    }

    /// Reads `1.62`, `v1.62` or `1.62.1`; empty for anything else.
    public static Optional<PlaywrightVersion> of(String text) {
        return parse(TEXT, text, true);
    }

    private static Optional<PlaywrightVersion> parse(Pattern pattern, String text, boolean whole) {
        var matcher = pattern.matcher(text);
        if (!(whole ? matcher.matches() : matcher.find())) {
            return Optional.empty();
        }
        return Optional.of(
                new PlaywrightVersion(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2))));
    }

    @Override
    public int compareTo(PlaywrightVersion other) {
        return major == other.major ? Integer.compare(minor, other.minor) : Integer.compare(major, other.major);
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }

    /// The Playwright versions that a worker serves.
    public sealed interface SupportedVersions {

        /// Whether a client of this version can be served. A client that sends no version always can.
        boolean includes(Optional<PlaywrightVersion> version);

        /// Every version: a driver that is missing in the store is fetched on first use.
        record Any() implements SupportedVersions {
            @Override
            public boolean includes(Optional<PlaywrightVersion> version) {
                return true;
            }

            @Override
            public String toString() {
                return "any";
            }
        }

        /// Only these versions.
        ///
        /// @param versions ascending, without duplicates
        record Only(List<PlaywrightVersion> versions) implements SupportedVersions {
            public Only {
                versions = List.copyOf(new TreeSet<>(versions));
            }

            @Override
            public boolean includes(Optional<PlaywrightVersion> version) {
                return version.isEmpty() || versions.contains(version.get());
            }

            @Override
            public String toString() {
                return String.join(",", versions.stream().map(Object::toString).toList());
            }
        }

        /// Parses `any` or a list such as `1.62,1.65`; empty when the list is empty or an entry is not a
        /// version.
        static Optional<SupportedVersions> of(String text) {
            if (text.strip().equals("any")) {
                return Optional.of(new Any());
            }
            Set<PlaywrightVersion> versions = new TreeSet<>();
            for (var entry : text.split(",", -1)) {
                var version = PlaywrightVersion.of(entry.strip());
                if (version.isEmpty()) {
                    return Optional.empty();
                }
                versions.add(version.get());
            }
            return Optional.of(new Only(List.copyOf(versions)));
        }
    }
}
