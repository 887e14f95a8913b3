package dev.greenroom;

import dev.greenroom.cli.Commands;
import dev.greenroom.cli.Launches;
import dev.greenroom.cli.Logging;
import dev.greenroom.cli.Surroundings;
import dev.greenroom.ops.log.LogProvider;
import dev.greenroom.ops.log.ProcessLog;
import dev.greenroom.wire.Transport;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.LoggerFactory;

/// The program.
public final class Main {
    private static final Set<String> SERVICES = Set.of("up", "proxy", "worker");
    private static final String NOWHERE = "META-INF/greenroom/nowhere";

    private Main() {}

    public static void main(String[] args) {
        LogProvider.use();
        if (args.length > 0 && SERVICES.contains(args[0])) {
            // Loads native code, which takes as long as reading the settings does. Names its loggers, so they come
            // first.
            LoggerFactory.getILoggerFactory();
            Thread.ofPlatform().daemon().name("transport").start(Main::loadWhatTakesLong);
        }
        System.exit(run(List.of(args), System.getenv()));
    }

    /// Native code first, since everything waits for it. Then what the client of Redis makes the JDK do when it
    /// is loaded: it looks for classes that are not there, for which all jars are opened, and multiplies a time,
    /// for which there are tables of large numbers.
    private static void loadWhatTakesLong() {
        Transport.best();
        ClassLoader.getSystemResource(NOWHERE);
        var _ = Duration.ofSeconds(1).multipliedBy(2);
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
