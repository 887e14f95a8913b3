package dev.greenroom.testkit;

import dev.greenroom.config.RedisSettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A real `redis-server` on a free port of the loopback interface, in a folder of its own, with `DEBUG`
/// enabled and nothing kept on disk. Not safe for use by many threads at once, except [#cli].
public final class RedisServer implements AutoCloseable {
    private static final String PROGRAM = "redis-server";
    private static final String MISSING = "redis-server and redis-cli are needed on the PATH;"
            + " install them with your system's package manager, for example: apt-get install redis-server";
    private static final Pattern VERSION = Pattern.compile("v=(\\d+)\\.");
    private static final int FIRST_WITH_DEBUG_OPTION = 7;
    private static final int STOP_SECONDS = 5;
    private static final int CLI_SECONDS = 20;

    private final String program;
    private final int port;
    private final Path folder;
    private final List<String> options;
    private Process process;

    private RedisServer(String program, int port, Path folder, List<String> options) throws IOException {
        this.program = program;
        this.port = port;
        this.folder = folder;
        this.options = options;
        this.process = launch();
    }

    /// Starts a server and waits until it takes connections.
    ///
    /// @param options more of them, as on the command line of `redis-server`
    public static RedisServer start(String... options) {
        try {
            return new RedisServer(PROGRAM, FreePort.next(), newFolder(), List.of(options));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Starts a server of the oldest release that is supported.
    public static RedisServer startOldest(String... options) {
        try {
            var folder = newFolder();
            return new RedisServer(OldestRedis.into(folder).toString(), FreePort.next(), folder, List.of(options));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Starts a server that speaks TLS only. It reads the files anew when it is started again.
    public static RedisServer startTls(Certified with) {
        try {
            var port = FreePort.next();
            var options = List.of("--port", "0", "--tls-port", Integer.toString(port), "--tls-auth-clients", "no");
            var files = List.of(
                    "--tls-cert-file",
                    with.certificate().toString(),
                    "--tls-key-file",
                    with.key().toString());
            return new RedisServer(
                    PROGRAM,
                    port,
                    newFolder(),
                    Stream.concat(options.stream(), files.stream()).toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path newFolder() throws IOException {
        return Files.createTempDirectory("greenroom-redis");
    }

    /// Starts a Sentinel that watches a master and, a second after that one fell silent, makes one of its
    /// replicas the master.
    public static RedisServer startSentinel(String name, RedisServer master) {
        try {
            var folder = Files.createTempDirectory("greenroom-sentinel");
            var config = Files.writeString(folder.resolve("sentinel.conf"), """
                    sentinel monitor %1$s 127.0.0.1 %2$d 1
                    sentinel down-after-milliseconds %1$s 1000
                    sentinel failover-timeout %1$s 5000
                    """.formatted(name, master.port()));
            return new RedisServer(PROGRAM, FreePort.next(), folder, List.of(config.toString(), "--sentinel"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The port that it listens on, the same after a restart.
    public int port() {
        return port;
    }

    /// The address for `REDIS_URL`.
    public String url() {
        return "redis://127.0.0.1:" + port;
    }

    /// The settings with which a registry reaches it.
    public RedisSettings settings() {
        return new RedisSettings(Optional.empty(), Optional.of("127.0.0.1"), port, Optional.empty(), Optional.empty());
    }

    /// Runs the real `redis-cli` against it.
    ///
    /// @return what it printed, without the last line end
    /// @throws IllegalStateException when it fails
    public String cli(String... arguments) {
        List<String> command = new ArrayList<>(List.of("redis-cli", "-h", "127.0.0.1", "-p", Integer.toString(port)));
        command.addAll(List.of(arguments));
        return run(command);
    }

    /// Ends it in good order; what it held is lost, unless the options say otherwise.
    public void stop() {
        resume();
        process.destroy();
        awaitEnd();
    }

    /// Ends it as a crash does.
    public void kill() {
        process.destroyForcibly();
        awaitEnd();
    }

    /// Starts it again on the same port, after [#stop] or [#kill].
    public void startAgain() {
        if (process.isAlive()) {
            throw new IllegalStateException("redis-server still runs");
        }
        try {
            process = launch();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Ends it and starts it again, empty.
    public void restart() {
        stop();
        startAgain();
    }

    /// Lets it run and answer, whatever was done to it.
    public void recover() {
        if (process.isAlive()) {
            resume();
        } else {
            startAgain();
        }
    }

    /// Freezes it (SIGSTOP): connections are still accepted, nothing is answered.
    public void pause() {
        signal("-STOP");
    }

    /// Lets it go on after [#pause] (SIGCONT).
    public void resume() {
        if (process.isAlive()) {
            signal("-CONT");
        }
    }

    /// The folder in which it runs.
    public Path folder() {
        return folder;
    }

    @Override
    public void close() {
        kill();
        try (var files = Files.walk(folder)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Process launch() throws IOException {
        var isSentinel = options.contains("--sentinel");
        List<String> command = new ArrayList<>(List.of(program));
        // A configuration file, which a Sentinel needs, comes first.
        command.addAll(isSentinel ? options : List.of());
        command.addAll(List.of("--port", Integer.toString(port), "--bind", "127.0.0.1", "--dir", folder.toString()));
        command.addAll(isSentinel ? List.of() : debugging());
        command.addAll(isSentinel ? List.of() : options);
        var launched = begin(command);
        var output = launched.inputReader(StandardCharsets.UTF_8);
        List<String> lines = new ArrayList<>();
        for (var line = output.readLine(); line != null; line = output.readLine()) {
            lines.add(line);
            if (line.contains("eady to accept connections") || line.contains("+monitor master")) {
                // A pipe is nothing for a virtual thread, which keeps its carrier while it reads.
                Thread.ofPlatform().daemon().name("redis-server-output").start(() -> drain(output, lines));
                return launched;
            }
        }
        throw new IllegalStateException("redis-server did not start: " + String.join(" / ", lines));
    }

    /// From 7.0 on, `DEBUG` has to be asked for; before, the option is unknown.
    private List<String> debugging() {
        var version = VERSION.matcher(run(List.of(program, "--version")));
        var isOld = version.find() && Integer.parseInt(version.group(1)) < FIRST_WITH_DEBUG_OPTION;
        return isOld ? List.of("--save", "") : List.of("--save", "", "--enable-debug-command", "yes");
    }

    private static void drain(BufferedReader output, List<String> before) {
        try (output;
                var kept = Files.newBufferedWriter(Outputs.file(PROGRAM))) {
            kept.write(String.join("\n", before) + "\n");
            // Read, so that the server never blocks on a full pipe.
            output.transferTo(kept);
        } catch (IOException _) {
            // It was killed.
        }
    }

    private static Process begin(List<String> command) {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            throw new IllegalStateException(MISSING, e);
        }
    }

    private static String run(List<String> command) {
        try {
            var started = begin(command);
            var output = new String(started.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!started.waitFor(CLI_SECONDS, TimeUnit.SECONDS) || started.exitValue() != 0) {
                started.destroyForcibly();
                throw new IllegalStateException(command + " failed: " + output);
            }
            return output.strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(command + " was interrupted", e);
        }
    }

    private void signal(String signal) {
        run(List.of("kill", signal, Long.toString(process.pid())));
    }

    private void awaitEnd() {
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
    }
}
