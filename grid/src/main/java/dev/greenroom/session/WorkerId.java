package dev.greenroom.session;

import java.util.Optional;
import java.util.regex.Pattern;

/// The id of one worker run.
///
/// @param browser its browser type
/// @param name 1 to 64 characters out of letters, digits, dot, underscore and hyphen; never a colon,
///     which separates the parts of Redis keys
public record WorkerId(BrowserType browser, String name) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    /// @throws IllegalArgumentException when the name is not valid
    public WorkerId {
        if (!isName(name)) {
            throw new IllegalArgumentException(
                    "worker name must be 1 to 64 letters, digits, '.', '_' or '-', but was '" + name + "'");
        }
    }

    /// Whether a string is a valid worker name.
    public static boolean isName(String name) {
        return NAME.matcher(name).matches();
    }

    /// Parses the text that [#toString] writes; empty for any other text.
    public static Optional<WorkerId> of(String text) {
        var colon = text.indexOf(':');
        if (colon < 0) {
            return Optional.empty();
        }
        var name = text.substring(colon + 1);
        return BrowserType.of(text.substring(0, colon))
                .filter(_ -> isName(name))
                .map(browser -> new WorkerId(browser, name));
    }

    /// `<browser>:<name>`, as in Redis and in the log.
    @Override
    public String toString() {
        return browser.wireName() + ":" + name;
    }
}
