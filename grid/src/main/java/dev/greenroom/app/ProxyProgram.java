package dev.greenroom.app;

import dev.greenroom.config.settings.LogSettings;
import dev.greenroom.config.settings.MetricsSettings;
import dev.greenroom.config.settings.ProxySections;
import dev.greenroom.config.settings.ProxySections.LeaseSettings;
import dev.greenroom.config.settings.ProxySettings;
import dev.greenroom.config.settings.WorkerSections.CapacitySettings;
import dev.greenroom.net.relay.RelayTotals;
import dev.greenroom.net.server.DirectMemory;
import dev.greenroom.net.server.PortInUseException;
import dev.greenroom.ops.http.GridView;
import dev.greenroom.ops.http.OpsRoutes;
import dev.greenroom.ops.log.LogLevelControl;
import dev.greenroom.ops.log.ProcessLog;
import dev.greenroom.ops.metrics.MetricsRegistry;
import dev.greenroom.ops.metrics.ProxyMetrics;
import dev.greenroom.ops.metrics.ProxyMetrics.RedisMetrics;
import dev.greenroom.ops.metrics.SessionMetrics;
import dev.greenroom.ops.tracing.Tracing;
import dev.greenroom.proxy.ProxyServer;
import dev.greenroom.proxy.client.SessionObserver;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.RegistryLimits;
import dev.greenroom.registry.redis.RedisRegistry;
import dev.greenroom.session.WorkerEndpoint;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `greenroom proxy`: the front door, with the registry in Redis.
public final class ProxyProgram {
    private static final Logger LOG = LoggerFactory.getLogger(ProxyProgram.class);

    /// How long a start waits for Redis before it says that it waits.
    private static final Duration REDIS_TIMEOUT = Duration.ofSeconds(2);

    private ProxyProgram() {}

    public static int run(ProxySettings settings) throws PortInUseException, InterruptedException {
        var stop = new CountDownLatch(1);
        StopSignals.onFirst(stop::countDown);
        try (var runtime = ProcessRuntime.create();
                var registry = new RedisRegistry(settings.redis(), limits(settings.capacity(), settings.lease()))) {
            registry.start();
            try (var front = Front.of(
                    settings.sections(),
                    settings.capacity(),
                    new ProcessSettings(settings.metrics(), settings.log()),
                    registry,
                    runtime)) {
                registry.onAnswer(new RedisMetrics(front.metrics())::answered);
                awaitRedis(registry);
                if (registry.isCluster()) {
                    LOG.atError()
                            .addKeyValue("code", "REDIS_CLUSTER")
                            .log("Redis runs in cluster mode, which the registry's scripts cannot use; set REDIS_URL to"
                                    + " a single Redis or to Sentinel");
                    return 1;
                }
                front.watch();
                serve(front, settings, runtime, stop);
                return 0;
            }
        }
    }

    private static void serve(Front front, ProxySettings settings, ProcessRuntime runtime, CountDownLatch stop)
            throws PortInUseException, InterruptedException {
        var port = front.start();
        LOG.atInfo()
                .addKeyValue("code", "PROXY_STARTED")
                .addKeyValue(
                        "address", WorkerEndpoint.authority(settings.listen().bindAddress(), port))
                .addKeyValue("transport", runtime.transport().name())
                .log("Proxy listens");
        stop.await();
        front.drain();
    }

    private static void awaitRedis(RedisRegistry registry) throws InterruptedException {
        if (!registry.awaitConnection(REDIS_TIMEOUT) && !registry.isCluster()) {
            LOG.atWarn()
                    .addKeyValue("code", "REDIS_UNREACHABLE")
                    .log("Redis does not answer yet; this proxy is not ready, and goes on trying");
        }
        registry.findings()
                .forEach(finding ->
                        LOG.atWarn().addKeyValue("code", "REDIS_DOUBTFUL").log(finding));
    }

    static RegistryLimits limits(CapacitySettings capacity, LeaseSettings lease) {
        return new RegistryLimits(
                capacity.concurrentLimit(),
                capacity.lifetimeLimit(),
                lease.ttl(),
                lease.shutdownCommandTtl(),
                lease.recycleWait());
    }

    /// What a process is told about being watched.
    record ProcessSettings(MetricsSettings metrics, LogSettings log) {}

    /// A proxy and what else is on its port.
    record Front(ProxyServer proxy, OpsRoutes routes, MetricsRegistry metrics, Tracing tracing)
            implements AutoCloseable {
        private static final Logger LOG = LoggerFactory.getLogger(Front.class);

        static Front of(
                ProxySections settings,
                CapacitySettings capacity,
                ProcessSettings process,
                Registry registry,
                ProcessRuntime runtime) {
            var metrics = process.metrics().on() ? MetricsRegistry.on() : MetricsRegistry.off();
            var tracing = Tracing.from(System.getenv());
            var relayed = new RelayTotals();
            var proxy = new ProxyServer(
                    settings,
                    registry,
                    runtime.ids(),
                    new ProxyServer.ProxyDependencies(
                            runtime.transport(),
                            runtime.loops(),
                            System::nanoTime,
                            SessionObserver.of(observers(metrics, tracing)),
                            relayed));
            tell(metrics, proxy, relayed);
            var view = new GridView(
                    registry,
                    proxy::liveSessions,
                    browser -> proxy.waiting(browser),
                    proxy::isDraining,
                    new GridView.ProxyLimits(
                            settings.queue().maxQueueSize(),
                            settings.access().tokens().isPresent()));
            return new Front(proxy, new OpsRoutes(view, around(metrics, process.log(), runtime)), metrics, tracing);
        }

        private static List<SessionObserver> observers(MetricsRegistry metrics, Tracing tracing) {
            Optional<SessionObserver> counting =
                    metrics.areKept() ? Optional.of(new SessionMetrics(metrics)) : Optional.empty();
            return Stream.of(counting, tracing.observer())
                    .flatMap(Optional::stream)
                    .toList();
        }

        private static void tell(MetricsRegistry metrics, ProxyServer proxy, RelayTotals relayed) {
            ProxyMetrics.register(
                    metrics,
                    new ProxyMetrics.Sources(
                            proxy::liveSessions,
                            proxy::waiting,
                            proxy::loopLag,
                            DirectMemory::bytes,
                            ProcessLog::droppedLines,
                            relayed));
        }

        private static OpsRoutes.OpsDependencies around(
                MetricsRegistry metrics, LogSettings log, ProcessRuntime runtime) {
            return new OpsRoutes.OpsDependencies(
                    metrics,
                    new LogLevelControl(log.level(), System::nanoTime),
                    InstantSource.system(),
                    System::nanoTime,
                    runtime.ids()::next);
        }

        /// Begins to look at the grid: nobody is ready who has not.
        void watch() {
            routes.start();
        }

        int start() throws PortInUseException, InterruptedException {
            return proxy.start(routes);
        }

        void drain() throws InterruptedException {
            LOG.atInfo()
                    .addKeyValue("code", "PROXY_DRAINING")
                    .addKeyValue("sessions", proxy.liveSessions())
                    .log("Proxy drains");
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
}
