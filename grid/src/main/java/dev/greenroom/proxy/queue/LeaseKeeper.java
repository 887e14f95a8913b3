package dev.greenroom.proxy.queue;

import dev.greenroom.config.settings.ProxySections.LeaseSettings;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.Acquisition.Granted;
import dev.greenroom.registry.Registry.HeldLease;
import dev.greenroom.registry.Registry.LeaseRenewal;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.registry.Registry.SlotRequest.Requester;
import dev.greenroom.registry.SessionList.LiveSession;
import dev.greenroom.schedule.PeriodicTask;
import dev.greenroom.schedule.Subscription;
import dev.greenroom.schedule.ThrottledWarning;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps what this proxy holds leased, and gives back what it does not hold any more until the registry has
/// acknowledged it. Tells the registry what runs under these leases, and hears from it which sessions are
/// to end.
public final class LeaseKeeper implements AutoCloseable {
    static final int BATCH = 200;

    private static final Logger LOG = LoggerFactory.getLogger(LeaseKeeper.class);
    private static final Duration RETRY_RELEASE = Duration.ofSeconds(1);
    private static final Duration LAST_RELEASES = Duration.ofSeconds(2);
    private static final Duration DESCRIBE = Duration.ofSeconds(1);

    /// The registry forgets a description after 10 minutes.
    private static final Duration DESCRIBE_AGAIN = Duration.ofMinutes(4);

    private static final Duration CHECK_ORDERS = Duration.ofSeconds(10);

    private final Registry registry;
    private final LeaseSettings settings;
    private final ConcurrentHashMap<SessionId, Held> held = new ConcurrentHashMap<>();

    /// Sessions whose release is not acknowledged yet; bounded by the sessions of one outage.
    private final Set<SessionId> outbox = ConcurrentHashMap.newKeySet();

    /// Sessions of this proxy that somebody has ordered to end.
    private final Set<SessionId> toEnd = ConcurrentHashMap.newKeySet();

    /// The name of this proxy in the list of sessions.
    private volatile String name = "";

    /// Sessions that the registry has to be told of again: it lost them, or will forget them soon.
    private final Set<SessionId> undescribed = ConcurrentHashMap.newKeySet();

    /// Last calls as the registry was told of them, on the clock of this proxy.
    private final Map<SessionId, Long> reportedCalls = new ConcurrentHashMap<>();

    /// The two clocks of a report are read one after the other.
    private static final Duration SAME_CALL = Duration.ofMillis(50);

    private final ThrottledWarning releaseDelayed = new ThrottledWarning();
    private final ThrottledWarning renewalDelayed = new ThrottledWarning();
    private final Queue<PeriodicTask> tasks = new ConcurrentLinkedQueue<>();

    /// Runs as soon as a session has ended, and again while releases are left.
    private final PeriodicTask releases = PeriodicTask.every(RETRY_RELEASE, "lease-releases", this::flush);

    private volatile Subscription endings = () -> {};

    public LeaseKeeper(Registry registry, LeaseSettings settings) {
        this.registry = registry;
        this.settings = settings;
        tasks.add(releases);
    }

    private record Held(WorkerId worker, Optional<LiveSession.Client> client) {}

    /// Begins to renew and to sweep.
    ///
    /// @param proxy the name of this proxy in the list of sessions
    /// @param end ends a session because an operator said so; must not block, may be called more than once
    ///     for a session, and also for one that is not there yet or not any more
    public void start(String proxy, Consumer<SessionId> end) {
        name = proxy;
        endings = registry.sessions().onEnd(session -> end(session, end));
        every(settings.renewInterval(), "lease-renewal", () -> renew(end));
        every(settings.reaperInterval(), "registry-reaper", this::reap);
        every(DESCRIBE, "session-descriptions", this::describe);
        every(CHECK_ORDERS, "shutdown-commands", new OrderExpiryWarning(registry, settings.shutdownCommandTtl())::run);
        every(CHECK_ORDERS, "overdue-workers", new OverdueWorkerWarning(registry)::run);
        every(DESCRIBE_AGAIN, "session-descriptions-again", () -> undescribed.addAll(held.keySet()));
    }

    /// Begins to tell the registry when clients sent their last calls: every [LeaseSettings#renewInterval],
    /// and only of those that have sent one since.
    ///
    /// @param sinceLastCalls of the sessions that are relayed now
    public void reportCalls(Supplier<Map<SessionId, Duration>> sinceLastCalls, LongSupplier nanoTime) {
        every(settings.renewInterval(), "last-calls", () -> reportCalls(sinceLastCalls.get(), nanoTime.getAsLong()));
    }

    private void reportCalls(Map<SessionId, Duration> sinceLastCalls, long now) {
        Map<SessionId, Duration> changed = new HashMap<>();
        sinceLastCalls.forEach((session, ago) -> {
            var known = reportedCalls.get(session);
            if (!undescribed.contains(session)
                    && (known == null || now - ago.toNanos() - known >= SAME_CALL.toNanos())) {
                changed.put(session, ago);
            }
        });
        reportedCalls.keySet().retainAll(sinceLastCalls.keySet());
        try {
            registry.sessions().called(changed);
            changed.forEach((session, ago) -> reportedCalls.put(session, now - ago.toNanos()));
        } catch (RegistryUnavailableException e) {
            LOG.atDebug().addKeyValue("cause", e.getMessage()).log("Could not report last calls; trying again");
        }
    }

