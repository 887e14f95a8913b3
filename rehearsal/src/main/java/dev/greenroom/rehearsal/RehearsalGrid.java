package dev.greenroom.rehearsal;

import dev.greenroom.config.CommandSettings;
import dev.greenroom.config.CommandSettings.UpSettings;
import dev.greenroom.config.SettingsReader.SettingsResult;
import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.relay.RelayStarter.RelayTotals;
import dev.greenroom.net.server.Transport;
import dev.greenroom.ops.metrics.MetricsRegistry;
import dev.greenroom.ops.metrics.WorkerMetrics;
import dev.greenroom.proxy.ProxyServer;
import dev.greenroom.proxy.client.SessionObserver;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.memory.MemoryRegistry;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.worker.WorkerSupervisor;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.driver.SandboxPolicy.BlockedPorts;
import dev.greenroom.worker.pool.BrowserPool;
import dev.greenroom.worker.recording.Recordings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.event.Level;

/// A grid like that of `greenroom up`, on loopback. Everything in it is production code, except for the
/// driver and its browsers, which [EchoDriver] replaces.
final class RehearsalGrid {
    private static final String LOOPBACK = "127.0.0.1";
    private static final Duration START_TIMEOUT = Duration.ofSeconds(30);

    /// Closed in reverse order.
    private final Deque<Part> parts = new ArrayDeque<>();
    private final int port;

    private interface Part {
        void close() throws IOException;
    }

    private RehearsalGrid(int port) {
        this.port = port;
    }

    /// Starts the grid and waits until its worker is ready. A failure leaves parts open, which end with
    /// the process.
    ///
    /// @param port of the proxy
    static RehearsalGrid start(int port) throws Exception {
        var grid = new RehearsalGrid(port);
        grid.start(settings(port));
        return grid;
    }

    private static UpSettings settings(int port) {
        var flags = Map.of("PORT", Integer.toString(port), "BIND_ADDRESS", LOOPBACK);
        return switch (CommandSettings.reader(Path.of("")).read(UpSettings.class, Map.of(), flags)) {
            case SettingsResult.Valid<UpSettings> valid -> valid.settings();
            case SettingsResult.Invalid<UpSettings> invalid -> throw new IllegalStateException(invalid.toString());
        };
    }

    private void start(UpSettings settings) throws Exception {
        var transport = Transport.best();
        var loops = transport.newLoops("rehearsal", 2);
        parts.push(() -> loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly());
        var random = new SecureRandom();
        var ids = new SessionIdGenerator(InstantSource.system(), random);
        var limits = new RegistryLimits(
                settings.capacity().concurrentLimit(),
                settings.capacity().lifetimeLimit(),
                settings.lease().ttl(),
                settings.lease().shutdownCommandTtl(),
                settings.lease().recycleWait());
        var registry = new MemoryRegistry(limits, InstantSource.system(), System::nanoTime);
        parts.push(registry::close);

        var proxy = new ProxyServer(
                settings.proxy(),
                registry,
                ids,
                transport,
                loops,
                System::nanoTime,
                SessionObserver.NONE,
                new RelayTotals());
        parts.push(proxy::close);
        proxy.start(connection -> connection.answer(HttpResponse.empty(404)));

        var folder = Files.createTempDirectory("rehearsal");
        parts.push(() -> Files.deleteIfExists(folder));
        var driver = EchoDriver.listenOn(folder.resolve("echo"));
        parts.push(driver::stop);
        var spec = new LaunchSpec(
                BrowserType.CHROMIUM,
                folder,
                Optional.empty(),
                true,
                true,
                List.of(),
                settings.pool().launchTimeout());
        var worker = new WorkerSupervisor(
                settings.worker(),
                registry,
                () -> new BrowserPool(settings.pool(), spec, driver, driver, System::nanoTime),
                new BlockedPorts(),
                transport,
                loops,
                ids,
                new WorkerMetrics(MetricsRegistry.on()),
                random,
                new WorkerSupervisor.WorkerHost(LOOPBACK, LOOPBACK, false, Level.DEBUG, "greenroom/rehearsal"),
                Recordings.none());
        parts.push(worker::close);
        worker.start();
        worker.ready().get(START_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    }

    /// Runs one session through the grid.
    void runSession() throws IOException {
        EchoSession.run(port);
    }

    void close() throws IOException {
        for (var part : parts) {
            part.close();
        }
    }
}
