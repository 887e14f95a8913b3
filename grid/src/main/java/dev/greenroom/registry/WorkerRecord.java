package dev.greenroom.registry;

import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.SessionLimit;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/// A live worker in the registry.
///
/// @param active leases now
/// @param lifetime leases since this run started
/// @param maxConcurrent concurrent sessions of this run: `slotLimit` without `occupied`. A replaced run has as
///     many as it still serves
/// @param slotLimit concurrent sessions of the whole worker process
/// @param lifetimeLimit sessions after which it is due to be recycled
/// @param occupied slots of the same process that sessions of its earlier runs use
/// @param hungDrivers its driver processes that do not answer now
/// @param browsersTaken how its sessions came by their browsers
/// @param interval its heartbeat interval; zero when it is not known
/// @param suspect whether it is ejected from selection after failed dials
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
        int hungDrivers,
        BrowsersTaken browsersTaken,
        Duration interval,
        boolean suspect,
        String software) {

    /// Whether it has reached its lifetime limit and serves on until its turn to be recycled.
    public boolean isDue() {
        return status == WorkerStatus.AVAILABLE && lifetime >= lifetimeLimit.value();
    }

    /// Sessions that it has served beyond its limit.
    public int sessionsPastLimit() {
        return isDue() ? lifetime - lifetimeLimit.value() : 0;
    }

    /// How many sessions got which kind of browser since the worker process began.
    ///
    /// @param warm one that was launched in advance
    /// @param reused one that was emptied after a session of the same tenant
    /// @param launched one that was launched for them
    public record BrowsersTaken(long warm, long reused, long launched) {
        /// No session had a browser yet.
        public static final BrowsersTaken NONE = new BrowsersTaken(0, 0, 0);

        private static final Pattern TEXT = Pattern.compile("(\\d{1,15}) (\\d{1,15}) (\\d{1,15})");

        /// The counts that [#toString] has written; none in any other text.
        public static BrowsersTaken of(String text) {
            var counts = TEXT.matcher(text);
            return counts.matches()
                    ? new BrowsersTaken(
                            Long.parseLong(counts.group(1)),
                            Long.parseLong(counts.group(2)),
                            Long.parseLong(counts.group(3)))
                    : NONE;
        }

        @Override
        public String toString() {
            return warm + " " + reused + " " + launched;
        }
    }

    /// The limit that applies to one worker, and who set it: the smaller one where both the worker and the
    /// proxies set it, else the one that was set, else the default.
    public record EffectiveLimit(int value, LimitSource source) {

        /// Who set a limit.
        public enum LimitSource {
            WORKER,
            GRID,
            DEFAULT;

            /// The word in API responses.
            public String wireName() {
                return name().toLowerCase(Locale.ROOT);
            }
        }

        /// The limit that applies.
        ///
        /// @param worker the limit of the worker; empty where it set none
        /// @param grid the limit of the proxies
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

        /// Reads the word in a worker's record; empty for an unknown one.
        public static Optional<WorkerStatus> of(String wireName) {
            return switch (wireName) {
                case "available" -> Optional.of(AVAILABLE);
                case "draining" -> Optional.of(DRAINING);
                default -> Optional.empty();
            };
        }
    }
}
