package dev.greenroom.cli.doctor;

import dev.greenroom.cli.api.GridApi.GridState;
import dev.greenroom.cli.doctor.DoctorCheck.Need;
import dev.greenroom.cli.doctor.DoctorTool.Trial;
import dev.greenroom.config.CommandSettings.DoctorSettings;
import dev.greenroom.registry.redis.RedisExamination.RedisReport;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The input of the checks.
///
/// @param environment every environment variable of this process
/// @param workers from Redis, or else from the grid
/// @param trial opens a session and a page through the grid
record DoctorFacts(
        DoctorSettings settings,
        Map<String, String> environment,
        MachineFacts machine,
        Seen<GridFacts> grid,
        Seen<RedisReport> redis,
        List<ExaminedWorker> workers,
        Trial trial) {

    /// The response of something that may be unreachable from here.
    ///
    /// @param found empty if there was none
    /// @param asked whether its address is configured
    /// @param refused whether it answered, but denied access
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

    /// The state of a proxy.
    ///
    /// @param notReady why it is not ready; empty if it is
    /// @param openToAll whether it accepts requests without a token
    record GridFacts(GridState state, Optional<String> notReady, boolean openToAll, List<ExaminedWorker> workers) {}

    /// Why a check is not possible; empty if it is.
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
                                        ? "without Redis, the grid has to list the workers, but it refuses the doctor"
                                        : "neither Redis nor the grid answers");
        };
    }

    private static Optional<String> missing(Seen<?> seen, String why) {
        return seen.found().isPresent() ? Optional.empty() : Optional.of(why);
    }
}
