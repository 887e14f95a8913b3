package dev.greenroom.worker;

import dev.greenroom.config.WorkerSections;
import dev.greenroom.registry.Heartbeat;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.WorkerStatus;
import dev.greenroom.session.Endpoint;
import dev.greenroom.session.RecycleMode;
import dev.greenroom.session.VersionOffer;
import dev.greenroom.session.WorkerId;
import dev.greenroom.trust.GridSecret;
import dev.greenroom.wire.PortInUseException;
import dev.greenroom.worker.gateway.Gateway;
import dev.greenroom.worker.health.MemoryWatch;
import dev.greenroom.worker.health.WorkerReport;
import dev.greenroom.worker.pool.BrowserPool;
import dev.greenroom.worker.pool.TakeResult;
import dev.greenroom.worker.presence.Presence;
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

/// One incarnation of a worker, from its start to its end: its parts, in the order of dependence.
public final class WorkerServer {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerServer.class);
    private static final int NAME_BYTES = 6;
    private static final int PATH_BYTES = 16;

    /// A session that was granted before we drained reaches us within the time in which a proxy dials.
    private static final Duration ARRIVALS = Duration.ofSeconds(2);

    private final WorkerSections settings;
    private final Registry registry;
    private final BrowserPool pool;
    private final Identity identity;
    private final MemoryWatch memory;
    private final Gateway gateway;
    private final WorkerReport report;
    private final String software;
    private final CompletableFuture<End> end = new CompletableFuture<>();
    private volatile Optional<Presence> known = Optional.empty();

    /// Who an incarnation is.
    ///
    /// @param incarnation different at every start
    /// @param path on which sessions are taken; unguessable
    public record Identity(WorkerId worker, String incarnation, String path, Instant startedAt) {
        /// A new one.
        ///
        /// @param random must not be predictable
        public static Identity of(WorkerSections settings, RandomGenerator random, InstantSource clock) {
            var browser = settings.browser().type();
            return new Identity(
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

    /// Why an incarnation ended.
    public sealed interface End {
        /// It was told to make room for a fresh one.
        record Recycle() implements End {}

        /// It was told to stop.
        record Stop() implements End {}

        /// It cannot go on.
        ///
        /// @param cause one sentence
        record Failure(String cause) implements End {}

        /// The words in the log.
        default String words() {
            return switch (this) {
                case Recycle _ -> "recycle";
                case Stop _ -> "stop";
                case Failure(var cause) -> "failure: " + cause;
            };
        }
    }

    /// Hears what becomes of an incarnation. Must not block.
    public interface Listener {
        /// Its port is open, and nobody knows it yet.
        ///
        /// @param port its gateway's
        default void listening(int port) {}

        /// It serves from now on.
        ///
        /// @param port its gateway's
        default void registered(int port) {}

        /// It takes no more sessions, and waits for those that run.
        default void draining(End why) {}
    }

    /// @param pool started and closed by this worker
    /// @param software name and version of the program
    public WorkerServer(
            WorkerSections settings,
            Registry registry,
            BrowserPool pool,
            Identity identity,
            Gateway.Surroundings surroundings,
            String software) {
        this.settings = settings;
        this.registry = registry;
        this.pool = pool;
        this.identity = identity;
        this.software = software;
        this.report = surroundings.report();
        this.memory = new MemoryWatch(settings.memory(), pool, surroundings.alone(), this::outgrown);
        this.gateway = new Gateway(
                new Gateway.Owner(identity.worker(), identity.incarnation(), identity.path(), memory::use),
                settings,
                pool,
                registry,
                surroundings);
    }

    /// Serves until told to stop: starts, registers, waits, drains, leaves. Blocks; called on a virtual thread.
    ///
    /// @param bindAddress where the gateway listens
    /// @param host what proxies are told to connect to
    /// @return why it ended
    public End run(String bindAddress, String host, Listener listener) throws PortInUseException, InterruptedException {
        pool.onFatal(cause -> end.complete(new End.Failure(cause)));
        pool.watchedBy(report.pool());
        try (pool;
                gateway;
                memory;
                var _ = report.began(gateway::numbers)) {
            pool.start();
            proveThatBrowsersLaunch();
            if (end.getNow(new End.Stop()) instanceof End.Failure failure) {
                return failure;
            }
            var port = gateway.listen(
                    new InetSocketAddress(bindAddress, settings.presence().port()));
            listener.listening(port);
            try (var presence = new Presence(
                    registry, heartbeat(registered(new Endpoint(host, port, identity.path()))), this::obey)) {
                presence.start(
                        settings.presence().redisRetryAttempts(),
                        settings.presence().redisRetryDelay());
                known = Optional.of(presence);
                memory.start();
                listener.registered(port);
                var why = end.join();
                leave(why, presence, listener);
                return why;
            }
        }
    }

    private void leave(End why, Presence presence, Listener listener) throws InterruptedException {
        LOG.atInfo()
                .addKeyValue("code", "WORKER_DRAINING")
                .addKeyValue("worker", identity.worker())
                .addKeyValue("sessions", gateway.sessions())
                .addKeyValue("why", why.words())
                .log("Worker drains");
        if (why instanceof End.Failure(var cause)) {
            gateway.fail(cause);
            presence.close(); // at once: nobody is sent here any more
        } else {
            presence.drain(gateway::sessions, ARRIVALS);
        }
        pool.drain();
        listener.draining(why);
        gateway.drain(
                why instanceof End.Failure ? Duration.ZERO : settings.drain().drainTimeout());
    }

    /// A worker that cannot launch a browser never registers.
    private void proveThatBrowsersLaunch() throws InterruptedException {
        switch (pool.prove(settings.pool().launchTimeout())) {
            case TakeResult.Taken _ -> {
                // It can be done.
            }
            case TakeResult.LaunchFailed(var why) ->
                end.complete(new End.Failure(
                        "no browser can be launched: " + why.lines().findFirst().orElse("")));
            case TakeResult.Fetching(var version) ->
                end.complete(new End.Failure("the driver of Playwright " + version + " is still being fetched"));
            case TakeResult.Refused(var option, var why) ->
                throw new IllegalStateException("nobody wished for " + option + ": " + why);
            case TakeResult.NoVersion(var _, var why) -> end.complete(new End.Failure("there is no driver: " + why));
        }
    }

    /// One that has served nobody yet would be no smaller after it was recycled.
    private void outgrown(long bytes) {
        if (gateway.served() == 0) {
            end.complete(new End.Failure("it uses " + (bytes >> 20) + "m" + " before its first session, and"
                    + " MAX_WORKER_MEMORY is "
                    + settings.memory().maxWorkerMemory().orElseThrow() + "; raise it, or lower WARM_BROWSERS"));
        } else if (known.isPresent() && known.get().askToRecycle()) {
            LOG.atWarn()
                    .addKeyValue("code", "WORKER_OUTGROWN")
                    .addKeyValue("worker", identity.worker())
                    .addKeyValue("memoryBytes", bytes)
                    .log("This worker uses more memory than MAX_WORKER_MEMORY; it asks to be recycled");
        }
    }

    private void obey(Presence.Order order) {
        end.complete(
                switch (order) {
                    case RECYCLE -> new End.Recycle();
                    case LEAVE_TO_DUPLICATE ->
                        new End.Failure("another live worker has the id " + identity.worker()
                                + "; ids must not be copied between machines");
                });
    }

    /// Signed, where there is a secret.
    private Endpoint registered(Endpoint endpoint) {
        return settings.secret()
                .secret()
                .map(secret -> new GridSecret(secret.value()).signed(identity.worker(), endpoint))
                .orElse(endpoint);
    }

    private Heartbeat heartbeat(Endpoint endpoint) {
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
                new Heartbeat.Load(OptionalInt.of(settings.capacity().maxConcurrentSessions()), lifetimeLimit(), 0),
                Heartbeat.Recycling.of(RecycleMode.EXIT));
    }

    private OptionalInt lifetimeLimit() {
        var limit = settings.capacity().lifetimeLimit();
        return limit.explicit() ? OptionalInt.of(limit.value()) : OptionalInt.empty();
    }

    private VersionOffer offer() {
        return settings.driver().versions();
    }

    /// Sessions that it serves or prepares now.
    public int sessions() {
        return gateway.sessions();
    }

    /// Who this is.
    public Identity identity() {
        return identity;
    }

    /// Drains and ends. May be called on any thread, more than once.
    public void stop() {
        end.complete(new End.Stop());
    }
}
