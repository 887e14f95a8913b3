package dev.greenroom.session;

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
}
