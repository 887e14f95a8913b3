package dev.greenroom.app;

import dev.greenroom.config.CommandSettings.LogSettings;
import dev.greenroom.config.CommandSettings.MetricsSettings;
import dev.greenroom.config.ProxySections;
import dev.greenroom.net.relay.RelayStarter.RelayTotals;
import dev.greenroom.net.server.DirectMemory;
import dev.greenroom.net.server.HttpListener.PortInUseException;
import dev.greenroom.ops.http.OpsRoutes;
import dev.greenroom.ops.http.OpsRoutes.GridView;
import dev.greenroom.ops.log.ProcessLog;
import dev.greenroom.ops.log.ProcessLog.LogLevelControl;
import dev.greenroom.ops.metrics.MetricsRegistry;
import dev.greenroom.ops.metrics.ProxyMetrics;
import dev.greenroom.ops.metrics.ProxyMetrics.SessionMetrics;
import dev.greenroom.ops.tracing.Tracing;
import dev.greenroom.proxy.ProxyServer;
import dev.greenroom.proxy.client.SessionObserver;
import dev.greenroom.registry.Registry;
import java.time.InstantSource;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Everything behind the public port: the proxy, the HTTP API with the dashboard, metrics and traces.
/// `greenroom proxy` and `greenroom up` both have one.
final class GridFront implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(GridFront.class);

    private final MetricsRegistry metrics;
    private final Tracing tracing;
    private final ProxyServer proxy;
    private final OpsRoutes routes;

    /// @param registry closed by its owner, after this
    GridFront(
            ProxySections settings,
            MetricsSettings metricsSettings,
            LogSettings log,
            Registry registry,
            ProcessRuntime runtime) {
        this.metrics = metricsSettings.on() ? MetricsRegistry.on() : MetricsRegistry.off();
        this.tracing = Tracing.from(System.getenv());
        Optional<SessionObserver> sessionMetrics =
                metrics.areKept() ? Optional.of(new SessionMetrics(metrics)) : Optional.empty();
        var observer = SessionObserver.of(Stream.of(sessionMetrics, tracing.observer())
                .flatMap(Optional::stream)
                .toList());
        var relayed = new RelayTotals();
        this.proxy = new ProxyServer(
                settings,
                registry,
                runtime.ids(),
                runtime.transport(),
                runtime.loops(),
                System::nanoTime,
                observer,
                relayed);
        ProxyMetrics.register(
                metrics,
                new ProxyMetrics.Sources(
                        proxy::liveSessions,
                        proxy::waiting,
                        proxy::loopLag,
                        DirectMemory::bytes,
                        ProcessLog::droppedLines,
                        relayed));
        var view = new GridView(
                registry,
                proxy::liveSessions,
                browser -> proxy.waiting(browser),
                proxy::isDraining,
                proxy.sessionCaller(),
                new GridView.ProxyLimits(
                        settings.queue().maxQueueSize(),
                        settings.access().tokens().isPresent(),
                        proxy.isLiveViewOn(),
                        settings.access().isConfidential(settings.listen())));
        this.routes = new OpsRoutes(
                view,
                metrics,
                new LogLevelControl(log.level(), System::nanoTime),
                InstantSource.system(),
                System::nanoTime);
    }

    /// Where the rest of the process reports its own metrics.
    MetricsRegistry metrics() {
        return metrics;
    }

    /// Starts the snapshot of the grid, which is renewed every second. The proxy is not ready before the
    /// first one.
    void watch() {
        routes.start();
    }

    /// Opens the port.
    ///
    /// @return its number
    int start() throws PortInUseException, InterruptedException {
        return proxy.start(routes);
    }

    /// Sessions that are relayed now.
    int liveSessions() {
        return proxy.liveSessions();
    }

    /// Reports not ready, and refuses new clients after the shutdown delay. Blocks for that delay.
    void refuseNewClients() throws InterruptedException {
        proxy.refuseNewClients();
    }

    /// Refuses new clients and lets sessions finish within the grace period. Blocks until they have.
    void drain() throws InterruptedException {
        LOG.atInfo()
                .addKeyValue("code", "PROXY_DRAINING")
                .addKeyValue("sessions", proxy.liveSessions())
                .log("Proxy draining");
        proxy.drain();
    }

    @Override
    public void close() {
        routes.close();
        proxy.close();
        tracing.close();
        metrics.close();
    }
}
