package dev.greenroom.cli.stress;

import dev.greenroom.cli.api.GridApi;
import dev.greenroom.cli.api.GridApi.GridApiException;
import dev.greenroom.config.CommandSettings.GridSettings;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/// How sessions came by their browsers, as `/v1/workers` says.
record BrowserCounts(long warm, long reused, long launched) {
    /// Workers report within a second, and proxies ask for it once a second.
    private static final Duration PATIENCE = Duration.ofSeconds(4);

    private static final Duration PAUSE = Duration.ofMillis(250);
    private static final BrowserCounts NONE = new BrowserCounts(0, 0, 0);

    private long sum() {
        return warm + reused + launched;
    }

    /// The counts of each worker process by its address. Empty if the grid does not say so, or not to us.
    static Optional<Map<String, BrowserCounts>> ask(GridSettings grid) throws InterruptedException {
        try (var api = GridApi.of(grid)) {
            return Optional.of(of(api.get("/v1/workers")));
        } catch (GridApiException _) {
            return Optional.empty();
        }
    }

    /// A process that renews itself is listed twice for a while.
    private static Map<String, BrowserCounts> of(JsonNode reply) {
        var counts = new HashMap<String, BrowserCounts>();
        for (var worker : reply.path("workers")) {
            var taken = worker.path("browsersTaken");
            var its = new BrowserCounts(
                    taken.path("warm").asLong(0),
                    taken.path("reused").asLong(0),
                    taken.path("launched").asLong(0));
            counts.merge(
                    worker.path("address").asString(""), its, (one, other) -> one.sum() < other.sum() ? other : one);
        }
        return counts;
    }

    /// What was added since, once that is as many as sessions succeeded, or what is known after some
    /// seconds. Empty when nothing was.
    ///
    /// @param stop ends the wait early
    static Optional<BrowserCounts> since(
            Map<String, BrowserCounts> before, GridSettings grid, long sessions, CountDownLatch stop)
            throws InterruptedException {
        var deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            var added = ask(grid).map(now -> added(before, now));
            if (added.isEmpty() || added.get().sum() >= sessions || System.nanoTime() > deadline) {
                return added.filter(counts -> counts.sum() > 0);
            }
            if (stop.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS)) {
                return Optional.empty();
            }
        }
    }

    private static BrowserCounts added(Map<String, BrowserCounts> before, Map<String, BrowserCounts> now) {
        var sum = NONE;
        for (var entry : now.entrySet()) {
            var old = before.getOrDefault(entry.getKey(), NONE);
            var its = entry.getValue();
            sum = new BrowserCounts(
                    sum.warm + Math.max(0, its.warm - old.warm),
                    sum.reused + Math.max(0, its.reused - old.reused),
                    sum.launched + Math.max(0, its.launched - old.launched));
        }
        return sum;
    }
}
