package dev.greenroom.cli;

import dev.greenroom.config.settings.CommandSettings;
import dev.greenroom.config.settings.DoctorSettings;
import dev.greenroom.config.settings.DrainCommandSettings;
import dev.greenroom.config.settings.ProxySettings;
import dev.greenroom.config.settings.StatusSettings;
import dev.greenroom.config.settings.StressSettings;
import dev.greenroom.config.settings.UpSettings;
import dev.greenroom.config.settings.WorkerSettings;

/// What each command runs once its settings are valid.
public record CommandLauncher(
        CommandStart<UpSettings> up,
        CommandStart<ProxySettings> proxy,
        CommandStart<WorkerSettings> worker,
        ToolLaunches tools) {

    /// What each tool runs.
    public record ToolLaunches(
            CommandStart<DoctorSettings> doctor,
            CommandStart<StatusSettings> status,
            CommandStart<StressSettings> stress,
            CommandStart<DrainCommandSettings> drain) {
        private static final ToolLaunches NONE = new ToolLaunches(
                _ -> ExitCodes.FAILED, _ -> ExitCodes.FAILED, _ -> ExitCodes.FAILED, _ -> ExitCodes.FAILED);
    }

    /// Services only: every tool fails.
    public CommandLauncher(
            CommandStart<UpSettings> up, CommandStart<ProxySettings> proxy, CommandStart<WorkerSettings> worker) {
        this(up, proxy, worker, ToolLaunches.NONE);
    }

    /// The work of one command.
    @FunctionalInterface
    public interface CommandStart<S extends CommandSettings> {

        /// Runs until the command is done. Called on the main thread, with the log open.
        ///
        /// @return the exit code, [ExitCodes#OK] or [ExitCodes#FAILED]
        /// @throws Exception when it cannot start or cannot continue; the message is the one sentence that
        ///     the user reads
        int run(S settings) throws Exception;
    }
}
