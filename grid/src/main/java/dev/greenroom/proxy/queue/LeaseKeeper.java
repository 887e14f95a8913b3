package dev.greenroom.proxy.queue;

import dev.greenroom.config.ProxySections.LeaseSettings;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.Acquisition.Granted;
import dev.greenroom.registry.Registry.HeldLease;
import dev.greenroom.registry.Registry.LeaseRenewal;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.registry.Registry.SlotRequest.Requester;
import dev.greenroom.registry.SessionList.CdpBrowser;
import dev.greenroom.registry.SessionList.LiveSession;
import dev.greenroom.schedule.PeriodicTask;
import dev.greenroom.schedule.Subscription;
import dev.greenroom.schedule.ThrottledWarning;
import dev.greenroom.session.CdpBrowserId;
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

/// Holds the leases of this proxy: renews them, and releases them until the registry has acknowledged it.
/// Also publishes the sessions behind them, and receives the orders to end a session. Thread-safe.
public final class LeaseKeeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseKeeper.class);
    private static final Duration RELEASE_RETRY_INTERVAL = Duration.ofSeconds(1);
    private static final Duration FINAL_RELEASE_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration PUBLISH_INTERVAL = Duration.ofSeconds(1);

    /// The registry forgets a session's description after 10 minutes.
    private static final Duration REPUBLISH_INTERVAL = Duration.ofMinutes(4);

    private static final Duration WARNING_CHECK_INTERVAL = Duration.ofSeconds(10);

    private final Registry registry;
    private final LeaseSettings settings;
    private final ConcurrentHashMap<SessionId, Held> held = new ConcurrentHashMap<>();

    /// Sessions whose release is not acknowledged yet; bounded by the sessions of one outage.
    private final Set<SessionId> unreleased = ConcurrentHashMap.newKeySet();

    /// Sessions of this proxy that an operator has ordered to end.
    private final Set<SessionId> toEnd = ConcurrentHashMap.newKeySet();

    /// The name of this proxy in the list of sessions.
    private volatile String name = "";

    /// Sessions to publish again: the registry lost them, or will forget them soon.
    private final Set<SessionId> unpublished = ConcurrentHashMap.newKeySet();

    /// The times of last calls that were reported, on the monotonic clock.
    private final Map<SessionId, Long> reportedCalls = new ConcurrentHashMap<>();

    /// Times that differ by less are the same call: the two clocks of a report are not read at once.
    private static final Duration SAME_CALL = Duration.ofMillis(50);

    private final ThrottledWarning releaseDelayed = new ThrottledWarning();
    private final ThrottledWarning renewalDelayed = new ThrottledWarning();
    private final Queue<PeriodicTask> tasks = new ConcurrentLinkedQueue<>();

    /// Runs as soon as a session has ended, and again while the registry has not acknowledged all
    /// releases.
    private final PeriodicTask releases =
            PeriodicTask.every(RELEASE_RETRY_INTERVAL, "lease-releases", this::sendReleases);

    private volatile Subscription endings = () -> {};

    public LeaseKeeper(Registry registry, LeaseSettings settings) {
        this.registry = registry;
        this.settings = settings;
        tasks.add(releases);
    }

    /// @param browser the digest of the id of its browser, if connections may join it
    private record Held(WorkerId worker, Optional<LiveSession.Client> client, Optional<String> browser) {}

    /// Starts to renew leases and to publish sessions.
    ///
    /// @param proxy the name of this proxy in the list of sessions
    /// @param end ends a session on an operator's order. It must not block. It may be called more than
    ///     once for a session, and also before the session is relayed or after it has ended.
    public void start(String proxy, Consumer<SessionId> end) {
        name = proxy;
        endings = registry.sessions().onEnd(session -> end(session, end));
        every(settings.renewInterval(), "lease-renewal", () -> renew(end));
        every(settings.reaperInterval(), "registry-reaper", this::reap);
        every(PUBLISH_INTERVAL, "session-publishing", this::publish);
        var warnings = new WorkerListWarnings(registry, settings.shutdownCommandTtl());
        every(WARNING_CHECK_INTERVAL, "worker-list-warnings", warnings::check);
        every(REPUBLISH_INTERVAL, "session-republishing", () -> unpublished.addAll(held.keySet()));
    }

    /// Starts to report the times of clients' last calls: every [LeaseSettings#renewInterval], and only
    /// of clients that have sent a call since.
    ///
    /// @param sinceLastCalls the time since the last call of each session that is relayed now
    public void reportCalls(Supplier<Map<SessionId, Duration>> sinceLastCalls, LongSupplier nanoTime) {
        every(settings.renewInterval(), "last-calls", () -> reportCalls(sinceLastCalls.get(), nanoTime.getAsLong()));
    }

    private void reportCalls(Map<SessionId, Duration> sinceLastCalls, long now) {
        Map<SessionId, Duration> changed = new HashMap<>();
        sinceLastCalls.forEach((session, ago) -> {
            var known = reportedCalls.get(session);
            if (!unpublished.contains(session)
                    && (known == null || now - ago.toNanos() - known >= SAME_CALL.toNanos())) {
                changed.put(session, ago);
            }
        });
        reportedCalls.keySet().retainAll(sinceLastCalls.keySet());
        try {
            registry.sessions().called(changed);
            changed.forEach((session, ago) -> reportedCalls.put(session, now - ago.toNanos()));
        } catch (RegistryUnavailableException e) {
            LOG.atDebug()
                    .addKeyValue("code", "could-not-report-last-calls-trying-again")
                    .addKeyValue("cause", e.getMessage())
                    .log("Last calls not reported; retrying");
        }
    }

    private void every(Duration interval, String name, Runnable work) {
        tasks.add(PeriodicTask.every(interval, name, work));
    }

    /// Names this proxy and a client of it, for the list of sessions.
    Requester requester(LiveSession.Client client) {
        return new Requester(name, client);
    }

    /// Holds a slot that the registry granted, until the result is closed.
    Lease hold(Granted grant, SlotRequest request) {
        held.put(
                grant.session(),
                new Held(grant.worker(), request.requester().map(Requester::client), Optional.empty()));
        return new Lease(this, grant);
    }

    /// Lets connections at any proxy find the browser of a session, from now on.
    private void addBrowser(SessionId session, String digest) {
        var its = held.computeIfPresent(
                session, (_, known) -> new Held(known.worker(), known.client(), Optional.of(digest)));
        if (its == null) {
            return;
        }
        try {
            registry.sessions().addBrowsers(List.of(new CdpBrowser(digest, session, its.worker())));
        } catch (RegistryUnavailableException e) {
            unpublished.add(session);
            LOG.atDebug()
                    .addKeyValue("code", "could-not-say-where-a-browser-is-trying-again")
                    .addKeyValue("cause", e.getMessage())
                    .log("Browser not published; retrying");
        }
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

    /// Releases the slot of a session in the background, also one that it may hold after a lost reply.
    void release(SessionId session) {
        held.remove(session);
        toEnd.remove(session);
        unreleased.add(session);
        releases.runWithin(Duration.ZERO);
    }

    /// Releases the slot of a session; blocks until the registry has acknowledged it.
    void releaseNow(SessionId session) {
        held.remove(session);
        registry.release(List.of(session));
    }

    /// The number of slots that this proxy holds.
    public int count() {
        return held.size();
    }

    private void sendReleases() {
        for (var batch : batches(List.copyOf(unreleased))) {
            try {
                registry.release(batch);
                batch.forEach(unreleased::remove);
                releaseDelayed.over();
            } catch (RegistryUnavailableException e) {
                LOG.atLevel(releaseDelayed.level())
                        .addKeyValue("code", "RELEASE_DELAYED")
                        .addKeyValue("waiting", unreleased.size())
                        .addKeyValue("cause", e.getMessage())
                        .log("Slot release delayed; retrying");
                return;
            }
        }
    }

    private void publish() {
        for (var batch : batches(List.copyOf(unpublished))) {
            // Removed before they are read, so that changes meanwhile are published again.
            batch.forEach(unpublished::remove);
            try {
                registry.sessions()
                        .describe(batch.stream()
                                .flatMap(session -> description(session))
                                .toList());
                registry.sessions()
                        .addBrowsers(batch.stream()
                                .flatMap(session -> browser(session))
                                .toList());
                batch.forEach(reportedCalls::remove);
            } catch (RegistryUnavailableException e) {
                unpublished.addAll(batch);
                LOG.atDebug()
                        .addKeyValue("code", "could-not-say-what-runs-trying-again")
                        .addKeyValue("cause", e.getMessage())
                        .log("Sessions not published; retrying");
                return;
            }
        }
    }

    private Stream<LiveSession> description(SessionId session) {
        return Optional.ofNullable(held.get(session)).stream()
                .flatMap(lease ->
                        lease.client().stream().map(client -> new LiveSession(session, lease.worker(), name, client)));
    }

    private Stream<CdpBrowser> browser(SessionId session) {
        return Optional.ofNullable(held.get(session)).stream()
                .flatMap(lease ->
                        lease.browser().stream().map(digest -> new CdpBrowser(digest, session, lease.worker())));
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
                        .log("Lease renewal delayed; sessions continue, retrying");
                return;
            }
            restored +=
                    leaseRenewal.restored().stream().filter(held::containsKey).count();
            unpublished.addAll(leaseRenewal.restored());
            leaseRenewal.toEnd().forEach(session -> end(session, end));
            releaseEnded(batch);
        }
        if (restored > 0) {
            LOG.atWarn()
                    .addKeyValue("code", "LEASES_RESTORED")
                    .addKeyValue("leases", restored)
                    .log("Leases restored: the registry had lost leases of live sessions");
        }
    }

    /// A renewal may restore the lease of a session that ended meanwhile.
    private void releaseEnded(List<HeldLease> renewed) {
        renewed.stream()
                .map(HeldLease::session)
                .filter(session -> !held.containsKey(session))
                .forEach(this::release);
    }

    private void reap() {
        try {
            var dropped = registry.reap();
            LOG.atDebug()
                    .addKeyValue("code", "swept-the-registry")
                    .addKeyValue("leases", dropped)
                    .log("Registry swept");
        } catch (RegistryUnavailableException e) {
            LOG.atDebug()
                    .addKeyValue("code", "could-not-sweep-the-registry")
                    .addKeyValue("cause", e.getMessage())
                    .log("Registry not swept");
        }
    }

    private static <T> List<List<T>> batches(List<T> all) {
        List<List<T>> batches = new ArrayList<>();
        for (var from = 0; from < all.size(); from += Registry.MAX_BATCH) {
            batches.add(all.subList(from, Math.min(all.size(), from + Registry.MAX_BATCH)));
        }
        return batches;
    }

    /// Releases the remaining leases. Waits for running tasks, for 2 s at most.
    @Override
    public void close() {
        held.keySet().forEach(this::release);
        endings.close();
        PeriodicTask.closeAll(tasks, FINAL_RELEASE_TIMEOUT);
        sendReleases();
    }

    /// A slot that a session holds until this is closed. Closing never blocks or throws: the slot is
    /// released in the background, with retries until the registry has acknowledged it. Used by the
    /// session's thread.
    public static final class Lease implements AutoCloseable {
        private final LeaseKeeper leaseKeeper;
        private final Granted grant;
        private boolean released;

        Lease(LeaseKeeper leaseKeeper, Granted grant) {
            this.leaseKeeper = leaseKeeper;
            this.grant = grant;
        }

        /// The worker whose slot it is.
        public WorkerId worker() {
            return grant.worker();
        }

        /// The address at which that worker takes sessions.
        public WorkerEndpoint endpoint() {
            return grant.endpoint();
        }

        /// Lets connections at any proxy find the session's browser by its id. Blocks until the registry
        /// knows it, or does not answer; then it is told later.
        public void addBrowser(CdpBrowserId id) {
            leaseKeeper.addBrowser(grant.session(), id.digest());
        }

        /// Whether an operator has ordered this session to end, possibly before its relay existed.
        public boolean isEndRequested() {
            return leaseKeeper.isEndRequested(grant.session());
        }

        /// Releases the slot before its session asks for another one. The registry identifies a slot by
        /// its session, so a release in the background could release the next slot instead. Blocks
        /// until the registry has acknowledged it.
        ///
        /// @throws RegistryUnavailableException if it does not; the caller still closes this
        public void release() {
            leaseKeeper.releaseNow(grant.session());
            released = true;
        }

        @Override
        public void close() {
            if (!released) {
                leaseKeeper.release(grant.session());
            }
        }
    }
}
