package dev.greenroom.config;

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
        LogSettings log) {}
