package dev.greenroom.session;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// The browser types that Playwright knows.
public enum BrowserType {
    CHROMIUM,
    FIREFOX,
    WEBKIT;

    private static final List<String> WIRE_NAMES =
            Arrays.stream(values()).map(BrowserType::wireName).toList();

    private final String wireName = name().toLowerCase(Locale.ROOT);

    /// The name in requests, Redis keys, settings and answers, for example `chromium`.
    public String wireName() {
        return wireName;
    }

    /// Finds a browser by its exact wire name; empty for every other string.
    public static Optional<BrowserType> of(String wireName) {
        return Arrays.stream(values())
                .filter(browser -> browser.wireName.equals(wireName))
                .findFirst();
    }

    /// Every wire name, in the order in which answers list them.
    public static List<String> wireNames() {
        return WIRE_NAMES;
    }

    @Override
    public String toString() {
        return wireName;
    }
}
