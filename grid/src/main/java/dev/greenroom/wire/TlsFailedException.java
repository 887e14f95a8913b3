package dev.greenroom.wire;

import java.io.Serial;

/// TLS cannot be served with the files that were given.
public final class TlsFailedException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    TlsFailedException(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
