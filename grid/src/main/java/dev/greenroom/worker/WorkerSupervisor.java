package dev.greenroom.worker;

import dev.greenroom.config.settings.WorkerSections;
import dev.greenroom.net.server.HttpListener.PortInUseException;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.schedule.Backoff;
import dev.greenroom.schedule.Subscription;
import dev.greenroom.session.WorkerId;
import dev.greenroom.worker.WorkerRun.RunEnd;
import dev.greenroom.worker.driver.BlockedPorts;
import dev.greenroom.worker.gateway.Gateway;
import dev.greenroom.worker.gateway.ProcessSlots;
import dev.greenroom.worker.gateway.WorkerPort;
import dev.greenroom.worker.pool.BrowserPool;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The worker of a process: one run after the other. A run whose turn it is to be recycled serves until the
/// next one has registered; then its sessions end by themselves while the next one serves.
///
/// ```
///   starting ──registered──▶ serving ──next one registered, order, stop, failure──▶ draining ──▶ gone
/// ```
///
/// At most one run starts at a time, and one serves. Others may drain, but never are more than slots + 1
/// runs alive: also where they take long to end, the next renewal waits for it. Safe for use by many
/// threads.
public final class WorkerSupervisor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerSupervisor.class);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    private static final int MOST_FAILURES_IN_A_ROW = 5;

    /// The failure of a run that served longer is no sign that the next one will fail.
    private static final Duration HEALTHY_RUN = Duration.ofMinutes(2);

    private static final Duration LAST_WORDS = Duration.ofSeconds(10);

    private final WorkerSections settings;
    private final Registry registry;
    private final Supplier<BrowserPool> pools;
    private final BlockedPorts blockedPorts;
    private final Gateway.GatewayDependencies surroundings;
    private final RandomGenerator random;
    private final WorkerHost place;
    private final ProcessSlots slots;
    private final WorkerPort port;
    private final Subscription releases;
    private final CompletableFuture<Integer> ready = new CompletableFuture<>();
    private final CompletableFuture<RunEnd> end = new CompletableFuture<>();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Backoff restarts = new Backoff(FIRST_PAUSE, LONGEST_PAUSE).healthyAfter(HEALTHY_RUN);
    private final Backoff renewals = new Backoff(FIRST_PAUSE, LONGEST_PAUSE);

    // All below is guarded by this.
    private final Set<SupervisedRun> alive = new LinkedHashSet<>();
    private @Nullable SupervisedRun serving;
    private @Nullable SupervisedRun starting;
    private boolean isRestartDue;
    private long noRenewalBefore = System.nanoTime();

    /// Why all of them end; set once, with the first cause.
    private @Nullable RunEnd over;

    /// Where the process is, and what becomes of it.
    ///
    /// @param bindAddress where it listens
    /// @param host what proxies are told to connect to
    /// @param isStartedAgain whether something starts the process after its exit; otherwise a run that
    ///     failed, or was ordered to drain, is followed by another one
    /// @param software name and version of the program
    public record WorkerHost(String bindAddress, String host, boolean isStartedAgain, String software) {}

    /// @param pools makes one for each run, with drivers of its own
    /// @param blockedPorts told of the port; drivers keep out of it
    /// @param random not predictable; ids and paths come from it
    public WorkerSupervisor(
            WorkerSections settings,
            Registry registry,
            Supplier<BrowserPool> pools,
            BlockedPorts blockedPorts,
            Gateway.GatewayDependencies surroundings,
            RandomGenerator random,
            WorkerHost place) {
        this.settings = settings;
        this.registry = registry;
        this.pools = pools;
        this.blockedPorts = blockedPorts;
        this.surroundings = surroundings;
        this.random = random;
        this.place = place;
        this.slots = new ProcessSlots(settings.capacity().concurrentLimit());
        this.port = new WorkerPort(
                surroundings.transport(), surroundings.loops(), surroundings.ids(), surroundings.report());
        this.releases = slots.onRelease(this::hasMoreSlots);
    }

    /// Starts the first run; returns at once.
    public synchronized void start() {
        isRestartDue = false;
        begin(Optional.empty());
    }

    private void begin(Optional<SupervisedRun> replaces) {
        if (over != null) {
            endIfOver();
            return;
        }
        if (replaces.isEmpty()) {
            restarts.started();
        }
        var run = new SupervisedRun(replaces);
        starting = run;
        alive.add(run);
        Thread.ofVirtual().name("worker").start(run::live);
    }

    /// One run, with what is to be known of it here.
    private final class SupervisedRun implements WorkerRun.RunListener {
        private final WorkerRun.RunIdentity identity =
                WorkerRun.RunIdentity.of(settings, random, InstantSource.system());

        /// Guarded by the supervisor; empty again once that is done: else each run would keep all before
        /// it.
        private Optional<SupervisedRun> replaces;

        /// Guarded by the supervisor; empty until its pool is made.
        private Optional<WorkerRun> server = Optional.empty();

        SupervisedRun(Optional<SupervisedRun> replaces) {
            this.replaces = replaces;
        }

        WorkerId id() {
            return identity.worker();
        }

        private Optional<WorkerId> replaced() {
            synchronized (WorkerSupervisor.this) {
                return replaces.map(SupervisedRun::id);
            }
        }

        int sessions() {
            return server.map(WorkerRun::sessions).orElse(0);
        }

        void beatSoon(Duration delay) {
            server.ifPresent(it -> it.beatSoon(delay));
        }

        void live() {
            try {
                var made = new WorkerRun(
                        settings,
                        registry,
                        pools.get(),
                        identity,
                        port,
                        slots,
                        replaced(),
                        surroundings,
                        place.software());
                isMade(this, made);
                ended(this, made, made.run(place.bindAddress(), place.host(), this));
            } catch (PortInUseException | RuntimeException e) {
                broke(this, e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                broke(this, e);
            }
        }

        @Override
        public void listening(int at) {
            blockedPorts.close(at);
        }

        @Override
        public void registered(int at) {
            serves(this);
            ready.complete(at);
        }

        @Override
        public void turnToRecycle() {
            renew(this);
        }

        @Override
        public void draining(RunEnd why) {
            drains(this, why);
        }
    }

    private synchronized void isMade(SupervisedRun run, WorkerRun server) {
        run.server = Optional.of(server);
        if (over != null) {
            server.stop();
        }
    }

    /// It is a run's turn to be recycled. Said with every heartbeat, so what cannot be done now is done
    /// later.
    private synchronized void renew(SupervisedRun run) {
        if (over != null
                || run != serving
                || starting != null
                || alive.size() > slots.limit()
                || System.nanoTime() - noRenewalBefore < 0) {
            return;
        }
        LOG.atInfo()
                .addKeyValue("code", "WORKER_RENEWAL_STARTED")
                .addKeyValue("worker", run.id())
                .addKeyValue("sessions", run.sessions())
                .addKeyValue("runs", alive.size())
                .log("Worker renewal started: this run serves until its replacement has registered");
        begin(Optional.of(run));
    }

    private synchronized void serves(SupervisedRun run) {
        restarts.started();
        starting = null;
        serving = run;
        run.replaces.ifPresent(before -> {
            renewals.succeeded();
            LOG.atInfo()
                    .addKeyValue("code", "WORKER_RENEWED")
                    .addKeyValue("worker", run.id())
                    .addKeyValue("replaced", before.id())
                    .addKeyValue("sessions", before.sessions())
                    .log("Worker renewed: the new run serves, sessions of the previous run continue");
            before.server.ifPresent(WorkerRun::replaced);
        });
        run.replaces = Optional.empty();
    }

    private synchronized void drains(SupervisedRun run, RunEnd why) {
        if (run == serving) {
            serving = null;
            switch (why) {
                case RunEnd.Ordered _
                when !place.isStartedAgain() -> {
                    if (starting == null) {
                        begin(Optional.empty());
                    }
                }
                case RunEnd.Ordered _, RunEnd.Recycle _ -> stopAll(why);
                case RunEnd.Stop _, RunEnd.Failure _ -> {
                    // Known here already, or soon.
                }
            }
        } else if (serving != null) {
            serving.beatSoon(Duration.ZERO);
        }
    }

    /// Sessions of an earlier run have ended: the one that serves has their slots, which is not to wait for
    /// its next regular heartbeat.
    private synchronized void hasMoreSlots(ProcessSlots.RunSlots earlier) {
        if (serving != null
                && alive.size() > 1
                && !serving.server.map(it -> it.hasSlots(earlier)).orElse(false)) {
            serving.beatSoon(Duration.ZERO);
        }
    }

    private void ended(SupervisedRun run, WorkerRun server, RunEnd why) {
        LOG.atInfo()
                .addKeyValue("code", "WORKER_RUN_ENDED")
                .addKeyValue("worker", run.id())
                .addKeyValue("sessions", server.served())
                .addKeyValue("served", server.served())
                .addKeyValue("why", why.words())
                .log("Worker run ended");
        if (why instanceof RunEnd.Failure(var cause)) {
            failed(run, cause, Optional.empty());
        } else {
            removeEndedRun(run);
        }
    }

    /// A first run that cannot even start says why to whoever started the process.
    private void broke(SupervisedRun run, Exception e) {
        failed(run, String.valueOf(e.getMessage()), Optional.of(e));
    }

    private void failed(SupervisedRun run, String cause, Optional<Exception> exception) {
        Optional<Duration> pause;
        synchronized (this) {
            var isReplacement = run == starting && serving != null;
            removeEndedRun(run);
            if (isReplacement) {
                renewalFailed(run, cause);
            }
            if (over != null || serving != null || starting != null || isRestartDue) {
                return;
            }
            pause = pauseBeforeAnother();
            if (pause.isEmpty()) {
                exception.ifPresent(end::completeExceptionally);
                stopAll(new RunEnd.Failure(cause));
                return;
            }
            isRestartDue = true;
        }
        LOG.atError()
                .addKeyValue("code", "WORKER_FAILED")
                .addKeyValue("cause", cause)
                .addKeyValue("pauseMs", pause.get().toMillis())
                .log("Worker run failed; the next one starts after a pause");
        try {
            if (!stopped.await(pause.get().toMillis(), TimeUnit.MILLISECONDS)) {
                start();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// The next run may do better. Empty where none has ever served, which has told all that there is to
    /// say; after too many failures; and where the process may as well exit, since no session of an earlier
    /// run would be cut.
    private Optional<Duration> pauseBeforeAnother() {
        if (!ready.isDone() || (place.isStartedAgain() && alive.isEmpty())) {
            return Optional.empty();
        }
        var pause = restarts.failed();
        return restarts.failures() > MOST_FAILURES_IN_A_ROW ? Optional.empty() : Optional.of(pause);
    }

    /// The run that was to be replaced serves on, and tries again when it is told that it still is its
    /// turn.
    private void renewalFailed(SupervisedRun run, String cause) {
        var pause = renewals.failed();
        surroundings.report().renewalFailed();
        noRenewalBefore = System.nanoTime() + pause.toNanos();
        LOG.atWarn()
                .addKeyValue("code", "WORKER_RENEWAL_FAILED")
                .addKeyValue("worker", run.replaces.map(SupervisedRun::id).orElse(run.id()))
                .addKeyValue("cause", cause)
                .addKeyValue("pauseMs", pause.toMillis())
                .log("Replacement run failed to start; the current run keeps serving and the renewal is retried");
        CompletableFuture.delayedExecutor(pause.toMillis(), TimeUnit.MILLISECONDS, Thread::startVirtualThread)
                .execute(this::requestRecycleTurn);
    }

    private synchronized void requestRecycleTurn() {
        if (serving != null) {
            serving.beatSoon(Duration.ZERO);
        }
    }

    private synchronized void removeEndedRun(SupervisedRun run) {
        alive.remove(run);
        if (run == starting) {
            starting = null;
        }
        if (run == serving) {
            serving = null;
        }
        requestRecycleTurn(); // whoever serves may have waited for this with its renewal
        endIfOver();
    }

    private synchronized void stopAll(RunEnd why) {
        if (over == null) {
            over = why;
        }
        stopped.countDown();
        alive.forEach(run -> run.server.ifPresent(WorkerRun::stop));
        endIfOver();
    }

    private synchronized void endIfOver() {
        if (over != null && alive.isEmpty()) {
            end.complete(over);
        }
    }

    /// Completes with the port when the first run serves.
    public CompletableFuture<Integer> ready() {
        return ready;
    }

    /// Completes when the last run is gone and no other one will begin: with the cause, or with the
    /// exception because of which the first one could not start.
    public CompletableFuture<RunEnd> end() {
        return end;
    }

    /// Waits for the [#end].
    public RunEnd awaitEnd() throws PortInUseException, InterruptedException {
        try {
            return end.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof PortInUseException inUse) {
                throw inUse;
            }
            if (e.getCause() instanceof RegistryUnavailableException unavailable) {
                throw unavailable;
            }
            throw new IllegalStateException("the worker could not start", e);
        }
    }

    /// Sessions that all runs serve or prepare now.
    public int sessions() {
        return slots.taken();
    }

    /// Runs that have not ended, the oldest first.
    public synchronized List<WorkerId> runs() {
        return alive.stream().map(SupervisedRun::id).toList();
    }

    /// Drains all runs, each for up to `DRAIN_TIMEOUT` from now on. May be called more than once.
    public void stop() {
        stopAll(new RunEnd.Stop());
    }

    /// Ends all of them and waits for it, for some seconds beyond the drain.
    @Override
    public void close() {
        stop();
        try {
            end.handle((_, _) -> true)
                    .completeOnTimeout(
                            false,
                            settings.drain().drainTimeout().plus(LAST_WORDS).toMillis(),
                            TimeUnit.MILLISECONDS)
                    .get();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new IllegalStateException("waiting never fails", e);
        } finally {
            releases.close();
            port.close();
        }
    }
}
