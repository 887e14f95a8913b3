package dev.greenroom.ops.http;

import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.server.RefusalResponses;
import dev.greenroom.ops.http.OpsRoutes.GridView;
import dev.greenroom.ops.http.RouteTable.RouteRequest;
import dev.greenroom.ops.metrics.MetricsRegistry;
import dev.greenroom.ops.metrics.MetricsRegistry.MetricsText;
import dev.greenroom.session.ApiCaller;
import dev.greenroom.session.Refusal;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/// Routes that describe the grid: lists, capacity, load, and metrics for Prometheus.
final class GridRoutes {
    private static final HttpResponse METRICS_OFF = ApiJson.error(404, "metrics are off; start with METRICS=on");

    private final GridView view;
    private final GridWatch watch;
    private final MetricsRegistry metrics;

    GridRoutes(GridView view, GridWatch watch, MetricsRegistry metrics) {
        this.view = view;
        this.watch = watch;
        this.metrics = metrics;
    }

    void on(RouteTable table) {
        table.get("/metrics", this::metrics);
        table.get("/metrics/prometheus", this::prometheus);
        table.get("/v1/workers", _ -> known(ApiBodies::workers));
        table.get("/v1/capacity", _ -> known(ApiBodies::gridCapacity));
        table.get("/v1/capacity/history", _ -> ApiJson.answer(200, watch.history()));
        table.get("/v1/overview", _ -> HttpResponse.json(200, overview()));
        table.get("/v1/me", _ -> me());
        table.get(
                "/pressure",
                _ -> ApiJson.answer(
                        200, Map.of("pressure", report(watch.fresh()).pressure())));
    }

    /// The data of the dashboard, as JSON on one line.
    String overview() {
        return ApiJson.text(report(watch.last()).overview());
    }

    /// @param tenant whose sessions the caller may see; empty for all
    /// @param scopes of its token; all where there are no tokens
    /// @param liveView whether pictures of sessions can be had, with the scope
    private record CallerBody(String tenant, Set<String> scopes, boolean liveView) {}

    private HttpResponse me() {
        var caller = ApiCaller.current();
        return ApiJson.answer(
                200,
                new CallerBody(
                        caller.tenant().orElse(""),
                        caller.scopes(),
                        view.limits().liveView()));
    }

    /// The documented JSON body; a request by Prometheus gets the metrics at the same address.
    private HttpResponse metrics(RouteRequest call) {
        if (metrics.areKept()
                && MetricsText.isWantedBy(call.head().header("Accept").orElse(""))) {
            return prometheus(call);
        }
        var active = watch.fresh().active(view.liveSessions().getAsInt());
        return HttpResponse.json(200, "{\"activeConnections\": " + active + "}");
    }

    private HttpResponse prometheus(RouteRequest call) {
        return metrics.text(call.head().header("Accept").orElse(""))
                .map(text -> HttpResponse.text(200, text.contentType(), text.text()))
                .orElse(METRICS_OFF);
    }

    private HttpResponse known(Function<ApiBodies, Object> body) {
        var snapshot = watch.fresh();
        return snapshot.everAnswered()
                ? ApiJson.answer(200, body.apply(report(snapshot)))
                : RefusalResponses.answer(new Refusal.RegistryUnavailable());
    }

    private ApiBodies report(GridSnapshot snapshot) {
        return new ApiBodies(view, snapshot, watch.nowNanos());
    }
}
