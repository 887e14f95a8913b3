package dev.greenroom.registry;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/// The registry did not answer, or not in time. Sessions that run are not affected.
public final class RegistryUnavailableException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    /// @param message what was asked, and what happened instead of an answer
    /// @param cause null when there was no connection to fail
    public RegistryUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
