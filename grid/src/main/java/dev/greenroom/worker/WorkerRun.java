package dev.greenroom.worker;

import dev.greenroom.config.WorkerSections;
import dev.greenroom.net.server.HttpListener.PortInUseException;
import dev.greenroom.net.server.Transport;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.Heartbeat;
import dev.greenroom.registry.Registry.Heartbeat.HeartbeatReply;
import dev.greenroom.registry.WorkerRecord.BrowsersTaken;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.schedule.PeriodicTask;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.SessionLimit.RecycleMode;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import dev.greenroom.trust.GridSecret;
import dev.greenroom.worker.WorkerSupervisor.WorkerHost;
import dev.greenroom.worker.gateway.Gateway;
import dev.greenroom.worker.gateway.ProcessSlots;
import dev.greenroom.worker.gateway.WorkerPort;
import dev.greenroom.worker.health.MemoryWatch;
import dev.greenroom.worker.health.WorkerMetricsSink;
import dev.greenroom.worker.health.WorkerMetricsSink.WorkerHealth;
import dev.greenroom.worker.pool.BrowserPool;
import dev.greenroom.worker.pool.BrowserPool.TakeResult;
import dev.greenroom.worker.recording.Recordings;
import io.netty.channel.EventLoopGroup;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One worker run, from its start to its end. Creates its parts in the order of dependence and closes them
/// in reverse. [WorkerSupervisor] starts one run after the other.
public final class WorkerRun {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerRun.class);
    private static final int NAME_BYTES = 6;
    private static final int PATH_BYTES = 16;

    /// A session that was granted before the drain was announced arrives within this time, in which a proxy
    /// connects.
    private static final Duration ARRIVAL_TIMEOUT = Duration.ofSeconds(2);

    private static final Duration CHANGES_CHECK = Duration.ofSeconds(1);

    private final WorkerSections settings;
    private final Registry registry;
    private final BrowserPool pool;
    private final RunIdentity identity;
    private final MemoryWatch memory;
    private final Gateway gateway;
    private final WorkerPort port;
    private final ProcessSlots slots;
    private final ProcessSlots.RunSlots ownSlots;
    private final WorkerMetricsSink metrics;
    private final WorkerHost host;
    private final Optional<WorkerId> replaces;
    private final CompletableFuture<RunEnd> end = new CompletableFuture<>();
    private volatile Optional<WorkerRegistration> registration = Optional.empty();
    private volatile Optional<String> unhealthy = Optional.empty();
    private volatile boolean outgrown;
    private volatile int reportedOccupied;
    private volatile int reportedHung;
    private volatile BrowsersTaken reportedTaken = BrowsersTaken.NONE;

    /// Identifies a run.
    ///
    /// @param incarnation different for each run
    /// @param path of the upgrades of its sessions; unguessable
    public record RunIdentity(WorkerId worker, String incarnation, String path, Instant startedAt) {
        /// Creates a new identity.
        ///
        /// @param random must not be predictable
        public static RunIdentity of(WorkerSections settings, RandomGenerator random, InstantSource clock) {
            var browser = settings.browser().type();
            return new RunIdentity(
                    new WorkerId(browser, hex(random, NAME_BYTES)),
                    hex(random, PATH_BYTES),
                    "/playwright/" + browser.wireName() + "/" + hex(random, PATH_BYTES),
                    clock.instant());
        }

        private static String hex(RandomGenerator random, int length) {
            var bytes = new byte[length];
            random.nextBytes(bytes);
            return HexFormat.of().formatHex(bytes);
        }
    }

    /// Why a run ended.
    public sealed interface RunEnd {
        /// It was recycled, because it has served enough sessions or uses too much memory.
        record Recycle() implements RunEnd {}

        /// It was ordered to drain and to end: by a person, the API or the documented key.
        record Ordered() implements RunEnd {}

        /// The process is stopping.
        record Stop() implements RunEnd {}

        /// It failed.
        ///
        /// @param cause one sentence
        record Failure(String cause) implements RunEnd {}

        /// The words in the log.
        default String words() {
            return switch (this) {
                case Recycle _ -> "recycle";
                case Ordered _ -> "ordered";
                case Stop _ -> "stop";
                case Failure(var cause) -> "failure: " + cause;
            };
        }
    }

    /// Follows the life of a run. Must not block.
    public interface RunListener {
        /// The port of the process is open; the run is not registered yet.
        default void listening(int port) {}

        /// The run is registered and serves.
        ///
        /// @param port of the process
        default void registered(int port) {}

        /// With [RecycleMode#RENEW]: the registry wants this run replaced; see [#replaced]. Repeated with
        /// each heartbeat.
        default void turnToRecycle() {}

        /// The registry sends it no new sessions; it waits for the running ones.
        default void draining(RunEnd why) {}
    }

    /// @param pool started and closed by this run
    /// @param port of the process
    /// @param slots of the process
    /// @param replaces the run of this process that takes no more sessions once this one has registered
    /// @param loops closed by their owner
    /// @param recordings likewise
    public WorkerRun(
            WorkerSections settings,
            Registry registry,
            BrowserPool pool,
            RunIdentity identity,
            WorkerPort port,
            ProcessSlots slots,
            Optional<WorkerId> replaces,
            Transport transport,
            EventLoopGroup loops,
            WorkerMetricsSink metrics,
            WorkerHost host,
            Recordings recordings) {
        this.settings = settings;
        this.registry = registry;
        this.pool = pool;
        this.identity = identity;
        this.port = port;
        this.slots = slots;
        this.ownSlots = slots.newRun();
        pool.expectSessions(slots.limit());
        this.replaces = replaces;
        this.metrics = metrics;
        this.host = host;
        var endsWithProcess = host.isRestarted() && settings.drain().recycle() == RecycleMode.EXIT;
        this.memory = new MemoryWatch(settings.memory(), pool, endsWithProcess, host.sessionLogLevel(), this::outgrown);
        this.gateway = new Gateway(
                identity.path(),
                settings,
                pool,
                ownSlots,
                registry,
                transport,
                loops,
                host.sessionLogLevel(),
                recordings);
    }

    /// Runs the worker: starts, registers, serves, drains, deregisters. Blocks; called on a virtual thread.
    ///
    /// @return why it ended
    public RunEnd run(RunListener listener) throws PortInUseException, InterruptedException {
        pool.onFatal(cause -> end.complete(new RunEnd.Failure(cause)));
        pool.setListener(metrics.pool());
        try (pool;
                gateway;
                memory;
                var _ = metrics.began(this::health)) {
            pool.start();
            proveThatBrowsersLaunch();
            if (end.isDone()) {
                return end.join();
            }
            var at = port.listen(new InetSocketAddress(
                    host.bindAddress(), settings.presence().port()));
            listener.listening(at);
            try (var _ = port.add(gateway, this::health);
                    var registered = new WorkerRegistration(
                            registry,
                            heartbeat(signed(new WorkerEndpoint(host.advertisedHost(), at, identity.path()))),
                            this::load,
                            new Orders(listener))) {
                registered.start(
                        settings.presence().redisRetryAttempts(),
                        settings.presence().redisRetryDelay());
                registration = Optional.of(registered);
                memory.start();
                listener.registered(at);
                try (var _ = PeriodicTask.every(CHANGES_CHECK, "report-changes", this::reportChanges)) {
                    var why = end.join();
                    drain(why, registered, listener);
                    return why;
                }
            }
        }
    }

    /// The next heartbeat may be too late to say so. How sessions came by their browsers is not urgent while
    /// there are some.
    private void reportChanges() {
        var isIdle = gateway.sessions() == 0;
        if (pool.stats().hungDrivers() != reportedHung
                || (isIdle && !metrics.browsersTaken().equals(reportedTaken))) {
            beatSoon(Duration.ZERO);
        }
    }

    private void drain(RunEnd why, WorkerRegistration registered, RunListener listener) throws InterruptedException {
        LOG.atInfo()
                .addKeyValue("code", "WORKER_DRAINING")
                .addKeyValue("worker", identity.worker())
                .addKeyValue("sessions", gateway.sessions())
                .addKeyValue("why", why.words())
                .log("Worker draining");
        memory.keepPoolSize();
        if (why instanceof RunEnd.Failure(var cause)) {
            unhealthy = Optional.of(cause);
            gateway.refuseNew();
            registered.close(); // at once, so that no more sessions are sent here
            listener.draining(why);
        } else {
            ownSlots.expect(registered.announceDrain());
            listener.draining(why);
            registered.awaitArrivals(gateway::sessions, ARRIVAL_TIMEOUT);
            ownSlots.expect(0);
        }
        pool.drain();
        gateway.drain(drainTimeout(why));
    }

    private Optional<Duration> drainTimeout(RunEnd why) {
        return switch (why) {
            case RunEnd.Failure _ -> Optional.of(Duration.ZERO);
            case RunEnd.Recycle _
            when settings.drain().recycle() == RecycleMode.RENEW && !outgrown ->
                settings.drain().recycleDrainTimeout();
            case RunEnd.Recycle _, RunEnd.Ordered _, RunEnd.Stop _ ->
                Optional.of(settings.drain().drainTimeout());
        };
    }

    /// A worker that cannot launch a browser does not register.
    private void proveThatBrowsersLaunch() throws InterruptedException {
        switch (pool.prove(settings.pool().launchTimeout())) {
            case TakeResult.Taken _ -> {
                // Browsers launch.
            }
            case TakeResult.LaunchFailed(var why) ->
                end.complete(new RunEnd.Failure(
                        "no browser can be launched: " + why.lines().findFirst().orElse("")));
            case TakeResult.Fetching(var version) ->
                end.complete(new RunEnd.Failure("the driver of Playwright " + version + " is still being fetched"));
            case TakeResult.NoDriver _ -> end.complete(new RunEnd.Failure("MAX_DRIVERS leaves no driver process"));
            case TakeResult.Refused(var option, var why) ->
                throw new IllegalStateException("launch option " + option + " was not requested: " + why);
            case TakeResult.NoVersion(var _, var why) ->
                end.complete(new RunEnd.Failure("no version of Playwright here works with this browser: "
                        + why.lines().findFirst().orElse("")));
        }
    }

    /// A run that has served no session would be no smaller after recycling: it fails. A run that drains
    /// already gets a time limit, because it may grow for as long as its last session lasts.
    private void outgrown(long bytes) {
        if (gateway.served() == 0) {
            end.complete(new RunEnd.Failure("it uses " + (bytes >> 20) + "m" + " before its first session, and"
                    + " MAX_WORKER_MEMORY is "
                    + settings.memory().maxWorkerMemory().orElseThrow() + "; raise it, or lower WARM_BROWSERS"));
        } else if (registration.isPresent() && registration.get().requestRecycling()) {
            outgrown = true;
            LOG.atWarn()
                    .addKeyValue("code", "WORKER_OUTGROWN")
                    .addKeyValue("worker", identity.worker())
                    .addKeyValue("memoryBytes", bytes)
                    .log("Worker exceeds MAX_WORKER_MEMORY; recycling requested");
            if (end.isDone()) {
                gateway.drainWithin(settings.drain().drainTimeout());
            }
        }
    }

    /// Carries out the orders of the registry.
    private final class Orders implements WorkerRegistration.OrderListener {
        private final RunListener listener;

        Orders(RunListener listener) {
            this.listener = listener;
        }

        @Override
        public void standing(HeartbeatReply.Standing standing) {
            // Next to earlier runs the registry reports only the slots that these leave.
            if (reportedOccupied == 0 && !end.isDone() && standing.slots() > 0) {
                slots.setGridLimit(standing.slots());
                pool.expectSessions(slots.limit());
            }
        }

        @Override
        public void ordered(WorkerRegistration.Order order) {
            switch (order) {
                case RECYCLE -> {
                    if (settings.drain().recycle() == RecycleMode.RENEW) {
                        listener.turnToRecycle();
                    } else {
                        replaced();
                    }
                }
                case SHUT_DOWN -> end.complete(new RunEnd.Ordered());
                case LEAVE_TO_DUPLICATE ->
                    end.complete(new RunEnd.Failure("another live worker has the id " + identity.worker()
                            + "; ids must not be copied between machines"));
            }
        }
    }

    /// Signed, if there is a worker secret.
    private WorkerEndpoint signed(WorkerEndpoint endpoint) {
        return settings.secret()
                .secret()
                .map(secret -> new GridSecret(secret.value()).signed(identity.worker(), endpoint))
                .orElse(endpoint);
    }

    private Heartbeat heartbeat(WorkerEndpoint endpoint) {
        return new Heartbeat(
                identity.worker(),
                identity.incarnation(),
                endpoint,
                WorkerStatus.AVAILABLE,
                identity.startedAt(),
                offer(),
                settings.presence().heartbeatInterval(),
                settings.presence().keyTtl(),
                host.software(),
                load(),
                new Heartbeat.RecycleRequest(settings.drain().recycle(), false, replaces));
    }

    private Heartbeat.Load load() {
        reportedOccupied = ownSlots.occupied();
        reportedHung = pool.stats().hungDrivers();
        reportedTaken = metrics.browsersTaken();
        return new Heartbeat.Load(
                slots.explicitLimit(), lifetimeLimit(), reportedOccupied, reportedHung, reportedTaken);
    }

    private OptionalInt lifetimeLimit() {
        var limit = settings.capacity().lifetimeLimit();
        return limit.explicit() ? OptionalInt.of(limit.value()) : OptionalInt.empty();
    }

    private SupportedVersions offer() {
        return settings.driver().versions();
    }

    /// Sessions that this run serves or prepares now.
    public int sessions() {
        return gateway.sessions();
    }

    public RunIdentity identity() {
        return identity;
    }

    /// Sessions that this run has served or prepared.
    long served() {
        return gateway.served();
    }

    boolean hasSlots(ProcessSlots.RunSlots some) {
        return ownSlots == some;
    }

    private WorkerHealth health() {
        return new WorkerHealth(
                identity.worker(),
                identity.incarnation(),
                ownSlots.taken(),
                ownSlots.allotted(),
                pool.stats(),
                memory.use(),
                ownSlots.isDraining(),
                unhealthy);
    }

    /// Sends the next heartbeat early.
    ///
    /// @param delay the latest time for it
    void beatSoon(Duration delay) {
        registration.ifPresent(registered -> registered.beatSoon(delay));
    }

    /// Drains and ends, because it is its turn to be recycled or its replacement serves. May be called more
    /// than once.
    void replaced() {
        end.complete(new RunEnd.Recycle());
    }

    /// Drains and ends; a run that drains already does so within `DRAIN_TIMEOUT` from now on. May be called
    /// on any thread, more than once.
    public void stop() {
        if (!end.complete(new RunEnd.Stop())) {
            gateway.drainWithin(settings.drain().drainTimeout());
        }
    }
}
