package dev.greenroom.cli;

import dev.greenroom.config.LogSettings;

/// Opens the log once it is known how.
@FunctionalInterface
public interface Logging {

    /// From now on lines are written as the settings say.
    OpenLog open(LogSettings settings);

    /// The log while a command runs.
    @FunctionalInterface
    interface OpenLog extends AutoCloseable {
        /// Writes what is still queued, within a deadline.
        @Override
        void close();
    }
}
