package dev.greenroom.proxy.selection;

import dev.greenroom.config.LeaseSettings;
import dev.greenroom.registry.Acquisition.Granted;
import dev.greenroom.registry.HeldLease;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.RegistryUnavailableException;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps what this proxy holds leased, and gives back what it does not hold any more until the registry has
/// acknowledged it.
public final class Leases implements AutoCloseable {
    static final int BATCH = 200;

    private static final Logger LOG = LoggerFactory.getLogger(Leases.class);
    private static final long RETRY_RELEASE_MILLIS = 1_000;
    private static final long LAST_RELEASES_SECONDS = 2;

    private final Registry registry;
    private final LeaseSettings settings;
    private final ConcurrentHashMap<SessionId, WorkerId> held = new ConcurrentHashMap<>();

    /// Sessions whose release is not acknowledged yet; bounded by the sessions of one outage.
    private final Set<SessionId> outbox = ConcurrentHashMap.newKeySet();

    private final AtomicBoolean releaseDue = new AtomicBoolean();
    private final ScheduledExecutorService executor = Executors.newScheduledThreadPool(
            2, Thread.ofVirtual().name("leases-", 0).factory());

    public Leases(Registry registry, LeaseSettings settings) {
        this.registry = registry;
        this.settings = settings;
    }

    /// Begins to renew and to sweep.
    public void start() {
        var renew = settings.renewInterval().toMillis();
        executor.scheduleWithFixedDelay(this::renew, renew, renew, TimeUnit.MILLISECONDS);
        executor.scheduleWithFixedDelay(this::flush, RETRY_RELEASE_MILLIS, RETRY_RELEASE_MILLIS, TimeUnit.MILLISECONDS);
        var reap = settings.reaperInterval().toMillis();
        executor.scheduleWithFixedDelay(this::reap, reap, reap, TimeUnit.MILLISECONDS);
    }

    Lease hold(Granted grant) {
        held.put(grant.session(), grant.worker());
        return new Lease(this, grant);
    }

    /// Gives back what a session holds, or may hold after a lost reply.
    void release(SessionId session) {
        held.remove(session);
        outbox.add(session);
        if (releaseDue.compareAndSet(false, true)) {
            executor.execute(this::flush);
        }
    }

    /// How many slots this proxy holds.
    public int count() {
        return held.size();
    }

    private void flush() {
        releaseDue.set(false);
        for (var batch : batches(List.copyOf(outbox))) {
            try {
                registry.release(batch);
                batch.forEach(outbox::remove);
            } catch (RegistryUnavailableException e) {
                LOG.atWarn()
                        .addKeyValue("code", "RELEASE_DELAYED")
                        .addKeyValue("waiting", outbox.size())
                        .addKeyValue("cause", e.getMessage())
                        .log("Slots could not be released yet; trying again");
                return;
            }
        }
    }

    private void renew() {
        var leases = held.entrySet().stream()
                .map(entry -> new HeldLease(entry.getKey(), entry.getValue()))
                .toList();
        var restored = 0;
        for (var batch : batches(leases)) {
            try {
                restored += registry.renew(batch);
            } catch (RegistryUnavailableException e) {
                LOG.atWarn()
                        .addKeyValue("code", "RENEWAL_DELAYED")
                        .addKeyValue("leases", leases.size())
                        .addKeyValue("cause", e.getMessage())
                        .log("Leases could not be renewed; sessions go on, trying again");
                return;
            }
            releaseWhatEndedMeanwhile(batch);
        }
        if (restored > 0) {
            LOG.atWarn()
                    .addKeyValue("code", "LEASES_RESTORED")
                    .addKeyValue("leases", restored)
                    .log("The registry had lost leases of live sessions; they are restored");
        }
    }

    /// A session that ended while its renewal was under way may have been restored by it.
    private void releaseWhatEndedMeanwhile(List<HeldLease> renewed) {
        renewed.stream()
                .map(HeldLease::session)
                .filter(session -> !held.containsKey(session))
                .forEach(this::release);
    }

    private void reap() {
        try {
            var dropped = registry.reap();
            LOG.atDebug().addKeyValue("leases", dropped).log("Swept the registry");
        } catch (RegistryUnavailableException e) {
            LOG.atDebug().addKeyValue("cause", e.getMessage()).log("Could not sweep the registry");
        }
    }

    private static <T> List<List<T>> batches(List<T> all) {
        List<List<T>> batches = new ArrayList<>();
        for (var from = 0; from < all.size(); from += BATCH) {
            batches.add(all.subList(from, Math.min(all.size(), from + BATCH)));
        }
        return batches;
    }

    /// Gives back what is left, for 2 s at most.
    @Override
    public void close() {
        held.keySet().forEach(this::release);
        executor.shutdown();
        try {
            if (!executor.awaitTermination(LAST_RELEASES_SECONDS, TimeUnit.SECONDS)) {
                executor.shutdownNow();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            executor.shutdownNow();
        }
        flush();
    }
}
