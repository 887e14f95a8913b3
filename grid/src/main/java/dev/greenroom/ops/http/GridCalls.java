package dev.greenroom.ops.http;

import dev.greenroom.ops.http.RouteTable.Call;
import dev.greenroom.ops.metrics.Exposition;
import dev.greenroom.ops.metrics.Metrics;
import dev.greenroom.wire.Answer;
import java.util.Map;
import java.util.function.Function;

/// What the grid looks like from here: as lists, as numbers, in the words of other grids, for Prometheus.
final class GridCalls {
    static final Answer NOTHING_KNOWN = Json.error(503, "registry unavailable").with("Retry-After", "1");

    private static final Answer METRICS_OFF = Json.error(404, "metrics are off; start with METRICS=on");

    private final GridView view;
    private final GridWatch watch;
    private final Metrics metrics;

    GridCalls(GridView view, GridWatch watch, Metrics metrics) {
        this.view = view;
        this.watch = watch;
        this.metrics = metrics;
    }

    void on(RouteTable table) {
        table.get("/metrics", this::metrics);
        table.get("/metrics/prometheus", this::prometheus);
        table.get("/v1/workers", _ -> known(Report::workers));
        table.get("/v1/capacity", _ -> known(Report::gridCapacity));
        table.get("/v1/overview", _ -> Answer.json(200, overview()));
        table.get(
                "/pressure",
                _ -> Json.answer(200, Map.of("pressure", report(watch.fresh()).pressure())));
    }

    /// What the dashboard shows, as JSON on one line.
    String overview() {
        return Json.text(report(watch.last()).overview());
    }

    /// The documented body, to the letter; Prometheus gets its text at the same address.
    private Answer metrics(Call call) {
        if (metrics.areKept()
                && Exposition.isWantedBy(call.head().header("Accept").orElse(""))) {
            return prometheus(call);
        }
        var active = watch.fresh().active(view.liveSessions().getAsInt());
        return Answer.json(200, "{\"activeConnections\": " + active + "}");
    }

    private Answer prometheus(Call call) {
        return metrics.text(call.head().header("Accept").orElse(""))
                .map(exposition -> Answer.text(200, exposition.contentType(), exposition.text()))
                .orElse(METRICS_OFF);
    }

    private Answer known(Function<Report, Object> body) {
        var snapshot = watch.fresh();
        return snapshot.everAnswered() ? Json.answer(200, body.apply(report(snapshot))) : NOTHING_KNOWN;
    }

    private Report report(Snapshot snapshot) {
        return new Report(view, snapshot, watch.nowNanos());
    }
}
