package dev.greenroom.cli;

import dev.greenroom.config.DoctorSettings;
import dev.greenroom.config.DrainOrderSettings;
import dev.greenroom.config.ProxySettings;
import dev.greenroom.config.StatusSettings;
import dev.greenroom.config.StressSettings;
import dev.greenroom.config.UpSettings;
import dev.greenroom.config.WorkerSettings;

/// What each command starts.
public record Launches(
        Start<UpSettings> up, Start<ProxySettings> proxy, Start<WorkerSettings> worker, ToolLaunches tools) {

    /// What each tool starts.
    public record ToolLaunches(
            Start<DoctorSettings> doctor,
            Start<StatusSettings> status,
            Start<StressSettings> stress,
            Start<DrainOrderSettings> drain) {
        private static final ToolLaunches NONE = new ToolLaunches(
                _ -> ExitCodes.FAILED, _ -> ExitCodes.FAILED, _ -> ExitCodes.FAILED, _ -> ExitCodes.FAILED);
    }

    /// Services only, for programs of which nobody asks more.
    public Launches(Start<UpSettings> up, Start<ProxySettings> proxy, Start<WorkerSettings> worker) {
        this(up, proxy, worker, ToolLaunches.NONE);
    }
}
