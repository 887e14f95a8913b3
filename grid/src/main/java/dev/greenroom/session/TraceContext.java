package dev.greenroom.session;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// The trace that a request belongs to (W3C Trace Context).
///
/// @param parent the value of `traceparent`, well-formed
/// @param state the value of `tracestate`: visible ASCII, commas and blanks, at most 512 characters
public record TraceContext(String parent, Optional<String> state) {
    /// The header with the ids of trace and span.
    public static final String PARENT_HEADER = "traceparent";

    /// The header with vendor-specific data.
    public static final String STATE_HEADER = "tracestate";

    private static final String IDS = "(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}";

    /// Later versions may append more; version `ff` is invalid.
    private static final Pattern PARENT =
            Pattern.compile("00-" + IDS + "|(?!00|ff)[0-9a-f]{2}-" + IDS + "(-[!-~]{0,64})?");

    private static final Pattern STATE = Pattern.compile("[ -~\\t]{1,512}");

    /// Parses the values of both headers. Empty when there is no parent, more than one, or a malformed
    /// one; the request then starts a new trace. Ignores a malformed state.
    public static Optional<TraceContext> of(List<String> parents, List<String> states) {
        if (parents.size() != 1 || !PARENT.matcher(parents.getFirst()).matches()) {
            return Optional.empty();
        }
        var state = Optional.of(String.join(",", states))
                .filter(text -> STATE.matcher(text).matches());
        return Optional.of(new TraceContext(parents.getFirst(), state));
    }
}
