package dev.greenroom.cli.stress;

import dev.greenroom.data.TextResource;
import dev.greenroom.data.Json;
import dev.greenroom.config.settings.GridSettings;
import dev.greenroom.config.settings.StressSettings.StressLoad;
import dev.greenroom.worker.process.ExternalCommand;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// A stock Playwright client in a process of its own. For one load; not safe for use by many threads.
public final class StressClient implements AutoCloseable {
    private static final String SCRIPT = "stress.js";
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);
    private static final int MAX_ERROR_LINES = 20;

    private final Process process;
    private final LinkedBlockingQueue<Said> said = new LinkedBlockingQueue<>();
    private final Deque<String> errors = new ArrayDeque<>();

    /// Something that came from the client.
    public sealed interface Said {}

    /// A session is over.
    public record SessionFinished(StressResult outcome) implements Said {}

    /// The client is over.
    ///
    /// @param lastWords why, if it did not end as planned
    public record ClientFinished(String lastWords) implements Said {}

    private StressClient(Process process) {
        this.process = process;
    }

    /// Programs that make a client.
    ///
    /// @param node runs it
    /// @param core the folder of playwright-core
    public record ClientPrograms(Path node, Path core) {}

    /// Starts the load.
    ///
    /// @throws IOException when node does not run
    public static StressClient start(ClientPrograms programs, GridSettings grid, StressLoad load) throws IOException {
        var line = List.of(programs.node().toString(), "-e", TextResource.read(StressClient.class, SCRIPT));
        var environment = new HashMap<>(System.getenv());
        environment.keySet().retainAll(Set.of("PATH", "LANG", "HOME", "SystemRoot"));
        grid.ca().ifPresent(ca -> environment.put("NODE_EXTRA_CA_CERTS", ca.toAbsolutePath().toString()));
        var client = new StressClient(new ExternalCommand(line, environment, true).start(Optional.empty()));
        client.listen();
        var stressPlan = StressPlan.of(grid, load, programs.core().toAbsolutePath());
        // Left open: the client ends when this end is closed, however that comes about.
        var stdin = client.process.getOutputStream();
        stdin.write((Json.mapper().writeValueAsString(stressPlan) + "\n").getBytes(StandardCharsets.UTF_8));
        stdin.flush();
        return client;
    }

    /// Reading a pipe pins a virtual thread to its carrier, so these are platform threads.
    private void listen() {
        var err = Thread.ofPlatform()
                .daemon()
                .name("stress-stderr")
                .start(() -> read(process.errorReader(StandardCharsets.UTF_8), this::remember));
        Thread.ofPlatform().daemon().name("stress-stdout").start(() -> {
            read(process.inputReader(StandardCharsets.UTF_8), this::outcome);
            said.add(new ClientFinished(lastOutput(err)));
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
            said.add(new SessionFinished(StressResult.of(Json.mapper().readTree(line))));
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

    private String lastOutput(Thread err) {
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

    /// What became of one session.
    ///
    /// @param millis of each phase that was done
    /// @param failure where and why it failed, in words that are the same for the same cause; empty when it
    ///     succeeded
    public record StressResult(Map<SessionPhase, Double> millis, Optional<String> failure) {
        private static final Pattern COLOUR = Pattern.compile("\u001b\\[[0-9;]*m");
        private static final Pattern BOX = Pattern.compile("[╔═╗║╚╝]+");
        private static final Pattern CALL_LOG = Pattern.compile("(?s)\\n?(Call log:|={3,} logs).*");
        private static final Pattern ADDRESS = Pattern.compile("\\bwss?://\\S+");
        private static final Pattern ID = Pattern.compile("\\b[0-9a-f]{8}-[0-9a-f-]{27}\\b");
        private static final Pattern METHOD = Pattern.compile("^\\w+\\.\\w+: ");
        private static final int LONGEST = 240;

        static StressResult of(JsonNode node) {
            var millis = new EnumMap<SessionPhase, Double>(SessionPhase.class);
            for (var sessionPhase : SessionPhase.values()) {
                var time = node.path("millis").path(sessionPhase.word());
                if (time.isNumber()) {
                    millis.put(sessionPhase, time.asDouble());
                }
            }
            var error = node.path("error").asString("");
            return new StressResult(
                    millis,
                    error.isEmpty()
                            ? Optional.empty()
                            : Optional.of(node.path("phase").asString("") + ": " + cause(error)));
        }

        /// The sentence in what a client throws, without what differs from one session to the next.
        static String cause(String error) {
            var text = COLOUR.matcher(error).replaceAll("");
            text = CALL_LOG.matcher(text).replaceAll("");
            text = BOX.matcher(text).replaceAll(" ");
            text = METHOD.matcher(text.strip()).replaceAll("");
            text = ADDRESS.matcher(text).replaceAll("");
            text = ID.matcher(text).replaceAll("…").replaceAll("\\s+", " ").strip();
            return text.length() <= LONGEST ? text : text.substring(0, LONGEST - 1) + "…";
        }
    }

    /// A part of a session, in the order in which they come.
    enum SessionPhase {
        CONNECT,
        PAGE,
        GOTO,
        CLOSE;

        /// The word in tables and in JSON.
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// What the client is told, in its own words.
    ///
    /// @param core the folder of playwright-core
    /// @param title of the page that is expected; empty for any
    /// @param headers the token, if there is one
    record StressPlan(
            String core,
            String browser,
            String url,
            String target,
            String title,
            Map<String, String> headers,
            int sessions,
            int concurrency,
            long holdMillis,
            long timeoutMillis) {
        private static final String TITLE = "greenroom";
        private static final String PAGE = "data:text/html,<title>" + TITLE + "</title><h1>greenroom%20stress</h1>";

        static StressPlan of(GridSettings grid, StressLoad load, Path core) {
            return new StressPlan(
                    core.toString(),
                    load.browser().wireName(),
                    grid.webSocket().toString(),
                    load.targetUrl().orElse(PAGE),
                    load.targetUrl().isPresent() ? "" : TITLE,
                    grid.token()
                            .map(token -> Map.of("Authorization", "Bearer " + token.value()))
                            .orElse(Map.of()),
                    load.sessions(),
                    load.concurrency(),
                    load.hold().toMillis(),
                    load.timeout().toMillis());
        }
    }
}
