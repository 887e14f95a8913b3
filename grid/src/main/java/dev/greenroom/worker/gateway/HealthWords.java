package dev.greenroom.worker.gateway;

import dev.greenroom.wire.Answer;
import dev.greenroom.worker.health.WorkerNumbers;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;

/// What a worker says of itself to who asks on its port.
final class HealthWords {
    private static final JsonMapper JSON = new JsonMapper();

    private HealthWords() {}

    /// Everything. 200 as long as the worker can go on.
    ///
    /// @param newest the run that takes sessions; empty while there is none
    /// @param earlier runs whose last sessions are not over
    static Answer of(Optional<WorkerNumbers> newest, List<WorkerNumbers> earlier) {
        if (newest.isEmpty()) {
            return Answer.json(503, JSON.writeValueAsString(Map.of("status", "starting")));
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
        body.put("memoryBytes", numbers.memory().worker());
        body.put("sessionPeakBytes", numbers.memory().sessionPeak());
        if (!earlier.isEmpty()) {
            body.put("earlierRuns", earlier.stream().map(HealthWords::brief).toList());
        }
        return Answer.json(numbers.unhealthy().isPresent() ? 503 : 200, JSON.writeValueAsString(body));
    }

    private static Map<String, Object> brief(WorkerNumbers run) {
        var words = new LinkedHashMap<String, Object>();
        words.put("worker", run.worker().toString());
        words.put("draining", run.draining());
        words.put("sessions", run.sessions());
        words.put("memoryBytes", run.memory().worker());
        return words;
    }

    /// Whether it should get new sessions, and why not.
    static Answer ready(Optional<WorkerNumbers> newest) {
        var why = newest.map(HealthWords::whyNotReady).orElse(Optional.of("starting"));
        return Answer.json(why.isPresent() ? 503 : 200, JSON.writeValueAsString(Map.of("status", why.orElse("ready"))));
    }

    private static Optional<String> whyNotReady(WorkerNumbers numbers) {
        return numbers.unhealthy().isPresent()
                ? Optional.of("unhealthy")
                : Optional.of("draining").filter(_ -> numbers.draining());
    }
}
