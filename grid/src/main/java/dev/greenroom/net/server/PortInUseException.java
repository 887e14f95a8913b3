package dev.greenroom.net.server;

import java.io.IOException;
import java.io.Serial;

/// A port could not be listened on.
public final class PortInUseException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    PortInUseException(String address, Throwable cause) {
        super("cannot listen on " + address + ": " + why(String.valueOf(cause.getMessage())), cause);
    }

    /// Without the words in which the kernel is asked: `bind(..) failed with error(-98): Address already in
    /// use`.
    private static String why(String message) {
        var reason = message.replaceFirst("^.*failed with error\\(-?\\d+\\): ", "");
        return reason.contains("in use")
                ? reason + "; choose another port (--port), or stop what listens there"
                : reason;
    }
}
