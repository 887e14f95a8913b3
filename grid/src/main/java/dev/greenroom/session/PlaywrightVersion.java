package dev.greenroom.session;

import java.util.Optional;
import java.util.regex.Pattern;

/// The part of a Playwright version that has to agree between client and driver; the patch level never
/// matters.
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
}
