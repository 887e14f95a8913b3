package dev.greenroom.proxy.queue;

import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// Warns about workers in the registry: of orders that expire before a worker's heartbeat fetches them,
/// and of workers that are long overdue to be recycled. Each warning is logged once. Used by one thread
/// at a time.
final class WorkerListWarnings {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerListWarnings.class);

    /// How many times its lifetime a worker has served when it counts as overdue.
    private static final int OVERDUE_FACTOR = 2;

    private final Registry registry;
    private final Duration orderTtl;
    private Optional<OrderTtl.TtlFinding> loggedTtl = Optional.empty();
    private final Set<WorkerId> loggedOverdue = new HashSet<>();

    /// @param orderTtl how long an order to a worker lives (`SHUTDOWN_COMMAND_TTL`)
    WorkerListWarnings(Registry registry, Duration orderTtl) {
        this.registry = registry;
        this.orderTtl = orderTtl;
    }

    void check() {
        try {
            checkOrderTtl(registry.workers());
        } catch (RegistryUnavailableException e) {
            LOG.atDebug()
                    .addKeyValue("code", "could-not-look-at-the-workers-heartbeats")
                    .addKeyValue("cause", e.getMessage())
                    .log("Heartbeat intervals not checked");
        }
        try {
            checkOverdue(registry.workers());
        } catch (RegistryUnavailableException e) {
            LOG.atDebug()
                    .addKeyValue("code", "could-not-look-at-the-lifetimes-of-workers")
                    .addKeyValue("cause", e.getMessage())
                    .log("Worker lifetimes not checked");
        }
    }

    private void checkOrderTtl(List<WorkerRecord> workers) {
        var finding = OrderTtl.finding(orderTtl, workers);
        if (!finding.equals(loggedTtl)) {
            loggedTtl = finding;
            finding.ifPresent(found -> LOG.atLevel(found.tooShort() ? Level.ERROR : Level.WARN)
                    .addKeyValue("code", "ORDERS_EXPIRE_UNHEARD")
                    .log(found.sentence()));
        }
    }

    private void checkOverdue(List<WorkerRecord> workers) {
        var overdue = workers.stream()
                .filter(WorkerRecord::isDue)
                .filter(worker -> worker.lifetime() / OVERDUE_FACTOR
                        >= worker.lifetimeLimit().value())
                .toList();
        loggedOverdue.retainAll(overdue.stream().map(WorkerRecord::worker).toList());
        for (var worker : overdue) {
            if (loggedOverdue.add(worker.worker())) {
                LOG.atWarn()
                        .addKeyValue("code", "WORKER_OVERDUE")
                        .addKeyValue("worker", worker.worker())
                        .addKeyValue("lifetime", worker.lifetime())
                        .addKeyValue("limit", worker.lifetimeLimit().value())
                        .log("Worker overdue: it has served twice its MAX_LIFETIME_SESSIONS and was not recycled");
            }
        }
    }
}
