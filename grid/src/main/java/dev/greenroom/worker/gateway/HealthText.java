package dev.greenroom.worker.gateway;

import dev.greenroom.data.Json;
import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.worker.health.WorkerMetricsSink.WorkerHealth;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The health responses of a worker.
final class HealthText {
    private HealthText() {}

    /// The full health report: 200, or 503 when the worker is unhealthy or starting.
    ///
    /// @param newest the run that takes sessions; empty while there is none
    /// @param earlier runs that still have sessions
    static HttpResponse of(Optional<WorkerHealth> newest, List<WorkerHealth> earlier) {
        if (newest.isEmpty()) {
            return HttpResponse.json(503, Json.mapper().writeValueAsString(Map.of("status", "starting")));
        }
        var numbers = newest.get();
        var body = new LinkedHashMap<String, Object>();
        body.put("status", numbers.unhealthy().isPresent() ? "unhealthy" : "ok");
        numbers.unhealthy().ifPresent(cause -> body.put("cause", cause));
        body.put("worker", numbers.worker().toString());
        body.put("incarnation", numbers.incarnation());
        body.put("draining", numbers.draining());
        body.put("sessions", numbers.sessions());
        body.put("slots", numbers.slots());
        body.put("warm", numbers.pool().warm());
        body.put("launches", numbers.pool().launches());
        body.put("launchFailures", numbers.pool().launchFailures());
        body.put("crashes", numbers.pool().crashes());
        var drivers = new LinkedHashMap<String, Integer>();
        numbers.pool().drivers().forEach((version, processes) -> drivers.put(version.toString(), processes));
        body.put("drivers", drivers);
        body.put("hungDrivers", numbers.pool().hungDrivers());
        body.put("memoryBytes", numbers.memory().worker());
        body.put("sessionPeakBytes", numbers.memory().sessionPeak());
        if (!earlier.isEmpty()) {
            body.put("earlierRuns", earlier.stream().map(HealthText::brief).toList());
        }
        return HttpResponse.json(
                numbers.unhealthy().isPresent() ? 503 : 200, Json.mapper().writeValueAsString(body));
    }

    private static Map<String, Object> brief(WorkerHealth run) {
        var words = new LinkedHashMap<String, Object>();
        words.put("worker", run.worker().toString());
        words.put("draining", run.draining());
        words.put("sessions", run.sessions());
        words.put("memoryBytes", run.memory().worker());
        return words;
    }

    /// Readiness: whether the worker accepts new sessions, and why not.
    static HttpResponse ready(Optional<WorkerHealth> newest) {
        var why = newest.map(HealthText::whyNotReady).orElse(Optional.of("starting"));
        var body = new LinkedHashMap<String, Object>();
        body.put("status", why.orElse("ready"));
        newest.map(numbers -> numbers.pool().hungDrivers())
                .filter(hung -> hung > 0)
                .ifPresent(hung -> body.put("hungDrivers", hung));
        return HttpResponse.json(why.isPresent() ? 503 : 200, Json.mapper().writeValueAsString(body));
    }

    private static Optional<String> whyNotReady(WorkerHealth numbers) {
        return numbers.unhealthy().isPresent()
                ? Optional.of("unhealthy")
                : Optional.of("draining").filter(_ -> numbers.draining());
    }
}
