package dev.greenroom.config;

import java.time.Duration;
import java.util.Optional;

/// How a worker is known to the grid.
public record PresenceSettings(
        @Setting(
                name = "PORT",
                fallback = "3131",
                meaning = "TCP port that proxies connect to, 1 to 65535; 0 takes a free one.")
        int port,

        @Setting(
                name = "PRIVATE_HOSTNAME",
                meaning = "Name that proxies reach this worker under. Without it, the address that this machine uses"
                        + " towards Redis; a name that resolves to another machine is replaced by that address,"
                        + " with a warning.")
        Optional<String> privateHostname,

        @Setting(name = "HEARTBEAT_INTERVAL", fallback = "10", meaning = "Seconds between signs of life, over 0.")
        Duration heartbeatInterval,

        @Setting(
                name = "REDIS_KEY_TTL",
                fallback = "30",
                meaning = "Seconds that a worker counts as alive after a sign of life; over HEARTBEAT_INTERVAL,"
                        + " better 2 × it.")
        Duration keyTtl,

        @Setting(
                name = "REDIS_RETRY_ATTEMPTS",
                fallback = "5",
                meaning = "How often Redis is tried at start, 1 or more. Once running, a worker never exits because of"
                        + " Redis.")
        int redisRetryAttempts,

        @Setting(name = "REDIS_RETRY_DELAY", fallback = "3", meaning = "Seconds between these tries, 0 or more.")
        Duration redisRetryDelay) {}
