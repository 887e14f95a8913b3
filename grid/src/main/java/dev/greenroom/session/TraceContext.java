package dev.greenroom.session;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// The trace that a request is part of, in the words of W3C Trace Context.
///
/// @param parent the value of `traceparent`, well-formed
/// @param state the value of `tracestate`: visible ASCII, commas and blanks, at most 512 characters
public record TraceContext(String parent, Optional<String> state) {
    /// The field that names the trace and the span.
    public static final String PARENT_HEADER = "traceparent";

    /// The field in which tracing systems keep notes of their own.
    public static final String STATE_HEADER = "tracestate";

    private static final String IDS = "(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}";

    /// Later versions may say more after what the first one says; `ff` is never one.
    private static final Pattern PARENT =
            Pattern.compile("00-" + IDS + "|(?!00|ff)[0-9a-f]{2}-" + IDS + "(-[!-~]{0,64})?");

    private static final Pattern STATE = Pattern.compile("[ -~\\t]{1,512}");

    /// Reads the values of both fields. Empty when there is no parent, more than one, or one that is
    /// malformed: whoever serves the request begins a trace of its own then. A state that is malformed is
    /// left out.
    public static Optional<TraceContext> of(List<String> parents, List<String> states) {
        if (parents.size() != 1 || !PARENT.matcher(parents.getFirst()).matches()) {
            return Optional.empty();
        }
        var state = Optional.of(String.join(",", states))
                .filter(text -> STATE.matcher(text).matches());
        return Optional.of(new TraceContext(parents.getFirst(), state));
    }
}
