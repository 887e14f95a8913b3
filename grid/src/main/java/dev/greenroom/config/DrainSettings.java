package dev.greenroom.config;

import dev.greenroom.session.RecycleMode;
import java.time.Duration;
import java.util.Optional;

/// How a worker stops, and how it is recycled.
///
/// @param recycleDrainTimeout empty for as long as the sessions take
@Section("Draining and recycling")
public record DrainSettings(
        @Setting(
                name = "DRAIN_TIMEOUT",
                fallback = "30",
                meaning =
                        "Seconds that running sessions get to finish before they are closed with 1001, 0 or more: when"
                                + " the worker is told to stop or to drain, and when it is recycled for its memory.")
        Duration drainTimeout,

        @Setting(
                name = "RECYCLE",
                fallback = "renew",
                meaning = "What a worker does in its turn at its MAX_LIFETIME_SESSIONS or MAX_WORKER_MEMORY. renew: its"
                        + " next run starts in the same process and registers before this one stops taking sessions;"
                        + " exit: it drains, exits with 0, and has to be started again.")
        RecycleMode recycle,

        @Setting(
                name = "RECYCLE_DRAIN_TIMEOUT",
                meaning = "Seconds that the last sessions of a run get to finish after RECYCLE=renew has replaced it,"
                        + " 0 or more, for example 2h. As long as they take when not set.")
        Optional<Duration> recycleDrainTimeout) {}
