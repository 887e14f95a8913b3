package dev.greenroom;

import dev.greenroom.config.ProxySections;
import dev.greenroom.config.WorkerSections;
import dev.greenroom.proxy.ProxyServer;
import dev.greenroom.proxy.ending.SessionLog;
import dev.greenroom.registry.Heartbeat;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.RegistryLimits;
import dev.greenroom.registry.WorkerStatus;
import dev.greenroom.registry.memory.MemoryRegistry;
import dev.greenroom.session.Browser;
import dev.greenroom.session.Endpoint;
import dev.greenroom.session.VersionOffer;
import dev.greenroom.session.WorkerId;
import dev.greenroom.wire.Answer;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.gateway.Gateway;
import dev.greenroom.worker.gateway.ProcessSlots;
import dev.greenroom.worker.gateway.WorkerPort;
import dev.greenroom.worker.health.MemoryUse;
import dev.greenroom.worker.health.WorkerReport;
import dev.greenroom.worker.pool.BrowserPool;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.slf4j.event.Level;

/// The parts that sessions pass in this process, real but for what is at their end, an [EchoPeer]: on loopback, with a
/// registry of their own. Nothing of its sessions is logged, counted or kept.
final class StandInGrid implements AutoCloseable {
    private static final String LOOPBACK = "127.0.0.1";
    private static final String PATH = "/warm-up";
    private static final Duration LONG = Duration.ofDays(1);
    private static final int PLENTY = 100;
    private static final String FIELDS = """
            User-Agent: Playwright/1.0.0 (x64; debian 12) node/24.0\r
            x-playwright-browser: chromium\r
            """;

    private final Grounds grounds;
    private final Deque<Part> parts = new ArrayDeque<>();
    private final String path;
    private int port;

    /// What is closed in the end.
    private interface Part {
        void close();
    }

    private StandInGrid(Grounds grounds, String path) {
        this.grounds = grounds;
        this.path = path;
    }

    /// A proxy, whose only worker is the echo.
    ///
    /// @param settings of the proxy; its address and port are not used
    static StandInGrid proxy(Grounds grounds, ProxySections settings) throws IOException, InterruptedException {
        return opened(new StandInGrid(grounds, "/"), grid -> {
            var echo = EchoPeer.onLoopback();
            grid.parts.push(echo::close);
            grid.port = grid.openProxy(settings, echo.port());
        });
    }

    /// A worker's gateway and pool, whose only browser is the echo.
    ///
    /// @param socket where that listens meanwhile
    static StandInGrid worker(Grounds grounds, WorkerSections settings, Path socket)
            throws IOException, InterruptedException {
        return opened(new StandInGrid(grounds, PATH), grid -> grid.port = grid.openWorker(settings, socket));
    }

    /// A proxy and its worker.
    ///
    /// @param socket where its only browser listens meanwhile
    static StandInGrid whole(Grounds grounds, ProxySections proxy, WorkerSections worker, Path socket)
            throws IOException, InterruptedException {
        return opened(
                new StandInGrid(grounds, "/"),
                grid -> grid.port = grid.openProxy(proxy, grid.openWorker(worker, socket)));
    }

    private interface Opening {
        void open(StandInGrid grid) throws IOException, InterruptedException;
    }

    private static StandInGrid opened(StandInGrid grid, Opening opening) throws IOException, InterruptedException {
        var open = false;
        try {
            opening.open(grid);
            open = true;
            return grid;
        } finally {
            if (!open) {
                grid.close();
            }
        }
    }

    private int openProxy(ProxySections settings, int workerPort) throws IOException, InterruptedException {
        var registry = openRegistry();
        registry.heartbeat(heartbeat(workerPort));
        var proxy = new ProxyServer(
                settings.onLoopback(),
                registry,
                grounds.ids(),
                new ProxyServer.Surroundings(grounds.transport(), grounds.loops(), System::nanoTime),
                SessionLog.SILENT);
        parts.push(proxy::close);
        return proxy.start(connection -> connection.answer(Answer.empty(404)));
    }

    private int openWorker(WorkerSections settings, Path socket) throws IOException, InterruptedException {
        var echo = EchoPeer.at(socket);
        parts.push(echo::close);
        var own = settings.forOurselves(PLENTY);
        var driver = new StandInDriver(socket);
        var pool = new BrowserPool(own.pool(), spec(socket), driver, driver, System::nanoTime);
        parts.push(pool::close);
        var gateway = new Gateway(
                new Gateway.Owner(worker(), "warm-up", PATH, () -> MemoryUse.UNKNOWN),
                own,
                pool,
                new ProcessSlots(own.capacity().concurrentLimit()).newRun(),
                openRegistry(),
                new Gateway.Surroundings(
                        grounds.transport(), grounds.loops(), grounds.ids(), System::nanoTime, Level.DEBUG));
        parts.push(gateway::close);
        var port = new WorkerPort(grounds.transport(), grounds.loops(), grounds.ids(), WorkerReport.NOWHERE);
        parts.push(port::close);
        port.add(gateway);
        return port.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    private Registry openRegistry() {
        var limits = new RegistryLimits(PLENTY, Integer.MAX_VALUE, LONG, LONG);
        var registry = new MemoryRegistry(limits, InstantSource.system(), System::nanoTime);
        parts.push(registry::close);
        return registry;
    }

    private static WorkerId worker() {
        return new WorkerId(Browser.CHROMIUM, "warm-up");
    }

    private static LaunchSpec spec(Path program) {
        return new LaunchSpec(Browser.CHROMIUM, program, Optional.empty(), true, true, List.of(), LONG);
    }

    private static Heartbeat heartbeat(int port) {
        return new Heartbeat(
                worker(),
                "warm-up",
                new Endpoint(LOOPBACK, port, PATH),
                WorkerStatus.AVAILABLE,
                InstantSource.system().instant(),
                new VersionOffer.Any(),
                PLENTY,
                LONG,
                LONG.plus(LONG),
                Grounds.software());
    }

    /// Runs one session through all of it.
    void session() throws IOException {
        EchoPeer.visit(port, path, FIELDS);
    }

    @Override
    public void close() {
        parts.forEach(Part::close);
    }
}
