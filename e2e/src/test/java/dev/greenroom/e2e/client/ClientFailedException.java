package dev.greenroom.e2e.client;

/// A client gave up; the message is what its user read.
public final class ClientFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ClientFailedException(String message) {
        super(message);
    }
}
