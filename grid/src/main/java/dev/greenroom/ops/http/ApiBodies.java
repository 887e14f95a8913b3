package dev.greenroom.ops.http;

import dev.greenroom.ops.http.OpsRoutes.GridView;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.registry.WorkerRecord.BrowsersTaken;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/// The bodies of responses that describe the grid. Their components are the JSON fields, so their names are
/// part of the API. A worker is identified by its id and `host:port`; the secret path on which it accepts
/// sessions is never part of a body.
final class ApiBodies {
    /// Maximum length of the worker list in the overview, which clients fetch every second.
    static final int MAX_LISTED = 500;

    private final GridView view;
    private final GridSnapshot snapshot;
    private final long nowNanos;

    ApiBodies(GridView view, GridSnapshot snapshot, long nowNanos) {
        this.view = view;
        this.snapshot = snapshot;
        this.nowNanos = nowNanos;
    }

    /// @param answering whether the registry answered the last call
    /// @param ageMillis age of the last answer
    record RegistryState(boolean answering, long ageMillis) {}

    /// @param maxConcurrent `slotLimit` minus `occupied`
    /// @param maxLifetimeFrom who set the limit: `worker`, `grid` (the proxies) or `default`
    /// @param slotLimit of the whole worker process; `slotLimitFrom` says who set it
    /// @param occupied slots that sessions of earlier runs of the process still use
    /// @param hungDrivers its driver processes that do not answer now
    /// @param browsersTaken how sessions came by their browsers since the process began
    /// @param heartbeatAgeSeconds since this proxy saw the latest heartbeat
    record WorkerBody(
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
            int slotLimit,
            String slotLimitFrom,
            int occupied,
            int hungDrivers,
            BrowsersTaken browsersTaken,
            String playwrightVersions,
            String software,
            Instant startedAt,
            Instant lastHeartbeat,
            long heartbeatAgeSeconds) {}

    record Workers(RegistryState registry, List<WorkerBody> workers) {}

    record GridCapacity(
            RegistryState registry, CapacityReport.SlotCounts total, Map<String, CapacityReport.SlotCounts> browsers) {}

    /// @param maxQueued of this proxy
    /// @param tokens whether clients need a token
    record ProxyBody(int sessions, boolean draining, int maxQueued, boolean tokens) {}

    /// @param workers at most [#MAX_LISTED]
    record Overview(RegistryState registry, ProxyBody proxy, CapacityReport capacity, List<WorkerBody> workers) {}

    /// The load, in the vocabulary of other grids.
    ///
    /// @param running sessions of the whole grid
    /// @param queued clients of this proxy
    /// @param isAvailable whether a client would get a session, or a place in the queue
    /// @param reason why not, one word; empty if available
    record Pressure(int running, int queued, int maxConcurrent, int maxQueued, boolean isAvailable, String reason) {}

    Workers workers() {
        return new Workers(registry(), listed(Integer.MAX_VALUE));
    }

    GridCapacity gridCapacity() {
        var capacity = capacity();
        return new GridCapacity(registry(), capacity.total(), capacity.browsers());
    }

    Overview overview() {
        var proxy = new ProxyBody(
                view.liveSessions().getAsInt(),
                view.draining().getAsBoolean(),
                view.limits().maxQueue(),
                view.limits().tokens());
        return new Overview(registry(), proxy, capacity(), listed(MAX_LISTED));
    }

    Pressure pressure() {
        var total = capacity().total();
        var reason = reason(total);
        return new Pressure(
                snapshot.active(view.liveSessions().getAsInt()),
                total.queued(),
                total.slots(),
                view.limits().maxQueue(),
                reason.isEmpty(),
                reason);
    }

    private String reason(CapacityReport.SlotCounts total) {
        if (view.draining().getAsBoolean()) {
            return "draining";
        }
        if (!snapshot.answers()) {
            return "registry";
        }
        if (total.workers() == 0) {
            return "workers";
        }
        return total.available() == 0 && total.queued() >= view.limits().maxQueue() ? "full" : "";
    }

    private RegistryState registry() {
        return new RegistryState(snapshot.answers(), snapshot.silence(nowNanos).toMillis());
    }

    private CapacityReport capacity() {
        var records =
                snapshot.workers().stream().map(GridSnapshot.Sighted::worker).toList();
        return CapacityReport.of(records, view.waiting());
    }

    private List<WorkerBody> listed(int limit) {
        return snapshot.workers().stream().limit(limit).map(this::worker).toList();
    }

    private WorkerBody worker(GridSnapshot.Sighted sighted) {
        WorkerRecord worker = sighted.worker();
        return new WorkerBody(
                worker.worker().toString(),
                worker.worker().browser().wireName(),
                worker.endpoint().authority(),
                worker.status().wireName(),
                worker.suspect(),
                worker.active(),
                worker.maxConcurrent(),
                worker.lifetime(),
                worker.lifetimeLimit().value(),
                worker.lifetimeLimit().source().wireName(),
                worker.slotLimit().value(),
                worker.slotLimit().source().wireName(),
                worker.occupied(),
                worker.hungDrivers(),
                worker.browsersTaken(),
                worker.versions().toString(),
                worker.software(),
                worker.startedAt(),
                worker.lastHeartbeat(),
                Duration.ofNanos(nowNanos - sighted.heartbeatSeenNanos()).toSeconds());
    }
}
