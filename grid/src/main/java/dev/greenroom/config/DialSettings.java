package dev.greenroom.config;

import java.time.Duration;

/// How a proxy reaches a worker.
@Section("Reaching workers")
public record DialSettings(
        @Setting(
                name = "WORKER_DIAL_TIMEOUT",
                fallback = "2s",
                meaning = "How long a worker may take to accept a connection, over 0.")
        Duration dialTimeout,

        @Setting(
                name = "WORKER_HANDSHAKE_TIMEOUT",
                fallback = "10s",
                meaning = "How long a worker may take to answer the upgrade (it may have to launch a browser), over 0.")
        Duration handshakeTimeout) {
    /// Every wait has an end.
    public DialSettings {
        new Rules()
                .positive("WORKER_DIAL_TIMEOUT", dialTimeout)
                .positive("WORKER_HANDSHAKE_TIMEOUT", handshakeTimeout)
                .check();
    }
}
