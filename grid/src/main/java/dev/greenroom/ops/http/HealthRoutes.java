package dev.greenroom.ops.http;

import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.ops.http.OpsRoutes.GridView;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.session.BrowserType;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Health of this proxy: `/health` for liveness probes, `/health/ready` for load balancers, `/health/deep`
/// for diagnosis.
///
/// Only the deep check calls the registry, once a second at most. It is not a reason to restart the proxy,
/// which serves its sessions without Redis too.
final class HealthRoutes {
    static final Duration CHECK_LIMIT = Duration.ofMillis(500);
    static final Duration CACHED = Duration.ofSeconds(1);

    private static final String STATUS = "status";
    private static final String OK = "ok";

    private final GridView view;
    private final GridWatch watch;
    private final InstantSource clock;
    private final ReentrantLock checking = new ReentrantLock();
    private @Nullable CachedHealth last;

    HealthRoutes(GridView view, GridWatch watch, InstantSource clock) {
        this.view = view;
        this.watch = watch;
        this.clock = clock;
    }

    private record CachedHealth(HttpResponse answer, long atNanos) {}

    /// @param detail what is wrong, in one sentence; empty if nothing is
    private record HealthCheck(String status, long millis, String detail) {
        boolean isOk() {
            return status.equals(OK);
        }
    }

    private record Deep(String status, Map<String, HealthCheck> checks, Instant timestamp) {}

    void on(RouteTable table) {
        table.get("/health", _ -> ApiJson.word(200, STATUS, OK));
        table.get("/health/ready", _ -> ready());
        table.get("/health/deep", _ -> deep());
    }

    private HttpResponse ready() {
        return watch.whyNotReady()
                .map(reason -> ApiJson.words(503, STATUS, "not ready", "reason", reason))
                .orElseGet(() -> ApiJson.word(200, STATUS, "ready"));
    }

    private HttpResponse deep() throws InterruptedException {
        checking.lockInterruptibly();
        try {
            var now = watch.nowNanos();
            if (last == null || now - last.atNanos() >= CACHED.toNanos()) {
                last = new CachedHealth(checked(), now);
            }
            return last.answer();
        } finally {
            checking.unlock();
        }
    }

    private HttpResponse checked() throws InterruptedException {
        var workers = watch.last().workers().stream()
                .map(GridSnapshot.Sighted::worker)
                .toList();
        Map<String, HealthCheck> checks = new LinkedHashMap<>();
        checks.put("registry", registry());
        watch.everSeen().forEach(browser -> checks.put("workers." + browser, alive(browser, workers)));
        var well = checks.values().stream().allMatch(HealthCheck::isOk);
        return ApiJson.answer(well ? 200 : 503, new Deep(well ? OK : "failing", checks, clock.instant()));
    }

    /// Reads what a selection reads, and changes nothing.
    private HealthCheck registry() throws InterruptedException {
        var began = System.nanoTime();
        var asked = new CompletableFuture<Optional<String>>();
        Thread.ofVirtual().name("health-check").start(() -> asked.complete(probe()));
        Optional<String> wrong;
        try {
            wrong = asked.get(CHECK_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException _) {
            wrong = Optional.of("the registry did not answer within " + CHECK_LIMIT.toMillis() + " ms");
        } catch (ExecutionException e) {
            throw new IllegalStateException("the probe never fails", e);
        }
        var millis = Duration.ofNanos(System.nanoTime() - began).toMillis();
        return new HealthCheck(wrong.isPresent() ? "failing" : OK, millis, wrong.orElse(""));
    }

    private Optional<String> probe() {
        try {
            view.registry().probe();
            return Optional.empty();
        } catch (RegistryUnavailableException e) {
            return Optional.of("the registry does not answer: " + e.getMessage());
        } catch (RuntimeException e) {
            return Optional.of("the registry failed unexpectedly: " + e);
        }
    }

    private static HealthCheck alive(BrowserType browser, List<WorkerRecord> workers) {
        var live = workers.stream().anyMatch(worker -> worker.worker().browser() == browser);
        return live
                ? new HealthCheck(OK, 0, "")
                : new HealthCheck("failing", 0, "no worker for " + browser + " is alive, and there has been one");
    }
}
