package dev.greenroom.config;

import java.time.Duration;
import java.util.List;

/// How slots are held in the registry.
@Section("Leases")
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
        Duration shutdownCommandTtl,

        @Setting(
                name = "RECYCLE_WAIT",
                fallback = "90s",
                meaning = "How long no other worker of the type is recycled after one has exited to be recycled, unless"
                        + " its replacement registers sooner; over 0. Longer than your workers take to start again.")
        Duration recycleWait) {
    /// How often workers give signs of life unless told otherwise; a proxy learns the truth from their records only.
    static final Duration USUAL_HEARTBEAT = Duration.ofSeconds(10);

    private static final int RENEWALS_PER_TTL = 3;
    private static final int HEARTBEATS_PER_COMMAND = 4;

    /// A lease survives two lost renewals.
    public LeaseSettings {
        new Rules()
                .positive("LEASE_RENEW_INTERVAL", renewInterval)
                .that(
                        ttl.toMillis() >= renewInterval.toMillis() * RENEWALS_PER_TTL,
                        "must be at least 3 × LEASE_RENEW_INTERVAL (" + DurationText.show(renewInterval)
                                + "), raise it or renew more often",
                        "LEASE_TTL",
                        "LEASE_RENEW_INTERVAL")
                .positive("REAPER_RUN_INTERVAL", reaperInterval)
                .positive("SHUTDOWN_COMMAND_TTL", shutdownCommandTtl)
                .positive("RECYCLE_WAIT", recycleWait)
                .check();
    }

    List<Finding> warnings() {
        return new Rules()
                .that(
                        shutdownCommandTtl.toMillis() >= USUAL_HEARTBEAT.toMillis() * HEARTBEATS_PER_COMMAND,
                        "is under 4 × the 10s in which workers give a sign of life unless told otherwise, so an order"
                                + " may expire unseen; 40s or more is safe",
                        "SHUTDOWN_COMMAND_TTL")
                .findings();
    }
}
