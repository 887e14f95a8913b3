package dev.greenroom.config;

import java.util.List;

/// Everything that `greenroom proxy` can be told.
public record ProxySettings(
        ListenSettings listen,
        ConnectionSettings connections,
        RedisSettings redis,
        CapacitySettings capacity,
        QueueSettings queue,
        ClientSettings defaults,
        LeaseSettings lease,
        DialSettings dial,
        RelaySettings relay,
        ShutdownSettings shutdown,
        MetricsSettings metrics,
        LogSettings log)
        implements ServiceSettings {

    /// Refuses what contradicts itself across sections.
    public ProxySettings {
        new Rules().all(redis.missing()).check();
    }

    /// Without Redis and the log, which are the process' business.
    public ProxySections sections() {
        return new ProxySections(listen, connections, queue, defaults, lease, dial, relay, shutdown);
    }

    @Override
    public List<Finding> warnings() {
        return lease.warnings();
    }
}
