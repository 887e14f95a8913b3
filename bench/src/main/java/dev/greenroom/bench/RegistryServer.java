package dev.greenroom.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/// A `redis-server` for the benchmark, and its own statistics.
public record RegistryServer(Process process, Path folder, int port) implements AutoCloseable {
    private static final long STOP_SECONDS = 5;

    /// What the server has spent since its start.
    ///
    /// @param cpuMicros processor time
    /// @param scripts script calls
    /// @param scriptMicros elapsed time of those
    /// @param commands calls of all commands but scripts; nearly all were made by scripts
    /// @param commandMicros elapsed time of those
    record Spent(long cpuMicros, long scripts, long scriptMicros, long commands, long commandMicros) {
        Spent since(Spent before) {
            return new Spent(
                    cpuMicros - before.cpuMicros,
                    scripts - before.scripts,
                    scriptMicros - before.scriptMicros,
                    commands - before.commands,
                    commandMicros - before.commandMicros);
        }
    }

    private record Calls(long calls, long micros) {
        static Calls of(String facts) {
            var values = Arrays.stream(facts.split(","))
                    .map(fact -> fact.split("=", 2))
                    .filter(fact -> fact.length == 2)
                    .collect(Collectors.toMap(fact -> fact[0], fact -> fact[1]));
            return new Calls(
                    Long.parseLong(values.getOrDefault("calls", "0")),
                    Long.parseLong(values.getOrDefault("usec", "0")));
        }

        Calls and(Calls other) {
            return new Calls(calls + other.calls, micros + other.micros);
        }
    }

    /// Starts a server on a free port.
    public static RegistryServer start() throws IOException {
        int port;
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        var folder = Files.createTempDirectory("greenroom-bench");
        var command = List.of(
                "redis-server", "--save", "", "--bind", "127.0.0.1", "--port", "" + port, "--dir", folder.toString());
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var output = new BufferedReader(process.inputReader(StandardCharsets.UTF_8));
        for (var line = output.readLine(); line != null; line = output.readLine()) {
            if (line.contains("eady to accept connections")) {
                // Reading a pipe pins a virtual thread to its carrier, so this is a platform thread.
                Thread.ofPlatform().daemon().start(() -> drain(output));
                return new RegistryServer(process, folder, port);
            }
        }
        throw new IOException("redis-server is needed on the PATH and did not start");
    }

    Spent spent() throws IOException {
        var facts = info("everything");
        var cpu = 1e6
                * (Double.parseDouble(facts.getOrDefault("used_cpu_sys", "0"))
                        + Double.parseDouble(facts.getOrDefault("used_cpu_user", "0")));
        var scripts = Calls.of(facts.getOrDefault("cmdstat_evalsha", ""));
        var others = facts.entrySet().stream()
                .filter(fact -> fact.getKey().startsWith("cmdstat_"))
                .filter(fact -> !List.of("cmdstat_evalsha", "cmdstat_ping").contains(fact.getKey()))
                .map(fact -> Calls.of(fact.getValue()))
                .reduce(new Calls(0, 0), Calls::and);
        return new Spent((long) cpu, scripts.calls(), scripts.micros(), others.calls(), others.micros());
    }

    private static void drain(BufferedReader output) {
        try (output) {
            // Read, so that the server never blocks on a full pipe.
            while (output.readLine() != null) {}
        } catch (IOException _) {
            // It has ended.
        }
    }

    String version() throws IOException {
        return info("server").getOrDefault("redis_version", "unknown");
    }

    void empty() throws IOException {
        cli("FLUSHALL");
    }

    private Map<String, String> info(String section) throws IOException {
        return cli("INFO", section)
                .lines()
                .map(line -> line.strip().split(":", 2))
                .filter(fact -> fact.length == 2)
                .collect(Collectors.toMap(fact -> fact[0], fact -> fact[1], (first, _) -> first));
    }

    private String cli(String... words) throws IOException {
        var command = new ArrayList<>(List.of("redis-cli", "-p", Integer.toString(port)));
        command.addAll(Arrays.asList(words));
        var asked = new ProcessBuilder(command).redirectErrorStream(true).start();
        return new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
        Files.delete(folder);
    }
}
