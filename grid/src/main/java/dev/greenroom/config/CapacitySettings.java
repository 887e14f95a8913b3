package dev.greenroom.config;

/// How many sessions a worker may serve.
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
        int maxLifetimeSessions) {}
