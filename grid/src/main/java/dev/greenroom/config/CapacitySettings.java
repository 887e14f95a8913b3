package dev.greenroom.config;

/// How many sessions a worker may serve.
@Section("Capacity")
public record CapacitySettings(
        @Setting(
                name = "MAX_CONCURRENT_SESSIONS",
                fallback = "5",
                meaning = "Sessions at once per worker, 1 to 4095. The worker's own cap holds too.")
        int maxConcurrentSessions,

        @Setting(
                name = "MAX_LIFETIME_SESSIONS",
                fallback = "50",
                meaning = "Sessions in all per worker incarnation, over 0; then the worker drains and recycles.")
        int maxLifetimeSessions) {
    /// Keeps the bounds that the registry counts on.
    public CapacitySettings {
        new Rules()
                .within("MAX_CONCURRENT_SESSIONS", maxConcurrentSessions, 1, 4095)
                .atLeast("MAX_LIFETIME_SESSIONS", maxLifetimeSessions, 1)
                .check();
    }
}
