package dev.greenroom.cli;

import dev.greenroom.config.settings.LogSettings;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;

/// What the program finds around it.
///
/// @param environment every environment variable
/// @param home the user's folder, which `~` stands for
/// @param version the program's own version
/// @param out for what was asked for
/// @param err for what went wrong
public record CommandEnvironment(
        Map<String, String> environment, Path home, String version, PrintWriter out, PrintWriter err) {
    /// Opens the log once it is known how.
    @FunctionalInterface
    public interface LogStarter {

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
}
