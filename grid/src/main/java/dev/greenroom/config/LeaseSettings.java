package dev.greenroom.config;

import java.time.Duration;

/// How slots are held in the registry.
public record LeaseSettings(
        @Setting(
                name = "LEASE_TTL",
                fallback = "15s",
                meaning =
                        "How long a slot stays leased when its proxy falls silent, at least 3 × LEASE_RENEW_INTERVAL.")
        Duration ttl,

        @Setting(
                name = "LEASE_RENEW_INTERVAL",
                fallback = "5s",
                meaning = "Time between renewals of all leases, over 0.")
        Duration renewInterval,

        @Setting(
                name = "REAPER_RUN_INTERVAL",
                fallback = "300",
                meaning = "Seconds between sweeps for expired leases and dead workers, over 0; a safety net only,"
                        + " expired leases are reclaimed on demand.")
        Duration reaperInterval,

        @Setting(
                name = "SHUTDOWN_COMMAND_TTL",
                fallback = "60",
                meaning =
                        "Seconds that a shutdown command waits for its worker; over HEARTBEAT_INTERVAL, better 4 × it.")
        Duration shutdownCommandTtl) {}
