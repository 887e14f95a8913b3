package dev.greenroom.cli;

/// The exit codes of the program.
public final class ExitCodes {
    /// Done, or stopped as asked.
    public static final int OK = 0;
    /// It could not start, or could not continue.
    public static final int FAILED = 1;
    /// A flag or a setting is wrong; nothing was started.
    public static final int USAGE = 2;

    private ExitCodes() {}
}
