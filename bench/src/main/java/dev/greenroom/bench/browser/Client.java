package dev.greenroom.bench.browser;

import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/// The client of all sides: one node with stock Playwright, and a small page for its browsers.
final class Client implements AutoCloseable {
    private static final long STOP_SECONDS = 5;
    private static final byte[] PAGE =
            "<!doctype html><title>bench</title><h1>bench</h1>".getBytes(StandardCharsets.UTF_8);

    private final HttpServer site;
    private final Process process;
    private final BufferedReader answers;
    private final BufferedWriter plans;

    /// How a round is run: it ends with so many sessions, or begins none after that time.
    record Load(int concurrency, int sessions, long millis, long pauseMillis) {}

    private Client(HttpServer site, Process process) {
        this.site = site;
        this.process = process;
        this.answers = process.inputReader(StandardCharsets.UTF_8);
        this.plans = process.outputWriter(StandardCharsets.UTF_8);
    }

    static Client start(Grounds grounds) throws IOException {
        var site = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        site.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        site.createContext("/", exchange -> {
            exchange.getResponseHeaders().add("Content-Type", "text/html");
            exchange.sendResponseHeaders(200, PAGE.length);
            exchange.getResponseBody().write(PAGE);
            exchange.close();
        });
        site.start();
        var page = "http://127.0.0.1:" + site.getAddress().getPort() + "/";
        var script = grounds.folder().resolve("sessions.js").toString();
        var process = new ProcessBuilder(grounds.node(), script, grounds.core().toString(), page)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        return new Client(site, process);
    }

    /// Tries until a session works.
    void await(Side side) throws IOException {
        ask(side.name(), Map.of("await", side.way()));
    }

    JsonNode run(Side side, Load load) throws IOException {
        return ask(
                side.name(),
                Map.of(
                        "run", side.way(),
                        "concurrency", load.concurrency(),
                        "sessions", load.sessions(),
                        "millis", load.millis(),
                        "pauseMillis", load.pauseMillis()));
    }

    /// Opens sessions that last until they are released, and waits a moment.
    void hold(Side side, int sessions, long pauseMillis) throws IOException {
        ask(side.name(), Map.of("hold", side.way(), "sessions", sessions, "pauseMillis", pauseMillis));
    }

    void release() throws IOException {
        ask("release", Map.of("release", true));
    }

    private JsonNode ask(String where, Map<String, Object> plan) throws IOException {
        plans.write(Grounds.JSON.writeValueAsString(plan));
        plans.newLine();
        plans.flush();
        var line = answers.readLine();
        if (line == null) {
            throw new IOException("the client of the benchmark ended");
        }
        var outcome = Grounds.JSON.readTree(line);
        var failures = List.copyOf(outcome.path("failures").values());
        if (!failures.isEmpty()) {
            throw new IOException(
                    failures.size() + " sessions failed: " + where + ", " + plan + ": " + failures.getFirst());
        }
        return outcome;
    }

    @Override
    public void close() {
        try (plans) {
            site.stop(0);
        } catch (IOException _) {
            // It has ended already.
        }
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException _) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
