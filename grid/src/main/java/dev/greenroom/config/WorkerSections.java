package dev.greenroom.config;

/// What a worker is told, wherever its registry is.
public record WorkerSections(
        PresenceSettings presence,
        GridSecretSettings secret,
        CapacitySettings capacity,
        BrowserSettings browser,
        PoolSettings pool,
        MemorySettings memory,
        DriverSettings driver,
        FenceSettings fence,
        RelaySettings relay,
        DrainSettings drain) {}
