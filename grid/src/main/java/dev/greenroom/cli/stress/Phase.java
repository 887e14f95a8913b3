package dev.greenroom.cli.stress;

import java.util.Locale;

/// A part of a session, in the order in which they come.
public enum Phase {
    CONNECT,
    PAGE,
    GOTO,
    CLOSE;

    /// The word in tables and in JSON.
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
