package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.WorkerSections;
import dev.greenroom.config.WorkerSections.PoolSettings;
import dev.greenroom.net.server.HttpListener.PortInUseException;
import dev.greenroom.net.server.Transport;
import dev.greenroom.ops.metrics.MetricsRegistry;
import dev.greenroom.ops.metrics.WorkerMetrics;
import dev.greenroom.registry.Registry;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.session.WorkerId;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.worker.WorkerRun;
import dev.greenroom.worker.WorkerSupervisor;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.gateway.ProcessSlots;
import dev.greenroom.worker.gateway.WorkerPort;
import dev.greenroom.worker.pool.BrowserPool;
import dev.greenroom.worker.recording.Recordings;
import dev.greenroom.worker.store.DriverSource;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.event.Level;

/// A real worker (gateway, pool, presence) whose browsers are echoes.
final class EchoWorker implements AutoCloseable {
    private static final long START_SECONDS = 10;
    private static final Duration STOP = Duration.ofSeconds(15);

    private final WorkerRun server;
    private final WorkerPort gateway;
    private final FakeWorker echo;
    private final EchoDrivers drivers;
    private final CompletableFuture<Integer> port = new CompletableFuture<>();
    private final CompletableFuture<WorkerRun.RunEnd> draining = new CompletableFuture<>();
    private final CompletableFuture<WorkerRun.RunEnd> end = new CompletableFuture<>();

    private EchoWorker(WorkerRun server, WorkerPort gateway, FakeWorker echo, EchoDrivers drivers) {
        this.server = server;
        this.gateway = gateway;
        this.echo = echo;
        this.drivers = drivers;
    }

    /// What differs from worker to worker.
    ///
    /// @param identity for example that of another one, whose machine was cloned
    /// @param source of drivers; without it every driver is stored
    private record Plan(WorkerRun.RunIdentity identity, WorkerSections settings, Optional<DriverSource> source) {
        static Plan of(WorkerSections settings, InstantSource clock) {
            return new Plan(WorkerRun.RunIdentity.of(settings, new SecureRandom(), clock), settings, Optional.empty());
        }
    }

    static EchoWorker start(
            WorkerSections settings, Registry registry, Transport transport, EventLoopGroup loops, InstantSource clock)
            throws Exception {
        return start(Plan.of(settings, clock), registry, transport, loops, clock);
    }

    /// One that gets its drivers from there.
    static EchoWorker start(
            WorkerSections settings, DriverSource source, Registry registry, Transport transport, EventLoopGroup loops)
            throws Exception {
        var usual = Plan.of(settings, InstantSource.system());
        var plan = new Plan(usual.identity(), settings, Optional.of(source));
        return start(plan, registry, transport, loops, InstantSource.system());
    }

    /// One that has the same id, as the clone of its machine would have it.
    EchoWorker startClone(WorkerSections settings, Registry registry, Transport transport, EventLoopGroup loops)
            throws Exception {
        var own = server.identity();
        var copied = new WorkerRun.RunIdentity(own.worker(), "clone", own.path(), own.startedAt());
        var plan = new Plan(copied, settings, Optional.empty());
        return start(plan, registry, transport, loops, InstantSource.system());
    }

    private static EchoWorker start(
            Plan plan, Registry registry, Transport transport, EventLoopGroup loops, InstantSource clock)
            throws Exception {
        var settings = plan.settings();
        var echo = FakeWorker.start(FakeWorker.echo());
        var drivers = EchoDrivers.start(echo.port());
        var pool = pool(settings.pool(), plan.source().orElse(drivers), drivers);
        var ids = new SessionIdGenerator(clock, new SecureRandom());
        var metrics = new WorkerMetrics(MetricsRegistry.off());
        var address = settings.presence().privateHostname().orElseThrow();
        var gateway = new WorkerPort(transport, loops, ids, metrics);
        var server = new WorkerRun(
                settings,
                registry,
                pool,
                plan.identity(),
                gateway,
                new ProcessSlots(settings.capacity().concurrentLimit()),
                Optional.empty(),
                transport,
                loops,
                metrics,
                new WorkerSupervisor.WorkerHost(address, address, false, Level.DEBUG, "greenroom/test"),
                Recordings.none());
        var worker = new EchoWorker(server, gateway, echo, drivers);
        Thread.ofVirtual().name("echo-worker").start(worker::run);
        CompletableFuture.anyOf(worker.port, worker.end).get(START_SECONDS, TimeUnit.SECONDS);
        assertThat(worker.end).as("how a worker ended that was to start").isNotDone();
        return worker;
    }

    /// Driver processes that run.
    int drivers() {
        return drivers.alive();
    }

    private static BrowserPool pool(PoolSettings settings, DriverSource source, EchoDrivers drivers) {
        var spec = new LaunchSpec(
                BrowserType.CHROMIUM,
                Path.of("unused"),
                Optional.empty(),
                true,
                false,
                List.of(),
                settings.launchTimeout());
        return new BrowserPool(settings, spec, source, drivers, System::nanoTime);
    }

    private void run() {
        try {
            end.complete(server.run(new WorkerRun.RunListener() {
                @Override
                public void registered(int at) {
                    port.complete(at);
                }

                @Override
                public void draining(WorkerRun.RunEnd why) {
                    draining.complete(why);
                }
            }));
        } catch (PortInUseException | InterruptedException | RuntimeException e) {
            port.completeExceptionally(e);
            end.completeExceptionally(e);
        } finally {
            gateway.close();
        }
    }

    WorkerId id() {
        return server.identity().worker();
    }

    /// The gateway's.
    int port() {
        return port.join();
    }

    /// The address at which it takes sessions.
    String path() {
        return server.identity().path();
    }

    /// How often its browsers were connected to, ahead of their sessions or for them.
    int browserConnections() {
        return echo.headsWaiting();
    }

    /// Whether it drains, or has.
    boolean isDraining() {
        return draining.isDone();
    }

    /// Why it ended, once it has.
    CompletableFuture<WorkerRun.RunEnd> end() {
        return end;
    }

    @Override
    public void close() throws IOException {
        server.stop();
        try {
            var _ = end.orTimeout(STOP.toSeconds(), TimeUnit.SECONDS).join();
        } finally {
            echo.close();
            drivers.close();
        }
    }
}
