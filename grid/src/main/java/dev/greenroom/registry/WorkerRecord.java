package dev.greenroom.registry;

import dev.greenroom.session.SessionLimit;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/// What the registry knows of a live worker.
///
/// @param active leases now
/// @param lifetime leases since this run began
/// @param maxConcurrent sessions that this run may serve at once: what `slotLimit` leaves beside what is
///     `occupied`. One that was replaced has as many as it still serves
/// @param slotLimit sessions at once of the whole worker process
/// @param lifetimeLimit sessions after which it is due to be recycled
/// @param occupied slots of the same process that sessions of its earlier runs still use
/// @param interval time between its heartbeats; zero when it does not say
/// @param suspect whether it is kept out of selection after failed dials
public record WorkerRecord(
        WorkerId worker,
        WorkerEndpoint endpoint,
        WorkerStatus status,
        Instant startedAt,
        Instant lastHeartbeat,
        SupportedVersions versions,
        int active,
        int lifetime,
        int maxConcurrent,
        EffectiveLimit slotLimit,
        EffectiveLimit lifetimeLimit,
        int occupied,
        Duration interval,
        boolean suspect,
        String software) {

    /// Whether it has served as many sessions as it may and goes on, because it is not its turn to be
    /// recycled yet.
    public boolean isDue() {
        return status == WorkerStatus.AVAILABLE && lifetime >= lifetimeLimit.value();
    }

    /// Sessions that it has served beyond its limit.
    public int sessionsPastLimit() {
        return isDue() ? lifetime - lifetimeLimit.value() : 0;
    }

    /// A limit of one worker as it holds, and who set it. Where both the worker and the grid's proxies set
    /// it, the smaller one holds; where one of them did, that one; else the default.
    public record EffectiveLimit(int value, LimitSource source) {

        /// Who set a limit.
        public enum LimitSource {
            WORKER,
            GRID,
            DEFAULT;

            /// The word in answers of the API.
            public String wireName() {
                return name().toLowerCase(Locale.ROOT);
            }
        }

        /// The limit that holds.
        ///
        /// @param worker what the worker set; empty where it set nothing
        /// @param grid what the proxies say
        public static EffectiveLimit of(OptionalInt worker, SessionLimit grid) {
            if (worker.isPresent() && (!grid.explicit() || worker.getAsInt() < grid.value())) {
                return new EffectiveLimit(worker.getAsInt(), LimitSource.WORKER);
            }
            return new EffectiveLimit(grid.value(), grid.explicit() ? LimitSource.GRID : LimitSource.DEFAULT);
        }
    }

    /// Whether a worker takes new sessions.
    public enum WorkerStatus {
        AVAILABLE,
        DRAINING;

        /// The word in the worker's record.
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }

        /// Reads the word in a worker's record; empty for every other.
        public static Optional<WorkerStatus> of(String wireName) {
            return switch (wireName) {
                case "available" -> Optional.of(AVAILABLE);
                case "draining" -> Optional.of(DRAINING);
                default -> Optional.empty();
            };
        }
    }
}
