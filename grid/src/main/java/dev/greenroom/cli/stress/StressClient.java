package dev.greenroom.cli.stress;

import dev.greenroom.config.GridSettings;
import dev.greenroom.config.StressSettings.StressLoad;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// A stock Playwright client in a process of its own. For one load; not safe for use by many threads.
public final class StressClient implements AutoCloseable {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String SCRIPT = "stress.js";
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);
    private static final int MAX_ERROR_LINES = 20;

    private final Process process;
    private final LinkedBlockingQueue<Said> said = new LinkedBlockingQueue<>();
    private final Deque<String> errors = new ArrayDeque<>();

    /// Something that came from the client.
    public sealed interface Said {}

    /// A session is over.
    public record Session(Outcome outcome) implements Said {}

    /// The client is over.
    ///
    /// @param lastWords why, if it did not end as planned
    public record End(String lastWords) implements Said {}

    private StressClient(Process process) {
        this.process = process;
    }

    /// Programs that make a client.
    ///
    /// @param node runs it
    /// @param core the folder of playwright-core
    public record Programs(Path node, Path core) {}

    /// Starts the load.
    ///
    /// @throws IOException when node does not run
    public static StressClient start(Programs programs, GridSettings grid, StressLoad load) throws IOException {
        var builder = new ProcessBuilder(programs.node().toString(), "-e", script());
        builder.environment().keySet().retainAll(Set.of("PATH", "LANG", "HOME", "SystemRoot"));
        grid.ca()
                .ifPresent(ca -> builder.environment()
                        .put("NODE_EXTRA_CA_CERTS", ca.toAbsolutePath().toString()));
        var client = new StressClient(builder.start());
        client.listen();
        var plan = Plan.of(grid, load, programs.core().toAbsolutePath());
        // Left open: the client ends when this end is closed, however that comes about.
        var stdin = client.process.getOutputStream();
        stdin.write((JSON.writeValueAsString(plan) + "\n").getBytes(StandardCharsets.UTF_8));
        stdin.flush();
        return client;
    }

    private static String script() {
        try (var source = Objects.requireNonNull(StressClient.class.getResourceAsStream(SCRIPT), SCRIPT)) {
            return new String(source.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Reading a pipe pins a virtual thread to its carrier, so these are platform threads.
    private void listen() {
        var err = Thread.ofPlatform()
                .daemon()
                .name("stress-stderr")
                .start(() -> read(process.errorReader(StandardCharsets.UTF_8), this::remember));
        Thread.ofPlatform().daemon().name("stress-stdout").start(() -> {
            read(process.inputReader(StandardCharsets.UTF_8), this::outcome);
            said.add(new End(lastWords(err)));
        });
    }

    private static void read(BufferedReader lines, Consumer<String> taker) {
        try (lines) {
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                taker.accept(line);
            }
        } catch (IOException _) {
            // It was killed.
        }
    }

    private void outcome(String line) {
        try {
            said.add(new Session(Outcome.of(JSON.readTree(line))));
        } catch (JacksonException _) {
            remember(line);
        }
    }

    private void remember(String line) {
        synchronized (errors) {
            errors.addLast(line);
            if (errors.size() > MAX_ERROR_LINES) {
                errors.removeFirst();
            }
        }
    }

    private String lastWords(Thread err) {
        try {
            err.join(LAST_WORDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        synchronized (errors) {
            return errors.stream()
                    .filter(line -> line.contains("Error"))
                    .findFirst()
                    .orElseGet(() -> String.join(" ", errors))
                    .strip();
        }
    }

    /// What comes next; empty when nothing does within the limit.
    public Optional<Said> next(Duration limit) throws InterruptedException {
        return Optional.ofNullable(said.poll(limit.toMillis(), TimeUnit.MILLISECONDS));
    }

    /// Ends the client and with it every session that it still has.
    @Override
    public void close() {
        process.destroyForcibly();
    }
}
