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
        DrainSettings drain) {

    /// The same for sessions of our own: without a secret, and with no browser that is launched before it is asked for.
    ///
    /// @param most sessions at once
    public WorkerSections forOurselves(int most) {
        return new WorkerSections(
                presence,
                GridSecretSettings.none(),
                new CapacitySettings(most, Integer.MAX_VALUE),
                browser,
                new PoolSettings(PoolSettings.Isolation.SESSION, 0, pool.launchTimeout(), 1),
                memory,
                driver,
                fence,
                relay,
                drain);
    }
}
