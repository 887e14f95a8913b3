package dev.greenroom.wire;

import java.io.IOException;
import java.io.Serial;

/// A port could not be listened on.
public final class PortInUseException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    PortInUseException(String address, Throwable cause) {
        super("cannot listen on " + address + ": " + cause.getMessage(), cause);
    }
}
