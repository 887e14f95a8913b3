package dev.greenroom.worker;

import dev.greenroom.config.WorkerSections;
import dev.greenroom.net.server.HttpListener.ConnectionLimits.FileDescriptorLimit;
import dev.greenroom.net.server.HttpListener.PortInUseException;
import dev.greenroom.net.server.Transport;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.schedule.Backoff;
import dev.greenroom.schedule.Subscription;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.session.WorkerId;
import dev.greenroom.worker.WorkerRun.RunEnd;
import dev.greenroom.worker.driver.SandboxPolicy.BlockedPorts;
import dev.greenroom.worker.gateway.ProcessSlots;
import dev.greenroom.worker.gateway.WorkerPort;
import dev.greenroom.worker.health.WorkerMetricsSink;
import dev.greenroom.worker.pool.BrowserPool;
import dev.greenroom.worker.recording.Recordings;
import io.netty.channel.EventLoopGroup;
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
import org.slf4j.event.Level;

/// Supervises the worker of a process: starts one run after the other. A run that is to be recycled serves
/// until its replacement has registered; then it drains while the replacement serves.
///
/// ```
///   starting ──registered──▶ serving ──next one registered, order, stop, failure──▶ draining ──▶ gone
/// ```
///
/// At most one run starts and one serves at a time; others may drain. At most slots + 1 runs are alive: the
/// next renewal waits until one has ended. Safe for use by many threads.
public final class WorkerSupervisor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerSupervisor.class);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    private static final int MOST_FAILURES_IN_A_ROW = 5;

    /// The failure of a run that served longer is no sign that the next one will fail.
    private static final Duration HEALTHY_RUN = Duration.ofMinutes(2);

    private static final Duration END_TIMEOUT = Duration.ofSeconds(10);

    private final WorkerSections settings;
    private final Registry registry;
    private final Supplier<BrowserPool> pools;
    private final BlockedPorts blockedPorts;
    private final Transport transport;
    private final EventLoopGroup loops;
    private final WorkerMetricsSink metrics;
    private final RandomGenerator random;
    private final WorkerHost host;
    private final Recordings recordings;
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

    /// Why the supervisor ends; set once, with the first cause.
    private @Nullable RunEnd over;

    /// The process in which the worker runs.
    ///
    /// @param bindAddress where it listens
    /// @param advertisedHost where proxies connect to
    /// @param isRestarted whether something restarts the process when it exits; otherwise a run that
    ///     failed, or was ordered to drain, is followed by another one
    /// @param sessionLogLevel of the log line that each session leaves; lower where the proxy's is next to
    ///     it
    /// @param software name and version of the program
    public record WorkerHost(
            String bindAddress, String advertisedHost, boolean isRestarted, Level sessionLogLevel, String software) {}

    /// @param pools creates one for each run, with drivers of its own
    /// @param blockedPorts gets the worker's port, to which drivers may not connect
    /// @param loops closed by their owner
    /// @param random not predictable; ids and paths come from it
    /// @param recordings closed by their owner, after this
    public WorkerSupervisor(
            WorkerSections settings,
            Registry registry,
            Supplier<BrowserPool> pools,
            BlockedPorts blockedPorts,
            Transport transport,
            EventLoopGroup loops,
            SessionIdGenerator ids,
            WorkerMetricsSink metrics,
            RandomGenerator random,
            WorkerHost host,
            Recordings recordings) {
        this.recordings = recordings;
        this.settings = settings;
        this.registry = registry;
        this.pools = pools;
        this.blockedPorts = blockedPorts;
        this.transport = transport;
        this.loops = loops;
        this.metrics = metrics;
        this.random = random;
        this.host = host;
        this.slots = new ProcessSlots(settings.capacity().concurrentLimit());
        this.port = new WorkerPort(transport, loops, ids, metrics);
        this.releases = slots.onRelease(this::hasMoreSlots);
    }

    /// Starts the first run; returns at once.
    public synchronized void start() {
        warnOfFewDescriptors();
        isRestartDue = false;
        begin(Optional.empty());
    }

    /// A session needs a descriptor for its proxy, and one for its driver.
    private void warnOfFewDescriptors() {
        var possible = FileDescriptorLimit.connections();
        if (possible < slots.limit()) {
            LOG.atWarn()
                    .addKeyValue("code", "DESCRIPTORS_SCARCE")
                    .addKeyValue("maxConcurrentSessions", slots.limit())
                    .addKeyValue("possible", possible)
                    .log("File descriptor limit too low for MAX_CONCURRENT_SESSIONS; raise it (ulimit -n)");
        }
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
        Thread.ofVirtual().name("worker").start(run::execute);
    }

    /// One run and its state.
    private final class SupervisedRun implements WorkerRun.RunListener {
        private final WorkerRun.RunIdentity identity =
                WorkerRun.RunIdentity.of(settings, random, InstantSource.system());

        /// Guarded by the supervisor. Emptied after the replacement, else each run would keep all before it
        /// in memory.
        private Optional<SupervisedRun> replaces;

        /// Guarded by the supervisor; empty until its pool is created.
        private Optional<WorkerRun> run = Optional.empty();

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
            return run.map(WorkerRun::sessions).orElse(0);
        }

        void beatSoon(Duration delay) {
            run.ifPresent(it -> it.beatSoon(delay));
        }

        void execute() {
            try {
                var made = new WorkerRun(
                        settings,
                        registry,
                        pools.get(),
                        identity,
                        port,
                        slots,
                        replaced(),
                        transport,
                        loops,
                        metrics,
                        host,
                        recordings);
                created(this, made);
                ended(this, made, made.run(this));
            } catch (PortInUseException | RuntimeException e) {
                crashed(this, e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                crashed(this, e);
            }
        }

        @Override
        public void listening(int at) {
            blockedPorts.close(at);
        }

        @Override
        public void registered(int at) {
            startedServing(this);
            ready.complete(at);
        }

        @Override
        public void turnToRecycle() {
            renew(this);
        }

        @Override
        public void draining(RunEnd why) {
            startedDraining(this, why);
        }
    }

    private synchronized void created(SupervisedRun run, WorkerRun created) {
        run.run = Optional.of(created);
        if (over != null) {
            created.stop();
        }
    }

    /// Replaces a run. The registry repeats this with every heartbeat, so what is not possible now is done
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

    private synchronized void startedServing(SupervisedRun run) {
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
            before.run.ifPresent(WorkerRun::replaced);
        });
        run.replaces = Optional.empty();
    }

    private synchronized void startedDraining(SupervisedRun run, RunEnd why) {
        if (run == serving) {
            serving = null;
            switch (why) {
                case RunEnd.Ordered _
                when !host.isRestarted() -> {
                    if (starting == null) {
                        begin(Optional.empty());
                    }
                }
                case RunEnd.Ordered _, RunEnd.Recycle _ -> stopAll(why);
                case RunEnd.Stop _, RunEnd.Failure _ -> {
                    // The supervisor knows already, or soon.
                }
            }
        } else if (serving != null) {
            serving.beatSoon(Duration.ZERO);
        }
    }

    /// Sessions of an earlier run have ended, so the serving run has their slots: announced with an early
    /// heartbeat.
    private synchronized void hasMoreSlots(ProcessSlots.RunSlots earlier) {
        if (serving != null
                && alive.size() > 1
                && !serving.run.map(it -> it.hasSlots(earlier)).orElse(false)) {
            serving.beatSoon(Duration.ZERO);
        }
    }

    private void ended(SupervisedRun run, WorkerRun ended, RunEnd why) {
        LOG.atInfo()
                .addKeyValue("code", "WORKER_RUN_ENDED")
                .addKeyValue("worker", run.id())
                .addKeyValue("sessions", ended.served())
                .addKeyValue("served", ended.served())
                .addKeyValue("why", why.words())
                .log("Worker run ended");
        if (why instanceof RunEnd.Failure(var cause)) {
            failed(run, cause, Optional.empty());
        } else {
            removeEndedRun(run);
        }
    }

    /// When the first run cannot start, [#end] fails with the exception.
    private void crashed(SupervisedRun run, Exception e) {
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

    /// The pause before the next run. Empty when no run has ever served, after too many failures, and where
    /// the process can exit instead without ending sessions of earlier runs.
    private Optional<Duration> pauseBeforeAnother() {
        if (!ready.isDone() || (host.isRestarted() && alive.isEmpty())) {
            return Optional.empty();
        }
        var pause = restarts.failed();
        return restarts.failures() > MOST_FAILURES_IN_A_ROW ? Optional.empty() : Optional.of(pause);
    }

    /// The run that was to be replaced keeps serving; the registry's next order retries.
    private void renewalFailed(SupervisedRun run, String cause) {
        var pause = renewals.failed();
        metrics.renewalFailed();
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
        requestRecycleTurn(); // the renewal of the serving run may have waited for this end
        endIfOver();
    }

    private synchronized void stopAll(RunEnd why) {
        if (over == null) {
            over = why;
        }
        stopped.countDown();
        alive.forEach(run -> run.run.ifPresent(WorkerRun::stop));
        endIfOver();
    }

    private synchronized void endIfOver() {
        if (over != null && alive.isEmpty()) {
            end.complete(over);
        }
    }

    /// Completes with the port once the first run serves.
    public CompletableFuture<Integer> ready() {
        return ready;
    }

    /// Completes when the last run has ended and no other will start: with the cause, or with the exception
    /// that kept the first run from starting.
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

    /// Drains all runs and waits until they have ended, at most for some seconds more than `DRAIN_TIMEOUT`.
    @Override
    public void close() {
        stop();
        try {
            end.handle((_, _) -> true)
                    .completeOnTimeout(
                            false,
                            settings.drain().drainTimeout().plus(END_TIMEOUT).toMillis(),
                            TimeUnit.MILLISECONDS)
                    .get();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new IllegalStateException("waiting cannot fail", e);
        } finally {
            releases.close();
            port.close();
        }
    }
}
