package dev.greenroom.worker.driver;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What `host.js` says, one JSON object a line; and what it is told.
sealed interface HostMessage {
    JsonMapper JSON = new JsonMapper();

    /// It takes orders now.
    ///
    /// @param release the version of its playwright-core
    record Ready(String release) implements HostMessage {}

    record Launched(long id, String wsPath, long pid) implements HostMessage {}

    record Failed(long id, String why) implements HostMessage {}

    /// The browser ended without having been closed.
    record Died(long id, String how) implements HostMessage {}

    record Closed(long id) implements HostMessage {}

    /// Reads a line; empty for anything that is not a message.
    static Optional<HostMessage> of(String line) {
        try {
            return Optional.ofNullable(JSON.readTree(line)).flatMap(HostMessage::of);
        } catch (JacksonException _) {
            return Optional.empty();
        }
    }

    private static Optional<HostMessage> of(JsonNode node) {
        var id = node.path("id").asLong(0);
        if (node.has("ready")) {
            return Optional.of(new Ready(node.path("ready").asString("")));
        }
        if (node.has("launched")) {
            var launched = node.path("launched");
            return Optional.of(new Launched(
                    id,
                    launched.path("wsPath").asString(""),
                    launched.path("pid").asLong(0)));
        }
        if (node.has("failed")) {
            return Optional.of(new Failed(id, node.path("failed").asString("")));
        }
        if (node.has("died")) {
            return Optional.of(new Died(id, node.path("died").asString("")));
        }
        return node.has("closed") ? Optional.of(new Closed(id)) : Optional.empty();
    }

    /// The line that launches a browser server on a socket.
    static String launch(long id, Path socket, LaunchSpec spec) {
        var options = new LinkedHashMap<String, Object>();
        options.put("headless", spec.headless());
        options.put("executablePath", spec.executable().toString());
        spec.channel().ifPresent(channel -> options.put("channel", channel));
        options.put("chromiumSandbox", spec.sandbox());
        options.put("args", List.copyOf(spec.args()));
        options.put("timeout", spec.timeout().toMillis());
        var launch = Map.of("browser", spec.type().wireName(), "socket", socket.toString(), "options", options);
        return JSON.writeValueAsString(Map.of("id", id, "launch", launch));
    }

    /// The line that destroys a browser.
    static String close(long id) {
        return JSON.writeValueAsString(Map.of("id", id, "close", true));
    }
}
