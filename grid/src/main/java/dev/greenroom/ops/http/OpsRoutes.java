package dev.greenroom.ops.http;

import dev.greenroom.ops.dashboard.DashboardPage;
import dev.greenroom.ops.metrics.Exposition;
import dev.greenroom.ops.metrics.Metrics;
import dev.greenroom.wire.Answer;
import dev.greenroom.wire.ConnectionHandler;
import dev.greenroom.wire.InboundConnection;
import dev.greenroom.wire.RequestHead;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.json.JsonMapper;

/// Answers everything on the public port that is not a session. Only reads; `GET` and `HEAD` are all there is.
public final class OpsRoutes implements ConnectionHandler, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OpsRoutes.class);

    private static final String REQUEST_ID_HEADER = "X-Request-Id";
    private static final Pattern REQUEST_ID = Pattern.compile("[A-Za-z0-9._:/+=@-]{1,128}");
    private static final List<String> METHODS = List.of("GET", "HEAD");
    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .build();

    private static final Answer FOR_WEBSOCKETS = Answer.json(
                    426, "{\"message\":\"This endpoint is for WebSocket connections only.\"}")
            .with("Upgrade", "websocket")
            .with("Connection", "Upgrade");
    private static final Answer NOT_FOUND = Answer.json(404, "{\"error\":\"not found\"}");
    private static final Answer ANOTHER_METHOD =
            Answer.json(405, "{\"error\":\"method not allowed\"}").with("Allow", String.join(", ", METHODS));
    private static final Answer NOTHING_KNOWN =
            Answer.json(503, "{\"error\":\"registry unavailable\"}").with("Retry-After", "1");

    private static final Answer METRICS_OFF =
            Answer.json(404, "{\"error\":\"metrics are off; start with METRICS=on\"}");

    private final GridView view;
    private final GridWatch watch;
    private final Metrics metrics;
    private final DashboardPage dashboard = DashboardPage.load();
    private final Map<String, Function<RequestHead, Answer>> routes;

    /// @param metrics told what the grid looks like from here
    /// @param nanoTime a clock that only goes forward
    public OpsRoutes(GridView view, Metrics metrics, LongSupplier nanoTime) {
        this.view = view;
        this.metrics = metrics;
        this.watch = new GridWatch(view, nanoTime);
        GridMetrics.tell(metrics, watch, view.limits().maxLifetime());
        this.routes = routes();
    }

    private Map<String, Function<RequestHead, Answer>> routes() {
        Map<String, Function<RequestHead, Answer>> routes = new HashMap<>();
        routes.put("/", this::front);
        routes.put("/json", _ -> Answer.json(200, "{\"wsEndpointPath\":\"/\"}"));
        routes.put("/favicon.ico", _ -> Answer.empty(204));
        routes.put("/metrics", this::metrics);
        routes.put("/metrics/prometheus", this::prometheus);
        routes.put("/health", _ -> Answer.json(200, "{\"status\":\"ok\"}"));
        routes.put("/health/ready", _ -> ready());
        routes.put("/v1/workers", _ -> known(Report::workers));
        routes.put("/v1/capacity", _ -> known(Report::gridCapacity));
        routes.put("/v1/overview", _ -> json(200, report(watch.last()).overview()));
        routes.put(
                "/pressure",
                _ -> json(200, Map.of("pressure", report(watch.fresh()).pressure())));
        return routes;
    }

    /// Begins to look at the grid, once a second.
    public void start() {
        watch.start();
    }

    @Override
    public void serve(InboundConnection connection) {
        var head = connection.head();
        var answer = answer(head);
        connection.answer(answer);
        LOG.atDebug()
                .addKeyValue("requestId", connection.id())
                .addKeyValue("inboundRequestId", inboundRequestId(head).orElse(""))
                .addKeyValue("remote", connection.remote().getAddress().getHostAddress())
                .addKeyValue("method", head.method())
                .addKeyValue("path", head.path())
                .addKeyValue("status", answer.status())
                .log("Answered a request");
    }

    private Answer answer(RequestHead head) {
        var route = routes.get(head.path());
        if (route == null) {
            return NOT_FOUND;
        }
        return METHODS.contains(head.method()) ? route.apply(head) : ANOTHER_METHOD;
    }

    private static Optional<String> inboundRequestId(RequestHead head) {
        return head.header(REQUEST_ID_HEADER)
                .filter(id -> REQUEST_ID.matcher(id).matches());
    }

    private Answer front(RequestHead head) {
        return wantsPage(head) ? dashboard.answer() : FOR_WEBSOCKETS;
    }

    /// Whether `Accept` names HTML itself; everybody accepts everything.
    private static boolean wantsPage(RequestHead head) {
        return head.headers().stream()
                .filter(header -> header.name().equalsIgnoreCase("Accept"))
                .flatMap(header -> List.of(header.value().split(",", -1)).stream())
                .map(range -> range.split(";", 2)[0].strip().toLowerCase(Locale.ROOT))
                .anyMatch(range -> range.equals("text/html"));
    }

    /// The documented body, to the letter; Prometheus gets its text at the same address.
    private Answer metrics(RequestHead head) {
        if (metrics.areKept() && Exposition.isWantedBy(head.header("Accept").orElse(""))) {
            return prometheus(head);
        }
        var active = watch.fresh().active(view.liveSessions().getAsInt());
        return Answer.json(200, "{\"activeConnections\": " + active + "}");
    }

    private Answer prometheus(RequestHead head) {
        return metrics.text(head.header("Accept").orElse(""))
                .map(exposition -> Answer.text(200, exposition.contentType(), exposition.text()))
                .orElse(METRICS_OFF);
    }

    private record Status(String status) {}

    private record NotReady(String status, String reason) {}

    private Answer ready() {
        return watch.whyNotReady()
                .map(reason -> json(503, new NotReady("not ready", reason)))
                .orElseGet(() -> json(200, new Status("ready")));
    }

    private Answer known(Function<Report, Object> body) {
        var snapshot = watch.fresh();
        return snapshot.everAnswered() ? json(200, body.apply(report(snapshot))) : NOTHING_KNOWN;
    }

    private Report report(Snapshot snapshot) {
        return new Report(view, snapshot, watch.nowNanos());
    }

    private static Answer json(int status, Object body) {
        return Answer.json(status, JSON.writeValueAsString(body));
    }

    /// Looks no more. What is being answered is answered.
    @Override
    public void close() {
        watch.close();
    }
}
