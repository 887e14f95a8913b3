package dev.greenroom.cli.api;

import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// A session at one moment, as the API says it. What an older grid does not say is 0 or empty.
///
/// @param tenant the name of its client's token; empty where there are no tokens
/// @param playwright the client's version, or empty
/// @param idleSeconds since its client sent the last call, where that is known
public record SessionState(
        String id,
        String worker,
        String proxy,
        String tenant,
        String playwright,
        String remote,
        long ageSeconds,
        Optional<Long> idleSeconds) {
    /// The most that are asked for at once, of however many there are.
    public static final int MOST = 500;

    /// The oldest sessions of a grid.
    ///
    /// @param more whether there are younger ones beside them
    public record Page(List<SessionState> sessions, boolean more) {
        /// Nobody asked.
        public static final Page NONE = new Page(List.of(), false);
    }

    /// Asks a grid for its sessions, [#MOST] at most.
    ///
    /// @throws GridApiException when it does not say
    public static Page ask(GridApi api) throws GridApiException, InterruptedException {
        var answer = json(api);
        return new Page(
                answer.path("sessions").valueStream().map(SessionState::of).toList(),
                !answer.path("next").asString("").isEmpty());
    }

    /// The same as the grid says it.
    public static JsonNode json(GridApi api) throws GridApiException, InterruptedException {
        return api.get("/v1/sessions?limit=" + MOST);
    }

    private static SessionState of(JsonNode node) {
        return new SessionState(
                node.path("id").asString(""),
                node.path("worker").asString(""),
                node.path("proxy").asString(""),
                node.path("tenant").asString(""),
                node.path("playwright").asString(""),
                node.path("remote").asString(""),
                node.path("ageSeconds").asLong(0),
                node.path("idleSeconds").isNumber()
                        ? Optional.of(node.path("idleSeconds").asLong())
                        : Optional.empty());
    }
}
