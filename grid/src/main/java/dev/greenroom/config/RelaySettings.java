package dev.greenroom.config;

import java.time.Duration;
import java.util.Optional;

/// How sessions are watched while bytes move.
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

        @Setting(name = "IDLE_TIMEOUT", meaning = "Longest time in which no message passes; off when not set.")
        Optional<Duration> idleTimeout) {}
