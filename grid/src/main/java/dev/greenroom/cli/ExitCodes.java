package dev.greenroom.cli;

/// What the program's exit says.
public final class ExitCodes {
    /// Done, or stopped as asked.
    public static final int OK = 0;
    /// It could not start, or not go on.
    public static final int FAILED = 1;
    /// A flag or a setting is wrong; nothing was started.
    public static final int USAGE = 2;

    private ExitCodes() {}
}
