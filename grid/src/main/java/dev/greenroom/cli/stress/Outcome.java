package dev.greenroom.cli.stress;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/// What became of one session.
///
/// @param millis of each phase that was done
/// @param failure where and why it failed, in words that are the same for the same cause; empty when it succeeded
public record Outcome(Map<Phase, Double> millis, Optional<String> failure) {
    private static final Pattern COLOUR = Pattern.compile("\u001b\\[[0-9;]*m");
    private static final Pattern BOX = Pattern.compile("[╔═╗║╚╝]+");
    private static final Pattern CALL_LOG = Pattern.compile("(?s)\\n?(Call log:|={3,} logs).*");
    private static final Pattern ADDRESS = Pattern.compile("\\bwss?://\\S+");
    private static final Pattern ID = Pattern.compile("\\b[0-9a-f]{8}-[0-9a-f-]{27}\\b");
    private static final Pattern METHOD = Pattern.compile("^\\w+\\.\\w+: ");
    private static final int LONGEST = 240;

    static Outcome of(JsonNode node) {
        var millis = new EnumMap<Phase, Double>(Phase.class);
        for (var phase : Phase.values()) {
            var time = node.path("millis").path(phase.word());
            if (time.isNumber()) {
                millis.put(phase, time.asDouble());
            }
        }
        var error = node.path("error").asString("");
        return new Outcome(
                millis,
                error.isEmpty()
                        ? Optional.empty()
                        : Optional.of(node.path("phase").asString("") + ": " + cause(error)));
    }

    /// The sentence in what a client throws, without what differs from one session to the next.
    static String cause(String error) {
        var text = COLOUR.matcher(error).replaceAll("");
        text = CALL_LOG.matcher(text).replaceAll("");
        text = BOX.matcher(text).replaceAll(" ");
        text = METHOD.matcher(text.strip()).replaceAll("");
        text = ADDRESS.matcher(text).replaceAll("");
        text = ID.matcher(text).replaceAll("…").replaceAll("\\s+", " ").strip();
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST - 1) + "…";
    }
}
