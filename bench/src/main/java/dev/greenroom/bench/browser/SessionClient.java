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

/// The client of all targets: one node with stock Playwright, and a small page for its browsers.
final class SessionClient implements AutoCloseable {
    private static final long STOP_SECONDS = 5;
    private static final byte[] PAGE =
            "<!doctype html><title>bench</title><h1>bench</h1>".getBytes(StandardCharsets.UTF_8);

    private final HttpServer site;
    private final Process process;
    private final BufferedReader answers;
    private final BufferedWriter plans;

    /// The load of a round. It ends after this many sessions; after `millis` no session is started.
    record SessionLoad(int concurrency, int sessions, long millis, long pauseMillis) {}

    private SessionClient(HttpServer site, Process process) {
        this.site = site;
        this.process = process;
        this.answers = process.inputReader(StandardCharsets.UTF_8);
        this.plans = process.outputWriter(StandardCharsets.UTF_8);
    }

    static SessionClient start(BenchSetup setup) throws IOException {
        var site = site();
        var script = setup.folder().resolve("sessions.js").toString();
        var process = new ProcessBuilder(setup.node(), script, setup.core().toString(), address(site))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        return new SessionClient(site, process);
    }

    static String address(HttpServer site) {
        return "http://127.0.0.1:" + site.getAddress().getPort() + "/";
    }

    /// A small page for browsers.
    static HttpServer site() throws IOException {
        var site = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        site.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        site.createContext("/", exchange -> {
            exchange.getResponseHeaders().add("Content-Type", "text/html");
            exchange.sendResponseHeaders(200, PAGE.length);
            exchange.getResponseBody().write(PAGE);
            exchange.close();
        });
        site.start();
        return site;
    }

    /// Tries until a session works.
    void await(BenchTarget target) throws IOException {
        ask(target.name(), Map.of("await", target.access()));
    }

    JsonNode run(BenchTarget target, SessionLoad load) throws IOException {
        return ask(
                target.name(),
                Map.of(
                        "run", target.access(),
                        "concurrency", load.concurrency(),
                        "sessions", load.sessions(),
                        "millis", load.millis(),
                        "pauseMillis", load.pauseMillis()));
    }

    /// Opens sessions that last until they are released, and waits a moment.
    void hold(BenchTarget target, int sessions, long pauseMillis) throws IOException {
        ask(target.name(), Map.of("hold", target.access(), "sessions", sessions, "pauseMillis", pauseMillis));
    }

    void release() throws IOException {
        ask("release", Map.of("release", true));
    }

    private JsonNode ask(String where, Map<String, Object> plan) throws IOException {
        plans.write(BenchSetup.JSON.writeValueAsString(plan));
        plans.newLine();
        plans.flush();
        var line = answers.readLine();
        if (line == null) {
            throw new IOException("the client of the benchmark ended");
        }
        var outcome = BenchSetup.JSON.readTree(line);
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
