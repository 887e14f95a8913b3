package dev.greenroom.worker.process;

/// A driver or the driver store cannot be used. The message says what happened and what to do.
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

    /// The driver itself is broken: its process exited before it was ready. An immediate retry would fail
    /// too.
    public static DriverFailedException ofBrokenDriver(String message) {
        return new DriverFailedException(message, true);
    }

    /// Whether the driver itself is broken.
    public boolean isOfBrokenDriver() {
        return broken;
    }
}
