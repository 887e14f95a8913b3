package dev.greenroom.session;

import java.util.Locale;

/// A limit on the sessions of a worker.
///
/// @param value over 0
/// @param explicit whether it is configured; otherwise it is the default, which yields to a configured
///     limit
public record SessionLimit(int value, boolean explicit) {

    /// A configured limit.
    public static SessionLimit set(int value) {
        return new SessionLimit(value, true);
    }

    /// The default limit.
    public static SessionLimit byDefault(int value) {
        return new SessionLimit(value, false);
    }

    /// How a worker is recycled.
    public enum RecycleMode {
        /// Starts its next run in the same process, and serves sessions until that run is registered.
        RENEW,
        /// Drains and exits with 0; a supervisor outside restarts it. Workers that use only the
        /// documented Redis keys do this.
        EXIT;

        /// The value in the worker's record.
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
