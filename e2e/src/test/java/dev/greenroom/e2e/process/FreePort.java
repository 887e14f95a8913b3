package dev.greenroom.e2e.process;

import java.io.IOException;
import java.io.UncheckedIOException;

/// Finds ports.
public final class FreePort {
    private FreePort() {}

    /// A port of the loopback interface that nobody listens on now.
    public static int find() {
        try {
            return dev.greenroom.testkit.FreePort.next();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
