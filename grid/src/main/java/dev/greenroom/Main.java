package dev.greenroom;

import dev.greenroom.app.CommandPrograms;
import dev.greenroom.cli.Commands;
import dev.greenroom.cli.Commands.LogStarter;
import dev.greenroom.ops.log.ProcessLog;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The entry point: reads the command line and runs the command.
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        System.exit(run(List.of(args), System.getenv()));
    }

    /// Runs a command until it ends.
    ///
    /// @return its exit code
    static int run(List<String> arguments, Map<String, String> environment) {
        return new Commands(
                        CommandPrograms.launcher(),
                        logging(),
                        environment,
                        Path.of(System.getProperty("user.home", "")),
                        version(),
                        new PrintWriter(System.out, true, StandardCharsets.UTF_8),
                        new PrintWriter(System.err, true, StandardCharsets.UTF_8))
                .run(arguments);
    }

    /// The log writes to the descriptor itself: it needs neither the lock nor the buffer of `System.out`.
    private static LogStarter logging() {
        return settings -> ProcessLog.open(settings, new FileOutputStream(FileDescriptor.out))::close;
    }

    private static String version() {
        return Optional.ofNullable(Main.class.getPackage().getImplementationVersion())
                .orElse("(not built)");
    }
}
