package dev.greenroom.config;

import java.util.List;

/// Everything that `greenroom worker` can be told.
public record WorkerSettings(
        PresenceSettings presence,
        RedisSettings redis,
        GridSecretSettings secret,
        CapacitySettings capacity,
        BrowserSettings browser,
        PoolSettings pool,
        MemorySettings memory,
        DriverSettings driver,
        FenceSettings fence,
        RelaySettings relay,
        DrainSettings drain,
        WarmUpSettings warmUp,
        MetricsSettings metrics,
        LogSettings log)
        implements ServiceSettings {

    /// Refuses what contradicts itself across sections.
    public WorkerSettings {
        new Rules().all(redis.missing()).all(pool.excess(capacity)).check();
    }

    /// Without Redis and the log, which are the process' business.
    public WorkerSections sections() {
        return new WorkerSections(presence, secret, capacity, browser, pool, memory, driver, fence, relay, drain);
    }

    @Override
    public List<Finding> warnings() {
        return presence.warnings();
    }
}
