package dev.greenroom.config;

import dev.greenroom.session.SessionLimit;

/// How many sessions a worker may serve.
///
/// @param concurrentLimit how many at once
/// @param lifetimeLimit how many in one run
@Section("Capacity")
public record CapacitySettings(
        @Setting(
                name = "MAX_CONCURRENT_SESSIONS",
                fallback = "5",
                meaning =
                        "Sessions at once per worker, 1 to 4095. Where both proxies and worker set it, the smaller one"
                                + " holds; where one of them does, that one.")
        SessionLimit concurrentLimit,

        @Setting(
                name = "MAX_LIFETIME_SESSIONS",
                fallback = "50",
                meaning = "Sessions per worker run, over 0; then the worker is recycled in its turn, see RECYCLE. Where"
                        + " both proxies and worker set it, the smaller one holds; where one of them does, that one.")
        SessionLimit lifetimeLimit) {
    /// Keeps the bounds that the registry counts on.
    public CapacitySettings {
        new Rules()
                .within("MAX_CONCURRENT_SESSIONS", concurrentLimit.value(), 1, 4095)
                .atLeast("MAX_LIFETIME_SESSIONS", lifetimeLimit.value(), 1)
                .check();
    }

    /// Limits that somebody set.
    public CapacitySettings(int maxConcurrentSessions, int maxLifetimeSessions) {
        this(SessionLimit.set(maxConcurrentSessions), SessionLimit.set(maxLifetimeSessions));
    }

    /// Sessions at once, as far as this process knows.
    public int maxConcurrentSessions() {
        return concurrentLimit.value();
    }

    /// Sessions per worker run, as far as this process knows.
    public int maxLifetimeSessions() {
        return lifetimeLimit.value();
    }
}
