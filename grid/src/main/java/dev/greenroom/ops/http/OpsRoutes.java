package dev.greenroom.ops.http;

import dev.greenroom.net.http.DiscoveryPath;
import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.http.RequestHead;
import dev.greenroom.net.server.HttpListener.ConnectionHandler;
import dev.greenroom.net.server.InboundConnection;
import dev.greenroom.net.server.RefusalResponses;
import dev.greenroom.ops.http.RouteTable.Match;
import dev.greenroom.ops.http.RouteTable.RouteRequest;
import dev.greenroom.ops.log.ProcessLog.LogLevelControl;
import dev.greenroom.ops.metrics.MetricsRegistry;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.SessionCall.SessionCaller;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Handles all requests on the public port that are not sessions. Access control has happened before.
public final class OpsRoutes implements ConnectionHandler, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OpsRoutes.class);

    private static final String EVENTS = "/v1/events";

    private static final HttpResponse FOR_WEBSOCKETS = HttpResponse.json(
                    426, "{\"message\":\"This endpoint is for WebSocket connections only.\"}")
            .with("Upgrade", "websocket")
            .with("Connection", "Upgrade");
    private static final HttpResponse NOT_FOUND = ApiJson.error(404, "not found");

    private final GridWatch watch;
    private final EventStreams events;
    private final LogLevelControl level;
    private final ViewRoutes views;
    private final RecordingRoute recordings;
    private final RouteTable table = new RouteTable();

    /// @param metrics where the metrics of the grid are registered
    /// @param level of the log; closed with the routes
    /// @param clock for timestamps in responses
    /// @param nanoTime a monotonic clock
    public OpsRoutes(
            GridView view, MetricsRegistry metrics, LogLevelControl level, InstantSource clock, LongSupplier nanoTime) {
        this.watch = new GridWatch(view, clock, nanoTime);
        this.level = level;
        var grid = new GridRoutes(view, watch, metrics);
        this.events = new EventStreams(grid::overview, nanoTime, EventStreams.LONGEST_STALL);
        this.recordings =
                new RecordingRoute(view.registry(), view.calls(), view.limits().recordings());
        this.views = new ViewRoutes(view.registry(), view.calls(), view.limits().liveView(), nanoTime);
        GridMetrics.register(metrics, watch);

        table.get("/", this::front);
        table.get("/json", _ -> HttpResponse.json(200, "{\"wsEndpointPath\":\"/\"}"));
        new CdpDiscovery(new SecureRandom()).on(table);
        table.get("/favicon.ico", _ -> HttpResponse.empty(204));
        table.get("/openapi.yaml", _ -> ApiDescription.answer());
        table.get(EVENTS, _ -> EventStreams.head());
        grid.on(table);
        new HealthRoutes(view, watch, clock).on(table);
        new SessionRoutes(view.registry(), clock).on(table);
        new LogLevelRoutes(level).on(table);
        views.on(table);
        recordings.on(table);
    }

    /// Starts to refresh the state of the grid, once a second.
    public void start() {
        watch.start(events::publish);
    }

    @Override
    public void serve(InboundConnection connection) throws InterruptedException {
        var head = connection.head();
        if (head.method().equals("GET") && head.path().equals(EVENTS)) {
            events.open(connection);
            log(connection, 200);
            return;
        }
        var pictures = ViewRoutes.asksForPictures(head);
        if (pictures.isPresent()) {
            log(connection, send(connection, () -> views.serve(connection, pictures.get())));
            return;
        }
        var recording = RecordingRoute.asksForRecording(head);
        if (recording.isPresent()) {
            log(connection, send(connection, () -> recordings.serve(connection, recording.get())));
            return;
        }
        var answer = answer(DiscoveryPath.usual(head), connection.address());
        connection.answer(answer);
        log(connection, answer.status());
    }

    /// Answers by itself, or returns the answer.
    private interface BytesHandler {
        Optional<HttpResponse> serve() throws InterruptedException;
    }

    /// Returns the status of the answer.
    private static int send(InboundConnection connection, BytesHandler handler) throws InterruptedException {
        Optional<HttpResponse> answer;
        try {
            answer = handler.serve();
        } catch (RegistryUnavailableException _) {
            answer = Optional.of(RefusalResponses.answer(new Refusal.RegistryUnavailable()));
        }
        answer.ifPresent(connection::answer);
        return answer.map(HttpResponse::status).orElse(200);
    }

    private static void log(InboundConnection connection, int status) {
        var head = connection.head();
        LOG.atDebug()
                .addKeyValue("code", "REQUEST_ANSWERED")
                .addKeyValue("requestId", connection.id())
                .addKeyValue("inboundRequestId", head.requestId().orElse(""))
                .addKeyValue("remote", connection.remote().getAddress().getHostAddress())
                .addKeyValue("method", head.method())
                .addKeyValue("path", head.pathToLog())
                .addKeyValue("status", status)
                .log("Answered a request");
    }

    private HttpResponse answer(RequestHead head, Optional<String> address) throws InterruptedException {
        return switch (table.match(head.method(), head.path())) {
            case Match.Nothing() -> NOT_FOUND;
            case Match.OtherMethods(var allowed) ->
                ApiJson.error(405, "method not allowed").with("Allow", allowed);
            case Match.Found(var handler, var id) -> answer(handler, new RouteRequest(head, id, address));
        };
    }

    private static HttpResponse answer(RouteTable.RouteHandler handler, RouteRequest call) throws InterruptedException {
        try {
            return handler.answer(call);
        } catch (RegistryUnavailableException e) {
            LOG.atDebug()
                    .addKeyValue("code", "REGISTRY_SILENT")
                    .addKeyValue("cause", e.getMessage())
                    .log("The registry did not answer a request");
            return RefusalResponses.answer(new Refusal.RegistryUnavailable());
        }
    }

    private HttpResponse front(RouteRequest call) {
        return wantsPage(call.head()) ? DashboardPage.answer() : FOR_WEBSOCKETS;
    }

    /// Whether `Accept` names HTML explicitly; `*/*` does not count.
    private static boolean wantsPage(RequestHead head) {
        return head.headers().stream()
                .filter(header -> header.name().equalsIgnoreCase("Accept"))
                .flatMap(header -> List.of(header.value().split(",", -1)).stream())
                .map(range -> range.split(";", 2)[0].strip().toLowerCase(Locale.ROOT))
                .anyMatch(range -> range.equals("text/html"));
    }

    /// Every route, as `GET /health`.
    Stream<String> described() {
        return table.described();
    }

    /// Stops the refresh and closes the event streams. Running requests are answered.
    @Override
    public void close() {
        watch.close();
        events.close();
        level.close();
    }

    /// The sources of what the routes report: the registry, and the proxy of the same port. Called by many
    /// threads.
    ///
    /// @param registry of the whole grid
    /// @param liveSessions sessions that this proxy relays
    /// @param waiting queued clients of this proxy, by browser type
    /// @param draining whether this proxy refuses new clients
    /// @param calls asks the workers of sessions
    /// @param limits settings of this proxy
    public record GridView(
            Registry registry,
            IntSupplier liveSessions,
            ToIntFunction<BrowserType> waiting,
            BooleanSupplier draining,
            SessionCaller calls,
            ProxyLimits limits) {

        /// Settings that are part of responses.
        ///
        /// @param maxQueue maximum of queued clients (`MAX_QUEUE_SIZE`)
        /// @param tokens whether clients need a token (`AUTH_TOKENS`)
        /// @param liveView whether people may look at sessions (`LIVE_VIEW`)
        /// @param recordings whether people may see recordings
        public record ProxyLimits(int maxQueue, boolean tokens, boolean liveView, boolean recordings) {}
    }
}
