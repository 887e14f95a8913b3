package dev.greenroom.e2e.wire;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What a server answered.
///
/// @param headers by lower-case name
/// @param body empty for a 101
/// @param took from the last byte sent to the last byte read
public record HttpAnswer(int status, String reason, Map<String, List<String>> headers, String body, Duration took) {
    private static final JsonMapper JSON = new JsonMapper();

    /// The one value of a header.
    public Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name.toLowerCase(Locale.ROOT))).map(values -> String.join(", ", values));
    }

    /// The body, which must be JSON.
    public JsonNode json() {
        return JSON.readTree(body);
    }
}
