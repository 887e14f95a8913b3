package dev.greenroom.cli;

import dev.greenroom.config.CommandSettings;

/// What a command does once its settings are known to be right.
@FunctionalInterface
public interface Start<S extends CommandSettings> {

    /// Runs until the command is done. Called on the main thread, with the log open.
    ///
    /// @return the exit code, [ExitCodes#OK] or [ExitCodes#FAILED]
    /// @throws Exception when it cannot start or go on; the message is the one sentence that the user reads
    int run(S settings) throws Exception;
}
