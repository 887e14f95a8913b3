package dev.greenroom.proxy.queue;

import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.session.WorkerId;
import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Says once of a worker that it has served twice as many sessions as it may: its turn to be recycled does
/// not come. Used by one thread at a time.
final class OverdueWorkerWarning {
    private static final Logger LOG = LoggerFactory.getLogger(OverdueWorkerWarning.class);
    private static final int TOO_MANY_TIMES = 2;

    private final Registry registry;
    private final Set<WorkerId> said = new HashSet<>();

    OverdueWorkerWarning(Registry registry) {
        this.registry = registry;
    }

    void run() {
        try {
            var overdue = registry.workers().stream()
                    .filter(WorkerRecord::isDue)
                    .filter(worker -> worker.lifetime() / TOO_MANY_TIMES
                            >= worker.lifetimeLimit().value())
                    .toList();
            said.retainAll(overdue.stream().map(WorkerRecord::worker).toList());
            overdue.stream().filter(worker -> said.add(worker.worker())).forEach(OverdueWorkerWarning::say);
        } catch (RegistryUnavailableException e) {
            LOG.atDebug().addKeyValue("cause", e.getMessage()).log("Could not look at the lifetimes of workers");
        }
    }

    private static void say(WorkerRecord worker) {
        LOG.atWarn()
                .addKeyValue("code", "WORKER_OVERDUE")
                .addKeyValue("worker", worker.worker())
                .addKeyValue("lifetime", worker.lifetime())
                .addKeyValue("limit", worker.lifetimeLimit().value())
                .log("Worker has served twice its MAX_LIFETIME_SESSIONS; its turn to be recycled has not come");
    }
}
