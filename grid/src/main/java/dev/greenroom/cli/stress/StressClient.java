package dev.greenroom.cli.stress;

import dev.greenroom.cli.stress.StressTool.ClientPrograms;
import dev.greenroom.config.CommandSettings.GridSettings;
import dev.greenroom.config.CommandSettings.StressSettings.StressLoad;
import dev.greenroom.data.Json;
import dev.greenroom.data.TextResource;
import dev.greenroom.session.ClientProtocol;
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
final class StressClient implements AutoCloseable {
    private static final String SCRIPT = "stress.js";
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);
    private static final int MAX_ERROR_LINES = 20;

    private final Process process;
    private final LinkedBlockingQueue<Said> said = new LinkedBlockingQueue<>();
    private final Deque<String> errors = new ArrayDeque<>();

    /// A message of the client.
    sealed interface Said {}

    /// A session has ended.
    record SessionFinished(StressResult outcome) implements Said {}

    /// The client process has ended.
    ///
    /// @param lastWords the reason, if it ended early
    record ClientFinished(String lastWords) implements Said {}

    private StressClient(Process process) {
        this.process = process;
    }

    /// Starts the load.
    ///
    /// @throws IOException when node does not run
    static StressClient start(ClientPrograms programs, GridSettings grid, StressLoad load) throws IOException {
        var line = List.of(programs.node().toString(), "-e", TextResource.read(StressClient.class, SCRIPT));
        var environment = new HashMap<>(System.getenv());
        environment.keySet().retainAll(Set.of("PATH", "LANG", "HOME", "SystemRoot"));
        grid.ca()
                .ifPresent(ca -> environment.put(
                        "NODE_EXTRA_CA_CERTS", ca.toAbsolutePath().toString()));
        var client = new StressClient(new ExternalCommand(line, environment, true).start(Optional.empty()));
        client.listen();
        var plan = StressPlan.of(grid, load, programs.core().toAbsolutePath());
        // Left open: the client exits when this end is closed, even if this process crashes.
        var stdin = client.process.getOutputStream();
        stdin.write((Json.mapper().writeValueAsString(plan) + "\n").getBytes(StandardCharsets.UTF_8));
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
            // The client was killed.
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

    /// The next message; empty if there is none within the limit.
    Optional<Said> next(Duration limit) throws InterruptedException {
        return Optional.ofNullable(said.poll(limit.toMillis(), TimeUnit.MILLISECONDS));
    }

    /// Kills the client, which ends its sessions.
    @Override
    public void close() {
        process.destroyForcibly();
    }

    /// The result of one session.
    ///
    /// @param millis of each completed phase
    /// @param failure where and why it failed, with the same text for the same cause; empty on success
    record StressResult(Map<SessionPhase, Double> millis, Optional<String> failure) {
        private static final Pattern COLOUR = Pattern.compile("\u001b\\[[0-9;]*m");
        private static final Pattern BOX = Pattern.compile("[╔═╗║╚╝]+");
        private static final Pattern CALL_LOG = Pattern.compile("(?s)\\n?(Call log:|={3,} logs).*");
        private static final Pattern ADDRESS = Pattern.compile("\\b(?:ws|http)s?://\\S+");
        private static final Pattern ID = Pattern.compile("\\b[0-9a-f]{8}-[0-9a-f-]{27}\\b");
        private static final Pattern METHOD = Pattern.compile("^\\w+\\.\\w+: ");
        private static final int LONGEST = 240;

        static StressResult of(JsonNode node) {
            var millis = new EnumMap<SessionPhase, Double>(SessionPhase.class);
            for (var phase : SessionPhase.values()) {
                var time = node.path("millis").path(phase.word());
                if (time.isNumber()) {
                    millis.put(phase, time.asDouble());
                }
            }
            var error = node.path("error").asString("");
            return new StressResult(
                    millis,
                    error.isEmpty()
                            ? Optional.empty()
                            : Optional.of(node.path("phase").asString("") + ": " + cause(error)));
        }

        /// The message of an error, without the parts that differ between sessions.
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

    /// The phases of a session, in order.
    enum SessionPhase {
        CONNECT,
        PAGE,
        GOTO,
        CLOSE;

        /// The name in tables and in JSON.
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// The input of the client, as JSON.
    ///
    /// @param core the folder of playwright-core
    /// @param url of the grid, as its protocol wants it: for CDP that of the discovery
    /// @param title expected title of the page; empty for any
    /// @param headers with the token, if there is one
    record StressPlan(
            String core,
            String browser,
            String protocol,
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
                    load.protocol().wireName(),
                    (load.protocol() == ClientProtocol.CDP ? grid.http() : grid.webSocket()).toString(),
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
