package dev.greenroom.app;

import dev.greenroom.config.CommandSettings.ProxySettings;
import dev.greenroom.config.ProxySections.LeaseSettings;
import dev.greenroom.config.WorkerSections.CapacitySettings;
import dev.greenroom.net.server.HttpListener.PortInUseException;
import dev.greenroom.ops.metrics.ProxyMetrics.RedisMetrics;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.redis.RedisRegistry;
import dev.greenroom.session.WorkerEndpoint;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `greenroom proxy`: the public port of a grid, with the registry in Redis.
final class ProxyProgram {
    private static final Logger LOG = LoggerFactory.getLogger(ProxyProgram.class);

    /// How long start-up waits for Redis before it logs a warning and goes on.
    private static final Duration REDIS_TIMEOUT = Duration.ofSeconds(2);

    private ProxyProgram() {}

    /// Runs until the first SIGINT or SIGTERM, then drains.
    ///
    /// @return the exit code
    static int run(ProxySettings settings) throws PortInUseException, InterruptedException {
        var stop = new CountDownLatch(1);
        StopSignals.onFirst(stop::countDown);
        try (var runtime = ProcessRuntime.create();
                var registry = new RedisRegistry(settings.redis(), limits(settings.capacity(), settings.lease()))) {
            registry.start(); // It connects while the rest is created.
            try (var front =
                    new GridFront(settings.sections(), settings.metrics(), settings.log(), registry, runtime)) {
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
                var port = front.start();
                LOG.atInfo()
                        .addKeyValue("code", "PROXY_STARTED")
                        .addKeyValue(
                                "address",
                                WorkerEndpoint.authority(settings.listen().bindAddress(), port))
                        .addKeyValue("transport", runtime.transport().name())
                        .log("Proxy listening");
                stop.await();
                front.drain();
                return 0;
            }
        }
    }

    private static void awaitRedis(RedisRegistry registry) throws InterruptedException {
        if (!registry.awaitConnection(REDIS_TIMEOUT) && !registry.isCluster()) {
            LOG.atWarn()
                    .addKeyValue("code", "REDIS_UNREACHABLE")
                    .log("Redis unreachable; this proxy is not ready and keeps retrying");
        }
        registry.findings()
                .forEach(finding ->
                        LOG.atWarn().addKeyValue("code", "REDIS_DOUBTFUL").log(finding));
    }

    /// The registry's limits, where this process sets them for the whole grid.
    static RegistryLimits limits(CapacitySettings capacity, LeaseSettings lease) {
        return new RegistryLimits(
                capacity.concurrentLimit(),
                capacity.lifetimeLimit(),
                lease.ttl(),
                lease.shutdownCommandTtl(),
                lease.recycleWait());
    }
}
