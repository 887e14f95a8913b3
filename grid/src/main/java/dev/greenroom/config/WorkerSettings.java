package dev.greenroom.config;

import java.util.List;

/// Everything that `greenroom worker` can be told.
public record WorkerSettings(
        PresenceSettings presence,
        RedisSettings redis,
        CapacitySettings capacity,
        BrowserSettings browser,
        PoolSettings pool,
        DriverSettings driver,
        RelaySettings relay,
        DrainSettings drain,
        LogSettings log)
        implements CommandSettings {

    /// Refuses what contradicts itself across sections.
    public WorkerSettings {
        new Rules().all(redis.missing()).all(pool.excess(capacity)).check();
    }

    @Override
    public List<Finding> warnings() {
        return presence.warnings();
    }
}
