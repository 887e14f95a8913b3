package dev.greenroom.config;

import java.util.List;
import java.util.stream.Stream;

/// Everything that `greenroom up` can be told: a proxy and a worker without Redis.
@Fallback(name = "BIND_ADDRESS", value = "127.0.0.1")
@Fallback(name = "LOG_FORMAT", value = "text")
@Fallback(name = "WORKER_SELECT_TIMEOUT", value = "25")
public record UpSettings(
        ListenSettings listen,
        ConnectionSettings connections,
        AccessSettings access,
        CapacitySettings capacity,
        QueueSettings queue,
        ClientSettings defaults,
        LeaseSettings lease,
        DialSettings dial,
        RelaySettings relay,
        BrowserSettings browser,
        PoolSettings pool,
        MemorySettings memory,
        DriverSettings driver,
        FenceSettings fence,
        DrainSettings drain,
        WarmUpSettings warmUp,
        ShutdownSettings shutdown,
        MetricsSettings metrics,
        LogSettings log)
        implements ServiceSettings {

    /// Refuses what contradicts itself across sections.
    public UpSettings {
        new Rules().all(pool.excess(capacity)).check();
    }

    /// The settings of the proxy.
    public ProxySections proxy() {
        return new ProxySections(
                listen, connections, access, queue, defaults, lease, dial, GridSecretSettings.none(), relay, shutdown);
    }

    /// The settings of the worker, which is known to this process only: on a free port of the loopback interface.
    public WorkerSections worker() {
        return new WorkerSections(
                PresenceSettings.withinOneProcess(),
                GridSecretSettings.none(),
                capacity,
                browser,
                pool,
                memory,
                driver,
                fence,
                relay,
                drain);
    }

    @Override
    public List<Finding> warnings() {
        return Stream.concat(access.warnings(listen).stream(), lease.warnings().stream())
                .toList();
    }
}
