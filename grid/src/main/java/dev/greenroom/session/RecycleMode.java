package dev.greenroom.session;

import java.util.Locale;

/// What a worker does when it is its turn to be recycled.
public enum RecycleMode {
    /// It starts its next run in the same process, and goes on serving until that run has registered.
    RENEW,
    /// It drains and exits with 0, and something starts it again. Workers that know the documented keys only do this.
    EXIT;

    /// The word in the worker's record.
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
