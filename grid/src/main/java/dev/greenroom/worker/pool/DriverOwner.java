package dev.greenroom.worker.pool;

/// Whom a driver process serves. Once it has an owner it keeps it, and serves nobody else.
sealed interface DriverOwner {
    /// All sessions, with `DRIVER_ISOLATION=worker`.
    record Everybody() implements DriverOwner {}

    /// All sessions of a tenant.
    record OfTenant(String name) implements DriverOwner {}

    /// One session, different from all others. Its driver ends with it.
    final class OfSession implements DriverOwner {}

    /// Whether its driver ends with a session.
    default boolean isOneSession() {
        return this instanceof OfSession;
    }
}