    private void every(Duration interval, String name, Runnable work) {
        tasks.add(PeriodicTask.every(interval, name, work));
    }

    /// A client of this proxy, as those are told of it who ask what runs.
    Requester requester(LiveSession.Client client) {
        return new Requester(name, client);
    }

    /// @param request what was granted
    Lease hold(Granted grant, SlotRequest request) {
        held.put(grant.session(), new Held(grant.worker(), request.requester().map(Requester::client)));
        return new Lease(this, grant);
    }

    private void end(SessionId session, Consumer<SessionId> end) {
        if (held.containsKey(session)) {
            toEnd.add(session);
            end.accept(session);
        }
    }

    boolean isEndRequested(SessionId session) {
        return toEnd.contains(session);
    }

    /// Gives back what a session holds, or may hold after a lost reply.
    void release(SessionId session) {
        held.remove(session);
        toEnd.remove(session);
        outbox.add(session);
        releases.runWithin(Duration.ZERO);
    }

    void endLease(SessionId session) {
        held.remove(session);
        registry.release(List.of(session));
    }

    /// How many slots this proxy holds.
    public int count() {
        return held.size();
    }

    private void flush() {
        for (var batch : batches(List.copyOf(outbox))) {
            try {
                registry.release(batch);
                batch.forEach(outbox::remove);
                releaseDelayed.over();
            } catch (RegistryUnavailableException e) {
                LOG.atLevel(releaseDelayed.level())
                        .addKeyValue("code", "RELEASE_DELAYED")
                        .addKeyValue("waiting", outbox.size())
                        .addKeyValue("cause", e.getMessage())
                        .log("Slots could not be released yet; trying again");
                return;
            }
        }
    }

    private void describe() {
        for (var batch : batches(List.copyOf(undescribed))) {
            // Before they are read, so that what is said of them meanwhile is not missed.
            batch.forEach(undescribed::remove);
            try {
                registry.sessions()
                        .describe(batch.stream()
                                .flatMap(session -> description(session))
                                .toList());
                batch.forEach(reportedCalls::remove);
            } catch (RegistryUnavailableException e) {
                undescribed.addAll(batch);
                LOG.atDebug().addKeyValue("cause", e.getMessage()).log("Could not say what runs; trying again");
                return;
            }
        }
    }

    private Stream<LiveSession> description(SessionId session) {
        return Optional.ofNullable(held.get(session)).stream()
                .flatMap(lease ->
                        lease.client().stream().map(client -> new LiveSession(session, lease.worker(), name, client)));
    }

    private void renew(Consumer<SessionId> end) {
        var leases = held.entrySet().stream()
                .map(entry -> new HeldLease(entry.getKey(), entry.getValue().worker()))
                .toList();
        var restored = 0L;
        for (var batch : batches(leases)) {
            LeaseRenewal leaseRenewal;
            try {
                leaseRenewal = registry.renew(batch);
                renewalDelayed.over();
            } catch (RegistryUnavailableException e) {
                LOG.atLevel(renewalDelayed.level())
                        .addKeyValue("code", "RENEWAL_DELAYED")
                        .addKeyValue("leases", leases.size())
                        .addKeyValue("cause", e.getMessage())
                        .log("Leases could not be renewed; sessions go on, trying again");
                return;
            }
            restored +=
                    leaseRenewal.restored().stream().filter(held::containsKey).count();
            undescribed.addAll(leaseRenewal.restored());
            leaseRenewal.toEnd().forEach(session -> end(session, end));
            releaseEnded(batch);
        }
        if (restored > 0) {
            LOG.atWarn()
                    .addKeyValue("code", "LEASES_RESTORED")
                    .addKeyValue("leases", restored)
                    .log("The registry had lost leases of live sessions; they are restored");
        }
    }

    /// A session that ended while its renewal was under way may have been restored by it.
    private void releaseEnded(List<HeldLease> renewed) {
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

    /// Gives back what is left; whoever does that already is waited for, for 2 s at most.
    @Override
    public void close() {
        held.keySet().forEach(this::release);
        endings.close();
        PeriodicTask.closeAll(tasks, LAST_RELEASES);
        flush();
    }

    /// A slot that is ours until it is closed. Closing never blocks and never fails: the release goes on in
    /// the background until the registry has acknowledged it. Closed by the thread that has it.
    public static final class Lease implements AutoCloseable {
        private final LeaseKeeper leaseKeeper;
        private final Granted grant;
        private boolean givenBack;

        Lease(LeaseKeeper leaseKeeper, Granted grant) {
            this.leaseKeeper = leaseKeeper;
            this.grant = grant;
        }

        /// Whose slot it is.
        public WorkerId worker() {
            return grant.worker();
        }

        /// Where that worker takes sessions.
        public WorkerEndpoint endpoint() {
            return grant.endpoint();
        }

        /// Whether somebody has ordered this session to end, which its relay may not have heard.
        public boolean isEndRequested() {
            return leaseKeeper.isEndRequested(grant.session());
        }

        /// Gives the slot back before its session asks for another one: the registry knows a slot by its
        /// session, and a release that is under way then would take the other one. Blocks until the
        /// registry has acknowledged it.
        ///
        /// @throws RegistryUnavailableException when it does not; what remains is to close this
        public void release() {
            leaseKeeper.endLease(grant.session());
            givenBack = true;
        }

        @Override
        public void close() {
            if (!givenBack) {
                leaseKeeper.release(grant.session());
            }
        }
    }
}
