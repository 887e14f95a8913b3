package dev.greenroom.worker.process;

/// A driver, or the store that it comes from, cannot be used at all. The message says what happened and
/// what to do.
public final class DriverFailedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final boolean broken;

    public DriverFailedException(String message) {
        this(message, false);
    }

    public DriverFailedException(String message, Throwable cause) {
        super(message, cause);
        this.broken = false;
    }

    private DriverFailedException(String message, boolean broken) {
        super(message);
        this.broken = broken;
    }

    /// The driver itself is at fault, not this machine: its process gave up before it took orders. Trying
    /// again at once would bring the same.
    public static DriverFailedException ofBrokenDriver(String message) {
        return new DriverFailedException(message, true);
    }

    /// Whether the driver itself is at fault.
    public boolean isOfBrokenDriver() {
        return broken;
    }
}
