package dev.greenroom.worker.driver;

/// A driver, or the store that it comes from, cannot be used at all. The message says what happened and what to do.
public final class DriverFailedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public DriverFailedException(String message) {
        super(message);
    }

    public DriverFailedException(String message, Throwable cause) {
        super(message, cause);
    }
}
