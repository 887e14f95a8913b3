package dev.greenroom.cli;

import dev.greenroom.cli.CommandRun.CommandStart;
import dev.greenroom.config.settings.DoctorSettings;
import dev.greenroom.config.settings.DrainCommandSettings;
import dev.greenroom.config.settings.ProxySettings;
import dev.greenroom.config.settings.StatusSettings;
import dev.greenroom.config.settings.StressSettings;
import dev.greenroom.config.settings.UpSettings;
import dev.greenroom.config.settings.WorkerSettings;

/// What each command starts.
public record CommandLauncher(
        CommandStart<UpSettings> up,
        CommandStart<ProxySettings> proxy,
        CommandStart<WorkerSettings> worker,
        ToolLaunches tools) {

    /// What each tool starts.
    public record ToolLaunches(
            CommandStart<DoctorSettings> doctor,
            CommandStart<StatusSettings> status,
            CommandStart<StressSettings> stress,
            CommandStart<DrainCommandSettings> drain) {
        private static final ToolLaunches NONE = new ToolLaunches(
                _ -> ExitCodes.FAILED, _ -> ExitCodes.FAILED, _ -> ExitCodes.FAILED, _ -> ExitCodes.FAILED);
    }

    /// Services only, for programs of which nobody asks more.
    public CommandLauncher(
            CommandStart<UpSettings> up, CommandStart<ProxySettings> proxy, CommandStart<WorkerSettings> worker) {
        this(up, proxy, worker, ToolLaunches.NONE);
    }
}
