package dev.greenroom.cli.doctor;

import dev.greenroom.cli.api.GridState;
import dev.greenroom.cli.doctor.DoctorCheck.Need;
import dev.greenroom.config.settings.DoctorSettings;
import dev.greenroom.registry.redis.RedisExamination.RedisReport;
import dev.greenroom.session.BrowserType;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What is known before any check looks.
///
/// @param environment every variable of this process
/// @param workers as Redis has them, else as the grid says
/// @param trial opens a session and a page through the grid
public record DoctorFacts(
        DoctorSettings settings,
        Map<String, String> environment,
        MachineFacts machineFacts,
        Seen<GridFacts> grid,
        Seen<RedisReport> redis,
        List<ExaminedWorker> workers,
        Trial trial) {

    /// Something that may not be reachable from here.
    ///
    /// @param found empty when it is not
    /// @param asked whether anybody said where it is
    /// @param refused whether it answers, and does not let us look
    /// @param why it is not reachable
    record Seen<T>(Optional<T> found, boolean asked, boolean refused, String why) {
        static <T> Seen<T> of(T found) {
            return new Seen<>(Optional.of(found), true, false, "");
        }

        static <T> Seen<T> unreachable(String why) {
            return new Seen<>(Optional.empty(), true, false, why);
        }

        static <T> Seen<T> refusing(String why) {
            return new Seen<>(Optional.empty(), true, true, why);
        }

        static <T> Seen<T> notAsked(String why) {
            return new Seen<>(Optional.empty(), false, false, why);
        }
    }

    /// What a proxy says.
    ///
    /// @param notReady why it should get no clients; empty when it should
    /// @param openToAll whether it answers those who show no token
    record GridFacts(GridState state, Optional<String> notReady, boolean openToAll, List<ExaminedWorker> workers) {}

    /// Opens a session.
    @FunctionalInterface
    public interface Trial {
        /// Why it failed; empty when it did not.
        Optional<String> of(BrowserType browser) throws InterruptedException;
    }

    /// Why a check cannot be made; empty when it can.
    Optional<String> impossible(Need need) {
        return switch (need) {
            case NOTHING -> Optional.empty();
            case GRID -> missing(grid, grid.refused() ? "the grid refuses the doctor" : "the grid does not answer");
            case REDIS -> missing(redis, redis.asked() ? "Redis does not answer" : redis.why());
            case WORKERS ->
                redis.found().isPresent()
                        ? Optional.empty()
                        : missing(
                                grid,
                                grid.refused()
                                        ? "without Redis, the grid would have to tell, which refuses the doctor"
                                        : "neither Redis nor the grid answers");
        };
    }

    private static Optional<String> missing(Seen<?> seen, String why) {
        return seen.found().isPresent() ? Optional.empty() : Optional.of(why);
    }
}
