package dev.greenroom.config;

/// Everything that `greenroom proxy` can be told.
public record ProxySettings(
        ListenSettings listen,
        RedisSettings redis,
        CapacitySettings capacity,
        QueueSettings queue,
        DefaultsSettings defaults,
        LeaseSettings lease,
        DialSettings dial,
        RelaySettings relay,
        ShutdownSettings shutdown,
        LogSettings log) {}
