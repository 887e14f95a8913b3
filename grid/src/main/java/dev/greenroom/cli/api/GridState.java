package dev.greenroom.cli.api;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// The state of a grid from `/v1/overview`. Fields that the version of the grid does not have are 0 or
/// empty.
///
/// @param registryAnswers whether the proxy reaches the registry
/// @param ageMillis age of the state
/// @param proxySessions sessions of the proxy
/// @param slots by browser type
public record GridState(
        boolean registryAnswers,
        long ageMillis,
        int proxySessions,
        boolean draining,
        Map<String, SlotTotals> slots,
        SlotTotals total,
        List<WorkerState> workers) {

    /// Slots of one browser type, or of all.
    ///
    /// @param queued clients of the proxy
    public record SlotTotals(int workers, int slots, int active, int available, int queued) {
        static SlotTotals of(JsonNode node) {
            return new SlotTotals(
                    node.path("workers").asInt(0),
                    node.path("slots").asInt(0),
                    node.path("active").asInt(0),
                    node.path("available").asInt(0),
                    node.path("queued").asInt(0));
        }
    }

    /// Fetches the state of a grid.
    ///
    /// @throws GridApiException if the grid gives no usable response
    public static GridState ask(GridApi api) throws GridApiException, InterruptedException {
        return of(api.get("/v1/overview"));
    }

    static GridState of(JsonNode node) {
        var capacity = node.path("capacity");
        var slots = new LinkedHashMap<String, SlotTotals>();
        capacity.path("browsers")
                .properties()
                .forEach(each -> slots.put(each.getKey(), SlotTotals.of(each.getValue())));
        return new GridState(
                node.path("registry").path("answering").asBoolean(false),
                node.path("registry").path("ageMillis").asLong(0),
                node.path("proxy").path("sessions").asInt(0),
                node.path("proxy").path("draining").asBoolean(false),
                slots,
                SlotTotals.of(capacity.path("total")),
                WorkerState.all(node.path("workers")));
    }

    /// A session, from the API. Fields that an older grid does not have are 0 or empty.
    ///
    /// @param tenant name of the token of the client; empty without tokens
    /// @param playwright version of the client, or empty
    /// @param idleSeconds since the last call of the client, if known
    public record SessionState(
            String id,
            String worker,
            String proxy,
            String tenant,
            String playwright,
            String remote,
            long ageSeconds,
            Optional<Long> idleSeconds) {
        /// Maximum size of a page.
        public static final int MOST = 500;

        /// The oldest sessions of a grid.
        ///
        /// @param more whether there are more recent ones
        public record SessionStatePage(List<SessionState> sessions, boolean more) {
            /// Not fetched.
            public static final SessionStatePage NONE = new SessionStatePage(List.of(), false);
        }

        /// Fetches the oldest sessions, [#MOST] at most.
        ///
        /// @throws GridApiException if the grid gives no usable response
        public static SessionStatePage ask(GridApi api) throws GridApiException, InterruptedException {
            var answer = json(api);
            return new SessionStatePage(
                    answer.path("sessions").valueStream().map(SessionState::of).toList(),
                    !answer.path("next").asString("").isEmpty());
        }

        /// The same as JSON.
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

    /// A worker, from the API.
    ///
    /// @param id `<browser>:<name>`
    /// @param address `host:port`
    /// @param startedAt the epoch if unknown
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

        /// Fetches all workers of the grid.
        ///
        /// @throws GridApiException if the grid gives no usable response
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
}
