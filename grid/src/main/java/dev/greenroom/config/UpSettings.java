package dev.greenroom.config;

/// Everything that `greenroom up` can be told: a proxy and a worker without Redis.
public record UpSettings(
        ListenSettings listen,
        CapacitySettings capacity,
        QueueSettings queue,
        DefaultsSettings defaults,
        LeaseSettings lease,
        DialSettings dial,
        RelaySettings relay,
        BrowserSettings browser,
        PoolSettings pool,
        DriverSettings driver,
        DrainSettings drain,
        ShutdownSettings shutdown,
        LogSettings log) {}
