package dev.greenroom.bench.relay;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A process of the benchmark, bound to one core where that is possible, with as many descriptors as it may
/// have.
///
/// @param log what it printed
record PinnedProcess(Process process, Path log) implements AutoCloseable {
    /// The relay alone is on the first core; client and backend share the other.
    enum Core {
        RELAY(0),
        LOAD(1);

        private final int number;

        Core(int number) {
            this.number = number;
        }
    }

    private static final String DESCRIPTORS =
            "ulimit -n 65000 2>/dev/null || ulimit -n $(ulimit -Hn) 2>/dev/null; exec \"$@\"";
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final long POLL_NANOS = 1_000_000;
    private static final long STOP_SECONDS = 5;

    /// How many descriptors a process of the benchmark may have.
    static int descriptors() throws IOException {
        var command = List.of("sh", "-c", DESCRIPTORS, "sh", "sh", "-c", "ulimit -n");
        var process = new ProcessBuilder(command).start();
        return Integer.parseInt(process.inputReader(StandardCharsets.UTF_8).readLine());
    }

    static boolean exists(String program) {
        return Stream.of(System.getenv("PATH").split(":", -1), new String[] {"/usr/sbin", "/sbin"})
                .flatMap(Stream::of)
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    static List<String> pinned(Core core, List<String> command) {
        var whole = new ArrayList<>(List.of("sh", "-c", DESCRIPTORS, "sh"));
        if (exists("taskset") && Runtime.getRuntime().availableProcessors() > 1) {
            whole.addAll(List.of("taskset", "-c", Integer.toString(core.number)));
        }
        whole.addAll(command);
        return whole;
    }

    static PinnedProcess on(Core core, Path log, List<String> command, Map<String, String> environment)
            throws IOException {
        return started(log, pinned(core, command), environment);
    }

    /// Starts a process that may use all cores, as a user's would.
    static PinnedProcess free(Path log, List<String> command, Map<String, String> environment) throws IOException {
        return started(log, command, environment);
    }

    private static PinnedProcess started(Path log, List<String> command, Map<String, String> environment)
            throws IOException {
        var builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, more) -> path + ":" + more);
        builder.redirectErrorStream(true).redirectOutput(log.toFile());
        return new PinnedProcess(builder.start(), log);
    }

    static int freePort() throws IOException {
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    /// Waits until the port takes connections.
    PinnedProcess listening(int port) throws IOException {
        var end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end && process.isAlive()) {
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                if (socket.isConnected()) {
                    return this;
                }
            } catch (IOException _) {
                LockSupport.parkNanos(POLL_NANOS);
            }
        }
        throw new IOException("a process of the benchmark did not start:\n" + Files.readString(log));
    }

    /// The processes of it, as a list with commas.
    String pids() {
        return tree().map(ProcessHandle::pid).map(Object::toString).collect(Collectors.joining(","));
    }

    private Stream<ProcessHandle> tree() {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants());
    }

    /// Resident memory of the whole tree; pages of files that processes share count in each.
    long residentKilobytes() {
        return tree().mapToLong(each -> residentKilobytes(each.pid())).sum();
    }

    private static long residentKilobytes(long pid) {
        try (var lines = Files.lines(Path.of("/proc", Long.toString(pid), "status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .sum();
        } catch (IOException | UncheckedIOException _) {
            return 0;
        }
    }

    @Override
    public void close() {
        var all = tree().toList();
        process.destroy();
        try {
            process.waitFor(STOP_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        all.forEach(ProcessHandle::destroyForcibly);
    }
}
