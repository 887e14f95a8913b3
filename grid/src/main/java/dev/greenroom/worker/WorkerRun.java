package dev.greenroom.worker;

import dev.greenroom.config.settings.WorkerSections;
import dev.greenroom.net.server.HttpListener.PortInUseException;
import dev.greenroom.registry.Heartbeat;
import dev.greenroom.registry.Heartbeat.HeartbeatReply;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.SessionLimit.RecycleMode;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import dev.greenroom.trust.GridSecret;
import dev.greenroom.worker.gateway.Gateway;
import dev.greenroom.worker.gateway.ProcessSlots;
import dev.greenroom.worker.gateway.WorkerPort;
import dev.greenroom.worker.health.MemoryWatch;
import dev.greenroom.worker.health.WorkerMetricsSink;
import dev.greenroom.worker.pool.BrowserPool;
import dev.greenroom.worker.pool.BrowserPool.TakeResult;
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

/// One run of a worker, from its start to its end: its parts, in the order of dependence.
/// [WorkerSupervisor] starts one after the other.
public final class WorkerRun {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerRun.class);
    private static final int NAME_BYTES = 6;
    private static final int PATH_BYTES = 16;

    /// A session that was granted before we drained reaches us within the time in which a proxy dials.
    private static final Duration ARRIVALS = Duration.ofSeconds(2);

    private final WorkerSections settings;
    private final Registry registry;
    private final BrowserPool pool;
    private final RunIdentity identity;
    private final MemoryWatch memory;
    private final Gateway gateway;
    private final WorkerPort port;
    private final ProcessSlots slots;
    private final ProcessSlots.RunSlots ownSlots;
    private final WorkerMetricsSink report;
    private final String software;
    private final Optional<WorkerId> replaces;
    private final CompletableFuture<RunEnd> end = new CompletableFuture<>();
    private volatile Optional<WorkerRegistration> known = Optional.empty();
    private volatile boolean outgrown;
    private volatile int toldOccupied;

    /// Who a run is.
    ///
    /// @param incarnation different at every start
    /// @param path on which sessions are taken; unguessable
    public record RunIdentity(WorkerId worker, String incarnation, String path, Instant startedAt) {
        /// A new one.
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
        /// It made room for a fresh one, since it has served enough or uses too much memory.
        record Recycle() implements RunEnd {}

        /// It was told to drain and to end: by a person, the API or the documented key.
        record Ordered() implements RunEnd {}

        /// The process was told to stop.
        record Stop() implements RunEnd {}

        /// It cannot go on.
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

    /// Hears what becomes of a run. Must not block.
    public interface RunListener {
        /// Its port is open, and nobody knows it yet.
        ///
        /// @param port the process'
        default void listening(int port) {}

        /// It serves from now on.
        ///
        /// @param port the process'
        default void registered(int port) {}

        /// With [RecycleMode#RENEW]: it is its turn to be replaced with [#replaced]. Told again with each
        /// heartbeat.
        default void turnToRecycle() {}

        /// The grid has been told to send it nobody any more; it waits for the sessions that run.
        default void draining(RunEnd why) {}
    }

    /// @param pool started and closed by this run
    /// @param port of the process
    /// @param slots of the process
    /// @param replaces the run of this process that takes no more sessions once this one has registered
    /// @param software name and version of the program
    public WorkerRun(
            WorkerSections settings,
            Registry registry,
            BrowserPool pool,
            RunIdentity identity,
            WorkerPort port,
            ProcessSlots slots,
            Optional<WorkerId> replaces,
            Gateway.GatewayDependencies surroundings,
            String software) {
        this.settings = settings;
        this.registry = registry;
        this.pool = pool;
        this.identity = identity;
        this.port = port;
        this.slots = slots;
        this.ownSlots = slots.newRun();
        this.replaces = replaces;
        this.software = software;
        this.report = surroundings.report();
        this.memory = new MemoryWatch(
                settings.memory(), pool, surroundings.alone(), surroundings.sessionLines(), this::outgrown);
        this.gateway = new Gateway(
                new Gateway.Owner(identity.worker(), identity.incarnation(), identity.path(), memory::use),
                settings,
                pool,
                ownSlots,
                registry,
                surroundings);
    }

    /// Serves until told to stop: starts, registers, waits, drains, leaves. Blocks; called on a virtual
    /// thread.
    ///
    /// @param bindAddress where the process listens
    /// @param host what proxies are told to connect to
    /// @return why it ended
    public RunEnd run(String bindAddress, String host, RunListener listener)
            throws PortInUseException, InterruptedException {
        pool.onFatal(cause -> end.complete(new RunEnd.Failure(cause)));
        pool.setListener(report.pool());
        try (pool;
                gateway;
                memory;
                var _ = report.began(gateway::numbers)) {
            pool.start();
            proveThatBrowsersLaunch();
            if (end.isDone()) {
                return end.join();
            }
            var at = port.listen(
                    new InetSocketAddress(bindAddress, settings.presence().port()));
            listener.listening(at);
            try (var _ = port.add(gateway);
                    var registration = new WorkerRegistration(
                            registry,
                            heartbeat(registered(new WorkerEndpoint(host, at, identity.path()))),
                            this::load,
                            new Orders(listener))) {
                registration.start(
                        settings.presence().redisRetryAttempts(),
                        settings.presence().redisRetryDelay());
                known = Optional.of(registration);
                memory.start();
                listener.registered(at);
                var why = end.join();
                leave(why, registration, listener);
                return why;
            }
        }
    }

    private void leave(RunEnd why, WorkerRegistration registration, RunListener listener) throws InterruptedException {
        LOG.atInfo()
                .addKeyValue("code", "WORKER_DRAINING")
                .addKeyValue("worker", identity.worker())
                .addKeyValue("sessions", gateway.sessions())
                .addKeyValue("why", why.words())
                .log("Worker draining");
        memory.keepPoolSize();
        if (why instanceof RunEnd.Failure(var cause)) {
            gateway.fail(cause);
            registration.close(); // at once: nobody is sent here any more
            listener.draining(why);
        } else {
            ownSlots.expect(registration.announceDrain());
            listener.draining(why);
            registration.awaitArrivals(gateway::sessions, ARRIVALS);
            ownSlots.expect(0);
        }
        pool.drain();
        gateway.drain(drainTime(why));
    }

    private Optional<Duration> drainTime(RunEnd why) {
        return switch (why) {
            case RunEnd.Failure _ -> Optional.of(Duration.ZERO);
            case RunEnd.Recycle _
            when settings.drain().recycle() == RecycleMode.RENEW && !outgrown ->
                settings.drain().recycleDrainTimeout();
            case RunEnd.Recycle _, RunEnd.Ordered _, RunEnd.Stop _ ->
                Optional.of(settings.drain().drainTimeout());
        };
    }

    /// A worker that cannot launch a browser never registers.
    private void proveThatBrowsersLaunch() throws InterruptedException {
        switch (pool.prove(settings.pool().launchTimeout())) {
            case TakeResult.Taken _ -> {
                // It can be done.
            }
            case TakeResult.LaunchFailed(var why) ->
                end.complete(new RunEnd.Failure(
                        "no browser can be launched: " + why.lines().findFirst().orElse("")));
            case TakeResult.Fetching(var version) ->
                end.complete(new RunEnd.Failure("the driver of Playwright " + version + " is still being fetched"));
            case TakeResult.Refused(var option, var why) ->
                throw new IllegalStateException("nobody wished for " + option + ": " + why);
            case TakeResult.NoVersion(var _, var why) ->
                end.complete(new RunEnd.Failure("no version of Playwright here works with this browser: "
                        + why.lines().findFirst().orElse("")));
        }
    }

    /// One that has served nobody yet would be no smaller after it was recycled. One that drains already
    /// has to end in time: it may grow as long as its last session lasts.
    private void outgrown(long bytes) {
        if (gateway.served() == 0) {
            end.complete(new RunEnd.Failure("it uses " + (bytes >> 20) + "m" + " before its first session, and"
                    + " MAX_WORKER_MEMORY is "
                    + settings.memory().maxWorkerMemory().orElseThrow() + "; raise it, or lower WARM_BROWSERS"));
        } else if (known.isPresent() && known.get().requestRecycling()) {
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

    /// Does what the registry says.
    private final class Orders implements WorkerRegistration.OrderListener {
        private final RunListener listener;

        Orders(RunListener listener) {
            this.listener = listener;
        }

        @Override
        public void standing(HeartbeatReply.Standing standing) {
            // Beside earlier runs it is only told what these leave.
            if (toldOccupied == 0 && !end.isDone() && standing.slots() > 0) {
                slots.gridSays(standing.slots());
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

    /// Signed, where there is a secret.
    private WorkerEndpoint registered(WorkerEndpoint endpoint) {
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
                software,
                load(),
                new Heartbeat.RecycleRequest(settings.drain().recycle(), false, replaces));
    }

    private Heartbeat.Load load() {
        toldOccupied = ownSlots.occupied();
        return new Heartbeat.Load(slots.explicitLimit(), lifetimeLimit(), toldOccupied);
    }

    private OptionalInt lifetimeLimit() {
        var limit = settings.capacity().lifetimeLimit();
        return limit.explicit() ? OptionalInt.of(limit.value()) : OptionalInt.empty();
    }

    private SupportedVersions offer() {
        return settings.driver().versions();
    }

    /// Sessions that it serves or prepares now.
    public int sessions() {
        return gateway.sessions();
    }

    /// Who this is.
    public RunIdentity identity() {
        return identity;
    }

    /// Sessions that it has served or prepared.
    long served() {
        return gateway.served();
    }

    boolean hasSlots(ProcessSlots.RunSlots some) {
        return ownSlots == some;
    }

    /// Tells the registry what has changed, instead of with the next regular heartbeat.
    ///
    /// @param delay until then
    void beatSoon(Duration delay) {
        known.ifPresent(registration -> registration.beatSoon(delay));
    }

    /// It is its turn, and where it renews itself its next run serves: drains and ends. May be called more
    /// than once.
    void replaced() {
        end.complete(new RunEnd.Recycle());
    }

    /// Drains and ends; one that drains already does so within `DRAIN_TIMEOUT` from now on. May be called
    /// on any thread, more than once.
    public void stop() {
        if (!end.complete(new RunEnd.Stop())) {
            gateway.drainWithin(settings.drain().drainTimeout());
        }
    }
}
