package dev.greenroom.net.server;

/// Serves requests.
@FunctionalInterface
public interface ConnectionHandler {
    /// Answers one request. Called on a virtual thread of its own, which is interrupted when the client
    /// hangs up before it has an answer.
    void serve(InboundConnection connection) throws InterruptedException;
}
