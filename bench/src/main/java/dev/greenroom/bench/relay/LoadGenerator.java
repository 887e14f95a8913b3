package dev.greenroom.bench.relay;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The program in C that is both client and backend.
///
/// @param executable built from `bench/native/load.c`
/// @param folder for logs
record LoadGenerator(Path executable, Path folder) {
    /// The result of one run.
    ///
    /// @param done round trips or connects
    /// @param cpuNanos processor time of the relay meanwhile
    /// @param p50Nanos of a round trip or a connect
    /// @param failed connections that were refused or cut
    record LoadResult(long done, double seconds, long cpuNanos, long p50Nanos, long p99Nanos, int failed) {
        double perSecond() {
            return done / seconds;
        }
    }

    static LoadGenerator build(Path checkout, Path folder) throws IOException, InterruptedException {
        if (!PinnedProcess.exists("gcc")) {
            throw new IOException("gcc is needed to build the benchmark's client and backend; install the package gcc");
        }
        var executable = folder.resolve("load");
        var source = checkout.resolve("bench/native/load.c").toString();
        var built = new ProcessBuilder("gcc", "-O2", "-o", executable.toString(), source)
                .inheritIO()
                .start();
        if (built.waitFor() != 0) {
            throw new IOException("gcc could not build " + source);
        }
        return new LoadGenerator(executable, folder);
    }

    PinnedProcess backend(int port) throws IOException {
        var command = List.of(executable.toString(), "backend", Integer.toString(port));
        return PinnedProcess.on(PinnedProcess.Core.LOAD, folder.resolve("backend.log"), command, Map.of())
                .listening(port);
    }

    /// Sends messages that the backend echoes, one at a time on each connection.
    LoadResult echo(Peer peer, int connections, int bytes, Duration warmUp, Duration measured)
            throws IOException, InterruptedException {
        return counted(peer, warmUp, measured, "echo", "" + peer.port(), "" + connections, "" + bytes);
    }

    /// Opens connections, upgrades them and closes them, several concurrently.
    LoadResult connect(Peer peer, int connections, Duration warmUp, Duration measured)
            throws IOException, InterruptedException {
        return counted(peer, warmUp, measured, "connect", "" + peer.port(), "" + connections);
    }

    private LoadResult counted(Peer peer, Duration warmUp, Duration measured, String... words)
            throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(executable.toString()));
        command.addAll(Arrays.asList(words));
        command.add(Long.toString(warmUp.toMillis()));
        command.add(Long.toString(measured.toMillis()));
        command.add(peer.pids());
        var log = folder.resolve("client.log");
        var process = PinnedProcess.on(PinnedProcess.Core.LOAD, log, command, Map.of())
                .process();
        if (process.waitFor() != 0) {
            throw new IOException("the client failed through " + peer.name() + ": " + Files.readString(log));
        }
        var values = values(Files.readString(log));
        return new LoadResult(
                values.getOrDefault("done", 0L),
                values.getOrDefault("nanos", 1L) / 1e9,
                values.getOrDefault("cpu", 0L),
                values.getOrDefault("p50", 0L),
                values.getOrDefault("p99", 0L),
                Math.toIntExact(values.getOrDefault("failed", 0L)));
    }

    private static Map<String, Long> values(String line) {
        var values = new HashMap<String, Long>();
        for (var pair : line.strip().split(" ", -1)) {
            var parts = pair.split("=", 2);
            if (parts.length == 2) {
                values.put(parts[0], Long.parseLong(parts[1]));
            }
        }
        return values;
    }

    /// Opens idle sessions, until the result is closed.
    IdleSessions idle(Peer peer, int sessions) throws IOException {
        var command = List.of(executable.toString(), "idle", "" + peer.port(), "" + sessions);
        var process = new ProcessBuilder(PinnedProcess.pinned(PinnedProcess.Core.LOAD, command))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        var line = process.inputReader(StandardCharsets.UTF_8).readLine();
        var open = line == null ? 0 : values(line).getOrDefault("open", 0L);
        return new IdleSessions(process, Math.toIntExact(open));
    }

    /// Sessions that are open.
    record IdleSessions(Process process, int open) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            process.getOutputStream().close();
            try {
                process.waitFor();
            } catch (InterruptedException _) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
    }
}
