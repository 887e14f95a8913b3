package dev.greenroom.session;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// What a client calls its session: for lists, filters and logs, never for metrics. Nothing depends on it.
///
/// @param name at most [#MAX_NAME] characters; empty when the client gives none
/// @param labels by key, at most [#MAX_LABELS]
public record SessionLabels(String name, SortedMap<String, String> labels) {
    /// The most characters of a name.
    public static final int MAX_NAME = 160;

    /// The most labels of a session.
    public static final int MAX_LABELS = 16;

    /// The most bytes, in UTF-8, of a name, and of all labels together. Redis' scripts read no longer texts.
    private static final int MAX_BYTES = 500;

    private static final Pattern KEY = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/-]{0,39}");

    /// Control characters, ends of lines and paragraphs, halves of characters, and what turns text around.
    private static final Pattern UNPRINTABLE =
            Pattern.compile("[\\p{Cc}\\p{Zl}\\p{Zp}\\p{Cs}\\u202a-\\u202e\\u2066-\\u2069]");

    /// A session without a name and labels.
    public static final SessionLabels NONE = new SessionLabels("", Collections.emptySortedMap());

    public SessionLabels {
        labels = Collections.unmodifiableSortedMap(new TreeMap<>(labels));
    }

    /// Reads what a client has sent.
    ///
    /// @param name may be empty
    /// @param labels as `key:value,key:value`; may be empty
    /// @throws IllegalArgumentException with a message for the client, if a rule is broken
    public static SessionLabels of(String name, String labels) {
        var trimmed = name.strip();
        if (trimmed.length() > MAX_NAME || bytes(trimmed) > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "a session's name has at most " + MAX_NAME + " characters, and this one has " + trimmed.length());
        }
        requirePrintable("a session's name", trimmed);
        var text = labels.strip();
        if (bytes(text) > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "a session's labels have at most " + MAX_BYTES + " bytes in all, and these have " + bytes(text));
        }
        requirePrintable("a session's labels", text);
        var read = new TreeMap<String, String>();
        for (var pair : text.isEmpty() ? new String[0] : text.split(",", -1)) {
            var colon = pair.indexOf(':');
            var key = colon < 0 ? pair.strip() : pair.substring(0, colon).strip();
            if (colon < 0 || !KEY.matcher(key).matches()) {
                throw new IllegalArgumentException(
                        "a session's labels are written as key:value,key:value, with keys of at"
                                + " most 40 letters, digits and ._/-, and \"" + pair.strip() + "\" is not");
            }
            read.put(key, pair.substring(colon + 1).strip());
        }
        if (read.size() > MAX_LABELS) {
            throw new IllegalArgumentException(
                    "a session has at most " + MAX_LABELS + " labels, and this one has " + read.size());
        }
        return new SessionLabels(trimmed, read);
    }

    /// The labels as they are written: `key:value,key:value`, by key.
    public String labelText() {
        return labels.entrySet().stream()
                .map(label -> label.getKey() + ":" + label.getValue())
                .collect(Collectors.joining(","));
    }

    /// Whether a session has all of these labels, with these values.
    public boolean has(Map<String, String> wanted) {
        return labels.entrySet().containsAll(wanted.entrySet());
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    private static void requirePrintable(String what, String text) {
        if (UNPRINTABLE.matcher(text).find()) {
            throw new IllegalArgumentException(what + " must be one line, without control characters");
        }
    }
}
