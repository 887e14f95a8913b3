package dev.greenroom.bench.relay;

import dev.greenroom.cli.Commands;
import dev.greenroom.cli.Commands.CommandLauncher;
import dev.greenroom.cli.Commands.ExitCodes;
import dev.greenroom.config.CommandSettings.ProxySettings;
import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.relay.RelayStarter.RelayTotals;
import dev.greenroom.net.server.HttpListener.PortInUseException;
import dev.greenroom.net.server.Transport;
import dev.greenroom.ops.log.ProcessLog;
import dev.greenroom.ops.metrics.MetricsRegistry;
import dev.greenroom.ops.metrics.ProxyMetrics.SessionMetrics;
import dev.greenroom.proxy.ProxyServer;
import dev.greenroom.proxy.client.SessionObserver;
import dev.greenroom.registry.Registry.Heartbeat;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.registry.memory.MemoryRegistry;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/// The proxy of the product with the registry in memory, which `greenroom proxy` does not offer. Settings,
/// log, stages and event loops are the product's own; its workers are one backend under several names.
public final class MemoryProxy {
    private static final Duration LONG = Duration.ofDays(1);
    private static final int WORKERS = 8;
    private static final int SLOTS = 4_095;

    private MemoryProxy() {}

    /// Serves until it is killed.
    ///
    /// @param args the port of the backend, then options of `greenroom proxy`
    public static void main(String[] args) {
        var err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        var backend = Integer.parseInt(args[0]);
        var launcher = new CommandLauncher(_ -> ExitCodes.OK, settings -> serve(settings, backend), _ -> ExitCodes.OK);
        var commands = new Commands(
                launcher,
                settings -> ProcessLog.open(settings, new FileOutputStream(FileDescriptor.out))::close,
                Map.of(),
                Path.of("."),
                "bench",
                err,
                err);
        args[0] = "proxy";
        System.exit(commands.run(List.of(args)));
    }

    private static int serve(ProxySettings settings, int backend) throws PortInUseException, InterruptedException {
        var transport = Transport.best();
        var limits = new RegistryLimits(SLOTS, Integer.MAX_VALUE, LONG, LONG);
        try (var metrics = settings.metrics().on() ? MetricsRegistry.on() : MetricsRegistry.off();
                var loops = transport.newLoops("loop", Runtime.getRuntime().availableProcessors());
                var registry = new MemoryRegistry(limits, InstantSource.system(), System::nanoTime);
                var proxy = new ProxyServer(
                        settings.sections(),
                        registry,
                        new SessionIdGenerator(InstantSource.system(), new SecureRandom()),
                        transport,
                        loops,
                        System::nanoTime,
                        metrics.areKept() ? new SessionMetrics(metrics) : SessionObserver.NONE,
                        new RelayTotals())) {
            for (var worker = 0; worker < WORKERS; worker++) {
                registry.heartbeat(heartbeat("worker-" + worker, backend));
            }
            proxy.start(connection -> connection.answer(HttpResponse.empty(404)));
            new CountDownLatch(1).await();
        }
        return ExitCodes.OK;
    }

    private static Heartbeat heartbeat(String name, int port) {
        return new Heartbeat(
                new WorkerId(BrowserType.CHROMIUM, name),
                name,
                new WorkerEndpoint("127.0.0.1", port, "/" + name),
                WorkerStatus.AVAILABLE,
                InstantSource.system().instant(),
                new SupportedVersions.Any(),
                SLOTS,
                LONG,
                LONG.multipliedBy(2),
                "bench");
    }
}
