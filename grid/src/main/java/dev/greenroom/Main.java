package dev.greenroom;

import dev.greenroom.cli.Commands;
import dev.greenroom.cli.Launches;
import dev.greenroom.cli.Logging;
import dev.greenroom.cli.Surroundings;
import dev.greenroom.ops.log.ProcessLog;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The program.
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        System.exit(run(List.of(args), System.getenv()));
    }

    /// Runs a command until it is done.
    ///
    /// @return its exit code
    static int run(List<String> arguments, Map<String, String> environment) {
        var surroundings = new Surroundings(
                environment,
                Path.of(System.getProperty("user.home", "")),
                version(),
                new PrintWriter(System.out, true, StandardCharsets.UTF_8),
                new PrintWriter(System.err, true, StandardCharsets.UTF_8));
        return new Commands(
                        new Launches(UpProgram::run, ProxyProgram::run, WorkerProgram::run, Tools.launches()),
                        logging(),
                        surroundings)
                .run(arguments);
    }

    /// Lines bypass `System.out`, whose lock and buffer they do not need.
    private static Logging logging() {
        return settings -> ProcessLog.open(settings, new FileOutputStream(FileDescriptor.out))::close;
    }

    private static String version() {
        return Optional.ofNullable(Main.class.getPackage().getImplementationVersion())
                .orElse("(not built)");
    }
}
