package dev.greenroom.config;

import java.time.Duration;
import java.util.Optional;

/// How sessions are watched while bytes move.
@Section("Relay")
public record RelaySettings(
        @Setting(name = "PING_INTERVAL", fallback = "20s", meaning = "Silence after which a peer gets a ping, over 0.")
        Duration pingInterval,

        @Setting(
                name = "PEER_TIMEOUT",
                fallback = "60s",
                meaning = "Silence after which a peer counts as gone, over PING_INTERVAL.")
        Duration peerTimeout,

        @Setting(
                name = "WRITE_TIMEOUT",
                fallback = "30s",
                meaning = "How long a peer may refuse to read before its session is ended, over 0.")
        Duration writeTimeout,

        @Setting(name = "SESSION_TIMEOUT", meaning = "Longest life of a session; off when not set.")
        Optional<Duration> sessionTimeout,

        @Setting(
                name = "IDLE_TIMEOUT",
                meaning = "How long a client may send nothing before its session is ended; off when not set. What the"
                        + " page or the browser sends does not count, nor do pings and pongs. A client that waits for"
                        + " a single call for longer counts as silent.")
        Optional<Duration> idleTimeout) {
    /// A peer is asked before it is given up.
    public RelaySettings {
        new Rules()
                .positive("PING_INTERVAL", pingInterval)
                .that(
                        peerTimeout.compareTo(pingInterval) > 0,
                        "must be over PING_INTERVAL (" + DurationText.show(pingInterval)
                                + "), raise it or ping more often",
                        "PEER_TIMEOUT",
                        "PING_INTERVAL")
                .positive("WRITE_TIMEOUT", writeTimeout)
                .positive("SESSION_TIMEOUT", sessionTimeout)
                .positive("IDLE_TIMEOUT", idleTimeout)
                .check();
    }
}
