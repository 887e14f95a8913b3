package dev.greenroom.cli.api;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// A worker at one moment, as the API says it.
///
/// @param id `<browser>:<name>`
/// @param address `host:port`
/// @param startedAt the epoch where it is not known
public record WorkerState(
        String id,
        String browser,
        String address,
        String status,
        boolean suspect,
        int active,
        int maxConcurrent,
        int lifetime,
        int maxLifetime,
        String maxLifetimeFrom,
        String slotLimitFrom,
        long heartbeatAgeSeconds,
        String versions,
        String software,
        Instant startedAt) {

    /// Every worker that the grid knows, however many there are.
    ///
    /// @throws GridApiException when it does not say
    public static List<WorkerState> ask(GridApi api) throws GridApiException, InterruptedException {
        return all(api.get("/v1/workers").path("workers"));
    }

    static List<WorkerState> all(JsonNode nodes) {
        return nodes.valueStream().map(WorkerState::of).toList();
    }

    private static WorkerState of(JsonNode node) {
        return new WorkerState(
                node.path("id").asString(""),
                node.path("browser").asString(""),
                node.path("address").asString(""),
                node.path("status").asString(""),
                node.path("suspect").asBoolean(false),
                node.path("active").asInt(0),
                node.path("maxConcurrent").asInt(0),
                node.path("lifetime").asInt(0),
                node.path("maxLifetime").asInt(0),
                node.path("maxLifetimeFrom").asString(""),
                node.path("slotLimitFrom").asString(""),
                node.path("heartbeatAgeSeconds").asLong(0),
                node.path("playwrightVersions").asString(""),
                node.path("software").asString(""),
                instant(node.path("startedAt").asString("")));
    }

    private static Instant instant(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeException _) {
            return Instant.EPOCH;
        }
    }
}
