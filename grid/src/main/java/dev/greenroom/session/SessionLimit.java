package dev.greenroom.session;

import java.util.Locale;

/// A limit on the sessions of a worker.
///
/// @param value over 0
/// @param explicit whether somebody set it; otherwise it is the default, which gives way to what others set
public record SessionLimit(int value, boolean explicit) {

    /// One that somebody set.
    public static SessionLimit set(int value) {
        return new SessionLimit(value, true);
    }

    /// The default.
    public static SessionLimit byDefault(int value) {
        return new SessionLimit(value, false);
    }

    /// What a worker does when it is its turn to be recycled.
    public enum RecycleMode {
        /// It starts its next run in the same process, and goes on serving until that run has registered.
        RENEW,
        /// It drains and exits with 0, and something starts it again. Workers that know the documented keys
        /// only do this.
        EXIT;

        /// The word in the worker's record.
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
