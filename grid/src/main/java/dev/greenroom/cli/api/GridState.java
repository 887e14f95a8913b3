package dev.greenroom.cli.api;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// A grid at one moment, as `/v1/overview` says it. What an older or a newer grid does not say is 0 or empty.
///
/// @param registryAnswers whether the proxy that was asked reaches the registry
/// @param ageMillis how old the rest is
/// @param proxySessions those that go through the proxy that was asked
/// @param slots by browser type
public record GridState(
        boolean registryAnswers,
        long ageMillis,
        int proxySessions,
        boolean draining,
        Map<String, Slots> slots,
        Slots total,
        List<WorkerState> workers) {

    /// Slots of one browser type, or of all.
    ///
    /// @param queued clients that wait at the proxy that was asked
    public record Slots(int workers, int slots, int active, int available, int queued) {
        static Slots of(JsonNode node) {
            return new Slots(
                    node.path("workers").asInt(0),
                    node.path("slots").asInt(0),
                    node.path("active").asInt(0),
                    node.path("available").asInt(0),
                    node.path("queued").asInt(0));
        }
    }

    /// Asks a grid how it is.
    ///
    /// @throws GridApiException when it does not say
    public static GridState ask(GridApi api) throws GridApiException, InterruptedException {
        return of(api.get("/v1/overview"));
    }

    static GridState of(JsonNode node) {
        var capacity = node.path("capacity");
        var slots = new LinkedHashMap<String, Slots>();
        capacity.path("browsers").properties().forEach(each -> slots.put(each.getKey(), Slots.of(each.getValue())));
        return new GridState(
                node.path("registry").path("answering").asBoolean(false),
                node.path("registry").path("ageMillis").asLong(0),
                node.path("proxy").path("sessions").asInt(0),
                node.path("proxy").path("draining").asBoolean(false),
                slots,
                Slots.of(capacity.path("total")),
                WorkerState.all(node.path("workers")));
    }
}
